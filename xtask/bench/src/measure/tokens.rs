//! `POST /oauth/token`, kept on disk, against a token endpoint of npm that keeps its tokens in memory.

use super::Bench;
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::tokens::{Age, Issued, PREFIX, count};
use crate::{http, oidc_provider};

const CONNECTIONS: u32 = 16;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let empty = Issued::get(&bench.program, 0)?;
    // One for all rounds, so that its code is as fast as it gets.
    let rival = oidc_provider::start()?;
    http::post_form(rival.url(), oidc_provider::PATH, oidc_provider::FORM)?;
    let (mut of, mut to) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        of.push(turn(bench, &empty)?);
        let work = Work::Token { path: oidc_provider::PATH, form: oidc_provider::FORM };
        load::run(rival.url(), work, CONNECTIONS, pace.warm_up)?;
        to.push(load::run(rival.url(), work, CONNECTIONS, pace.turn)?);
    }
    drop(rival);

    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let (of_rate, to_rate) = (each(&of, |outcome| outcome.per_second), each(&to, |outcome| outcome.per_second));
    let (of_p99, to_p99) = (each(&of, |outcome| outcome.p99_ms), each(&to, |outcome| outcome.p99_ms));
    let mut section = Section {
        how: format!(
            "**`POST /oauth/token`.** `client_credentials`, {CONNECTIONS} connections, {} rounds of {} s each, every turn of ours on a new SQLite\n\
             database with one merchant. Each token is on disk, with its audit record, before it is answered. After each turn the tokens in the\n\
             database are counted: none that was answered may be missing. The rival is npm's `oidc-provider` on Node.js with its store in memory,\n\
             which keeps the last thousand; it is one process for all rounds, and gives no refresh token.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let measure =
        "`POST /oauth/token` by `client_credentials`, SQLite, 16 connections, against npm's `oidc-provider` in memory";
    section.row(&format!("{measure}: throughput"), Target::AtLeast(1.5), ratios(&of_rate, &to_rate), Unit::Times);
    section.row("the same: 99th percentile", Target::None, ratios(&of_p99, &to_p99), Unit::Times);
    section.tell("`POST /oauth/token`", &of_rate, Unit::PerSecond);
    section.tell("`oidc-provider`", &to_rate, Unit::PerSecond);
    section.tell("`POST /oauth/token`: 99th percentile", &of_p99, Unit::Milliseconds);
    section.tell("`oidc-provider`: 99th percentile", &to_p99, Unit::Milliseconds);
    Ok(section)
}

fn turn(bench: &Bench, empty: &Issued) -> Result<Outcome, Fault> {
    let file = empty.copy(&bench.program, "turn", Age::New)?;
    let server = bench.program.serve(&sqlite(&file), &[])?;
    let path = format!("{PREFIX}/oauth/token");
    let work = Work::Token { path: &path, form: &empty.form };
    let warm_up = load::run(server.url(), work, CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work, CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    let (answered, kept) = (warm_up.requests + outcome.requests, count(&file)?);
    if kept < answered {
        return Err(Fault::Load { what: format!("{answered} tokens were answered, and the database has {kept}") });
    }
    Ok(outcome)
}
