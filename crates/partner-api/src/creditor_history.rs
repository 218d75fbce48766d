//! `GET /creditors/{clientIdentifier}/history`.

use axum::extract::State;
use domain::Timestamp;
use domain::creditor::FieldChange;
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, Problem, Query, ResourceJson};
use serde::Serialize;
use serde_json::{Value, json};
use service::creditor::{HistoryQuery, RecordedChange};
use service::cursor::Cursor;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::Object;

use crate::creditor::problem;
use crate::creditor_path::{CreditorPath, not_found};

/// A page of the changes of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryAnswer {
    /// The changes, newest first.
    changes: Vec<ChangeAnswer>,
    /// What to send as `cursor` for the next page; null at the end.
    #[schema(example = json!(null), required)]
    next_cursor: Option<String>,
}

/// One change of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangeAnswer {
    /// When it was made.
    #[schema(schema_with = changed_at, required = true)]
    at: Timestamp,
    /// Who made it.
    changed_by: ChangedBy,
    /// The request it was made by, as in its `X-Request-Id`; null when it was made by the operator.
    #[schema(example = "01JD7ZB2Q8W3T5N6R4V9XKMHCE", required)]
    request_id: Option<String>,
    /// The members that were changed.
    fields: Vec<FieldChangeAnswer>,
}

/// Who made a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedBy {
    /// `partner`, `client` or `provisioning` for a key of that kind, `operator` for a person of the operator, `job` for the program.
    #[schema(example = "partner")]
    kind: String,
    /// The identifier of the key, which is no secret; null when it was no key.
    #[schema(example = "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f", format = "uuid", required)]
    key_id: Option<String>,
}

/// One member that was changed.
#[derive(Serialize, ToSchema)]
struct FieldChangeAnswer {
    /// Its path, such as `client.email`, `settings.smsSender`, `status` or `agreements`.
    #[schema(example = "client.email")]
    field: String,
    /// What it was: a text, true or false, or null; of `agreements`, those that went.
    #[schema(value_type = Value, example = "email@testcustomer.fi", required)]
    from: Value,
    /// What it is since; of `agreements`, those that came.
    #[schema(value_type = Value, example = "laskut@testcustomer.fi", required)]
    to: Value,
}

fn changed_at() -> Object {
    openapi::time("When it was made.")
}

impl From<RecordedChange> for ChangeAnswer {
    fn from(change: RecordedChange) -> Self {
        let (kind, id) = change.actor.split_once(':').unwrap_or((&change.actor, ""));
        // The name of the operator's account is not the partner's to know.
        let key_id = (!matches!(kind, "operator" | "job")).then(|| id.to_owned());
        Self {
            at: change.at,
            changed_by: ChangedBy { kind: kind.to_owned(), key_id },
            request_id: Some(change.request_id).filter(|id| !id.is_empty()),
            fields: change
                .changes
                .into_iter()
                .map(|FieldChange { field, from, to }| FieldChangeAnswer {
                    field: field.into_owned(),
                    // Texts, booleans, dates and null always have a form in JSON.
                    from: serde_json::to_value(from).unwrap_or_default(),
                    to: serde_json::to_value(to).unwrap_or_default(),
                })
                .collect(),
        }
    }
}

/// Show the history of a creditor
///
/// Every change since it was created, newest first: who, when, and which members from what to what. Changes of its agreements and of its
/// status are among them. Of a change of its agreements those that went and those that came are told, and not those that stayed.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}/history",
    operation_id = "showCreditorHistory",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, HistoryParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of changes.",
            body = HistoryAnswer,
            headers(("Cache-Control" = String, description = "`private, no-cache`")),
            example = json!(history_example()),
        ),
        HistoryProblems,
    ),
)]
pub(crate) async fn show_creditor_history(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    mut query: Query,
) -> Result<ResourceJson<HistoryAnswer>, Problem> {
    let asked = HistoryQuery { limit: query.limit(), cursor: query.cursor(Cursor::parse) };
    query.finish()?;
    let partner = caller.principal.holder.partner;
    let page = state.core().creditor_history(partner, client, &asked).await.map_err(problem)?;
    Ok(ResourceJson::new(HistoryAnswer {
        changes: page.changes.into_iter().map(ChangeAnswer::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// The parameters of the history, for the API document.
struct HistoryParameters;

impl utoipa::IntoParams for HistoryParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        openapi::paging_parameters()
    }
}

/// What can go wrong, for the API document.
struct HistoryProblems;

impl utoipa::IntoResponses for HistoryProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([openapi::paging_problem(), not_found()])
    }
}

fn history_example() -> Value {
    json!({
        "changes": [{
            "at": "2026-11-21T11:00:00.000Z",
            "changedBy": {"kind": "partner", "keyId": "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f"},
            "requestId": "01JD7ZB2Q8W3T5N6R4V9XKMHCE",
            "fields": [
                {"field": "client.email", "from": "email@testcustomer.fi", "to": "laskut@testcustomer.fi"},
                {"field": "settings.smsSender", "from": null, "to": "Testaajat"}
            ]
        }],
        "nextCursor": null
    })
}

#[cfg(test)]
mod tests {
    use domain::creditor::FieldValue;

    use super::*;

    #[test]
    fn a_change_tells_which_key_made_it_and_not_which_person() {
        let change = |actor: &str| {
            let fields =
                vec![FieldChange { field: "status".into(), from: FieldValue::Nothing, to: FieldValue::Flag(true) }];
            let change = RecordedChange {
                at: Timestamp::from_micros(0),
                actor: actor.into(),
                request_id: String::new(),
                changes: fields,
            };
            serde_json::to_value(ChangeAnswer::from(change)).unwrap()
        };
        assert_eq!(change("partner:x-1")["changedBy"], json!({"kind": "partner", "keyId": "x-1"}));
        assert_eq!(change("operator:maija")["changedBy"], json!({"kind": "operator", "keyId": null}));
        assert_eq!(change("job:x")["fields"], json!([{"field": "status", "from": null, "to": true}]));
    }
}
