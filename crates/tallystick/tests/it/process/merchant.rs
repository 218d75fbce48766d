//! `tallystick merchant`.

use serde_json::{Value, json};
use service::Context;
use service::merchant_login::MerchantLoginError;
use testkit::core::{MASTER_KEY, TestCore};
use testkit::on_both_engines;
use testkit::process::{Ended, Installation, within};
use uuid::Uuid;

use super::installation;

const PASSWORD: &str = "dice-manila-purism";

/// Runs the program with these arguments and `input` on standard input.
async fn with_input(installation: &Installation, url: &str, input: &str, arguments: &str) -> Ended {
    let file = installation.directory().join("input");
    std::fs::write(&file, input).unwrap();
    let script = format!("exec \"$0\" {arguments} < '{}'", file.display());
    let shell = Installation::new("sh", url).with("TALLYSTICK_MASTER_KEY", MASTER_KEY);
    shell.run(&["-c", &script, env!("CARGO_BIN_EXE_tallystick")]).await
}

/// The kind of error that a command with `--json` told.
fn error(ended: &Ended) -> Value {
    let told: Value = serde_json::from_str(&ended.stderr).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    told["error"]["code"].clone()
}

on_both_engines! {
    async fn a_merchant_is_added_changed_rotated_and_revoked(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let add = ["merchant", "add", "--client-id", "flexitidemo", "--name", "Flexiti Demo", "--json"];
            let added = installation.run(&add).await.done();
            assert_eq!(added.stderr, "");
            let added = added.json();
            assert_eq!((&added["clientId"], &added["name"]), (&json!("flexitidemo"), &json!("Flexiti Demo")));
            assert_eq!((&added["merchantId"], &added["partnerCode"]), (&json!(300_001), &json!("MERCHANTS")));
            let secret = added["clientSecret"].as_str().unwrap().to_owned();
            assert_eq!(Uuid::parse_str(&secret).unwrap().get_version_num(), 4);
            assert_eq!(error(&installation.run(&add).await.failed(&["flexitidemo"])), "exists");

            let partner = installation.partner("QUICK3").await;
            let told = installation.run(&["merchant", "add", "--client-id", "shop@example", "--name", "Été", "--partner", &partner.code]).await.done();
            assert!(told.stdout.contains("client id      shop@example") && told.stdout.contains("300"), "{told:?}");
            let listed = installation.run(&["merchant", "list", "--limit", "1", "--json"]).await.done().json();
            assert_eq!((&listed["items"][0]["clientId"], &listed["nextAfter"]), (&json!("flexitidemo"), &added["clientIdentifier"]));
            let listed = installation.run(&["merchant", "list", "--partner", "QUICK3"]).await.done();
            assert!(listed.stdout.starts_with("CLIENT ID") && listed.stdout.contains("shop@example"), "{listed:?}");
            assert!(!listed.stdout.contains("flexitidemo"), "{listed:?}");

            let set = ["merchant", "set", "flexitidemo", "--trust-url", "https://shop.example", "--default-language", "fr", "--json"];
            let set = installation.run(&set).await.done().json();
            assert_eq!((&set["trustUrl"], &set["defaultLanguage"], &set["passwordGrant"]), (&json!("https://shop.example"), &json!("fr"), &json!(false)));
            let shown = installation.run(&["merchant", "show", "flexitidemo", "--json"]).await.done().json();
            assert_eq!(shown, set);
            assert_eq!(shown.get("clientSecret"), None);
            let refused = ["merchant", "set", "flexitidemo", "--trust-url", "https://shop.example/", "--password-grant", "yes"];
            drop(installation.run(&refused).await.failed(&["trustUrl: ", "leave out the slash", "passwordGrantNote: "]));

            let rotated = installation.run(&["merchant", "rotate", "flexitidemo", "--json"]).await.done().json();
            assert_eq!(rotated["clientId"], "flexitidemo");
            assert_ne!(rotated["clientSecret"], secret.as_str());
            drop(installation.run(&["merchant", "revoke", "flexitidemo"]).await.done());
            let shown = installation.run(&["merchant", "show", "flexitidemo"]).await.done();
            assert!(shown.stdout.contains("revoked") && shown.stdout.contains("https://shop.example"), "{shown:?}");
            for command in [&["show"][..], &["rotate"], &["revoke"], &["set"], &["user", "list"], &["location", "list"]] {
                let arguments = [&["merchant"], command, &["nobody", "--json"]].concat();
                assert_eq!(error(&installation.run(&arguments).await.failed(&["nobody"])), "not_found");
            }
        })
        .await;
    }

    async fn users_and_locations_are_managed_and_no_password_is_an_argument(database: TestDatabase) {
        within(120, async {
            let url = database.url();
            let installation = installation(url).with("TALLYSTICK_MASTER_KEY", MASTER_KEY);
            drop(installation.run(&["merchant", "add", "--client-id", "flexitidemo", "--name", "Flexiti Demo"]).await.done());
            let location = ["merchant", "location", "add", "flexitidemo", "STORE-1", "--name", "Queen Street", "--province", "ON", "--json"];
            let added = installation.run(&location).await.done().json();
            assert_eq!((&added["locationId"], &added["province"]), (&json!("STORE-1"), &json!("ON")));
            assert_eq!(error(&installation.run(&location).await.failed(&[])), "exists");

            let made = installation.run(&["merchant", "user", "add", "flexitidemo", "Anna", "--location", "STORE-1", "--json"]).await.done().json();
            let password = made["password"].as_str().unwrap().to_owned();
            assert_eq!((password.len(), &made["username"], &made["locationId"]), (23, &json!("Anna"), &json!("STORE-1")));
            let given = with_input(&installation, url, "dice-manila-purism\n", "merchant user add flexitidemo merchantonline --password-stdin --json").await.done();
            assert_eq!(given.json().get("password"), None);
            let short = with_input(&installation, url, "short\r\n", "merchant user add flexitidemo carl --password-stdin").await;
            let short = short.failed(&["password: ", "15 characters"]);
            for ended in [&given, &short] {
                assert!(!format!("{ended:?}").contains(PASSWORD), "{ended:?}");
            }

            let test = TestCore::open(&database).await;
            let merchant = test.core.show_merchant("flexitidemo").await.unwrap();
            let login = async |name, password| {
                let context = Context::operator("test");
                test.core.verify_merchant_user(merchant.partner, merchant.client_identifier, name, password, &context).await
            };
            login("anna", password.as_str()).await.unwrap();
            login("merchantonline", PASSWORD).await.unwrap();
            let again = installation.run(&["merchant", "user", "password", "flexitidemo", "anna"]).await.done();
            assert!(!again.stdout.contains(&password), "{again:?}");
            let new = again.stdout.lines().find_map(|line| line.strip_prefix("password  ")).unwrap();
            assert!(matches!(login("anna", password.as_str()).await, Err(MerchantLoginError::Wrong)));
            login("anna", new).await.unwrap();
            drop(installation.run(&["merchant", "user", "disable", "flexitidemo", "ANNA"]).await.done());
            assert!(matches!(login("anna", new).await, Err(MerchantLoginError::Wrong)));

            let users = installation.run(&["merchant", "user", "list", "flexitidemo", "--json"]).await.done();
            assert!(!users.stdout.contains("argon2") && !users.stdout.contains("password"), "{users:?}");
            let users = users.json();
            let names: Vec<_> = users["items"].as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
            assert_eq!(names, ["Anna", "merchantonline"]);
            assert!(users["items"][0]["disabledAt"].is_string() && users["items"][1]["disabledAt"].is_null());
            drop(installation.run(&["merchant", "user", "enable", "flexitidemo", "anna"]).await.done());
            login("anna", new).await.unwrap();

            let remove = ["merchant", "location", "remove", "flexitidemo", "STORE-1", "--json"];
            assert_eq!(error(&installation.run(&remove).await.failed(&["STORE-1"])), "state");
            let listed = installation.run(&["merchant", "location", "list", "flexitidemo"]).await.done();
            assert!(listed.stdout.contains("STORE-1") && listed.stdout.contains("Queen Street"), "{listed:?}");

            for wrong in [
                &["merchant", "user", "add", "flexitidemo", "carl", "a password as an argument"][..],
                &["merchant", "add", "--name", "Nameless"],
                &["merchant", "set", "flexitidemo", "--password-grant", "maybe"],
            ] {
                let ended = installation.run(wrong).await;
                assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
            }
        })
        .await;
    }
}
