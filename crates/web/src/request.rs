//! `/onboarding/request`: the public form of the deployment request, where the operator has turned it on.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Fault;
use domain::client::{ClientDraft, ContactDraft};
use domain::deployment::DeploymentDraft;
use http::StatusCode;
use http_kit::{HttpState, Problem, Visitor};
use service::deployment::DeploymentError;

use crate::form::{Field, Filled, Group, Input, summary};
use crate::html::Html;
use crate::page::{Failure, Page};

/// Where the form is.
pub(crate) const PATH: &str = "/onboarding/request";
/// Where one arrives after it was sent: loading that page anew sends nothing.
pub(crate) const RECEIVED: &str = "/onboarding/request/received";

/// The name of this page in the audit trail.
const PAGE: &str = "deployment_form";

/// A field that people do not see and programs fill in. The name means nothing, so that no browser knows what to put there.
const TRAP: &str = "x-leave-empty";

const SERVICES: &[(&str, &str)] = &[
    ("LIFECYCLE", "Lifecycle"),
    ("INTERMEDIATION", "Intermediation"),
    ("COOP", "Co-Op"),
    ("POS_FINANCING", "Point-of-sale financing"),
];

const fn email(name: &'static str) -> Field {
    Field::new(name, "E-mail").of(Input::Email)
}

const fn telephone(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label).of(Input::Telephone)
}

/// The parts of the form, with their fields.
const GROUPS: &[Group] = &[
    (
        "Business",
        &[
            Field::new("client.name", "Full business name").required().autocomplete("organization"),
            Field::new("client.businessCode", "Business code")
                .required()
                .hint("The number in the trade register, such as 1234567-1"),
            Field::new("client.countryCode", "Country")
                .required()
                .hint("Two letters, such as FI, SE or EE")
                .autocomplete("country"),
            Field::new("service.type", "Type of service").required().of(Input::Choice(SERVICES)),
            Field::new("accountingSystem", "Accounting system"),
        ],
    ),
    (
        "Who completes the onboarding",
        &[
            Field::new("responsible.name", "Name").required().autocomplete("name"),
            email("responsible.email").required().hint("The link to the credentials goes here").autocomplete("email"),
        ],
    ),
    (
        "Primary contact",
        &[
            Field::new("contacts.primary.name", "Name").required(),
            email("contacts.primary.email").hint("Give an e-mail address, a mobile or a telephone number"),
            telephone("contacts.primary.mobile", "Mobile"),
            telephone("contacts.primary.telephone", "Telephone"),
        ],
    ),
    ("Technical contact", &[Field::new("contacts.technical.name", "Name"), email("contacts.technical.email")]),
    ("Accountant", &[Field::new("contacts.accountant.name", "Name"), email("contacts.accountant.email")]),
];

/// The empty form.
pub(crate) async fn form(_: Visitor) -> Page {
    page(&Filled::default(), &[])
}

/// Takes the form.
pub(crate) async fn send(
    State(state): State<HttpState>,
    visitor: Visitor,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| {
        Page::notice(
            rejection.status(),
            "This did not work",
            &["The form could not be read: go back, and send it again, with shorter texts."],
        )
    })?;
    visitor.count_form(&state)?;
    let (filled, context) = (Filled::new(fields), visitor.context(PAGE));
    if filled.get(TRAP).is_some() {
        // A program that fills in every field learns nothing of it. If it was a person's, the operator finds it here.
        tracing::info!("a form was passed over, because the field that people do not see was filled in");
        return Ok(Redirect::to(RECEIVED).into_response());
    }
    match state.core().request_deployment(None, &draft(&filled), None, &context).await {
        Ok(_) => Ok(Redirect::to(RECEIVED).into_response()),
        Err(DeploymentError::Invalid(faults)) => {
            Ok(page(&filled, &at_fields(faults)).with_status(StatusCode::BAD_REQUEST).into_response())
        }
        Err(DeploymentError::Store(error)) => Err(Failure::Problem(error.into())),
        Err(DeploymentError::Full) => {
            tracing::warn!("a form was refused, because as many requests wait for the operator as are kept");
            Err(Failure::Page(Page::notice(
                StatusCode::SERVICE_UNAVAILABLE,
                "This did not work",
                &[
                    "More requests wait than can be kept, so yours was not.",
                    "Please send it again in a day or two: with the button Back you find what you have filled in.",
                ],
            )))
        }
        // Neither comes without a key.
        Err(error @ (DeploymentError::PartnerMismatch | DeploymentError::Idempotency(_))) => {
            Err(Failure::Problem(Problem::internal(error)))
        }
    }
}

/// Says that it was sent.
pub(crate) async fn received() -> Page {
    Page::notice(
        StatusCode::OK,
        "Your request was received",
        &["We look at it and write to the person who completes the onboarding.", "You can close this page."],
    )
}

fn page(filled: &Filled, faults: &[Fault]) -> Page {
    let mut html = Html::new();
    if faults.is_empty() {
        html.push_raw("<p>Fill in this form to be connected. We look at each request, and write to the person who completes the onboarding.</p>\n");
    } else {
        html.push(&summary(faults, GROUPS));
    }
    html.push_raw("<form method=\"post\" action=\"/onboarding/request\" novalidate>\n");
    for (legend, fields) in GROUPS {
        html.push_raw("<fieldset>\n<legend>").push_text(legend).push_raw("</legend>\n");
        for field in *fields {
            html.push(&field.html(filled, faults));
        }
        html.push_raw("</fieldset>\n");
    }
    html.push_raw("<p class=\"trap\" aria-hidden=\"true\"><label for=\"").push_raw(TRAP);
    html.push_raw("\">Leave this empty</label><input type=\"text\" id=\"").push_raw(TRAP);
    html.push_raw("\" name=\"").push_raw(TRAP).push_raw("\" tabindex=\"-1\" autocomplete=\"off\"></p>\n");
    html.push_raw("<button type=\"submit\">Send the request</button>\n</form>");
    let title = if faults.is_empty() { "Deployment request" } else { "Deployment request: please mend it" };
    Page::new(title, html)
}

/// The faults at the fields of the form. That nobody can be reached is a fault of a whole contact: it stands at its e-mail, whose hint
/// names what else would do.
fn at_fields(mut faults: Vec<Fault>) -> Vec<Fault> {
    for fault in faults.iter_mut().filter(|fault| fault.field == "contacts.primary") {
        fault.field = "contacts.primary.email".into();
    }
    faults
}

fn draft(filled: &Filled) -> DeploymentDraft {
    let primary = ContactDraft {
        name: filled.get("contacts.primary.name"),
        telephone: filled.get("contacts.primary.telephone"),
        mobile: filled.get("contacts.primary.mobile"),
        email: filled.get("contacts.primary.email"),
    };
    let contact = |name: &str, email: &str| ContactDraft {
        name: filled.get(name),
        email: filled.get(email),
        ..ContactDraft::default()
    };
    DeploymentDraft {
        client: ClientDraft {
            service_type: filled.get("service.type"),
            name: filled.get("client.name"),
            business_code: filled.get("client.businessCode"),
            // People write it in either case.
            country_code: filled.get("client.countryCode").map(|code| code.to_uppercase()),
            primary,
            technical: contact("contacts.technical.name", "contacts.technical.email"),
            accountant: contact("contacts.accountant.name", "contacts.accountant.email"),
            ..ClientDraft::default()
        },
        accounting_system: filled.get("accountingSystem"),
        responsible_name: filled.get("responsible.name"),
        responsible_email: filled.get("responsible.email"),
    }
}

#[cfg(test)]
mod tests {
    use domain::Environment;

    use super::*;

    #[test]
    fn every_field_is_in_the_draft() {
        let names: Vec<_> = GROUPS.iter().flat_map(|(_, fields)| fields.iter().map(|field| field.name)).collect();
        // A text that no rule takes: each field must have its fault.
        let filled = Filled::new(names.iter().map(|name| ((*name).to_owned(), "\0".to_owned())).collect());
        let faults = domain::deployment::check(&draft(&filled), Environment::Sandbox).unwrap_err().into_vec();
        for name in names.iter().filter(|name| !name.ends_with("phone") && !name.ends_with("mobile")) {
            let known = faults.iter().any(|fault| fault.field == *name);
            // The form of a business code depends on the country, which is wrong.
            assert!(known || *name == "client.businessCode", "{name}: {faults:?}");
        }
    }

    #[test]
    fn a_contact_that_cannot_be_reached_is_marked_at_a_field() {
        let filled = Filled::new(vec![("contacts.primary.name".to_owned(), "Matti".to_owned())]);
        let faults = domain::deployment::check(&draft(&filled), Environment::Sandbox).unwrap_err().into_vec();
        let faults = at_fields(faults);
        let text = page(&filled, &faults).into_text();
        for part in [
            "<a href=\"#contacts.primary.email\">Primary contact, e-mail</a>: ",
            "aria-describedby=\"contacts.primary.email-hint contacts.primary.email-error\" aria-invalid=\"true\"",
            "<p class=\"error\" id=\"contacts.primary.email-error\">",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn the_trap_is_out_of_sight_and_no_field_of_the_request() {
        let text = page(&Filled::default(), &[]).into_text();
        assert!(
            text.contains(&format!("<input type=\"text\" id=\"{TRAP}\" name=\"{TRAP}\" tabindex=\"-1\"")),
            "{text}"
        );
        assert!(GROUPS.iter().flat_map(|(_, fields)| *fields).all(|field| field.name != TRAP));
    }

    #[test]
    fn the_choices_are_the_services_that_there_are() {
        let there: Vec<_> = domain::service_type::ServiceType::ALL.iter().map(|service| service.as_str()).collect();
        assert_eq!(SERVICES.iter().map(|(value, _)| *value).collect::<Vec<_>>(), there);
    }
}
