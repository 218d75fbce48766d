//! `POST /oauth/token` after many tokens, and while they are removed, against a new database.

use std::path::Path;

use super::pairs::CONNECTIONS;
use super::{Bench, grouped};
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::tokens::{Age, Issued, PREFIX, count_over};

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let (none, many) = (Issued::get(&bench.program, 0)?, Issued::get(&bench.program, pace.tokens)?);
    // Of these there is one copy for all rounds: what a round adds is little beside what there is.
    let kept = many.copy(&bench.program, "turn-kept", Age::New)?;
    let leaving = many.copy(&bench.program, "turn-leaving", Age::Over)?;
    let (mut few, mut after, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pace.rounds.div_ceil(2) {
        few.push(turn(bench, &none, &none.copy(&bench.program, "turn", Age::New)?)?);
        after.push(turn(bench, &many, &kept)?);
        beside.push(turn_beside_clean_up(bench, &many, &leaving)?);
    }

    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let median = |outcomes| each(outcomes, |outcome| outcome.median_ms);
    let p99 = |outcomes| each(outcomes, |outcome| outcome.p99_ms);
    let tokens = grouped(pace.tokens);
    let mut section = Section {
        how: format!(
            "**Tokens issued before.** `POST /oauth/token` by `client_credentials` over {CONNECTIONS} connections, {} rounds of {} s each: on a new SQLite\n\
             database, on one where {tokens} tokens were issued in the last hour with their audit records, and on one where as many have had\n\
             their time and the clean-up, which begins with the server, removes them meanwhile. At the end of each such turn some must be\n\
             left, and fewer than before.\n",
            few.len(),
            pace.turn
        ),
        ..Section::default()
    };
    let measure = format!("`/oauth/token` with {tokens} tokens issued before, against a new database: median latency");
    section.row(&measure, Target::AtMost(1.3), ratios(&median(&after), &median(&few)), Unit::Times);
    section.row("the same: 99th percentile", Target::None, ratios(&p99(&after), &p99(&few)), Unit::Times);
    let measure = format!("the same while {tokens} old tokens are removed: median latency");
    section.row(&measure, Target::None, ratios(&median(&beside), &median(&few)), Unit::Times);
    section.row("the same: 99th percentile", Target::None, ratios(&p99(&beside), &p99(&few)), Unit::Times);
    for (when, outcomes) in
        [("on a new database", &few), (&*format!("after {tokens}"), &after), ("while old ones are removed", &beside)]
    {
        section.tell(&format!("`/oauth/token` {when}: median"), &median(outcomes), Unit::Milliseconds);
        section.tell("the same: 99th percentile", &p99(outcomes), Unit::Milliseconds);
        section.tell("the same: requests", &each(outcomes, |outcome| outcome.per_second), Unit::PerSecond);
    }
    Ok(section)
}

fn turn(bench: &Bench, issued: &Issued, file: &Path) -> Result<Outcome, Fault> {
    let server = bench.program.serve(&sqlite(file), &[])?;
    let path = format!("{PREFIX}/oauth/token");
    let work = Work::Token { path: &path, form: &issued.form };
    load::run(server.url(), work, CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work, CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    Ok(outcome)
}

fn turn_beside_clean_up(bench: &Bench, issued: &Issued, file: &Path) -> Result<Outcome, Fault> {
    let before = count_over(file)?;
    let outcome = turn(bench, issued, file)?;
    let left = count_over(file)?;
    if left == 0 || left >= before {
        return Err(Fault::Load { what: format!("{before} tokens were to be removed beside, and {left} are left") });
    }
    Ok(outcome)
}
