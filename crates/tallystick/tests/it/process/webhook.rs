//! `tallystick webhook`, and webhooks from a running server to a receiver that checks their signatures with the standard's own library: one
//! that hangs, one that redirects into our network, one that is gone.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::app::body;
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Installation, until, within};

use super::api::Api;
use super::{installation, sql};

const CLIENT: &str = "/api/v1/partner/client";

/// The program, with a configuration that lets webhooks go to this machine or not.
struct Program<'i> {
    installation: &'i Installation,
    file: String,
}

fn configured(installation: &Installation, allowed: &str) -> PathBuf {
    let file = installation.directory().join(format!("webhooks{}.toml", allowed.len()));
    let text = format!("[webhooks]\nwebhook-allowed-networks = '{allowed}'\nwebhook-timeout = '2s'\n");
    std::fs::write(&file, text).unwrap();
    file
}

impl Program<'_> {
    fn new<'i>(installation: &'i Installation, allowed: &str) -> Program<'i> {
        Program { installation, file: configured(installation, allowed).to_str().unwrap().to_owned() }
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        self.installation.run(&[arguments, &["--json", "--config", &self.file]].concat()).await.done().json()
    }

    async fn refused(&self, arguments: &[&str], said: &[&str]) {
        drop(self.installation.run(&[arguments, &["--config", &self.file]].concat()).await.failed(said));
    }

    /// Adds an endpoint at this path of the receiver, which is told the secret, and gives its identifier.
    async fn add(&self, receiver: &mut Peer, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", receiver.port);
        let added = self.json(&["webhook", "add", "--partner", "QUICK3", "--url", &url]).await;
        self.trust(receiver, path, &added).await;
        assert_eq!((&added["url"], &added["events"], &added["state"]), (&json!(url), &json!([]), &json!("ENABLED")));
        added["endpointId"].as_str().unwrap().to_owned()
    }

    async fn trust(&self, receiver: &mut Peer, path: &str, added: &Value) {
        receiver.order("secret", json!({ "path": path, "secret": added["secret"] })).await;
    }

    async fn endpoint(&self, id: &str) -> Value {
        let listed = self.json(&["webhook", "list", "--partner", "QUICK3"]).await;
        let found = listed["items"].as_array().unwrap().iter().find(|endpoint| endpoint["endpointId"] == id).cloned();
        let found = found.unwrap();
        assert_eq!(found.get("secret"), None, "it is shown once");
        found
    }
}

on_both_engines! {
    async fn signatures_are_those_of_the_standard(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let program = Program::new(&installation, "127.0.0.1/32");
            let mut receiver = Peer::webhook_receiver().await;
            let id = program.add(&mut receiver, "/works").await;
            assert_eq!(program.json(&["webhook", "test", &id]).await, json!({ "endpointId": id, "status": 204 }));
            let tested = receiver.event("webhook").await;
            assert_eq!((&tested["verified"], &tested["signatures"], &tested["body"]["type"]), (&json!(true), &json!(1), &json!("webhook.test")));

            let server = installation.serve(&["--config", &program.file]).await;
            let api = Api::new(&server.url);
            let client = api.post(CLIENT, &partner.provisioning, &body("QUICK3", 1)).await.json();
            let told = receiver.event("webhook").await;
            assert_eq!(told["verified"], true, "{told}");
            assert_eq!((&told["type"], &told["body"]["type"]), (&json!("application/json"), &json!("client.created")));
            assert_eq!(told["body"]["data"]["clientIdentifier"], client["clientIdentifier"]);

            // Whoever knows the former secret, and whoever knows the new one.
            let rotated = program.json(&["webhook", "rotate", &id, "--overlap", "1h"]).await;
            drop(api.post(CLIENT, &partner.provisioning, &body("QUICK3", 2)).await);
            let told = receiver.event("webhook").await;
            assert_eq!((&told["verified"], &told["signatures"]), (&json!(true), &json!(2)), "{told}");
            program.trust(&mut receiver, "/works", &rotated).await;
            drop(api.post(CLIENT, &partner.provisioning, &body("QUICK3", 3)).await);
            assert_eq!(receiver.event("webhook").await["verified"], true);

            drop(program.json(&["webhook", "remove", &id]).await);
            assert_eq!(program.json(&["webhook", "list"]).await["items"], json!([]));
            program.refused(&["webhook", "test", &id], &[&id]).await;
            server.process.signal("TERM");
            let ended = server.process.ended().await;
            for secret in ["whsec_", rotated["secret"].as_str().unwrap()] {
                assert!(!ended.stderr.contains(secret), "{ended:?}");
            }
        })
        .await;
    }

    async fn receivers_that_hang_redirect_or_are_gone_hold_up_nobody(database: TestDatabase) {
        within(120, async {
            let url = database.url();
            let installation = installation(url);
            let partner = installation.partner("QUICK3").await;
            let program = Program::new(&installation, "127.0.0.1/32");
            let mut receiver = Peer::webhook_receiver().await;
            let works = program.add(&mut receiver, "/works").await;
            let hangs = program.add(&mut receiver, "/hangs").await;
            let redirects = program.add(&mut receiver, "/redirects").await;
            let gone = program.add(&mut receiver, "/gone").await;
            let inwards = format!("http://127.0.0.1:{}/inner", receiver.port);
            for (path, answer) in [("/hangs", json!("hang")), ("/redirects", json!(inwards)), ("/gone", json!(410))] {
                receiver.order("mode", json!({ "path": path, "answer": answer })).await;
            }
            let server = installation.serve(&["--config", &program.file]).await;
            let api = Api::new(&server.url);
            for number in 1..=3 {
                drop(api.post(CLIENT, &partner.provisioning, &body("QUICK3", number)).await);
            }
            let mut seen = Vec::new();
            while seen.iter().filter(|event: &&Value| event["path"] == "/works").count() < 3 {
                seen.push(receiver.event("webhook").await);
            }
            assert!(seen.iter().all(|event| event["verified"] == true), "{seen:?}");
            let waits = "SELECT COUNT(*) FROM webhook_endpoint WHERE failing_since IS NOT NULL AND disabled_at IS NULL";
            until(async || sql::number(url, waits).await == 2).await;
            // Three wait for each of the two that fail. For the one that is gone, those were written that came before it said so.
            until(async || sql::number(url, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NULL").await == 6).await;
            let given_up = sql::number(url, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL").await;
            assert!((1..=3).contains(&given_up), "{given_up}");
            for (id, state) in [(&works, "ENABLED"), (&hangs, "FAILING"), (&redirects, "FAILING"), (&gone, "DISABLED")] {
                assert_eq!(program.endpoint(id).await["state"], state);
            }
            assert!(program.endpoint(&gone).await["disabledReason"].as_str().unwrap().starts_with("410: "));
            let listed = program.json(&["channel", "list"]).await;
            let webhooks = listed["items"].as_array().unwrap().iter().find(|channel| channel["name"] == "webhook").cloned().unwrap();
            assert_eq!((&webhooks["kind"], &webhooks["givenUp"]), (&json!("webhook"), &json!(given_up)), "{webhooks}");
            let records = program.json(&["audit", "list", "--partner", "QUICK3"]).await;
            let disabled = records["items"].as_array().unwrap().iter().filter(|record| record["action"] == "webhook.disable").count();
            assert_eq!(disabled, 1);

            // The receiver has moved back: what was given up goes out.
            receiver.order("mode", json!({ "path": "/gone", "answer": 204 })).await;
            drop(program.json(&["webhook", "enable", &gone]).await);
            assert_eq!(program.json(&["outbox", "replay", "--endpoint", &works]).await, json!({ "replayed": 0 }));
            assert_eq!(program.json(&["outbox", "replay", "--endpoint", &gone]).await, json!({ "replayed": given_up }));
            let mut again = 0;
            while again < given_up {
                let event = receiver.event("webhook").await;
                again += i64::from(event["path"] == "/gone" && event["verified"] == true);
                seen.push(event);
            }
            server.process.signal("TERM");
            let ended = server.process.ended().await;
            assert!(ended.stderr.contains("a webhook endpoint was disabled"), "{ended:?}");
            receiver.ask("mode", json!({ "path": "/inner", "answer": 204 })).await;
            seen.extend(receiver.events_until("webhook", "done").await);
            assert!(seen.iter().all(|event| event["path"] != "/inner"), "{seen:?}");
        })
        .await;
    }

    async fn our_own_network_is_out_of_reach_unless_it_is_allowed(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            drop(installation.partner("QUICK3").await);
            let (closed, open) = (Program::new(&installation, ""), Program::new(&installation, "127.0.0.0/8, ::1/128"));
            let mut receiver = Peer::webhook_receiver().await;
            let add = |url: &str| ["webhook", "add", "--partner", "QUICK3", "--url", url].map(str::to_owned).to_vec();
            for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"] {
                let arguments = add(&format!("http://{host}:{}/", receiver.port));
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                closed.refused(&arguments, &["url: ", "webhook-allowed-networks"]).await;
            }
            closed.refused(&["webhook", "add", "--partner", "QUICK3", "--url", "example.com"], &["url: ", "https://example.com/webhooks"]).await;
            // A name is looked at when something is sent.
            let url = format!("http://localhost:{}/named", receiver.port);
            let added = closed.json(&["webhook", "add", "--partner", "QUICK3", "--url", &url, "--events", "sms.final"]).await;
            let id = added["endpointId"].as_str().unwrap();
            closed.refused(&["webhook", "test", id], &[id, "operator's network"]).await;
            open.trust(&mut receiver, "/named", &added).await;
            assert_eq!(open.json(&["webhook", "test", id]).await["status"], 204);
            assert_eq!(receiver.event("webhook").await["verified"], true);
            let table = closed.installation.run(&["webhook", "list"]).await.done().stdout;
            assert!(table.contains(id) && table.contains("sms.final") && table.contains(&url), "{table}");
        })
        .await;
    }

    async fn without_trusted_certificates_nothing_is_sent_and_nobody_blamed(database: TestDatabase) {
        within(80, async {
            let url = database.url();
            let nowhere = |name| move |installation: Installation| installation.with(name, "/nowhere");
            let installation = nowhere("SSL_CERT_DIR")(nowhere("SSL_CERT_FILE")(installation(url)));
            let partner = installation.partner("QUICK3").await;
            let program = Program::new(&installation, "");
            let add = ["webhook", "add", "--partner", "QUICK3", "--url", "https://127.0.0.1.nip.example/"];
            let id = program.json(&add).await["endpointId"].as_str().unwrap().to_owned();
            program.refused(&["webhook", "test", &id], &[&id, "no trusted certificates", "webhook-ca-file"]).await;
            let server = installation.serve(&["--config", &program.file]).await;
            drop(Api::new(&server.url).post(CLIENT, &partner.provisioning, &body("QUICK3", 1)).await);
            server.process.logged("the provider takes nothing for now").await;
            assert_eq!(program.endpoint(&id).await["state"], "ENABLED");
            assert_eq!(sql::number(url, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NULL AND attempts <= 1").await, 1);
            drop(server);
            let doctor = installation.run(&["doctor", "--environment", "production"]).await;
            assert!(doctor.stdout.contains("no trusted certificates"), "{doctor:?}");
        })
        .await;
    }
}
