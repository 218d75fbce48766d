//! Authorizations and their captures: with group commit, without it, and all on one account, on both engines.

use std::fs;

use throwaway_postgres::{Programs, Server as Postgres};

use super::{Bench, grouped};
use crate::books::Books;
use crate::fault::Fault;
use crate::fresh;
use crate::load::{self, Outcome, Work};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::shop::{self, Customer, Shop};

const CONNECTIONS: u32 = 32;

/// How many accounts there are.
const ACCOUNTS: u32 = 1_000;

/// The turns, in the order in which each round has them.
#[derive(Default)]
struct Turns {
    many: Vec<Outcome>,
    one: Vec<Outcome>,
    alone: Vec<Outcome>,
    postgres_many: Vec<Outcome>,
    postgres_one: Vec<Outcome>,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let program = &bench.program;
    let has_postgres = Programs::find().is_some();
    if !has_postgres {
        println!("PostgreSQL is not installed: its rows are left out");
    }
    let directory = program.directory.join("template-shop");
    let mut turns = Turns::default();
    for _ in 0..bench.pace.rounds {
        drop(fs::remove_dir_all(&directory));
        fs::create_dir_all(&directory).map_err(Fault::system(format!("make {}", directory.display())))?;
        let file = directory.join("bench.db");
        // A new one each time: its tokens do not last for all rounds.
        let shop = Shop::open(program, &sqlite(&file), ACCOUNTS)?;
        let on_sqlite = |customers: &[Customer], settings: &[(&str, &str)]| {
            let copy = fresh::copy(&file, &program.directory.join("turn"))?;
            turn(bench, &sqlite(&copy), &shop, customers, settings)
        };
        turns.many.push(on_sqlite(&shop.customers, &[])?);
        turns.one.push(on_sqlite(&shop.customers[..1], &[])?);
        turns.alone.push(on_sqlite(&shop.customers, &[("TALLYSTICK_WRITE_GROUP", "1")])?);
        if has_postgres {
            let server = Postgres::start()?;
            let url = server.url();
            let shop = Shop::open(program, &url, ACCOUNTS)?;
            turns.postgres_many.push(turn(bench, &url, &shop, &shop.customers, &[])?);
            turns.postgres_one.push(turn(bench, &url, &shop, &shop.customers[..1], &[])?);
        }
    }
    Ok(section(bench, &turns))
}

fn section(bench: &Bench, turns: &Turns) -> Section {
    let (pace, accounts) = (&bench.pace, grouped(ACCOUNTS));
    let mut section = Section {
        how: format!(
            "**Purchases.** {CONNECTIONS} connections, {} rounds of {} s each. Every purchase is an authorization of one dollar by a plan that has a finance charge,\n\
             asked for by the token of the customer, and its capture, asked for by that of the merchant over whichever connection is free\n\
             next. The customers have applied for their accounts over the API, each for one with a limit of 100,000 dollars, so that credit suffices and\n\
             nothing may be refused. The accounts are bought on in turn, or all buy on one. On SQLite every turn is on a copy of a new database; the\n\
             rival is the same program with `TALLYSTICK_WRITE_GROUP=1`. PostgreSQL is a private server on the same two cores with `fsync=off`, a new one for each\n\
             round. After each turn `tallystick ledger check` must find nothing wrong, and what was authorized and captured by the answers, in number and\n\
             in cents, must be what the accounts say: no less, and no more than the requests that were under way when the load ended.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let pairs = |outcomes: &[Outcome]| each(outcomes, |outcome| outcome.captures_per_second);
    let (many, one, alone) = (pairs(&turns.many), pairs(&turns.one), pairs(&turns.alone));
    let (postgres_many, postgres_one) = (pairs(&turns.postgres_many), pairs(&turns.postgres_one));
    let measure = format!(
        "`authorization` and `capture`, {CONNECTIONS} connections, {accounts} accounts, SQLite, against the same server committing each write alone: pairs"
    );
    section.row(&measure, Target::AtLeast(3.0), ratios(&many, &alone), Unit::Times);
    let measure = format!("the same on one account, against {accounts}: pairs");
    section.row(&measure, Target::AtLeast(0.3), ratios(&one, &many), Unit::Times);
    if !postgres_many.is_empty() {
        let measure = format!("the same on PostgreSQL (without `fsync`): one account against {accounts}");
        section.row(&measure, Target::AtLeast(0.3), ratios(&postgres_one, &postgres_many), Unit::Times);
        let measure = format!("the same on PostgreSQL against SQLite, {accounts} accounts");
        section.row(&measure, Target::None, ratios(&postgres_many, &many), Unit::Times);
    }
    for (what, pairs, outcomes) in [
        (format!("purchases on {accounts} accounts, SQLite: pairs"), &many, &turns.many),
        ("purchases on one account, SQLite: pairs".to_owned(), &one, &turns.one),
        (format!("purchases on {accounts} accounts, each write committed alone: pairs"), &alone, &turns.alone),
        (format!("purchases on {accounts} accounts, PostgreSQL: pairs"), &postgres_many, &turns.postgres_many),
        ("purchases on one account, PostgreSQL: pairs".to_owned(), &postgres_one, &turns.postgres_one),
    ] {
        if !outcomes.is_empty() {
            section.tell(&what, pairs, Unit::PerSecond);
            let p99 = each(outcomes, |outcome| outcome.p99_ms);
            section.tell("the same: 99th percentile of either request", &p99, Unit::Milliseconds);
        }
    }
    section
}

fn each(outcomes: &[Outcome], value: fn(&Outcome) -> f64) -> Vec<f64> {
    outcomes.iter().map(value).collect()
}

/// One turn, in which these customers buy. Fails unless every purchase is in the books, and the books are right.
fn turn(
    bench: &Bench,
    url: &str,
    shop: &Shop,
    customers: &[Customer],
    settings: &[(&str, &str)],
) -> Result<Outcome, Fault> {
    let before = Books::prove(&bench.program, url)?;
    let customers = Shop::write(&bench.program, customers)?;
    let (path, body, capture) = (shop::authorize_path(), shop::authorization_body(), shop::capture_body());
    let work = Work::Purchases {
        path: &path,
        customers: &customers,
        body: &body,
        capture: Some((&capture, &shop.office)),
        first: 0,
        in_a_row: 1,
    };
    let server = bench.program.serve(url, settings)?;
    let warm_up = load::run(server.url(), work, CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work, CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    let after = Books::prove(&bench.program, url)?;
    // Each of the two loads ends with a request under way on each connection.
    after.agree(before, warm_up.moved + outcome.moved, 2 * CONNECTIONS)?;
    Ok(outcome)
}
