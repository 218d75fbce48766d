//! `tallystick authorization`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::purchase::AuthorizationId;
use serde::Serialize;

use super::{CommandError, Essentials, Output, Session};

/// Authorizations of purchases on credit
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Withdraw an authorization: nothing more of it is captured
    ///
    /// What it holds stays held until the merchant releases it or its time is over.
    #[command(after_help = "Example:\n  tallystick authorization withdraw flexitidemo 1234567890123456")]
    Withdraw {
        /// The merchant, by its client id
        client_id: String,
        /// The authorization, 16 digits
        #[arg(value_parser = number)]
        authorization: AuthorizationId,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Withdrawn {
    authorization: i64,
    account: i64,
    status: String,
}

fn number(text: &str) -> Result<AuthorizationId, String> {
    AuthorizationId::parse(text).ok_or_else(|| "an authorization has 16 digits".to_owned())
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Withdraw { client_id, authorization, essentials } => Session::run(essentials, file, async |session| {
            let view = session.core.withdraw_authorization(&client_id, authorization, &session.context).await?;
            let told = Withdrawn { authorization: view.authorization, account: view.account, status: view.status };
            output.answer(&told, || format!("{} of account {} is withdrawn\n", told.authorization, told.account))
        }),
    }
}
