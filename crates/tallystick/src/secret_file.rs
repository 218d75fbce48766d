//! Files that hold a secret: only their owner may read them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::Secret;

/// The mode of every file with a secret: read and written by its owner only.
pub const MODE: u32 = 0o600;

/// Why a file with a secret can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It can't be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read or change it.
    #[error("{} is open to others (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> SecretFileError {
    move |source| SecretFileError::Io { path: path.to_owned(), source }
}

/// Refuses a file that others than its owner may read or change.
///
/// # Errors
/// [`SecretFileError::OpenToOthers`], or that its mode can't be read.
pub fn check_mode(path: &Path) -> Result<(), SecretFileError> {
    refuse_open(path, &std::fs::metadata(path).map_err(io_error(path))?)
}

/// As [`check_mode`], of a file that is open: its name could come to mean another.
///
/// # Errors
/// As [`check_mode`].
pub fn check_open(file: &File, path: &Path) -> Result<(), SecretFileError> {
    refuse_open(path, &file.metadata().map_err(io_error(path))?)
}

fn refuse_open(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretFileError> {
    match metadata.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(SecretFileError::OpenToOthers { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

/// Reads the text of a file that only its owner may read.
///
/// # Errors
/// When it can't be read, is no text, or is open to others.
pub fn read(path: &Path) -> Result<Secret<String>, SecretFileError> {
    let mut file = File::open(path).map_err(io_error(path))?;
    check_open(&file, path)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(io_error(path))?;
    Ok(Secret::new(text))
}

/// Makes the file `path` with `content`, whole or not at all. An existing one is left alone: `false` says so.
///
/// # Errors
/// When it can't be made.
pub fn create(path: &Path, content: &Secret<String>) -> Result<bool, SecretFileError> {
    // Written under another name first and then linked, which fails when the name is taken: no reader ever sees half a file, and of two
    // processes that start at once one wins.
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = write_new(&draft, content).map_err(io_error(&draft));
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(io_error(path)(error)),
    });
    // What is left of a draft would hold the secret a second time.
    if let Err(error) = std::fs::remove_file(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(io_error(&draft)(error));
    }
    if linked.as_ref().is_ok_and(|made| *made) {
        sync_directory(path).map_err(io_error(path))?;
    }
    linked
}

fn write_new(path: &Path, content: &Secret<String>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(content.expose().as_bytes())?;
    file.sync_all()
}

/// Makes the names in the directory of `path` outlive a power failure.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

/// Makes a directory that only its owner may enter.
///
/// # Errors
/// When it can't be made, also because it is there already.
pub fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn text(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn makes_a_file_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        assert!(create(&path, &text("one")).unwrap());
        assert!(!create(&path, &text("two")).unwrap());
        assert_eq!(read(&path).unwrap().expose(), "one");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, MODE);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn refuses_a_file_that_others_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        create(&path, &text("one")).unwrap();
        for mode in [0o604, 0o640, 0o622] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(error, SecretFileError::OpenToOthers { .. }));
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn the_open_file_is_checked_whatever_its_name_means_by_now() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        create(&path, &text("one")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let opened = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        create(&path, &text("two")).unwrap();
        assert!(matches!(check_open(&opened, &path), Err(SecretFileError::OpenToOthers { .. })));
    }
}
