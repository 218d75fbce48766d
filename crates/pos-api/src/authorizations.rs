//! `GET …/authorizations` and `GET …/authorization/{authorization_id}`: what a merchant has had authorized.

use axum::extract::{RawPathParams, State};
use domain::Timestamp;
use domain::credit_account::AccountNumber;
use domain::purchase::{AuthorizationId, AuthorizationState};
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem, Query};
use serde::Serialize;
use service::authorization_list::{AuthorizationsWanted, MOST_COUNTED};
use service::purchase_error::Missing;
use utoipa::ToSchema;

use crate::authorization::{AuthorizationAnswer, LONGEST_NAME};
use crate::call::{Call, CallParameters};
use crate::inputs::{Inputs, part};
use crate::lang::Lang;
use crate::money_move::{TAG, not_found, problem as purchase_problem};
use crate::problem;

/// How many records a page has where the caller does not say, and at most.
pub(crate) const PAGE_SIZE: (u32, u32) = (10, 100);

/// A page of authorizations, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorizationPage)]
pub(crate) struct AuthorizationsAnswer {
    authorizations: Vec<AuthorizationAnswer>,
    #[serde(flatten)]
    place: PagePlace,
}

/// Where a page is among all.
#[derive(Serialize, ToSchema)]
#[schema(as = PagePlace)]
pub(crate) struct PagePlace {
    /// The page, from 1.
    #[schema(example = 1)]
    page_number: u32,
    /// How many records a page has at most.
    #[schema(example = 10)]
    page_size: u32,
    /// How many records there are on all pages; 10,000 when there are more.
    #[schema(example = 1)]
    total_records: i64,
}

/// List authorizations
///
/// Yours, the newest first. Days are counted in UTC, and both are included. Pages reach back 10,000 records: for older ones name days.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/authorizations",
    operation_id = "listAuthorizations",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("account_number" = Option<i64>, Query, description = "Of this account only.", example = 12_345_678_901_237_i64),
        ("transaction_type" = Option<String>, Query, description = "`promotional_purchase` or `regular_purchase` only."),
        ("authorization_status" = Option<String>, Query, description = "`opened`, `closed`, `expired` or `unauthorized` only."),
        ("creation_date_from" = Option<String>, Query, description = "Made on this day or later.", example = "2026-11-11"),
        ("creation_date_to" = Option<String>, Query, description = "Made on this day or earlier.", example = "2026-12-11"),
        ("page_number" = Option<u32>, Query, description = "The page, from 1.", example = 1),
        ("page_size" = Option<u32>, Query, description = "How many records a page has: 1 to 100, 10 where it is left out.", example = 10),
    ),
    responses(
        (status = 200, description = "The page.", body = AuthorizationsAnswer),
        ListProblems,
    ),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    call: Call,
    mut query: Query,
) -> Result<PrivateJson<AuthorizationsAnswer>, Problem> {
    const PARAMS: [&str; 7] = [
        "account_number",
        "transaction_type",
        "authorization_status",
        "creation_date_from",
        "creation_date_to",
        "page_number",
        "page_size",
    ];
    let mut inputs = Inputs::new(call.lang);
    let account = inputs.filter(&mut query, "account_number", AccountNumber::DIGITS).map(AccountNumber::of_stored);
    let kind = inputs.query(&mut query, "transaction_type");
    let kind = inputs.text("transaction_type", kind, LONGEST_NAME);
    let transaction_type = kind.and_then(|kind| {
        let known = ["promotional_purchase", "regular_purchase"].into_iter().find(|known| *known == kind);
        if known.is_none() {
            let (en, fr) = (
                "must be promotional_purchase or regular_purchase",
                "doit être promotional_purchase ou regular_purchase",
            );
            inputs.fault("transaction_type", en, fr, Some(&kind));
        }
        known
    });
    let status = inputs.query(&mut query, "authorization_status");
    let status = inputs.text("authorization_status", status, LONGEST_NAME);
    let state_wanted = status.and_then(|status| {
        let known = AuthorizationState::of_name(&status);
        if known.is_none() {
            let (en, fr) = (
                "must be opened, closed, expired or unauthorized",
                "doit être opened, closed, expired ou unauthorized",
            );
            inputs.fault("authorization_status", en, fr, Some(&status));
        }
        known
    });
    let (from, until) = days(&mut inputs, &mut query, ("creation_date_from", "creation_date_to"));
    let page = page(&mut inputs, &mut query);
    inputs.query_faults(query, &PARAMS);
    inputs.finish()?;
    let wanted = AuthorizationsWanted { account, transaction_type, state: state_wanted, from, until };
    let found = state.core().authorizations(&call.caller()?, &wanted, (page.size, page.skipped())).await?;
    Ok(PrivateJson::new(AuthorizationsAnswer {
        authorizations: found.records.into_iter().map(|view| AuthorizationAnswer::of(view, &call)).collect(),
        place: page.place(found.total),
    }))
}

/// Show an authorization
///
/// One of yours, with its captures.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/authorization/{authorization_id}",
    operation_id = "showAuthorization",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(CallParameters, ("authorization_id" = i64, Path, description = "The authorization.", example = 1_234_567_890_123_456_i64)),
    responses(
        (status = 200, description = "The authorization.", body = AuthorizationAnswer),
        ShowProblems,
    ),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    call: Call,
    parameters: RawPathParams,
) -> Result<PrivateJson<AuthorizationAnswer>, Problem> {
    let id = AuthorizationId::parse(part(&parameters, "authorization_id"));
    let id = id.ok_or_else(|| not_found(call.lang, Missing::Authorization))?;
    let found = state.core().authorization_of(&call.caller()?, id).await;
    let found = found.map_err(|error| purchase_problem(call.lang, error))?;
    Ok(PrivateJson::new(AuthorizationAnswer::of(found, &call)))
}

/// The page that is asked for.
pub(crate) struct Page {
    pub(crate) number: u32,
    pub(crate) size: u32,
}

impl Page {
    /// As it is answered, of so many records in all.
    pub(crate) const fn place(&self, total: i64) -> PagePlace {
        PagePlace { page_number: self.number, page_size: self.size, total_records: total }
    }

    /// How many records come before it.
    pub(crate) const fn skipped(&self) -> u32 {
        (self.number - 1).saturating_mul(self.size)
    }
}

/// Reads `page_number` and `page_size`. What is skipped has to be read, so that pages end somewhere.
pub(crate) fn page(inputs: &mut Inputs, query: &mut Query) -> Page {
    let size = inputs.count(query, "page_size", PAGE_SIZE);
    let most = u32::try_from(MOST_COUNTED).unwrap_or(u32::MAX) / size;
    Page { number: inputs.count(query, "page_number", (1, most)), size }
}

/// Reads two days: from when the first begins to when the last ends.
pub(crate) fn days(
    inputs: &mut Inputs,
    query: &mut Query,
    (from, to): (&'static str, &'static str),
) -> (Timestamp, Timestamp) {
    let first = inputs.day(query, from, 0).unwrap_or(Timestamp::from_micros(0));
    let after = inputs.day(query, to, 1).unwrap_or(Timestamp::from_micros(i64::MAX));
    (first, after)
}

/// A list that is asked for wrongly, as the API document shows it.
pub(crate) fn wrong_page() -> Problem {
    let mut inputs = Inputs::new(Lang::English);
    inputs.fault("page_size", "must be a whole number from 1 on, and not beyond the most", "", Some("1000"));
    inputs.finish().err().unwrap_or_else(|| Problem::internal(""))
}

/// What can go wrong with the list, for the API document.
struct ListProblems;

impl utoipa::IntoResponses for ListProblems {
    fn responses() -> Responses {
        problem::responses([wrong_page()])
    }
}

/// What can go wrong with one, for the API document.
struct ShowProblems;

impl utoipa::IntoResponses for ShowProblems {
    fn responses() -> Responses {
        problem::responses([not_found(Lang::English, Missing::Authorization)])
    }
}
