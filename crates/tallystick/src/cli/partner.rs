//! `tallystick partner`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use domain::api_key::{AllowedNetworks, KeyKind};
use serde::Serialize;
use service::partner::{AddedPartner, PartnerDetails};

use super::output::{Items, count, table};
use super::{CommandError, Essentials, Output, Session};
use crate::config::Span;

/// Partners and their keys
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a partner, and print its two keys
    ///
    /// The keys are printed this once; `tallystick key show --reveal` shows them again.
    #[command(after_help = "Example:\n  tallystick partner add --code QUICK3 --name 'Quick Software Oy' --json")]
    Add {
        /// The code that clients are created under, such as QUICK3
        #[arg(long)]
        code: String,
        /// The partner's name
        #[arg(long)]
        name: String,
        /// Networks that its keys may be used from, separated by commas. Without it: any
        #[arg(long, value_name = "CIDR,…", value_parser = AllowedNetworks::parse, default_value = "", hide_default_value = true)]
        networks: AllowedNetworks,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// List the partners
    List {
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Give a partner a new key; the old one works on for the overlap
    #[command(after_help = "Example:\n  tallystick partner rotate QUICK3 --kind provisioning --overlap 1h")]
    Rotate {
        /// The partner's code
        code: String,
        /// Which of its keys: provisioning or partner
        #[arg(long, value_parser = partner_kind)]
        kind: KeyKind,
        /// How long the old key works on. Without it: the setting key-overlap
        #[arg(long, value_name = "SPAN")]
        overlap: Option<Span>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Revoke a partner's provisioning tokens and partner keys at once
    ///
    /// Its clients' keys stay. A revoked partner gets no new key, and its webhook endpoints are disabled.
    Revoke {
        /// The partner's code
        code: String,
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// Reads a kind of key that a partner holds.
fn partner_kind(text: &str) -> Result<KeyKind, String> {
    match text.parse()? {
        KeyKind::Client => Err("a client's key is renewed by the client: use provisioning or partner".to_owned()),
        kind => Ok(kind),
    }
}

/// What `partner add` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    partner_code: String,
    name: String,
    provisioning_token: String,
    provisioning_token_id: String,
    provisioning_token_expires_at: Option<Timestamp>,
    partner_key: String,
    partner_key_id: String,
    partner_key_expires_at: Option<Timestamp>,
}

impl From<AddedPartner> for Added {
    fn from(added: AddedPartner) -> Self {
        Self {
            partner_code: added.code,
            name: added.name,
            provisioning_token: added.provisioning_token.value.expose().to_text(),
            provisioning_token_id: added.provisioning_token.id.to_string(),
            provisioning_token_expires_at: added.provisioning_token.expires_at,
            partner_key: added.partner_key.value.expose().to_text(),
            partner_key_id: added.partner_key.id.to_string(),
            partner_key_expires_at: added.partner_key.expires_at,
        }
    }
}

/// What `partner rotate` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotated {
    partner_code: String,
    kind: KeyKind,
    key_id: String,
    key: String,
    expires_at: Option<Timestamp>,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Add { code, name, networks, essentials } => Session::run(essentials, file, async |session| {
            let added = session.core.add_partner(&code, &name, &networks, &session.context).await?;
            let added = Added::from(added);
            output.answer(&added, || {
                format!(
                    "partner             {} ({})\nprovisioning token  {}\npartner key         {}\n",
                    added.partner_code, added.name, added.provisioning_token, added.partner_key
                )
            })
        }),
        Command::List { essentials } => Session::run(essentials, file, async |session| {
            let partners = session.core.list_partners().await?.into_iter().map(Listed::from).collect();
            let partners = Items { items: partners };
            output.answer(&partners, || listing(&partners.items))
        }),
        Command::Rotate { code, kind, overlap, essentials } => Session::run(essentials, file, async |session| {
            let overlap = overlap.map(|span| span.0);
            let issued = session.core.rotate_partner(&code, kind, overlap, &session.context).await?;
            let rotated = Rotated {
                partner_code: code.clone(),
                kind,
                key_id: issued.id.to_string(),
                key: issued.value.expose().to_text(),
                expires_at: issued.expires_at,
            };
            output.answer(&rotated, || format!("new {kind} key of {code}  {}\n", rotated.key))
        }),
        Command::Revoke { code, essentials } => Session::run(essentials, file, async |session| {
            let revoked = session.core.revoke_partner(&code, &session.context).await?;
            let answer = serde_json::json!({ "partnerCode": code, "keysRevoked": revoked });
            output.answer(&answer, || format!("{} of {code} revoked\n", count(revoked, "key", "keys")))
        }),
    }
}

/// What `partner list` prints of each.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    partner_code: String,
    name: String,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
    clients: i64,
}

impl From<PartnerDetails> for Listed {
    fn from(partner: PartnerDetails) -> Self {
        Self {
            partner_code: partner.code,
            name: partner.name,
            created_at: partner.created_at,
            revoked_at: partner.revoked_at,
            clients: partner.clients,
        }
    }
}

fn listing(partners: &[Listed]) -> String {
    if partners.is_empty() {
        return "no partners yet: tallystick partner add --code CODE --name NAME\n".to_owned();
    }
    let rows: Vec<_> = partners
        .iter()
        .map(|partner| {
            let revoked = partner.revoked_at.map(|at| at.to_string()).unwrap_or_default();
            let clients = partner.clients.to_string();
            [partner.partner_code.clone(), partner.name.clone(), clients, partner.created_at.to_string(), revoked]
        })
        .collect();
    table(["CODE", "NAME", "CLIENTS", "ADDED", "REVOKED"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_rotates_only_its_own_kinds_of_key() {
        assert_eq!(partner_kind("provisioning"), Ok(KeyKind::Provisioning));
        assert_eq!(partner_kind("partner"), Ok(KeyKind::Partner));
        assert!(partner_kind("client").is_err());
        assert!(partner_kind("other").is_err());
    }
}
