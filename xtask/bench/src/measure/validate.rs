//! `GET /validate` with a cached key, against a handler that does nothing.

use super::Bench;
use crate::bare;
use crate::fault::Fault;
use crate::http;
use crate::load::{self, Outcome, Work};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;

const CONNECTIONS: u32 = 32;

const PATH: &str = "/api/v1/partner/validate";

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let database = bench.large()?;
    let key = database.one_key()?;
    let ours = bench.program.serve(&database.url(), &[])?;
    let bare = bare::start(PATH, &http::get(ours.url(), PATH, &key)?)?;
    let turn = |url: &str| -> Result<Outcome, Fault> {
        load::run(url, Work::Validate { key: &key }, CONNECTIONS, pace.warm_up)?;
        load::run(url, Work::Validate { key: &key }, CONNECTIONS, pace.turn)
    };
    let (mut of, mut to) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        of.push(turn(ours.url())?);
        to.push(turn(bare.url())?);
    }
    ours.stop()?;
    drop(bare);

    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let (of_rate, to_rate) = (each(&of, |outcome| outcome.per_second), each(&to, |outcome| outcome.per_second));
    let (of_p99, to_p99) = (each(&of, |outcome| outcome.p99_ms), each(&to, |outcome| outcome.p99_ms));
    let mut section = Section {
        how: format!(
            "**`GET /validate`, cached key.** {CONNECTIONS} connections, one client key, {} rounds of {} s each. The rival is a process of\n\
             its own: `axum::serve` with one handler that answers the same bytes from memory. It has no layer, reads no header and\n\
             serialises nothing.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let measure = "`GET /validate` (cached key) against a bare axum handler with the same body, 32 connections";
    section.row(&format!("{measure}: throughput"), Target::AtLeast(0.75), ratios(&of_rate, &to_rate), Unit::Times);
    section.row("the same: 99th percentile", Target::AtMost(2.0), ratios(&of_p99, &to_p99), Unit::Times);
    section.tell("`GET /validate`, cached key", &of_rate, Unit::PerSecond);
    section.tell("bare handler", &to_rate, Unit::PerSecond);
    section.tell("`GET /validate`, cached key: 99th percentile", &of_p99, Unit::Milliseconds);
    section.tell("bare handler: 99th percentile", &to_p99, Unit::Milliseconds);
    Ok(section)
}
