//! Short messages by SMPP, from a real request to a real SMSC and back.

use std::path::PathBuf;

use serde_json::{Value, json};
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
}
