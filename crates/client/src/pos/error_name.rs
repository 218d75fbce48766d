//! The names that errors of calls have.

/// Makes the names and the texts that they are read from.
macro_rules! names {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// Why a call behind a token was refused: the member `error`, which is stable and for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorName {
            $($(#[$doc])+ $variant,)+
            /// One that this version of the crate does not know, or that stands for a status and not for a reason. The text itself is
            /// [`PosProblem::error`](super::PosProblem::error).
            Other,
        }

        impl ErrorName {
            /// All that are known.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the wire; empty for [`ErrorName::Other`].
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other => "",
                }
            }
        }
    };
}

names! {
    /// The merchant does not offer accounts of this type, or does not sell on them.
    AccountTypeNotPermitted = "account_type_not_permitted",
    /// Only accounts of customers in Quebec are closed.
    AccountNotInQuebec = "account_not_in_quebec",
    /// Something is owed or held on the account.
    AccountNotSettled = "account_not_settled",
    /// More than what is left of the authorization.
    AuthAmountExceeded = "auth_amount_exceeded",
    /// The merchant may not have credit held without capturing it: send [`Purchase::auto_capture`](super::Purchase::auto_capture).
    AuthNotAllowed = "auth_not_allowed",
    /// The user name or the password is wrong, or the user may not log in now.
    AuthenticationFailure = "authentication_failure",
    /// Nothing is left of the authorization, or its time is over.
    AuthorizationEnded = "authorization_ended",
    /// More than what is left of the capture.
    CaptureAmountExceeded = "capture_amount_exceeded",
    /// The purchase with its finance charge is more than the available credit.
    CreditExceeded = "credit_exceeded",
    /// The applicant has an account with the lender.
    CustomerAlreadyExists = "customer_already_exists",
    /// The customer was not identified: the account is not that of the token's own application, or of the widget's customer.
    CustomerIdentityNotFound = "customer_identity_not_found",
    /// The merchant has no such location.
    ExternalLocationIdNotFound = "external_location_id_not_found",
    /// A time-out, which a sandbox was asked for.
    GatewayTimeout = "GATEWAY_TIMEOUT",
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused",
    /// There is no such kind of payment.
    InvalidTransactionType = "invalid_transaction_type",
    /// More than may be paid in 24 hours.
    LimitPaymentAmount24 = "limit_payment_amount_24",
    /// The merchant's staff may not vouch for customers.
    MerchantOverrideIsNotAllowed = "merchant_override_is_not_allowed",
    /// There is no such customer, account, application, authorization or capture, as far as the merchant may know.
    NotFound = "not_found",
    /// The lender has withdrawn the authorization.
    NotPermitted = "not_permitted",
    /// The customer was not verified for this request.
    NotVerified = "not_verified",
    /// The plan is not for this customer or amount.
    PlanTermNotAvailable = "plan_term_not_available",
    /// The merchant does not offer this plan for this term.
    PlanTermNotSet = "plan_term_not_set",
    /// More than may be refunded at once or in a day.
    RefundsLimitExceededAmount = "refunds_limit_exceeded_amount",
    /// The customer has to be verified in another format.
    RegularPurchaseBypassIsNotAllowed = "regular_purchase_bypass_is_not_allowed",
    /// An earlier request with the same idempotency key is under way.
    RequestInProgress = "request_in_progress",
    /// The capture is too long ago.
    ReturnDateExceeded = "return_date_exceeded",
    /// The answer to the security question is another one.
    SecretAnswerMismatch = "secret_answer_mismatch",
    /// As many applications as may came in the last 24 hours.
    TooManyApplications = "too_many_applications",
    /// As many authorizations of the account are open as may be.
    TooManyAuthorizations = "too_many_authorizations",
    /// Something is known of as many applicants as may be at once, or as many sessions of the widget were begun.
    TooManyFlows = "too_many_flows",
    /// Too many codes or wrong answers of the account in an hour.
    TooManyVerifications = "too_many_verifications",
    /// The applicant did not accept the terms and conditions.
    TosAgreementRequired = "tos_agreement_required",
    /// The reference data have no group of this key.
    UnknownKey = "unknown_key",
    /// The account is not in the state normal.
    UserNotAbleToPurchase = "user_not_able_to_purchase",
    /// The account is closed, or only the lender may change it.
    UserNotActive = "user_not_active",
    /// The card belongs to another account.
    VccAccountMismatch = "vcc_account_mismatch",
    /// No way is set up to send codes in this format.
    VerificationChannelMissing = "verification_channel_missing",
    /// In a store the code of the customer must be sent.
    VerificationCodeRequired = "verification_code_required",
    /// An input is missing or wrong.
    WrongInputs = "wrong_inputs",
    /// The capture is of a regular purchase: refund the account.
    WrongTransactionType = "wrong_transaction_type",
    /// The code of the customer is another one, was used, or is not good any more.
    WrongVerificationCode = "wrong_verification_code",
}

impl ErrorName {
    /// The name that a text is.
    pub(super) fn of(text: &str) -> Self {
        // The example of the public documentation leaves the `s` out.
        let text = if text == "wrong_input" { "wrong_inputs" } else { text };
        Self::ALL.iter().copied().find(|known| known.as_str() == text).unwrap_or(Self::Other)
    }
}

impl std::fmt::Display for ErrorName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_a_new_one_is_another() {
        assert!(ErrorName::ALL.iter().all(|name| ErrorName::of(name.as_str()) == *name));
        assert_eq!(ErrorName::of("wrong_input"), ErrorName::WrongInputs);
        for unknown in ["", "credit", "CREDIT_EXCEEDED", "invented_later"] {
            assert_eq!(ErrorName::of(unknown), ErrorName::Other, "{unknown}");
        }
    }
}
