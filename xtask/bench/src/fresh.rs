//! Databases with one partner and no client, a new one for every turn.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::program::{Partner, Program, sqlite};

/// The partner of such a database.
pub(crate) const PARTNER: &str = "BENCH";

/// An empty database to copy.
#[derive(Debug)]
pub(crate) struct Template {
    directory: PathBuf,
    /// The one partner.
    pub(crate) partner: Partner,
}

impl Template {
    pub(crate) fn make(program: &Program) -> Result<Self, Fault> {
        let directory = program.directory.join("template");
        drop(fs::remove_dir_all(&directory));
        fs::create_dir_all(&directory).map_err(Fault::system(format!("make {}", directory.display())))?;
        let partner = program.add_partner(&sqlite(&directory.join("bench.db")), PARTNER)?;
        Ok(Self { directory, partner })
    }

    /// The address of a new copy; the one before it is gone.
    pub(crate) fn copy(&self) -> Result<String, Fault> {
        copy(&self.directory.join("bench.db"), &self.directory.with_file_name("turn"))
    }
}

/// Copies a database and its master key into `directory`, which is emptied first, and gives the address of the copy.
pub(crate) fn copy(file: &Path, directory: &Path) -> Result<String, Fault> {
    drop(fs::remove_dir_all(directory));
    let failed = || Fault::system(format!("copy {} to {}", file.display(), directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    let to = directory.join("bench.db");
    fs::copy(file, &to).map_err(failed())?;
    fs::copy(file.with_file_name("bench.db.key"), directory.join("bench.db.key")).map_err(failed())?;
    Ok(sqlite(&to))
}
