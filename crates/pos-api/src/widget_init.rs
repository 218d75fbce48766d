//! `POST …/widget/init`: a shop begins a session of the widget for a customer.

use axum::extract::State;
use domain::applicant::{ApplicantDraft, ApplicantFaults, Message};
use domain::reference_data::Lang as Language;
use domain::widget::WidgetFlow;
use http::{HeaderMap, Uri};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{Flag, HttpState, JsonBody, PrivateJson, Problem, Section, Text, TextOrNumber};
use serde::{Deserialize, Serialize};
use service::information::OpenFlows;
use service::widget::{InitWidgetError, WidgetRequest};
use utoipa::ToSchema;

use crate::applicant_request::ApplicantRequest;
use crate::base_address::base_address;
use crate::call::{Call, CallParameters};
use crate::code::TOO_MANY_FLOWS;
use crate::inputs::Inputs;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::widget::TAG;

/// The digits of an account number and of a card.
const ACCOUNT_DIGITS: usize = 14;
const CARD_DIGITS: usize = 16;

/// What is needed of a person to be found, and what further to apply.
const NEEDED: [&str; 4] = ["first_name", "last_name", "dob", "postal_code"];
const NEEDED_TO_APPLY: [&str; 5] = ["email", "phone_number", "address_1", "city", "province"];

/// A session of the widget, for a customer.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = WidgetInit)]
pub(crate) struct WidgetInitBody {
    /// `purchase` or `apply`.
    #[serde(default)]
    #[schema(value_type = String, example = "purchase")]
    flow: Text,
    /// Whom the session is for. For `purchase` one of its three members; several must be of one account. For `apply` `personal_information`.
    #[serde(default)]
    #[schema(value_type = CustomerIdentification)]
    customer_identification: Section<CustomerIdentification>,
    /// The language of the page, `en` or `fr`; that of the call unless it is said.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "en")]
    lang: Text,
    /// For `apply`: that the terms were accepted.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    tos_agreement: Flag,
    /// For `apply`, like the members below, which may stand in `personal_information` as well: the bounds are the same. A purchase passes
    /// over them.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Text,
    /// Ten digits, as a text or a number.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    phone_number: TextOrNumber,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    address_1: Text,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    address_2: Text,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    city: Text,
    /// A code of `provinces`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    province: Text,
    /// `consumer` or `business`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    account_type: Text,
}

/// Whom a session is for.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = CustomerIdentification)]
pub(crate) struct CustomerIdentification {
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    account_number: TextOrNumber,
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    /// `first_name`, `last_name`, `dob` and `postal_code`.
    #[serde(default)]
    #[schema(value_type = Option<ApplicantRequest>)]
    personal_information: Section<ApplicantRequest>,
}

/// Where the customer is sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetRedirection)]
pub(crate) struct WidgetInitAnswer {
    /// The address of the widget. Its token works once, for 20 minutes: show it to the customer and to nobody else.
    #[schema(
        example = "https://pos.example/#/widget/flexitidemo/2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0?lang=en&x-reference-id=8848372d-8457-4ca4-9da9-673f1cdd6684&widget_session_id=019a9f0e-5b1c-7d6e-8f00-5f1c2a3b4c5d"
    )]
    redirection_url: String,
}

/// Begin a session of the widget
///
/// For a purchase on an account, or an application. The answer is an address to show to the customer, who proves there who they are; the page
/// reports to the shop what came of it. Whether there is such a customer is told by the page alone. Verified, the account can be bought with by
/// `authorization`, with `widget_session_id`, once and for an hour; an application with the `widget_session_id` of a
/// session of `apply` must tell the same as here.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/widget/init",
    operation_id = "initWidget",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    request_body(
        content = WidgetInitBody,
        content_type = "application/json",
        example = json!({"flow": "purchase", "customer_identification": {"personal_information": {
            "first_name": "John", "last_name": "Smith", "dob": "1988-07-24", "postal_code": "m1m1m1",
        }}}),
    ),
    responses(
        (
            status = 200,
            description = "It is begun.",
            body = WidgetInitAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        InitProblems,
    ),
)]
pub(crate) async fn init_widget(
    State(state): State<HttpState>,
    call: Call,
    uri: Uri,
    headers: HeaderMap,
    body: JsonBody<WidgetInitBody>,
) -> Result<PrivateJson<WidgetInitAnswer>, Problem> {
    let caller = call.caller()?;
    let asked = read(body, call.lang, |person| state.core().check_person(person))?;
    let base = base_address(&state, &uri, &headers).ok_or_else(|| nameless(call.lang))?;
    let lang = asked.lang;
    let begun = state.core().init_widget(caller, call.reference.id(), asked, &call.context).await;
    let begun = begun.map_err(|error| match error {
        InitWidgetError::TooMany { most, of } => too_many(call.lang, most, of),
        InitWidgetError::Store(error) => error.into(),
    })?;
    let (client_id, token) = (&call.principal.oauth_client_id, begun.token.expose().to_text());
    let redirection_url = format!(
        "{base}/#/widget/{client_id}/{token}?lang={}&x-reference-id={}&widget_session_id={}",
        lang.as_str(),
        call.reference,
        begun.session
    );
    Ok(PrivateJson::new(WidgetInitAnswer { redirection_url }))
}

/// What the body says, checked by `check`; every fault of it at once.
fn read(
    body: JsonBody<WidgetInitBody>,
    spoken: Lang,
    check: impl FnOnce(ApplicantDraft) -> Result<ApplicantDraft, ApplicantFaults>,
) -> Result<WidgetRequest, Problem> {
    let mut inputs = Inputs::new(spoken);
    inputs.repeated(&body.faults);
    let said = body.value;
    let flow = flow(&mut inputs, said.flow);
    let lang = language(&mut inputs, said.lang, spoken);
    let whom = match said.customer_identification {
        Section::Given(whom) => *whom,
        Section::Absent => CustomerIdentification::default(),
        Section::Wrong(_) => {
            inputs.fault("customer_identification", "must be an object", "doit être un objet", None);
            CustomerIdentification::default()
        }
    };
    let is_named = whom.account_number != TextOrNumber::Absent || whom.vcc_number != TextOrNumber::Absent;
    let account = digits(&mut inputs, "account_number", whom.account_number, ACCOUNT_DIGITS);
    let card = digits(&mut inputs, "vcc_number", whom.vcc_number, CARD_DIGITS);
    let person = match whom.personal_information {
        Section::Given(person) => *person,
        Section::Absent => ApplicantRequest::default(),
        Section::Wrong(_) => {
            inputs.fault("personal_information", "must be an object", "doit être un objet", None);
            ApplicantRequest::default()
        }
    };
    let beside = ApplicantRequest::of_contact(
        [said.email, said.address_1, said.address_2, said.city, said.province, said.account_type],
        said.phone_number,
        said.tos_agreement,
    );
    let (person, mut faults) = person.read(&domain::Faults::new());
    let (beside, others) = beside.read(&domain::Faults::new());
    faults = faults.and(others);
    // A purchase passes over what only an application needs, but for values of a wrong type.
    let person = if flow == Some(WidgetFlow::Purchase) { person } else { beside.over(person) };
    let known = person.known();
    let must = |faults: &mut ApplicantFaults, names: &[&'static str]| {
        for name in names.iter().filter(|name| !known.contains(*name)) {
            faults.add(name, Message::Required, None);
        }
    };
    match flow {
        Some(WidgetFlow::Apply) => {
            must(&mut faults, &NEEDED);
            must(&mut faults, &NEEDED_TO_APPLY);
            match person.tos_agreement {
                Some(true) => {}
                Some(false) => faults.add("tos_agreement", Message::TermsNotAccepted, Some("false")),
                None => faults.add("tos_agreement", Message::Required, None),
            }
        }
        Some(WidgetFlow::Purchase) if !known.is_empty() => must(&mut faults, &NEEDED),
        Some(WidgetFlow::Purchase) if !is_named && faults.is_empty() => inputs.fault(
            "customer_identification",
            "must have account_number, vcc_number or personal_information",
            "doit comporter account_number, vcc_number ou personal_information",
            None,
        ),
        _ => {}
    }
    let person = match check(person) {
        Ok(person) if faults.is_empty() => person,
        Ok(_) => return Err(inputs.and(faults)),
        Err(found) => return Err(inputs.and(faults.and(found))),
    };
    inputs.finish()?;
    let flow = flow.ok_or_else(|| Problem::internal("a fault was not told"))?;
    Ok(WidgetRequest { flow, account, card, person, lang })
}

fn flow(inputs: &mut Inputs, member: Text) -> Option<WidgetFlow> {
    let text = match member {
        Text::Given(text) => text,
        Text::Absent | Text::Wrong(_) => String::new(),
    };
    let flow = WidgetFlow::of_name(text.trim());
    if flow.is_none() {
        inputs.fault("flow", "must be purchase or apply", "doit être purchase ou apply", Some(&text));
    }
    flow
}

fn language(inputs: &mut Inputs, member: Text, spoken: Lang) -> Language {
    match member {
        Text::Given(text) if text.trim().is_empty() => spoken,
        Text::Given(text) => Language::parse_preferred(text.trim()).unwrap_or_else(|_| {
            inputs.fault("lang", "must be en or fr", "doit être en ou fr", Some(&text));
            spoken
        }),
        Text::Absent => spoken,
        Text::Wrong(_) => {
            inputs.fault("lang", "must be en or fr", "doit être en ou fr", None);
            spoken
        }
    }
}

/// The digits of a number that names an account. That it is one is not looked at: who asks may be a browser, and is not told.
fn digits(inputs: &mut Inputs, param: &'static str, member: TextOrNumber, most: usize) -> Option<String> {
    let text = inputs.text(param, member, most)?;
    let digits: String = text.chars().filter(|character| *character != ' ').collect();
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(digits)
    } else {
        // Not repeated: it may be most of a card.
        inputs.fault(param, "must be digits", "doit être composé de chiffres", None);
        None
    }
}

fn nameless(lang: Lang) -> Problem {
    let (en, fr) = (
        "must be there: the address of the widget begins with it, unless the operator has set public-url",
        "doit être présent : l'adresse du widget commence par lui, à moins que l'exploitant n'ait réglé public-url",
    );
    wrong_inputs(lang, &[FieldError { param: "host", msg: of_two(lang, en, fr).into(), value: None }])
}

fn too_many(lang: Lang, most: u32, of: OpenFlows) -> Problem {
    let message = match (lang, of) {
        (Lang::English, OpenFlows::Merchant) => {
            format!("The merchant has {most} sessions of the widget open, which is the most. Wait: each ends by itself")
        }
        (Lang::English, OpenFlows::Customers) => format!(
            "Tokens of the scope customer have {most} sessions of the widget open, which is the most. Use one of the scope merchant, or wait: each ends by itself"
        ),
        (Lang::English, OpenFlows::Family) => format!(
            "This token and those of its refreshes have begun {most} sessions of the widget in 24 hours, which is the most. Get a token of its own for each customer, or use one of the scope merchant"
        ),
        (Lang::French, OpenFlows::Merchant) => format!(
            "Le marchand a {most} sessions du widget ouvertes, ce qui est le maximum. Attendez : chacune prend fin d'elle-même"
        ),
        (Lang::French, OpenFlows::Customers) => format!(
            "Des jetons de portée customer ont {most} sessions du widget ouvertes, ce qui est le maximum. Utilisez un jeton de portée merchant, ou attendez : chacune prend fin d'elle-même"
        ),
        (Lang::French, OpenFlows::Family) => format!(
            "Ce jeton et ceux de ses renouvellements ont ouvert {most} sessions du widget en 24 heures, ce qui est le maximum. Obtenez un jeton pour chaque client, ou utilisez-en un de portée merchant"
        ),
    };
    Problem::new(TOO_MANY_FLOWS, message)
}

/// What can go wrong, for the API document.
struct InitProblems;

impl utoipa::IntoResponses for InitProblems {
    fn responses() -> Responses {
        let error =
            FieldError { param: "flow", msg: "must be purchase or apply".into(), value: Some("buy".to_owned()) };
        let own = [wrong_inputs(Lang::English, &[error]), too_many(Lang::English, 10_000, OpenFlows::Merchant)];
        problem::responses(body_problems().into_iter().chain(own))
    }
}
