//! `tallystick creditor`.

use serde_json::json;
use testkit::app::body;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::installation;

on_both_engines! {
    async fn the_operator_sees_what_the_partner_sees(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let server = installation.serve(&[]).await;
            let api = Api::new(&server.url);
            for number in 1..=2 {
                let mut body = body("QUICK3", number);
                body["client"]["name"] = format!("Äiti {number} Oy").into();
                api.client(&partner.provisioning, &body).await;
            }
            let list = installation.run(&["creditor", "list", "--partner", "QUICK3", "--search", "äiti", "--limit", "1", "--json"]).await.done().json();
            assert_eq!(list["creditors"][0]["name"], "Äiti 1 Oy");
            let cursor = list["nextCursor"].as_str().unwrap();
            let rest = installation.run(&["creditor", "list", "--partner", "QUICK3", "--cursor", cursor]).await.done();
            assert!(rest.stdout.contains("Äiti 2 Oy") && !rest.stdout.contains("Äiti 1 Oy"), "{rest:?}");

            let number = list["creditors"][0]["clientIdentifier"].to_string();
            let shown = installation.run(&["creditor", "show", &number, "--json"]).await.done().json();
            assert_eq!((&shown["status"], &shown["version"], &shown["agreements"]), (&json!("ACTIVE"), &json!(1), &json!([])));
            assert_eq!(shown["settings"], json!({"expiryNotices": true, "smsSender": null}));
            assert_eq!((&shown["name"], &shown["partnerCode"]), (&json!("Äiti 1 Oy"), &json!("QUICK3")));

            let keys = installation.run(&["key", "list", "QUICK3", "--client", &number, "--json"]).await.done().json();
            let key = keys["items"][0]["keyId"].as_str().unwrap().to_owned();
            drop(installation.run(&["key", "revoke", &key]).await.done());
            let history = installation.run(&["creditor", "history", &number, "--json"]).await.done().json();
            assert_eq!(history["changes"][0]["changes"], json!([{"field": "status", "from": "ACTIVE", "to": "REVOKED"}]));
            assert!(history["changes"][0]["actor"].as_str().unwrap().starts_with("operator:"), "{history}");
            let told = installation.run(&["creditor", "history", &number]).await.done();
            assert!(told.stdout.contains("REVOKED"), "{told:?}");
            let revoked = installation.run(&["creditor", "list", "--partner", "QUICK3", "--status", "REVOKED"]).await.done();
            assert!(revoked.stdout.contains(&number), "{revoked:?}");

            drop(installation.run(&["creditor", "show", "999999"]).await.failed(&["999999"]));
            drop(installation.run(&["creditor", "list", "--partner", "NOBODY"]).await.failed(&["NOBODY"]));
            drop(installation.run(&["creditor", "list", "--partner", "QUICK3", "--status", "gone"]).await.failed(&["status", "ACTIVE"]));
        })
        .await;
    }
}
