//! `tallystick partner`, and how commands tell that they failed.

use http::StatusCode;
use serde_json::{Value, json};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::{installation, misconfigured};

on_both_engines! {
    async fn a_partner_is_added_listed_rotated_and_revoked(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            let add = ["partner", "add", "--code", "QUICK3", "--name", "Quick Software Oy", "--json"];
            let added = installation.run(&add).await.done();
            assert_eq!(added.stderr, "");
            let added = added.json();
            assert_eq!((&added["partnerCode"], &added["name"]), (&json!("QUICK3"), &json!("Quick Software Oy")));
            let key = |name: &str| added[name].as_str().unwrap().to_owned();
            let (token, partner_key) = (key("provisioningToken"), key("partnerKey"));
            for key in [&token, &partner_key] {
                assert_eq!(uuid::Uuid::parse_str(key).unwrap().get_version_num(), 4);
            }

            let again = installation.run(&add).await.failed(&[]);
            let error: Value = serde_json::from_str(&again.stderr).unwrap();
            assert_eq!(error["error"]["code"], "exists", "{error}");
            assert!(error["error"]["message"].as_str().unwrap().contains("QUICK3"), "{error}");
            drop(installation.run(&add[..6]).await.failed(&["error: ", "QUICK3"]));

            // On a database that a server uses.
            let server = installation.serve(&[]).await;
            let api = Api::new(&server.url);
            assert_eq!(api.validate(&token).await, StatusCode::OK);
            let rotate = ["partner", "rotate", "QUICK3", "--kind", "provisioning", "--json"];
            let rotated = installation.run(&rotate).await.done().json();
            let new_token = rotated["key"].as_str().unwrap();
            for key in [token.as_str(), new_token, &partner_key] {
                assert_eq!(api.validate(key).await, StatusCode::OK, "the old token works on for the overlap");
            }
            let listed = installation.run(&["partner", "list", "--json"]).await.done().json();
            assert_eq!(listed["items"][0]["partnerCode"], "QUICK3");
            assert_eq!(listed["items"].as_array().unwrap().len(), 1);
            let listed = installation.run(&["partner", "list"]).await.done();
            assert!(listed.stdout.starts_with("CODE ") && listed.stdout.contains("QUICK3"), "{listed:?}");

            drop(installation.run(&["partner", "revoke", "QUICK3"]).await.done());
            drop(server);
            let server = installation.serve(&[]).await;
            let api = Api::new(&server.url);
            for key in [token.as_str(), new_token, &partner_key] {
                assert_eq!(api.validate(key).await, StatusCode::UNAUTHORIZED);
            }
            drop(installation.run(&["partner", "revoke", "NOBODY"]).await.failed(&["NOBODY"]));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_has_an_exit_status_of_its_own() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let wrong: [&[&str]; 6] = [
            &[],
            &["srve"],
            &["partner", "add", "--code", "QUICK3"],
            &["partner", "rotate", "QUICK3", "--kind", "client"],
            &["serve", "--write-group", "many"],
            &["key", "show", "no-uuid"],
        ];
        for arguments in wrong {
            let ended = installation.run(arguments).await;
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
            assert!(!ended.stderr.is_empty());
        }
        for arguments in [["--help"], ["--version"]] {
            assert!(installation.run(&arguments).await.done().stdout.contains("tallystick"));
        }
        assert!(!database.directory().unwrap().join("test.db").exists(), "none of them touched the database");
        // Values that no flag can check by itself.
        for (arguments, said) in [
            (["serve", "--write-group", "0"], "`write-group`"),
            (["serve", "--database", "mysql://h/n"], "postgres://"),
            (["serve", "--log", "a=b=c"], "`log`"),
            (["serve", "--tls-cert", "cert.pem"], "tls-key"),
            (["serve", "--config", "nowhere.toml"], "nowhere.toml"),
            (["audit", "--config", "nowhere.toml"], "nowhere.toml"),
        ] {
            misconfigured(&installation.run(&arguments).await, &[said]);
        }
        // The doctor found a fault, which is what it was asked for.
        assert_eq!(installation.run(&["doctor", "--config", "nowhere.toml"]).await.code, Some(1));
    })
    .await;
}
