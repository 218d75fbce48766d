//! The kinds of problems that only this front has. Their names are those of the log; what the wire has is in [`crate::problem`].

use http::StatusCode;
use http_kit::Code;

/// `wrong_inputs`.
pub(crate) const WRONG_INPUTS: Code =
    Code::new("wrong_inputs", StatusCode::CONFLICT, "An input is missing or wrong; `field_errors` names every one");

/// `too_many_flows`.
pub(crate) const TOO_MANY_FLOWS: Code = Code::new(
    "too_many_flows",
    StatusCode::CONFLICT,
    "The merchant has told something of as many applicants as it may at once; flows end by themselves",
);

/// `too_many_applications`.
pub(crate) const TOO_MANY_APPLICATIONS: Code = Code::new(
    "too_many_applications",
    StatusCode::CONFLICT,
    "As many applications as may came in the last 24 hours; send the next one later",
);

/// `tos_agreement_required`.
pub(crate) const TOS_AGREEMENT_REQUIRED: Code =
    Code::new("tos_agreement_required", StatusCode::CONFLICT, "The applicant did not accept the terms and conditions");

/// `customer_already_exists`.
pub(crate) const CUSTOMER_ALREADY_EXISTS: Code =
    Code::new("customer_already_exists", StatusCode::CONFLICT, "The applicant has an account with the lender");

/// `external_location_id_not_found`.
pub(crate) const EXTERNAL_LOCATION_ID_NOT_FOUND: Code =
    Code::new("external_location_id_not_found", StatusCode::CONFLICT, "The merchant has no such location");

/// `account_type_not_permitted`.
pub(crate) const ACCOUNT_TYPE_NOT_PERMITTED: Code =
    Code::new("account_type_not_permitted", StatusCode::CONFLICT, "The merchant does not offer accounts of this type");

/// `not_found`, of a customer, an account or an application, in the language of the call.
pub(crate) const NOTHING_FOUND: Code = Code::new(
    "not_found",
    StatusCode::NOT_FOUND,
    "There is no such customer, account or application, or it is out of the merchant's reach",
);

/// `user_not_able_to_purchase`.
pub(crate) const USER_NOT_ABLE_TO_PURCHASE: Code =
    Code::new("user_not_able_to_purchase", StatusCode::CONFLICT, "The account is not in the state normal");

/// `user_not_active`.
pub(crate) const USER_NOT_ACTIVE: Code =
    Code::new("user_not_active", StatusCode::CONFLICT, "The account is closed, or only the lender may change it");

/// `account_not_in_quebec`.
pub(crate) const ACCOUNT_NOT_IN_QUEBEC: Code =
    Code::new("account_not_in_quebec", StatusCode::CONFLICT, "Only accounts of customers in Quebec are closed here");

/// `account_not_settled`.
pub(crate) const ACCOUNT_NOT_SETTLED: Code = Code::new(
    "account_not_settled",
    StatusCode::CONFLICT,
    "Something is owed, held or left to the customer on the account",
);

/// `GATEWAY_TIMEOUT`: of a sandbox that was asked for it.
pub(crate) const GATEWAY_TIMEOUT: Code = Code::new(
    "GATEWAY_TIMEOUT",
    StatusCode::GATEWAY_TIMEOUT,
    "Of a sandbox alone, which was asked for a time-out by the account number 0001",
);

/// `idempotency_key_reused`: 409 on this front.
pub(crate) const IDEMPOTENCY_KEY_REUSED: Code =
    Code::new("idempotency_key_reused", StatusCode::CONFLICT, "The idempotency key was used for another request");

/// `request_in_progress`.
pub(crate) const REQUEST_IN_PROGRESS: Code = Code::new(
    "request_in_progress",
    StatusCode::CONFLICT,
    "The first request with this idempotency key is still under way; repeat later",
);

/// `forbidden`.
pub(crate) const FORBIDDEN: Code = Code::new(
    "forbidden",
    StatusCode::FORBIDDEN,
    "The access token belongs to another client than the one in the address",
);

/// `insufficient_scope`.
pub(crate) const INSUFFICIENT_SCOPE: Code =
    Code::new("insufficient_scope", StatusCode::FORBIDDEN, "A token of this scope may not call this");

/// `authentication_failure`.
pub(crate) const AUTHENTICATION_FAILURE: Code = Code::new(
    "authentication_failure",
    StatusCode::CONFLICT,
    "The user name or the password is wrong, or the user may not log in now",
);

/// `unknown_key`.
pub(crate) const UNKNOWN_KEY: Code =
    Code::new("unknown_key", StatusCode::NOT_FOUND, "The reference data have no group of this key");

macro_rules! of_accounts {
    ($($constant:ident = $name:literal, $status:ident, $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`: on accounts and purchases.")]
            pub(crate) const $constant: Code = Code::new($name, StatusCode::$status, $meaning);
        )+
    };
}

of_accounts! {
    CUSTOMER_IDENTITY_NOT_FOUND = "customer_identity_not_found", NOT_FOUND, "The account is not that of the customer of the token";
    VCC_ACCOUNT_MISMATCH = "vcc_account_mismatch", CONFLICT, "The card belongs to another account";
    AUTH_NOT_ALLOWED = "auth_not_allowed", CONFLICT, "The merchant may not have credit held without capturing it";
    PLAN_TERM_NOT_SET = "plan_term_not_set", CONFLICT, "The merchant does not offer this plan for this term";
    PLAN_TERM_NOT_AVAILABLE = "plan_term_not_available", CONFLICT, "The plan is not for this customer or amount";
    VERIFICATION_CODE_REQUIRED = "verification_code_required", CONFLICT, "In a store the code of the customer must be sent";
    NOT_VERIFIED = "not_verified", CONFLICT, "The customer was not verified for this request";
    WRONG_VERIFICATION_CODE = "wrong_verification_code", CONFLICT, "The code of the customer is another one, was used, or is not good any more";
    SECRET_ANSWER_MISMATCH = "secret_answer_mismatch", CONFLICT, "The answer to the security question is another one";
    MERCHANT_OVERRIDE_IS_NOT_ALLOWED = "merchant_override_is_not_allowed", CONFLICT, "The merchant's staff may not vouch for customers";
    REGULAR_PURCHASE_BYPASS_IS_NOT_ALLOWED = "regular_purchase_bypass_is_not_allowed", CONFLICT, "The customer has to be verified";
    TOO_MANY_VERIFICATIONS = "too_many_verifications", CONFLICT, "Too many codes or wrong answers of the account in an hour";
    NO_CHANNEL = "verification_channel_missing", CONFLICT, "The operator has set up no way to send codes in this format";
    TOO_MANY_AUTHORIZATIONS = "too_many_authorizations", CONFLICT, "As many authorizations of the account are open as may be";
    CREDIT_EXCEEDED = "credit_exceeded", CONFLICT, "The purchase with its finance charge is more than the available credit";
    AUTHORIZATION_ENDED = "authorization_ended", CONFLICT, "Nothing is left of the authorization, or its time is over";
    AUTH_AMOUNT_EXCEEDED = "auth_amount_exceeded", CONFLICT, "More than what is left of the authorization";
    NOT_PERMITTED = "not_permitted", CONFLICT, "The lender has withdrawn the authorization";
    CAPTURE_AMOUNT_EXCEEDED = "capture_amount_exceeded", CONFLICT, "More than what is left of the capture";
    RETURN_DATE_EXCEEDED = "return_date_exceeded", CONFLICT, "The capture is too long ago";
    WRONG_TRANSACTION_TYPE = "wrong_transaction_type", CONFLICT, "The capture is not of a promotional purchase";
    REFUNDS_LIMIT_EXCEEDED_AMOUNT = "refunds_limit_exceeded_amount", CONFLICT, "More than may be refunded at once or in a day";
    LIMIT_PAYMENT_AMOUNT_24 = "limit_payment_amount_24", CONFLICT, "More than may be paid in 24 hours";
    INVALID_TRANSACTION_TYPE = "invalid_transaction_type", CONFLICT, "There is no such kind of payment";
}

of_accounts! {
    WIDGET_KEY_MISSING = "unauthorized", UNAUTHORIZED, "The key of the session is missing or malformed";
    WIDGET_SESSION_NOT_FOUND = "widget_session_not_found", NOT_FOUND, "There is no such session of the merchant, or the token or key is another one";
    WIDGET_TOKEN_USED = "widget_token_used", CONFLICT, "The token has opened its session before";
    WIDGET_SESSION_EXPIRED = "widget_session_expired", CONFLICT, "The time of the session is over";
    WIDGET_STEP = "widget_step", CONFLICT, "The session is not where this could be done";
}

macro_rules! oauth {
    ($($constant:ident = $name:literal, $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "` (RFC 6749 section 5.2).")]
            pub(crate) const $constant: Code = Code::new($name, StatusCode::BAD_REQUEST, $meaning);
        )+
    };
}

oauth! {
    INVALID_REQUEST = "invalid_request", "The request is no form, or a parameter is missing or there twice";
    INVALID_CLIENT = "invalid_client", "The client is unknown, its secret is wrong or missing, or it was revoked";
    INVALID_GRANT = "invalid_grant",
        "The refresh token is unknown, was used before, has expired or was revoked; or the user name or the password is wrong";
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type", "There is no such grant, or the merchant does not allow it";
    INVALID_SCOPE = "invalid_scope", "There is no such scope, or it is wider than the one of the refresh token";
}
