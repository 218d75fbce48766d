//! Why a move on an account is refused. The names are those of the POS API.

use crate::cents::Cents;

/// Why nothing was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The amount is nothing, or less.
    #[error("the amount is not above zero")]
    NoAmount,
    /// The purchase with its finance charge is more than what may still be bought for.
    #[error("{needed} is needed and {available} is available")]
    CreditExceeded {
        /// The purchase with its finance charge.
        needed: Cents,
        /// What may still be bought for.
        available: Cents,
    },
    /// As many authorizations of the account are open as may be ([`super::MOST_OPEN`]).
    #[error("too many authorizations of the account are open")]
    TooManyAuthorizations,
    /// Nothing is left of the authorization, or its time is over.
    #[error("the authorization has ended")]
    AuthorizationEnded,
    /// More than what is left of the authorization.
    #[error("{remaining} is left of the authorization")]
    AuthAmountExceeded {
        /// What is left of it.
        remaining: Cents,
    },
    /// The lender has withdrawn the authorization.
    #[error("the authorization was withdrawn")]
    NotPermitted,
    /// More than what is left of the capture.
    #[error("{remaining} is left of the capture")]
    CaptureAmountExceeded {
        /// What is left of it.
        remaining: Cents,
    },
    /// The capture is too long ago.
    #[error("the capture is too long ago")]
    ReturnDateExceeded,
    /// The capture is not of a promotional purchase.
    #[error("the capture is not of a promotional purchase")]
    WrongTransactionType,
    /// More than may be refunded at once, or in a day.
    #[error("{left} may still be refunded")]
    RefundsLimitExceededAmount {
        /// What may still be refunded at once.
        left: Cents,
    },
    /// More than may be paid in 24 hours.
    #[error("{left} may still be paid in these 24 hours")]
    LimitPaymentAmount24 {
        /// What may still be paid.
        left: Cents,
    },
    /// The state of the account lets nobody buy.
    #[error("the state of the account lets nobody buy")]
    UserNotAbleToPurchase,
    /// The account is closed.
    #[error("the account is closed")]
    UserNotActive,
}
