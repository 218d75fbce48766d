//! `tallystick deployment`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::client::ClientDraft;
use domain::deployment::{DeploymentState, merged};
use domain::identifier::ClientIdentifier;
use domain::{Fault, Timestamp};
use serde::Serialize;
use service::deployment::{ApprovedDeployment, Deployment};
use service::{AdminError, letters};
use uuid::Uuid;

use super::output::{self, table};
use super::{CommandError, Essentials, Output, Session};

/// Deployment requests: list, show, approve, reject, make a new link
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List requests, oldest first
    #[command(after_help = "Example:\n  tallystick deployment list --state RECEIVED")]
    List {
        /// Only those in this state: RECEIVED, APPROVED or REJECTED
        #[arg(long, value_name = "STATE", value_parser = DeploymentState::parse)]
        state: Option<DeploymentState>,
        /// Those that come after this request; what --json calls nextAfter
        #[arg(long, value_name = "REQUEST")]
        after: Option<Uuid>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show one request
    Show {
        /// The request's identifier
        request: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Approve a request: create the client, and mail the one-time link to its credentials
    ///
    /// What a client needs and the request lacks is given by the options, or by a file in the form of a POST /client body, of which any
    /// member may be missing. An option goes over the file, and the file over the request. All that is missing is told at once.
    #[command(after_help = "\
Examples:
  tallystick deployment approve REQUEST --postal-address 'Testikuja 7' --postal-code 00100 --postal-district HELSINKI \\
      --email info@example.fi --language FI --currency EUR
  tallystick deployment approve REQUEST --client client.json")]
    Approve(Box<Approve>),
    /// Reject a request, and mail the reason
    #[command(
        after_help = "Example:\n  tallystick deployment reject REQUEST --reason 'The contract is not signed yet.'"
    )]
    Reject {
        /// The request's identifier
        request: Uuid,
        /// Why. The person who completes the onboarding reads it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Make a new one-time link for an approved request, in place of those that nobody has opened, and mail it
    Link {
        /// The request's identifier
        request: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// The options of `deployment approve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The request's identifier
    request: Uuid,
    /// The code of the partner whose client it becomes, when the request came by the public form
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
    /// A JSON file with what the request lacks
    #[arg(long, value_name = "FILE")]
    client: Option<PathBuf>,
    /// The street or box of the postal address
    #[arg(long, value_name = "TEXT")]
    postal_address: Option<String>,
    /// The postal code
    #[arg(long, value_name = "TEXT")]
    postal_code: Option<String>,
    /// The town of the postal address
    #[arg(long, value_name = "TEXT")]
    postal_district: Option<String>,
    /// The e-mail address of the business
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The language to write in: ISO 639-1
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// The currency to settle in: ISO 4217
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    essentials: Essentials,
}

impl Approve {
    /// What is given besides the request.
    fn further(&self) -> Result<ClientDraft, CommandError> {
        let given = ClientDraft {
            postal_address: self.postal_address.clone(),
            postal_code: self.postal_code.clone(),
            postal_district: self.postal_district.clone(),
            email: self.email.clone(),
            language_code: self.language.clone(),
            currency_code: self.currency.clone(),
            ..ClientDraft::default()
        };
        let Some(file) = &self.client else { return Ok(given) };
        let text = std::fs::read(file).map_err(|error| {
            CommandError::Io(std::io::Error::new(error.kind(), format!("{} can't be read: {error}", file.display())))
        })?;
        let read = partner_api::deployment::read_client(&text).map_err(AdminError::Invalid)?;
        Ok(merged(&given, &read))
    }
}

/// What `deployment list` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Shown>,
    next_after: Option<Uuid>,
}

/// What is printed of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    deployment_request_id: Uuid,
    partner_code: Option<String>,
    state: DeploymentState,
    client: ClientDraft,
    accounting_system: Option<String>,
    responsible_name: String,
    responsible_email: String,
    created_at: Timestamp,
    decided_at: Option<Timestamp>,
    reason: Option<String>,
    client_identifier: Option<ClientIdentifier>,
    #[serde(skip)]
    lines: Vec<(&'static str, String)>,
}

impl From<Deployment> for Shown {
    fn from(deployment: Deployment) -> Self {
        Self {
            lines: letters::lines(&deployment),
            deployment_request_id: deployment.id,
            partner_code: deployment.partner_code,
            state: deployment.state,
            client: deployment.client,
            accounting_system: deployment.accounting_system,
            responsible_name: deployment.responsible_name,
            responsible_email: deployment.responsible_email,
            created_at: deployment.created_at,
            decided_at: deployment.decided_at,
            reason: deployment.reason,
            client_identifier: deployment.client_identifier,
        }
    }
}

/// What `deployment approve` and `deployment link` print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Approved {
    deployment_request_id: Uuid,
    client_identifier: ClientIdentifier,
    /// Whether the link is mailed.
    mailed: bool,
    /// Only when it is not mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    link_expires_at: Timestamp,
    warnings: Vec<Fault>,
    #[serde(skip)]
    to: String,
}

impl From<ApprovedDeployment> for Approved {
    fn from(approved: ApprovedDeployment) -> Self {
        Self {
            deployment_request_id: approved.deployment.id,
            client_identifier: approved.client,
            mailed: approved.link.is_none(),
            link: approved.link,
            link_expires_at: approved.link_expires_at,
            warnings: approved.warnings,
            to: approved.deployment.responsible_email,
        }
    }
}

/// What `deployment reject` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rejected {
    deployment_request_id: Uuid,
    mailed: bool,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { state, after, limit, essentials } => Session::run(essentials, file, async |session| {
            // One more than asked for tells whether there is more.
            let mut items = session.core.list_deployments(state, after, limit + 1).await?;
            let there_is_more = items.len() > limit as usize;
            items.truncate(limit as usize);
            let next_after = items.last().filter(|_| there_is_more).map(|request| request.id);
            let page = Page { items: items.into_iter().map(Shown::from).collect(), next_after };
            output.answer(&page, || listing(&page))
        }),
        Command::Show { request, essentials } => Session::run(essentials, file, async |session| {
            let shown = Shown::from(session.core.show_deployment(request).await?);
            output.answer(&shown, || sheet(&shown))
        }),
        Command::Approve(args) => {
            let further = args.further()?;
            let Approve { request, partner, essentials, .. } = *args;
            Session::run(essentials, file, async |session| {
                let core = &session.core;
                let approved = core.approve_deployment(request, &further, partner.as_deref(), &session.context).await?;
                let approved = Approved::from(approved);
                output.answer(&approved, || {
                    let id = approved.deployment_request_id;
                    format!(
                        "deployment request {id} approved: client {}\n{}",
                        approved.client_identifier,
                        link(&approved)
                    )
                })
            })
        }
        Command::Reject { request, reason, essentials } => Session::run(essentials, file, async |session| {
            let (deployment, mailed) = session.core.reject_deployment(request, &reason, &session.context).await?;
            let rejected = Rejected { deployment_request_id: deployment.id, mailed };
            output.answer(&rejected, || {
                let told = if mailed { "the reason goes by mail to" } else { "no mail is set up: tell the reason to" };
                format!(
                    "deployment request {} rejected\n{told} {}\n",
                    deployment.id,
                    output::value(&deployment.responsible_email)
                )
            })
        }),
        Command::Link { request, essentials } => Session::run(essentials, file, async |session| {
            let approved = Approved::from(session.core.renew_link(request, &session.context).await?);
            output.answer(&approved, || link(&approved))
        }),
    }
}

/// Where the link goes.
fn link(approved: &Approved) -> String {
    let (to, until) = (output::value(&approved.to), approved.link_expires_at);
    let mut text = match &approved.link {
        None => format!("the link to the credentials goes by mail to {to}; it works once, until {until}\n"),
        Some(link) => format!(
            "no mail is set up: hand this link to {to} by a safe way; it works once, until {until}, and is not shown again\n{link}\n"
        ),
    };
    for warning in &approved.warnings {
        text += &format!("warning: {}: {}\n", warning.field, warning.message);
    }
    text
}

fn listing(page: &Page) -> String {
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|request| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            [
                request.deployment_request_id.to_string(),
                request.partner_code.clone().unwrap_or_else(|| "(form)".to_owned()),
                request.state.to_string(),
                text(&request.client.country_code),
                text(&request.client.business_code),
                text(&request.client.name),
                request.created_at.to_string(),
            ]
        })
        .collect();
    let mut text = table(["REQUEST", "PARTNER", "STATE", "COUNTRY", "BUSINESS CODE", "NAME", "RECEIVED"], &rows);
    if let Some(after) = page.next_after {
        text += &format!("there are more: --after {after}\n");
    }
    text
}

fn sheet(request: &Shown) -> String {
    let own = [
        ("Request", Some(request.deployment_request_id.to_string())),
        (
            "Partner",
            Some(request.partner_code.clone().unwrap_or_else(|| "none: it came by the public form".to_owned())),
        ),
        ("State", Some(request.state.to_string())),
        ("Reason", request.reason.clone()),
        ("Client", request.client_identifier.map(|client| client.to_string())),
        ("Received", Some(request.created_at.to_string())),
        ("Decided", request.decided_at.map(|at| at.to_string())),
    ];
    let lines = request.lines.iter().map(|(what, value)| (*what, Some(value.clone())));
    own.into_iter()
        .chain(lines)
        .filter_map(|(what, value)| value.map(|value| format!("{what:<24} {}\n", output::value(&value))))
        .collect()
}
