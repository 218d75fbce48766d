//! `GET …/terms-and-conditions`: the terms in force in a province.

use axum::extract::State;
use domain::reference_data::Province;
use domain::terms;
use http_kit::openapi::Responses;
use http_kit::{HttpState, KnownTags, Problem, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::{Call, CallParameters};
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::reference_data::{Kept, TAG};

/// Terms and conditions.
#[derive(Serialize, ToSchema)]
#[schema(as = Terms)]
pub(crate) struct TermsAnswer {
    /// The version, which an application sends as `tos_version`.
    #[schema(example = "roc-2026-07-01")]
    version: &'static str,
    /// The first day on which it is in force.
    #[schema(example = "2026-07-01", format = "date")]
    effective_date: String,
    /// The title.
    title: &'static str,
    /// Paragraphs with an empty line between them.
    text: &'static str,
}

/// Show the terms and conditions
///
/// Those in force today in a province, by its own calendar, in the language of `lang`. What an applicant accepts is kept by the version.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/terms-and-conditions",
    operation_id = "showTerms",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("province" = String, Query, description = "The province where the applicant lives.", example = "ON"),
    ),
    responses(
        (
            status = 200,
            description = "The terms.",
            body = TermsAnswer,
            headers(("ETag" = String, description = "Names this version in this language, for `If-None-Match`")),
        ),
        (status = 304, description = "You have them: `If-None-Match` has their tag."),
        TermsProblems,
    ),
)]
pub(crate) async fn show_terms(
    State(state): State<HttpState>,
    call: Call,
    mut query: Query,
    known: KnownTags,
) -> Result<Kept, Problem> {
    let province = query.text("province").and_then(|code| Province::parse(&code).ok());
    let province = province.ok_or_else(|| unknown_province(call.lang))?;
    let today = province.today(state.core().clock().now());
    // There are some since before this program was.
    let terms = terms::in_force(today, province, call.lang).map_err(Problem::internal)?;
    let answer = TermsAnswer {
        version: terms.version.as_str(),
        effective_date: terms.effective.to_string(),
        title: terms.title,
        text: terms.text,
    };
    let json = serde_json::to_vec(&answer).map_err(Problem::internal)?;
    Ok(Kept::new(json.into(), &terms.etag, &known))
}

fn unknown_province(lang: Lang) -> Problem {
    let msg = of_two(
        lang,
        "must be there once, and one of AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK and YT",
        "doit être présent une seule fois, et un de AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK et YT",
    );
    wrong_inputs(lang, &[FieldError { param: "province", msg: msg.into(), value: None }])
}

/// What can go wrong, for the API document.
struct TermsProblems;

impl utoipa::IntoResponses for TermsProblems {
    fn responses() -> Responses {
        problem::responses([unknown_province(Lang::English)])
    }
}
