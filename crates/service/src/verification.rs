//! How a customer has proved who it is before something is moved on its account.

use domain::oauth_token::Scope;
use uuid::Uuid;

use crate::Core;
use crate::information::FlowCaller;
use crate::purchase_error::PurchaseError;

/// What a merchant sends as proof that the customer is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// `verification_code`: what the customer was sent and has told the till.
    pub code: Option<String>,
    /// `request_id`, as it was sent to `verify`.
    pub request: Option<String>,
    /// `widget_session_id` of the widget in which the customer was verified.
    pub widget_session: Option<Uuid>,
}

impl Core {
    /// Whether the customer of an account was verified for this call. In a web shop (a token of the scope `customer`, or a session of the
    /// widget) the widget has done it and no code may be sent; a till must send the code.
    ///
    /// This is the one place where proofs are looked at. No codes are sent yet, so that no code is ever right.
    ///
    /// # Errors
    /// [`PurchaseError::VerificationCodeUnexpected`], [`PurchaseError::VerificationCodeRequired`] and [`PurchaseError::NotVerified`].
    pub(crate) fn check_proof(&self, caller: &FlowCaller, proof: &Proof) -> Result<(), PurchaseError> {
        let is_online = caller.scope == Scope::Customer || proof.widget_session.is_some();
        match (is_online, &proof.code) {
            (true, None) => Ok(()),
            (true, Some(_)) => Err(PurchaseError::VerificationCodeUnexpected),
            (false, None) => Err(PurchaseError::VerificationCodeRequired),
            (false, Some(_)) => Err(PurchaseError::NotVerified),
        }
    }
}
