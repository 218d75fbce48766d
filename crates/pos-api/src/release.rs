//! `POST …/authorization/{authorization_id}/release`: what is held is given up.

use axum::extract::{RawPathParams, State};
use domain::purchase::{AuthorizationId, Refusal};
use http_kit::openapi::Responses;
use http_kit::{HttpState, OptionalJsonBody, PrivateJson, Problem, TextOrNumber};
use service::purchase_error::Missing;

use crate::authorization::AuthorizationAnswer;
use crate::inputs::part;
use crate::lang::Lang;
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;

till_body! {
/// What is given up.
#[schema(as = Release)]
pub(crate) struct ReleaseBody {
    /// The amount, in dollars: a number, or a text of one. All that is left where there is none.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    amount: TextOrNumber,
}
}

/// Release an authorization
///
/// Gives up what is left of it, or a part of that; the credit is free again. `{}`, or no body, releases all that is left.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/authorization/{authorization_id}/release",
    operation_id = "releaseAuthorization",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(MoveParameters, ("authorization_id" = i64, Path, description = "The authorization.", example = 1_234_567_890_123_456_i64)),
    request_body(content = Option<ReleaseBody>, content_type = "application/json", example = json!({"amount": 10.5})),
    responses(
        (status = 200, description = "The authorization after it.", body = AuthorizationAnswer),
        ReleaseProblems,
    ),
)]
pub(crate) async fn release(
    State(state): State<HttpState>,
    moved: MoneyMove,
    parameters: RawPathParams,
    OptionalJsonBody(body): OptionalJsonBody<ReleaseBody>,
) -> Result<PrivateJson<AuthorizationAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let mut inputs = moved.inputs();
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let amount = inputs.amount("amount", said.amount);
    let till = till.read(&mut inputs);
    inputs.finish()?;
    let id = AuthorizationId::parse(part(&parameters, "authorization_id"));
    let id = id.ok_or_else(|| not_found(moved.call.lang, Missing::Authorization))?;
    let answer = state.core().release(&moved.caller, id, amount, &till, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    Ok(PrivateJson::new(AuthorizationAnswer::of(answer.value, &moved.call)).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct ReleaseProblems;

impl utoipa::IntoResponses for ReleaseProblems {
    fn responses() -> Responses {
        let own =
            problems([Refusal::AuthorizationEnded.into(), Refusal::AuthAmountExceeded { remaining: EXAMPLE }.into()]);
        // It may be left out.
        let own = own.into_iter().filter(|problem| problem.code() != http_kit::code::EMPTY_BODY);
        problem::responses(own.chain([not_found(Lang::English, Missing::Authorization)]))
    }
}
