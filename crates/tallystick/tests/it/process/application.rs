//! `tallystick application`, beside a server that takes applications.

use serde_json::{Value, json};
use testkit::app::{POS, TOKEN, application};
use testkit::on_both_engines;
use testkit::process::within;

use super::api::builder;
use super::installation;

on_both_engines! {
    async fn one_that_waits_is_decided_at_the_command_line(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url()).with("TALLYSTICK_LOG", "trace");
            let add = ["merchant", "add", "--client-id", "flexitidemo", "--name", "Flexiti Demo", "--json"];
            let merchant = installation.run(&add).await.done().json();
            let secret = merchant["clientSecret"].as_str().unwrap();
            let server = installation.serve(&[]).await;
            let http = builder().build().unwrap();
            let form = format!("client_id=flexitidemo&client_secret={secret}");
            let request = http.post(format!("{}{TOKEN}", server.url)).header("Content-Type", "application/x-www-form-urlencoded");
            let pair: Value = request.body(form).send().await.unwrap().json().await.unwrap();
            let token = pair["access_token"].as_str().unwrap().to_owned();
            let apply = async |first_name: &str, key: &str| {
                let mut body = application(first_name);
                body["middle_name"] = key.into();
                // Today is the machine's: nothing of it is to expire.
                body["govid_expiry"] = "2099-02-14".into();
                let url = format!("{}{POS}/client-id/flexitidemo/apply", server.url);
                let request = http.post(url).bearer_auth(&token).header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684");
                let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
                answer["application_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
            };
            let ids = [apply("Marie", "P-FRAUD").await, apply("Anne", "P-CREDIT").await, apply("Luc", "A-RR_H").await];

            let listed = installation.run(&["application", "list", "--status", "pending", "--limit", "1", "--json"]).await.done().json();
            assert_eq!((&listed["items"][0]["applicationId"], &listed["nextAfter"]), (&json!(ids[0]), &json!(ids[0])), "{listed}");
            let listed = installation.run(&["application", "list"]).await.done().stdout;
            assert!(ids.iter().all(|id| listed.contains(id)) && !listed.contains("Tremblay"), "{listed}");
            let shown = installation.run(&["application", "show", &ids[0]]).await.done().stdout;
            assert!(shown.contains("Tremblay") && shown.contains("L 15000.00") && !shown.contains("Snowball"), "{shown}");

            let approve = ["application", "decide", &ids[0], "approve", "--reason", "pay slips seen", "--credit-limit", "2500", "--json"];
            let ended = installation.run(&approve).await.done();
            let decided = ended.json();
            assert_eq!((&decided["status"], &decided["reasons"]), (&json!("approved"), &json!(["decided_by_hand"])), "{decided}");
            drop(installation.run(&approve).await.failed(&["approved", "only what is pending"]));
            let decline = installation.run(&["application", "decide", &ids[1], "decline", "--reason", "no income"]).await.done();
            assert_eq!(decline.stdout, format!("application {} declined\n", ids[1]));
            drop(installation.run(&["application", "decide", &ids[2], "decline", "--reason", "late"]).await.failed(&["approved by policy"]));
            let shown = installation.run(&["application", "show", &ids[0], "--json"]).await.done().json();
            assert_eq!((&shown["note"], &shown["decisions"][1]), (&json!("pay slips seen"), &json!("approved L 2500.00: decided_by_hand")));

            let url = format!("{}{POS}/client-id/flexitidemo/apply/{}", server.url, ids[0]);
            let request = http.get(url).bearer_auth(&token).header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684");
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            assert_eq!((&answer["status"], &answer["credit_limit"]), (&json!("approved"), &json!(2500)), "{answer}");
            assert_eq!(answer["account_number"], decided["accountNumber"]);

            server.process.signal("TERM");
            let logs = server.process.ended().await.stderr + &ended.stderr;
            for private in ["Tremblay", "Snowball", "T1234", "marie@example.ca"] {
                assert!(!logs.contains(private), "{private} is logged");
            }
        })
        .await;
    }
}
