//! Customers, found by name and day of birth.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::PosError;
use super::flow::Flow;
use crate::decimal::Decimal;

/// Who is searched. Personal data: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerSearch {
    /// The first name. Case, accents, punctuation and white space do not matter.
    pub first_name: String,
    /// The family name, likewise.
    pub last_name: String,
    /// The day of birth, `YYYY-MM-DD`.
    pub dob: String,
    /// Only who lives there: `K1A 0B1`.
    pub postal_code: Option<String>,
}

/// An account that was found. Amounts are dollars. Its `Debug` shows neither names nor numbers of the person.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FoundAccount {
    /// The customer.
    pub customer_id: String,
    /// Whether it may buy, and if not why.
    pub account_status: AccountStatus,
    /// More of the same, in four letters: `NNOR`.
    pub account_status_reason_code: String,
    /// Whether the terms were accepted.
    #[serde(default)]
    pub tos_agreement: bool,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`, from the lowest risk to the highest.
    pub risk_rating: String,
    /// The account, of 14 digits.
    pub account_number: u64,
    /// How much may be owed on it.
    #[serde(deserialize_with = "dollars")]
    pub credit_limit: Decimal,
    /// What may be bought for.
    #[serde(deserialize_with = "dollars")]
    pub available_credit: Decimal,
    /// The merchant that took the application.
    pub originating_merchant_id: String,
    /// Its name.
    pub originating_merchant_name: String,
    /// The day on which it was opened, `YYYY-MM-DD`.
    pub creation_date: String,
    /// The first name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The last four digits of its card.
    pub card_ending_in: String,
    /// `en-CA` or `fr-CA`.
    pub preferred_language: String,
    /// `consumer` or `business`.
    pub customer_account_type: String,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub enum AccountStatus {
    /// `N`, the only one that may buy.
    #[serde(rename = "N")]
    Normal,
    /// `A`: no purchases for want of payment; that ends by itself.
    #[serde(rename = "A")]
    AuthorizationProhibited,
    /// `F`: the lender has to end it.
    #[serde(rename = "F")]
    Frozen,
    /// `Z`: given up after months without payment.
    #[serde(rename = "Z")]
    ChargedOff,
    /// `C`, for good.
    #[serde(rename = "C")]
    Closed,
    /// One that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

impl Flow {
    /// The accounts of everybody of this name and day of birth with the merchant's lender, in whatever state. With the scope `merchant`.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{AccountStatus, CustomerSearch, PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let marie = CustomerSearch {
    ///     first_name: "Marie".to_owned(),
    ///     last_name: "Tremblay".to_owned(),
    ///     dob: "1985-02-14".to_owned(),
    ///     postal_code: None,
    /// };
    /// let found = till.flow().search_customers(&marie).await?;
    /// for account in found.iter().filter(|account| account.account_status == AccountStatus::Normal) {
    ///     println!("…{}: {} of {}", account.card_ending_in, account.available_credit, account.credit_limit);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::NotFound`] when there is nobody, [`PosError::WrongInputs`] when a part of the search is none.
    pub async fn search_customers(&self, search: &CustomerSearch) -> Result<Vec<FoundAccount>, PosError> {
        let parameters = [
            ("first_name", Some(search.first_name.clone())),
            ("last_name", Some(search.last_name.clone())),
            ("dob", Some(search.dob.clone())),
            ("postal_code", search.postal_code.clone()),
        ];
        self.get("/customers/search", parameters).await
    }
}

/// An amount, which the public example has as a text and other answers as a number.
fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let text = raw.get();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.parse().map_err(serde::de::Error::custom)
}

impl fmt::Debug for CustomerSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerSearch").finish_non_exhaustive()
    }
}

impl fmt::Debug for FoundAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundAccount")
            .field("account_number", &self.account_number)
            .field("account_status", &self.account_status)
            .field("available_credit", &self.available_credit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public example.
    const EXAMPLE: &str = r#"[{"customer_id":"123321","account_status":"N","account_status_reason_code":"NNOR","tos_agreement":true,
        "risk_rating":"H","account_number":123456789,"credit_limit":"1000.00","available_credit":"659.51","originating_merchant_id":"12345",
        "originating_merchant_name":"ACME Jewellers","creation_date":"2019-05-15","first_name":"John","last_name":"Smith",
        "card_ending_in":"5941","preferred_language":"fr-CA","customer_account_type":"consumer"}]"#;

    #[test]
    fn an_account_is_read_as_the_example_has_it_and_shows_nobody() {
        let found: Vec<FoundAccount> = serde_json::from_str(EXAMPLE).unwrap();
        assert_eq!((found[0].credit_limit, found[0].available_credit), (1000.into(), "659.51".parse().unwrap()));
        assert_eq!((found[0].account_status, found[0].card_ending_in.as_str()), (AccountStatus::Normal, "5941"));
        let shown = format!("{:?}", found[0]);
        assert!(shown.contains("659.51") && !shown.contains("Smith") && !shown.contains("5941"), "{shown}");
    }

    #[test]
    fn an_amount_may_be_a_number_and_a_state_a_new_one() {
        let other = EXAMPLE.replace("\"659.51\"", "659.51").replace("\"N\"", "\"Q\"");
        let found: Vec<FoundAccount> = serde_json::from_str(&other).unwrap();
        assert_eq!(
            (found[0].available_credit, found[0].account_status),
            ("659.51".parse().unwrap(), AccountStatus::Unknown)
        );
        for wrong in ["\"much\"", "null", "\"1e3\"", "[1]"] {
            let other = EXAMPLE.replace("\"659.51\"", wrong);
            assert!(serde_json::from_str::<Vec<FoundAccount>>(&other).is_err(), "{wrong}");
        }
    }
}
