//! The row of a merchant, from and to what it is made of.

use domain::Timestamp;
use domain::creditor::CreditorStatus;
use domain::identifier::{MerchantId, PartnerId};
use domain::merchant::{MerchantSettings, TrustUrl};
use domain::reference_data::Lang;
use domain::service_type::ServiceType;
use store::StoreError;
use store::client::ClientRow;
use store::merchant::MerchantRow;

use crate::numbers::ClientNumbers;

/// The row of a client that becomes a merchant.
pub(crate) fn row_of(client: &ClientRow, merchant: MerchantId, settings: &MerchantSettings) -> MerchantRow {
    MerchantRow {
        partner: client.partner,
        client: client.client,
        merchant,
        name: settings.name.clone(),
        trust_url: settings.trust_url.as_ref().map(ToString::to_string),
        password_grant: settings.password_grant.clone(),
        default_language: settings.default_language.to_string(),
        merchant_override: i64::from(settings.merchant_override),
        created_at: client.created_at,
        changed_at: None,
        lender: None,
        standard_accounts: i64::from(settings.standard_accounts),
        business_accounts: i64::from(settings.business_accounts),
        preauthorization: i64::from(settings.preauthorization),
    }
}

/// What is kept of a merchant's settings. They were checked when they were set, and are not checked again: the rules may have changed since, as
/// they do where a database of a sandbox goes on in production.
pub(crate) fn settings_of(row: &MerchantRow) -> Result<MerchantSettings, StoreError> {
    Ok(MerchantSettings {
        name: row.name.clone(),
        trust_url: row.trust_url.clone().map(TrustUrl::of_stored),
        password_grant: row.password_grant.clone(),
        default_language: language_of(row)?,
        merchant_override: row.merchant_override != 0,
        standard_accounts: row.standard_accounts != 0,
        business_accounts: row.business_accounts != 0,
        preauthorization: row.preauthorization != 0,
    })
}

/// The language of a merchant.
pub(crate) fn language_of(row: &MerchantRow) -> Result<Lang, StoreError> {
    Lang::parse(&row.default_language).map_err(|error| StoreError::unreadable("merchant.default_language", error))
}

/// The client of a merchant of which nothing else is known. What a client has besides is empty until its partner gives it.
pub(crate) fn bare_client(
    partner: PartnerId,
    numbers: ClientNumbers,
    merchant: MerchantId,
    name: &str,
    now: Timestamp,
) -> ClientRow {
    ClientRow {
        partner,
        client: numbers.client,
        customer_code: numbers.customer_code,
        reference_prefix: numbers.reference_prefix,
        service_type: ServiceType::PosFinancing.as_str().to_owned(),
        name: name.to_owned(),
        // No business is known by it: it stands there because two clients of a partner never have the same.
        business_code: format!("merchant-{merchant}"),
        vat_number: None,
        postal_address: String::new(),
        postal_code: String::new(),
        postal_district: String::new(),
        country_code: "CA".to_owned(),
        telephone: None,
        email: String::new(),
        website: None,
        language_code: "EN".to_owned(),
        currency_code: "CAD".to_owned(),
        iban: None,
        bic: None,
        bankgiro: None,
        plusgiro: None,
        created_at: now,
        name_folded: domain::text::folded(name),
        status: CreditorStatus::Active.to_string(),
        // There is nobody to write to.
        expiry_notices: 0,
        sms_sender: None,
        version: 1,
        agreements_version: 1,
        changed_at: None,
    }
}

/// The names of the members that differ, for the audit trail; of what a program may do, with the value.
pub(crate) fn changed_members(from: &MerchantSettings, to: &MerchantSettings) -> Vec<String> {
    let mut changed = Vec::new();
    if from.name != to.name {
        changed.push("name".to_owned());
    }
    if from.trust_url != to.trust_url {
        changed.push(format!("trustUrl {}", to.trust_url.as_ref().map_or("none", TrustUrl::as_str)));
    }
    if from.password_grant != to.password_grant {
        changed.push(match &to.password_grant {
            Some(note) => format!("passwordGrant allowed: {note}"),
            None => "passwordGrant not allowed".to_owned(),
        });
    }
    if from.default_language != to.default_language {
        changed.push(format!("defaultLanguage {}", to.default_language));
    }
    if from.merchant_override != to.merchant_override {
        changed.push(format!("merchantOverride {}", to.merchant_override));
    }
    if from.standard_accounts != to.standard_accounts {
        changed.push(format!("standardAccounts {}", to.standard_accounts));
    }
    if from.business_accounts != to.business_accounts {
        changed.push(format!("businessAccounts {}", to.business_accounts));
    }
    if from.preauthorization != to.preauthorization {
        changed.push(format!("preauthorization {}", to.preauthorization));
    }
    changed
}
