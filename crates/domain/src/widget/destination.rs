//! Where a customer is asked to prove who they are: an address that a code goes to, or a question of an account.

use crate::applicant::NorthAmericanNumber;
use crate::credit_account::{AccountHolder, AccountNumber};
use crate::email::Email;
use crate::reference_data::SecurityQuestion;
use crate::verification::VerificationFormat;

/// One way to prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A code to this telephone number.
    Sms(NorthAmericanNumber),
    /// A code to this address.
    Email(Email),
    /// The question of this account.
    SecurityQuestion(AccountNumber, SecurityQuestion),
}

impl Destination {
    /// The ways of the holder of an account.
    #[must_use]
    pub fn of_holder(account: AccountNumber, holder: &AccountHolder) -> [Self; 3] {
        [
            Self::Sms(holder.phone_number.clone()),
            Self::Email(holder.email.clone()),
            Self::SecurityQuestion(account, holder.security_question),
        ]
    }

    /// `format`.
    #[must_use]
    pub const fn format(&self) -> VerificationFormat {
        match self {
            Self::Sms(_) => VerificationFormat::Sms,
            Self::Email(_) => VerificationFormat::Email,
            Self::SecurityQuestion(..) => VerificationFormat::SecurityQuestion,
        }
    }

    /// What tells one from any other, to count by what was asked of it. Personal data.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Sms(number) => format!("sms:{}", number.e164()),
            // The part before the @ may tell cases apart, and hardly ever does: who writes it in another case gets no further tries.
            Self::Email(email) => format!("email:{}", email.as_str().to_lowercase()),
            Self::SecurityQuestion(account, _) => format!("question:{account}"),
        }
    }
}

/// An address of which only whoever knows it recognizes anything: `m•••@e•••.ca`.
#[must_use]
pub fn masked_email(email: &Email) -> String {
    let (local, host) = email.as_str().rsplit_once('@').unwrap_or((email.as_str(), ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let end = host.rsplit_once('.').map_or("", |(_, end)| end);
    format!("{}•••@{}•••.{end}", first(local), first(host))
}

/// The last two digits of a telephone number: `(•••) •••-••23`.
#[must_use]
pub fn masked_number(number: &NorthAmericanNumber) -> String {
    let digits = number.as_str();
    format!("(•••) •••-••{}", digits.get(digits.len().saturating_sub(2)..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_to_who_knows_them_only() {
        let email = |text| masked_email(&Email::parse(text).unwrap());
        assert_eq!(email("marie.tremblay@exemple.ca"), "m•••@e•••.ca");
        assert_eq!(email("m@a.b.example"), "m•••@a•••.example");
        assert_eq!(masked_number(&NorthAmericanNumber::parse("613 555 0123").unwrap()), "(•••) •••-••23");
    }

    #[test]
    fn one_address_is_one_destination_however_it_is_written() {
        let email = |text| Destination::Email(Email::parse(text).unwrap());
        assert_eq!(email("Marie@Exemple.ca").key(), email("marie@exemple.ca").key());
        let sms = Destination::Sms(NorthAmericanNumber::parse("6135550123").unwrap());
        assert_ne!(sms.key(), email("marie@exemple.ca").key());
        let question = |account| {
            Destination::SecurityQuestion(AccountNumber::of_stored(account), SecurityQuestion::parse("4").unwrap())
        };
        assert_ne!(question(1).key(), question(2).key());
        assert_eq!(question(1).format(), VerificationFormat::SecurityQuestion);
    }
}
