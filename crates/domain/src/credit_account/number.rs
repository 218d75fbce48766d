//! The numbers of accounts, cards and customers: random, so that none is guessed from another, and with check digits, so that a slip of the
//! pen finds no other.

use std::fmt;

use crate::check_digit::{luhn, luhn_digit};
use crate::{Random, Secret};

/// The number of digits of a card's number.
const CARD_DIGITS: usize = 16;
/// How card numbers begin: the digit 1 is of no card network (ISO/IEC 7812-1), so that no till takes one for a bank's card.
const CARD_PREFIX: &str = "1070";
/// The number of digits of a customer's number.
const CUSTOMER_DIGITS: usize = 10;

/// Why a text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// It has not that many digits, or something else in it.
    #[error("has {0} digits and nothing else")]
    Digits(usize),
    /// Its last digit does not fit the others.
    #[error("its check digit does not fit: a digit is wrong, or two have changed places")]
    CheckDigit,
}

/// `account_number` of the POS API: 14 digits, the first of which is not 0 and the last the check digit by Luhn (ISO/IEC 7812-1 annex B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNumber(i64);

impl AccountNumber {
    /// How many digits one has.
    pub const DIGITS: usize = 14;

    /// Reads a number.
    ///
    /// # Errors
    /// [`NumberFault`].
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        check(text, AccountNumber::DIGITS)?;
        text.parse().map(Self).map_err(|_| NumberFault::Digits(AccountNumber::DIGITS))
    }

    /// A number that was kept.
    #[must_use]
    pub const fn of_stored(number: i64) -> Self {
        Self(number)
    }

    /// A new number.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let digits = with_check_digit(&random_digits(random, "", AccountNumber::DIGITS - 1));
        Self(digits.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// As an integer, as it is stored and written in JSON.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

/// `vcc_number` of the POS API: the 16 digits of a virtual card, the last of which is the check digit by Luhn. Who has it may buy with it, so
/// it is a secret.
#[derive(Clone)]
pub struct CardNumber(Secret<String>);

impl CardNumber {
    /// Reads a number. Any that has a fitting check digit will do: cards of other systems may have been taken over.
    ///
    /// # Errors
    /// [`NumberFault`].
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        check(text, CARD_DIGITS)?;
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// A new number.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(Secret::new(with_check_digit(&random_digits(random, CARD_PREFIX, CARD_DIGITS - 1))))
    }

    /// All its digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// `card_ending_in`: the last four digits, which are no secret.
    #[must_use]
    pub fn ending(&self) -> &str {
        let digits = self.expose();
        digits.get(digits.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// `customer_id` of the POS API: 10 digits, the last of which is the check digit by Luhn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerNumber(i64);

impl CustomerNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// [`NumberFault`].
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        check(text, CUSTOMER_DIGITS)?;
        text.parse().map(Self).map_err(|_| NumberFault::Digits(CUSTOMER_DIGITS))
    }

    /// A number that was kept.
    #[must_use]
    pub const fn of_stored(number: i64) -> Self {
        Self(number)
    }

    /// A new number.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let digits = with_check_digit(&random_digits(random, "", CUSTOMER_DIGITS - 1));
        Self(digits.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// As an integer, as it is stored.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for CustomerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

fn check(text: &str, digits: usize) -> Result<(), NumberFault> {
    if text.len() != digits || text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberFault::Digits(digits));
    }
    if luhn(text.as_bytes()) { Ok(()) } else { Err(NumberFault::CheckDigit) }
}

/// `count` digits that begin with `prefix`, or with a digit that is not 0.
fn random_digits(random: &dyn Random, prefix: &str, count: usize) -> String {
    let mut digits = prefix.to_owned();
    let mut byte = [0; 1];
    while digits.len() < count {
        random.fill(&mut byte);
        // Ten digits and, in front, nine: bytes beyond the largest multiple are drawn again, so that each digit is as likely as any other.
        let (first, most, kinds) = if digits.is_empty() { (b'1', 252, 9) } else { (b'0', 250, 10) };
        if byte[0] < most {
            digits.push(char::from(first + byte[0] % kinds));
        }
    }
    digits
}

fn with_check_digit(base: &str) -> String {
    format!("{base}{}", luhn_digit(base.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;

    /// Gives the bytes of a text again and again.
    struct Bytes(Mutex<std::iter::Cycle<std::vec::IntoIter<u8>>>);

    impl Bytes {
        fn new(bytes: Vec<u8>) -> Self {
            Self(Mutex::new(bytes.into_iter().cycle()))
        }
    }

    impl Random for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            let mut source = self.0.lock().unwrap();
            bytes.fill_with(|| source.next().unwrap());
        }
    }

    #[test]
    fn numbers_have_their_digits_and_a_fitting_last_one() {
        let random = Bytes::new(vec![255, 253, 0, 9, 19, 249, 33]);
        let (account, card, customer) =
            (AccountNumber::generate(&random), CardNumber::generate(&random), CustomerNumber::generate(&random));
        assert_eq!(AccountNumber::parse(&account.to_string()), Ok(account));
        assert_eq!(CustomerNumber::parse(&customer.to_string()), Ok(customer));
        assert!(card.expose().starts_with("1070"));
        assert_eq!(CardNumber::parse(card.expose()).unwrap().ending(), &card.expose()[12..]);
    }

    #[test]
    fn others_are_refused() {
        for text in ["", "1234567890123", "01234567890128", "1234567890123x", "123456789012345"] {
            assert_eq!(AccountNumber::parse(text), Err(NumberFault::Digits(14)), "{text}");
        }
        assert_eq!(AccountNumber::parse("12345678901230"), Err(NumberFault::CheckDigit));
        assert_eq!(AccountNumber::parse("12345678901237").map(AccountNumber::get), Ok(12_345_678_901_237));
    }

    proptest! {
        #[test]
        fn whatever_the_random_bytes_the_numbers_read_back(bytes in proptest::collection::vec(0_u8..250, 1..64)) {
            let random = Bytes::new(bytes);
            let account = AccountNumber::generate(&random);
            prop_assert_eq!(AccountNumber::parse(&account.to_string()), Ok(account));
            let card = CardNumber::generate(&random);
            prop_assert!(CardNumber::parse(card.expose()).is_ok());
            let customer = CustomerNumber::generate(&random);
            prop_assert_eq!(CustomerNumber::parse(&customer.to_string()), Ok(customer));
        }
    }
}
