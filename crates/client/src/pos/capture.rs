//! Authorizations, charged.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::authorization::{AuthorizationStatus, FinancingOption};
use super::error::PosError;
use super::flow::{Flow, json};
use super::till::Till;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// A capture. Amounts are dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Capture {
    /// Its identifier, of 9 digits.
    pub capture_id: u64,
    /// The authorization.
    pub authorization_id: u64,
    /// The account.
    pub account_number: u64,
    /// Your order.
    #[serde(default)]
    pub reference: Option<String>,
    /// How it is paid.
    pub financing_option: FinancingOption,
    /// When it was captured.
    #[serde(with = "time::serde::rfc3339")]
    pub date: OffsetDateTime,
    /// The amount, without the finance charge.
    pub amount: Decimal,
    /// The interest and the fees that fall on it.
    pub finance_charge: Decimal,
    /// What of it was not brought back.
    pub remaining_capture_amount: Decimal,
    /// What may still be captured of the authorization; only in the answer to [`Flow::capture`].
    #[serde(default)]
    pub remaining_authorization_amount: Option<Decimal>,
    /// How the authorization stands; only in the answer to [`Flow::capture`].
    #[serde(default)]
    pub authorization_status: Option<AuthorizationStatus>,
}

#[derive(Serialize)]
struct CaptureBody<'a> {
    amount: Decimal,
    #[serde(flatten)]
    till: &'a Till,
}

impl Flow {
    /// Charges `amount` dollars of an authorization, all of it or a part; the rest stays authorized. However often this call is tried, it is
    /// charged once. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::Refused`] when less is left of it (`auth_amount_exceeded`), nothing is or its time is over (`authorization_ended`), or the
    /// lender has withdrawn it (`not_permitted`); [`PosError::NotFound`] when the merchant has no such authorization.
    pub async fn capture(&self, authorization_id: u64, amount: Decimal, till: &Till) -> Result<Capture, PosError> {
        self.capture_with(authorization_id, amount, till, &self.new_idempotency_key()).await
    }

    /// As [`Flow::capture`], with an idempotency key that the caller stored before, together with the rest.
    ///
    /// # Errors
    /// As [`Flow::capture`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn capture_with(
        &self,
        authorization_id: u64,
        amount: Decimal,
        till: &Till,
        key: &IdempotencyKey,
    ) -> Result<Capture, PosError> {
        let path = format!("/authorization/{authorization_id}/capture");
        self.post_once(path, json(&CaptureBody { amount, till }), key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pos::TransactionType;

    #[test]
    fn a_capture_is_read_as_a_list_has_it_and_as_its_own_answer() {
        let body = r#"{"capture_id":346123456,"authorization_id":1234567890123456,"account_number":12345678901237,"reference":"Order-1234",
            "financing_option":{"transaction_type":"promotional_purchase","plan_id":4,"term":3},"date":"2026-11-22T10:15:00Z",
            "amount":10.5,"finance_charge":0.18,"remaining_capture_amount":10.5"#;
        let listed: Capture = serde_json::from_str(&format!("{body}}}")).unwrap();
        let option = &listed.financing_option;
        assert_eq!(
            (option.transaction_type, option.plan_id, option.term),
            (TransactionType::PromotionalPurchase, Some(4), Some(3))
        );
        assert_eq!((listed.finance_charge, listed.authorization_status), ("0.18".parse().unwrap(), None));
        let rest = r#","remaining_authorization_amount":0,"authorization_status":"closed"}"#;
        let made: Capture = serde_json::from_str(&format!("{body}{rest}")).unwrap();
        assert_eq!(
            (made.remaining_authorization_amount, made.authorization_status),
            (Some(0.into()), Some(AuthorizationStatus::Closed))
        );
    }
}
