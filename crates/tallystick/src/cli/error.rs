//! Why a command failed.

use service::{AdminError, CoreError, StoreError};
use store::OpenError;

use super::output::count;
use crate::config::ConfigError;
use crate::master_key::NoMasterKey;
use crate::secret_file::SecretFileError;
use crate::serve::ServeError;
use crate::start::StartError;
use crate::telemetry::LogError;

/// Why a command failed, in words that name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logging can't start.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database can't be opened, or has the wrong schema.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The core can't work.
    #[error(transparent)]
    Start(StartError),
    /// The use case was not carried out.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A channel can't be used.
    #[error("{0}")]
    Channel(String),
    /// Serving failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A file with a secret can't be used.
    #[error(transparent)]
    SecretFile(#[from] SecretFileError),
    /// The file to import can't be read as a whole.
    #[error("{0}")]
    ImportFile(String),
    /// Rows were refused; the others were imported.
    #[error(
        "{bad} of {rows} rows were refused; mend them and run the import again, which leaves the others as they are"
    )]
    RowsRefused {
        /// Rows that were refused.
        bad: u64,
        /// Rows of the file.
        rows: u64,
    },
    /// The import ended before the end of the file.
    #[error(
        "the import stopped after {}: {reason}. Run it again to go on; what is there is not made twice",
        count(done, "row", "rows")
    )]
    ImportStopped {
        /// Rows that were dealt with.
        done: u64,
        /// Why.
        reason: String,
    },
    /// An audit trail was changed.
    #[error("the audit trail does not verify; faults: {0}")]
    AuditFaults(usize),
    /// The books are wrong.
    #[error("the books are not right; faults: {0}")]
    LedgerFaults(u64),
    /// The doctor found faults.
    #[error("faults found: {0}")]
    Unhealthy(usize),
    /// The demo was told to be something else.
    #[error("the demo is a sandbox: leave the setting `environment` out, or use `tallystick serve`")]
    DemoIsSandbox,
    /// Input or output failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Open(error) => Self::Open(error),
            other => Self::Start(other),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Admin(error.into())
    }
}

impl CommandError {
    /// The exit status that it ends the program with. A setting that is wrong is wrong usage, wherever it is written: a flag that clap refuses
    /// by itself ends with the same.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Log(LogError::Filter(_)) | Self::DemoIsSandbox => 2,
            _ => 1,
        }
    }

    /// A stable name of the kind, in snake case, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Log(_) | Self::DemoIsSandbox => "configuration",
            Self::Open(OpenError::Older { .. }) => "schema_older",
            Self::Open(OpenError::Newer { .. }) => "schema_newer",
            Self::Open(_) | Self::Start(StartError::Open(_)) => "database",
            Self::Start(StartError::MasterKey(NoMasterKey::Missing)) => "master_key_missing",
            Self::Start(StartError::MasterKey(_)) => "master_key",
            Self::Start(StartError::Core { source, .. }) => core_code(source),
            Self::Admin(AdminError::NotFound(_)) => "not_found",
            Self::Admin(AdminError::Exists(_)) => "exists",
            Self::Admin(AdminError::Invalid(_)) => "invalid",
            Self::Admin(AdminError::State(_)) => "state",
            Self::Admin(AdminError::Store(_)) => "database",
            Self::Channel(_) => "channel",
            Self::Serve(_) => "serve",
            Self::SecretFile(_) => "file",
            Self::ImportFile(_) => "import_file",
            Self::RowsRefused { .. } => "rows_refused",
            Self::ImportStopped { .. } => "import_stopped",
            Self::AuditFaults(_) => "audit_faults",
            Self::LedgerFaults(_) => "ledger_faults",
            Self::Unhealthy(_) => "unhealthy",
            Self::Io(_) => "io",
        }
    }
}

fn core_code(error: &CoreError) -> &'static str {
    match error {
        CoreError::WrongMasterKey(_) => "wrong_master_key",
        CoreError::WrongEnvironment { .. } => "wrong_environment",
        CoreError::Store(_) => "database",
    }
}
