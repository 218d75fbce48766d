//! The accounts of the demo's merchant: one in each state, each of somebody who has applied.

use domain::applicant::{ApplicantDraft, ApplicantFaults, CanadianPostalCode};
use domain::application::ApplicationStatus;
use domain::calendar::CalendarDate;
use domain::credit_account::{AccountState, AccountStatus};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, Scope};
use domain::reference_data::Lang;
use serde::Serialize;
use service::application::ApplyError;
use service::customer::{Customer, CustomerSearch};
use service::information::FlowCaller;
use service::{AdminError, Context, Core};
use uuid::Uuid;

use crate::cli::CommandError;

/// Whose an account is, and the state that it comes into.
struct Person {
    first_name: &'static str,
    last_name: &'static str,
    state: (&'static str, &'static str),
}

/// One for each state.
const PEOPLE: [Person; 5] = [
    Person { first_name: "Anne", last_name: "Normand", state: ("N", "NNOR") },
    Person { first_name: "Alain", last_name: "Retard", state: ("A", "AAUT") },
    Person { first_name: "Félix", last_name: "Gelé", state: ("F", "FFRD") },
    Person { first_name: "Zoé", last_name: "Perte", state: ("Z", "ZCOP") },
    Person { first_name: "Claire", last_name: "Adieu", state: ("C", "FCQC") },
];

/// Who waits for a decision, and has no account until then.
const WAITING: Person = Person { first_name: "Paul", last_name: "Attente", state: ("N", "NNOR") };

const DOB: &str = "1980-05-17";
const POSTAL_CODE: &str = "H2X 1Y4";

/// An account, as the page tells of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoAccount {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) state: String,
}

/// Opens what is not there yet. An account that is there stays as it is.
pub(super) async fn prepare(
    core: &Core,
    (partner, client): (PartnerId, ClientIdentifier),
    context: &Context,
) -> Result<Vec<DemoAccount>, CommandError> {
    let caller = FlowCaller { partner, client, family: FamilyId(Uuid::nil()), scope: Scope::Merchant };
    let mut accounts = Vec::new();
    for person in &PEOPLE {
        if found(core, caller, person).await?.is_none() {
            open(core, caller, person, context).await?;
        }
        accounts.extend(found(core, caller, person).await?.map(|customer| DemoAccount {
            name: format!("{} {}", person.first_name, person.last_name),
            number: customer.account_number.to_string(),
            state: customer.state.to_string(),
        }));
    }
    // One that waits for `application decide`.
    if core.list_applications(Some(ApplicationStatus::Pending), None, 1).await?.is_empty()
        && found(core, caller, &WAITING).await?.is_none()
    {
        apply(core, caller, (WAITING.first_name, WAITING.last_name), "P-REVIEW_MISC", context).await?;
    }
    Ok(accounts)
}

async fn found(core: &Core, caller: FlowCaller, person: &Person) -> Result<Option<Customer>, CommandError> {
    let search = CustomerSearch {
        first_name: person.first_name.to_owned(),
        last_name: person.last_name.to_owned(),
        dob: CalendarDate::parse(DOB).map_err(|_| unfit())?,
        postal_code: Some(CanadianPostalCode::parse(POSTAL_CODE).map_err(|_| unfit())?),
    };
    let found = core.search_customers((caller.partner, caller.client), &search).await.map_err(AdminError::from)?;
    Ok(found.into_iter().next())
}

async fn open(core: &Core, caller: FlowCaller, person: &Person, context: &Context) -> Result<(), CommandError> {
    apply(core, caller, (person.first_name, person.last_name), "A-RR_L", context).await?;
    let Some(customer) = found(core, caller, person).await? else { return Ok(()) };
    let state = AccountState::of_codes(person.state.0, person.state.1).map_err(|_| unfit())?;
    if state.status() == AccountStatus::Closed {
        let closed = core.close_account(caller, customer.account_number, context).await;
        closed.map_err(|error| AdminError::State(error.to_string()))?;
    } else if state != AccountState::NORMAL {
        core.set_account_state(customer.account_number, None, state, context).await?;
    }
    Ok(())
}

/// Applies for this person. The middle name is the key of the answer that a sandbox gives.
async fn apply(
    core: &Core,
    caller: FlowCaller,
    (first_name, last_name): (&str, &str),
    key: &str,
    context: &Context,
) -> Result<(), CommandError> {
    let text = |text: &str| Some(text.to_owned());
    let draft = ApplicantDraft {
        first_name: text(first_name),
        middle_name: text(key),
        last_name: text(last_name),
        dob: text(DOB),
        email: text("client@example.ca"),
        phone_number: text("5145550123"),
        address_1: text("1200 rue Exemple"),
        city: text("Montréal"),
        province: text("QC"),
        postal_code: text(POSTAL_CODE),
        housing_type: text("Rent"),
        housing_payment: text("1100"),
        occupation_id: text("FE"),
        employer: text("Exemple inc."),
        annual_income: text("64000"),
        govid_type: text("CADL"),
        govid_issued_by: text("QC"),
        govid_number: text("N1234-170580-05"),
        govid_expiry: text("2029-05-17"),
        security_qid: text("4"),
        security_answer: text("Minou"),
        preferred_language: text("fr"),
        tos_agreement: Some(true),
        ..ApplicantDraft::default()
    };
    let said = (draft, ApplicantFaults::new());
    // No till has said anything of them before.
    match core.apply(caller, Uuid::nil(), said, Lang::French, None, context).await {
        Ok(_) | Err(ApplyError::CustomerExists { .. }) => Ok(()),
        Err(error) => Err(AdminError::State(format!("an applicant of the demo is refused: {error}")).into()),
    }
}

fn unfit() -> CommandError {
    AdminError::State("what the demo tells of a person is wrong".to_owned()).into()
}
