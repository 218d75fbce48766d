//! A session as its page is told of it.

use domain::verification::VerificationFormat;
use domain::widget::{WidgetAction, WidgetOutcome};
use serde::Serialize;
use service::widget::{OpenedWidget, WidgetEvent, WidgetView};
use utoipa::ToSchema;

use crate::amount::Dollars;

/// A session that was just opened.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenedWidgetSession)]
pub(crate) struct OpenedAnswer {
    /// What the page shows from now on, as `Authorization: Bearer …`.
    #[schema(example = "2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0")]
    session_key: String,
    #[serde(flatten)]
    session: SessionAnswer,
}

impl OpenedAnswer {
    pub(crate) fn of(opened: &OpenedWidget) -> Self {
        Self { session_key: opened.key.expose().to_text(), session: SessionAnswer::of(&opened.view) }
    }
}

/// A session of the widget.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetSession)]
pub(crate) struct SessionAnswer {
    #[schema(format = "uuid")]
    widget_session_id: String,
    /// `purchase` or `apply`.
    #[schema(example = "purchase")]
    flow: &'static str,
    /// `en` or `fr`.
    #[schema(example = "en")]
    lang: &'static str,
    /// `opened`: the customer is to prove who they are; `verified`: they are to choose; `ended`: there is an event.
    #[schema(example = "opened")]
    step: &'static str,
    /// The shop.
    #[schema(example = "Flexiti Demo")]
    merchant_name: String,
    /// The origin that the page reports to, and which alone may frame it; null where the merchant has no trust URL: then nothing is reported.
    #[schema(example = "https://shop.example")]
    target_origin: Option<String>,
    /// Until when the session can be gone on with; of one that has ended, until when what it has proved counts.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    expires_at: String,
    /// The ways for the customer to prove who they are. None where nobody is known of whom the shop has named.
    mfa_options: Vec<MfaOptionAnswer>,
    /// `mfaOptionSelected` so far.
    #[schema(example = "sms")]
    mfa_option_chosen: Option<&'static str>,
    /// Whether `apply` may be chosen now.
    may_apply: bool,
    /// The accounts that may be chosen.
    accounts: Vec<AccountAnswer>,
    /// What the page reports to the shop, at the end.
    event: Option<EventAnswer>,
}

/// One way for the customer to prove who they are.
#[derive(Serialize, ToSchema)]
#[schema(as = MfaOption)]
struct MfaOptionAnswer {
    /// To choose it by.
    #[schema(example = 0)]
    option: usize,
    /// `sms`, `email` or `security_question`.
    #[schema(example = "sms")]
    format: &'static str,
    /// Where the code goes to, mostly hidden; or the question.
    #[schema(example = "(•••) •••-••23")]
    shown: String,
}

/// An account of the customer.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetAccount)]
struct AccountAnswer {
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// `consumer` or `business`.
    #[schema(example = "consumer")]
    account_type: String,
    /// The last digits of its card.
    #[schema(example = "5941")]
    card_ending_in: String,
    /// What may be bought for.
    #[schema(value_type = f64, example = 10.5)]
    available_credit: Dollars,
}

/// What the page posts to the shop.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetEvent)]
#[serde(rename_all = "camelCase")]
struct EventAnswer {
    /// `flx-success` or `flx-cancel`.
    #[schema(example = "flx-success")]
    event_type: &'static str,
    /// Not there where the customer has closed the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_data: Option<EventData>,
}

/// `eventData`, as published.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetEventData)]
struct EventData {
    #[serde(rename = "accountNumber")]
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: Option<i64>,
    verified: bool,
    /// `purchase`, `apply` or null.
    #[schema(example = "purchase")]
    action: Option<&'static str>,
    /// `sms`, `email`, `security_question` or null.
    #[serde(rename = "mfaOptionSelected")]
    #[schema(example = "sms")]
    mfa_option_selected: Option<&'static str>,
    #[schema(format = "uuid")]
    widget_session_id: String,
    #[serde(rename = "customerId", skip_serializing_if = "Option::is_none")]
    #[schema(example = "1234567897")]
    customer_id: Option<String>,
    #[serde(rename = "accountType", skip_serializing_if = "Option::is_none")]
    #[schema(example = "consumer")]
    account_type: Option<String>,
}

impl SessionAnswer {
    pub(crate) fn of(view: &WidgetView) -> Self {
        let options = view.options.iter().enumerate().map(|(option, it)| MfaOptionAnswer {
            option,
            format: it.format.name(),
            shown: it.shown.clone(),
        });
        let accounts = view.accounts.iter().map(|account| AccountAnswer {
            account_number: account.number.get(),
            account_type: account.account_type.clone(),
            card_ending_in: account.card_ending.clone(),
            available_credit: Dollars(account.available_credit),
        });
        let widget_session_id = view.session.to_string();
        Self {
            flow: view.flow.as_str(),
            lang: view.lang.as_str(),
            step: view.step.as_str(),
            merchant_name: view.merchant_name.clone(),
            target_origin: view.trust_url.clone(),
            expires_at: view.expires_at.whole_seconds(),
            mfa_options: options.collect(),
            mfa_option_chosen: view.chosen.map(VerificationFormat::name),
            may_apply: view.may_apply,
            accounts: accounts.collect(),
            event: view.event.as_ref().map(|event| event_of(event, &widget_session_id)),
            widget_session_id,
        }
    }
}

fn event_of(event: &WidgetEvent, session: &str) -> EventAnswer {
    let outcome = event.outcome;
    if outcome == WidgetOutcome::Cancelled {
        return EventAnswer { event_type: "flx-cancel", event_data: None };
    }
    let (customer_id, account_type) = event.customer.clone().unzip();
    let event_data = EventData {
        account_number: outcome.account().map(|account| account.get()),
        verified: outcome.is_verified(),
        action: outcome.action().map(WidgetAction::as_str),
        mfa_option_selected: event.format.map(VerificationFormat::name),
        widget_session_id: session.to_owned(),
        customer_id: customer_id.map(|id| id.to_string()),
        account_type,
    };
    EventAnswer { event_type: "flx-success", event_data: Some(event_data) }
}
