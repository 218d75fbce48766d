//! `GET …/captures`: what a merchant has captured.

use axum::extract::State;
use domain::credit_account::AccountNumber;
use domain::purchase::AuthorizationId;
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem, Query};
use serde::Serialize;
use service::capture::CapturesWanted;
use utoipa::ToSchema;

use crate::authorizations::{PagePlace, days, page, wrong_page};
use crate::call::{Call, CallParameters};
use crate::capture::CaptureAnswer;
use crate::inputs::Inputs;
use crate::money_move::TAG;
use crate::problem;

/// A page of captures, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = CapturePage)]
pub(crate) struct CapturesAnswer {
    captures: Vec<CaptureAnswer>,
    #[serde(flatten)]
    place: PagePlace,
}

/// List captures
///
/// Yours, the newest first. Days are counted in UTC, and both are included. Pages reach back 10,000 records: for older ones name days.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/captures",
    operation_id = "listCaptures",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("account_number" = Option<i64>, Query, description = "Of this account only.", example = 12_345_678_901_237_i64),
        ("authorization_id" = Option<i64>, Query, description = "Of this authorization only.", example = 1_234_567_890_123_456_i64),
        ("capture_date_from" = Option<String>, Query, description = "Captured on this day or later.", example = "2026-11-11"),
        ("capture_date_to" = Option<String>, Query, description = "Captured on this day or earlier.", example = "2026-12-11"),
        ("page_number" = Option<u32>, Query, description = "The page, from 1.", example = 1),
        ("page_size" = Option<u32>, Query, description = "How many records a page has: 1 to 100, 10 where it is left out.", example = 10),
    ),
    responses(
        (status = 200, description = "The page.", body = CapturesAnswer),
        CapturesProblems,
    ),
)]
pub(crate) async fn list_captures(
    State(state): State<HttpState>,
    call: Call,
    mut query: Query,
) -> Result<PrivateJson<CapturesAnswer>, Problem> {
    const PARAMS: [&str; 6] =
        ["account_number", "authorization_id", "capture_date_from", "capture_date_to", "page_number", "page_size"];
    let mut inputs = Inputs::new(call.lang);
    let account = inputs.filter(&mut query, "account_number", AccountNumber::DIGITS).map(AccountNumber::of_stored);
    let authorization = inputs.filter(&mut query, "authorization_id", AuthorizationId::DIGITS).map(AuthorizationId);
    let (from, until) = days(&mut inputs, &mut query, ("capture_date_from", "capture_date_to"));
    let page = page(&mut inputs, &mut query);
    inputs.query_faults(query, &PARAMS);
    inputs.finish()?;
    let wanted = CapturesWanted { account, authorization, from, until };
    let found = state.core().captures(&call.caller()?, &wanted, (page.size, page.skipped())).await?;
    Ok(PrivateJson::new(CapturesAnswer {
        captures: found.records.into_iter().map(CaptureAnswer::from).collect(),
        place: page.place(found.total),
    }))
}

/// What can go wrong, for the API document.
struct CapturesProblems;

impl utoipa::IntoResponses for CapturesProblems {
    fn responses() -> Responses {
        problem::responses([wrong_page()])
    }
}
