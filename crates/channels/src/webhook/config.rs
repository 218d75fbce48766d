use std::path::PathBuf;
use std::time::Duration;

use domain::webhook::Reach;

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Where they may go.
    pub reach: Reach,
    /// How long a call may take, from the look-up of the name to the end of the answer.
    pub timeout: Duration,
    /// The certificates to trust, PEM; without it those that the system trusts.
    pub ca_file: Option<PathBuf>,
}
