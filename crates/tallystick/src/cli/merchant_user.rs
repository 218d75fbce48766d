//! `tallystick merchant user`.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Subcommand;
use domain::Secret;
use serde::Serialize;
use service::merchant_user::{MerchantUser, NewMerchantUser};

use super::output::{self, Items, table};
use super::{CommandError, Essentials, Output, Session};

/// More than any password has, in bytes: what is longer is refused as too long.
const MOST_READ: u64 = 4096;

/// Users of a merchant: add, list, disable, enable, give a new password
///
/// A password is never an argument, which others on the machine could read: it is made and printed once, or read from standard input.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a user
    #[command(
        after_help = "Examples:\n  tallystick merchant user add flexitidemo anna --location STORE-1\n  tallystick merchant user add flexitidemo anna --password-stdin < password.txt"
    )]
    Add {
        /// The merchant's client id
        client_id: String,
        /// The user's name. Case does not matter
        username: String,
        /// The location that the user belongs to. Without it: the whole merchant
        #[arg(long, value_name = "ID")]
        location: Option<String>,
        /// Read the password from standard input instead of making one; the end of its line is no part of it
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// List the users of a merchant
    List {
        /// The merchant's client id
        client_id: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Disable a user: no password lets it in
    Disable {
        /// The merchant's client id
        client_id: String,
        /// The user's name
        username: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Let a disabled user in again
    Enable {
        /// The merchant's client id
        client_id: String,
        /// The user's name
        username: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Give a user a new password. Wrong ones before are forgotten
    ///
    /// A running server that has seen them may go on refusing the user for a quarter of an hour at most.
    Password {
        /// The merchant's client id
        client_id: String,
        /// The user's name
        username: String,
        /// Read the password from standard input instead of making one; the end of its line is no part of it
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// What `add` and `password` print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithPassword {
    #[serde(flatten)]
    user: MerchantUser,
    /// Only when it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

impl WithPassword {
    fn told(&self) -> String {
        let mut text = format!("user      {}\n", output::value(&self.user.username));
        if let Some(password) = &self.password {
            text += &format!("password  {password}\n");
        }
        text
    }
}

/// The password from standard input, without the end of its line.
fn read_password() -> Result<Secret<String>, CommandError> {
    let mut password = Secret::new(String::with_capacity(8192));
    std::io::stdin().lock().take(MOST_READ).read_to_string(password.expose_mut())?;
    let kept = password.expose().trim_end_matches(['\r', '\n']).len();
    password.expose_mut().truncate(kept);
    Ok(password)
}

/// The password to be set, and what of it is printed: one that was made.
fn password(session: &Session, is_given: bool) -> Result<(Secret<String>, Option<String>), CommandError> {
    if is_given {
        return Ok((read_password()?, None));
    }
    let made = domain::merchant::generate_password(session.core.random());
    let shown = made.expose().clone();
    Ok((made, Some(shown)))
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Add { client_id, username, location, password_stdin, essentials } => {
            Session::run(essentials, file, async |session| {
                let (password, shown) = password(session, password_stdin)?;
                let new = NewMerchantUser { username, password, location };
                let user = session.core.add_merchant_user(&client_id, new, &session.context).await?;
                let added = WithPassword { user, password: shown };
                output.answer(&added, || added.told())
            })
        }
        Command::List { client_id, essentials } => Session::run(essentials, file, async |session| {
            let items = Items { items: session.core.list_merchant_users(&client_id).await? };
            output.answer(&items, || listing(&client_id, &items.items))
        }),
        Command::Disable { client_id, username, essentials } => {
            disable(&client_id, &username, true, essentials, file, output)
        }
        Command::Enable { client_id, username, essentials } => {
            disable(&client_id, &username, false, essentials, file, output)
        }
        Command::Password { client_id, username, password_stdin, essentials } => {
            Session::run(essentials, file, async |session| {
                let (password, shown) = password(session, password_stdin)?;
                let core = &session.core;
                let user = core.set_merchant_user_password(&client_id, &username, &password, &session.context).await?;
                let set = WithPassword { user, password: shown };
                output.answer(&set, || set.told())
            })
        }
    }
}

fn disable(
    client_id: &str,
    username: &str,
    is_disabled: bool,
    essentials: Essentials,
    file: Option<PathBuf>,
    output: Output,
) -> Result<(), CommandError> {
    Session::run(essentials, file, async |session| {
        let core = &session.core;
        let user = core.set_merchant_user_disabled(client_id, username, is_disabled, &session.context).await?;
        let state = if is_disabled { "disabled" } else { "enabled" };
        output.answer(&user, || format!("user {} is {state}\n", output::value(&user.username)))
    })
}

fn listing(client_id: &str, users: &[MerchantUser]) -> String {
    if users.is_empty() {
        return format!("no users yet: tallystick merchant user add {} NAME\n", output::value(client_id));
    }
    let at = |time: Option<domain::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            [
                user.username.clone(),
                user.location_id.clone().unwrap_or_default(),
                at(Some(user.created_at)),
                at(user.last_login_at),
                user.failed_count.to_string(),
                at(user.disabled_at),
            ]
        })
        .collect();
    table(["USER", "LOCATION", "ADDED", "LAST LOGIN", "WRONG SINCE", "DISABLED"], &rows)
}
