//! Mail, as a mail server of aiosmtpd takes it and Python's own library reads it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use channels::smtp::SmtpChannel;
use channels::{Attachment, FaultKind, Mail, MailChannel};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::{Certificate, Noon};
use testkit::peer::Peer;

fn channel(port: u16, extra: &str) -> SmtpChannel {
    let text = format!("host = '127.0.0.1'\nport = {port}\nmessage-id-domain = 'tally.example'\n{extra}");
    SmtpChannel::new("mail", &toml::from_str(&text).unwrap(), Arc::new(Noon)).unwrap()
}

fn mail(to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        from: "Tally Oy Äänekoski <tally@example.com>".to_owned(),
        to: to.to_owned(),
        subject: "Lasku 1001: 12,50 € – eräpäivä lähestyy, ja tämä otsikko on pidempi kuin yksi rivi 🦀".to_owned(),
        text: "Hei Maija,\n\nlaskusi on 12,50 €.\n.\nYksinäinen piste yllä.\n".to_owned(),
        html: None,
        reply_to: None,
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let mut server = Peer::mail_server(json!({})).await;
    let channel = channel(server.port, "tls = 'none'");
    let mut sent = mail("Maija <maija@example.com>");
    sent.html = Some("<p>Hei <b>Maija</b>, 12,50 €</p>\n".to_owned());
    sent.reply_to = Some("laskut@example.com".to_owned());
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    sent.attachments.push(Attachment {
        name: "lasku-ä.pdf".into(),
        content_type: "application/pdf".into(),
        bytes: bytes.clone(),
    });
    let accepted = channel.send(&sent).await.unwrap();
    let id = "<00000000-0000-0000-0000-000000000007@tally.example>";
    assert_eq!(accepted.provider_message_ids, [id]);
    let seen = server.event("mail").await;
    assert_eq!((&seen["sender"], &seen["recipients"]), (&json!("tally@example.com"), &json!(["maija@example.com"])));
    let headers = &seen["headers"];
    assert_eq!(headers["Subject"], sent.subject);
    assert_eq!(headers["Message-ID"], id);
    assert_eq!(headers["Reply-To"], "laskut@example.com");
    assert_eq!(headers["Date"], "Sat, 21 Nov 2026 12:00:00 +0000");
    assert_eq!(headers["From"], sent.from);
    // Lines end in CRLF on the wire.
    assert_eq!(seen["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(), sent.text.trim_end());
    assert_eq!(seen["html"].as_str().unwrap().trim_end(), sent.html.unwrap().trim_end());
    assert_eq!(seen["attachments"], json!([["lasku-ä.pdf", "application/pdf", STANDARD.encode(bytes)]]));
    // A repeat has the same identifier.
    channel.send(&mail("maija@example.com")).await.unwrap();
    let seen = server.event("mail").await;
    assert_eq!((&seen["headers"]["Message-ID"], &seen["html"]), (&json!(id), &json!(null)));
}

#[tokio::test]
async fn mails_share_a_connection_until_one_side_has_enough() {
    let mut server = Peer::mail_server(json!({"tell_leave": true})).await;
    let channel = channel(server.port, "tls = 'none'");
    let mut connections = Vec::new();
    // After the third the server takes no other on that connection; after the fifth it is gone.
    for to in ["a", "b", "enough", "c", "last", "d", "e"] {
        channel.send(&mail(&format!("{to}@example.com"))).await.unwrap();
        connections.push(server.event("mail").await["connection"].as_u64().unwrap());
    }
    assert_eq!(connections, [1, 1, 1, 2, 2, 3, 3]);
    // Two at once need two.
    let both = (mail("f@example.com"), mail("slow@example.com"));
    let sent = tokio::join!(channel.send(&both.1), channel.send(&both.0));
    assert!(sent.0.is_ok() && sent.1.is_ok());
    let mut used = [server.event("mail").await, server.event("mail").await].map(|seen| seen["connection"].as_u64());
    used.sort();
    assert_eq!(used, [Some(3), Some(4)]);
    // A refusal ends the connection that it came on.
    channel.send(&mail("refused@example.com")).await.unwrap_err();
    // Those that nobody needs are left after some seconds.
    let mut left = [server.event("leave").await, server.event("leave").await].map(|seen| seen["connection"].as_u64());
    left.sort();
    assert_eq!(left, [Some(3), Some(4)]);
}

#[tokio::test]
async fn what_the_server_answers_decides() {
    let server = Peer::mail_server(json!({})).await;
    let channel = channel(server.port, "tls = 'none'");
    for (to, kind, code) in [
        ("refused@example.com", FaultKind::Permanent, "550 5.1.1"),
        ("later@example.com", FaultKind::Temporary, "450 4.2.1"),
        ("spam@example.com", FaultKind::Permanent, "554 5.7.1"),
    ] {
        let fault = channel.send(&mail(to)).await.unwrap_err();
        assert_eq!(
            (fault.kind, fault.code.as_deref(), fault.may_have_been_accepted),
            (kind, Some(code), false),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn a_server_that_refuses_all_is_the_operators_to_mend() {
    let mut server = Peer::mail_server(json!({})).await;
    let channel = channel(server.port, "tls = 'none'");
    for (step, answer, kind, code) in [
        ("mail", "550 5.7.1 your domain is not welcome", FaultKind::Unreachable, "550 5.7.1"),
        ("mail", "553 5.1.8 no such sender", FaultKind::Unreachable, "553 5.1.8"),
        ("mail", "530 5.7.0 log in first", FaultKind::Unreachable, "530 5.7.0"),
        ("rcpt", "530 5.7.0 log in first", FaultKind::Unreachable, "530 5.7.0"),
        ("data", "535 5.7.8 log in anew", FaultKind::Unreachable, "535 5.7.8"),
        // These are of this one mail.
        ("mail", "552 5.3.4 too much for us", FaultKind::Permanent, "552 5.3.4"),
        ("rcpt", "550 5.7.1 no relaying", FaultKind::Permanent, "550 5.7.1"),
        ("mail", "451 4.7.1 try again later", FaultKind::Temporary, "451 4.7.1"),
    ] {
        server.order("answer", json!({ step: answer })).await;
        let fault = channel.send(&mail("maija@example.com")).await.unwrap_err();
        let found = (fault.kind, fault.code.as_deref(), fault.may_have_been_accepted);
        assert_eq!(found, (kind, Some(code), false), "{answer} at {step}: {fault}");
    }
    server.order("answer", json!({})).await;
    channel.send(&mail("maija@example.com")).await.unwrap();
}

#[tokio::test]
async fn after_the_mail_was_handed_over_there_is_a_doubt() {
    let mut server = Peer::mail_server(json!({})).await;
    let channel = channel(server.port, "tls = 'none'\nfinal-timeout = '1500ms'");
    for to in ["silent@example.com", "cut@example.com"] {
        let fault = channel.send(&mail(to)).await.unwrap_err();
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{to}: {fault}");
        server.event("mail").await;
    }
}

#[tokio::test]
async fn a_server_that_takes_its_time_with_a_mail_is_waited_for() {
    let server = Peer::mail_server(json!({})).await;
    // It looks at the mail for longer than any other answer may take.
    let channel = channel(server.port, "tls = 'none'\nresponse-timeout = '1500ms'");
    channel.send(&mail("slow@example.com")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_down_or_silent_leaves_no_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // Takes the connection, and never says a word.
    let fault =
        channel(port, "tls = 'none'\nconnect-timeout = '200ms'").send(&mail("maija@example.com")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
    assert!(fault.reason.contains("in time"), "{fault}");
    drop(listener);
    let fault = channel(port, "tls = 'none'").send(&mail("maija@example.com")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
}

#[tokio::test]
async fn starttls_and_implicit_tls_with_a_password() {
    let certificate = Certificate::new();
    for tls in ["starttls", "implicit"] {
        let options = json!({
            "tls": tls, "cert": certificate.certificate(), "key": certificate.key(), "user": "tally", "password": "hunter22",
        });
        let mut server = Peer::mail_server(options).await;
        let ca_file = certificate.certificate();
        let settings = |password: &str| {
            format!("tls = '{tls}'\nca-file = '{}'\nuser = 'tally'\npassword = '{password}'", ca_file.display())
        };
        let good = channel(server.port, &settings("hunter22"));
        let told = good.test().await.unwrap();
        assert!(told.ends_with(", encrypted"), "{told}");
        good.send(&mail("maija@example.com")).await.unwrap();
        let seen = server.event("mail").await;
        assert_eq!((&seen["encrypted"], &seen["user"]), (&json!(true), &json!("tally")), "{tls}");
        // A wrong password is the operator's to mend: no mail is given up for it.
        let wrong = channel(server.port, &settings("hunter23"));
        let fault = wrong.send(&mail("maija@example.com")).await.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Unreachable, Some("535 5.7.8")), "{fault}");
        assert!(!format!("{fault:?} {wrong:?}").contains("hunter23"));
        // Another's certificate is not trusted.
        let other = Certificate::new();
        let wary = channel(server.port, &format!("tls = '{tls}'\nca-file = '{}'", other.certificate().display()));
        let fault = wary.send(&mail("maija@example.com")).await.unwrap_err();
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
        assert!(fault.reason.contains("certificate"), "{fault}");
    }
}

#[tokio::test]
async fn nothing_is_sent_in_clear_where_encryption_is_asked_for() {
    let server = Peer::mail_server(json!({})).await;
    let fault = channel(server.port, "tls = 'starttls'").send(&mail("maija@example.com")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false));
    assert!(fault.reason.contains("STARTTLS"), "{fault}");
}
