//! `POST /client`: with group commit, without it, and against a loop that only runs the statements.

use std::time::Duration;

use throwaway_postgres::{Programs, Server as Postgres};

use super::Bench;
use crate::body;
use crate::fault::Fault;
use crate::fresh::{PARTNER, Template};
use crate::load::{self, Outcome, Work};
use crate::program::{Partner, Server, sqlite};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::single::{self, Times};

pub(crate) const CONNECTIONS: u32 = 64;

/// Business codes, or numbers, for the warm-up and the measured time of a turn: those of every round have seven digits.
pub(crate) const A_TURN: u32 = 500_000;

#[derive(Default)]
struct Rates {
    grouped: Vec<f64>,
    alone: Vec<f64>,
    plain: Vec<f64>,
    through_store: Vec<f64>,
    postgres: Vec<f64>,
    grouped_p99: Vec<f64>,
    alone_p99: Vec<f64>,
    postgres_p99: Vec<f64>,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let template = Template::make(&bench.program)?;
    let postgres = OnPostgres::start(bench)?;
    let seconds = |count: u32| Duration::from_secs(count.into());
    let times = Times { warm_up: seconds(pace.warm_up), measured: seconds(pace.turn) };
    let mut rates = Rates::default();
    for round in 0..pace.rounds {
        let grouped = on_sqlite(bench, &template, &[])?;
        rates.grouped.push(grouped.per_second);
        rates.grouped_p99.push(grouped.p99_ms);
        let alone = on_sqlite(bench, &template, &[("TALLYSTICK_WRITE_GROUP", "1")])?;
        rates.alone.push(alone.per_second);
        rates.alone_p99.push(alone.p99_ms);
        rates.plain.push(single::plain(&template.copy()?, times)?);
        rates.through_store.push(single::through_store(&sqlite(&template.copy()?), times)?);
        if let Some(postgres) = &postgres {
            let outcome = postgres.turn(bench, round)?;
            rates.postgres.push(outcome.per_second);
            rates.postgres_p99.push(outcome.p99_ms);
        }
    }
    Ok(section(bench, &rates))
}

fn section(bench: &Bench, rates: &Rates) -> Section {
    let pace = &bench.pace;
    let mut section = Section {
        how: format!(
            "**`POST /client`.** {CONNECTIONS} connections, {} rounds of {} s each, every turn on a new database with one partner. Each request\n\
             creates another client: the body is the example of the public documentation with another business code and VAT number,\n\
             check digits right. SQLite in WAL mode with `synchronous=FULL`. The first rival is the same program with\n\
             `TALLYSTICK_WRITE_GROUP=1`. The second is one thread that runs the statements of a client in transactions of 200 clients, by\n\
             plain calls of the same SQLite library (rusqlite) with the same settings, or through the program's own store. It reads no\n\
             HTTP, checks nothing, makes and seals no key, writes no log and seals no audit trail. After each turn of the program the\n\
             clients in the database are counted: none that was answered may be missing. PostgreSQL is a private server on the same two\n\
             cores with `fsync=off`; its row only tells what the program costs there.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let measure = "`POST /client`, 64 connections, SQLite with `synchronous=FULL`, against the same server committing each write alone";
    section.row(measure, Target::AtLeast(3.0), ratios(&rates.grouped, &rates.alone), Unit::Times);
    let measure = "the same against a single-threaded loop with the same statements in groups of 200: plain SQLite";
    section.row(measure, Target::AtLeast(0.5), ratios(&rates.grouped, &rates.plain), Unit::Times);
    let measure = "the same against such a loop through the store";
    section.row(measure, Target::AtLeast(0.5), ratios(&rates.grouped, &rates.through_store), Unit::Times);
    if !rates.postgres.is_empty() {
        let measure = "`POST /client`, 64 connections, PostgreSQL (without `fsync`) against SQLite";
        section.row(measure, Target::None, ratios(&rates.postgres, &rates.grouped), Unit::Times);
    }
    section.tell("`POST /client`, SQLite", &rates.grouped, Unit::PerSecond);
    section.tell("the same, each write committed alone", &rates.alone, Unit::PerSecond);
    section.tell("single-threaded loop in groups of 200, plain SQLite", &rates.plain, Unit::PerSecond);
    section.tell("single-threaded loop in groups of 200, through the store", &rates.through_store, Unit::PerSecond);
    section.tell("`POST /client`, SQLite: 99th percentile", &rates.grouped_p99, Unit::Milliseconds);
    section.tell("the same, each write committed alone: 99th percentile", &rates.alone_p99, Unit::Milliseconds);
    if !rates.postgres.is_empty() {
        section.tell("`POST /client`, PostgreSQL without `fsync`", &rates.postgres, Unit::PerSecond);
        section.tell("the same: 99th percentile", &rates.postgres_p99, Unit::Milliseconds);
    }
    section
}

/// One turn on a new SQLite database.
pub(crate) fn on_sqlite(bench: &Bench, template: &Template, settings: &[(&str, &str)]) -> Result<Outcome, Fault> {
    let url = sqlite(&template.copy()?);
    let server = bench.program.serve(&url, settings)?;
    let (outcome, answered) = turn(bench, &server, &template.partner, 0)?;
    server.stop()?;
    counted(bench, &url, answered)?;
    Ok(outcome)
}

/// Warms up and measures. The second value counts the clients that were answered in both.
fn turn(bench: &Bench, server: &Server, partner: &Partner, first: u32) -> Result<(Outcome, u64), Fault> {
    let body = body::json(&partner.code);
    let work = |first| Work::Create { token: &partner.token, body: &body, first };
    let warm_up = load::run(server.url(), work(first), CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work(first + A_TURN / 2), CONNECTIONS, bench.pace.turn)?;
    Ok((outcome, warm_up.requests + outcome.requests))
}

/// Fails when a client that was answered is not there.
fn counted(bench: &Bench, url: &str, answered: u64) -> Result<(), Fault> {
    let kept = bench.program.clients(url, PARTNER)?;
    if kept >= answered {
        return Ok(());
    }
    Err(Fault::Load { what: format!("{answered} clients were answered and only {kept} are in the database") })
}

/// A PostgreSQL server with one partner.
struct OnPostgres {
    // Ends with this value.
    _server: Postgres,
    url: String,
    partner: Partner,
}

impl OnPostgres {
    /// `None` where PostgreSQL is not installed.
    fn start(bench: &Bench) -> Result<Option<Self>, Fault> {
        if Programs::find().is_none() {
            println!("PostgreSQL is not installed: its row is left out");
            return Ok(None);
        }
        let server = Postgres::start()?;
        let url = server.url();
        let partner = bench.program.add_partner(&url, PARTNER)?;
        Ok(Some(Self { _server: server, url, partner }))
    }

    /// One turn, on business codes of its own.
    fn turn(&self, bench: &Bench, round: u32) -> Result<Outcome, Fault> {
        let server = bench.program.serve(&self.url, &[])?;
        let (outcome, _) = turn(bench, &server, &self.partner, round * A_TURN)?;
        server.stop()?;
        Ok(outcome)
    }
}
