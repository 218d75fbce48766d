//! A file system of its own, small enough to be filled.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A directory that is such a file system; it ends with this.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where the test may not mount.
    ///
    /// # Panics
    /// With `CI=true`, where every test must run.
    #[must_use]
    pub fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(directory.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(directory));
        }
        assert!(std::env::var("CI").as_deref() != Ok("true"), "this test needs to mount a file system of its own");
        None
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Mounts it anew: `ro` makes it read-only, `rw` undoes that.
    ///
    /// # Panics
    /// When it can't be.
    pub fn remount(&self, option: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{option}")]).arg(self.path());
        assert!(mount.output().is_ok_and(|output| output.status.success()), "remount,{option}");
    }

    /// Takes what is left of it.
    ///
    /// # Panics
    /// When it can't be written to at all.
    pub fn fill(&self) {
        let mut ballast = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("the disk can be written to");
        while ballast.write_all(&[0; 1024]).is_ok() {}
    }

    /// Gives it back.
    ///
    /// # Panics
    /// When it was not taken.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("the disk was filled");
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.path()).output());
    }
}
