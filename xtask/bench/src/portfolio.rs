//! Databases with many invoices of one partner's creditors, spread over a year. They are made once and kept for the next run: the creditors by
//! the program's own import, and the invoices through the store, with the rows that sending and delivering them would leave.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::calendar::CalendarDate;
use domain::distribution::{DistributionMethod as Method, DistributionStatus as Status};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::random::OrderedIds;
use domain::{Random as _, Timestamp};
use rusqlite::Connection;
use store::distribution::{AttemptRow, DistributionRow};
use store::distribution_count::CountRow;
use store::invoice::InvoiceRow;
use store::{Db, DbOptions, StoreError, Tx};
use testkit::random::TestRandom;

use crate::body::BusinessCode;
use crate::fault::Fault;
use crate::kept::{self, secret_file};
use crate::pages::{self, PAGE};
use crate::program::{Program, sqlite};
use crate::{import, mails};

/// The partner of all creditors.
const PARTNER: &str = "PORTFOLIO";

/// The days that the invoices are spread over, up to the day on which the database is made.
pub(crate) const DAYS: u32 = 365;

/// How many creditors a page of a summary has: as many as the smaller portfolio.
pub(crate) const SUMMED: u32 = 10;

/// The days that a portfolio is looked at by.
pub(crate) const RECENT: u32 = 30;

/// The invoices that share a commit.
const GROUP: usize = 5_000;

/// The size of what is sealed. No list reads it.
const CONTENT: usize = 512;

/// Counts up with what is put into a database otherwise than by the migrations.
const EDITION: u32 = 1;

/// The member that holds the items of a page of deliveries, and that of a page of creditors in a summary.
const DELIVERIES: &str = "records";
const CREDITORS: &str = "creditors";

/// How large a portfolio is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Creditors; each has as many invoices as any other, and at least a page of them.
    pub(crate) creditors: u32,
    /// Invoices of all of them together.
    pub(crate) invoices: u32,
}

/// A database with invoices.
#[derive(Clone, Debug)]
pub(crate) struct Portfolio {
    file: PathBuf,
    /// The keys of the creditors, one a line.
    keys: PathBuf,
    /// The key of their partner.
    partner_key: PathBuf,
    /// Every page of each creditor's own list of the year, as path and query with its key, one a line.
    pub(crate) own_lists: PathBuf,
    /// Every page of the partner's list of the last days, as path and query, one a line.
    pub(crate) lists: PathBuf,
    /// Every page of the summary of these days.
    pub(crate) summaries: PathBuf,
    size: Size,
}

impl Portfolio {
    /// The database of this size: that of an earlier run, or a new one where there is none or the migrations have changed.
    pub(crate) fn get(program: &Program, size: Size) -> Result<Self, Fault> {
        let directory = program.directory.join(format!("invoices-{}", size.invoices));
        let portfolio = Self {
            file: directory.join("bench.db"),
            keys: directory.join("keys"),
            partner_key: directory.join("partner-key"),
            own_lists: directory.join("own-lists"),
            lists: directory.join("lists"),
            summaries: directory.join("summaries"),
            size,
        };
        let contents =
            kept::contents(&format!("{} invoices, {} creditors, edition {EDITION}", size.invoices, size.creditors))?;
        kept::get(&directory, &portfolio.file, &contents, || portfolio.fill(program, &directory))?;
        Ok(portfolio)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        sqlite(&self.file)
    }

    /// The key of the partner.
    pub(crate) fn partner_key(&self) -> Result<String, Fault> {
        let failed = Fault::system(format!("read {}", self.partner_key.display()));
        Ok(fs::read_to_string(&self.partner_key).map_err(failed)?.trim().to_owned())
    }

    fn fill(&self, program: &Program, directory: &Path) -> Result<(), Fault> {
        let failed = || Fault::system(format!("write into {}", directory.display()));
        let Size { creditors, invoices } = self.size;
        let partner = program.add_partner(&self.url(), PARTNER)?;
        secret_file(&self.partner_key).and_then(|mut file| writeln!(file, "{}", partner.key)).map_err(failed())?;
        let mut keys = secret_file(&self.keys).map_err(failed())?;
        let csv = import::csv_with_account(BusinessCode::after(0).take(creditors as usize));
        import::import(program, &self.url(), PARTNER, &csv, directory, &mut keys)?;
        println!("adding {invoices} invoices of {creditors} creditors");
        let today = mails::today()?;
        self.add_invoices(today)?;
        // It fails when they are not what the deliveries come to.
        program.json(&["distribution", "recount", "--database", &self.url(), "--partner", PARTNER])?;
        // A server seals the audit trail at its shut-down, so that no later one has that to do while it is measured.
        println!("listing the pages, and sealing the audit trail");
        let server = program.serve(&self.url(), &[])?;
        self.list_pages(server.url(), &partner.key, today)?;
        server.stop()
    }

    fn add_invoices(&self, today: CalendarDate) -> Result<(), Fault> {
        let (partner, creditors) = self.creditors()?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
        runtime.block_on(async {
            let db = Db::open(DbOptions::new(self.url())).await?;
            let mut counts = Counts::default();
            let mut sent = Sent::new(partner, creditors, self.size.invoices, today);
            loop {
                let group: Arc<[Rows]> = sent.by_ref().take(GROUP).collect();
                if group.is_empty() {
                    break;
                }
                group.iter().for_each(|rows| counts.add(&rows.delivery));
                db.write(move |tx| {
                    let group = Arc::clone(&group);
                    Box::pin(async move {
                        for rows in group.iter() {
                            add(tx, rows).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await?;
            }
            let counts: Arc<[CountRow]> = counts.rows().collect();
            db.write(move |tx| {
                let counts = Arc::clone(&counts);
                Box::pin(async move {
                    for count in counts.iter() {
                        store::distribution_count::add(tx, partner, count).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
            db.close().await;
            Ok(())
        })
    }

    /// The one partner, and its clients.
    fn creditors(&self) -> Result<(PartnerId, Vec<ClientIdentifier>), Fault> {
        let connection = Connection::open(&self.file)?;
        let mut statement = connection.prepare("SELECT partner_id, client_id FROM client ORDER BY client_id")?;
        let rows = statement.query_map([], |row| Ok((PartnerId(row.get(0)?), ClientIdentifier(row.get(1)?))))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let partner = rows.first().map_or(PartnerId(0), |(partner, _)| *partner);
        Ok((partner, rows.into_iter().map(|(_, client)| client).collect()))
    }

    /// Walks through every list that is measured, and writes down the addresses of all pages. They name their days, because the database
    /// is used on later days as well.
    fn list_pages(&self, url: &str, partner_key: &str, today: CalendarDate) -> Result<(), Fault> {
        let days = |limit: u32, days: u32| {
            format!("limit={limit}&fromInvDate={}&toInvDate={today}", today.days_before(days - 1))
        };
        let failed = |path: &Path| Fault::system(format!("write {}", path.display()));
        let keys = fs::read_to_string(&self.keys).map_err(Fault::system("read the keys"))?;
        let mut own = secret_file(&self.own_lists).map_err(failed(&self.own_lists))?;
        let first = format!("/api/v1/partner/invoice/distribution?{}", days(PAGE, DAYS));
        for key in keys.lines() {
            let pages = pages::walk(url, key, &first, (DELIVERIES, PAGE))?;
            let lines: String = pages.iter().map(|page| format!("{page} {key}\n")).collect();
            own.write_all(lines.as_bytes()).map_err(failed(&self.own_lists))?;
        }
        for (file, route, limit, list) in [
            (&self.lists, "distribution", PAGE, DELIVERIES),
            (&self.summaries, "distribution/summary", SUMMED, CREDITORS),
        ] {
            let first = format!("/api/v1/partner/{route}?{}", days(limit, RECENT));
            let pages = pages::walk(url, partner_key, &first, (list, limit))?;
            fs::write(file, pages.join("\n")).map_err(failed(file))?;
        }
        Ok(())
    }
}

/// The rows of one invoice.
struct Rows {
    invoice: InvoiceRow,
    /// As it is now; it was added as [`Method::first_status`] has it.
    delivery: DistributionRow,
    first_status: Status,
    attempt: Option<AttemptRow>,
}

/// The statements of `service::invoice`, and those of `service::invoice_delivery` for what became of it.
async fn add(tx: &mut Tx, rows: &Rows) -> Result<(), StoreError> {
    let Rows { invoice, delivery, first_status, attempt } = rows;
    if !store::invoice::insert(tx, invoice).await? {
        return Err(StoreError::unreadable("the portfolio", "a number came twice"));
    }
    let first = first_status.as_str();
    store::distribution::insert(tx, &DistributionRow { status: first.to_owned(), ..delivery.clone() }).await?;
    if let Some(attempt) = attempt {
        store::distribution::insert_attempt(tx, delivery.partner, delivery.distribution, attempt).await?;
        store::distribution::move_from(tx, first, delivery).await?;
    }
    Ok(())
}

/// Invoices in the order in which they were sent in, those of all creditors by turns.
struct Sent {
    partner: PartnerId,
    creditors: Vec<ClientIdentifier>,
    invoices: u32,
    today: CalendarDate,
    next: u32,
    random: TestRandom,
    ids: OrderedIds,
}

impl Sent {
    fn new(partner: PartnerId, creditors: Vec<ClientIdentifier>, invoices: u32, today: CalendarDate) -> Self {
        Self { partner, creditors, invoices, today, next: 0, random: TestRandom::new(1), ids: OrderedIds::default() }
    }

    fn bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.random.fill(&mut bytes);
        bytes
    }
}

/// What a number is multiplied by to give that of a creditor. It shares no factor with their number: in as many invoices as there are
/// creditors, each has one.
const SHUFFLE: usize = 7_919;

impl Iterator for Sent {
    type Item = Rows;

    fn next(&mut self) -> Option<Rows> {
        if self.next == self.invoices {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let client = self.creditors[number as usize * SHUFFLE % self.creditors.len()];
        // Which day of all, and how far into it.
        let place = u64::from(number) * u64::from(DAYS);
        let (day, rest) = (place / u64::from(self.invoices), place % u64::from(self.invoices));
        let age = DAYS - 1 - u32::try_from(day).unwrap_or(DAYS - 1);
        let date = self.today.days_before(age);
        let at = working_hours(date, rest, self.invoices.into());
        let chance = u16::from_le_bytes(self.bytes(2).try_into().unwrap_or_default());
        let method = method(chance % 100);
        let status = status(method, age, chance / 100 % 100);
        let reason = reason(method, status);
        let (invoice, distribution) = (self.ids.next(at, &self.random), self.ids.next(at, &self.random));
        let was_tried = !matches!(status, Status::Pending | Status::Cancelled);
        let handed_over = at.micros() + 2_000_000;
        let attempt = was_tried.then(|| AttemptRow {
            attempt: self.ids.next(at, &self.random),
            at: Timestamp::from_micros(handed_over),
            status: if status == Status::Delivered { Status::Sent } else { status }.to_string(),
            reason: reason.to_owned(),
        });
        let number = i64::from(number) + 1;
        Some(Rows {
            invoice: InvoiceRow {
                partner: self.partner,
                client,
                number,
                invoice,
                kind: "INVOICE".to_owned(),
                invoice_date: date.to_string(),
                due_date: date.days_after(14).to_string(),
                currency_code: "EUR".to_owned(),
                net: 618_600,
                vat: 141_794,
                gross: 760_394,
                payment_reference: format!("10000001{number:012}"),
                credited_number: 0,
                content: self.bytes(CONTENT),
                master_key_version: 1,
                created_at: at,
            },
            delivery: DistributionRow {
                partner: self.partner,
                distribution,
                client,
                invoice,
                invoice_number: number,
                invoice_date: date.to_string(),
                method: method.to_string(),
                status: status.to_string(),
                status_reason: reason.to_owned(),
                attempts: i64::from(was_tried),
                created_at: at,
                sent_at: status.is_success().then_some(handed_over),
                delivered_at: (status == Status::Delivered).then_some(handed_over + 60_000_000),
                awaits_approval: 0,
                in_doubt: 0,
                replaced_by: None,
            },
            first_status: method.first_status(),
            attempt,
        })
    }
}

/// A moment of the ten hours from eight, at `part` of `whole` of them.
fn working_hours(date: CalendarDate, part: u64, whole: u64) -> Timestamp {
    const HOURS: u64 = 10 * 3_600_000_000;
    let morning = Timestamp::parse_rfc3339(&format!("{date}T08:00:00Z")).expect("a date and a time of RFC 3339");
    let into = u128::from(HOURS) * u128::from(part) / u128::from(whole.max(1));
    Timestamp::from_micros(morning.micros() + i64::try_from(into).unwrap_or(0))
}

/// The method, by a number below 100: most go by mail.
const fn method(chance: u16) -> Method {
    match chance {
        0..60 => Method::Email,
        60..85 => Method::EInvoice,
        85..95 => Method::Print,
        _ => Method::None,
    }
}

/// How far a delivery of this age in days has come, by a number below 100: few fail, and of those of today some wait.
const fn status(method: Method, age: u32, chance: u16) -> Status {
    match (method, chance) {
        (Method::None, _) => Status::Cancelled,
        (_, 0..10) if age == 0 => Status::Pending,
        (Method::Email, 97..) | (Method::EInvoice, 98..) => Status::Failed,
        (Method::EInvoice, 2..) => Status::Delivered,
        _ => Status::Sent,
    }
}

/// Why it failed.
const fn reason(method: Method, status: Status) -> &'static str {
    match (status, method) {
        (Status::Failed, Method::Email) => "The mail server refused it with 5.1.1: check the e-mail address",
        (Status::Failed, _) => "The operator refused it: check the e-invoice address",
        _ => "",
    }
}

/// How many deliveries have a status, by creditor, day and method, and of all creditors together.
#[derive(Default)]
struct Counts(BTreeMap<(i64, String, String, String), i64>);

impl Counts {
    fn add(&mut self, row: &DistributionRow) {
        for client in [0, row.client.0] {
            let name = (client, row.invoice_date.clone(), row.method.clone(), row.status.clone());
            *self.0.entry(name).or_insert(0) += 1;
        }
    }

    fn rows(self) -> impl Iterator<Item = CountRow> {
        self.0.into_iter().map(|((client_id, day, method, status), number)| CountRow {
            client_id,
            day,
            method,
            status,
            number,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sent(invoices: u32, creditors: i64) -> Vec<Rows> {
        let creditors = (1..=creditors).map(ClientIdentifier).collect();
        let today = CalendarDate::parse("2026-11-22").unwrap();
        Sent::new(PartnerId(1), creditors, invoices, today).collect()
    }

    #[test]
    fn the_invoices_are_spread_over_creditors_days_methods_and_states() {
        let sent = sent(10_000, 100);
        let of = |client: i64| sent.iter().filter(|rows| rows.delivery.client.0 == client).count();
        assert!((1..=100).all(|client| of(client) == 100));
        let days: BTreeSet<_> = sent.iter().map(|rows| rows.delivery.invoice_date.as_str()).collect();
        assert_eq!((days.len(), days.first(), days.last()), (365, Some(&"2025-11-23"), Some(&"2026-11-22")));
        let ways: BTreeSet<_> = sent.iter().map(|rows| (&*rows.delivery.method, &*rows.delivery.status)).collect();
        for way in [
            ("EMAIL", "SENT"),
            ("EMAIL", "FAILED"),
            ("EINVOICE", "DELIVERED"),
            ("PRINT", "SENT"),
            ("NONE", "CANCELLED"),
        ] {
            assert!(ways.contains(&way), "{way:?} is not in {ways:?}");
        }
        assert!(sent.iter().any(|rows| rows.delivery.status == "PENDING"));
    }

    #[test]
    fn they_come_in_the_order_of_time() {
        let sent = sent(2_000, 20);
        assert!(sent.is_sorted_by_key(|rows| rows.invoice.created_at));
        assert!(sent.is_sorted_by_key(|rows| rows.delivery.distribution));
        assert!(sent.is_sorted_by_key(|rows| &rows.delivery.invoice_date));
    }

    #[test]
    fn each_counts_for_its_creditor_and_for_all() {
        let mut counts = Counts::default();
        sent(500, 5).iter().for_each(|rows| counts.add(&rows.delivery));
        let (all, own): (Vec<_>, Vec<_>) = counts.rows().partition(|count| count.client_id == 0);
        let sum = |counts: &[CountRow]| counts.iter().map(|count| count.number).sum::<i64>();
        assert_eq!((sum(&all), sum(&own)), (500, 500));
        assert!(all.len() < own.len());
    }
}
