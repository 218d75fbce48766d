//! Why nothing was moved on a credit account.

use domain::cents::Cents;
use domain::purchase::Refusal;
use domain::verification::VerificationFault;
use store::StoreError;

use crate::idempotency::IdempotencyError;

/// What there is none of, as far as the merchant may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The account, or the card.
    Account,
    /// The authorization.
    Authorization,
    /// The capture.
    Capture,
}

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum PurchaseError {
    /// There is none, or it is another's.
    #[error("there is no such {0:?}")]
    NotFound(Missing),
    /// The rules of accounts forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The token is of the scope `customer`, and the account is not its customer's, as far as the widget or an application has proved.
    #[error("the account is not that of the customer of the token")]
    CustomerIdentityNotFound,
    /// The merchant has no location of this name.
    #[error("the merchant has no such location")]
    LocationNotFound,
    /// All that is left was to be taken back, and the amount is another.
    #[error("{remaining} is left of the capture, and the amount is another")]
    NotFull {
        /// What is left of it.
        remaining: Cents,
    },
    /// Credit would be held without being captured at once, which the merchant may not.
    #[error("the merchant may not have credit held without capturing it")]
    AuthNotAllowed,
    /// The account is of a type that the merchant does not sell on.
    #[error("the merchant does not sell on accounts of this type")]
    AccountTypeNotPermitted,
    /// The card belongs to another account.
    #[error("the card belongs to another account")]
    CardMismatch,
    /// The merchant does not offer this plan for this term.
    #[error("the merchant does not offer this plan for this term")]
    PlanTermNotSet,
    /// The plan is not for this customer, or not for this amount.
    #[error("the plan is not for this customer or amount")]
    PlanTermNotAvailable,
    /// A till has to send the code that the customer was sent.
    #[error("the verification code is missing")]
    VerificationCodeRequired,
    /// A customer in a web shop proves who it is in the widget, and sends no code.
    #[error("a verification code was sent where none may be")]
    VerificationCodeUnexpected,
    /// The code is not one that was sent to the customer for this request.
    #[error("the customer was not verified")]
    NotVerified,
    /// The session of the widget is none, another's, or about another account; it has not proved who the customer is, or its time is over; or
    /// it was used.
    #[error("the customer was not verified in the widget")]
    WidgetNotVerified,
    /// The code is not taken.
    #[error(transparent)]
    WrongCode(VerificationFault),
    /// The idempotency key can't be used so.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
