//! The settings that every command on a database shows as flags. The others come from the variables and the file.

use std::path::PathBuf;

use clap::Args;
use domain::Environment;

use crate::config::{ConfigError, Layer, Settings};

/// Which installation a command is about.
#[derive(Debug, Args)]
#[command(next_help_heading = "Installation")]
pub(crate) struct Essentials {
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`
    #[arg(long, env = "TALLYSTICK_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,

    /// What this installation is: `sandbox` or `production`
    #[arg(long, env = "TALLYSTICK_ENVIRONMENT", value_name = "ENVIRONMENT", hide_env_values = true)]
    environment: Option<Environment>,

    /// A file with the master key. `TALLYSTICK_MASTER_KEY` holds the key itself
    #[arg(long, env = "TALLYSTICK_MASTER_KEY_FILE", value_name = "FILE", hide_env_values = true)]
    master_key_file: Option<PathBuf>,
}

impl Essentials {
    /// The settings of the command, with what the variables and the file say of the other settings.
    pub(crate) fn settings(self, file: Option<PathBuf>) -> Result<Settings, ConfigError> {
        let mut flags = Layer::default();
        flags.database.database = self.database;
        flags.server.environment = self.environment;
        flags.keys.master_key_file = self.master_key_file;
        Settings::load(flags.over(Layer::from_environment()?), file, super::patient())
    }
}
