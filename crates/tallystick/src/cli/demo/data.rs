//! What the demo shows: a partner with a portfolio of clients. Made once; a kept database is gone on with, as whoever uses it left it.

use domain::Faults;
use domain::agreement::{Agreement, AgreementDraft};
use domain::api_key::{AllowedNetworks, KeyKind, KeyState};
use domain::calendar::CalendarDate;
use domain::client::{ClientDraft, ContactDraft};
use domain::creditor::CreditorStatus;
use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};
use domain::merchant::{MerchantChange, MerchantDraft};
use service::api_key::{KeyError, Principal};
use service::client::Imported;
use service::creditor::{Condition, HistoryQuery};
use service::onboarding::OnboardingError;
use service::sms::Sms;
use service::{AdminError, Context, Core};

use super::accounts::DemoAccount;
use super::folders::Folders;
use super::{accounts, conversation, invoices};

use crate::cli::CommandError;
use crate::config::Settings;

/// The partner of the published examples.
pub(super) const PARTNER: &str = "QUICK3";
const PARTNER_NAME: &str = "Quick Software Oy";

/// The merchant of the published examples: `client_id` and name.
const MERCHANT: &str = "flexitidemo";
const MERCHANT_NAME: &str = "Flexiti Demo";

/// The account of every business: one of examples.
pub(super) const IBAN: &str = "FI2112345600000785";

/// An invented business; the check digit of its number is right.
pub(super) struct Business {
    name: &'static str,
    business_code: &'static str,
    postal_code: &'static str,
    town: &'static str,
    person: &'static str,
    /// System, identifier, first and last day. Not those of the published examples, which can be sent to the demo.
    agreements: &'static [(&'static str, &'static str, &'static str, Option<&'static str>)],
    /// Whether it has left: its credentials are revoked.
    has_left: bool,
}

impl Business {
    /// The Finnish one, which is made of the number of the business.
    pub(super) fn vat_number(&self) -> String {
        format!("FI{}", self.business_code.replace('-', ""))
    }
}

pub(super) const BUSINESSES: [Business; 5] = [
    Business {
        name: "Pihapuu Oy",
        business_code: "1234567-1",
        postal_code: "00100",
        town: "HELSINKI",
        person: "Aino Virtanen",
        agreements: &[
            ("WEBSHOP", "W-2025-17", "2025-01-01", Some("2025-12-31")),
            ("WEBSHOP", "W-2026-17", "2026-01-01", None),
        ],
        has_left: false,
    },
    Business {
        name: "Saaren Sähkö Oy",
        business_code: "2345678-0",
        postal_code: "33100",
        town: "TAMPERE",
        person: "Eero Niemi",
        agreements: &[("LEDGER", "40017", "2026-01-01", None), ("WEBSHOP", "W-2026-23", "2026-03-01", None)],
        has_left: false,
    },
    Business {
        name: "Kuusikon Kahvila Ky",
        business_code: "3456780-6",
        postal_code: "90100",
        town: "OULU",
        person: "Liisa Kuusi",
        agreements: &[],
        has_left: false,
    },
    Business {
        name: "Äyräpään Pyörä Oy",
        business_code: "4567890-7",
        postal_code: "20100",
        town: "TURKU",
        person: "Otso Laine",
        agreements: &[("LEDGER", "40023", "2026-06-01", None)],
        has_left: false,
    },
    Business {
        name: "Rantakiven Taksi Ky",
        business_code: "5678901-2",
        postal_code: "65100",
        town: "VAASA",
        person: "Maija Ranta",
        agreements: &[],
        has_left: true,
    },
];

/// What the demo has.
pub(super) struct Demo {
    pub(super) provisioning_token: String,
    pub(super) partner_key: String,
    pub(super) clients: Vec<DemoClient>,
    /// The messages on behalf of the first client, oldest first.
    pub(super) messages: Vec<Sms>,
    /// The numbers of the first client's invoices; none where they would reach somebody.
    pub(super) invoices: Vec<i64>,
    /// A number that the first client has for no invoice yet.
    pub(super) free_number: i64,
    /// The merchant; none where somebody has revoked it.
    pub(super) merchant: Option<DemoMerchant>,
    /// The day of this start.
    pub(super) today: CalendarDate,
}

/// A merchant of the point-of-sale API.
pub(super) struct DemoMerchant {
    pub(super) name: String,
    /// `merchant_id` of the API.
    pub(super) number: MerchantId,
    pub(super) client_id: String,
    pub(super) secret: String,
    /// Accounts on its book, one in each state.
    pub(super) accounts: Vec<DemoAccount>,
}

/// A client and its key; no key when all of them were revoked or superseded.
pub(super) struct DemoClient {
    pub(super) name: String,
    pub(super) client: ClientIdentifier,
    pub(super) status: CreditorStatus,
    pub(super) agreements: Vec<Agreement>,
    pub(super) key: Option<String>,
}

/// Makes what is not there yet, and finds the keys of what is.
pub(super) async fn prepare(core: &Core, settings: &Settings, folders: &Folders) -> Result<Demo, CommandError> {
    let context = crate::cli::session::operator();
    match core.add_partner(PARTNER, PARTNER_NAME, &AllowedNetworks::default(), &context).await {
        Ok(_) | Err(AdminError::Exists(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let partner = core.partner_of_code(PARTNER).await?;
    let provisioning_token = partner_key(core, &context, KeyKind::Provisioning).await?;
    let partner_key = partner_key(core, &context, KeyKind::Partner).await?;
    let mut clients = Vec::new();
    for business in &BUSINESSES {
        clients.push(client(core, business, (partner, &partner_key), &context).await?);
    }
    let messages = match clients.first() {
        Some(first) => conversation::prepare(core, settings, partner, first.client, &context).await?,
        None => Vec::new(),
    };
    let mut submitted = Vec::new();
    if folders.hold_all(settings) {
        for (at, client) in BUSINESSES.iter().enumerate().zip(&clients) {
            submitted.push(invoices::prepare(core, partner, at, client.client, &context).await?);
        }
    }
    let invoices = submitted.into_iter().next().unwrap_or_default();
    let free_number = match clients.first() {
        Some(first) => invoices::free_number(core, first.client).await?,
        None => 1,
    };
    let merchant = merchant(core, &context).await?;
    let today = CalendarDate::of(core.clock().now());
    Ok(Demo { provisioning_token, partner_key, clients, messages, invoices, free_number, merchant, today })
}

async fn merchant(core: &Core, context: &Context) -> Result<Option<DemoMerchant>, CommandError> {
    let settings = MerchantChange { name: Some(MERCHANT_NAME.to_owned()), ..MerchantChange::default() };
    let draft = MerchantDraft { client_id: MERCHANT.to_owned(), settings };
    match core.add_merchant(None, &draft, context).await {
        Ok(_) | Err(AdminError::Exists(_)) => {}
        // A vendor has the code of the operator's own partner.
        Err(AdminError::State(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let (merchant, secret) = core.reveal_merchant(MERCHANT, context).await?;
    let Some(secret) = secret else { return Ok(None) };
    let accounts = accounts::prepare(core, (merchant.partner, merchant.client_identifier), context).await?;
    Ok(Some(DemoMerchant {
        name: merchant.name,
        number: merchant.merchant_id,
        client_id: merchant.client_id,
        secret: secret.expose().to_text(),
        accounts,
    }))
}

async fn client(
    core: &Core,
    business: &Business,
    (partner, partner_key): (PartnerId, &str),
    context: &Context,
) -> Result<DemoClient, CommandError> {
    let client = match core.import_client(PARTNER, &draft(business), context).await {
        Ok(Imported::Created(created)) => created.client,
        Ok(Imported::AlreadyThere(client)) => client,
        Err(error) => return Err(refused(error)),
    };
    // Only what nobody has touched: somebody may have tried to change just this.
    let is_untouched = core.history_of(client, &HistoryQuery { limit: 1, cursor: None }).await?.changes.is_empty();
    if is_untouched && (business.has_left || !business.agreements.is_empty()) {
        let principal = core.authenticate(Some(partner_key), None).await.map_err(not_taken)?;
        if !business.agreements.is_empty() {
            agree(core, business, &principal, client, context).await?;
        }
        if business.has_left {
            core.revoke_credentials(&principal, client, context).await.map_err(AdminError::from)?;
        }
    }
    let creditor = core.creditor(partner, client).await.map_err(AdminError::from)?;
    let agreements = core.agreements(partner, client).await.map_err(AdminError::from)?.list;
    let key = active_key(core, context, KeyKind::Client, Some(client)).await?;
    Ok(DemoClient { name: business.name.to_owned(), client, status: creditor.status, agreements, key })
}

async fn agree(
    core: &Core,
    business: &Business,
    principal: &Principal,
    client: ClientIdentifier,
    context: &Context,
) -> Result<(), CommandError> {
    let (drafts, any) = (agreements(business), Condition::Any);
    let wanted = (&drafts[..], "agreements.", Faults::new());
    core.replace_agreements(principal, client, &any, wanted, context).await.map_err(AdminError::from)?;
    Ok(())
}

fn agreements(business: &Business) -> Vec<AgreementDraft> {
    let some = |text: &str| Some(text.to_owned());
    let drafts = business.agreements.iter().map(|(system, identifier, from, to)| AgreementDraft {
        system: some(system),
        identifier: some(identifier),
        valid_from: some(from),
        valid_to: to.map(str::to_owned),
    });
    drafts.collect()
}

pub(super) fn draft(business: &Business) -> ClientDraft {
    let text = |text: &str| Some(text.to_owned());
    ClientDraft {
        service_type: text("LIFECYCLE"),
        partner_code: text(PARTNER),
        name: text(business.name),
        business_code: text(business.business_code),
        vat_reg_nbr: Some(business.vat_number()),
        postal_address: text("Esimerkkikatu 1"),
        postal_code: text(business.postal_code),
        postal_district: text(business.town),
        country_code: text("FI"),
        email: text("laskut@example.fi"),
        language_code: text("FI"),
        currency_code: text("EUR"),
        iban_account: text(IBAN),
        primary: ContactDraft {
            name: text(business.person),
            email: text("yhteys@example.fi"),
            ..ContactDraft::default()
        },
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

/// The partner key was read from the database just now.
fn not_taken(error: KeyError) -> CommandError {
    match error {
        KeyError::Store(error) => error.into(),
        other => AdminError::State(format!("the partner key is not taken: {other}")).into(),
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
        for business in &BUSINESSES {
            let name = business.name;
            assert!(domain::client::check(&draft(business), domain::Environment::Production).is_ok(), "{name}");
            assert!(domain::agreement::check(&agreements(business), "").is_ok(), "{name}");
        }
    }
}
