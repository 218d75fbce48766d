//! Bounces, as Postfix writes them and delivers them to the Maildir of the bounce address.

use std::sync::{Arc, Mutex};

use channels::bounce::{Bounce, BounceSink, Outcome};
use channels::maildir::Maildir;
use channels::smtp::{SmtpChannel, SmtpConfig};
use channels::{FaultKind, Mail, MailChannel, SinkFault};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use testkit::peer::Peer;
use testkit::postfix::Postfix;
use uuid::Uuid;

use crate::support::Noon;

#[derive(Default)]
struct Kept(Mutex<Vec<Bounce>>);

impl BounceSink for Kept {
    fn receive(&self, bounce: Bounce) -> BoxFuture<'_, Result<(), SinkFault>> {
        async move {
            self.0.lock().unwrap().push(bounce);
            Ok(())
        }
        .boxed()
    }
}

fn settings(host: &str, port: u16, extra: &str) -> SmtpConfig {
    let text = format!(
        "host = '{host}'\nport = {port}\ntls = 'none'\nmessage-id-domain = 'tally.example'\nbounce-address = 'bounces@example.com'\n{extra}"
    );
    toml::from_str(&text).unwrap()
}

fn channel(config: &SmtpConfig) -> SmtpChannel {
    SmtpChannel::new("post", config, Arc::new(Noon)).unwrap()
}

fn mail(number: u128, to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(number),
        from: "Tally Oy <invoices@example.com>".to_owned(),
        to: to.to_owned(),
        subject: "Lasku 1001".to_owned(),
        text: "Hei, laskusi on 550 €.\n".to_owned(),
        html: None,
        reply_to: None,
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_mail_for_nobody_comes_back_as_failed() {
    let Some(postfix) = Postfix::start(&["bounces", "maija"]).await else {
        assert!(std::env::var_os("CI").is_none(), "Postfix runs as root only");
        println!("skipped: Postfix runs as root only");
        return;
    };
    let config = settings(
        &postfix.host.to_string(),
        postfix.port,
        &format!("bounces = '{}'", postfix.maildir("bounces").display()),
    );
    let channel = channel(&config);
    // Before its first mail, the Maildir is not there.
    let fault = channel.test().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
    assert!(fault.reason.starts_with("bounces: ") && fault.reason.contains("a Maildir has the folders"), "{fault}");
    let id = 0x0193_5e2a_0f00_7abc_8def_0123_4567_89ab;
    channel.send(&mail(id, "nobody@example.com")).await.unwrap();
    postfix.delivered("bounces").await;
    let told = channel.test().await.unwrap();
    assert!(told.ends_with(", reports failures; bounces can be read, 1 waiting"), "{told}");
    let (maildir, kept) = (Maildir::of("post", &config).unwrap(), Kept::default());
    let pass = maildir.read(&kept).await.unwrap();
    assert_eq!((pass.stored, pass.set_aside, pass.left, pass.has_more), (1, 0, 0, false));
    let bounce = kept.0.lock().unwrap().pop().unwrap();
    assert_eq!(
        (bounce.id, bounce.outcome, bounce.status.as_deref()),
        (Uuid::from_u128(id), Outcome::Failed, Some("5.1.1"))
    );
    assert_eq!(bounce.diagnostic.as_deref(), Some("unknown user: \"nobody@example.com\""));
    assert_eq!(maildir.read(&kept).await.unwrap().stored, 0);
    // Who is known gets it, with the return path of its own and without a bounce.
    channel.send(&mail(2, "maija@example.com")).await.unwrap();
    postfix.delivered("maija").await;
    let delivered = std::fs::read_dir(postfix.maildir("maija").join("new")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(delivered.path()).unwrap();
    assert!(text.starts_with("Return-Path: <bounces+00000000000000000000000000000002@example.com>\n"), "{text}");
    // A person writes to the address: flagged, and no bounce.
    channel.send(&mail(3, "bounces+00000000000000000000000000000002@example.com")).await.unwrap();
    postfix.delivered("bounces").await;
    let pass = maildir.read(&kept).await.unwrap();
    assert_eq!((pass.stored, pass.set_aside), (0, 1));
}

#[tokio::test]
async fn a_server_without_reports_is_not_asked_for_them() {
    let mut server = Peer::mail_server(json!({})).await;
    let channel = channel(&settings("127.0.0.1", server.port, ""));
    let told = channel.test().await.unwrap();
    assert!(told.ends_with(", is not asked for reports (no DSN)"), "{told}");
    channel.send(&mail(7, "maija@example.com")).await.unwrap();
    let seen = server.event("mail").await;
    assert_eq!(seen["sender"], "bounces+00000000000000000000000000000007@example.com");
    assert_eq!(seen["headers"]["From"], "Tally Oy <invoices@example.com>");
}
