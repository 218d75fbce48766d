//! Purchases on credit: held, and shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::capture::Capture;
use super::error::PosError;
use super::flow::{Flow, json};
use super::interest::InterestRate;
use super::till::Till;
use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// A purchase. Its `Debug` shows no card and no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The account.
    pub account_number: u64,
    /// What is bought for, in dollars, without the finance charge.
    pub amount: Decimal,
    /// How it is paid.
    pub financing: Financing,
    /// How the customer is known to be the one.
    pub proof: Proof,
    /// Whether all of it is captured at once.
    pub auto_capture: bool,
    /// The 16 digits of the card, where it is there: it must be of the account.
    pub vcc_number: Option<Secret>,
    /// Your order, location and employee.
    pub till: Till,
}

impl Purchase {
    /// One that is captured later, without a card, from a till that says nothing of itself.
    #[must_use]
    pub const fn new(account_number: u64, amount: Decimal, financing: Financing, proof: Proof) -> Self {
        let till = Till { reference: None, external_location_id: None, external_employee_id: None, sku_data: None };
        Self { account_number, amount, financing, proof, auto_capture: false, vcc_number: None, till }
    }
}

/// How a purchase is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Financing {
    /// With the next statement.
    Regular,
    /// By a plan that [`Flow::calculate_interest`] has told.
    Plan {
        /// The plan.
        plan_id: u32,
        /// Its term, in months.
        term: u32,
    },
}

/// How the customer of a purchase is known to be the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// In a store: the code that [`Flow::verify`] has made.
    Code {
        /// As the customer has told it.
        verification_code: Secret,
        /// As it was sent to [`Flow::verify`].
        request_id: String,
    },
    /// In a web shop: the session of the widget in which the customer was verified.
    Widget(Uuid),
    /// In a web shop: by this client's own tokens, of the scope `customer`, the customer has applied for the account, or was verified in the
    /// widget. That counts as long as they are refreshed: a client that rests for longer than a token lives gets tokens that tell nothing.
    OwnTokens,
}

/// An authorization. Amounts are dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Authorization {
    /// Its identifier, of 16 digits.
    pub authorization_id: u64,
    /// How it stands.
    pub authorization_status: AuthorizationStatus,
    /// The account.
    pub account_number: u64,
    /// Your order.
    #[serde(default)]
    pub reference: Option<String>,
    /// How it is paid.
    pub financing_option: FinancingOption,
    /// The amount, without the finance charge.
    pub amount: Decimal,
    /// The interest and the fees of the whole amount, which are held with it.
    pub finance_charge: Decimal,
    /// Of a promotional purchase its annual rate, fees included, as `v2.5` has it.
    #[serde(default)]
    pub apr: Option<Decimal>,
    /// The same as `v2.5.1` has it.
    #[serde(default)]
    pub annual_rates: Option<InterestRate>,
    /// What of the amount was captured.
    pub captured_amount: Decimal,
    /// What of the amount was released, by you or because its time was over.
    pub released_amount: Decimal,
    /// What may still be captured.
    pub remaining_authorization_amount: Decimal,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub date: OffsetDateTime,
    /// Until when it can be captured.
    #[serde(with = "time::serde::rfc3339")]
    pub expiry_date: OffsetDateTime,
    /// What may be bought for on the account after it; only in the answer to a call that has moved it.
    #[serde(default)]
    pub available_credit: Option<Decimal>,
    /// With [`Purchase::auto_capture`]: its capture.
    #[serde(default)]
    pub capture_id: Option<u64>,
    /// Its captures, the oldest first; only of [`Flow::authorization`].
    #[serde(default)]
    pub captures: Vec<Capture>,
}

impl Authorization {
    /// The annual rate of a promotional purchase, fees included, whichever version has answered.
    #[must_use]
    pub fn annual_rate(&self) -> Option<Decimal> {
        self.apr.or_else(|| self.annual_rates.as_ref().map(|rates| rates.rate))
    }
}

/// How an authorization stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AuthorizationStatus {
    /// Something may still be captured.
    Opened,
    /// All of it was captured or released.
    Closed,
    /// Its time was over before.
    Expired,
    /// The lender has withdrawn it.
    Unauthorized,
    /// One that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

impl AuthorizationStatus {
    /// The word on the wire; that of a new one is not known.
    pub(super) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Opened => Some("opened"),
            Self::Closed => Some("closed"),
            Self::Expired => Some("expired"),
            Self::Unauthorized => Some("unauthorized"),
            Self::Unknown => None,
        }
    }
}

/// How a purchase is paid, as answers have it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FinancingOption {
    /// Whether by a plan.
    pub transaction_type: TransactionType,
    /// The plan; `None` of a regular purchase.
    #[serde(default)]
    pub plan_id: Option<u32>,
    /// Its term in months; `None` of a regular purchase.
    #[serde(default)]
    pub term: Option<u32>,
}

/// The two kinds of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransactionType {
    /// By a plan.
    PromotionalPurchase,
    /// Without one.
    RegularPurchase,
    /// One that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

impl TransactionType {
    /// The word on the wire; that of a new one is not known.
    pub(super) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::PromotionalPurchase => Some("promotional_purchase"),
            Self::RegularPurchase => Some("regular_purchase"),
            Self::Unknown => None,
        }
    }
}

#[derive(Serialize)]
struct FinancingBody {
    transaction_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<u32>,
}

impl From<Financing> for FinancingBody {
    fn from(financing: Financing) -> Self {
        match financing {
            Financing::Regular => Self { transaction_type: "regular_purchase", plan_id: None, term: None },
            Financing::Plan { plan_id, term } => {
                Self { transaction_type: "promotional_purchase", plan_id: Some(plan_id), term: Some(term) }
            }
        }
    }
}

/// The body of the call. It is made where it is sent.
#[derive(Serialize)]
struct PurchaseBody<'a> {
    account_number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcc_number: Option<&'a str>,
    financing_option: FinancingBody,
    amount: Decimal,
    auto_capture: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    widget_session_id: Option<String>,
    #[serde(flatten)]
    till: &'a Till,
}

impl<'a> From<&'a Purchase> for PurchaseBody<'a> {
    fn from(purchase: &'a Purchase) -> Self {
        let (verification_code, request_id, widget_session_id) = match &purchase.proof {
            Proof::Code { verification_code, request_id } => {
                (Some(verification_code.expose()), Some(request_id.as_str()), None)
            }
            Proof::Widget(session) => (None, None, Some(session.hyphenated().to_string())),
            Proof::OwnTokens => (None, None, None),
        };
        Self {
            account_number: purchase.account_number,
            vcc_number: purchase.vcc_number.as_ref().map(Secret::expose),
            financing_option: purchase.financing.into(),
            amount: purchase.amount,
            auto_capture: purchase.auto_capture,
            verification_code,
            request_id,
            widget_session_id,
            till: &purchase.till,
        }
    }
}

impl Flow {
    /// Holds credit for a purchase, with the interest and the fees of its plan, until it is captured or released or its time is over. However
    /// often this call is tried, credit is held once. In a web shop with the scope `customer`.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{Financing, PosClient, PosError, Proof, Purchase, Till};
    /// # async fn run(till: PosClient, account_number: u64, proof: Proof) -> Result<(), PosError> {
    /// let flow = till.flow();
    /// let (price, plan) = (tallystick_client::Decimal::from(300), Financing::Plan { plan_id: 4, term: 6 });
    /// let purchase = Purchase { till: Till::order("Order-1234"), ..Purchase::new(account_number, price, plan, proof) };
    /// let held = flow.authorize(&purchase).await?;
    /// let sent = flow.capture(held.authorization_id, held.amount, &purchase.till).await?; // when the goods leave
    /// println!("{} of {}", sent.capture_id, held.authorization_id);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::Refused`], of which [`PosError::name`] tells why: there is less credit than the purchase with its finance charge
    /// (`credit_exceeded`), the plan can't be had, the code is another one, the customer was not verified, the account may not buy now, or the
    /// card is another account's. [`PosError::NotFound`] when there is no such account (`not_found`), or it is not that of the token's customer
    /// (`customer_identity_not_found`); [`PosError::WrongInputs`] names what is wrong with the request.
    pub async fn authorize(&self, purchase: &Purchase) -> Result<Authorization, PosError> {
        self.authorize_with(purchase, &self.new_idempotency_key()).await
    }

    /// As [`Flow::authorize`], with an idempotency key that the caller stored before, together with the purchase.
    ///
    /// # Errors
    /// As [`Flow::authorize`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn authorize_with(&self, purchase: &Purchase, key: &IdempotencyKey) -> Result<Authorization, PosError> {
        self.post_once("/authorization", json(&PurchaseBody::from(purchase)), key).await
    }

    /// One of the merchant's authorizations, with its captures. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::NotFound`] when the merchant has no such authorization.
    pub async fn authorization(&self, authorization_id: u64) -> Result<Authorization, PosError> {
        self.get(format!("/authorization/{authorization_id}"), []).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SESSION: Uuid = uuid::uuid!("8848372d-8457-4ca4-9da9-673f1cdd6684");

    fn sent(purchase: &Purchase) -> Value {
        serde_json::to_value(PurchaseBody::from(purchase)).unwrap()
    }

    #[test]
    fn a_purchase_is_sent_as_its_proof_and_plan_ask_for() {
        let plan = Financing::Plan { plan_id: 4, term: 3 };
        let online = Purchase::new(12_345_678_901_237, "10.5".parse().unwrap(), plan, Proof::Widget(SESSION));
        let promotional = json!({"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3});
        assert_eq!(
            sent(&online),
            json!({
                "account_number": 12_345_678_901_237_u64, "financing_option": promotional, "amount": 10.5, "auto_capture": false,
                "widget_session_id": "8848372d-8457-4ca4-9da9-673f1cdd6684",
            })
        );
        let proof = Proof::Code { verification_code: "0222".into(), request_id: "till-1".to_owned() };
        let till = Till {
            reference: Some("Order-1234".to_owned()),
            external_location_id: Some("00-12345".to_owned()),
            external_employee_id: Some("12345-SMITH".to_owned()),
            sku_data: None,
        };
        let vcc_number = Some("4000001234567982".into());
        let purchase =
            Purchase { financing: Financing::Regular, proof, auto_capture: true, vcc_number, till, ..online };
        assert_eq!(
            sent(&purchase),
            json!({
                "account_number": 12_345_678_901_237_u64, "vcc_number": "4000001234567982",
                "financing_option": {"transaction_type": "regular_purchase"}, "amount": 10.5, "auto_capture": true,
                "verification_code": "0222", "request_id": "till-1", "reference": "Order-1234",
                "external_location_id": "00-12345", "external_employee_id": "12345-SMITH",
            })
        );
        let shown = format!("{purchase:?}");
        assert!(!shown.contains("0222") && !shown.contains("7982") && shown.contains("till-1"), "{shown}");
        let own = sent(&Purchase { proof: Proof::OwnTokens, ..purchase });
        assert!(["verification_code", "request_id", "widget_session_id"].iter().all(|name| own.get(name).is_none()));
    }

    #[test]
    fn an_amount_is_sent_digit_by_digit() {
        let amount = "9999999999999.99".parse().unwrap();
        let purchase = Purchase::new(1, amount, Financing::Regular, Proof::OwnTokens);
        let text = serde_json::to_string(&PurchaseBody::from(&purchase)).unwrap();
        assert!(text.contains(r#""amount":9999999999999.99,"#), "{text}");
    }

    #[test]
    fn an_authorization_is_read_with_and_without_what_only_some_answers_have() {
        let body = r#"{"authorization_id":1234567890123456,"authorization_status":"opened","account_number":12345678901237,
            "reference":null,"financing_option":{"transaction_type":"regular_purchase","plan_id":null,"term":null},"amount":300.5,
            "finance_charge":4.99,"captured_amount":0,"released_amount":0,"remaining_authorization_amount":300.5,
            "date":"2026-01-02T03:04:05Z","expiry_date":"2026-02-01T03:04:05Z""#;
        let listed: Authorization = serde_json::from_str(&format!("{body}}}")).unwrap();
        assert_eq!(
            (listed.authorization_status, listed.finance_charge),
            (AuthorizationStatus::Opened, "4.99".parse().unwrap())
        );
        assert_eq!(
            (listed.financing_option.transaction_type, listed.available_credit),
            (TransactionType::RegularPurchase, None)
        );
        let rest = r#","available_credit":0.01,"capture_id":346123456}"#;
        let made = format!("{body}{rest}").replace("opened", "frozen").replace("regular_purchase", "lay_away");
        let made: Authorization = serde_json::from_str(&made).unwrap();
        assert_eq!((made.available_credit, made.capture_id), ("0.01".parse().ok(), Some(346_123_456)));
        assert_eq!(made.authorization_status, AuthorizationStatus::Unknown);
        assert_eq!(made.financing_option.transaction_type, TransactionType::Unknown);
    }
}
