//! `tallystick key`, `audit` and `doctor`.

use testkit::app::body;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::{installation, sql};

on_both_engines! {
    async fn a_key_is_shown_and_its_value_only_on_demand_and_on_record(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let id = partner.provisioning_id.as_str();
            let shown = installation.run(&["key", "show", id, "--json"]).await.done().json();
            for (member, value) in [("keyId", id), ("kind", "provisioning"), ("partnerCode", "QUICK3"), ("state", "active")] {
                assert_eq!(shown[member], value, "{shown}");
            }
            assert_eq!(shown.get("key"), None);
            assert!(!installation.run(&["key", "show", id]).await.done().stdout.contains(&partner.provisioning));

            let revealed = installation.run(&["key", "show", id, "--reveal", "--json"]).await.done().json();
            assert_eq!(revealed["key"], partner.provisioning.as_str());
            assert!(installation.run(&["key", "show", id, "--reveal"]).await.done().stdout.contains(&partner.provisioning));
            let records = installation.run(&["audit", "list", "--partner", "QUICK3", "--json"]).await.done().json();
            let records = records["items"].as_array().unwrap();
            let reveals = records.iter().filter(|record| record["action"] == "api_key.reveal");
            assert_eq!(reveals.count(), 2, "each is on record: {records:?}");
            assert!(records.iter().all(|record| record["partnerCode"] == "QUICK3"), "{records:?}");
            let all = installation.run(&["audit", "list", "--json"]).await.done().json();
            assert!(all["items"].as_array().unwrap().iter().any(|record| record["partnerCode"] == "QUICK3"), "{all}");

            let resealed = installation.run(&["key", "reseal"]).await.done();
            assert!(resealed.stdout.starts_with("nothing to seal anew\n"), "{resealed:?}");
            assert_eq!(resealed.stderr, "", "{resealed:?}");
            let listed = installation.run(&["key", "list", "QUICK3"]).await.done();
            assert!(listed.stdout.contains(id) && !listed.stdout.contains(&partner.provisioning), "{listed:?}");
            let unknown = "8848372d-8457-4ca4-9da9-673f1cdd6684";
            drop(installation.run(&["key", "show", unknown]).await.failed(&[unknown]));
        })
        .await;
    }

    async fn the_trail_verifies_until_somebody_changes_it(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let server = installation.serve(&[]).await;
            drop(Api::new(&server.url).client(&partner.provisioning, &body("QUICK3", 1)).await);
            // The end seals what is not sealed yet.
            server.process.signal("TERM");
            assert_eq!(server.process.ended().await.code, Some(0));

            let verified = installation.run(&["audit", "verify", "--json"]).await.done().json();
            for trail in verified["items"].as_array().unwrap() {
                assert_eq!((&trail["faults"], &trail["pending"]), (&serde_json::json!([]), &0.into()), "{verified}");
                assert_eq!(trail["sealed"], trail["records"], "{verified}");
            }
            let overview = installation.run(&["audit"]).await.done();
            assert!(overview.stdout.contains("client.create") && overview.stdout.contains("intact"), "{overview:?}");
            let healthy = installation.run(&["doctor", "--json"]).await.done().json();
            let findings = healthy["items"].as_array().unwrap();
            assert!(findings.iter().all(|finding| finding["verdict"] != "fault"), "{healthy}");
            for check in ["configuration", "clock", "database", "schema", "master key", "audit trail"] {
                assert!(findings.iter().any(|finding| finding["check"] == check), "{check}: {healthy}");
            }

            if database.url().starts_with("postgres") {
                sql::execute(database.url(), "ALTER TABLE audit_record DISABLE TRIGGER audit_record_append_only").await;
            } else {
                sql::execute(database.url(), "DROP TRIGGER audit_record_no_update").await;
            }
            sql::execute(database.url(), "UPDATE audit_record SET actor = 'nobody' WHERE action = 'client.create'").await;
            let verify = installation.run(&["audit", "verify"]).await;
            assert_eq!(verify.code, Some(1), "{verify:?}");
            assert!(verify.stderr.contains("does not verify"), "{verify:?}");
            let doctor = installation.run(&["doctor"]).await;
            assert_eq!(doctor.code, Some(1), "{doctor:?}");
            assert!(doctor.stdout.contains("FAULT") && doctor.stdout.contains("audit trail"), "{doctor:?}");
        })
        .await;
    }
}
