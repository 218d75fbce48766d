//! What the page of the widget calls: it opens a session with the token of its address, and shows the key that it is given from then on.

mod answer;
mod caller;
mod problem;

use axum::extract::{RawPathParams, State};
use domain::Secret;
use http_kit::{HttpState, JsonBody, Operation, PrivateJson, Problem, TextOrNumber, operation};
use serde::Deserialize;
use service::widget::WidgetChoice;
use utoipa::ToSchema;

use self::answer::{OpenedAnswer, SessionAnswer};
use self::caller::{PageParameters, SessionPage, SessionParameters, WidgetPage};
use self::problem::SessionProblems;
use crate::inputs::{Inputs, part};

pub(crate) const TAG: &str = "Point of sale: widget";

/// The name of the page in the audit trail.
const PAGE: &str = "widget";

/// The most characters of a token, of an answer and of a choice.
const LONGEST: usize = 255;

/// What the page calls. All of them are of one version.
pub(crate) fn operations() -> [Operation; 5] {
    [
        operation!(self::open_session),
        operation!(self::show_session),
        operation!(self::send_code),
        operation!(self::check_code),
        operation!(self::choose),
    ]
}

/// The token of the address.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = WidgetToken)]
pub(crate) struct TokenBody {
    /// It stands in the address of the page, behind the client. It works once, for 20 minutes.
    #[serde(default)]
    #[schema(value_type = String, example = "2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0")]
    token: TextOrNumber,
}

/// Open a session
///
/// The page tells the token of its address, once. The answer has the key that it shows from then on as `Authorization: Bearer …`, for 20
/// minutes, and what it shows the customer: the ways to prove who they are.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/widget/session",
    operation_id = "openWidgetSession",
    tag = TAG,
    security(()),
    params(PageParameters),
    request_body(content = TokenBody, content_type = "application/json"),
    responses(
        (
            status = 200,
            description = "It is open.",
            body = OpenedAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SessionProblems,
    ),
)]
pub(crate) async fn open_session(
    State(state): State<HttpState>,
    page: WidgetPage,
    parameters: RawPathParams,
    body: JsonBody<TokenBody>,
) -> Result<PrivateJson<OpenedAnswer>, Problem> {
    let mut inputs = Inputs::new(page.lang);
    inputs.repeated(&body.faults);
    let token = inputs.required("token", body.value.token, LONGEST);
    inputs.finish()?;
    let client_id = part(&parameters, "client_id");
    let opened = state.core().open_widget(client_id, &token.unwrap_or_default(), &page.context()).await;
    let opened = opened.map_err(|error| page.refused(&state, error))?;
    Ok(PrivateJson::new(OpenedAnswer::of(&opened)))
}

/// Show a session
///
/// As it is now; at its end with the event that the page reports to the shop.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/widget/session/{widget_session_id}",
    operation_id = "showWidgetSession",
    tag = TAG,
    security(("WidgetKey" = [])),
    params(SessionParameters),
    responses(
        (
            status = 200,
            description = "The session.",
            body = SessionAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SessionProblems,
    ),
)]
pub(crate) async fn show_session(
    State(state): State<HttpState>,
    page: SessionPage,
) -> Result<PrivateJson<SessionAnswer>, Problem> {
    let view = state.core().widget(&page.key).await.map_err(|error| page.page.refused(&state, error))?;
    Ok(PrivateJson::new(SessionAnswer::of(&view)))
}

/// The way that the customer has chosen.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = WidgetCodeRequest)]
pub(crate) struct CodeBody {
    /// `option` of one of `mfa_options`.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    option: TextOrNumber,
}

/// Send a code
///
/// Sends a one-time code to the customer in the chosen way, or asks the question that it is. Three times in a session, and not more than ten times in an
/// hour to one address. In a sandbox the code is 2222.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/widget/session/{widget_session_id}/code",
    operation_id = "sendWidgetCode",
    tag = TAG,
    security(("WidgetKey" = [])),
    params(SessionParameters),
    request_body(content = CodeBody, content_type = "application/json"),
    responses(
        (
            status = 200,
            description = "It is on its way.",
            body = SessionAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SessionProblems,
    ),
)]
pub(crate) async fn send_code(
    State(state): State<HttpState>,
    page: SessionPage,
    body: JsonBody<CodeBody>,
) -> Result<PrivateJson<SessionAnswer>, Problem> {
    let mut inputs = Inputs::new(page.page.lang);
    inputs.repeated(&body.faults);
    let option = inputs.required("option", body.value.option, LONGEST);
    // What is no number is no option either.
    let option = option.and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    inputs.finish()?;
    let view = state.core().send_widget_code(&page.key, option, &page.page.context()).await;
    let view = view.map_err(|error| page.page.refused(&state, error))?;
    Ok(PrivateJson::new(SessionAnswer::of(&view)))
}

/// What the customer has answered.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = WidgetAnswer)]
pub(crate) struct CheckBody {
    /// The code that the customer was sent, or the answer to the question.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    answer: TextOrNumber,
}

/// Check a code
///
/// The right one shows the accounts that may be chosen. A code is good for ten minutes and not after three wrong ones; after three wrong ones of the third
/// code the session ends, and the event says so.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/widget/session/{widget_session_id}/check",
    operation_id = "checkWidgetCode",
    tag = TAG,
    security(("WidgetKey" = [])),
    params(SessionParameters),
    request_body(content = CheckBody, content_type = "application/json"),
    responses(
        (
            status = 200,
            description = "It was the right one.",
            body = SessionAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SessionProblems,
    ),
)]
pub(crate) async fn check_code(
    State(state): State<HttpState>,
    page: SessionPage,
    body: JsonBody<CheckBody>,
) -> Result<PrivateJson<SessionAnswer>, Problem> {
    let mut inputs = Inputs::new(page.page.lang);
    inputs.repeated(&body.faults);
    let answer = inputs.required("answer", body.value.answer, LONGEST);
    inputs.finish()?;
    let answer = Secret::new(answer.unwrap_or_default());
    let view = state.core().check_widget_code(&page.key, &answer, &page.page.context()).await;
    let view = view.map_err(|error| page.page.refused(&state, error))?;
    Ok(PrivateJson::new(SessionAnswer::of(&view)))
}

/// What the customer chooses: an account, or one of two ways out.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = WidgetChoice)]
pub(crate) struct ChoiceBody {
    /// One of `accounts`, to buy with.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    account_number: TextOrNumber,
    /// `apply`, to apply for an account; `cancel`, to close the page.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    action: TextOrNumber,
}

/// Choose
///
/// Ends the session. The answer has the event that the page reports to the shop; choosing the same again answers the same.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/widget/session/{widget_session_id}/choice",
    operation_id = "chooseInWidget",
    tag = TAG,
    security(("WidgetKey" = [])),
    params(SessionParameters),
    request_body(
        content = ChoiceBody,
        content_type = "application/json",
        example = json!({"account_number": 12_345_678_901_237_i64}),
    ),
    responses(
        (
            status = 200,
            description = "The session has ended.",
            body = SessionAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SessionProblems,
    ),
)]
pub(crate) async fn choose(
    State(state): State<HttpState>,
    page: SessionPage,
    body: JsonBody<ChoiceBody>,
) -> Result<PrivateJson<SessionAnswer>, Problem> {
    let lang = page.page.lang;
    let mut inputs = Inputs::new(lang);
    inputs.repeated(&body.faults);
    let account = inputs.account("account_number", body.value.account_number);
    let action = inputs.text("action", body.value.action, LONGEST);
    let choice = match (account, action.as_deref()) {
        (Some(account), None) => Some(WidgetChoice::Account(account)),
        (None, Some("apply")) => Some(WidgetChoice::Apply),
        (None, Some("cancel")) => Some(WidgetChoice::Cancel),
        _ => None,
    };
    if choice.is_none() {
        inputs.fault(
            "action",
            "must be apply or cancel, or there is account_number in its place",
            "doit être apply ou cancel, ou account_number est présent à sa place",
            action.as_deref(),
        );
    }
    inputs.finish()?;
    let choice = choice.ok_or_else(|| Problem::internal("a fault was not told"))?;
    let view = state.core().choose_in_widget(&page.key, choice, &page.page.context()).await;
    let view = view.map_err(|error| page.page.refused(&state, error))?;
    Ok(PrivateJson::new(SessionAnswer::of(&view)))
}
