//! Migrations: embedded, applied in order under a lock, each in a transaction of its own.

use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::error::OpenError;

pub(crate) mod postgres;
pub(crate) mod sqlite;

/// The migrations of each engine, as `build.rs` lists them.
mod files {
    include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
}

/// A migrator of these files. What a file says is part of what it is: a database knows it by its checksum.
fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|(number, name, text)| {
        Migration::new(*number, (*name).into(), MigrationType::Simple, SqlStr::from_static(text), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// What was done, and how things stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations that this call applied.
    pub applied: Vec<String>,
    /// The migrations that are in the program but not in the database.
    pub missing: Vec<String>,
    /// The newest migration in the database; 0 for an empty one.
    pub version: i64,
}

/// How a database with the migrations `applied` stands to the program.
fn report(migrator: &Migrator, applied: &[i64]) -> Result<MigrationReport, OpenError> {
    let version = applied.iter().copied().max().unwrap_or(0);
    // Not always after the last that the program knows: branches have numbers between those of others.
    if let Some(unknown) = applied.iter().copied().filter(|version| !migrator.version_exists(*version)).min() {
        return Err(translate(migrator, MigrateError::VersionMissing(unknown)));
    }
    let missing = migrator
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect();
    Ok(MigrationReport { applied: Vec::new(), missing, version })
}

/// What was done between two reports.
fn done(before: &MigrationReport, after: MigrationReport) -> MigrationReport {
    MigrationReport {
        applied: before.missing.iter().filter(|name| !after.missing.contains(name)).cloned().collect(),
        ..after
    }
}

fn translate(migrator: &Migrator, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => {
            OpenError::Newer { found, known: migrator.iter().map(|migration| migration.version).max().unwrap_or(0) }
        }
        MigrateError::VersionMismatch(version) => OpenError::Altered(version),
        MigrateError::Execute(error) => OpenError::from(error),
        other => OpenError::Migration(Box::new(other)),
    }
}
