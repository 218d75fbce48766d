//! Mail into a folder: for the sandbox, where a partner's programmer opens what would be sent, without a mail server, and can try each
//! outcome.
//!
//! The folder is a Maildir: mails come into `new`, each a file `ID.eml` that any mail program opens, of the same octets as by SMTP. It and
//! its folders are made where they are missing; what it lies in is not. Nothing in it is ever removed.
//!
//! The first word of the recipient's address, up to what is no ASCII letter, chooses what becomes of the mail:
//!
//! | begins with | outcome |
//! | --- | --- |
//! | `refused` | refused at once: a permanent fault, code `550 5.1.1` |
//! | `later` | put off at each try: a temporary fault, code `451 4.3.0` |
//! | `bounced` | taken, and then comes back: a bounce with `5.1.1` in the Maildir `.Bounces` in the folder, which is read as by SMTP |
//! | any other | taken |

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::{Clock, Environment, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lettre::Address;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::drop_folder::place;
use crate::maildir::Maildir;
use crate::smtp::{Composed, compose};
use crate::{Accepted, ConfigFault, Fault, Mail, MailChannel};

/// The folders of a Maildir.
const FOLDERS: [&str; 3] = ["tmp", "new", "cur"];

/// The Maildir in the folder where mail comes back to. So mail programs show it as a folder below it (Maildir++).
const BOUNCES: &str = ".Bounces";

/// The domain of all that the folder makes up: no mail ever goes there.
const DOMAIN: &str = "localhost";

/// A folder that mail is put into; sandbox only.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MailFolderConfig {
    /// The folder. It is made where it is missing.
    pub folder: PathBuf,
}

impl MailFolderConfig {
    /// Looks at the settings, and not at the folder.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn check(&self) -> Result<(), ConfigFault> {
        if self.folder.as_os_str().is_empty() {
            return Err(ConfigFault::new("folder", "is empty: write the path of a folder"));
        }
        Ok(())
    }
}

/// Mail into a folder. See the [module](self) for the addresses that choose an outcome.
pub struct MailFolderChannel {
    name: String,
    folder: PathBuf,
    bounce_address: Address,
    clock: Arc<dyn Clock>,
}

/// What becomes of a mail.
enum Outcome {
    Taken,
    ComesBack,
    Fault(Fault),
}

impl MailFolderChannel {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// [`ConfigFault`] in production, where it would lose mail, and when the folder can't be made.
    pub fn new(
        name: &str,
        config: &MailFolderConfig,
        environment: Environment,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigFault> {
        if environment != Environment::Sandbox {
            return Err(ConfigFault::new(name, "a mail-folder works in the sandbox only: use smtp"));
        }
        config.check()?;
        prepare(&config.folder).map_err(|fault| ConfigFault::new("folder", fault.reason))?;
        let bounce_address = Address::new("bounces", DOMAIN);
        let bounce_address = bounce_address.map_err(|error| ConfigFault::new("folder", error.to_string()))?;
        Ok(Self { name: name.to_owned(), folder: config.folder.clone(), bounce_address, clock })
    }

    /// Where mail comes back to.
    #[must_use]
    pub fn bounces(&self) -> Maildir {
        Maildir::new(&self.name, self.folder.join(BOUNCES))
    }

    async fn put(&self, mail: &Mail) -> Result<Accepted, Fault> {
        let now = self.clock.now();
        let composed = compose(mail, DOMAIN, Some(&self.bounce_address), now)?;
        let comes_back = match outcome(composed.to.user()) {
            Outcome::Fault(fault) => return Err(fault),
            Outcome::ComesBack => true,
            Outcome::Taken => false,
        };
        let bounce = comes_back.then(|| bounce(&composed, now));
        let accepted = Accepted { provider_message_ids: vec![composed.message_id] };
        let name = format!("{}.eml", mail.id);
        self.work(move |folder| {
            prepare(folder)?;
            write(folder, &name, &composed.octets)?;
            bounce.map_or(Ok(()), |bounce| write(&folder.join(BOUNCES), &name, bounce.as_bytes()))
        })
        .await?;
        Ok(accepted)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let folder = self.folder.clone();
        let done = spawn_blocking(move || work(&folder)).await;
        done.unwrap_or_else(|_| Err(Fault::temporary("writing the mail panicked").unsure()))
    }
}

fn outcome(local_part: &str) -> Outcome {
    let word = local_part.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "refused" => Outcome::Fault(
            Fault::permanent("the address begins with `refused`, which the folder refuses").with_code("550 5.1.1"),
        ),
        "later" => Outcome::Fault(
            Fault::temporary("the address begins with `later`, which the folder puts off").with_code("451 4.3.0"),
        ),
        "bounced" => Outcome::ComesBack,
        _ => Outcome::Taken,
    }
}

/// The report of a server that could not deliver `mail` (RFC 3464).
fn bounce(mail: &Composed, now: Timestamp) -> String {
    let since = Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0));
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
    let (to, return_path, message_id) = (&mail.to, &mail.return_path, &mail.message_id);
    let lines = [
        format!("From: MAILER-DAEMON@{DOMAIN}"),
        format!("To: {return_path}"),
        "Subject: Undelivered mail".to_owned(),
        format!("Date: {date}"),
        "Auto-Submitted: auto-replied".to_owned(),
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=report".to_owned(),
        String::new(),
        "--report".to_owned(),
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        String::new(),
        format!("The mail {message_id} could not be delivered to {to}:"),
        "its address begins with `bounced`, which the folder of the sandbox sends back.".to_owned(),
        String::new(),
        "--report".to_owned(),
        "Content-Type: message/delivery-status".to_owned(),
        String::new(),
        format!("Reporting-MTA: dns; {DOMAIN}"),
        String::new(),
        format!("Final-Recipient: rfc822; {to}"),
        "Action: failed".to_owned(),
        "Status: 5.1.1".to_owned(),
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox".to_owned(),
        String::new(),
        "--report--".to_owned(),
        String::new(),
    ];
    lines.join("\r\n")
}

/// Makes the folder, that of bounces and their folders, as far as they are missing: for their owner only.
fn prepare(folder: &Path) -> Result<(), Fault> {
    for maildir in [folder.to_owned(), folder.join(BOUNCES)] {
        make(&maildir)?;
        FOLDERS.iter().try_for_each(|name| make(&maildir.join(name)))?;
    }
    Ok(())
}

fn make(folder: &Path) -> Result<(), Fault> {
    match DirBuilder::new().mode(0o700).create(folder) {
        // It may be a file, which is told when something is to be written there.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(place::fault(folder, &error)),
        _ => Ok(()),
    }
}

/// Writes a mail into `tmp`, and moves it to `new` when it is whole. A second try takes the place of the first, unless somebody has
/// opened that and so moved it to `cur`. It is not forced to the disk: nobody waits for it.
fn write(maildir: &Path, name: &str, octets: &[u8]) -> Result<(), Fault> {
    let draft = maildir.join("tmp").join(format!("{}-{name}", std::process::id()));
    let target = maildir.join("new").join(name);
    let fault = |path: &Path, error: io::Error| {
        // Best effort: a program for mail clears tmp of what is old.
        let _ = fs::remove_file(&draft);
        place::fault(path, &error)
    };
    let written = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft);
    let written = written.and_then(|mut file| file.write_all(octets));
    written.map_err(|error| fault(&draft, error))?;
    fs::rename(&draft, &target).map_err(|error| fault(&target, error))
}

/// Tries to write, and counts what nobody has opened yet.
fn probe(folder: &Path) -> Result<usize, Fault> {
    const PROBE: &str = ".probe";
    prepare(folder)?;
    write(folder, PROBE, b"")?;
    let new = folder.join("new");
    fs::remove_file(new.join(PROBE)).map_err(|error| place::fault(&new, &error))?;
    Ok(fs::read_dir(&new).map_err(|error| place::fault(&new, &error))?.count())
}

impl std::fmt::Debug for MailFolderChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailFolderChannel")
            .field("name", &self.name)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl MailChannel for MailFolderChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.put(mail).boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let waiting = self.work(probe).await;
            let waiting = waiting.map_err(|fault| Fault { may_have_been_accepted: false, ..fault })?;
            Ok(format!(
                "mails are put into {}, {waiting} not opened yet; none leaves this machine",
                self.folder.join("new").display()
            ))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(43_200_000_000)
        }
    }

    #[test]
    fn the_first_word_of_the_address_chooses_the_outcome() {
        for (local_part, code) in [
            ("refused", Some("550 5.1.1")),
            ("Refused-7", Some("550 5.1.1")),
            ("later+1001", Some("451 4.3.0")),
            ("later.maija", Some("451 4.3.0")),
        ] {
            let Outcome::Fault(fault) = outcome(local_part) else { panic!("{local_part}") };
            assert_eq!(fault.code.as_deref(), code, "{local_part}");
        }
        assert!(matches!(outcome("bounced7"), Outcome::ComesBack));
        // A name is no word of ours.
        for local_part in ["maija", "laterna", "refusedly", "not-refused", "", "\"refused\""] {
            assert!(matches!(outcome(local_part), Outcome::Taken), "{local_part}");
        }
    }

    #[test]
    fn it_is_for_sandbox_and_needs_a_place() {
        let directory = tempfile::tempdir().unwrap();
        let new = |folder: &Path, environment| {
            let config = MailFolderConfig { folder: folder.to_owned() };
            MailFolderChannel::new("mail", &config, environment, Arc::new(Noon))
                .map(drop)
                .map_err(|fault| fault.to_string())
        };
        let folder = directory.path().join("mails");
        assert!(new(&folder, Environment::Production).unwrap_err().contains("sandbox"));
        assert!(!folder.exists());
        assert!(new(Path::new(""), Environment::Sandbox).unwrap_err().starts_with("folder: "));
        // A parent that is missing is a slip of the pen, or a disk that is not there.
        assert!(new(&folder.join("a"), Environment::Sandbox).unwrap_err().contains("No such file"));
        assert_eq!(new(&folder, Environment::Sandbox), Ok(()));
        assert_eq!(new(&folder, Environment::Sandbox), Ok(()), "it is there");
    }
}
