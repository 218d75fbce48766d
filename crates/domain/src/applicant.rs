//! Applicants for credit: what the point-of-sale front is sent of one (`POST …/information`, `POST …/apply`), and what it is
//! when every rule holds. [`check()`] leads from one to the other; [`check_given`] looks at what is known so far, and [`check_further`]
//! adds to it.

mod check;
mod fault;
mod phone_number;
mod postal_code;

pub use check::{
    LARGEST_AMOUNT, LONGEST_EMAIL, LONGEST_MEMBER, check, check_application, check_further, check_given, missing,
};
pub use fault::{ApplicantFault, ApplicantFaults, Message};
pub use phone_number::{NorthAmericanNumber, PhoneNumberFault};
pub use postal_code::{CanadianPostalCode, CanadianPostalCodeFault};

use std::fmt;

use crate::Secret;
use crate::calendar::CalendarDate;
use crate::email::Email;
use crate::merchant::LocationId;
use crate::money::Money;
use crate::reference_data::{
    GovernmentDocument, HousingType, Issuer, Lang, Occupation, Province, Salutation, SecurityQuestion,
};
use crate::terms::TermsVersion;

/// A member of a draft that may be there without saying anything.
trait Member: Sized {
    /// Whether it says something.
    fn says(&self) -> bool;

    /// It without the white space around it.
    fn trimmed(self) -> Self {
        self
    }

    /// Its text.
    fn text(&self) -> &str {
        ""
    }
}

impl Member for String {
    fn says(&self) -> bool {
        !crate::text::is_blank(self)
    }

    fn trimmed(self) -> Self {
        let text = self.trim();
        if text.len() == self.len() { self } else { text.to_owned() }
    }

    fn text(&self) -> &str {
        self
    }
}

impl Member for bool {
    fn says(&self) -> bool {
        true
    }
}

macro_rules! draft {
    ($($member:ident: $type:ty,)+) => {
        /// An applicant as sent: texts that may hold anything, numbers as they are written in JSON. `None` and a blank text
        /// are absent values. Its `Debug` names the members that are there and shows none of them.
        #[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[expect(missing_docs, reason = "each is the parameter of the same name, and is typed in Applicant")]
        pub struct ApplicantDraft {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $member: Option<$type>,
            )+
        }

        impl ApplicantDraft {
            /// The names of its members, in order.
            pub const PARAMS: &[&str] = &[$(stringify!($member),)+];

            /// This draft, with what it does not say taken from an `earlier` one of the same applicant.
            #[must_use]
            pub fn over(self, earlier: Self) -> Self {
                Self { $($member: self.$member.filter(Member::says).or(earlier.$member),)+ }
            }

            /// The names of the members that say something, in order.
            #[must_use]
            pub fn known(&self) -> Vec<&'static str> {
                let says = [$((stringify!($member), self.$member.as_ref().is_some_and(Member::says)),)+];
                says.into_iter().filter_map(|(param, says)| says.then_some(param)).collect()
            }

            /// Its texts without the white space around them.
            #[must_use]
            fn trimmed(self) -> Self {
                Self { $($member: self.$member.map(Member::trimmed),)+ }
            }

            /// The text of each member, in order; an empty one of what is absent or is no text.
            fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($member), self.$member.as_ref().map(Member::text).unwrap_or_default()),)+].into_iter()
            }
        }

        impl fmt::Debug for ApplicantDraft {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = f.debug_list();
                $(
                    if self.$member.is_some() {
                        list.entry(&stringify!($member));
                    }
                )+
                list.finish()
            }
        }
    };
}

draft! {
    salutation: String,
    first_name: String,
    middle_name: String,
    last_name: String,
    dob: String,
    email: String,
    phone_number: String,
    address_1: String,
    address_2: String,
    city: String,
    province: String,
    postal_code: String,
    housing_type: String,
    housing_payment: String,
    occupation_id: String,
    employer: String,
    annual_income: String,
    govid_type: String,
    govid_issued_by: String,
    govid_number: String,
    govid_expiry: String,
    security_qid: String,
    security_answer: String,
    preferred_language: String,
    account_type: String,
    tos_agreement: bool,
    tos_version: String,
    widget_session_id: String,
    external_location_id: String,
}

/// An applicant of whom everything is known that a decision needs. Personal data: its `Debug` shows the province only.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant {
    /// How the person is addressed.
    pub salutation: Option<Salutation>,
    /// The first name.
    pub first_name: String,
    /// Other given names; in sandbox, the key of the answer that is wanted.
    pub middle_name: Option<String>,
    /// The family name.
    pub last_name: String,
    /// The day of birth. The person is of age.
    pub dob: CalendarDate,
    /// The e-mail address.
    pub email: Email,
    /// The telephone number.
    pub phone_number: NorthAmericanNumber,
    /// Where the person lives.
    pub address: Address,
    /// How the person lives.
    pub housing_type: HousingType,
    /// What that costs in a month, in Canadian dollars.
    pub housing_payment: Money,
    /// What the person does for a living.
    pub occupation: Occupation,
    /// Who employs the person. There where the occupation has one.
    pub employer: Option<String>,
    /// The income of a year, in Canadian dollars.
    pub annual_income: Money,
    /// The document that was shown.
    pub government_id: GovernmentId,
    /// The question that the person is asked later.
    pub security_question: SecurityQuestion,
    /// The answer to it.
    pub security_answer: Secret<String>,
    /// The language that the person is written to in.
    pub preferred_language: Lang,
    /// What the account is for.
    pub account_type: AccountType,
    /// The terms that were accepted, in the language of the request.
    pub terms: TermsVersion,
    /// The session of the widget that the person came through.
    pub widget_session_id: Option<uuid::Uuid>,
    /// The merchant's location.
    pub external_location_id: Option<LocationId>,
}

impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Applicant({}, …)", self.address.province)
    }
}

/// An address in Canada.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    /// Street and number, as sent.
    pub address_1: String,
    /// Flat, floor or box, as sent.
    pub address_2: Option<String>,
    /// The town, as sent.
    pub city: String,
    /// The province.
    pub province: Province,
    /// The postal code, one of the province.
    pub postal_code: CanadianPostalCode,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, …)", self.province)
    }
}

/// A document that a government issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GovernmentId {
    /// What it is.
    pub document: GovernmentDocument,
    /// Who issued it: one that issues such documents.
    pub issuer: Issuer,
    /// Its number, as sent.
    pub number: Secret<String>,
    /// The last day on which it is valid.
    pub expiry: CalendarDate,
}

/// What an account is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccountType {
    /// For a person, unless said otherwise.
    #[default]
    Consumer,
    /// For a business.
    Business,
}

crate::stored_text::stored_name!(AccountType);

/// The text names no type of account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The type of account is unknown: use consumer or business")]
pub struct UnknownAccountType;

impl AccountType {
    /// Reads a name, in either case.
    ///
    /// # Errors
    /// [`UnknownAccountType`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownAccountType> {
        [Self::Consumer, Self::Business]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownAccountType)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Business => "business",
        }
    }
}

impl fmt::Display for AccountType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
