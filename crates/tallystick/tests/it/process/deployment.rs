//! `tallystick deployment`, and a one-time link over a port.

use serde_json::json;
use testkit::app::DEPLOYMENTS;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::{Api, builder};
use super::installation;

on_both_engines! {
    async fn a_request_is_decided_at_the_command_line_and_its_link_is_in_no_log(database: TestDatabase) {
        within(90, async {
            let installation = installation(database.url())
                .with("TALLYSTICK_PUBLIC_URL", "https://partner.example/")
                .with("TALLYSTICK_LOG", "trace");
            let partner = installation.partner("QUICK3").await;
            let server = installation.serve(&[]).await;
            let http = builder().build().unwrap();
            let mut ids = Vec::new();
            for number in 1..=2 {
                let body = json!({
                    "service": {"type": "LIFECYCLE"},
                    "client": {"name": "Test Customer Oy", "businessCode": format!("123456{number}-7"), "countryCode": "FI"},
                    "contacts": {"primary": {"name": "Matti", "email": "matti@test.example"}},
                    "responsible": {"name": "Liisa", "email": "liisa@quick.example"}
                });
                let request = http.post(format!("{}{DEPLOYMENTS}", server.url)).header("X-Api-Key", &partner.provisioning);
                let answer: serde_json::Value = request.json(&body).send().await.unwrap().json().await.unwrap();
                ids.push(answer["deploymentRequestId"].as_str().unwrap().to_owned());
            }
            let listed = installation.run(&["deployment", "list", "--state", "RECEIVED", "--limit", "1", "--json"]).await.done().json();
            assert_eq!((&listed["items"][0]["deploymentRequestId"], &listed["nextAfter"]), (&json!(ids[0]), &json!(ids[0])), "{listed}");
            let listed = installation.run(&["deployment", "list"]).await.done().stdout;
            assert!(ids.iter().all(|id| listed.contains(id)) && listed.contains("QUICK3"), "{listed}");
            let shown = installation.run(&["deployment", "show", &ids[0]]).await.done().stdout;
            assert!(shown.contains("Liisa, liisa@quick.example") && shown.contains("RECEIVED"), "{shown}");

            drop(installation.run(&["deployment", "approve", &ids[0]]).await.failed(&["client.postalAddress", "client.currencyCode"]));
            let file = installation.directory().join("client.json");
            let further = json!({"client": {"postalAddress": "Testikuja 7", "postalCode": "12345", "postalDistrict": "HELSINKI", "languageCode": "SV", "currencyCode": "EUR"}});
            std::fs::write(&file, further.to_string()).unwrap();
            let approve = ["deployment", "approve", &ids[0], "--client", file.to_str().unwrap(), "--email", "info@test.example", "--language", "FI", "--json"];
            let ended = installation.run(&approve).await.done();
            let approved = ended.json();
            assert_eq!((&approved["clientIdentifier"], &approved["mailed"]), (&json!(100_001), &json!(false)), "{approved}");
            drop(installation.run(&approve).await.failed(&["approved", "100001"]));
            let client = installation.run(&["client", "show", "100001", "--json"]).await.done().json();
            assert_eq!((&client["languageCode"], &client["email"]), (&json!("FI"), &json!("info@test.example")));

            drop(installation.run(&["deployment", "reject", &ids[1], "--reason", "No contract"]).await.done());
            drop(installation.run(&["deployment", "approve", &ids[1]]).await.failed(&["rejected"]));
            let rejected = Api::new(&server.url).get(&format!("{DEPLOYMENTS}/{}", ids[1]), &partner.provisioning).await.json();
            assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("REJECTED"), &json!("No contract")));

            let again = installation.run(&["deployment", "link", &ids[0], "--json"]).await.done();
            let mut tokens = Vec::new();
            for link in [approved["link"].as_str().unwrap(), again.json()["link"].as_str().unwrap()] {
                let token = link.strip_prefix("https://partner.example/onboarding/credentials/").unwrap();
                tokens.push(token.to_owned());
            }
            let mut logs = ended.stderr + &again.stderr;
            let mut shown = 0;
            for builder in [builder(), builder().http2_prior_knowledge()] {
                let http = builder.build().unwrap();
                for token in &tokens {
                    let url = format!("{}/onboarding/credentials/{token}", server.url);
                    drop(http.get(&url).send().await.unwrap());
                    let answer = http.post(&url).send().await.unwrap();
                    shown += usize::from(answer.text().await.unwrap().contains("apiAccessToken"));
                }
            }
            assert_eq!(shown, 1, "the first link was replaced, and the second works once");
            server.process.signal("TERM");
            let ended = server.process.ended().await;
            logs += &ended.stderr;
            assert!(logs.contains("/onboarding/credentials/{token}"), "the route is logged");
            for token in &tokens {
                assert!(!logs.contains(token.as_str()), "a token is logged");
            }
        })
        .await;
    }
}
