//! Authorizations, given up.

use serde::Serialize;

use super::authorization::Authorization;
use super::error::PosError;
use super::flow::{Flow, json};
use super::till::Till;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

#[derive(Serialize)]
struct ReleaseBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Decimal>,
    #[serde(flatten)]
    till: &'a Till,
}

impl Flow {
    /// Gives up what is left of an authorization, or `amount` dollars of it; the credit is free again. However often this call is tried, it is
    /// given up once. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::Refused`] when nothing is left of it or its time is over (`authorization_ended`), or less is left
    /// (`auth_amount_exceeded`); [`PosError::NotFound`] when the merchant has no such authorization.
    pub async fn release(
        &self,
        authorization_id: u64,
        amount: Option<Decimal>,
        till: &Till,
    ) -> Result<Authorization, PosError> {
        self.release_with(authorization_id, amount, till, &self.new_idempotency_key()).await
    }

    /// As [`Flow::release`], with an idempotency key that the caller stored before, together with the rest.
    ///
    /// # Errors
    /// As [`Flow::release`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn release_with(
        &self,
        authorization_id: u64,
        amount: Option<Decimal>,
        till: &Till,
        key: &IdempotencyKey,
    ) -> Result<Authorization, PosError> {
        let path = format!("/authorization/{authorization_id}/release");
        self.post_once(path, json(&ReleaseBody { amount, till }), key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_left_is_an_empty_body() {
        let sent = |amount, till: &Till| serde_json::to_string(&ReleaseBody { amount, till }).unwrap();
        assert_eq!(sent(None, &Till::default()), "{}");
        assert_eq!(sent("10.5".parse().ok(), &Till::order("7")), r#"{"amount":10.5,"reference":"7"}"#);
    }
}
