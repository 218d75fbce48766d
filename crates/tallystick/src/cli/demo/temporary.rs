//! A directory that is there for one run.

use std::io;
use std::path::{Path, PathBuf};

use domain::{Random, random};

use crate::secret_file;

/// A directory for its owner only, removed with all that is in it when dropped.
pub(super) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    pub(super) fn new(random: &dyn Random) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("tallystick-demo-{}", random::uuid_v4(random).simple()));
        secret_file::create_directory(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(directory = %self.0.display(), %error, "the temporary directory can't be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRandom;

    #[test]
    fn leaves_nothing_behind() {
        let directory = TemporaryDirectory::new(&SystemRandom).unwrap();
        let path = directory.path().to_owned();
        std::fs::write(path.join("file"), "x").unwrap();
        drop(directory);
        assert!(!path.exists());
    }
}
