//! A customer who is about to buy, looked up by a number.

use std::fmt;

use serde::Deserialize;

use super::closed::Province;
use super::error::PosError;
use super::flow::Flow;
use crate::api_key::Secret;
use crate::decimal::Decimal;

/// What an account is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerKey {
    /// The 16 digits of its card.
    Card(Secret),
    /// Its own 14 digits. A sandbox answers a time-out to 1, which it is sent as `0001`.
    Account(u64),
    /// The customer's number, as [`FoundAccount::customer_id`](super::FoundAccount::customer_id) has it.
    Customer(String),
}

impl CustomerKey {
    /// The parameter and its value.
    pub(super) fn pair(&self) -> (&'static str, String) {
        match self {
            Self::Card(number) => ("vcc_number", number.expose().to_owned()),
            Self::Account(number) => ("account_number", format!("{number:04}")),
            Self::Customer(number) => ("customer_id", number.clone()),
        }
    }
}

/// A customer who may buy. Amounts are dollars. Its `Debug` shows nothing of the person.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    /// What may be bought for.
    pub available_credit: Decimal,
    /// The account, of 14 digits.
    pub account_number: u64,
    /// The customer.
    pub customer_id: String,
    /// What the customer is asked, for [`VerificationFormat::SecurityQuestion`](super::VerificationFormat::SecurityQuestion).
    pub security_qid: SecurityQuestion,
    /// Street and number.
    pub address_1: String,
    /// Flat, floor or box.
    #[serde(default)]
    pub address_2: Option<String>,
    /// The town.
    pub city: String,
    /// The postal code.
    pub postal_code: String,
    /// The province.
    pub province: Province,
    /// Whether the customer has payment protection.
    #[serde(default)]
    pub payment_protection: bool,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`, from the lowest risk to the highest.
    pub risk_rating: String,
    /// The plans that the customer may choose from.
    #[serde(default)]
    pub offer_types: Vec<Offer>,
    /// The last four digits of the card.
    pub card_ending_in: String,
    /// `en-CA` or `fr-CA`.
    pub preferred_language: String,
    /// The e-mail address.
    pub email: String,
    /// The telephone number, of ten digits.
    pub phone_number: String,
    /// `consumer` or `business`.
    pub account_type: String,
}

/// A question that a customer has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecurityQuestion {
    /// Its code, one of `security_ids`.
    pub id: String,
    /// The question, in the language of the flow.
    pub text: String,
}

/// A plan that a customer may choose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Offer {
    /// The plan.
    pub plan_id: u32,
    /// Its name, in the language of the flow.
    pub plan_name: String,
    /// `preferred`, `premium` or `standard`.
    pub offer_category: String,
    /// The terms, in months.
    #[serde(default)]
    pub term_options: Vec<u32>,
}

impl Flow {
    /// The customer of a card, an account or a customer number, who may buy. With the scope `merchant`.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{CustomerKey, ErrorName, PosClient, PosError};
    /// # async fn run(till: PosClient, swiped: &str) -> Result<(), PosError> {
    /// match till.flow().look_up_customer(&CustomerKey::Card(swiped.into())).await {
    ///     Ok(customer) => println!("{} dollars, {} plans", customer.available_credit, customer.offer_types.len()),
    ///     Err(error) if error.name() == Some(ErrorName::UserNotAbleToPurchase) => println!("take another payment"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::NotFound`] when nobody has the number; [`PosError::Refused`] when the account is closed (`user_not_active`) or may not buy
    /// now (`user_not_able_to_purchase`).
    pub async fn look_up_customer(&self, key: &CustomerKey) -> Result<Customer, PosError> {
        let (name, value) = key.pair();
        self.get("/customers/lookup", [(name, Some(value))]).await
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("account_number", &self.account_number)
            .field("available_credit", &self.available_credit)
            .field("offer_types", &self.offer_types)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_read_and_not_shown() {
        let body = r#"{"available_credit":659.51,"account_number":12345678901237,"customer_id":"1234567897",
            "security_qid":{"id":"4","text":"Your first pet?"},"address_1":"55 Queen St W","address_2":null,"city":"Ottawa",
            "postal_code":"K1A 0B1","province":"ON","payment_protection":false,"risk_rating":"H",
            "offer_types":[{"plan_id":4,"plan_name":"EMP","offer_category":"preferred","term_options":[3,6]}],"card_ending_in":"5941",
            "preferred_language":"fr-CA","email":"marie@example.ca","phone_number":"6135550123","account_type":"consumer"}"#;
        let customer: Customer = serde_json::from_str(body).unwrap();
        assert_eq!((customer.available_credit, customer.province), ("659.51".parse().unwrap(), Province::On));
        assert_eq!((customer.security_qid.id.as_str(), &customer.offer_types[0].term_options), ("4", &vec![3, 6]));
        let shown = format!("{customer:?}");
        assert!(shown.contains("12345678901237") && !shown.contains("marie") && !shown.contains("Queen"), "{shown}");
    }

    #[test]
    fn a_card_is_not_shown_and_the_account_of_a_time_out_is_sent_as_it_is_documented() {
        let card = CustomerKey::Card("4000001234567982".into());
        assert!(!format!("{card:?}").contains("7982"));
        assert_eq!(card.pair(), ("vcc_number", "4000001234567982".to_owned()));
        assert_eq!(CustomerKey::Account(1).pair().1, "0001");
        assert_eq!(CustomerKey::Account(12_345_678_901_237).pair().1, "12345678901237");
    }
}
