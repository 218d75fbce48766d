//! From a draft to a client, with every fault told at once.

use crate::bic::Bic;
use crate::business_code::{BusinessCode, BusinessCodeFault};
use crate::client::{ClientDraft, Contact, ContactDraft, ContactRole, NewClient};
use crate::country::CountryCode;
use crate::currency::CurrencyCode;
use crate::email::Email;
use crate::fault_code::{CONTACT_CHANNEL_REQUIRED, Coded, REQUIRED};
use crate::giro::{Bankgiro, Plusgiro};
use crate::iban::Iban;
use crate::language::LanguageCode;
use crate::postal_code::PostalCode;
use crate::service_type::ServiceType;
use crate::telephone::{Telephone, TelephoneFault};
use crate::text::{self, LONGEST_LINE, LONGEST_PARTNER_CODE};
use crate::vat_number::{VatNumber, VatNumberFault};
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
    let mut report = Report { faults: Faults::new(), warnings: Faults::new(), environment };
    // Read ahead of its turn, since rules of members before it depend on it.
    let country = present(&draft.country_code).and_then(|text| CountryCode::parse(text.trim()).ok());

    let service_type =
        report.required("service.type", "A client needs a service type", &draft.service_type, ServiceType::parse);
    let partner_code = report.line(
        "service.partnerCode",
        "A client needs its partner's code",
        &draft.partner_code,
        LONGEST_PARTNER_CODE,
    );
    let name = report.line("client.name", "A client needs a name", &draft.name, LONGEST_LINE);
    let business_code = report.business_code(&draft.business_code, country);
    let vat_reg_nbr = report.vat_number(&draft.vat_reg_nbr);
    let postal_address =
        report.line("client.postalAddress", "A client needs a postal address", &draft.postal_address, LONGEST_LINE);
    let postal_code = report.postal_code(&draft.postal_code, country);
    let postal_district =
        report.line("client.postalDistrict", "A client needs a postal district", &draft.postal_district, LONGEST_LINE);
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
    let contacts =
        ContactRole::ALL.into_iter().filter_map(|role| report.contact(role, draft.contact(role), country)).collect();

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

/// The text of a member, unless it is blank.
fn present(member: &Option<String>) -> Option<&str> {
    member.as_deref().filter(|text| !text::is_blank(text))
}

/// The paths of the members of a contact.
struct ContactPaths {
    this: &'static str,
    name: &'static str,
    telephone: &'static str,
    mobile: &'static str,
    email: &'static str,
    name_missing: &'static str,
}

macro_rules! contact_paths {
    ($role:literal, $name_missing:literal) => {
        ContactPaths {
            this: concat!("contacts.", $role),
            name: concat!("contacts.", $role, ".name"),
            telephone: concat!("contacts.", $role, ".telephone"),
            mobile: concat!("contacts.", $role, ".mobile"),
            email: concat!("contacts.", $role, ".email"),
            name_missing: $name_missing,
        }
    };
}

const fn contact_paths(role: ContactRole) -> ContactPaths {
    match role {
        ContactRole::Primary => contact_paths!("primary", "A primary contact needs a name"),
        ContactRole::Technical => {
            contact_paths!("technical", "A technical contact needs a name: give one or leave all its members empty")
        }
        ContactRole::Accountant => {
            contact_paths!("accountant", "An accountant needs a name: give one or leave all its members empty")
        }
    }
}

/// What has been found so far.
struct Report {
    faults: Faults,
    warnings: Faults,
    environment: Environment,
}

impl Report {
    fn fault(&mut self, field: &'static str, fault: &impl Coded) {
        self.faults.add(field, fault.code(), fault.to_string());
    }

    /// A wrong check digit: a fault in production, a warning in sandbox, where `value` is taken all the same.
    fn check_digit<T>(&mut self, field: &'static str, fault: &impl Coded, value: T) -> Option<T> {
        match self.environment {
            Environment::Production => {
                self.fault(field, fault);
                None
            }
            Environment::Sandbox => {
                self.warnings.add(field, fault.code(), fault.to_string());
                Some(value)
            }
        }
    }

    /// A text that must be there, or its fault.
    fn needed<'a>(
        &mut self,
        field: &'static str,
        missing: &'static str,
        member: &'a Option<String>,
    ) -> Option<&'a str> {
        let text = present(member);
        if text.is_none() {
            self.faults.add(field, REQUIRED, missing);
        }
        text
    }

    /// The value of a text of some form, or its fault. White space around it does not count.
    fn read<T, E: Coded>(
        &mut self,
        field: &'static str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(text.trim()).map_err(|fault| self.fault(field, &fault)).ok()
    }

    fn required<T, E: Coded>(
        &mut self,
        field: &'static str,
        missing: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.needed(field, missing, member)?;
        self.read(field, text, parse)
    }

    fn optional<T, E: Coded>(
        &mut self,
        field: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.read(field, present(member)?, parse)
    }

    /// A free text that must be there, kept exactly as sent.
    fn line(
        &mut self,
        field: &'static str,
        missing: &'static str,
        member: &Option<String>,
        most: usize,
    ) -> Option<String> {
        let text = self.needed(field, missing, member)?;
        text::check(text, most).map_err(|fault| self.fault(field, &fault)).ok()?;
        Some(text.to_owned())
    }

    fn business_code(&mut self, member: &Option<String>, country: Option<CountryCode>) -> Option<BusinessCode> {
        const FIELD: &str = "client.businessCode";
        let text = self.needed(FIELD, "A client needs a business code", member)?;
        match BusinessCode::parse(text.trim(), country?) {
            Ok(code) => Some(code),
            Err(ref fault @ BusinessCodeFault::CheckDigit { ref code }) => self.check_digit(FIELD, fault, code.clone()),
            Err(fault) => {
                self.fault(FIELD, &fault);
                None
            }
        }
    }

    fn vat_number(&mut self, member: &Option<String>) -> Option<VatNumber> {
        const FIELD: &str = "client.vatRegNbr";
        match VatNumber::parse(present(member)?.trim()) {
            Ok(number) => Some(number),
            Err(ref fault @ VatNumberFault::CheckDigits { ref number }) => {
                self.check_digit(FIELD, fault, number.clone())
            }
            Err(fault) => {
                self.fault(FIELD, &fault);
                None
            }
        }
    }

    fn postal_code(&mut self, member: &Option<String>, country: Option<CountryCode>) -> Option<PostalCode> {
        const FIELD: &str = "client.postalCode";
        let text = self.needed(FIELD, "A client needs a postal code", member)?;
        let country = country?;
        self.read(FIELD, text, |text| PostalCode::parse(text, country))
    }

    fn telephone(
        &mut self,
        field: &'static str,
        member: &Option<String>,
        country: Option<CountryCode>,
    ) -> Option<Telephone> {
        match Telephone::parse(present(member)?.trim(), country) {
            // That the country is missing or wrong has a fault of its own.
            Err(TelephoneFault::NoCountry) => None,
            Err(fault) => {
                self.fault(field, &fault);
                None
            }
            Ok(number) => Some(number),
        }
    }

    fn contact(&mut self, role: ContactRole, draft: &ContactDraft, country: Option<CountryCode>) -> Option<Contact> {
        let paths = contact_paths(role);
        let reachable =
            [&draft.telephone, &draft.mobile, &draft.email].into_iter().any(|member| present(member).is_some());
        let primary = role == ContactRole::Primary;
        if !primary && !reachable && present(&draft.name).is_none() {
            return None;
        }
        if primary && !reachable {
            self.faults.add(
                paths.this,
                CONTACT_CHANNEL_REQUIRED,
                "A primary contact needs an email, a mobile or a telephone: give one of them",
            );
        }
        let name = self.line(paths.name, paths.name_missing, &draft.name, LONGEST_LINE);
        let telephone = self.telephone(paths.telephone, &draft.telephone, country);
        let mobile = self.telephone(paths.mobile, &draft.mobile, country);
        let email = self.optional(paths.email, &draft.email, Email::parse);
        Some(Contact { role, name: name?, telephone, mobile, email })
    }
}
