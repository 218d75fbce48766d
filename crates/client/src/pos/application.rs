//! Applications for credit: sent, and asked for again.

use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::applicant::ApplicantDraft;
use super::error::PosError;
use super::flow::{Flow, json};
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// An application and what has become of it. Amounts are dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Application {
    /// By which it is asked for again.
    pub application_id: Uuid,
    /// What has become of it.
    pub status: ApplicationStatus,
    /// The same in a sentence for the applicant, in the language of the flow.
    #[serde(default)]
    pub message: String,
    /// When it came.
    #[serde(with = "time::serde::rfc3339")]
    pub creation_date: OffsetDateTime,
    /// The account, of 14 digits; only when approved, as what follows.
    #[serde(default)]
    pub account_number: Option<u64>,
    /// How much may be owed on it.
    #[serde(default)]
    pub credit_limit: Option<Decimal>,
    /// What may be bought for.
    #[serde(default)]
    pub available_credit: Option<Decimal>,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`, from the lowest risk to the highest.
    #[serde(default)]
    pub risk_rating: Option<String>,
}

/// What has become of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ApplicationStatus {
    /// There is an account.
    Approved,
    /// Somebody decides later: ask again by [`Flow::application`].
    Pending,
    /// There is no account.
    Declined,
    /// It could not be decided, and may be sent again.
    Retry,
    /// One that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

impl Flow {
    /// Applies for credit. What [`Flow::information`] was told in this flow may be left out. However often this call is tried, it is one
    /// application.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{ApplicantDraft, ApplicationStatus, ErrorName, PosClient, PosError, Province};
    /// # async fn run(shop: PosClient, applicant: ApplicantDraft) -> Result<(), PosError> {
    /// let flow = shop.flow();
    /// let terms = flow.terms_and_conditions(Province::On).await?; // to be shown
    /// let applicant = ApplicantDraft { tos_agreement: Some(true), tos_version: Some(terms.version), ..applicant };
    /// match flow.apply(&applicant).await {
    ///     Ok(taken) if taken.status == ApplicationStatus::Approved => println!("{:?}", taken.account_number),
    ///     Ok(taken) => println!("{}", taken.message),
    ///     Err(error) if error.name() == Some(ErrorName::CustomerAlreadyExists) => println!("find the customer"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] names every member that is missing or wrong. [`PosError::Refused`], of which [`PosError::name`] tells
    /// why: the terms were not accepted, the applicant has an account, the widget's session does not prove it (`not_verified`), the merchant has no
    /// such location or does not offer the type of account.
    pub async fn apply(&self, applicant: &ApplicantDraft) -> Result<Application, PosError> {
        self.apply_with(applicant, &self.new_idempotency_key()).await
    }

    /// As [`Flow::apply`], with an idempotency key that the caller stored before, together with the application.
    ///
    /// # Errors
    /// As [`Flow::apply`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn apply_with(&self, applicant: &ApplicantDraft, key: &IdempotencyKey) -> Result<Application, PosError> {
        self.post_once("/apply", json(&applicant.body()), key).await
    }

    /// What has become of an application. With the scope `customer` only of one that came by this client's tokens.
    ///
    /// # Errors
    /// [`PosError::NotFound`] when there is no such application, as far as the token may know.
    pub async fn application(&self, application_id: Uuid) -> Result<Application, PosError> {
        self.get(format!("/apply/{}", application_id.hyphenated()), []).await
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(rest: &str) -> Application {
        let text = format!(
            r#"{{"application_id":"019aab5e-7c1e-7d2a-9f64-0a5b1c2d3e4f","creation_date":"2026-11-22T10:15:00Z",{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_account_comes_with_an_approval_only() {
        let approved = read(
            r#""status":"approved","message":"Yes","account_number":12345678901237,"credit_limit":5000,"available_credit":4999.99,
               "risk_rating":"XXH","new":{}"#,
        );
        assert_eq!((approved.status, approved.account_number), (ApplicationStatus::Approved, Some(12_345_678_901_237)));
        assert_eq!((approved.credit_limit, approved.available_credit), (Some(5000.into()), "4999.99".parse().ok()));
        assert_eq!(
            (approved.risk_rating.as_deref(), approved.creation_date),
            (Some("XXH"), datetime!(2026-11-22 10:15 UTC))
        );
        let pending = read(r#""status":"pending","message":"Later""#);
        assert_eq!(
            (pending.status, pending.account_number, pending.credit_limit),
            (ApplicationStatus::Pending, None, None)
        );
        assert_eq!(read(r#""status":"on_hold""#).status, ApplicationStatus::Unknown);
    }
}
