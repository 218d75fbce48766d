//! `tallystick demo`: what it prints works when pasted, and a second start makes nothing twice.

use std::process::Command;

use serde_json::{Value, json};
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Process, until, within};

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
        assert_eq!(lines.len(), 11, "{page}");
        assert!(lines.iter().all(|line| line.contains(url)), "{page}");
        let [create, validate, renew, list, find, agreements, revoked, rotate, messages, longest, text] = lines[..]
        else {
            panic!("{page}")
        };
        // Before anything is changed.
        let all = paste(list).await;
        let creditors = all["creditors"].as_array().unwrap();
        assert_eq!(creditors.len(), 5, "{all}");
        let found = paste(find).await;
        assert_eq!(found["creditors"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["creditors"][0]["name"], "Pihapuu Oy", "{found}");
        let agreed = paste(agreements).await;
        let agreed: Vec<_> = agreed.as_array().unwrap().iter().map(|one| one["identifier"].as_str().unwrap()).collect();
        assert_eq!(agreed, ["W-2025-17", "W-2026-17"]);
        let left = paste(revoked).await;
        assert_eq!(left["creditors"].as_array().unwrap().len(), 1, "{left}");
        assert_eq!(paste(rotate).await["clientIdentifier"], left["creditors"][0]["clientIdentifier"]);
        assert_eq!(paste(revoked).await["creditors"], json!([]), "it has credentials again");

        let longest = paste(longest).await;
        assert_eq!((&longest["state"], &longest["encoding"]), (&json!("DELIVERED"), &json!("UCS2")), "{longest}");
        assert!(
            longest["parts"].as_u64().unwrap() > 2 && longest["text"].as_str().unwrap().contains('🙏'),
            "{longest}"
        );
        let reports = longest["deliveryReports"].as_array().unwrap();
        let delivered = reports.iter().filter(|report| report["state"] == "DELIVERED").count();
        assert_eq!(delivered as u64, longest["parts"].as_u64().unwrap(), "{longest}");
        let mut states = Vec::new();
        until(async || {
            let there = paste(messages).await;
            let there = there["messages"].as_array().unwrap();
            states = there.iter().rev().map(|sms| sms["state"].as_str().unwrap().to_owned()).collect();
            states.iter().all(|state| state != "QUEUED" && state != "SENT")
        })
        .await;
        assert_eq!(states, ["DELIVERED", "UNDELIVERABLE", "DELIVERED", "DELIVERED"]);
        demo.logged("🙏").await;

        let created = paste(create).await;
        assert_eq!(created["message"], "New client created", "{created}");
        assert_eq!(paste(create).await["code"], "client_exists");
        let validated = paste(validate).await;
        assert_eq!((&validated["isValid"], &validated["kind"]), (&true.into(), &"client".into()), "{validated}");
        let renewed = paste(renew).await;
        assert!(renewed["apiAccessToken"].is_string(), "{renewed}");
        assert_eq!(paste(renew).await, renewed, "a renewal is told again");
        let sms = paste(text).await;
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

on_both_engines! {
    async fn a_second_start_goes_on_with_what_is_there(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            let start = async || {
                let demo = installation.start(&["demo", "--json"]);
                let told: Value = serde_json::from_str(&demo.printed("\n}\n").await).unwrap();
                let first = told["clients"][0]["clientIdentifier"].to_string();
                let sms = told["smsIds"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
                // Nothing is under way any more when it ends.
                let api = Api::new(told["listening"].as_str().unwrap());
                let key = told["partnerKey"].as_str().unwrap().to_owned();
                let last = api.get(&format!("/api/v1/partner/sms/{sms}?wait=30"), &key).await.json();
                assert_eq!(last["state"], "DELIVERED", "{last}");
                (demo, told, first, api, key)
            };
            let end = async |demo: Process| {
                demo.signal("INT");
                assert_eq!(demo.ended().await.code, Some(0));
            };
            let (demo, told, first, api, key) = start().await;
            let statuses: Vec<_> = told["clients"].as_array().unwrap().iter().map(|client| client["status"].as_str().unwrap()).collect();
            assert_eq!(statuses, ["ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "REVOKED"]);
            assert_eq!((&told["clients"][4]["apiAccessToken"], told["smsIds"].as_array().unwrap().len()), (&json!(null), 4));
            assert_eq!(told["clients"][1]["agreements"][0]["identifier"], "40017", "{told}");
            let history = api.get(&format!("/api/v1/partner/creditors/{first}/history"), &key).await.json();
            assert_eq!(history["changes"].as_array().unwrap().len(), 1, "{history}");
            // What somebody has changed meanwhile stays.
            let last = told["clients"][4]["clientIdentifier"].to_string();
            let rotated = api.post(&format!("/api/v1/partner/creditors/{last}/credentials/rotate"), &key, &json!({})).await;
            assert_eq!(rotated.status, 200, "{rotated:?}");
            end(demo).await;

            let (demo, again, _, api, key) = start().await;
            assert_eq!(again["clients"][4]["status"], "ACTIVE", "{again}");
            for same in ["partnerKey", "provisioningToken", "smsIds"] {
                assert_eq!(again[same], told[same], "{same}");
            }
            for number in 0..4 {
                assert_eq!(again["clients"][number], told["clients"][number]);
            }
            let after = api.get(&format!("/api/v1/partner/creditors/{first}/history"), &key).await.json();
            assert_eq!(after, history);
            end(demo).await;
        })
        .await;
    }

    async fn nothing_is_sent_to_a_real_provider(database: TestDatabase) {
        within(60, async {
            let mut smsc = Peer::smsc(json!({})).await;
            let installation = installation(database.url());
            let file = installation.directory().join("tallystick.toml");
            let text = format!(
                "[messages]\nsms-channel = 'main'\n[channels.main]\nkind = 'smpp'\nhost = '127.0.0.1'\nport = {}\n\
                 system-id = 'tally'\npassword = 'hunter22'\n",
                smsc.port
            );
            std::fs::write(&file, text).unwrap();
            let demo = installation.start(&["demo", "--json"]);
            let told: Value = serde_json::from_str(&demo.printed("\n}\n").await).unwrap();
            assert_eq!(told["smsIds"], json!([]), "{told}");
            smsc.event("bind").await;
            demo.signal("INT");
            assert_eq!(demo.ended().await.code, Some(0));
            assert_eq!(smsc.events_until("submit", "unbind").await, [Value::Null; 0]);
        })
        .await;
    }
}
