//! Short messages by SMPP, from a real request to a real SMSC and back; and `tallystick sms`.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::core::MASTER_KEY;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Installation, within};

use super::api::{Api, Reply};
use super::installation;

const SMS: &str = "/api/v1/partner/sms";

/// A configuration file with the SMSC as the channel of short messages.
fn configured(installation: &Installation, smsc: &Peer) -> PathBuf {
    let file = installation.directory().join("channels.toml");
    let text = format!(
        "[messages]\nsms-channel = 'main'\n[jobs]\noutbox-lease = '2s'\n\
         [channels.main]\nkind = 'smpp'\nhost = '127.0.0.1'\nport = {}\nsystem-id = 'tally'\npassword = 'hunter22'\n\
         response-timeout = '1s'\nreconnect-first = '50ms'\n",
        smsc.port
    );
    std::fs::write(&file, text).unwrap();
    file
}

async fn send(api: &Api, key: &str) -> Value {
    let message = json!({"recipient": "+358441234567", "text": "Your invoice is due."});
    api.post(SMS, key, &message).await.json()
}

/// The message once its state is `state`.
async fn until(api: &Api, key: &str, id: &str, state: &str) -> Value {
    loop {
        let sms: Reply = api.get(&format!("{SMS}/{id}?wait=1"), key).await;
        let sms = sms.json();
        if sms["state"] == state {
            return sms;
        }
    }
}

on_both_engines! {
    async fn a_message_goes_out_by_smpp_and_its_receipt_comes_back_in_another_base(database: TestDatabase) {
        within(60, async {
            let mut smsc = Peer::smsc(json!({})).await;
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let file = configured(&installation, &smsc);
            let server = installation.serve(&["--config", file.to_str().unwrap()]).await;
            let api = Api::new(&server.url);
            let id = send(&api, &partner.partner).await["smsId"].as_str().unwrap().to_owned();
            assert_eq!(smsc.event("submit").await["text"], "Your invoice is due.");
            let sent = until(&api, &partner.partner, &id, "SENT").await;
            let provider = sent["deliveryReports"][1]["providerMessageId"].as_str().unwrap();
            let decimal = u64::from_str_radix(provider, 16).unwrap();
            let receipt = format!("id:{decimal} sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
            smsc.ask("deliver", json!({"pdu": {"source_addr": "358441234567", "text": receipt}})).await;
            assert_eq!(smsc.event("deliver_resp").await["status"], 0);
            let delivered = api.get(&format!("{SMS}/{id}?wait=20"), &partner.partner).await.json();
            assert_eq!(delivered["state"], "DELIVERED", "{delivered}");
            server.process.signal("TERM");
            assert_eq!(server.process.ended().await.code, Some(0));
            smsc.event("unbind").await;
        })
        .await;
    }

    async fn a_server_killed_before_it_heard_the_answer_sends_it_once_more(database: TestDatabase) {
        within(90, async {
            let mut smsc = Peer::smsc(json!({})).await;
            smsc.order("mode", json!({"set": {"submit": "hold"}})).await;
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let file = configured(&installation, &smsc);
            let arguments = ["--config", file.to_str().unwrap()];
            let mut server = installation.serve(&arguments).await;
            let api = Api::new(&server.url);
            let id = send(&api, &partner.partner).await["smsId"].as_str().unwrap().to_owned();
            smsc.event("submit").await;
            server.process.kill();
            drop(server.process.ended().await);
            smsc.order("mode", json!({"set": {"submit": "ok"}})).await;

            let server = installation.serve(&arguments).await;
            let api = Api::new(&server.url);
            smsc.event("submit").await;
            until(&api, &partner.partner, &id, "SENT").await;
            server.process.signal("TERM");
            assert_eq!(server.process.ended().await.code, Some(0));
            let further = smsc.events_until("submit", "unbind").await;
            assert!(further.is_empty(), "it was sent more than once more: {further:?}");
        })
        .await;
    }

    async fn the_operator_sends_and_shows_a_message(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            drop((installation.partner("QUICK3").await, installation.partner("SLOW4").await));
            let send = |further: &[&str]| {
                let all = [&["sms", "send", "--partner", "QUICK3", "--to", "+358 44 123 4567"], further].concat();
                all.into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let run = async |arguments: Vec<String>| {
                installation.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
            };
            let queued = run(send(&["--text", "Your invoice is due.", "--json"])).await.done().json();
            assert_eq!((&queued["state"], &queued["recipient"]), (&json!("QUEUED"), &json!("+358441234567")), "{queued}");
            let id = queued["smsId"].as_str().unwrap().to_owned();

            // A server sends what waits, on the console of the sandbox.
            let server = installation.serve(&[]).await;
            let long = "Moi 🦀 ".repeat(20);
            let sent = run(send(&["--text", &long, "--sender", "Pihapuu", "--wait", "30"])).await.done().stdout;
            for told in ["DELIVERED", "UCS2, 3 parts", "Pihapuu", "+358441234567"] {
                assert!(sent.contains(told), "`{told}` is missing: {sent}");
            }
            let waited = run(send(&["--text", "Hei", "--wait", "30", "--json"])).await.done().json();
            assert_eq!(waited["state"], "DELIVERED", "{waited}");
            let show = ["sms", "show", "--partner", "QUICK3", &id];
            until_shown(&installation, &show, "DELIVERED").await;
            let shown = installation.run(&[&show[..], &["--json"]].concat()).await.done().json();
            let reports = shown["deliveryReports"].as_array().unwrap();
            let states: Vec<_> = reports.iter().map(|report| report["state"].as_str().unwrap()).collect();
            assert_eq!((&shown["smsId"], states), (&json!(id), vec!["QUEUED", "SENT", "DELIVERED"]), "{shown}");
            drop(server);

            let audit = installation.run(&["audit", "list", "--partner", "QUICK3", "--json"]).await.done();
            for hidden in ["358441234567", "invoice", "Hei"] {
                assert!(!audit.stdout.contains(hidden), "{audit:?}");
            }
            let audit = audit.json();
            let sends: Vec<_> = audit["items"].as_array().unwrap().iter().filter(|record| record["action"] == "sms.send").collect();
            assert_eq!((sends.len(), &sends[2]["subject"]), (3, &json!(format!("sms:{id}"))), "{audit}");
            assert!(sends.iter().all(|record| record["actor"].as_str().unwrap().starts_with("operator:")), "{audit}");

            drop(installation.run(&["sms", "show", "--partner", "SLOW4", &id]).await.failed(&[&id]));
            drop(run(send(&["--text", "Hei", "--client", "100001"])).await.failed(&["creditor", "clientIdentifier"]));
            drop(run(send(&["--text", "", "--sender", "a name too long"])).await.failed(&["text", "sender"]));
            let landline = ["sms", "send", "--partner", "QUICK3", "--to", "+35891234567", "--text", "Hei"];
            drop(installation.run(&landline).await.failed(&["recipient", "mobile number"]));
            let nobody = ["sms", "send", "--partner", "NOBODY", "--to", "+358441234567", "--text", "Hei"];
            drop(installation.run(&nobody).await.failed(&["NOBODY"]));
            let refused = installation.run(&["audit", "list", "--partner", "QUICK3", "--json"]).await.done().json();
            assert_eq!(refused["items"].as_array().unwrap().len(), audit["items"].as_array().unwrap().len(), "{refused}");
        })
        .await;
    }
}

/// Runs a command until it prints this.
async fn until_shown(installation: &Installation, arguments: &[&str], text: &str) {
    testkit::process::until(async || installation.run(arguments).await.done().stdout.contains(text)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_without_a_channel_says_which_setting_is_missing() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url())
            .with("TALLYSTICK_MASTER_KEY", MASTER_KEY)
            .with("TALLYSTICK_ENVIRONMENT", "production");
        drop(installation.partner("QUICK3").await);
        let send = ["sms", "send", "--partner", "QUICK3", "--to", "+358441234567", "--text", "Hei"];
        drop(installation.run(&send).await.failed(&["no channel for short messages", "sms-channel"]));
    })
    .await;
}
