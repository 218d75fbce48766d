//! `tallystick demo`: what it prints works when pasted.

use std::process::Command;

use serde_json::Value;
use testkit::process::within;

use super::api::Api;
use super::installation;

/// Whether there is a curl to paste into.
fn has_curl() -> bool {
    let has_curl = Command::new("curl").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has_curl || std::env::var("CI").as_deref() != Ok("true"), "this test needs curl");
    has_curl
}

/// Runs one printed line as a shell does, and gives the answer.
async fn paste(line: &str) -> Value {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).env("NO_PROXY", "*").env("no_proxy", "*");
    let output = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_lines_work_when_pasted_and_nothing_is_left_behind() {
    if !has_curl() {
        return;
    }
    within(80, async {
        // The demo finds no database set, and makes a temporary one.
        let installation = installation("");
        let temporary = installation.directory().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        let installation = installation.with("TMPDIR", temporary.to_str().unwrap()).without("TALLYSTICK_DATABASE");
        let demo = installation.start(&["demo", "--listen", "127.0.0.1:0"]);
        let page = demo.printed("Ctrl-C ends the demo.\n").await;
        let url = page.lines().find_map(|line| line.strip_prefix("listening on ")).unwrap();
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);

        let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("curl ")).collect();
        assert_eq!(lines.len(), 4, "{page}");
        assert!(lines.iter().all(|line| line.contains(url)), "{page}");
        let created = paste(lines[0]).await;
        assert_eq!(created["message"], "New client created", "{created}");
        assert_eq!(paste(lines[0]).await["code"], "client_exists");
        let validated = paste(lines[1]).await;
        assert_eq!((&validated["isValid"], &validated["kind"]), (&true.into(), &"client".into()), "{validated}");
        let renewed = paste(lines[2]).await;
        assert!(renewed["apiAccessToken"].is_string(), "{renewed}");
        assert_eq!(paste(lines[2]).await, renewed, "a renewal is told again");
        let sms = paste(lines[3]).await;
        assert_eq!(sms["state"], "DELIVERED", "{sms}");
        let docs = page.lines().find_map(|line| line.strip_prefix("reference page")).unwrap().trim();
        assert!(Api::new(docs).get("", "").await.text.contains("<html"), "{docs}");

        demo.signal("INT");
        assert_eq!(demo.ended().await.code, Some(0));
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the temporary database is removed");
        let refused = installation.run(&["demo", "--environment", "production"]).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("sandbox"), "{refused:?}");
    })
    .await;
}
