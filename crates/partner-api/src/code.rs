//! The codes of problems that only this front has.

use http::StatusCode;
use http_kit::Code;

/// `business_rule`.
pub(crate) const BUSINESS_RULE: Code = Code::new(
    "business_rule",
    StatusCode::PAYMENT_REQUIRED,
    "The request is well-formed, but not allowed in this state; the message tells why",
);

/// `client_exists`.
pub(crate) const CLIENT_EXISTS: Code = Code::new(
    "client_exists",
    StatusCode::CONFLICT,
    "The partner has a client with this country and business code; `clientIdentifier` names it",
);

/// `invoice_exists`.
pub(crate) const INVOICE_EXISTS: Code =
    Code::new("invoice_exists", StatusCode::CONFLICT, "You have an invoice of this number; `invoiceId` names it");

/// `partner_mismatch`.
pub(crate) const PARTNER_MISMATCH: Code = Code::new(
    "partner_mismatch",
    StatusCode::FORBIDDEN,
    "`service.partnerCode` is not the code of the partner whose key this is",
);

/// `agreement_taken`.
pub(crate) const AGREEMENT_TAKEN: Code = Code::new(
    "agreement_taken",
    StatusCode::CONFLICT,
    "Another creditor of the partner has an agreement with this system and identifier; `agreement` and `clientIdentifier` name them",
);

/// Every code that only this front has.
pub(crate) const ALL: &[Code] = &[AGREEMENT_TAKEN, BUSINESS_RULE, CLIENT_EXISTS, INVOICE_EXISTS, PARTNER_MISMATCH];
