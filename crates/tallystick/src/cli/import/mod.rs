//! `tallystick client import`.

mod columns;
mod credentials;
mod progress;
mod rows;

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Fault, Timestamp};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use service::client::Imported;
use service::onboarding::{CreatedClient, OnboardingError};
use store::Engine;

use self::columns::Columns;
use self::credentials::Credentials;
use self::progress::Progress;
use self::rows::Row;
use super::{CommandError, Essentials, Output, Session};

/// How many rows are under way at once. The database commits what waits together, so rows that wait side by side cost one commit.
const ROWS_AT_ONCE: usize = 64;

/// The most faults that the summary holds: a wrong file of millions of rows has more than anybody reads.
const MOST_FAULTS: usize = 10_000;

/// The longest pause between two batches.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Import clients from a CSV file, and write their credentials to a file
///
/// The first row names the columns. A row that is wrong is reported with its line and fields, and the others are imported. Run it again
/// after mending the file: a client that is there (same country and business code) is left as it is and is not written again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  tallystick client import clients.csv --partner QUICK3 --output credentials.csv

Columns: serviceType, name, businessCode, vatRegNbr, postalAddress, postalCode, postalDistrict,
countryCode, telephone, email, website, languageCode, currencyCode, ibanAccount, bic, bankgiro,
plusgiro, and for each contact, such as the primary one: primaryName, primaryTelephone,
primaryMobile, primaryEmail; technical… and accountant… alike. The file is UTF-8; comma, semicolon
and tab separate.

The credentials file is made with mode 0600, or added to when it is there. Each line is written as
its client is made. Should the machine fail between the two, the client is there without its line:
`tallystick key list CODE --client CLIENT` names its key, and `tallystick key show KEY --reveal`
shows it.")]
pub(crate) struct Args {
    /// The CSV file
    file: PathBuf,

    /// The partner whose clients they become, by its code
    #[arg(long, value_name = "CODE")]
    partner: String,

    /// The file to write the credentials to
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// The service of the rows that have none, such as LIFECYCLE
    #[arg(long, value_name = "TYPE")]
    service_type: Option<String>,

    #[command(flatten)]
    essentials: Essentials,
}

/// What the import came to.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    rows: u64,
    created: u64,
    already_there: u64,
    bad: u64,
    output: PathBuf,
    /// How many faults there are.
    fault_count: u64,
    /// What is wrong, by row and field: the first 10,000.
    faults: Vec<RowFault>,
}

impl Summary {
    fn add(&mut self, fault: RowFault) {
        self.fault_count += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// One fault of one row.
#[derive(Debug, Serialize)]
struct RowFault {
    /// The line of the file on which the row begins; the header is line 1.
    line: u64,
    /// The column, or the row as a whole.
    field: String,
    code: String,
    message: String,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let settings = args.essentials.settings(file)?;
    Session::run_with(&settings, async |session| {
        // Refuses an unknown partner before anything is made.
        session.core.list_keys(&args.partner, None).await?;
        let mut source = rows::open(&args.file)?;
        let columns = Columns::of(source.reader.byte_headers().map_err(|error| rows::unreadable(&args.file, &error))?)?;
        let columns = columns.with_service_type(args.service_type.clone());
        let mut credentials = Credentials::open(&args.output)?;
        let progress = Progress::new(source.bytes, output);
        let summary = Summary { output: args.output.clone(), ..Summary::default() };

        let import = Import { session, partner: &args.partner, output, progress };
        let (summary, stopped) = import.all(source, columns, &mut credentials, summary).await?;
        credentials.finish()?;
        output.answer(&summary, || {
            let Summary { created, already_there, bad, .. } = &summary;
            format!(
                "{created} created, {already_there} already there, {bad} bad; credentials in {}\n",
                args.output.display()
            )
        })?;
        match (stopped, summary.bad) {
            (Some(reason), _) => Err(CommandError::ImportStopped { done: summary.rows, reason }),
            (None, 0) => Ok(()),
            (None, bad) => Err(CommandError::RowsRefused { bad, rows: summary.rows }),
        }
    })
}

struct Import<'a> {
    session: &'a Session,
    partner: &'a str,
    output: Output,
    progress: Progress,
}

/// What one row came to.
enum Outcome {
    Created(Box<(CreatedClient, rows::Name)>),
    AlreadyThere,
    Bad(Vec<Fault>),
    /// The database failed; nothing is known of the row.
    Failed(String),
}

impl Import<'_> {
    /// Imports every row. The second value tells why it stopped early.
    async fn all(
        &self,
        source: rows::Source,
        columns: Columns,
        credentials: &mut Credentials,
        mut summary: Summary,
    ) -> Result<(Summary, Option<String>), CommandError> {
        let stop = Arc::new(AtomicBool::new(false));
        let interrupted = tokio::spawn(stop_on_interrupt(Arc::clone(&stop)));
        let (rows, reading) = rows::read(source, columns, Arc::clone(&stop));
        let mut batches = pin!(rows.chunks(ROWS_AT_ONCE));
        let mut stopped = None;
        while let Some(batch) = batches.next().await {
            let begun = self.session.core.clock().now();
            let outcomes = stream::iter(batch).map(|row| async { (row.line, row.position, self.one(row).await) });
            let mut outcomes = pin!(outcomes.buffer_unordered(ROWS_AT_ONCE));
            // After a failure the rows that are under way are waited for: each may have made a client whose key is to be written.
            while let Some((line, position, outcome)) = outcomes.next().await {
                if let Err(reason) = self.count(line, outcome, credentials, &mut summary) {
                    stop.store(true, Ordering::Relaxed);
                    stopped.get_or_insert(reason);
                }
                self.progress.at(position);
            }
            self.give_way(begun).await;
        }
        if stop.load(Ordering::Relaxed) {
            stopped.get_or_insert_with(|| "interrupted".to_owned());
        }
        interrupted.abort();
        if let Err(error) = reading.await.map_err(std::io::Error::other)? {
            stopped.get_or_insert(error);
        }
        summary.faults.sort_by_key(|fault| fault.line);
        self.progress.finish();
        Ok((summary, stopped))
    }

    /// Counts what the row on `line` came to, and writes the credentials of a new client. The error tells why to stop.
    fn count(
        &self,
        line: u64,
        outcome: Outcome,
        credentials: &mut Credentials,
        summary: &mut Summary,
    ) -> Result<(), String> {
        match outcome {
            Outcome::Failed(reason) => return Err(reason),
            Outcome::AlreadyThere => summary.already_there += 1,
            Outcome::Bad(faults) => {
                summary.bad += 1;
                for fault in faults {
                    let fault = row_fault(line, fault);
                    self.tell(&format!("line {line}: {}: {}", fault.field, fault.message));
                    summary.add(fault);
                }
            }
            Outcome::Created(created) => {
                let (client, name) = *created;
                summary.created += 1;
                if let Err(error) = credentials.write(&client, &name) {
                    summary.rows += 1;
                    let (client, key) = (client.client, client.key_id);
                    self.tell(&format!("line {line}: not written: `tallystick key show {key} --reveal` shows the key"));
                    return Err(format!("the credentials of client {client}, key {key}, can't be written: {error}"));
                }
            }
        }
        summary.rows += 1;
        Ok(())
    }

    /// Tells the person something about a row, above the progress bar.
    fn tell(&self, text: &str) {
        self.progress.above(|| self.output.note(text));
    }

    /// SQLite has one writer, and who waits for it asks only now and then. A pause half as long as the work lets a server that uses
    /// the same file have its turn.
    async fn give_way(&self, begun: Timestamp) {
        if self.session.core.db().engine() == Engine::Sqlite {
            let took = self.session.core.clock().now().since(begun);
            tokio::time::sleep((took / 2).min(LONGEST_PAUSE)).await;
        }
    }

    async fn one(&self, row: Row) -> Outcome {
        let draft = match row.draft {
            Ok(draft) => draft,
            Err(fault) => return Outcome::Bad(vec![fault]),
        };
        let name = rows::Name::of(&draft);
        match self.session.core.import_client(self.partner, &draft, &self.session.context).await {
            Ok(Imported::Created(client)) => Outcome::Created(Box::new((client, name))),
            Ok(Imported::AlreadyThere(_)) => Outcome::AlreadyThere,
            Err(OnboardingError::Invalid(faults)) => Outcome::Bad(faults),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

fn row_fault(line: u64, fault: Fault) -> RowFault {
    let field = columns::name_of_path(&fault.field);
    RowFault { line, field, code: fault.code.into_owned(), message: fault.message.into_owned() }
}

/// At an interrupt no further row is begun, and those under way are finished.
async fn stop_on_interrupt(stop: Arc<AtomicBool>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_holds_no_more_faults_than_anybody_reads() {
        let mut summary = Summary::default();
        for line in 2..20_002 {
            let fault = Fault { field: "client.email".into(), code: "required".into(), message: "give one".into() };
            summary.add(row_fault(line, fault));
        }
        assert_eq!((summary.faults.len(), summary.fault_count), (MOST_FAULTS, 20_000));
        assert_eq!((summary.faults[0].line, summary.faults[0].field.as_str()), (2, "email"));
    }
}
