//! An authorization on an account that has moved often, against one on an account that has not.

use std::fs;
use std::path::Path;

use super::pairs::CONNECTIONS;
use super::{Bench, grouped};
use crate::fault::Fault;
use crate::fresh;
use crate::load::{self, Outcome, Work};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::{Sample, ratios};
use crate::shop::{self, Customer, Shop};

/// Accounts with few movements: enough of them that each gets only some more in a turn.
const FEW_ACCOUNTS: u32 = 1_000;

/// How many movements they have.
const FEW: u32 = 10;

/// The authorizations in a row on each of them. In a row, so that what was used a moment ago is as near as for the one account.
const IN_A_ROW: u32 = 20;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let (program, pace) = (&bench.program, &bench.pace);
    let directory = program.directory.join("template-movements");
    drop(fs::remove_dir_all(&directory));
    fs::create_dir_all(&directory).map_err(Fault::system(format!("make {}", directory.display())))?;
    let file = directory.join("bench.db");
    // Not kept for the next run: its tokens do not last that long.
    let shop = fill(bench, &file)?;
    let (often, seldom) = shop.customers.split_at(1);
    let (mut many, mut few) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds.div_ceil(2) {
        many.push(turn(bench, &file, often)?);
        few.push(turn(bench, &file, seldom)?);
    }

    let movements = grouped(pace.movements);
    let mut section = Section {
        how: format!(
            "**Movements.** `POST …/authorization` with `auto_capture` over {CONNECTIONS} connections, {} rounds of {} s each, every turn on a copy of one SQLite database, all on the one\n\
             account that had {movements} movements, or on {} accounts that had {FEW} each, {IN_A_ROW} in a row on each of them. Half of the movements are\n\
             authorizations and half are their captures, made over the API on the day of the measure, as above. The files are in the page cache of\n\
             the system.\n",
            many.len(),
            pace.turn,
            grouped(FEW_ACCOUNTS),
        ),
        ..Section::default()
    };
    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let ratio = |value| ratios(&each(&many, value), &each(&few, value));
    let measure = format!("`authorization` on an account with {movements} movements against one with {FEW}, SQLite");
    let median = ratio(|outcome| outcome.median_ms);
    section.row(&format!("{measure}: median latency"), Target::AtMost(1.3), median, Unit::Times);
    section.row("the same: 99th percentile", Target::None, ratio(|outcome| outcome.p99_ms), Unit::Times);
    for (count, outcomes) in [(&*movements, &many), (&*FEW.to_string(), &few)] {
        let what = format!("`authorization` on an account with {count} movements: median");
        section.tell(&what, &each(outcomes, |outcome| outcome.median_ms), Unit::Milliseconds);
        section.tell("the same: 99th percentile", &each(outcomes, |outcome| outcome.p99_ms), Unit::Milliseconds);
        section.tell("the same: requests", &each(outcomes, |outcome| outcome.per_second), Unit::PerSecond);
    }
    let most = few.iter().map(|outcome| most_of_few(outcome.requests)).collect::<Sample>();
    section.tell_of(
        &format!("movements by the end of a turn on an account that had {FEW}, at most"),
        most,
        Unit::Count,
    );
    Ok(section)
}

/// How many movements one of many accounts had when so many authorizations were on all of them, each captured at once: an account may have
/// only some hundreds open.
fn most_of_few(requests: u64) -> f64 {
    let rounds = requests.div_ceil(u64::from(FEW_ACCOUNTS * IN_A_ROW));
    f64::from(FEW) + f64::from(2 * IN_A_ROW) * f64::from(u32::try_from(rounds).unwrap_or(u32::MAX))
}

/// Makes the database: the first customer has bought often, the others seldom.
fn fill(bench: &Bench, file: &Path) -> Result<Shop, Fault> {
    let shop = Shop::open(&bench.program, &sqlite(file), 1 + FEW_ACCOUNTS)?;
    let server = bench.program.serve(&sqlite(file), &[])?;
    let (often, seldom) = shop.customers.split_at(1);
    shop.buy(server.url(), often, bench.pace.movements / 2)?;
    shop.buy(server.url(), seldom, FEW / 2)?;
    server.stop()?;
    Ok(shop)
}

/// One turn, in which these customers have purchases authorized.
fn turn(bench: &Bench, file: &Path, customers: &[Customer]) -> Result<Outcome, Fault> {
    let url = sqlite(&fresh::copy(file, &bench.program.directory.join("turn"))?);
    let customers = Shop::write(&bench.program, customers)?;
    let (path, body) = (shop::authorize_path(), shop::captured_authorization_body());
    let work = |first| Work::Purchases {
        path: &path,
        customers: &customers,
        body: &body,
        capture: None,
        first,
        in_a_row: IN_A_ROW,
    };
    let server = bench.program.serve(&url, &[])?;
    let warm_up = load::run(server.url(), work(0), CONNECTIONS, bench.pace.warm_up)?;
    // Behind the accounts of the warm-up.
    let used = u32::try_from(warm_up.requests).unwrap_or(u32::MAX) / IN_A_ROW + 1;
    let outcome = load::run(server.url(), work(used), CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    Ok(Outcome { requests: warm_up.requests + outcome.requests, ..outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_movements_go_by_how_often_each_account_had_its_turn() {
        assert_eq!([1, 20_000, 20_001].map(most_of_few), [50.0, 50.0, 90.0]);
    }
}
