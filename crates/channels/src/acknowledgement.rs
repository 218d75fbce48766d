//! What an e-invoice operator answers: files that it puts into a folder.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use tokio::task::spawn_blocking;

use crate::drop_folder::place;
use crate::{ConfigFault, Fault};

/// The most acknowledgements that one pass hands over.
pub const MOST_IN_A_PASS: usize = 1_000;

/// The most octets of one. What is longer is put aside unread.
const LONGEST: u64 = 1024 * 1024;

/// Where those go that were stored, and those that can't be read.
const DONE: &str = "done";
const FAILED: &str = "failed";

/// What the name of one begins with while a pass is at it. These sort before all others, so that what a pass has left comes first.
const HELD: &str = ".held-";

/// Locked while a process is at it.
const LOCK: &str = ".lock";

/// A file that the other side has put there.
#[derive(Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The channel that it came by.
    pub channel: String,
    /// What the file is called; what is no Unicode in it is replaced.
    pub name: String,
    /// What is in it: 1 MiB at most.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Acknowledgement {
    /// Without what it says.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acknowledgement")
            .field("channel", &self.channel)
            .field("name", &self.name)
            .field("octets", &self.bytes.len())
            .finish()
    }
}

/// Takes acknowledgements in.
pub trait AcknowledgementSink: Send + Sync + 'static {
    /// Stores `acknowledgement`, whether or not a document for it is known, and answers when it is safe. It may come a second time.
    ///
    /// # Errors
    /// [`AcknowledgementFault`], which says whether it shall come again.
    fn receive(&self, acknowledgement: Acknowledgement) -> BoxFuture<'_, Result<(), AcknowledgementFault>>;
}

/// An acknowledgement was not stored. The cause is for the sink to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgementFault {
    /// It is none: it is put aside for a person to look at.
    #[error("the acknowledgement can't be read")]
    Unreadable,
    /// It could not be stored: it stays where it is, and comes again in the next pass.
    #[error("the acknowledgement could not be stored")]
    NotStored,
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Those that were stored.
    pub stored: usize,
    /// Those that can't be read, and were put aside.
    pub failed: usize,
    /// Whether there may be more now: the pass had as many as it takes. It is not set where the sink could not store one.
    pub has_more: bool,
}

/// What the folder holds, while no other process is at it.
struct Pass {
    names: Vec<OsString>,
    has_more: bool,
    _lock: File,
}

/// A folder where an operator puts its acknowledgements.
#[derive(Clone, Debug)]
pub struct AcknowledgementFolder {
    channel: String,
    path: PathBuf,
}

impl AcknowledgementFolder {
    /// That at `path`, of `channel`. It may come later.
    ///
    /// # Errors
    /// [`ConfigFault`], when it is none.
    pub(crate) fn new(channel: &str, path: &Path) -> Result<Self, ConfigFault> {
        if path.as_os_str().is_empty() {
            return Err(ConfigFault::new("acknowledgements", "is empty: write the path of a folder, or leave it out"));
        }
        Ok(Self { channel: channel.to_owned(), path: path.to_owned() })
    }

    /// Hands what has come to `sink`, [`MOST_IN_A_PASS`] at most, and puts each away when the sink has answered: into `done`, or into
    /// `failed` where it can't be read. What the sink could not store stays, ends the pass, and comes again. While another process is at it
    /// nothing is done. A pass that is dropped can be repeated: a sink may get an acknowledgement twice.
    ///
    /// # Errors
    /// [`Fault`], when the folder can't be used.
    pub async fn collect(&self, sink: &dyn AcknowledgementSink) -> Result<Collected, Fault> {
        collect(&self.channel, &self.path, sink).await
    }

    /// Whether it is there and can be written to, in words.
    pub(crate) async fn check(&self) -> Result<String, Fault> {
        blocking(&self.path, begin).await?;
        Ok(format!("acknowledgements are read from {}", self.path.display()))
    }
}

/// Hands what is in `folder` to `sink`.
async fn collect(channel: &str, folder: &Path, sink: &dyn AcknowledgementSink) -> Result<Collected, Fault> {
    let Some(Pass { names, has_more, _lock }) = blocking(folder, begin).await? else { return Ok(Collected::default()) };
    let mut collected = Collected { has_more, ..Collected::default() };
    for listed in names {
        // Under a name of ours, so that what is put there meanwhile under the same name is another one.
        let Some((held, name)) = blocking(folder, move |folder| hold(folder, &listed)).await? else { continue };
        let path = folder.join(&held);
        let Some(bytes) = blocking(&path, read).await? else { continue };
        let received = match bytes {
            Content::Octets(bytes) => {
                let name = name.to_string_lossy().into_owned();
                sink.receive(Acknowledgement { channel: channel.to_owned(), name, bytes }).await
            }
            Content::Unreadable(error) => {
                tracing::warn!(channel, file = %path.display(), error, "an acknowledgement is put aside unread");
                Err(AcknowledgementFault::Unreadable)
            }
        };
        let into = match received {
            Ok(()) => DONE,
            Err(AcknowledgementFault::Unreadable) => FAILED,
            Err(AcknowledgementFault::NotStored) => return Ok(Collected { has_more: false, ..collected }),
        };
        blocking(folder, move |folder| put_away(folder, &held, &name, into)).await?;
        *if into == DONE { &mut collected.stored } else { &mut collected.failed } += 1;
    }
    Ok(collected)
}

/// Does `work` at `path` on a thread that may wait.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Path) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let path = path.to_owned();
    let done = spawn_blocking(move || work(&path)).await;
    done.unwrap_or_else(|_| Err(Fault::temporary("reading the acknowledgements panicked")))
}

/// Takes the lock and looks what there is, in the order of the names; `None` where another process is at it.
fn begin(folder: &Path) -> Result<Option<Pass>, Fault> {
    let path = folder.join(LOCK);
    let lock = File::options().create(true).append(true).open(&path).map_err(|error| place::fault(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(place::fault(&path, &error)),
    }
    for name in [DONE, FAILED] {
        let path = folder.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(place::fault(&path, &error)),
            _ => {}
        }
    }
    let mut pass = Pass { names: Vec::new(), has_more: false, _lock: lock };
    for entry in fs::read_dir(folder).map_err(|error| place::fault(folder, &error))? {
        let entry = entry.map_err(|error| place::fault(folder, &error))?;
        // Links and folders are nobody's acknowledgement.
        if is_half_written(&entry.file_name()) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if pass.names.len() == MOST_IN_A_PASS {
            pass.has_more = true;
            break;
        }
        pass.names.push(entry.file_name());
    }
    pass.names.sort_unstable();
    Ok(Some(pass))
}

/// Takes a file for this pass: what it is called now, and what it was called. `None` where it is gone.
fn hold(folder: &Path, listed: &OsString) -> Result<Option<(OsString, OsString)>, Fault> {
    // One that a pass of before has left.
    if let Some(name) = listed.to_string_lossy().strip_prefix(HELD) {
        return Ok(Some((listed.clone(), name.into())));
    }
    let mut held = OsString::from(HELD);
    held.push(listed);
    // What a pass has left under this name comes first, in a later pass.
    if fs::symlink_metadata(folder.join(&held)).is_ok() {
        return Ok(None);
    }
    match fs::rename(folder.join(listed), folder.join(&held)) {
        Ok(()) => Ok(Some((held, listed.clone()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // There is no room for the name of ours.
        Err(error) if error.kind() == ErrorKind::InvalidFilename => Ok(Some((listed.clone(), listed.clone()))),
        Err(error) => Err(place::fault(&folder.join(listed), &error)),
    }
}

/// Whether the name is one that files have while they are written.
fn is_half_written(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let name = name.strip_prefix(HELD).unwrap_or(&name);
    let ending = Path::new(name).extension().map(|ending| ending.to_ascii_lowercase());
    name.starts_with('.') || ending.is_some_and(|ending| ["tmp", "part", "filepart"].iter().any(|one| ending == *one))
}

enum Content {
    Octets(Vec<u8>),
    Unreadable(String),
}

/// What is in a file; `None` where it is gone, or none any more.
fn read(path: &Path) -> Result<Option<Content>, Fault> {
    let failed = |error| place::fault(path, &error);
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        // One that is closed to us must not stand in the way of the others.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Ok(Some(Content::Unreadable(error.to_string())));
        }
        file => file.map_err(failed)?,
    };
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Ok(Some(Content::Unreadable("it is longer than 1 MiB".to_owned())));
    }
    Ok(Some(Content::Octets(bytes)))
}

/// Moves a file out of the way, and over no other: the names of others may come again.
fn put_away(folder: &Path, held: &OsString, name: &OsString, into: &str) -> Result<(), Fault> {
    let target = free(&folder.join(into), name).map_err(|error| place::fault(folder, &error))?;
    match fs::rename(folder.join(held), &target) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(place::fault(&target, &error)),
        _ => Ok(()),
    }
}

/// A path in `folder` that nothing has: `name`, or `name` with a number from 2 on. One whose name has no room for a number takes the former's
/// place. Of many files of one name few are looked at.
fn free(folder: &Path, name: &OsString) -> std::io::Result<PathBuf> {
    let numbered = |number: u64| {
        let mut numbered = name.clone();
        if number > 1 {
            numbered.push(format!(".{number}"));
        }
        folder.join(numbered)
    };
    let is_free = |number: u64| match fs::symlink_metadata(numbered(number)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(_) => Ok(false),
    };
    let search = || {
        // The numbers are taken from the least on: twice as far each time, and then between the last that is taken and the first that is not.
        let (mut taken, mut found) = (0, 1);
        while !is_free(found)? {
            (taken, found) = (found, found * 2);
        }
        while found - taken > 1 {
            let middle = taken + (found - taken) / 2;
            if is_free(middle)? { found = middle } else { taken = middle }
        }
        Ok::<_, std::io::Error>(found)
    };
    match search() {
        Ok(number) => Ok(numbered(number)),
        Err(error) if error.kind() == ErrorKind::InvalidFilename => Ok(folder.join(name)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_number_that_is_free_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let name = OsString::from("ack.xml");
        for number in 1..=70 {
            let path = free(folder.path(), &name).unwrap();
            let expected = if number == 1 { "ack.xml".to_owned() } else { format!("ack.xml.{number}") };
            assert_eq!(path, folder.path().join(expected));
            fs::write(path, "").unwrap();
        }
        // Whatever is missing between, nothing that is there is named.
        fs::remove_file(folder.path().join("ack.xml.64")).unwrap();
        assert!(!free(folder.path(), &name).unwrap().exists());
        let long = OsString::from("a".repeat(255));
        fs::write(folder.path().join(&long), "").unwrap();
        assert_eq!(free(folder.path(), &long).unwrap(), folder.path().join(&long));
    }
}
