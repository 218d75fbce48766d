//! `tallystick client`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::identifier::ClientIdentifier;
use serde::Serialize;
use service::client::ClientDetails;

use super::output::{self, table};
use super::{CommandError, Essentials, Output, Session, import};

/// Clients: list, show, import
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List clients by their number
    #[command(after_help = "Example:\n  tallystick client list --partner QUICK3 --limit 20")]
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
    /// Show one client with its contacts
    Show {
        /// Its client identifier
        client: i64,
        #[command(flatten)]
        essentials: Essentials,
    },
    Import(import::Args),
}

/// What `client list` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<ClientDetails>,
    next_after: Option<ClientIdentifier>,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { partner, after, limit, essentials } => Session::run(essentials, file, async |session| {
            // One more than asked for tells whether there is more.
            let after = after.map(ClientIdentifier);
            let mut items = session.core.list_clients(partner.as_deref(), after, limit + 1).await?;
            let there_is_more = items.len() > limit as usize;
            items.truncate(limit as usize);
            let next_after = items.last().filter(|_| there_is_more).map(|client| client.client_identifier);
            let page = Page { items, next_after };
            output.answer(&page, || listing(&page))
        }),
        Command::Show { client, essentials } => Session::run(essentials, file, async |session| {
            let client = session.core.show_client(ClientIdentifier(client)).await?;
            output.answer(&client, || sheet(&client))
        }),
        Command::Import(args) => import::run(args, file, output),
    }
}

fn listing(page: &Page) -> String {
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|client| {
            [
                client.client_identifier.to_string(),
                client.partner_code.clone(),
                client.country_code.clone(),
                client.business_code.clone(),
                client.name.clone(),
                client.created_at.to_string(),
            ]
        })
        .collect();
    let mut text = table(["CLIENT", "PARTNER", "COUNTRY", "BUSINESS CODE", "NAME", "CREATED"], &rows);
    if let Some(after) = page.next_after {
        text += &format!("there are more: --after {after}\n");
    }
    text
}

fn sheet(client: &ClientDetails) -> String {
    let own = [
        ("client", Some(client.client_identifier.to_string())),
        ("partner", Some(client.partner_code.clone())),
        ("customer code", Some(client.confirma_finance_customer_code.to_string())),
        ("reference prefix", Some(client.payment_reference_prefix.to_string())),
        ("service", Some(client.service_type.clone())),
        ("name", Some(client.name.clone())),
        ("business code", Some(client.business_code.clone())),
        ("VAT number", client.vat_reg_nbr.clone()),
        ("address", Some(client.postal_address.clone())),
        ("", Some(format!("{} {} {}", client.postal_code, client.postal_district, client.country_code))),
        ("telephone", client.telephone.clone()),
        ("e-mail", Some(client.email.clone())),
        ("website", client.website.clone()),
        ("language", Some(client.language_code.clone())),
        ("currency", Some(client.currency_code.clone())),
        ("IBAN", client.iban_account.clone()),
        ("BIC", client.bic.clone()),
        ("bankgiro", client.bankgiro.clone()),
        ("plusgiro", client.plusgiro.clone()),
        ("created", Some(client.created_at.to_string())),
    ];
    let contacts = client.contacts.iter().map(|contact| {
        let ways = [&contact.email, &contact.mobile, &contact.telephone].into_iter().flatten();
        let ways = ways.map(String::as_str).collect::<Vec<_>>().join(", ");
        (contact.role.as_str(), Some(format!("{}, {ways}", contact.name)))
    });
    own.into_iter()
        .chain(contacts)
        .filter_map(|(what, value)| value.map(|value| format!("{what:<17} {}\n", output::value(&value))))
        .collect()
}
