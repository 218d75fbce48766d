//! Whose an account is: what is kept of the person, sealed, in the account's row.

use std::fmt;

use crate::Secret;
use crate::applicant::{Address, Applicant, NorthAmericanNumber};
use crate::calendar::CalendarDate;
use crate::credit_account::{CardNumber, NumberFault};
use crate::email::Email;
use crate::identity::Identity;
use crate::reference_data::{Lang, Salutation, SecurityQuestion};

/// The person whose an account is, with the number of the virtual card. Personal data: its `Debug` shows the province only.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountHolder {
    /// How the person is addressed.
    pub salutation: Option<Salutation>,
    /// The first name.
    pub first_name: String,
    /// Other given names.
    pub middle_name: Option<String>,
    /// The family name.
    pub last_name: String,
    /// The day of birth.
    pub dob: CalendarDate,
    /// The e-mail address.
    pub email: Email,
    /// The telephone number.
    pub phone_number: NorthAmericanNumber,
    /// Where the person lives.
    pub address: Address,
    /// The question that the person is asked.
    pub security_question: SecurityQuestion,
    /// The answer to it.
    #[serde(with = "in_clear")]
    pub security_answer: Secret<String>,
    /// The language that the person is written to in.
    pub preferred_language: Lang,
    /// All digits of the virtual card.
    #[serde(with = "in_clear")]
    card_number: Secret<String>,
}

impl AccountHolder {
    /// An applicant who gets an account with this card.
    #[must_use]
    pub fn of(applicant: &Applicant, card: &CardNumber) -> Self {
        Self {
            salutation: applicant.salutation,
            first_name: applicant.first_name.clone(),
            middle_name: applicant.middle_name.clone(),
            last_name: applicant.last_name.clone(),
            dob: applicant.dob,
            email: applicant.email.clone(),
            phone_number: applicant.phone_number.clone(),
            address: applicant.address.clone(),
            security_question: applicant.security_question,
            security_answer: applicant.security_answer.clone(),
            preferred_language: applicant.preferred_language,
            card_number: Secret::new(card.expose().to_owned()),
        }
    }

    /// The same person with another card.
    #[must_use]
    pub fn with_card(self, card: &CardNumber) -> Self {
        Self { card_number: Secret::new(card.expose().to_owned()), ..self }
    }

    /// By what the lender tells this person from others.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of(&self.first_name, &self.last_name, self.dob)
    }

    /// The virtual card.
    ///
    /// # Errors
    /// Never, unless something else was sealed here.
    pub fn card_number(&self) -> Result<CardNumber, NumberFault> {
        CardNumber::parse(self.card_number.expose())
    }
}

impl fmt::Debug for AccountHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountHolder({}, …)", self.address.province)
    }
}

/// A secret in what is sealed as a whole.
mod in_clear {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}
