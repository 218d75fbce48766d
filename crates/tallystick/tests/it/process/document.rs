//! What needs no database: `openapi` and `completions`.

use std::process::Command;

use testkit::database::TestDatabase;
use testkit::process::within;

use super::api::Api;
use super::installation;

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_document_is_the_served_one() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let printed = installation.run(&["openapi"]).await.done().json();
        assert_eq!(printed, installation.run(&["openapi", "--json"]).await.done().json());
        assert!(!database.directory().unwrap().join("test.db").exists());
        let server = installation.serve(&[]).await;
        assert_eq!(Api::new(&server.url).get("/openapi.json", "").await.json(), printed);
        assert!(printed["paths"]["/api/v1/partner/client"]["post"].is_object());

        let elsewhere = installation.run(&["openapi", "--pos-prefix", "/tills/v1"]).await.done().json();
        assert_ne!(elsewhere, printed);
        let installation = installation.with("TALLYSTICK_POS_PREFIX", "/tills/v1");
        assert_eq!(installation.run(&["openapi"]).await.done().json(), elsewhere);
        let server = installation.serve(&[]).await;
        assert_eq!(Api::new(&server.url).get("/openapi.json", "").await.json(), elsewhere);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_are_a_script_of_the_shell() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let script = installation.run(&["completions", "bash"]).await.done().stdout;
        for word in ["partner", "--database", "doctor", "complete -F"] {
            assert!(script.contains(word), "{word}");
        }
        let file = installation.directory().join("tallystick.bash");
        std::fs::write(&file, script).unwrap();
        if let Ok(checked) = Command::new("bash").arg("-n").arg(&file).output() {
            assert!(checked.status.success(), "{checked:?}");
        }
        for shell in ["zsh", "fish"] {
            assert!(installation.run(&["completions", shell]).await.done().stdout.contains("tallystick"));
        }
        assert_eq!(installation.run(&["completions", "tcsh"]).await.code, Some(2));
    })
    .await;
}
