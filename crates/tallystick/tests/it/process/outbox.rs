//! `tallystick outbox`: what an SMSC would not take for hours is given up, listed, and goes out after a replay.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Installation, until, within};

use super::api::Api;
use super::{installation, sql};

const SMS: &str = "/api/v1/partner/sms";

/// A fault of the SMSC's own, which may pass: ESME_RSYSERR.
const SYSTEM_ERROR: u32 = 0x08;
/// A fault of the message, which does not: ESME_RINVDSTADR.
const INVALID_DESTINATION: u32 = 0x0b;

/// As after hours of tries: one more, and it is given up.
const TRIED_FOR_HOURS: &str = "UPDATE outbox SET attempts = 19";
const GIVEN_UP: &str = "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL";
const WAITING: &str = "SELECT COUNT(*) FROM outbox WHERE dead_at IS NULL";

fn configured(installation: &Installation, smsc: &Peer) -> PathBuf {
    let file = installation.directory().join("channels.toml");
    let text = format!(
        "[messages]\nsms-channel = 'main'\n[channels.main]\nkind = 'smpp'\nhost = '127.0.0.1'\nport = {}\n\
         system-id = 'tally'\npassword = 'hunter22'\nreconnect-first = '50ms'\n",
        smsc.port
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// The program with its configuration.
struct Program<'i> {
    installation: &'i Installation,
    file: String,
}

impl Program<'_> {
    async fn json(&self, arguments: &[&str]) -> Value {
        self.installation.run(&[arguments, &["--json", "--config", &self.file]].concat()).await.done().json()
    }

    async fn refused(&self, arguments: &[&str], said: &[&str]) {
        drop(self.installation.run(&[arguments, &["--config", &self.file]].concat()).await.failed(said));
    }

    /// Queues a message and gives its identifier. Nothing is sent before a server runs.
    async fn send(&self, partner: &str, to: &str) -> String {
        let send = ["sms", "send", "--partner", partner, "--to", to, "--text", "Your invoice is due."];
        let sent = self.json(&send).await;
        assert_eq!(sent["state"], "QUEUED", "{sent}");
        sent["smsId"].as_str().unwrap().to_owned()
    }

    /// What waits for the channel, and what was given up.
    async fn counts(&self) -> (i64, i64) {
        let listed = self.json(&["channel", "list"]).await;
        let main = &listed["items"][0];
        assert_eq!(main["name"], "main");
        (main["waiting"].as_i64().unwrap(), main["givenUp"].as_i64().unwrap())
    }

    /// The records of one action in a partner's trail, newest first.
    async fn records(&self, partner: &str, action: &str) -> Vec<Value> {
        let listed = self.json(&["audit", "list", "--partner", partner]).await;
        let records = listed["items"].as_array().unwrap().iter().filter(|record| record["action"] == action);
        records.cloned().collect()
    }
}

on_both_engines! {
    async fn what_was_given_up_goes_out_after_a_replay_under_its_own_identifier(database: TestDatabase) {
        within(120, async {
            let url = database.url();
            let mut smsc = Peer::smsc(json!({})).await;
            smsc.order("mode", json!({"set": {"submit": SYSTEM_ERROR}})).await;
            let installation = installation(url);
            let (one, _other) = (installation.partner("QUICK3").await, installation.partner("SLOW4").await);
            let file = configured(&installation, &smsc).to_str().unwrap().to_owned();
            let program = Program { installation: &installation, file };

            let first = program.send("QUICK3", "+358441234567").await;
            let second = program.send("SLOW4", "+358441234568").await;
            assert_eq!(program.counts().await, (2, 0));
            assert_eq!(program.json(&["outbox", "list"]).await["items"], json!([]));
            program.refused(&["outbox", "replay", &first], &[&first, "given up"]).await;

            sql::execute(url, TRIED_FOR_HOURS).await;
            let server = installation.serve(&["--config", &program.file]).await;
            until(async || sql::number(url, GIVEN_UP).await == 2).await;
            assert_eq!(program.counts().await, (0, 2));
            let listed = program.json(&["outbox", "list"]).await;
            let letter = &listed["items"][0];
            for (member, value) in [("messageId", json!(first)), ("kind", json!("sms")), ("partnerCode", json!("QUICK3")), ("channel", json!("main")), ("attempts", json!(20))] {
                assert_eq!(letter[member], value, "{letter}");
            }
            assert!(letter["fault"].as_str().unwrap().contains("ESME_RSYSERR"), "{letter}");
            assert!(letter["givenUpAt"].as_str() >= letter["createdAt"].as_str(), "{letter}");
            let page = program.json(&["outbox", "list", "--after", &first, "--limit", "1"]).await;
            assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["messageId"]), (1, &json!(second)));
            let table = installation.run(&["outbox", "list"]).await.done().stdout;
            assert!(table.contains(&first) && table.contains(&second) && table.contains("ESME_RSYSERR"), "{table}");
            let api = Api::new(&server.url);
            let shown = api.get(&format!("{SMS}/{first}"), &one.partner).await.json();
            assert_eq!(shown["state"], "QUEUED", "{shown}");
            assert!(shown["reason"].as_str().unwrap().contains("ESME_RSYSERR"), "{shown}");

            smsc.order("mode", json!({"set": {"submit": "ok"}})).await;
            assert_eq!(program.json(&["outbox", "replay", &first]).await, json!({"replayed": 1}));
            assert_eq!(smsc.event("submit").await["destination"], "358441234567");
            until(async || sql::number(url, WAITING).await == 0).await;
            let sent = program.json(&["sms", "show", "--partner", "QUICK3", &first]).await;
            assert_eq!((&sent["smsId"], &sent["state"], &sent["reason"]), (&json!(first), &json!("SENT"), &json!(null)), "{sent}");
            let provider = sent["deliveryReports"][1]["providerMessageId"].as_str().unwrap();
            let receipt = format!("id:{provider} sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
            smsc.ask("deliver", json!({"pdu": {"source_addr": "358441234567", "text": receipt}})).await;
            let delivered = api.get(&format!("{SMS}/{first}?wait=20"), &one.partner).await.json();
            assert_eq!((&delivered["smsId"], &delivered["state"]), (&json!(first), &json!("DELIVERED")), "{delivered}");

            let records = program.records("QUICK3", "outbox.replay").await;
            assert_eq!(records.len(), 1, "the refused one left none: {records:?}");
            assert_eq!((&records[0]["subject"], &records[0]["outcome"]), (&json!(format!("sms:{first}")), &json!("done")));
            assert!(records[0]["actor"].as_str().unwrap().starts_with("operator:"), "{records:?}");
            assert_eq!(program.records("SLOW4", "outbox.replay").await, [Value::Null; 0]);
            program.refused(&["outbox", "replay", &first], &[&first]).await;

            assert_eq!(program.counts().await, (0, 1));
            assert_eq!(program.json(&["outbox", "replay", "--all"]).await, json!({"replayed": 1}));
            assert_eq!(smsc.event("submit").await["destination"], "358441234568");
            until(async || sql::number(url, WAITING).await == 0).await;
            assert_eq!(program.records("SLOW4", "outbox.replay").await[0]["subject"], format!("sms:{second}"));
            assert_eq!(program.json(&["outbox", "list"]).await["items"], json!([]));
            assert_eq!(program.json(&["outbox", "replay", "--all"]).await, json!({"replayed": 0}));

            server.process.signal("TERM");
            assert_eq!(server.process.ended().await.code, Some(0));
            assert_eq!(smsc.events_until("submit", "unbind").await, [Value::Null; 0], "each went out once");
        })
        .await;
    }

    async fn what_the_smsc_refuses_for_good_is_over_and_is_not_replayed(database: TestDatabase) {
        within(80, async {
            let mut smsc = Peer::smsc(json!({})).await;
            smsc.order("mode", json!({"set": {"submit": INVALID_DESTINATION}})).await;
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let file = configured(&installation, &smsc).to_str().unwrap().to_owned();
            let program = Program { installation: &installation, file };
            let id = program.send("QUICK3", "+358441234567").await;
            let server = installation.serve(&["--config", &program.file]).await;
            let refused = Api::new(&server.url).get(&format!("{SMS}/{id}?wait=20"), &partner.partner).await.json();
            assert_eq!((&refused["state"], &refused["errorCode"]), (&json!("REJECTED"), &json!("ESME_RINVDSTADR")), "{refused}");
            assert_eq!(program.counts().await, (0, 0));
            program.refused(&["outbox", "replay", &id], &[&id, "given up"]).await;
        })
        .await;
    }
}
