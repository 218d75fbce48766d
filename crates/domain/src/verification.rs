//! One-time codes: how a customer proves at the till, or in the widget, that the account is theirs.
//!
//! A code is of one account, one merchant and one `request_id`. It works for [`LIFE`] and once, and of [`MOST_TRIES`] tries at most; a new one
//! takes its place. An account is sent [`MOST_CODES`] in an hour at most and is shut after [`MOST_WRONG`] wrong tries in an hour, whatever
//! the `request_id`, so that nobody guesses by asking for codes again and again.

use std::time::Duration;

use crate::cents::Cents;
use crate::{Environment, Random, Secret};

/// How long a code works.
pub const LIFE: Duration = Duration::from_secs(10 * 60);

/// How often a wrong code may be told before the right one is refused, too.
pub const MOST_TRIES: i64 = 3;

/// Over which time codes and wrong tries of an account are counted.
pub const WINDOW: Duration = Duration::from_secs(3600);

/// The most codes that are made for an account in an hour.
pub const MOST_CODES: i64 = 10;

/// The most wrong codes and wrong answers of an account in an hour.
pub const MOST_WRONG: i64 = 9;

/// The most characters of a `request_id`.
pub const LONGEST_REQUEST_ID: usize = 40;

/// The code that is sent in a sandbox.
const SANDBOX_CODE: u32 = 2222;

/// Up to what a purchase may be made with a code of [`VerificationFormat::RegularPurchaseBypass`].
pub const LARGEST_BYPASS: Cents = Cents(20_000);

/// How many regular purchases of the last 24 hours may be there for one more to be made without a check.
pub const MOST_BYPASSED: u32 = 3;

/// `format` of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerificationFormat {
    /// The code is mailed to the customer.
    Email,
    /// The code is sent to the customer's telephone.
    Sms,
    /// The customer answers the question of the application, and the till is given the code.
    SecurityQuestion,
    /// Nothing is asked: the code is for one small regular purchase.
    RegularPurchaseBypass,
    /// The merchant's staff vouches for the customer.
    MerchantOverride,
}

impl VerificationFormat {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Email, Self::Sms, Self::SecurityQuestion, Self::RegularPurchaseBypass, Self::MerchantOverride];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::SecurityQuestion => "security_question",
            Self::RegularPurchaseBypass => "regular_purchase_bypass",
            Self::MerchantOverride => "merchant_override",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether the code goes to the customer, and not to who asks for it.
    #[must_use]
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Email | Self::Sms)
    }
}

/// A code.
#[derive(Clone)]
pub struct VerificationCode(Secret<u32>);

impl VerificationCode {
    /// A new code of six digits, the first of which is not 0, so that it is the same as a number. What is sent in a sandbox is always 2222.
    #[must_use]
    pub fn generate(format: VerificationFormat, environment: Environment, random: &dyn Random) -> Self {
        if environment == Environment::Sandbox && format.is_sent() {
            return Self(Secret::new(SANDBOX_CODE));
        }
        // Of 2^64 the rest beyond the largest multiple of the codes is so small that no code is likelier than another.
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let code = u64::from_le_bytes(bytes) % 900_000 + 100_000;
        Self(Secret::new(u32::try_from(code).unwrap_or(SANDBOX_CODE)))
    }

    /// The code that a till tells: digits, as a number or a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_code = (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| text.parse().ok()).flatten().map(|code| Self(Secret::new(code)))
    }

    /// Its digits.
    #[must_use]
    pub fn expose(&self) -> u32 {
        *self.0.expose()
    }
}

/// An answer to a security question in the form in which two of them are compared: without regard to case and white space.
#[must_use]
pub fn answer_form(answer: &Secret<String>) -> Secret<String> {
    Secret::new(crate::text::folded(answer.expose()))
}

/// Why a code is not taken, or none is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationFault {
    /// It is another one.
    #[error("the code is another one")]
    Wrong,
    /// Its time is over.
    #[error("the code has expired")]
    Expired,
    /// It was used.
    #[error("the code was used")]
    Used,
    /// Too many wrong ones were told before.
    #[error("too many wrong codes were told")]
    TooManyTries,
    /// The code is for a regular purchase without a check, and too many were made today.
    #[error("too many regular purchases were made in 24 hours")]
    TooManyRegular,
    /// The code is for a small regular purchase, and this is another.
    #[error("the code is for a regular purchase of 200.00 at most")]
    RegularOnly,
}

/// What is kept of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How it was made.
    pub format: VerificationFormat,
    /// The wrong ones that were told since it was made.
    pub tries: i64,
    /// Whether its time is over.
    pub is_expired: bool,
    /// Whether it was used.
    pub is_used: bool,
}

impl Verification {
    /// Whether what is told is taken, `matches` saying whether it is the code. Only [`VerificationFault::Wrong`] counts as a try.
    ///
    /// # Errors
    /// [`VerificationFault`].
    pub const fn check(&self, matches: bool) -> Result<(), VerificationFault> {
        if self.tries >= MOST_TRIES {
            Err(VerificationFault::TooManyTries)
        } else if !matches {
            Err(VerificationFault::Wrong)
        } else if self.is_expired {
            Err(VerificationFault::Expired)
        } else if self.is_used {
            Err(VerificationFault::Used)
        } else {
            Ok(())
        }
    }

    /// Whether the code is good for a purchase: of `regular` ones the amount.
    ///
    /// # Errors
    /// [`VerificationFault::RegularOnly`].
    pub fn check_purchase(&self, regular: Option<Cents>) -> Result<(), VerificationFault> {
        let is_for_any = self.format != VerificationFormat::RegularPurchaseBypass;
        if is_for_any || regular.is_some_and(|amount| amount <= LARGEST_BYPASS) {
            Ok(())
        } else {
            Err(VerificationFault::RegularOnly)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Bytes([u8; 8]);

    impl Random for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0);
        }
    }

    const FRESH: Verification =
        Verification { format: VerificationFormat::Sms, tries: 0, is_expired: false, is_used: false };

    #[test]
    fn the_right_code_is_taken_once_in_its_time_and_not_after_three_wrong_ones() {
        assert_eq!(FRESH.check(true), Ok(()));
        assert_eq!(FRESH.check(false), Err(VerificationFault::Wrong));
        assert_eq!(Verification { tries: 2, ..FRESH }.check(true), Ok(()));
        assert_eq!(Verification { tries: 3, ..FRESH }.check(true), Err(VerificationFault::TooManyTries));
        assert_eq!(Verification { is_expired: true, ..FRESH }.check(true), Err(VerificationFault::Expired));
        assert_eq!(Verification { is_used: true, ..FRESH }.check(true), Err(VerificationFault::Used));
        // Whoever guesses is not told that it was the right one.
        assert_eq!(Verification { is_used: true, ..FRESH }.check(false), Err(VerificationFault::Wrong));
    }

    #[test]
    fn a_bypass_is_for_a_small_regular_purchase_only() {
        let bypass = Verification { format: VerificationFormat::RegularPurchaseBypass, ..FRESH };
        assert_eq!(bypass.check_purchase(Some(Cents(20_000))), Ok(()));
        for other in [Some(Cents(20_001)), None] {
            assert_eq!(bypass.check_purchase(other), Err(VerificationFault::RegularOnly));
            assert_eq!(FRESH.check_purchase(other), Ok(()));
        }
    }

    #[test]
    fn what_is_sent_in_a_sandbox_is_known() {
        let random = Bytes([7; 8]);
        for format in VerificationFormat::ALL {
            assert_eq!(VerificationFormat::of_name(format.name()), Some(format));
            let code = VerificationCode::generate(format, Environment::Sandbox, &random).expose();
            assert_eq!(code == 2222, format.is_sent(), "{format:?}");
            assert_ne!(VerificationCode::generate(format, Environment::Production, &random).expose(), 2222);
        }
        for none in ["", "222", "123456789", "22a2", "-222", "２２２２"] {
            assert!(VerificationCode::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn answers_are_compared_without_case_and_white_space() {
        let form = |text: &str| answer_form(&Secret::new(text.to_owned())).expose().clone();
        assert_eq!(form("  La  Grande VADROUILLE "), form("la grande vadrouille"));
        assert_ne!(form("la grande vadrouille"), form("lagrandevadrouille"));
    }

    proptest! {
        #[test]
        fn a_code_has_six_digits_and_reads_back(bytes in any::<[u8; 8]>()) {
            let code = VerificationCode::generate(VerificationFormat::Sms, Environment::Production, &Bytes(bytes));
            prop_assert_eq!(code.expose().to_string().len(), 6);
            let read = VerificationCode::parse(&code.expose().to_string()).map(|code| code.expose());
            prop_assert_eq!(read, Some(code.expose()));
        }
    }
}
