//! `tallystick merchant`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::identifier::ClientIdentifier;
use domain::merchant::{MerchantChange, MerchantDraft};
use serde::Serialize;
use service::merchant::{Merchant, MerchantWithSecret};

use super::output::{self, table};
use super::{CommandError, Essentials, Output, Session, merchant_location, merchant_user};

/// Merchants of the point-of-sale service: add, list, show, set, lender, rotate, revoke; their users and locations
///
/// A merchant is a client of the service POS_FINANCING. It is named by its client id, with which its programs get their tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a merchant, and print its credentials
    ///
    /// The secret is printed this once; `tallystick merchant rotate` gives a new one.
    #[command(after_help = "Example:\n  tallystick merchant add --client-id flexitidemo --name 'Flexiti Demo' --json")]
    Add {
        /// What its programs call themselves: 1 to 100 characters that are safe in a path
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// What its customers know it as
        #[arg(long)]
        name: String,
        /// The code of the partner that it comes from. Without it: MERCHANTS, the operator's own, which is made when it is not there
        #[arg(long, value_name = "CODE")]
        partner: Option<String>,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// List merchants
    #[command(after_help = "Example:\n  tallystick merchant list --partner QUICK3 --limit 20")]
    List {
        /// Only this partner's, by its code
        #[arg(long, value_name = "CODE")]
        partner: Option<String>,
        /// Those that come after this client; what --json calls nextAfter
        #[arg(long, value_name = "CLIENT")]
        after: Option<i64>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show one merchant
    Show {
        /// Its client id
        client_id: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Change what a merchant is shown as and may do
    ///
    /// What is not given stays; an empty text takes away.
    #[command(
        after_help = "Examples:\n  tallystick merchant set flexitidemo --trust-url https://shop.example\n  tallystick merchant set flexitidemo --password-grant yes --password-grant-note 'tills of before 2020'"
    )]
    Set {
        /// Its client id
        client_id: String,
        /// What its customers know it as
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Let a merchant lend on the book of another merchant of its partner, whose accounts it then shares
    ///
    /// Every merchant lends on its own book at first. One that has opened accounts there stays on it.
    #[command(
        after_help = "Examples:\n  tallystick merchant lender shop-2 shop-1\n  tallystick merchant lender shop-2 shop-2    # its own again"
    )]
    Lender {
        /// Its client id
        client_id: String,
        /// The client id of the merchant on whose book it shall lend; its own for its own book
        #[arg(value_name = "LENDER")]
        lender: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Give a merchant a new secret, and print it; the old one is refused at once
    ///
    /// A merchant that was revoked works again with it, unless its partner is revoked.
    Rotate {
        /// Its client id
        client_id: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Revoke a merchant: its secret and its client's keys stop at once
    Revoke {
        /// Its client id
        client_id: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    #[command(subcommand)]
    User(merchant_user::Command),
    #[command(subcommand)]
    Location(merchant_location::Command),
}

/// What may be set of a merchant besides its name.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// The origin of its web shop, such as `https://shop.example`: it alone may frame the widget
    #[arg(long, value_name = "ORIGIN")]
    trust_url: Option<String>,
    /// The language of mails and of the widget's first screen: en or fr
    #[arg(long, value_name = "LANGUAGE")]
    default_language: Option<String>,
    /// Whether its users may get tokens with their passwords, which RFC 9700 advises against: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    password_grant: Option<bool>,
    /// Why they may
    #[arg(long, value_name = "NOTE")]
    password_grant_note: Option<String>,
    /// Whether its staff may vouch for a customer instead of a one-time code: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    merchant_override: Option<bool>,
    /// Whether it offers accounts of the category standard, to applicants of the ratings XXH and XXXH: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    standard_accounts: Option<bool>,
    /// Whether it offers accounts for businesses, and sells on them: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    business_accounts: Option<bool>,
    /// Whether it may have credit held without capturing it at once: yes, as a new one, or no
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    preauthorization: Option<bool>,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".to_owned()),
    }
}

impl Settings {
    fn into_change(self, name: Option<String>) -> MerchantChange {
        MerchantChange {
            name,
            trust_url: self.trust_url,
            password_grant: self.password_grant,
            password_grant_note: self.password_grant_note,
            default_language: self.default_language,
            merchant_override: self.merchant_override,
            standard_accounts: self.standard_accounts,
            business_accounts: self.business_accounts,
            preauthorization: self.preauthorization,
        }
    }
}

/// What `merchant list` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Merchant>,
    next_after: Option<ClientIdentifier>,
}

/// What `merchant add` and `merchant rotate` print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithSecret {
    #[serde(flatten)]
    merchant: Merchant,
    client_secret: String,
}

impl From<MerchantWithSecret> for WithSecret {
    fn from(new: MerchantWithSecret) -> Self {
        Self { merchant: new.merchant, client_secret: new.secret.expose().to_text() }
    }
}

impl WithSecret {
    fn told(&self) -> String {
        let id = output::value(&self.merchant.client_id);
        format!(
            "client id      {id}\nclient secret  {}\nmerchant id    {}\n",
            self.client_secret, self.merchant.merchant_id
        )
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Add { client_id, name, partner, settings, essentials } => {
            Session::run(essentials, file, async |session| {
                let draft = MerchantDraft { client_id, settings: settings.into_change(Some(name)) };
                let added = session.core.add_merchant(partner.as_deref(), &draft, &session.context).await?;
                let added = WithSecret::from(added);
                output.answer(&added, || added.told())
            })
        }
        Command::List { partner, after, limit, essentials } => Session::run(essentials, file, async |session| {
            // One more than asked for tells whether there is more.
            let after = after.map(ClientIdentifier);
            let mut items = session.core.list_merchants(partner.as_deref(), after, limit + 1).await?;
            let there_is_more = items.len() > limit as usize;
            items.truncate(limit as usize);
            let next_after = items.last().filter(|_| there_is_more).map(|merchant| merchant.client_identifier);
            let page = Page { items, next_after };
            output.answer(&page, || listing(&page))
        }),
        Command::Show { client_id, essentials } => Session::run(essentials, file, async |session| {
            let merchant = session.core.show_merchant(&client_id).await?;
            output.answer(&merchant, || sheet(&merchant))
        }),
        Command::Set { client_id, name, settings, essentials } => Session::run(essentials, file, async |session| {
            let change = settings.into_change(name);
            let merchant = session.core.change_merchant(&client_id, &change, &session.context).await?;
            output.answer(&merchant, || sheet(&merchant))
        }),
        Command::Lender { client_id, lender, essentials } => Session::run(essentials, file, async |session| {
            let merchant = session.core.set_lender(&client_id, &lender, &session.context).await?;
            output.answer(&merchant, || sheet(&merchant))
        }),
        Command::Rotate { client_id, essentials } => Session::run(essentials, file, async |session| {
            let rotated = WithSecret::from(session.core.rotate_merchant(&client_id, &session.context).await?);
            output.answer(&rotated, || rotated.told())
        }),
        Command::Revoke { client_id, essentials } => Session::run(essentials, file, async |session| {
            let merchant = session.core.revoke_merchant(&client_id, &session.context).await?;
            output.answer(&merchant, || format!("merchant {} is revoked\n", output::value(&merchant.client_id)))
        }),
        Command::User(command) => merchant_user::run(command, file, output),
        Command::Location(command) => merchant_location::run(command, file, output),
    }
}

fn listing(page: &Page) -> String {
    if page.items.is_empty() {
        return "no merchants: tallystick merchant add --client-id ID --name NAME\n".to_owned();
    }
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|merchant| {
            [
                merchant.client_id.clone(),
                merchant.merchant_id.to_string(),
                merchant.client_identifier.to_string(),
                merchant.partner_code.clone(),
                merchant.name.clone(),
                merchant.created_at.to_string(),
                merchant.revoked_at.map(|at| at.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = table(["CLIENT ID", "MERCHANT", "CLIENT", "PARTNER", "NAME", "ADDED", "REVOKED"], &rows);
    if let Some(after) = page.next_after {
        text += &format!("there are more: --after {after}\n");
    }
    text
}

fn sheet(merchant: &Merchant) -> String {
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let lines = [
        ("client id", Some(merchant.client_id.clone())),
        ("merchant id", Some(merchant.merchant_id.to_string())),
        ("client", Some(merchant.client_identifier.to_string())),
        ("partner", Some(merchant.partner_code.clone())),
        ("name", Some(merchant.name.clone())),
        ("trust URL", merchant.trust_url.clone()),
        ("default language", Some(merchant.default_language.to_string())),
        (
            "password grant",
            Some(merchant.password_grant_note.clone().map_or_else(|| "no".to_owned(), |note| format!("yes: {note}"))),
        ),
        ("merchant override", Some(yes(merchant.merchant_override))),
        ("standard accounts", Some(yes(merchant.standard_accounts))),
        ("business accounts", Some(yes(merchant.business_accounts))),
        ("preauthorization", Some(yes(merchant.preauthorization))),
        ("lends on the book of", merchant.lender.clone()),
        ("added", Some(merchant.created_at.to_string())),
        ("changed", merchant.changed_at.map(|at| at.to_string())),
        ("revoked", merchant.revoked_at.map(|at| at.to_string())),
    ];
    lines
        .into_iter()
        .filter_map(|(what, value)| value.map(|value| format!("{what:<20} {}\n", output::value(&value))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_taken_and_nothing_else() {
        assert_eq!((yes_or_no("yes"), yes_or_no("no")), (Ok(true), Ok(false)));
        for wrong in ["", "true", "YES", "1"] {
            assert!(yes_or_no(wrong).is_err(), "{wrong}");
        }
    }
}
