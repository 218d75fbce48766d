//! The work in the folder, in blocking calls, all of it under the lock.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::document::{Manifest, ManifestFile};
use crate::{Attachment, Document, Fault, FaultKind};

/// Where what is not whole yet is written.
const TEMPORARY: &str = ".tmp";

/// The file below it that is locked.
const LOCK: &str = "lock";

/// What the test of the channel writes.
const PROBE: &str = ".probe";

/// The folder, while nobody else writes there.
pub(super) struct Place {
    folder: PathBuf,
    temporary: PathBuf,
    /// The lock ends with it.
    _lock: File,
}

/// What is in the folder.
struct Found {
    /// Documents that wait, but the one in question.
    others: usize,
    /// Files of the one in question.
    own: Vec<OsString>,
}

impl Place {
    /// Waits for the lock, and removes what a process has left that died.
    pub(super) fn enter(folder: &Path) -> Result<Self, Fault> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| fault(&path, &error)
        };
        if !fs::metadata(folder).map_err(at(folder))?.is_dir() {
            return Err(Fault::unreachable(format!("{}: is no folder", folder.display())));
        }
        let temporary = folder.join(TEMPORARY);
        // Who collects has no business in there.
        match DirBuilder::new().mode(0o700).create(&temporary) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(fault(&temporary, &error)),
            _ => {}
        }
        // A link could lead to another file system, from where nothing can be renamed.
        if !fs::symlink_metadata(&temporary).map_err(at(&temporary))?.is_dir() {
            return Err(Fault::unreachable(format!("{}: is no folder: remove it", temporary.display())));
        }
        let path = temporary.join(LOCK);
        let lock = File::options().create(true).append(true).open(&path).map_err(at(&path))?;
        lock.lock().map_err(at(&path))?;
        let place = Self { folder: folder.to_owned(), temporary, _lock: lock };
        place.clear()?;
        Ok(place)
    }

    /// Removes what is not whole. Nobody writes it, as this process has the lock.
    fn clear(&self) -> Result<(), Fault> {
        for entry in fs::read_dir(&self.temporary).map_err(|error| fault(&self.temporary, &error))? {
            let entry = entry.map_err(|error| fault(&self.temporary, &error))?;
            if entry.file_name() != LOCK {
                fs::remove_file(entry.path()).map_err(|error| fault(&entry.path(), &error))?;
            }
        }
        Ok(())
    }

    /// Puts `document` there, unless it is there already just so.
    pub(super) fn put(&self, document: &Document, most_waiting: usize) -> Result<(), Fault> {
        self.try_to_put(document, most_waiting).inspect_err(|_| {
            // A full disk has room for others again. What is not removed now is when the next one comes.
            let _ = self.clear();
        })
    }

    fn try_to_put(&self, document: &Document, most_waiting: usize) -> Result<(), Fault> {
        let named: Vec<(String, &Attachment)> = (1..)
            .zip(&document.files)
            .map(|(number, file)| (format!("{}-{number}.{}", document.id, extension(file)), file))
            .collect();
        let files = named.iter().map(|(name, file)| ManifestFile::new(name.clone(), file)).collect();
        let manifest = Manifest { id: document.id, about: &document.about, files };
        let mut written = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| Fault::permanent(format!("the manifest can't be written: {error}")))?;
        written.push(b'\n');
        let manifest = manifest_name(document.id);
        let found = self.look(document.id)?;
        let is_there = found.own.iter().any(|name| *name == *manifest);
        if is_there && self.holds(&named, &manifest, &written) {
            // The try that has put it there may have died before it was on the disk.
            return self.sync().map_err(in_doubt);
        }
        if !is_there && found.others >= most_waiting {
            let folder = self.folder.display();
            let full = format!("{folder}: {} documents wait, and nobody collects them", found.others);
            return Err(Fault::throttled(full, None));
        }
        for (name, file) in &named {
            self.write(name, &file.bytes)?;
        }
        self.write(&manifest, &written)?;
        // From here on the folder changes. Without its manifest the document is none to whoever collects.
        if is_there {
            self.remove(manifest.as_ref())?;
            self.sync()?;
        }
        for name in &found.own {
            if *name != *manifest && !named.iter().any(|(kept, _)| *name == **kept) {
                self.remove(name)?;
            }
        }
        for (name, _) in &named {
            self.publish(name)?;
        }
        // On the disk before the manifest is, also where the power fails in between.
        self.sync()?;
        self.publish(&manifest)?;
        self.sync().map_err(in_doubt)
    }

    /// Writes a probe into the folder, removes it, and tells how many documents wait.
    pub(super) fn probe(&self) -> Result<usize, Fault> {
        self.write(PROBE, b"tallystick\n")?;
        self.publish(PROBE)?;
        self.remove(PROBE.as_ref())?;
        self.sync()?;
        Ok(self.look(Uuid::nil())?.others)
    }

    fn look(&self, id: Uuid) -> Result<Found, Fault> {
        let (own_manifest, own_prefix) = (manifest_name(id), format!("{id}-"));
        let mut found = Found { others: 0, own: Vec::new() };
        for entry in fs::read_dir(&self.folder).map_err(|error| fault(&self.folder, &error))? {
            let name = entry.map_err(|error| fault(&self.folder, &error))?.file_name();
            let Some(text) = name.to_str() else { continue };
            if text == own_manifest || text.starts_with(&own_prefix) {
                found.own.push(name);
            } else if text.strip_suffix(".json").is_some_and(|stem| Uuid::try_parse(stem).is_ok()) {
                found.others += 1;
            }
        }
        Ok(found)
    }

    /// Whether the folder holds just these files. They were on the disk before their manifest was there, so that their lengths will do.
    fn holds(&self, files: &[(String, &Attachment)], manifest: &str, written: &[u8]) -> bool {
        let has = |name: &str, length: usize| {
            let found = fs::symlink_metadata(self.folder.join(name));
            found.is_ok_and(|found| found.is_file() && usize::try_from(found.len()) == Ok(length))
        };
        let same = || {
            let mut read = Vec::new();
            let limit = u64::try_from(written.len()).unwrap_or(u64::MAX);
            let file = File::open(self.folder.join(manifest));
            file.and_then(|file| file.take(limit).read_to_end(&mut read)).is_ok() && read == written
        };
        files.iter().all(|(name, file)| has(name, file.bytes.len())) && has(manifest, written.len()) && same()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.temporary.join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(|error| fault(&path, &error))
    }

    /// Brings what was written to where it is collected from.
    fn publish(&self, name: &str) -> Result<(), Fault> {
        let path = self.folder.join(name);
        fs::rename(self.temporary.join(name), &path).map_err(|error| fault(&path, &error))
    }

    fn remove(&self, name: &OsStr) -> Result<(), Fault> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            // Collected in this moment.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.map_err(|error| fault(&path, &error)),
        }
    }

    /// Has what was renamed be on the disk.
    fn sync(&self) -> Result<(), Fault> {
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| fault(&self.folder, &error))
    }
}

/// The manifest is there, and may not stay: whoever collects may have seen it.
fn in_doubt(fault: Fault) -> Fault {
    Fault { kind: FaultKind::Temporary, ..fault }.unsure()
}

fn manifest_name(id: Uuid) -> String {
    format!("{id}.json")
}

/// What the name of a file ends with there. It says what is in it, and nothing that others have written.
fn extension(file: &Attachment) -> &'static str {
    match file.content_type.split(';').next().unwrap_or_default().trim() {
        "application/pdf" => "pdf",
        "application/xml" | "text/xml" => "xml",
        _ => "bin",
    }
}

/// What is wrong with the folder is wrong for every document, but for one that is too large.
pub(crate) fn fault(path: &Path, error: &io::Error) -> Fault {
    let reason = format!("{}: {error}", path.display());
    match error.kind() {
        ErrorKind::FileTooLarge => Fault::temporary(reason),
        _ => Fault::unreachable(reason),
    }
}
