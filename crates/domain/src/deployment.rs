//! Requests of manual onboarding: a client whose data is not complete yet, and who completes the onboarding (the contract's "Manual
//! onboarding").

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::{self, ClientDraft};
use crate::email::Email;
use crate::fault_code::{Coded, REQUIRED};
use crate::text::{self, LONGEST_LINE};
use crate::{Environment, Fault, Faults};

/// The most characters of the reason of a rejection.
pub const LONGEST_REASON: usize = 1000;

/// A request as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentDraft {
    /// The client. Of what `POST /client` needs, [`MAY_FOLLOW`] may be missing.
    pub client: ClientDraft,
    /// The accounting system, when there is one.
    pub accounting_system: Option<String>,
    /// The name of the person who completes the onboarding, and gets the credentials.
    pub responsible_name: Option<String>,
    /// That person's e-mail address.
    pub responsible_email: Option<String>,
}

/// A request that follows every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedDeployment {
    /// The client, as sent but for white space around each member; a blank one is `None`.
    pub client: ClientDraft,
    /// The accounting system, likewise.
    pub accounting_system: Option<String>,
    /// The name of the person who completes the onboarding, likewise.
    pub responsible_name: String,
    /// That person's e-mail address.
    pub responsible_email: Email,
    /// What would be a fault in production.
    pub warnings: Vec<Fault>,
}

/// What a request may leave to its approval, though a client needs it.
pub const MAY_FOLLOW: [&str; 7] = [
    "service.partnerCode",
    "client.postalAddress",
    "client.postalCode",
    "client.postalDistrict",
    "client.email",
    "client.languageCode",
    "client.currencyCode",
];

/// Checks `draft` by the rules of `environment`.
///
/// # Errors
/// Every fault, by the path of its member in the JSON body.
pub fn check(draft: &DeploymentDraft, environment: Environment) -> Result<CheckedDeployment, Faults> {
    // What is kept is what is checked.
    let client = merged(&draft.client, &ClientDraft::default());
    let (found, warnings) = client::faults(&client, environment);
    let mut faults = Faults::new();
    let is_left_open = |fault: &Fault| fault.code == REQUIRED && MAY_FOLLOW.contains(&&*fault.field);
    faults.extend(found.into_vec().into_iter().filter(|fault| !is_left_open(fault)));
    // Codes and accounts may have any number of spaces inside, and a request keeps them as sent: so they have an end here.
    for (field, member) in [
        ("client.businessCode", &client.business_code),
        ("client.ibanAccount", &client.iban_account),
        ("client.bankgiro", &client.bankgiro),
        ("client.plusgiro", &client.plusgiro),
    ] {
        if let Some(text) = member {
            line(field, text, &mut faults);
        }
    }
    let accounting_system = present(&draft.accounting_system);
    if let Some(text) = accounting_system {
        line("accountingSystem", text, &mut faults);
    }
    let name = present(&draft.responsible_name);
    match name {
        Some(text) => line("responsible.name", text, &mut faults),
        None => faults.add("responsible.name", REQUIRED, "Say who completes the onboarding: a name"),
    }
    let email = match present(&draft.responsible_email).map(Email::parse) {
        Some(Ok(email)) => Some(email),
        Some(Err(fault)) => {
            faults.add("responsible.email", fault.code(), fault.to_string());
            None
        }
        None => {
            faults.add(
                "responsible.email",
                REQUIRED,
                "Say where the credentials go: the e-mail address of that person",
            );
            None
        }
    };
    match (name, email) {
        (Some(name), Some(responsible_email)) if faults.is_empty() => Ok(CheckedDeployment {
            client,
            accounting_system: accounting_system.map(str::to_owned),
            responsible_name: name.to_owned(),
            responsible_email,
            warnings,
        }),
        _ => Err(faults),
    }
}

/// Checks the reason of a rejection.
///
/// # Errors
/// What is wrong with it.
pub fn check_reason(reason: &str) -> Result<(), Faults> {
    let mut faults = Faults::new();
    if text::is_blank(reason) {
        faults.add("reason", REQUIRED, "Say why the request is rejected: the person who asked reads it");
    } else if let Err(fault) = text::check(reason, LONGEST_REASON) {
        faults.add("reason", fault.code(), fault.to_string());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The text of a member without white space around it, unless it is blank.
fn present(member: &Option<String>) -> Option<&str> {
    member.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn line(field: &'static str, text: &str, faults: &mut Faults) {
    if let Err(fault) = text::check(text, LONGEST_LINE) {
        faults.add(field, fault.code(), fault.to_string());
    }
}

/// How far a request has come. The last two never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeploymentState {
    /// It waits for the operator.
    Received,
    /// The client was created.
    Approved,
    /// There will be no client, for the reason that is kept with it.
    Rejected,
}

impl DeploymentState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Received, Self::Approved, Self::Rejected];

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }

    /// Reads the name used on the wire.
    ///
    /// # Errors
    /// A sentence that names what there is, for any other text.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no state of a deployment request: use RECEIVED, APPROVED or REJECTED"))
    }
}

impl fmt::Display for DeploymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What of `over` is there, and of `under` what it leaves open; without white space around it.
#[must_use]
pub fn merged(over: &ClientDraft, under: &ClientDraft) -> ClientDraft {
    fn pick(over: &Option<String>, under: &Option<String>) -> Option<String> {
        present(over).or_else(|| present(under)).map(str::to_owned)
    }
    macro_rules! merge {
        ($kind:ident { $($member:ident),* $(,)? }, $over:expr, $under:expr $(, $rest:ident: $value:expr)*) => {
            $kind { $($member: pick(&$over.$member, &$under.$member),)* $($rest: $value),* }
        };
    }
    let contact = |over: &client::ContactDraft, under: &client::ContactDraft| {
        use client::ContactDraft;
        merge!(ContactDraft { name, telephone, mobile, email }, over, under)
    };
    merge!(
        ClientDraft {
            service_type,
            partner_code,
            name,
            business_code,
            vat_reg_nbr,
            postal_address,
            postal_code,
            postal_district,
            country_code,
            telephone,
            email,
            website,
            language_code,
            currency_code,
            iban_account,
            bic,
            bankgiro,
            plusgiro,
        },
        over,
        under,
        primary: contact(&over.primary, &under.primary),
        technical: contact(&over.technical, &under.technical),
        accountant: contact(&over.accountant, &under.accountant)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::ContactDraft;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn least() -> DeploymentDraft {
        DeploymentDraft {
            client: ClientDraft {
                service_type: some("LIFECYCLE"),
                name: some("Test Customer Oy"),
                business_code: some("123456-7"),
                country_code: some("FI"),
                primary: ContactDraft { name: some("M"), email: some("m@example.fi"), ..ContactDraft::default() },
                ..ClientDraft::default()
            },
            accounting_system: None,
            responsible_name: some("R"),
            responsible_email: some(" r@example.fi "),
        }
    }

    fn fields(draft: &DeploymentDraft) -> Vec<(String, String)> {
        let faults = check(draft, Environment::Sandbox).err().unwrap_or_default().into_vec();
        faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    #[test]
    fn what_a_client_needs_may_follow() {
        let checked = check(&least(), Environment::Sandbox).unwrap();
        assert_eq!(checked.responsible_email.as_str(), "r@example.fi");
        assert_eq!(checked.warnings.len(), 1, "{:?}", checked.warnings);
        assert_eq!(checked.warnings[0].code, "business_code_check_digit");
        let refused = check(&least(), Environment::Production).unwrap_err().into_vec();
        assert_eq!(refused[0].code, "business_code_check_digit");
    }

    #[test]
    fn what_is_kept_has_no_white_space_around_it_and_an_end() {
        let mut draft = least();
        let padded = |text: &str| Some(format!("{text}{}", " ".repeat(60_000)));
        draft.client.business_code = padded("123456-7");
        draft.client.telephone = padded("");
        draft.client.primary.name = padded("M");
        draft.accounting_system = padded(" ");
        draft.responsible_name = padded("R");
        let checked = check(&draft, Environment::Sandbox).unwrap();
        assert_eq!(
            (checked.client, checked.accounting_system, &*checked.responsible_name),
            (least().client, None, "R")
        );
        draft.client.business_code = Some(format!("123{}456-7", " ".repeat(60_000)));
        draft.client.iban_account = Some(format!("FI21{}12345600000785", " ".repeat(60_000)));
        let long = |field: &str| (field.to_owned(), "too_long".to_owned());
        assert_eq!(fields(&draft), [long("client.businessCode"), long("client.ibanAccount")]);
    }

    #[test]
    fn what_is_there_is_checked_and_all_faults_are_told_at_once() {
        let mut draft = DeploymentDraft::default();
        draft.client.iban_account = some("FI2112345600000786");
        draft.client.email = some("no address");
        draft.accounting_system = some("a\0");
        draft.responsible_email = some("nobody");
        let expected = [
            ("service.type", "required"),
            ("client.name", "required"),
            ("client.businessCode", "required"),
            ("client.countryCode", "required"),
            ("client.email", "email_format"),
            ("client.ibanAccount", "iban_check_digits"),
            ("contacts.primary", "contact_channel_required"),
            ("contacts.primary.name", "required"),
            ("accountingSystem", "nul_character"),
            ("responsible.name", "required"),
            ("responsible.email", "email_format"),
        ];
        assert_eq!(fields(&draft), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    #[test]
    fn a_reason_is_needed_and_has_an_end() {
        assert!(check_reason("No contract yet").is_ok());
        assert_eq!(check_reason(" ").unwrap_err().as_slice()[0].code, "required");
        assert_eq!(check_reason(&"a".repeat(1001)).unwrap_err().as_slice()[0].code, "too_long");
    }

    #[test]
    fn states_are_read_as_they_are_shown() {
        for state in DeploymentState::ALL {
            assert_eq!(DeploymentState::parse(&state.to_string()), Ok(state));
        }
        assert!(DeploymentState::parse("received").is_err());
    }

    proptest! {
        #[test]
        fn merging_takes_what_is_above_where_it_is_there(over in "[a ]{0,3}", under in "[b ]{0,3}") {
            let one = ClientDraft { name: Some(over.clone()), ..ClientDraft::default() };
            let other = ClientDraft { name: Some(under.clone()), bic: Some("B".into()), ..ClientDraft::default() };
            let both = merged(&one, &other);
            let expected = [over, under].iter().map(|text| text.trim().to_owned()).find(|text| !text.is_empty());
            prop_assert_eq!(both.name, expected);
            prop_assert_eq!(both.bic.as_deref(), Some("B"));
        }
    }
}
