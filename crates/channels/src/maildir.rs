//! The mailbox of bounces, as a Maildir: a folder with the folders `new`, `cur` and `tmp`, and one file for each mail. The name of a file in
//! `cur` ends with its flags: `:2,S` is seen, `:2,F` is flagged, for a person to look at.
//!
//! Each mail is handed to a [`BounceSink`] and moved to `cur` as seen when that has stored it. What is no bounce is moved there flagged.
//! Programs that show a mailbox move mails to `cur` as well, without a flag; so what lies there neither seen, flagged nor trashed is read
//! too. Several processes may read one Maildir: some mails are then handed over twice.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::SinkFault;
use crate::bounce::{self, Bounce, BounceSink, NotABounce};
use crate::fault::one_line;
use crate::smtp::SmtpConfig;

/// The most mails that one pass takes.
const MOST: usize = 100;

/// The most names of a folder that one pass looks at.
const MOST_NAMES: usize = 10_000;

/// What stands between the name of a mail and its flags.
const INFO: &str = ":2,";

/// The Maildir of a mail channel's bounces.
#[derive(Clone, Debug)]
pub struct Maildir {
    channel: String,
    path: PathBuf,
}

/// What one pass came to.
#[derive(Debug, Default)]
pub struct Pass {
    /// How many bounces the sink has stored.
    pub stored: usize,
    /// How many mails were no bounces, and are flagged.
    pub set_aside: usize,
    /// How many files could not be opened, and were left where they are.
    pub left: usize,
    /// Why the first of them could not.
    pub fault: Option<MaildirFault>,
    /// Whether it ended with mails that it had not looked at: read again.
    pub has_more: bool,
}

/// A Maildir can't be read.
#[derive(Debug, thiserror::Error)]
pub enum MaildirFault {
    /// A file or folder.
    #[error("{}: {error}; a Maildir has the folders new and cur, which we may read and write", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// The sink did not store a bounce: it is still there.
    #[error(transparent)]
    Sink(#[from] SinkFault),
    /// A thread of ours has ended in the middle.
    #[error("reading the Maildir was interrupted")]
    Interrupted,
}

/// A mail that was opened.
enum Opened {
    Read(Result<Bounce, NotABounce>),
    /// It was moved or removed meanwhile, or is no longer a file.
    Gone,
    Unopened(io::Error),
}

impl Maildir {
    /// That of `config`, whose channel is called `channel`; `None` where it has none.
    #[must_use]
    pub fn of(channel: &str, config: &SmtpConfig) -> Option<Self> {
        config.bounces.as_ref().map(|path| Self::new(channel, path))
    }

    /// That at `path`. The logs name `channel`.
    #[must_use]
    pub fn new(channel: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { channel: channel.into(), path: path.into() }
    }

    /// Whether it is there and mails can be read and moved, and how many wait (10,000 at most in each folder). An empty file is moved and
    /// removed for that; its name begins with a dot, so that nobody takes it for a mail.
    ///
    /// # Errors
    /// [`MaildirFault`], when it can't be used.
    pub async fn check(&self) -> Result<usize, MaildirFault> {
        let root = self.path.clone();
        blocking(move || {
            let waiting = waiting(&root)?;
            let name = format!(".tallystick-{}", std::process::id());
            let (made, moved) = (root.join("new").join(&name), root.join("cur").join(&name));
            File::create_new(&made).map_err(|error| fault(&made, error))?;
            let tried = fs::rename(&made, &moved).map_err(|error| fault(&moved, error));
            let removed = fs::remove_file(if tried.is_ok() { &moved } else { &made });
            tried.and(removed.map_err(|error| fault(&moved, error)))?;
            match waiting.first().and_then(|path| Some((path, File::open(path).err()?))) {
                Some((path, error)) if error.kind() != ErrorKind::NotFound => Err(fault(path, error)),
                _ => Ok(waiting.len()),
            }
        })
        .await
    }

    /// Hands each mail that waits to `sink`, 100 at most, one after the other. May be dropped at any time: what was not moved yet is
    /// handed over again.
    ///
    /// # Errors
    /// [`MaildirFault`], when it can't be read or the sink did not store a bounce; the pass ends there.
    pub async fn read(&self, sink: &dyn BounceSink) -> Result<Pass, MaildirFault> {
        let root = self.path.clone();
        let waiting = blocking(move || waiting(&root)).await?;
        let mut pass = Pass::default();
        for path in waiting {
            if pass.stored + pass.set_aside >= MOST {
                pass.has_more = true;
                break;
            }
            let opening = path.clone();
            // Whatever may go wrong in a mail that somebody wrote for that, it is that mail alone.
            let opened = match tokio::task::spawn_blocking(move || open(&opening)).await {
                Ok(opened) => opened,
                Err(error) if error.is_panic() => Opened::Read(Err(NotABounce::Unreadable)),
                Err(_) => return Err(MaildirFault::Interrupted),
            };
            let flag = match opened {
                Opened::Gone => continue,
                Opened::Unopened(error) => {
                    pass.left += 1;
                    pass.fault.get_or_insert_with(|| fault(&path, error));
                    continue;
                }
                Opened::Read(Ok(bounce)) => {
                    sink.receive(bounce).await?;
                    pass.stored += 1;
                    'S'
                }
                Opened::Read(Err(error)) => {
                    let file = one_line(&path.file_name().unwrap_or_default().to_string_lossy());
                    tracing::info!(channel = self.channel, file, %error, "a mail to the bounce address is flagged for a person to look at");
                    pass.set_aside += 1;
                    'F'
                }
            };
            let root = self.path.clone();
            blocking(move || mark(&root, &path, flag)).await?;
        }
        Ok(pass)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MaildirFault> + Send + 'static,
) -> Result<T, MaildirFault> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(MaildirFault::Interrupted))
}

fn fault(path: &Path, error: io::Error) -> MaildirFault {
    MaildirFault::Io { path: path.to_owned(), error }
}

/// The mails that wait, as far as they are among the names that are looked at.
fn waiting(root: &Path) -> Result<Vec<PathBuf>, MaildirFault> {
    let mut found = Vec::new();
    for folder in ["new", "cur"] {
        let path = root.join(folder);
        let entries = fs::read_dir(&path).map_err(|error| fault(&path, error))?;
        for entry in entries.take(MOST_NAMES) {
            let entry = entry.map_err(|error| fault(&path, error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let waits = !name.starts_with('.') && !flags(&name).contains(['S', 'F', 'T']);
            // Links and folders are not ours to follow.
            if waits && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn flags(name: &str) -> &str {
    name.rsplit_once(INFO).map_or("", |(_, flags)| flags)
}

fn open(path: &Path) -> Opened {
    match contents(path) {
        Ok(Some(octets)) => Opened::Read(bounce::read(&octets)),
        Ok(None) => Opened::Gone,
        Err(error) if error.kind() == ErrorKind::NotFound => Opened::Gone,
        Err(error) => Opened::Unopened(error),
    }
}

/// What is in the file; `None` when there is another in its place, such as a link.
fn contents(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let seen = fs::symlink_metadata(path)?;
    if !seen.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    if (seen.dev(), seen.ino()) != (opened.dev(), opened.ino()) {
        return Ok(None);
    }
    // One octet more than what is read as a bounce.
    let mut octets = Vec::new();
    file.take(bounce::LARGEST as u64 + 1).read_to_end(&mut octets)?;
    Ok(Some(octets))
}

/// Moves a mail to `cur` with one more flag.
fn mark(root: &Path, path: &Path, flag: char) -> Result<(), MaildirFault> {
    let Some(name) = path.file_name() else { return Ok(()) };
    let name = name.to_string_lossy();
    let (base, before) = name.rsplit_once(INFO).unwrap_or((&name, ""));
    // In the order of ASCII, each once.
    let mut flags: Vec<char> = before.chars().chain([flag]).collect();
    flags.sort_unstable();
    flags.dedup();
    let flags: String = flags.into_iter().collect();
    // Names are unique, and yet no mail must take the place of another.
    let names = (0..1_000).map(|number| if number == 0 { base.to_owned() } else { format!("{base}.{number}") });
    let mut free = names.map(|base| root.join("cur").join(format!("{base}{INFO}{flags}")));
    let Some(target) = free.find(|target| fs::symlink_metadata(target).is_err()) else {
        return Err(fault(path, ErrorKind::AlreadyExists.into()));
    };
    match fs::rename(path, &target) {
        Err(error) if error.kind() != ErrorKind::NotFound || !root.join("cur").is_dir() => Err(fault(&target, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::Mutex;

    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;
    use uuid::Uuid;

    use super::*;

    /// Keeps what comes, until it is told to fail, and removes a file meanwhile.
    #[derive(Default)]
    struct Sink {
        stored: Mutex<Vec<Uuid>>,
        fails: bool,
        removes: Option<PathBuf>,
    }

    impl BounceSink for Sink {
        fn receive(&self, bounce: Bounce) -> BoxFuture<'_, Result<(), SinkFault>> {
            async move {
                if self.fails {
                    return Err(SinkFault);
                }
                if let Some(path) = &self.removes {
                    fs::remove_file(path).unwrap();
                }
                self.stored.lock().unwrap().push(bounce.id);
                Ok(())
            }
            .boxed()
        }
    }

    fn maildir() -> (tempfile::TempDir, Maildir) {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        let maildir = Maildir::new("post", directory.path());
        (directory, maildir)
    }

    fn bounce(number: u128) -> String {
        format!(
            "To: bounces+{}@example.com\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; a.example\n\nAction: failed\nStatus: 5.1.1\n--b--\n",
            Uuid::from_u128(number).simple()
        )
    }

    fn names(folder: PathBuf) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn what_is_stored_is_seen_and_what_is_no_bounce_is_flagged() {
        let (directory, maildir) = maildir();
        let (new, cur) = (directory.path().join("new"), directory.path().join("cur"));
        fs::write(new.join("1.M1.host"), bounce(1)).unwrap();
        fs::write(new.join("2.M2.host"), "Subject: hello\n\nhello\n").unwrap();
        fs::write(new.join("3.M3.host"), vec![b'x'; bounce::LARGEST + 1]).unwrap();
        fs::write(new.join("4.M4.host"), [0xff; 9]).unwrap();
        fs::write(new.join(".5"), bounce(5)).unwrap();
        fs::write(cur.join("6.M6.host:2,"), bounce(6)).unwrap();
        fs::write(cur.join("7.M7.host:2,R"), bounce(7)).unwrap();
        fs::write(cur.join("8.M8.host:2,S"), bounce(8)).unwrap();
        fs::write(cur.join("9.M9.host:2,T"), bounce(9)).unwrap();
        assert_eq!(maildir.check().await.unwrap(), 6);
        let sink = Sink::default();
        let pass = maildir.read(&sink).await.unwrap();
        assert_eq!((pass.stored, pass.set_aside, pass.left, pass.has_more), (3, 3, 0, false));
        let mut stored = sink.stored.into_inner().unwrap();
        stored.sort();
        assert_eq!(stored, [1, 6, 7].map(Uuid::from_u128));
        assert_eq!(names(new), [".5"]);
        assert_eq!(
            names(cur),
            [
                "1.M1.host:2,S",
                "2.M2.host:2,F",
                "3.M3.host:2,F",
                "4.M4.host:2,F",
                "6.M6.host:2,S",
                "7.M7.host:2,RS",
                "8.M8.host:2,S",
                "9.M9.host:2,T"
            ]
        );
        assert_eq!(maildir.check().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_bounce_that_was_not_stored_comes_again() {
        let (directory, maildir) = maildir();
        fs::write(directory.path().join("new/1"), bounce(1)).unwrap();
        let failing = Sink { fails: true, ..Sink::default() };
        assert!(matches!(maildir.read(&failing).await, Err(MaildirFault::Sink(_))));
        assert_eq!(names(directory.path().join("new")), ["1"]);
        assert_eq!(maildir.read(&Sink::default()).await.unwrap().stored, 1);
    }

    #[tokio::test]
    async fn links_and_folders_are_left_alone_and_what_vanishes_is_no_error() {
        let (directory, maildir) = maildir();
        let new = directory.path().join("new");
        fs::write(directory.path().join("elsewhere"), bounce(2)).unwrap();
        symlink(directory.path().join("elsewhere"), new.join("link")).unwrap();
        symlink("/no/such/file", new.join("dangling")).unwrap();
        fs::create_dir(new.join("folder")).unwrap();
        fs::write(new.join("1"), bounce(1)).unwrap();
        let sink = Sink { removes: Some(new.join("1")), ..Sink::default() };
        let pass = maildir.read(&sink).await.unwrap();
        assert_eq!((pass.stored, pass.set_aside, pass.left), (1, 0, 0));
        assert_eq!(names(new), ["dangling", "folder", "link"]);
        assert!(names(directory.path().join("cur")).is_empty());
    }

    #[test]
    fn what_took_the_place_of_a_mail_is_not_read() {
        let (directory, _) = maildir();
        let path = directory.path().join("new/1");
        assert!(matches!(open(&path), Opened::Gone));
        symlink("/etc/hostname", &path).unwrap();
        assert!(matches!(open(&path), Opened::Gone));
    }

    #[tokio::test]
    async fn a_pass_is_bounded_and_no_mail_takes_the_place_of_another() {
        let (directory, maildir) = maildir();
        for number in 0..MOST + 5 {
            fs::write(directory.path().join(format!("new/{number}")), bounce(number as u128)).unwrap();
        }
        fs::write(directory.path().join("cur/7:2,S"), "another").unwrap();
        let sink = Sink::default();
        let (first, second) = (maildir.read(&sink).await.unwrap(), maildir.read(&sink).await.unwrap());
        assert_eq!((first.stored, first.has_more, second.stored, second.has_more), (MOST, true, 5, false));
        assert_eq!(fs::read_to_string(directory.path().join("cur/7:2,S")).unwrap(), "another");
        assert_eq!(fs::read_to_string(directory.path().join("cur/7.1:2,S")).unwrap(), bounce(7));
        assert_eq!(names(directory.path().join("cur")).len(), MOST + 6);
    }

    #[tokio::test]
    async fn a_maildir_that_is_not_there_is_told_with_its_remedy() {
        let (directory, maildir) = maildir();
        fs::remove_dir(directory.path().join("cur")).unwrap();
        for told in [maildir.check().await.unwrap_err(), maildir.read(&Sink::default()).await.unwrap_err()] {
            let told = told.to_string();
            assert!(told.contains("cur: ") && told.contains("a Maildir has the folders"), "{told}");
        }
        assert!(names(directory.path().join("new")).is_empty());
    }
}
