//! From settings to a working core: the database, its schema, the master key.

use std::sync::Arc;

use domain::{Clock, Random};
use service::{Core, CoreError, StoreError};
use store::{Db, OpenError};

use crate::config::Settings;
use crate::master_key::{self, NoMasterKey, Source};
use crate::system::{SystemClock, SystemRandom};

/// What to do about a schema that is older than the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Bring it up to date.
    Migrate,
    /// Refuse it, but set an empty database up: commands do not change the schema under a server that is running.
    Require,
}

/// Why the core can't work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] NoMasterKey),
    /// The database can't be opened, or has the wrong schema.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database and the master key do not belong together, or the database can't be read.
    #[error("{source} (the master key is from {found})")]
    Core {
        /// What is wrong.
        source: CoreError,
        /// Where the master key was found.
        found: Source,
    },
}

/// Opens the database and brings its schema into the state that `schema` asks for.
///
/// # Errors
/// When it can't be reached, or its schema is newer than the program or older than it may be.
pub async fn database(settings: &Settings, schema: Schema) -> Result<Db, OpenError> {
    let db = Db::open(settings.database.options()).await?;
    match prepare(&db, schema).await {
        Ok(()) => Ok(db),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

async fn prepare(db: &Db, schema: Schema) -> Result<(), OpenError> {
    let mut state = db.migration_state().await?;
    if schema == Schema::Require && state.version != 0 && !state.missing.is_empty() {
        // Another first command may be setting it up at this moment.
        state = db.settled_migration_state().await?;
    }
    let Some(missing) = state.missing.first() else { return Ok(()) };
    if schema == Schema::Require && state.version != 0 {
        return Err(OpenError::Older { missing: number(missing) });
    }
    let report = db.migrate().await?;
    for migration in &report.applied {
        tracing::info!(migration = %migration, "the schema was migrated");
    }
    Ok(())
}

/// The number that a migration's name begins with.
pub(crate) fn number(migration: &str) -> i64 {
    migration.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Makes what an older program, which does not know of it, has left out.
async fn complete(core: &Core, schema: Schema) -> Result<(), StoreError> {
    core.fold_names().await?;
    if schema == Schema::Migrate {
        core.add_missing_merchants().await?;
    }
    Ok(())
}

/// Opens the database and the core over it, with the clock and the random source of the machine.
///
/// # Errors
/// When there is no master key, the database can't be used, or the two do not belong together.
pub async fn core(settings: &Settings, schema: Schema) -> Result<Core, StartError> {
    core_with(settings, schema, Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

/// As [`core()`], with a clock and a random source of the caller's.
///
/// # Errors
/// As [`core()`].
pub async fn core_with(
    settings: &Settings,
    schema: Schema,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Core, StartError> {
    let found = master_key::find(master_key::variable(), settings)?;
    let db = database(settings, schema).await?;
    // Made only now, so that a database that can't be opened leaves no key file behind.
    let (keys, found) = match found.map_or_else(|| master_key::make(settings, random.as_ref()), Ok) {
        Ok(found) => found,
        Err(error) => {
            db.close().await;
            return Err(error.into());
        }
    };
    let opened = match Core::open(db.clone(), clock, random, keys, settings.service()).await {
        // Here and not in the opening, because `doctor` opens the core as well and changes nothing.
        Ok(core) => complete(&core, schema).await.map(|()| core).map_err(CoreError::Store),
        Err(error) => Err(error),
    };
    match opened {
        Ok(core) => {
            if let Source::Made(path) = &found {
                tracing::info!(file = %path.display(), "a master key was made; keep it together with the database");
            }
            Ok(core)
        }
        Err(source) => {
            db.close().await;
            if let (Source::Made(path), CoreError::WrongMasterKey(_) | CoreError::WrongEnvironment { .. }) =
                (&found, &source)
            {
                // A key that nothing was sealed with would only hide that the true one is missing. After any other error it may
                // have been used.
                let _ = std::fs::remove_file(path);
            }
            Err(StartError::Core { source, found })
        }
    }
}
