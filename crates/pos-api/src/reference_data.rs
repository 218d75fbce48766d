//! The reference data of the forms: `GET` and `POST …/i18n`, and `GET …/i18n/{key}`.

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::response::{IntoResponse, Response};
use domain::reference_data::{Document, GroupKey, ReferenceData};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderValue, StatusCode};
use http_kit::openapi::Responses;
use http_kit::{KnownTags, Problem};

use crate::call::{Call, CallParameters};
use crate::code::UNKNOWN_KEY;
use crate::lang::{Lang, of_two};
use crate::problem;

/// The tag of its operations in the API document.
pub(crate) const TAG: &str = "Point of sale: merchants and forms";

/// JSON that the caller may keep and must ask about before using it again: reference data, terms.
pub(crate) struct Kept {
    json: Body,
    etag: &'static str,
    is_known: bool,
}

impl Kept {
    /// JSON with its entity tag, which is left out (304) when the caller has it.
    pub(crate) fn new(json: Body, etag: &'static str, known: &KnownTags) -> Self {
        Self { json, etag, is_known: known.has(etag) }
    }

    fn of(document: &'static Document, known: &KnownTags) -> Self {
        Self::new(Body::from(document.bytes()), document.etag(), known)
    }
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        if self.is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = self.json;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Ok(tag) = HeaderValue::from_str(self.etag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

/// Show the reference data
///
/// Every group of the forms in one language, as the example of the public documentation has them. Codes are the same in both languages.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/i18n",
    operation_id = "showReferenceData",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    responses(
        (
            status = 200,
            description = "The groups.",
            content_type = "application/json",
            body = Object,
            headers(("ETag" = String, description = "Names this state of them, for `If-None-Match`")),
            example = json!({"salutations": {"mr": "Mr."}}),
        ),
        (status = 304, description = "You have them: `If-None-Match` has their tag."),
        CallProblems,
    ),
)]
pub(crate) async fn show_all(call: Call, known: KnownTags) -> Kept {
    Kept::of(ReferenceData::get().document(None, call.lang), &known)
}

/// Show the reference data, asked for by POST
///
/// The same as by GET, whatever the body holds, and always whole.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/i18n",
    operation_id = "askForReferenceData",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    responses(
        (
            status = 200,
            description = "The groups.",
            content_type = "application/json",
            body = Object,
            example = json!({"salutations": {"mr": "Mr."}}),
        ),
        CallProblems,
    ),
)]
pub(crate) async fn ask_for_all(call: Call) -> Kept {
    let document = ReferenceData::get().document(None, call.lang);
    Kept { json: Body::from(document.bytes()), etag: document.etag(), is_known: false }
}

/// Show a group of the reference data
///
/// The same object with that group alone.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/i18n/{key}",
    operation_id = "showReferenceDataGroup",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters, ("key" = String, Path, description = "The key of the group.", example = "salutations")),
    responses(
        (
            status = 200,
            description = "The group.",
            content_type = "application/json",
            body = Object,
            headers(("ETag" = String, description = "Names this state of it, for `If-None-Match`")),
            example = json!({"salutations": {"mr": "Mr.", "ms": "Ms.", "mrs": "Mrs.", "mss": "Miss."}}),
        ),
        (status = 304, description = "You have it: `If-None-Match` has its tag."),
        GroupProblems,
    ),
)]
pub(crate) async fn show_group(call: Call, parameters: RawPathParams, known: KnownTags) -> Result<Kept, Problem> {
    let key = parameters.iter().find(|(name, _)| *name == "key").and_then(|(_, key)| GroupKey::parse(key));
    let key = key.ok_or_else(|| unknown_key(call.lang))?;
    Ok(Kept::of(ReferenceData::get().document(Some(key), call.lang), &known))
}

fn unknown_key(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "The reference data have no group of this key: i18n without a key shows all of them",
        "Les données de référence n'ont pas de groupe de cette clé : i18n sans clé les montre tous",
    );
    Problem::new(UNKNOWN_KEY, message)
}

/// What can go wrong with any call, for the API document.
struct CallProblems;

impl utoipa::IntoResponses for CallProblems {
    fn responses() -> Responses {
        problem::responses([])
    }
}

/// What can go wrong with a key, for the API document.
struct GroupProblems;

impl utoipa::IntoResponses for GroupProblems {
    fn responses() -> Responses {
        problem::responses([unknown_key(Lang::English)])
    }
}
