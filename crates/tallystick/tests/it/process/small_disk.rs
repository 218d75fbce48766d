//! A file system of its own, small enough to be filled.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

pub(super) struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where the test may not mount.
    pub(super) fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(directory.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(directory));
        }
        assert!(std::env::var("CI").as_deref() != Ok("true"), "this test needs to mount a file system of its own");
        None
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes what is left of it.
    pub(super) fn fill(&self) {
        let mut ballast = std::fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        while ballast.write_all(&[0; 1024]).is_ok() {}
    }

    /// Gives it back.
    pub(super) fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
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
