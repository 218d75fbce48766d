//! `/healthz` and `/readyz`: whether the process lives, and whether it can do its work.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http_kit::{HttpState, Operation, openapi, operation};
use serde::Serialize;
use store::Health;
use utoipa::ToSchema;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder};

/// How things stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthBody {
    /// `ok`, `ready` or `unavailable`.
    #[schema(example = "ready")]
    status: &'static str,
    /// What the program can't do without and lacks now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "database")]
    lacks: Option<&'static str>,
}

fn operations() -> [Operation; 2] {
    [operation!(self::live), operation!(self::ready)]
}

pub(super) fn router() -> Router<HttpState> {
    operation::routes(operations())
}

/// Their part of the API document.
pub(super) fn document() -> OpenApi {
    let mut api = OpenApiBuilder::new().build();
    operation::describe(&mut api, operations());
    for operation in api.paths.paths.values_mut().flat_map(openapi::operations) {
        // Said aloud, so that nobody takes it for forgotten: these need no key.
        operation.security = Some(Vec::new());
    }
    openapi::add_common_headers(&mut api);
    let tag = TagBuilder::new().name("Operation").description(Some("For whoever runs the server. These need no key."));
    api.tags = Some(vec![tag.build()]);
    api
}

/// Whether the process lives.
///
/// Restart the program when this does not answer. It asks nothing of the database.
#[utoipa::path(get, path = "/healthz", tag = "Operation", operation_id = "getLiveness",
    responses((status = 200, description = "The process lives", body = HealthBody, example = json!({"status": "ok"}))))]
async fn live() -> Response {
    answer(StatusCode::OK, HealthBody { status: "ok", lacks: None })
}

/// Whether the program can do its work now.
///
/// Send it requests while this answers 200. It is 503 while the database can't be used, and becomes 200 again by itself.
#[utoipa::path(get, path = "/readyz", tag = "Operation", operation_id = "getReadiness",
    responses(
        (status = 200, description = "It can do its work", body = HealthBody, example = json!({"status": "ready"})),
        (status = 503, description = "It can't do its work now", body = HealthBody,
            headers(("Retry-After" = u64, description = "Seconds after which to ask again")),
            example = json!({"status": "unavailable", "lacks": "database"}))))]
async fn ready(State(state): State<HttpState>) -> Response {
    match state.core().db().health() {
        Health::Ready => answer(StatusCode::OK, HealthBody { status: "ready", lacks: None }),
        // The reason is in the log: it may name files and hosts.
        Health::Unavailable(_) => {
            let body = HealthBody { status: "unavailable", lacks: Some("database") };
            ([(RETRY_AFTER, "1")], answer(StatusCode::SERVICE_UNAVAILABLE, body)).into_response()
        }
    }
}

fn answer(status: StatusCode, body: HealthBody) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
