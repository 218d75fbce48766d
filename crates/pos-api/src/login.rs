//! `POST …/merchants/login`: who the merchant is, and the values of its forms.

use axum::extract::State;
use domain::Secret;
use domain::reference_data::{Entry, ReferenceData};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, Text};
use serde::{Deserialize, Serialize};
use service::merchant_login::MerchantLoginError;
use utoipa::ToSchema;

use crate::call::{Call, CallParameters};
use crate::code::AUTHENTICATION_FAILURE;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::reference_data::TAG;

/// The user who logs in. Both members or neither: without them the merchant itself is shown.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = MerchantLogin)]
pub(crate) struct LoginRequest {
    /// The name of a sales representative or of a location.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "merchantonline")]
    merchant_username: Text,
    /// Its password.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "dice-manila-purism")]
    merchant_password: Text,
}

/// The merchant.
#[derive(Serialize, ToSchema)]
#[schema(as = LoggedInMerchant)]
pub(crate) struct LoginAnswer {
    /// Its name.
    #[schema(example = "Flexiti Demo", max_length = 130)]
    merchant_name: String,
    /// Its number, of ten digits at most.
    #[schema(example = 300_001, minimum = 1)]
    merchant_id: i64,
    /// What the forms offer, in the language of `lang`.
    #[schema(value_type = Object)]
    form_values: &'static Entry,
}

/// Log in a merchant
///
/// Tells who the merchant is and what its forms offer. With a user name and a password these are checked; guessing slows down, and a wrong
/// one, a user who is disabled and one who has to wait are answered alike.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/merchants/login",
    operation_id = "logInMerchant",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    request_body(content = LoginRequest, content_type = "application/json"),
    responses(
        (
            status = 200,
            description = "The merchant.",
            body = LoginAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "merchant_name": "Flexiti Demo",
                "merchant_id": 300_001,
                "form_values": {"salutation": {"options": {"mr": "Mr."}}},
            }),
        ),
        LoginProblems,
    ),
)]
pub(crate) async fn log_in(
    State(state): State<HttpState>,
    call: Call,
    body: JsonBody<LoginRequest>,
) -> Result<PrivateJson<LoginAnswer>, Problem> {
    let core = state.core();
    let holder = call.principal.holder;
    let client = holder.client.ok_or_else(|| Problem::internal("a token that is no client's"))?;
    let user = user(call.lang, body)?;
    let merchant = core.merchant_of(holder.partner, client).await?;
    let merchant = merchant.ok_or_else(|| Problem::internal("the client of a token is no merchant"))?;
    if let Some((name, password)) = user {
        let checked = core.verify_merchant_user(holder.partner, client, &name, password.expose(), &call.context).await;
        checked.map_err(|error| match error {
            // One answer, whichever it is, and without a time to wait: it would tell that a password was not looked at.
            MerchantLoginError::Wrong | MerchantLoginError::TooMany { .. } => refused(call.lang),
            MerchantLoginError::Store(error) => error.into(),
        })?;
    }
    Ok(PrivateJson::new(LoginAnswer {
        merchant_name: merchant.name,
        merchant_id: merchant.merchant_id.0,
        form_values: ReferenceData::get().form_values(call.lang),
    }))
}

/// The name and the password, when there are both.
fn user(lang: Lang, body: JsonBody<LoginRequest>) -> Result<Option<(String, Secret<String>)>, Problem> {
    let mut errors = Vec::new();
    let mut fault = |param, en, fr| errors.push(FieldError { param, msg: of_two(lang, en, fr).into(), value: None });
    if !body.faults.is_empty() {
        fault("body", "must have each member once", "doit avoir chaque membre une seule fois");
    }
    let mut read = |param, text| match text {
        Text::Given(text) if !text.is_empty() => Some(text),
        Text::Given(_) | Text::Absent => None,
        Text::Wrong(_) => {
            fault(param, "must be a text", "doit être un texte");
            None
        }
    };
    let name = read("merchant_username", body.value.merchant_username);
    let password = read("merchant_password", body.value.merchant_password).map(Secret::new);
    if errors.is_empty() {
        let together = of_two(
            lang,
            "must be there with the other: a user name and a password, or neither",
            "doit être présent avec l'autre : un nom d'utilisateur et un mot de passe, ou aucun des deux",
        );
        let missing = match (&name, &password) {
            (Some(_), None) => Some("merchant_password"),
            (None, Some(_)) => Some("merchant_username"),
            _ => None,
        };
        errors.extend(missing.map(|param| FieldError { param, msg: together.into(), value: None }));
    }
    if errors.is_empty() { Ok(name.zip(password)) } else { Err(wrong_inputs(lang, &errors)) }
}

fn refused(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "The user name or the password is wrong, or the user may not log in now",
        "Le nom d'utilisateur ou le mot de passe est erroné, ou l'utilisateur ne peut pas se connecter pour l'instant",
    );
    Problem::new(AUTHENTICATION_FAILURE, message)
}

/// What can go wrong, for the API document.
struct LoginProblems;

impl utoipa::IntoResponses for LoginProblems {
    fn responses() -> Responses {
        problem::responses(body_problems().into_iter().chain([refused(Lang::English)]))
    }
}
