//! `tallystick key`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use domain::api_key::{AllowedNetworks, KeyId, KeyKind, KeyState};
use domain::identifier::ClientIdentifier;
use serde::Serialize;
use service::key_admin::KeyDetails;
use uuid::Uuid;

use super::output::{Items, count, table};
use super::{CommandError, Essentials, Output, Session};

/// Keys: list, show, revoke, bind to networks, seal anew
///
/// A key is named by its identifier, which is no secret. Logs and audit records name it so, too.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the keys of a partner, or of one of its clients
    #[command(after_help = "Examples:\n  tallystick key list QUICK3\n  tallystick key list QUICK3 --client 100001")]
    List {
        /// The partner's code
        partner: String,
        /// The client whose keys to list, instead of the partner's own
        #[arg(long)]
        client: Option<i64>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show what is kept of a key, and with --reveal its value
    Show {
        /// The key's identifier
        key: Uuid,
        /// Show the value as well. That is recorded in the audit trail
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Revoke a key at once, and with it its successors and the keys it renewed that still work
    ///
    /// A running server refuses it within one second.
    Revoke {
        /// The key's identifier
        key: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Say from which networks a key may be used
    ///
    /// A running server heeds it within one second. Keys that it is renewed to later keep it.
    #[command(after_help = "Example:\n  tallystick key networks KEY --allow 192.0.2.0/24,2001:db8::/32")]
    Networks {
        /// The key's identifier
        key: Uuid,
        /// The networks, separated by commas
        #[arg(long, value_name = "CIDR,…", value_parser = AllowedNetworks::parse, required_unless_present = "any")]
        allow: Option<AllowedNetworks>,
        /// Any network
        #[arg(long, conflicts_with = "allow")]
        any: bool,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Seal every key under the newest master key
    ///
    /// To change the master key: put the new one before the old one (`2:NEW,1:OLD`), restart the servers, run this, and remove the old
    /// one when this says that nothing needs it.
    Reseal {
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// What is printed of a key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    key_id: KeyId,
    kind: KeyKind,
    partner_code: String,
    client_identifier: Option<ClientIdentifier>,
    state: KeyState,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    overlap_until: Option<Timestamp>,
    successor: Option<KeyId>,
    last_used_at: Option<Timestamp>,
    networks: String,
    /// Only when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl From<KeyDetails> for Shown {
    fn from(key: KeyDetails) -> Self {
        Self {
            key_id: key.id,
            kind: key.kind,
            partner_code: key.partner_code,
            client_identifier: key.client,
            state: key.state,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            overlap_until: key.overlap_until,
            successor: key.successor,
            last_used_at: key.last_used_at,
            networks: key.networks,
            key: key.value.map(|value| value.expose().to_text()),
        }
    }
}

/// What `key revoke` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Revoked {
    key_id: KeyId,
    /// The keys that were revoked with it.
    also_revoked: Vec<KeyId>,
    already_revoked: bool,
}

/// What `key reseal` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resealed {
    resealed: u64,
    secrets_under_older_keys: i64,
    answers_under_older_keys: i64,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { partner, client, essentials } => Session::run(essentials, file, async |session| {
            let keys = session.core.list_keys(&partner, client.map(ClientIdentifier)).await?;
            let keys = Items { items: keys.into_iter().map(Shown::from).collect() };
            output.answer(&keys, || listing(&keys.items))
        }),
        Command::Show { key, reveal, essentials } => Session::run(essentials, file, async |session| {
            let key = Shown::from(session.core.show_key(KeyId(key), reveal, &session.context).await?);
            output.answer(&key, || sheet(&key))
        }),
        Command::Revoke { key, essentials } => Session::run(essentials, file, async |session| {
            let revoked = session.core.revoke_key(KeyId(key), &session.context).await?;
            let revoked = Revoked { key_id: revoked.id, also_revoked: revoked.also, already_revoked: revoked.already };
            output.answer(&revoked, || ended(&revoked))
        }),
        Command::Networks { key, allow, any: _, essentials } => Session::run(essentials, file, async |session| {
            let networks = allow.unwrap_or_default();
            let key = session.core.allow_networks(KeyId(key), &networks, &session.context).await?;
            let key = Shown::from(key);
            output.answer(&key, || sheet(&key))
        }),
        Command::Reseal { essentials } => Session::run(essentials, file, async |session| {
            let mut told = 0;
            let progress = |done| {
                // Heard once for each kind of secret, also when there is none of it to seal.
                if done > told {
                    output.note(&format!("{done} sealed anew"));
                    told = done;
                }
            };
            let resealed = session.core.reseal(&session.context, progress).await?;
            let rest = session.core.under_older_keys().await?;
            let printed =
                Resealed { resealed, secrets_under_older_keys: rest.secrets, answers_under_older_keys: rest.answers };
            output.answer(&printed, || {
                let rest = match (rest.secrets, rest.answers) {
                    (0, 0) => "nothing needs an older master key: it can be removed".to_owned(),
                    (0, 1) => "1 kept answer or mail needs the older one until it is gone: keep it for now".to_owned(),
                    (0, rest) => format!("{rest} kept answers or mails need the older one until they are gone: keep it for now"),
                    (rest, _) => format!(
                        "{} sealed under an older one meanwhile: restart every server with the newest, and run this again",
                        count(rest, "key or secret was", "keys or secrets were")
                    ),
                };
                let resealed = match resealed {
                    0 => "nothing to seal anew".to_owned(),
                    some => {
                        format!("{} sealed under the newest master key", count(some, "key or secret", "keys and secrets"))
                    }
                };
                format!("{resealed}\n{rest}\n")
            })
        }),
    }
}

fn at(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// The name of a state, as JSON has it.
fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Expired => "expired",
        KeyState::Superseded => "superseded",
        KeyState::Revoked => "revoked",
    }
}

fn ended(revoked: &Revoked) -> String {
    let how = if revoked.already_revoked { "had been revoked before" } else { "revoked" };
    let mut text = format!("key {} {how}\n", revoked.key_id);
    if !revoked.also_revoked.is_empty() {
        let also: Vec<_> = revoked.also_revoked.iter().map(ToString::to_string).collect();
        text += &format!("with it: {}\n", also.join(", "));
    }
    text
}

fn listing(keys: &[Shown]) -> String {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let (kind, state) = (key.kind.to_string(), state(key.state).to_owned());
            [key.key_id.to_string(), kind, state, key.created_at.to_string(), at(key.expires_at), at(key.last_used_at)]
        })
        .collect();
    table(["KEY", "KIND", "STATE", "CREATED", "EXPIRES", "LAST USED"], &rows)
}

fn sheet(key: &Shown) -> String {
    let lines = [
        ("key", key.key_id.to_string()),
        ("value", key.key.clone().unwrap_or_default()),
        ("kind", key.kind.to_string()),
        ("state", state(key.state).to_owned()),
        ("partner", key.partner_code.clone()),
        ("client", key.client_identifier.map(|client| client.to_string()).unwrap_or_default()),
        ("created", key.created_at.to_string()),
        ("expires", at(key.expires_at)),
        ("revoked", at(key.revoked_at)),
        ("works on until", at(key.overlap_until)),
        ("successor", key.successor.map(|key| key.to_string()).unwrap_or_default()),
        ("last used", at(key.last_used_at)),
        ("networks", key.networks.clone()),
    ];
    lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(what, value)| format!("{what:<15} {value}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoking_tells_what_ended_with_the_key() {
        let key = |number| KeyId(Uuid::from_u128(number));
        let of = |also_revoked, already_revoked| ended(&Revoked { key_id: key(1), also_revoked, already_revoked });
        assert_eq!(of(Vec::new(), false), format!("key {} revoked\n", key(1)));
        assert_eq!(of(Vec::new(), true), format!("key {} had been revoked before\n", key(1)));
        let both = format!("key {} revoked\nwith it: {}, {}\n", key(1), key(2), key(3));
        assert_eq!(of(vec![key(2), key(3)], false), both);
    }
}
