//! Where the master key comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use domain::{Environment, Random, Secret};
use service::master_key::{MasterKeyError, MasterKeys};

use crate::config::Settings;
use crate::secret_file::{self, SecretFileError};

/// The variable that holds the master key itself. It is read here only, and never becomes an argument or a setting.
pub const VARIABLE: &str = "TALLYSTICK_MASTER_KEY";

/// Where a master key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the environment.
    Variable,
    /// In a file.
    File(PathBuf),
    /// In a file that was made just now.
    Made(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => write!(f, "the variable {VARIABLE}"),
            Self::File(path) | Self::Made(path) => path.display().fmt(f),
        }
    }
}

/// Why there is no master key to work with.
#[derive(Debug, thiserror::Error)]
pub enum NoMasterKey {
    /// Production never makes one by itself, because a lost one makes every sealed credential unreadable.
    #[error(
        "production needs a master key: set {VARIABLE} or --master-key-file to 32 bytes in base64, \
         as `openssl rand -base64 32` makes them, and keep a copy away from the database"
    )]
    Missing,
    /// The file can't be used.
    #[error("the master key: {0}")]
    File(#[from] SecretFileError),
    /// What was found is no master key.
    #[error("the master key in {found}: {source}")]
    Malformed {
        /// Where it was found.
        found: Source,
        /// What is wrong with it.
        source: MasterKeyError,
    },
}

/// The master key in the environment, if it is there.
#[must_use]
pub fn variable() -> Option<Secret<String>> {
    std::env::var(VARIABLE).ok().filter(|value| !value.is_empty()).map(Secret::new)
}

/// The file where a sandbox keeps its master key when none is given: next to a SQLite database, otherwise in the working directory.
#[must_use]
pub fn default_file(settings: &Settings) -> PathBuf {
    match settings.database.options().sqlite_path() {
        Some(database) => {
            let mut path = database.into_os_string();
            path.push(".key");
            path.into()
        }
        None => PathBuf::from("tallystick.key"),
    }
}

/// Finds the master key: in `variable`, in the file of the settings, or in the file that a sandbox made earlier. `None` is a sandbox
/// that has none yet: [`make`] makes it.
///
/// # Errors
/// When there is none in production, or the one that was found can't be used.
pub fn find(
    variable: Option<Secret<String>>,
    settings: &Settings,
) -> Result<Option<(MasterKeys, Source)>, NoMasterKey> {
    if let Some(text) = variable {
        return parse(&text, Source::Variable).map(Some);
    }
    if let Some(path) = &settings.keys.master_key_file {
        return read(path).map(Some);
    }
    if settings.server.environment == Environment::Production {
        return Err(NoMasterKey::Missing);
    }
    let path = default_file(settings);
    if path.exists() { read(&path).map(Some) } else { Ok(None) }
}

/// Makes the master key of a sandbox in its default file. When another process was first, its key is read.
///
/// # Errors
/// When the file can't be made.
pub fn make(settings: &Settings, random: &dyn Random) -> Result<(MasterKeys, Source), NoMasterKey> {
    let path = default_file(settings);
    let (keys, text) = MasterKeys::generate(random);
    if secret_file::create(&path, &text)? { Ok((keys, Source::Made(path))) } else { read(&path) }
}

fn read(path: &Path) -> Result<(MasterKeys, Source), NoMasterKey> {
    parse(&secret_file::read(path)?, Source::File(path.to_owned()))
}

fn parse(text: &Secret<String>, found: Source) -> Result<(MasterKeys, Source), NoMasterKey> {
    match MasterKeys::parse(text.expose().trim()) {
        Ok(keys) => Ok((keys, found)),
        Err(source) => Err(NoMasterKey::Malformed { found, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::system::SystemRandom;

    fn settings(directory: &tempfile::TempDir) -> Settings {
        let mut settings = Settings::default();
        settings.database.database = format!("sqlite:{}", directory.path().join("t.db").display());
        settings
    }

    #[test]
    fn a_sandbox_makes_its_key_next_to_the_database_once() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(&directory);
        let path = directory.path().join("t.db.key");
        assert!(find(None, &settings).unwrap().is_none());
        assert_eq!(make(&settings, &SystemRandom).unwrap().1, Source::Made(path.clone()));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(find(None, &settings).unwrap().unwrap().1, Source::File(path.clone()));
        assert_eq!(make(&settings, &SystemRandom).unwrap().1, Source::File(path.clone()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), kept);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn production_makes_none() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(&directory);
        settings.server.environment = Environment::Production;
        let error = find(None, &settings).unwrap_err();
        assert!(error.to_string().contains(VARIABLE), "{error}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_variable_comes_before_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(&directory);
        settings.keys.master_key_file = Some(directory.path().join("not there"));
        let (_, text) = MasterKeys::generate(&SystemRandom);
        assert_eq!(find(Some(text), &settings).unwrap().unwrap().1, Source::Variable);
        assert!(matches!(find(None, &settings), Err(NoMasterKey::File(_))));
    }

    #[test]
    fn a_malformed_key_is_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let wrong = Secret::new("not-a-key-but-a-secret".to_owned());
        let error = find(Some(wrong), &settings(&directory)).unwrap_err().to_string();
        assert!(error.contains(VARIABLE) && !error.contains("not-a-key"), "{error}");
    }
}
