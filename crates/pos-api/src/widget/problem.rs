//! Why the page of the widget is refused, in the language of the answer.

use domain::verification::VerificationFault;
use domain::widget::WidgetStep;
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use http_kit::Problem;
use http_kit::openapi::{Responses, body_problems};
use service::widget::WidgetError;

use crate::code;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::responses::rate_limited;

const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"widget\"");

/// 401 for a key that is not there.
pub(super) fn key_missing(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "Send the session_key that opening the session gave, in the header Authorization: Bearer",
        "Envoyez la session_key donnée à l'ouverture de la session, dans l'en-tête Authorization: Bearer",
    );
    Problem::new(code::WIDGET_KEY_MISSING, message).with_header(WWW_AUTHENTICATE, CHALLENGE)
}

pub(super) fn refused(lang: Lang, error: WidgetError) -> Problem {
    let (code, en, fr) = match error {
        WidgetError::Store(error) => return error.into(),
        WidgetError::Wrong(fault) => return wrong_answer(lang, fault),
        WidgetError::NoOption => {
            let msg = of_two(lang, "must be one of mfa_options", "doit être une des mfa_options").into();
            return wrong_inputs(lang, &[FieldError { param: "option", msg, value: None }]);
        }
        WidgetError::NoAccount => {
            let msg = of_two(lang, "must be one of accounts", "doit être un des accounts").into();
            return wrong_inputs(lang, &[FieldError { param: "account_number", msg, value: None }]);
        }
        WidgetError::Unknown => (
            code::WIDGET_SESSION_NOT_FOUND,
            "There is no such session: have the shop open the page again",
            "Cette session n'existe pas : demandez à la boutique de rouvrir la page",
        ),
        WidgetError::TokenUsed => (
            code::WIDGET_TOKEN_USED,
            "This page was opened before, and opens once: have the shop open it again",
            "Cette page a déjà été ouverte et ne s'ouvre qu'une fois : demandez à la boutique de la rouvrir",
        ),
        WidgetError::Expired => (
            code::WIDGET_SESSION_EXPIRED,
            "The time of this session is over: have the shop open the page again",
            "Le délai de cette session est passé : demandez à la boutique de rouvrir la page",
        ),
        WidgetError::Step(step) => return wrong_step(lang, step),
        WidgetError::TooMany => (
            code::TOO_MANY_VERIFICATIONS,
            "Too many codes were sent, or wrong answers given: choose another way, or try again later",
            "Trop de codes ont été envoyés ou de réponses erronées données : choisissez un autre moyen, ou réessayez plus tard",
        ),
        WidgetError::Spent => (
            code::TOO_MANY_VERIFICATIONS,
            "This session has had all its codes: answer the last one, or have the shop open the page again",
            "Cette session a eu tous ses codes : répondez au dernier, ou demandez à la boutique de rouvrir la page",
        ),
    };
    Problem::new(code, of_two(lang, en, fr))
}

fn wrong_step(lang: Lang, step: WidgetStep) -> Problem {
    let (en, fr) = match step {
        WidgetStep::Begun => ("Open the session first", "Ouvrez d'abord la session"),
        WidgetStep::Opened => (
            "The customer has to prove who they are first: send a code, and check it",
            "Le client doit d'abord prouver son identité : envoyez un code, et vérifiez-le",
        ),
        WidgetStep::Verified => (
            "The customer has proved who they are: choose one of accounts, or an action",
            "Le client a prouvé son identité : choisissez un des accounts, ou une action",
        ),
        WidgetStep::Ended => ("The session has ended: see its event", "La session est terminée : voyez son event"),
    };
    Problem::new(code::WIDGET_STEP, of_two(lang, en, fr))
}

fn wrong_answer(lang: Lang, fault: VerificationFault) -> Problem {
    let (en, fr) = match fault {
        VerificationFault::Expired => (
            "The code has expired: ask for another, where the session still has one",
            "Le code a expiré : demandez-en un autre, si la session en a encore un",
        ),
        VerificationFault::TooManyTries => (
            "Too many wrong answers were given: ask for another code, where the session still has one",
            "Trop de réponses erronées ont été données : demandez un autre code, si la session en a encore un",
        ),
        _ => (
            "This is another answer than the right one: look at it again",
            "Ce n'est pas la bonne réponse : vérifiez-la",
        ),
    };
    Problem::new(code::WRONG_VERIFICATION_CODE, of_two(lang, en, fr))
}

/// What can go wrong, for the API document.
pub(super) struct SessionProblems;

impl utoipa::IntoResponses for SessionProblems {
    fn responses() -> Responses {
        let own = [
            WidgetError::Unknown,
            WidgetError::TokenUsed,
            WidgetError::Expired,
            WidgetError::Step(WidgetStep::Opened),
            WidgetError::Wrong(VerificationFault::Wrong),
            WidgetError::TooMany,
            WidgetError::NoOption,
        ];
        let own = own.map(|error| refused(Lang::English, error));
        problem::page_responses(
            body_problems().into_iter().chain(own).chain([key_missing(Lang::English), rate_limited()]),
        )
    }
}
