//! `tallystick audit`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use domain::audit::AuditRecord;
use serde::Serialize;
use service::audit::TrailReport;
use uuid::Uuid;

use super::output::{Items, count, table};
use super::{CommandError, Essentials, Output, Session};

/// How many records `tallystick audit` alone shows.
const LATEST: u32 = 20;

/// Read and verify the audit trail
///
/// Alone it verifies every trail and shows the latest records. Each partner has a trail, and the installation one of its own. New records
/// are sealed into a chain of hashes in the background; a record that was changed or removed no longer fits its seal.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  tallystick audit
  tallystick audit list --partner QUICK3 --limit 100
  tallystick audit verify --json"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    essentials: Essentials,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List records: the newest first, or the oldest after --after
    List {
        /// Only this partner's trail, by its code
        #[arg(long, value_name = "CODE")]
        partner: Option<String>,
        /// Records after this one, oldest first
        #[arg(long, value_name = "RECORD", requires = "partner")]
        after: Option<Uuid>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Verify every trail; the exit status is 1 when one does not fit
    Verify {
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// What is printed of a trail.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trail {
    /// Empty for the installation's own.
    partner_code: String,
    records: u64,
    sealed: u64,
    pending: u64,
    seals: u64,
    head: String,
    faults: Vec<String>,
}

impl From<TrailReport> for Trail {
    fn from(report: TrailReport) -> Self {
        Self {
            partner_code: report.partner_code,
            records: report.records,
            sealed: report.sealed,
            pending: report.pending,
            seals: report.seals,
            head: report.head,
            faults: report.faults.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What is printed of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    /// Empty for the installation's own.
    partner_code: String,
    id: Uuid,
    at: Timestamp,
    actor: String,
    action: String,
    subject: String,
    source: String,
    request_id: String,
    outcome: String,
    detail: String,
}

impl Shown {
    fn all(partner_code: &str, records: Vec<AuditRecord>) -> impl Iterator<Item = Self> {
        records.into_iter().map(|record| Self {
            partner_code: partner_code.to_owned(),
            id: record.id,
            at: record.at,
            actor: record.actor,
            action: record.action,
            subject: record.subject,
            source: record.source,
            request_id: record.request_id,
            outcome: record.outcome,
            detail: record.detail,
        })
    }
}

/// What `audit` prints.
#[derive(Serialize)]
struct Overview {
    trails: Vec<Trail>,
    latest: Vec<Shown>,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match args.command {
        None => Session::run(args.essentials, file, async |session| {
            let overview = Overview { trails: trails(session).await?, latest: latest(session, LATEST).await? };
            output.answer(&overview, || format!("{}\n{}", seals(&overview.trails), listing(&overview.latest)))?;
            verdict(&overview.trails)
        }),
        Some(Command::List { partner, after, limit, essentials }) => Session::run(essentials, file, async |session| {
            let items = match &partner {
                Some(code) => Shown::all(code, session.core.audit_records(Some(code), after, limit).await?).collect(),
                None => latest(session, limit).await?,
            };
            let records = Items { items };
            output.answer(&records, || listing(&records.items))
        }),
        Some(Command::Verify { essentials }) => Session::run(essentials, file, async |session| {
            let trails = Items { items: trails(session).await? };
            output.answer(&trails, || seals(&trails.items))?;
            verdict(&trails.items)
        }),
    }
}

async fn trails(session: &Session) -> Result<Vec<Trail>, CommandError> {
    Ok(session.core.verify_audit().await?.into_iter().map(Trail::from).collect())
}

/// The newest records of all trails, newest first.
async fn latest(session: &Session, limit: u32) -> Result<Vec<Shown>, CommandError> {
    let mut records: Vec<_> = Shown::all("", session.core.audit_records(None, None, limit).await?).collect();
    for partner in session.core.list_partners().await? {
        let of_partner = session.core.audit_records(Some(&partner.code), None, limit).await?;
        records.extend(Shown::all(&partner.code, of_partner));
        // The identifier sorts by time. Cut at once, so that a thousand partners take no more memory than one.
        records.sort_by_key(|record| std::cmp::Reverse(record.id));
        records.truncate(limit as usize);
    }
    Ok(records)
}

fn verdict(trails: &[Trail]) -> Result<(), CommandError> {
    match trails.iter().map(|trail| trail.faults.len()).sum() {
        0 => Ok(()),
        faults => Err(CommandError::AuditFaults(faults)),
    }
}

fn seals(trails: &[Trail]) -> String {
    let rows: Vec<_> = trails
        .iter()
        .map(|trail| {
            let name = if trail.partner_code.is_empty() { "(installation)" } else { &trail.partner_code };
            let verdict = match trail.faults.len() {
                0 => "intact".to_owned(),
                faults => count(faults, "fault", "faults"),
            };
            let head = trail.head.chars().take(16).collect();
            [
                name.to_owned(),
                trail.records.to_string(),
                trail.sealed.to_string(),
                trail.pending.to_string(),
                verdict,
                head,
            ]
        })
        .collect();
    let mut text = table(["TRAIL", "RECORDS", "SEALED", "WAITING", "VERDICT", "HEAD"], &rows);
    for trail in trails {
        for fault in &trail.faults {
            text += &format!("{}: {fault}\n", trail.partner_code);
        }
    }
    text
}

fn listing(records: &[Shown]) -> String {
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            [
                record.at.to_string(),
                record.actor.clone(),
                record.action.clone(),
                record.subject.clone(),
                record.outcome.clone(),
                record.source.clone(),
                record.detail.clone(),
            ]
        })
        .collect();
    table(["AT", "WHO", "WHAT", "ON", "OUTCOME", "FROM", "DETAIL"], &rows)
}
