//! Mail into a real folder: whole, once, as by SMTP, and back again where the address asks for that.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use channels::bounce::{Bounce, BounceSink, Outcome};
use channels::mail_folder::{MailFolderChannel, MailFolderConfig};
use channels::{Attachment, FaultKind, Mail, MailChannel as _, SinkFault};
use domain::Environment;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::Noon;

const ID: &str = "00000000-0000-0000-0000-000000000007";

struct Sink(Mutex<Vec<Bounce>>);

impl BounceSink for Sink {
    fn receive(&self, bounce: Bounce) -> BoxFuture<'_, Result<(), SinkFault>> {
        async move {
            self.0.lock().unwrap().push(bounce);
            Ok(())
        }
        .boxed()
    }
}

fn channel() -> (TempDir, MailFolderChannel) {
    let directory = tempfile::tempdir().unwrap();
    let config = MailFolderConfig { folder: directory.path().join("mails") };
    let channel = MailFolderChannel::new("mail", &config, Environment::Sandbox, Arc::new(Noon)).unwrap();
    (directory, channel)
}

fn mail(number: u128, to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(number),
        from: "Tally Oy <tally@example.com>".to_owned(),
        to: to.to_owned(),
        subject: "Lasku 1001".to_owned(),
        text: "Hei".to_owned(),
        html: Some("<p>Hei</p>".to_owned()),
        reply_to: None,
        attachments: vec![Attachment {
            name: "lasku-1001.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: b"%PDF-".to_vec(),
        }],
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_mail_is_a_file_that_a_mail_program_opens() {
    let (directory, channel) = channel();
    let mails = directory.path().join("mails");
    let accepted = channel.send(&mail(7, "Maija <maija@example.com>")).await.unwrap();
    assert_eq!(accepted.provider_message_ids, [format!("<{ID}@localhost>")]);
    let file = mails.join("new").join(format!("{ID}.eml"));
    let octets = fs::read_to_string(&file).unwrap();
    for line in [
        "To: Maija <maija@example.com>",
        "Subject: Lasku 1001",
        "Date: Sat, 21 Nov 2026 12:00:00 +0000",
        "Content-Disposition: attachment; filename=\"lasku-1001.pdf\"",
    ] {
        assert!(octets.lines().any(|one| one == line), "{line} in {octets}");
    }
    // What a mail says is for its owner only.
    for path in [&mails, &file] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
    // The worker was killed before it recorded that this was handed over.
    channel.send(&mail(7, "maija@example.com")).await.unwrap();
    assert_eq!(names(&mails.join("new")), BTreeSet::from([format!("{ID}.eml")]));
    for empty in ["tmp", "cur", ".Bounces/new"] {
        assert!(names(&mails.join(empty)).is_empty(), "{empty}");
    }
    let told = channel.test().await.unwrap();
    assert!(told.contains("1 not opened yet"), "{told}");
    assert_eq!(names(&mails.join("new")).len(), 1, "the test leaves nothing");
}

#[tokio::test]
async fn an_address_chooses_what_becomes_of_its_mail() {
    let (directory, channel) = channel();
    let mails = directory.path().join("mails");
    for (to, kind, code) in [
        ("refused@example.com", FaultKind::Permanent, "550 5.1.1"),
        ("later@example.com", FaultKind::Temporary, "451 4.3.0"),
    ] {
        let fault = channel.send(&mail(7, to)).await.unwrap_err();
        assert_eq!(
            (fault.kind, fault.code.as_deref(), fault.may_have_been_accepted),
            (kind, Some(code), false),
            "{to}"
        );
    }
    assert!(names(&mails.join("new")).is_empty());
    // One that comes back was taken, and is read as one of a mail server is.
    channel.send(&mail(7, "Bounced+1@example.com")).await.unwrap();
    assert_eq!(names(&mails.join("new")), BTreeSet::from([format!("{ID}.eml")]));
    let sink = Sink(Mutex::default());
    let pass = channel.bounces().read(&sink).await.unwrap();
    assert_eq!((pass.stored, pass.set_aside), (1, 0));
    let bounce = sink.0.lock().unwrap().pop().unwrap();
    assert_eq!(
        (bounce.id.to_string().as_str(), bounce.outcome, bounce.status.as_deref()),
        (ID, Outcome::Failed, Some("5.1.1"))
    );
    assert_eq!(names(&mails.join(".Bounces/cur")), BTreeSet::from([format!("{ID}.eml:2,S")]));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_made_again_and_one_in_the_way_is_told() {
    let (directory, channel) = channel();
    let mails = directory.path().join("mails");
    fs::remove_dir_all(&mails).unwrap();
    channel.send(&mail(7, "maija@example.com")).await.unwrap();
    assert_eq!(names(&mails.join("new")).len(), 1);
    fs::remove_dir_all(&mails).unwrap();
    fs::write(&mails, "in the way").unwrap();
    for fault in [channel.send(&mail(7, "maija@example.com")).await.unwrap_err(), channel.test().await.unwrap_err()] {
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
    }
}
