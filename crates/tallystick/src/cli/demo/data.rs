//! What the demo shows: a partner and a few clients. Made once; a kept database is gone on with.

use domain::api_key::{AllowedNetworks, KeyKind, KeyState};
use domain::client::{ClientDraft, ContactDraft};
use domain::identifier::ClientIdentifier;
use service::client::Imported;
use service::onboarding::OnboardingError;
use service::{AdminError, Context, Core};

use crate::cli::CommandError;

/// The partner of the published examples.
pub(super) const PARTNER: &str = "QUICK3";
const PARTNER_NAME: &str = "Quick Software Oy";

/// Invented businesses; the check digits of their numbers are right.
const CLIENTS: [(&str, &str, &str, &str, &str); 3] = [
    ("Pihapuu Oy", "1234567-1", "00100", "HELSINKI", "Aino Virtanen"),
    ("Saaren Sähkö Oy", "2345678-0", "33100", "TAMPERE", "Eero Niemi"),
    ("Kuusikon Kahvila Ky", "3456780-6", "90100", "OULU", "Liisa Kuusi"),
];

/// The keys of the demo.
pub(super) struct Demo {
    pub(super) provisioning_token: String,
    pub(super) partner_key: String,
    pub(super) clients: Vec<DemoClient>,
}

/// A client and its key; no key when all of them were revoked or superseded.
pub(super) struct DemoClient {
    pub(super) name: String,
    pub(super) client: ClientIdentifier,
    pub(super) key: Option<String>,
}

/// Makes what is not there yet, and finds the keys of what is.
pub(super) async fn prepare(core: &Core) -> Result<Demo, CommandError> {
    let context = crate::cli::session::operator();
    match core.add_partner(PARTNER, PARTNER_NAME, &AllowedNetworks::default(), &context).await {
        Ok(_) | Err(AdminError::Exists(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut clients = Vec::new();
    for (name, business_code, postal_code, town, person) in CLIENTS {
        let draft = draft(name, business_code, postal_code, town, person);
        let client = match core.import_client(PARTNER, &draft, &context).await {
            Ok(Imported::Created(created)) => created.client,
            Ok(Imported::AlreadyThere(client)) => client,
            Err(error) => return Err(refused(error)),
        };
        let key = active_key(core, &context, KeyKind::Client, Some(client)).await?;
        clients.push(DemoClient { name: name.to_owned(), client, key });
    }
    Ok(Demo {
        provisioning_token: partner_key(core, &context, KeyKind::Provisioning).await?,
        partner_key: partner_key(core, &context, KeyKind::Partner).await?,
        clients,
    })
}

fn draft(name: &str, business_code: &str, postal_code: &str, town: &str, person: &str) -> ClientDraft {
    let text = |text: &str| Some(text.to_owned());
    ClientDraft {
        service_type: text("LIFECYCLE"),
        partner_code: text(PARTNER),
        name: text(name),
        business_code: text(business_code),
        postal_address: text("Esimerkkikatu 1"),
        postal_code: text(postal_code),
        postal_district: text(town),
        country_code: text("FI"),
        email: text("laskut@example.fi"),
        language_code: text("FI"),
        currency_code: text("EUR"),
        primary: ContactDraft { name: text(person), email: text("yhteys@example.fi"), ..ContactDraft::default() },
        ..ClientDraft::default()
    }
}

/// The partner's working key of this kind; a new one when none works any more.
async fn partner_key(core: &Core, context: &Context, kind: KeyKind) -> Result<String, CommandError> {
    match active_key(core, context, kind, None).await? {
        Some(key) => Ok(key),
        None => Ok(core.rotate_partner(PARTNER, kind, None, context).await?.value.expose().to_text()),
    }
}

/// The newest key of this kind that works.
async fn active_key(
    core: &Core,
    context: &Context,
    kind: KeyKind,
    client: Option<ClientIdentifier>,
) -> Result<Option<String>, CommandError> {
    let keys = core.list_keys(PARTNER, client).await?;
    let active = keys.iter().rev().find(|key| key.kind == kind && key.state == KeyState::Active);
    match active {
        Some(key) => Ok(core.show_key(key.id, true, context).await?.value.map(|value| value.expose().to_text())),
        None => Ok(None),
    }
}

/// The drafts follow the rules, so that only the database can refuse them.
fn refused(error: OnboardingError) -> CommandError {
    match error {
        OnboardingError::Store(error) => error.into(),
        OnboardingError::Invalid(faults) => AdminError::Invalid(faults).into(),
        other => AdminError::State(other.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_follow_the_rules_of_production_too() {
        for (name, business_code, postal_code, town, person) in CLIENTS {
            let draft = draft(name, business_code, postal_code, town, person);
            assert!(domain::client::check(&draft, domain::Environment::Production).is_ok(), "{name}");
        }
    }
}
