//! From a draft to a client, with every fault told at once.

use crate::bic::Bic;
use crate::client::{ClientDraft, Contact, ContactDraft, ContactRole, NewClient};
use crate::country::CountryCode;
use crate::currency::CurrencyCode;
use crate::email::Email;
use crate::fault_code::CONTACT_CHANNEL_REQUIRED;
use crate::giro::{Bankgiro, Plusgiro};
use crate::iban::Iban;
use crate::language::LanguageCode;
use crate::postal_code::PostalCode;
use crate::report::{Member, Report, present};
use crate::service_type::ServiceType;
use crate::text::{self, LONGEST_LINE, LONGEST_PARTNER_CODE};
use crate::website::Website;
use crate::{Environment, Fault, Faults};

/// A draft in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The client.
    pub client: NewClient,
    /// The code of the partner that the client is to belong to, as sent. Whether it is the sender's is for the caller to see.
    pub partner_code: String,
    /// What would be a fault in production.
    pub warnings: Vec<Fault>,
}

/// Checks `draft` by the rules of `environment`: in sandbox, wrong check digits of the business code and the VAT number are warnings.
///
/// # Errors
/// Every fault of the draft, by the path of its member in the JSON body. A rule that depends on the country is left out when there
/// is none.
pub fn check(draft: &ClientDraft, environment: Environment) -> Result<Checked, Faults> {
    let (checked, report) = examine(draft, environment);
    checked.ok_or(report.faults)
}

/// Every fault of `draft`, and what would be one in production: for drafts that need not be complete.
#[must_use]
pub fn faults(draft: &ClientDraft, environment: Environment) -> (Faults, Vec<Fault>) {
    let (_, report) = examine(draft, environment);
    (report.faults, report.warnings.into_vec())
}

fn examine(draft: &ClientDraft, environment: Environment) -> (Option<Checked>, Report) {
    let mut report = Report::new(environment, text::check);
    // Read ahead of its turn, since rules of members before it depend on it.
    let country = present(&draft.country_code).and_then(|text| CountryCode::parse(text).ok());

    let service_type =
        report.required("service.type", "A client needs a service type", &draft.service_type, ServiceType::parse);
    let partner_code = report.needed(
        "service.partnerCode",
        "A client needs its partner's code",
        &draft.partner_code,
        LONGEST_PARTNER_CODE,
    );
    let name = report.needed("client.name", "A client needs a name", &draft.name, LONGEST_LINE);
    report.given("client.businessCode", "A client needs a business code", &draft.business_code);
    let business_code = report.business_code("client.businessCode", &draft.business_code, country.as_slice());
    let vat_reg_nbr = report.vat_number("client.vatRegNbr", &draft.vat_reg_nbr);
    let postal_address =
        report.needed("client.postalAddress", "A client needs a postal address", &draft.postal_address, LONGEST_LINE);
    report.given("client.postalCode", "A client needs a postal code", &draft.postal_code);
    let postal_code = country.and_then(|country| {
        report.optional("client.postalCode", &draft.postal_code, |text| PostalCode::parse(text, country))
    });
    let postal_district = report.needed(
        "client.postalDistrict",
        "A client needs a postal district",
        &draft.postal_district,
        LONGEST_LINE,
    );
    let country_code =
        report.required("client.countryCode", "A client needs a country", &draft.country_code, CountryCode::parse);
    let telephone = report.telephone("client.telephone", &draft.telephone, country);
    let email = report.required("client.email", "A client needs an e-mail address", &draft.email, Email::parse);
    let website = report.optional("client.website", &draft.website, Website::parse);
    let language_code =
        report.required("client.languageCode", "A client needs a language", &draft.language_code, LanguageCode::parse);
    let currency_code =
        report.required("client.currencyCode", "A client needs a currency", &draft.currency_code, CurrencyCode::parse);
    let iban_account = report.optional("client.ibanAccount", &draft.iban_account, Iban::parse);
    let bic = report.optional("client.bic", &draft.bic, Bic::parse);
    let bankgiro = report.optional("client.bankgiro", &draft.bankgiro, Bankgiro::parse);
    let plusgiro = report.optional("client.plusgiro", &draft.plusgiro, Plusgiro::parse);
    let contacts = ContactRole::ALL
        .into_iter()
        .filter_map(|role| contact(role, draft.contact(role), country, &mut report))
        .collect();

    if !report.faults.is_empty() {
        return (None, report);
    }
    // Each of these is there: an absent one is a fault.
    let assembled = (|| {
        Some(Checked {
            client: NewClient {
                service_type: service_type?,
                name: name?,
                business_code: business_code?,
                vat_reg_nbr,
                postal_address: postal_address?,
                postal_code: postal_code?,
                postal_district: postal_district?,
                country_code: country_code?,
                telephone,
                email: email?,
                website,
                language_code: language_code?,
                currency_code: currency_code?,
                iban_account,
                bic,
                bankgiro,
                plusgiro,
                contacts,
            },
            partner_code: partner_code?,
            warnings: report.warnings.as_slice().to_vec(),
        })
    })();
    (assembled, report)
}

/// The path of a contact, and what is said where its name is missing.
const fn words(role: ContactRole) -> (&'static str, &'static str) {
    match role {
        ContactRole::Primary => ("contacts.primary", "A primary contact needs a name"),
        ContactRole::Technical => {
            ("contacts.technical", "A technical contact needs a name: give one or leave all its members empty")
        }
        ContactRole::Accountant => {
            ("contacts.accountant", "An accountant needs a name: give one or leave all its members empty")
        }
    }
}

fn contact(
    role: ContactRole,
    draft: &ContactDraft,
    country: Option<CountryCode>,
    report: &mut Report,
) -> Option<Contact> {
    let (path, name_missing) = words(role);
    let at = |member| Member(path, member);
    let reachable = [&draft.telephone, &draft.mobile, &draft.email].into_iter().any(|member| present(member).is_some());
    let primary = role == ContactRole::Primary;
    if !primary && !reachable && present(&draft.name).is_none() {
        return None;
    }
    if primary && !reachable {
        report.add(
            path,
            CONTACT_CHANNEL_REQUIRED,
            "A primary contact needs an email, a mobile or a telephone: give one of them",
        );
    }
    let name = report.needed(at("name"), name_missing, &draft.name, LONGEST_LINE);
    let telephone = report.telephone(at("telephone"), &draft.telephone, country);
    let mobile = report.telephone(at("mobile"), &draft.mobile, country);
    let email = report.optional(at("email"), &draft.email, Email::parse);
    Some(Contact { role, name: name?, telephone, mobile, email })
}
