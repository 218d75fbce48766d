//! `tallystick merchant location`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::merchant::LocationDraft;
use service::merchant_location::MerchantLocation;

use super::output::{self, Items, table};
use super::{CommandError, Essentials, Output, Session};

/// Locations of a merchant: add, list, remove
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a location under the merchant's own identifier
    #[command(
        after_help = "Example:\n  tallystick merchant location add flexitidemo STORE-1 --name 'Queen Street' --province ON"
    )]
    Add {
        /// The merchant's client id
        client_id: String,
        /// How the merchant calls it: external_location_id of the POS API
        location: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Its province, by its postal abbreviation
        #[arg(long)]
        province: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// List the locations of a merchant
    List {
        /// The merchant's client id
        client_id: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Remove a location that no user belongs to
    Remove {
        /// The merchant's client id
        client_id: String,
        /// How the merchant calls it
        location: String,
        #[command(flatten)]
        essentials: Essentials,
    },
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Add { client_id, location, name, province, essentials } => {
            Session::run(essentials, file, async |session| {
                let draft = LocationDraft { id: location, name, province };
                let added = session.core.add_merchant_location(&client_id, &draft, &session.context).await?;
                output.answer(&added, || format!("location {} is added\n", output::value(&added.location_id)))
            })
        }
        Command::List { client_id, essentials } => Session::run(essentials, file, async |session| {
            let items = Items { items: session.core.list_merchant_locations(&client_id).await? };
            output.answer(&items, || listing(&client_id, &items.items))
        }),
        Command::Remove { client_id, location, essentials } => Session::run(essentials, file, async |session| {
            session.core.remove_merchant_location(&client_id, &location, &session.context).await?;
            let answer = serde_json::json!({ "locationId": location, "removed": true });
            output.answer(&answer, || format!("location {} is removed\n", output::value(&location)))
        }),
    }
}

fn listing(client_id: &str, locations: &[MerchantLocation]) -> String {
    if locations.is_empty() {
        let id = output::value(client_id);
        return format!("no locations yet: tallystick merchant location add {id} ID --name NAME --province PROVINCE\n");
    }
    let rows: Vec<_> = locations
        .iter()
        .map(|location| {
            [
                location.location_id.clone(),
                location.province.clone(),
                location.name.clone(),
                location.created_at.to_string(),
            ]
        })
        .collect();
    table(["LOCATION", "PROVINCE", "NAME", "ADDED"], &rows)
}
