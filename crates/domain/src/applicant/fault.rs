//! What is wrong with an applicant, in words of both languages. The texts are in `en.json` and `fr.json` beside this file.

use std::fmt;
use std::sync::LazyLock;

use super::ApplicantDraft;
use crate::reference_data::{Entry, GovernmentDocument, GroupKey, Issuer, Lang, Province, ReferenceData};
use crate::terms::TermsVersion;

/// Parameters whose value is repeated to nobody: secrets and government numbers.
const WITHHELD: [&str; 2] = ["security_answer", "govid_number"];

/// The most characters of a value that are repeated.
const LONGEST_VALUE: usize = 100;

/// What is wrong with a parameter, or how it is to be mended. A person reads it as [`Message::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// It is missing.
    Required,
    /// It is missing, and the occupation needs it.
    RequiredForOccupation,
    /// It is of another type than a text.
    NotText,
    /// It is of another type than a number, or a text of one.
    NotNumber,
    /// It is neither true nor false.
    NotBoolean,
    /// It is there more than once.
    Twice,
    /// A member that is no parameter is there more than once.
    MemberTwice,
    /// It has too many characters.
    TooLong {
        /// The most characters.
        most: usize,
    },
    /// It has too few characters.
    TooShort {
        /// The fewest characters.
        least: usize,
    },
    /// It has a control character.
    ControlCharacter,
    /// It has no letter, as a name has.
    NoLetter,
    /// It is no date, or not one in the past.
    PastDate,
    /// It is no day of birth of anybody who lives.
    TooLongAgo {
        /// The most years.
        years: u8,
    },
    /// The applicant is under age.
    UnderAge {
        /// The province whose age of majority counts.
        province: Province,
    },
    /// It is no date, or not one in the future.
    FutureDate,
    /// It is no e-mail address.
    Email,
    /// It is no telephone number of ten digits.
    PhoneNumber,
    /// It is no postal code.
    PostalCode,
    /// It is a postal code of another province.
    PostalCodeProvince {
        /// The province that was given.
        province: Province,
    },
    /// It is no code of a group of the reference data.
    Choice {
        /// The group.
        group: GroupKey,
    },
    /// It does not issue documents of this type.
    Issuer {
        /// The document.
        document: GovernmentDocument,
    },
    /// It does not fit what an earlier call of the flow said of another parameter, which is not repeated.
    NotAsBefore {
        /// The other parameter.
        param: &'static str,
    },
    /// It is no amount.
    Amount,
    /// It is an amount below zero, or too large.
    AmountRange {
        /// The largest amount, in whole dollars.
        most: u32,
    },
    /// It is no number of a document.
    GovidNumber,
    /// It is no language.
    Language,
    /// It is no type of account.
    AccountType,
    /// The terms were not accepted.
    TermsNotAccepted,
    /// It is not the version of the terms that is in force.
    TermsVersion {
        /// The version in force, where the province is known.
        version: Option<TermsVersion>,
    },
    /// It is no GUID.
    Guid,
    /// It is no identifier that a merchant's location can have.
    LocationId {
        /// The most characters.
        most: usize,
    },
}

static ENGLISH: LazyLock<Entry> = LazyLock::new(|| read(include_str!("en.json")));
static FRENCH: LazyLock<Entry> = LazyLock::new(|| read(include_str!("fr.json")));

fn read(text: &str) -> Entry {
    Entry::from_json(text).expect("the texts are part of the program, and a test reads them")
}

impl Message {
    /// The identifier: stable, in snake case, the key of the texts.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::RequiredForOccupation => "required_for_occupation",
            Self::NotText => "not_text",
            Self::NotNumber => "not_number",
            Self::NotBoolean => "not_boolean",
            Self::Twice => "twice",
            Self::MemberTwice => "member_twice",
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::ControlCharacter => "control_character",
            Self::NoLetter => "no_letter",
            Self::PastDate => "past_date",
            Self::TooLongAgo { .. } => "too_long_ago",
            Self::UnderAge { .. } => "under_age",
            Self::FutureDate => "future_date",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::PostalCode => "postal_code",
            Self::PostalCodeProvince { .. } => "postal_code_province",
            Self::Choice { .. } => "choice",
            Self::Issuer { .. } => "issuer",
            Self::NotAsBefore { .. } => "not_as_before",
            Self::Amount => "amount",
            Self::AmountRange { .. } => "amount_range",
            Self::GovidNumber => "govid_number",
            Self::Language => "language",
            Self::AccountType => "account_type",
            Self::TermsNotAccepted => "terms_not_accepted",
            Self::TermsVersion { version: Some(_) } => "terms_version",
            Self::TermsVersion { version: None } => "terms_version_unknown",
            Self::Guid => "guid",
            Self::LocationId { .. } => "location_id",
        }
    }

    /// The other parameter whose value the text tells.
    const fn tells_of(&self) -> Option<&'static str> {
        match self {
            Self::UnderAge { .. } | Self::PostalCodeProvince { .. } | Self::TermsVersion { version: Some(_) } => {
                Some("province")
            }
            Self::Issuer { .. } => Some("govid_type"),
            _ => None,
        }
    }

    /// What stands in the text for each name in braces.
    pub(super) fn parameters(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let name = |province: Province| {
            let label = ReferenceData::get().label(GroupKey::Provinces, province.as_str(), lang);
            label.unwrap_or(province.as_str()).to_owned()
        };
        match self {
            Self::TooLong { most } | Self::LocationId { most } => vec![("most", most.to_string())],
            Self::TooShort { least } => vec![("least", least.to_string())],
            Self::TooLongAgo { years } => vec![("years", years.to_string())],
            Self::UnderAge { province } => {
                vec![("age", province.majority().to_string()), ("province", name(*province))]
            }
            Self::PostalCodeProvince { province } => {
                let letters: Vec<String> = province.postal_districts().chars().map(String::from).collect();
                vec![("province", name(*province)), ("letters", letters.join(", "))]
            }
            Self::Choice { group } => vec![("codes", codes(*group).join(", "))],
            Self::Issuer { document } => {
                let issuers: Vec<&str> = document.issuers().map(Issuer::as_str).collect();
                vec![("codes", issuers.join(", ")), ("document", document.as_str().to_owned())]
            }
            Self::NotAsBefore { param } => vec![("param", (*param).to_owned())],
            Self::AmountRange { most } => vec![("most", most.to_string())],
            Self::TermsVersion { version: Some(version) } => vec![("version", version.to_string())],
            _ => Vec::new(),
        }
    }

    /// The text for a person. It follows the name of the parameter: "must be …".
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let texts = match lang {
            Lang::English => &*ENGLISH,
            Lang::French => &*FRENCH,
        };
        let text = texts.get(self.id()).and_then(Entry::as_text).unwrap_or(self.id()).to_owned();
        self.parameters(lang).into_iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), &value))
    }
}

/// The codes of a group of the reference data. Of the issuers, all that issue anything.
fn codes(group: GroupKey) -> Vec<&'static str> {
    let entry = ReferenceData::get().group(group, Lang::English);
    let mut codes = Vec::new();
    let mut gather = |entry: &'static Entry| {
        for (code, _) in entry.members() {
            if !codes.contains(&code.as_str()) {
                codes.push(code);
            }
        }
    };
    match entry.get("option_depends") {
        Some(documents) => documents.members().iter().for_each(|(_, issuers)| gather(issuers)),
        None => gather(entry.get("options").unwrap_or(entry)),
    }
    codes
}

/// One fault of one parameter: an entry of `field_errors`. Its `Debug` does not show the value.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicantFault {
    /// The parameter.
    pub param: &'static str,
    /// What is wrong with it: `msg`, once its language is known.
    pub message: Message,
    /// What was sent, shortened to 100 characters; none where nothing was, and never a secret or a government number.
    pub value: Option<String>,
}

impl fmt::Debug for ApplicantFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.param, self.message)
    }
}

/// The faults found so far, in the order of the parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicantFaults(Vec<ApplicantFault>);

impl ApplicantFaults {
    /// No fault yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a fault. Only the first one of a parameter is kept: the others follow from it.
    pub fn add(&mut self, param: &'static str, message: Message, value: Option<&str>) {
        if !self.has(param) {
            let shown = value.filter(|_| !WITHHELD.contains(&param));
            let value = shown.map(|value| value.chars().take(LONGEST_VALUE).collect());
            self.0.push(ApplicantFault { param, message, value });
        }
    }

    /// These faults, and those of `others` of parameters that have none here, in the order of the parameters.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for fault in others.0 {
            if !self.has(fault.param) {
                self.0.push(fault);
            }
        }
        let place = |param| ApplicantDraft::PARAMS.iter().position(|known| *known == param);
        self.0.sort_by_key(|fault| place(fault.param).unwrap_or(usize::MAX));
        self
    }

    /// These faults, without what they tell of the values of parameters that are not among `shown`.
    #[must_use]
    pub(super) fn showing(mut self, shown: &[&str]) -> Self {
        for fault in &mut self.0 {
            if !shown.contains(&fault.param) {
                fault.value = None;
            }
            if let Some(param) = fault.message.tells_of().filter(|param| !shown.contains(param)) {
                fault.message = Message::NotAsBefore { param };
            }
        }
        self
    }

    /// Whether `param` has a fault already.
    #[must_use]
    pub fn has(&self, param: &str) -> bool {
        self.0.iter().any(|fault| fault.param == param)
    }

    /// Whether nothing is wrong but that the terms were not accepted.
    #[must_use]
    pub fn are_of_agreement_alone(&self) -> bool {
        let is_missing = |message: &Message| matches!(message, Message::Required | Message::TermsNotAccepted);
        matches!(self.0.as_slice(), [only] if only.param == "tos_agreement" && is_missing(&only.message))
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    #[must_use]
    pub fn as_slice(&self) -> &[ApplicantFault] {
        &self.0
    }

    /// The faults.
    #[must_use]
    pub fn into_vec(self) -> Vec<ApplicantFault> {
        self.0
    }
}
