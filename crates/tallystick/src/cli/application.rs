//! `tallystick application`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use domain::Timestamp;
use domain::application::ApplicationStatus;
use domain::cents::Cents;
use domain::credit_account::RiskRating;
use domain::decision::Verdict;
use serde::Serialize;
use service::application_admin::{ByHand, ListedApplication, ShownApplication};
use uuid::Uuid;

use super::output::{self, table};
use super::{CommandError, Essentials, Output, Session};
use crate::config::Dollars;

/// Applications for credit: list, show, and decide those that wait
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List applications, oldest first, without who sent them
    #[command(after_help = "Example:\n  tallystick application list --status pending")]
    List {
        /// Only those of this status: approved, pending, declined or retry
        #[arg(long, value_name = "STATUS", value_parser = ApplicationStatus::parse)]
        status: Option<ApplicationStatus>,
        /// Those that come after this application; what --json calls nextAfter
        #[arg(long, value_name = "APPLICATION")]
        after: Option<Uuid>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show one application with who sent it and what it was decided by; that it was shown is recorded
    Show {
        /// The application
        application: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Decide an application that waits, once
    ///
    /// Who approves gives the applicant an account, of the rating and limit of the policy unless others are named.
    #[command(
        after_help = "Examples:\n  tallystick application decide 019aab5e-7c1e-7d2a-9f64-0a5b1c2d3e4f approve --reason 'pay slips seen'\n  tallystick application decide 019aab5e-7c1e-7d2a-9f64-0a5b1c2d3e4f decline --reason 'no income'"
    )]
    Decide(Box<Decide>),
}

/// What `application decide` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// The application
    application: Uuid,
    /// What is decided
    #[arg(value_enum)]
    verdict: Choice,
    /// Why; kept with the application, sealed
    #[arg(long)]
    reason: String,
    /// How the risk is rated: L, M, H, XH, XXH or XXXH. Without it: as the policy does
    #[arg(long, value_parser = RiskRating::of_code)]
    rating: Option<RiskRating>,
    /// The credit limit in Canadian dollars. Without it: what the policy gives
    #[arg(long, value_name = "DOLLARS")]
    credit_limit: Option<Dollars>,
    /// Whether the applicant is somebody else than the person of this name and day of birth who has an account with the lender
    #[arg(long)]
    another_person: bool,
    #[command(flatten)]
    essentials: Essentials,
}

/// What may be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The applicant gets an account
    Approve,
    /// The applicant gets none
    Decline,
}

/// An application, as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    application_id: Uuid,
    client_identifier: i64,
    status: &'static str,
    reasons: Vec<String>,
    account_number: Option<i64>,
    terms_version: String,
    created_at: Timestamp,
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
}

impl From<ListedApplication> for Listed {
    fn from(application: ListedApplication) -> Self {
        Self {
            application_id: application.id,
            client_identifier: application.client.0,
            status: application.status.as_str(),
            reasons: application.reasons,
            account_number: application.account_number.map(|number| number.get()),
            terms_version: application.terms_version,
            created_at: application.created_at,
            decided_at: application.decided_at,
            decided_by: application.decided_by,
        }
    }
}

/// What `application list` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Listed>,
    next_after: Option<Uuid>,
}

/// What `application show` prints. The number of the document and the answer to the security question are shown to nobody.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    listed: Listed,
    first_name: String,
    middle_name: Option<String>,
    last_name: String,
    dob: String,
    email: String,
    phone_number: String,
    address: String,
    annual_income: Cents,
    housing_payment: Cents,
    housing_type: &'static str,
    occupation_id: &'static str,
    employer: Option<String>,
    document: String,
    account_type: &'static str,
    usual_grant: Option<String>,
    decisions: Vec<String>,
    note: Option<String>,
}

impl From<ShownApplication> for Shown {
    fn from(application: ShownApplication) -> Self {
        let applicant = application.applicant;
        let address = applicant.address;
        let lines = [Some(address.address_1), address.address_2, Some(address.city)];
        let place = format!("{} {}", address.province, address.postal_code);
        let granted = |verdict: &Verdict| match verdict {
            Verdict::Approved(grant) => format!("approved {} {}", grant.rating.code(), grant.limit),
            Verdict::Pending => "pending".to_owned(),
            Verdict::Declined => "declined".to_owned(),
            Verdict::Retry => "retry".to_owned(),
        };
        let decision = |decision: &domain::decision::Decision| {
            let reasons: Vec<_> = decision.reasons.iter().map(|reason| reason.as_str()).collect();
            format!("{}: {}", granted(&decision.verdict), reasons.join(", "))
        };
        Self {
            decisions: application.decisions.iter().map(decision).collect(),
            usual_grant: application.usual_grant.map(|grant| format!("{} {}", grant.rating.code(), grant.limit)),
            listed: application.listed.into(),
            first_name: applicant.first_name,
            middle_name: applicant.middle_name,
            last_name: applicant.last_name,
            dob: applicant.dob.to_string(),
            email: applicant.email.into_string(),
            phone_number: applicant.phone_number.into_string(),
            address: lines.into_iter().flatten().chain([place]).collect::<Vec<_>>().join(", "),
            annual_income: application.case.facts.annual_income,
            housing_payment: application.case.facts.housing_payment,
            housing_type: applicant.housing_type.as_str(),
            occupation_id: applicant.occupation.as_str(),
            employer: applicant.employer,
            document: format!(
                "{} of {}, valid until {}",
                applicant.government_id.document, applicant.government_id.issuer, applicant.government_id.expiry
            ),
            account_type: applicant.account_type.as_str(),
            note: application.note,
        }
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { status, after, limit, essentials } => Session::run(essentials, file, async |session| {
            // One more than asked for tells whether there is more.
            let mut items = session.core.list_applications(status, after, limit + 1).await?;
            let there_is_more = items.len() > limit as usize;
            items.truncate(limit as usize);
            let next_after = items.last().filter(|_| there_is_more).map(|application| application.id);
            let page = Page { items: items.into_iter().map(Listed::from).collect(), next_after };
            output.answer(&page, || listing(&page))
        }),
        Command::Show { application, essentials } => Session::run(essentials, file, async |session| {
            let shown = Shown::from(session.core.show_application(application, &session.context).await?);
            output.answer(&shown, || sheet(&shown))
        }),
        Command::Decide(decide) => {
            let Decide { application, verdict, reason, rating, credit_limit, another_person, essentials } = *decide;
            let limit = credit_limit.map(|dollars| dollars.0);
            let by_hand = match verdict {
                Choice::Approve => ByHand::Approve { rating, limit, is_another: another_person },
                Choice::Decline => ByHand::Decline,
            };
            Session::run(essentials, file, async |session| {
                let core = &session.core;
                let decided = core.decide_application(application, by_hand, &reason, &session.context).await?;
                let decided = Listed::from(decided);
                output.answer(&decided, || {
                    let account =
                        decided.account_number.map(|number| format!(": account {number}")).unwrap_or_default();
                    format!("application {} {}{account}\n", decided.application_id, decided.status)
                })
            })
        }
    }
}

fn listing(page: &Page) -> String {
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|application| {
            [
                application.application_id.to_string(),
                application.client_identifier.to_string(),
                application.status.to_owned(),
                application.reasons.join(", "),
                application.account_number.map(|number| number.to_string()).unwrap_or_default(),
                application.created_at.to_string(),
                application.decided_by.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = table(["APPLICATION", "CLIENT", "STATUS", "REASONS", "ACCOUNT", "RECEIVED", "DECIDED BY"], &rows);
    if let Some(after) = page.next_after {
        text += &format!("there are more: --after {after}\n");
    }
    text
}

fn sheet(shown: &Shown) -> String {
    let listed = &shown.listed;
    let some = |text: &str| Some(text.to_owned());
    let lines = [
        ("Application", Some(listed.application_id.to_string())),
        ("Client", Some(listed.client_identifier.to_string())),
        ("Status", some(listed.status)),
        ("Decisions", Some(shown.decisions.join("; "))),
        ("Reason given", shown.note.clone()),
        ("Account", listed.account_number.map(|number| number.to_string())),
        ("Usual grant", shown.usual_grant.clone()),
        ("Received", Some(listed.created_at.to_string())),
        ("Decided", listed.decided_at.map(|at| at.to_string())),
        ("Decided by", listed.decided_by.clone()),
        ("First name", some(&shown.first_name)),
        ("Middle name", shown.middle_name.clone()),
        ("Last name", some(&shown.last_name)),
        ("Born", some(&shown.dob)),
        ("E-mail", some(&shown.email)),
        ("Telephone", some(&shown.phone_number)),
        ("Address", some(&shown.address)),
        ("Yearly income", Some(shown.annual_income.to_string())),
        ("Housing a month", Some(format!("{} ({})", shown.housing_payment, shown.housing_type))),
        ("Occupation", some(shown.occupation_id)),
        ("Employer", shown.employer.clone()),
        ("Document", some(&shown.document)),
        ("Account type", some(shown.account_type)),
        ("Terms", some(&listed.terms_version)),
    ];
    lines
        .into_iter()
        .filter_map(|(what, value)| value.map(|value| format!("{what:<16} {}\n", output::value(&value))))
        .collect()
}
