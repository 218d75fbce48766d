//! Accounts, credited by a merchant without a capture.

use serde::Serialize;
use serde::de::IgnoredAny;

use super::error::PosError;
use super::flow::{Flow, json};
use super::till::Till;
use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// What is given back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refund {
    /// The amount, in dollars.
    pub amount: Decimal,
    /// The 16 digits of the card, where it is there: it must be of the account.
    pub vcc_number: Option<Secret>,
    /// The capture that it is for, where there is one.
    pub capture_id: Option<u64>,
    /// Your order, location and employee.
    pub till: Till,
}

#[derive(Serialize)]
struct RefundBody<'a> {
    amount: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcc_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_id: Option<u64>,
    #[serde(flatten)]
    till: &'a Till,
}

impl Flow {
    /// Credits an account with what the merchant gives back, such as the price of a regular purchase. However often this call is tried, it is
    /// credited once. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::Refused`] when it is more than may be refunded at once or in a day (`refunds_limit_exceeded_amount`), or the card is another
    /// account's; [`PosError::NotFound`] when there is no such account.
    pub async fn refund(&self, account_number: u64, refund: &Refund) -> Result<(), PosError> {
        self.refund_with(account_number, refund, &self.new_idempotency_key()).await
    }

    /// As [`Flow::refund`], with an idempotency key that the caller stored before, together with the refund.
    ///
    /// # Errors
    /// As [`Flow::refund`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn refund_with(
        &self,
        account_number: u64,
        refund: &Refund,
        key: &IdempotencyKey,
    ) -> Result<(), PosError> {
        let vcc_number = refund.vcc_number.as_ref().map(Secret::expose);
        let (amount, capture_id) = (refund.amount, refund.capture_id);
        let body = RefundBody { amount, vcc_number, capture_id, till: &refund.till };
        let IgnoredAny = self.post_once(format!("/accounts/{account_number}/refund"), json(&body), key).await?;
        Ok(())
    }
}
