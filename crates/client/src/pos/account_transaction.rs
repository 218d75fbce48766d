//! Payments of customers at a till.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;

use super::customer_lookup::CustomerKey;
use super::error::PosError;
use super::flow::{Flow, json};
use super::till::Till;
use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// A payment on an account. Its `Debug` shows no card and no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What kind it is of.
    pub payment_type: PaymentType,
    /// The amount, in dollars.
    pub amount: Decimal,
    /// The account.
    pub account: CustomerKey,
    /// The code that [`Flow::verify`] has made, as the customer has told it.
    pub verification_code: Secret,
    /// As it was sent to [`Flow::verify`].
    pub request_id: String,
    /// Your order, location and employee.
    pub till: Till,
}

/// The kinds of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PaymentType {
    /// A deposit on something that is bought later.
    #[serde(rename = "deposit")]
    Deposit,
    /// A payment on what is owed.
    #[serde(rename = "instore_payment")]
    InStorePayment,
    /// Goods that are taken in payment.
    #[serde(rename = "tradein")]
    TradeIn,
}

/// What a payment has come to. Amounts are dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Transaction {
    /// Its place among the movements of the account.
    pub transaction_id: u64,
    /// The account.
    pub account_number: u64,
    /// What kind it is of.
    #[serde(rename = "transaction_type")]
    pub payment_type: PaymentType,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub date: OffsetDateTime,
    /// The amount.
    pub amount: Decimal,
    /// What of it paid interest; the rest paid principal.
    pub interest_paid: Decimal,
    /// What is owed after it; below zero where the customer has a credit.
    pub balance: Decimal,
    /// What may be bought for after it.
    pub available_credit: Decimal,
}

/// A payment as it is sent. The payment itself can't be written anywhere, since it holds secrets.
struct PaymentBody<'a>(&'a Payment);

impl Serialize for PaymentBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(payment) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("transaction_type", &payment.payment_type)?;
        map.serialize_entry("amount", &payment.amount)?;
        let (name, value) = payment.account.pair();
        map.serialize_entry(name, &value)?;
        map.serialize_entry("verification_code", payment.verification_code.expose())?;
        map.serialize_entry("request_id", &payment.request_id)?;
        let till = &payment.till;
        for (name, value) in [
            ("reference", &till.reference),
            ("external_location_id", &till.external_location_id),
            ("external_employee_id", &till.external_employee_id),
        ] {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

impl Flow {
    /// Takes a payment of a customer: a deposit, a payment on what is owed, or a trade-in. However often this call is tried, it is taken
    /// once. With the scope `merchant`.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{CustomerKey, Payment, PaymentType, PosClient, PosError, Till};
    /// # use tallystick_client::pos::{Verification, VerificationFormat};
    /// # async fn run(till: PosClient, account_number: u64, told_by_the_customer: &str) -> Result<(), PosError> {
    /// let flow = till.flow();
    /// let request_id = "till-7-000124".to_owned();
    /// let verification = Verification { format: VerificationFormat::Email, request_id: request_id.clone(), vcc_number: None };
    /// flow.verify(account_number, &verification).await?;
    /// let payment = Payment {
    ///     payment_type: PaymentType::Deposit,
    ///     amount: 100.into(),
    ///     account: CustomerKey::Account(account_number),
    ///     verification_code: told_by_the_customer.into(),
    ///     request_id,
    ///     till: Till::order("Order-1235"),
    /// };
    /// println!("{} owed", flow.transaction(&payment).await?.balance);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::Refused`], of which [`PosError::name`] tells why: more than may be paid in 24 hours (`limit_payment_amount_24`), another
    /// code, a customer who was not verified, or an account that is closed. [`PosError::NotFound`] when there is no such account.
    pub async fn transaction(&self, payment: &Payment) -> Result<Transaction, PosError> {
        self.transaction_with(payment, &self.new_idempotency_key()).await
    }

    /// As [`Flow::transaction`], with an idempotency key that the caller stored before, together with the payment.
    ///
    /// # Errors
    /// As [`Flow::transaction`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn transaction_with(&self, payment: &Payment, key: &IdempotencyKey) -> Result<Transaction, PosError> {
        self.post_once("/transactions", json(&PaymentBody(payment)), key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_sent_to_one_account_and_shows_no_code() {
        let payment = Payment {
            payment_type: PaymentType::InStorePayment,
            amount: "10.05".parse().unwrap(),
            account: CustomerKey::Card("4000001234567982".into()),
            verification_code: "0123".into(),
            request_id: "34561234".to_owned(),
            till: Till { external_employee_id: Some("12345-SMITH".to_owned()), ..Till::default() },
        };
        assert_eq!(
            serde_json::to_string(&PaymentBody(&payment)).unwrap(),
            r#"{"transaction_type":"instore_payment","amount":10.05,"vcc_number":"4000001234567982","verification_code":"0123","request_id":"34561234","external_employee_id":"12345-SMITH"}"#
        );
        let shown = format!("{payment:?}");
        assert!(!shown.contains("0123") && !shown.contains("7982"), "{shown}");
    }

    #[test]
    fn an_answer_tells_what_is_owed() {
        let body = r#"{"transaction_id":17,"account_number":12345678901237,"transaction_type":"tradein","date":"2026-11-22T10:15:00Z",
            "amount":10.5,"interest_paid":0,"balance":-10.5,"available_credit":5010.5}"#;
        let read: Transaction = serde_json::from_str(body).unwrap();
        assert_eq!((read.payment_type, read.balance), (PaymentType::TradeIn, "-10.5".parse().unwrap()));
    }
}
