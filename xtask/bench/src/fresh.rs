//! Databases with one partner and no client, or few, a new one for every turn.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::body::BusinessCode;
use crate::fault::Fault;
use crate::program::{Partner, Program, sqlite};
use crate::{import, kept};

/// The partner of such a database.
pub(crate) const PARTNER: &str = "BENCH";

/// The clients that send invoices, in turns.
pub(crate) const CREDITORS: usize = 100;

/// An empty database to copy.
#[derive(Debug)]
pub(crate) struct Template {
    directory: PathBuf,
    /// The one partner.
    pub(crate) partner: Partner,
}

impl Template {
    /// One without clients.
    pub(crate) fn make(program: &Program) -> Result<Self, Fault> {
        Self::new(program, "template")
    }

    /// One with [`CREDITORS`] clients, each with a bank account.
    pub(crate) fn with_creditors(program: &Program) -> Result<Self, Fault> {
        let template = Self::new(program, "template-creditors")?;
        let failed = || Fault::system(format!("write into {}", template.directory.display()));
        let mut keys = kept::secret_file(&template.keys()).map_err(failed())?;
        let csv = import::csv_with_account(BusinessCode::after(0).take(CREDITORS));
        let url = sqlite(&template.file());
        import::import(program, &url, PARTNER, &csv, &template.directory, &mut keys)?;
        Ok(template)
    }

    fn new(program: &Program, name: &str) -> Result<Self, Fault> {
        let directory = program.directory.join(name);
        drop(fs::remove_dir_all(&directory));
        fs::create_dir_all(&directory).map_err(Fault::system(format!("make {}", directory.display())))?;
        let partner = program.add_partner(&sqlite(&directory.join("bench.db")), PARTNER)?;
        Ok(Self { directory, partner })
    }

    fn file(&self) -> PathBuf {
        self.directory.join("bench.db")
    }

    /// The keys of the clients, one a line.
    pub(crate) fn keys(&self) -> PathBuf {
        self.directory.join("keys")
    }

    /// A new copy; the one before it is gone.
    pub(crate) fn copy(&self) -> Result<PathBuf, Fault> {
        copy(&self.file(), &self.directory.with_file_name("turn"))
    }
}

/// Copies a database that nobody uses, with its log and its master key, into `directory`, which is emptied first, and gives the file of
/// the copy.
pub(crate) fn copy(file: &Path, directory: &Path) -> Result<PathBuf, Fault> {
    drop(fs::remove_dir_all(directory));
    let failed = || Fault::system(format!("copy {} to {}", file.display(), directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    let to = directory.join("bench.db");
    for end in ["", ".key", "-wal"] {
        let beside = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        match fs::copy(beside(file), beside(&to)) {
            // The log is there only when the last process did not fold it into the file.
            Err(error) if end == "-wal" && error.kind() == ErrorKind::NotFound => {}
            copied => drop(copied.map_err(failed())?),
        }
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn the_log_is_copied_where_there_is_one() {
        let root = env::temp_dir().join(format!("tallystick-bench-copy-{}", process::id()));
        let (from, to) = (root.join("from"), root.join("to"));
        fs::create_dir_all(&from).unwrap();
        for name in ["bench.db", "bench.db.key"] {
            fs::write(from.join(name), name).unwrap();
        }
        let copied = |to: &Path| fs::read_dir(to).unwrap().count();
        assert_eq!(copy(&from.join("bench.db"), &to).unwrap(), to.join("bench.db"));
        assert_eq!(copied(&to), 2);
        fs::write(from.join("bench.db-wal"), "log").unwrap();
        copy(&from.join("bench.db"), &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("bench.db-wal")).unwrap(), "log");
        fs::remove_file(from.join("bench.db.key")).unwrap();
        assert!(copy(&from.join("bench.db"), &to).is_err());
        fs::remove_dir_all(&root).unwrap();
    }
}
