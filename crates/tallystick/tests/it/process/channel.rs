//! `tallystick channel`: tried against real peers, against one that refuses, and against nobody.

use serde_json::{Value, json};
use testkit::database::TestDatabase;
use testkit::peer::Peer;
use testkit::process::{Ended, Installation, within};

use super::{installation, misconfigured};

const PASSWORD: &str = "hunter22";

/// Nobody listens there: it is the system's, for a service that has died out.
const NOBODY: u16 = 1;

/// `[channels.main]` by SMPP on this port.
fn smpp(port: u16) -> String {
    format!(
        "[channels.main]\nkind = 'smpp'\nhost = '127.0.0.1'\nport = {port}\nsystem-id = 'tally'\npassword = '{PASSWORD}'\n"
    )
}

/// `[channels.post]` by SMTP on this port.
fn smtp(port: u16, more: &str) -> String {
    format!(
        "[channels.post]\nkind = 'smtp'\nhost = '127.0.0.1'\nport = {port}\nmessage-id-domain = 'tally.example'\n{more}\n"
    )
}

/// A certificate for 127.0.0.1 in the directory of the installation; the names of its file and of its key's.
fn certificate(installation: &Installation) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let write = |name: &str, pem: String| {
        let path = installation.directory().join(name);
        std::fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    };
    (write("cert.pem", made.cert.pem()), write("key.pem", made.signing_key.serialize_pem()))
}

/// Runs `channel` with these arguments and this configuration.
async fn channel(installation: &Installation, configuration: &str, arguments: &[&str]) -> Ended {
    let file = installation.directory().join("channels.toml");
    std::fs::write(&file, configuration).unwrap();
    let ended = installation.run(&[&["channel"], arguments, &["--config", file.to_str().unwrap()]].concat()).await;
    assert!(!format!("{ended:?}").contains(PASSWORD), "{ended:?}");
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_is_tried_and_nothing_is_sent() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let mut smsc = Peer::smsc(json!({})).await;
        let tried = channel(&installation, &smpp(smsc.port), &["test", "main", "--json"]).await.done().json();
        assert_eq!(tried["name"], "main");
        let found = tried["found"].as_str().unwrap();
        for told in [&format!("127.0.0.1:{}", smsc.port), "transceiver", "simulator"] {
            assert!(found.contains(told), "{found}");
        }
        let bind = smsc.event("bind").await;
        assert_eq!((&bind["system_id"], &bind["password"]), (&json!("tally"), &json!(PASSWORD)));
        assert_eq!(smsc.events_until("submit", "unbind").await, [Value::Null; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_refuses_or_is_not_there_is_told_with_the_remedy() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        // ESME_RINVPASWD
        let wary = Peer::smsc(json!({"bind": 0x0e})).await;
        let remedy = ["main", "[channels.main]", "host, port, tls, system-id and password"];
        let refused = channel(&installation, &smpp(wary.port), &["test", "main"]).await.failed(&remedy);
        assert!(refused.stderr.contains("ESME_RINVPASWD"), "{refused:?}");
        let nobody = channel(&installation, &smpp(NOBODY), &["test", "main"]).await.failed(&remedy);
        assert!(nobody.stderr.contains("could not connect to 127.0.0.1:1"), "{nobody:?}");

        // Takes the connection, and says nothing.
        let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = smpp(mute.local_addr().unwrap().port()) + "connect-timeout = '200ms'\n";
        let silent = channel(&installation, &silent, &["test", "main", "--json"]).await.failed(&remedy);
        let told: Value = serde_json::from_str(silent.stderr.lines().last().unwrap()).unwrap();
        assert_eq!(told["error"]["code"], "channel", "{told}");
        assert!(told["error"]["message"].as_str().unwrap().contains("no answer to the bind"), "{told}");

        let unknown = channel(&installation, &smpp(wary.port), &["test", "other"]).await;
        drop(unknown.failed(&["there is no [channels.other]", "tallystick channel list"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_tried() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let open = Peer::mail_server(json!({})).await;
        let tried = channel(&installation, &smtp(open.port, "tls = 'none'"), &["test", "post"]).await.done();
        for told in [&format!("post: 127.0.0.1:{}", open.port), "mail.test", "not encrypted"] {
            assert!(tried.stdout.contains(told), "{tried:?}");
        }

        let (cert, key) = certificate(&installation);
        let closed = json!({"tls": "implicit", "cert": cert, "key": key, "user": "tally", "password": PASSWORD});
        let closed = Peer::mail_server(closed).await;
        let with = |password: &str| {
            let login = format!("tls = 'implicit'\nca-file = '{cert}'\nuser = 'tally'\npassword = '{password}'");
            smtp(closed.port, &login)
        };
        let tried = channel(&installation, &with(PASSWORD), &["test", "post", "--json"]).await.done().json();
        let found = tried["found"].as_str().unwrap();
        assert!(found.ends_with("mail.test, encrypted"), "{found}");

        let remedy = ["post", "[channels.post]", "host, port, tls, user, password and bounces"];
        let refused = channel(&installation, &with("wrong-one"), &["test", "post"]).await.failed(&remedy);
        assert!(refused.stderr.contains("535"), "{refused:?}");
        assert!(!refused.stderr.contains("wrong-one"), "{refused:?}");
        let nobody = channel(&installation, &smtp(NOBODY, "tls = 'none'"), &["test", "post"]).await.failed(&remedy);
        assert!(nobody.stderr.contains("127.0.0.1:1"), "{nobody:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_is_tried() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let folder = installation.directory().join("drop");
        let configuration = format!("[channels.print]\nkind = 'drop'\nfolder = '{}'\n", folder.display());
        let missing = channel(&installation, &configuration, &["test", "print"]).await;
        drop(missing.failed(&["print", "No such file", "folder and acknowledgements of [channels.print]"]));
        std::fs::create_dir(&folder).unwrap();
        let tried = channel(&installation, &configuration, &["test", "print"]).await.done();
        assert!(tried.stdout.contains("can be written to, 0 documents wait"), "{tried:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_invoice_operator_is_tried() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let operator = |more: &str| {
            let url = format!("http://127.0.0.1:{NOBODY}/finvoice");
            format!("[channels.operator]\nkind = 'e-invoice-http'\nurl = '{url}'\ntoken = '{PASSWORD}'\n{more}")
        };
        let tried = channel(&installation, &operator(""), &["test", "operator"]).await.done();
        assert!(tried.stdout.contains("without a test-url the operator is not asked"), "{tried:?}");
        let asked = operator(&format!("test-url = 'http://127.0.0.1:{NOBODY}/ping'"));
        let nobody = channel(&installation, &asked, &["test", "operator"]).await;
        drop(nobody.failed(&["operator", "could not connect to the operator", "[channels.operator]"]));
        // The installation refuses at once what would not work.
        let contradicting = operator("[invoices]\nprint-channel = 'operator'\n");
        let refused = channel(&installation, &contradicting, &["test", "operator"]).await;
        misconfigured(&refused, &["print-channel", "name one of the kind drop"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_mails_is_tried_in_sandbox_and_refused_in_production() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let folder = installation.directory().join("mails");
        let text = format!("[channels.mails]\nkind = 'mail-folder'\nfolder = '{}'\n", folder.display());
        let tried = channel(&installation, &text, &["test", "mails"]).await.done();
        assert!(tried.stdout.contains("0 not opened yet; none leaves this machine"), "{tried:?}");
        assert_eq!(std::fs::read_dir(folder.join("new")).unwrap().count(), 0, "the test leaves nothing");
        let missing = text.replace("/mails'", "/no/such/mails'");
        let refused = channel(&installation, &missing, &["test", "mails"]).await;
        drop(refused.failed(&["[channels.mails]: folder: ", "No such file"]));
        let refused = channel(&installation, &text, &["test", "mails", "--environment", "production"]).await;
        misconfigured(&refused, &["[channels.mails] is a mail-folder, which is for sandbox only"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_channel_is_listed_with_what_it_is_used_for() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let configuration = format!(
            "[messages]\nsms-channel = 'main'\nmail-channel = 'post'\nmail-from = 'a@tally.example'\n\
             operator-mail = 'b@tally.example'\n\
             [invoices]\nprint-channel = 'print'\ne-invoice-channel = 'invoices'\ne-invoice-account = '003707375462'\n\
             e-invoice-operator = '003721291126'\n\
             [channels.print]\nkind = 'drop'\nfolder = '/srv/print'\n[channels.invoices]\nkind = 'drop'\nfolder = '/srv/invoices'\n{}in-flight = 3\nper-second = 50\n{}[channels.spare]\nkind = 'console'\n",
            smpp(NOBODY),
            smtp(NOBODY, "tls = 'none'")
        );
        let listed = channel(&installation, &configuration, &["list", "--json"]).await.done().json();
        let expected = json!([
            {"name": "invoices", "kind": "drop", "usedFor": "e-invoices", "inFlight": 8, "perSecond": null, "waiting": 0, "givenUp": 0},
            {"name": "main", "kind": "smpp", "usedFor": "sms", "inFlight": 3, "perSecond": 50, "waiting": 0, "givenUp": 0},
            {"name": "post", "kind": "smtp", "usedFor": "mail", "inFlight": 8, "perSecond": null, "waiting": 0, "givenUp": 0},
            {"name": "print", "kind": "drop", "usedFor": "print", "inFlight": 8, "perSecond": null, "waiting": 0, "givenUp": 0},
            {"name": "spare", "kind": "console", "usedFor": null, "inFlight": 8, "perSecond": null, "waiting": 0, "givenUp": 0},
        ]);
        assert_eq!(listed["items"], expected);
        let shown = channel(&installation, &configuration, &["list"]).await.done().stdout;
        assert!(shown.lines().any(|line| line.starts_with("post") && line.contains("smtp") && line.contains("mail")), "{shown}");

        // The sandbox without a channel of its own has one all the same.
        let listed = channel(&installation, "", &["list", "--json"]).await.done().json();
        assert_eq!((&listed["items"][0]["kind"], &listed["items"][0]["usedFor"]), (&json!("console"), &json!("sms")));
        drop(channel(&installation, "", &["test", "console"]).await.done());
    })
    .await;
}
