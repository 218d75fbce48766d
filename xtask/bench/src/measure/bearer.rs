//! `GET …/i18n/{key}` behind an access token, against a handler that does nothing.

use super::Bench;
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::program::{MERCHANT, sqlite};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::tokens::{Age, Issued, PREFIX};
use crate::{bare, http};

const CONNECTIONS: u32 = 32;

/// The group that is asked for.
const GROUP: &str = "provinces";

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let empty = Issued::get(&bench.program, 0)?;
    let file = empty.copy(&bench.program, "turn", Age::New)?;
    let ours = bench.program.serve(&sqlite(&file), &[])?;
    let path = format!("{PREFIX}/client-id/{MERCHANT}/i18n/{GROUP}");
    let token = || -> Result<String, Fault> {
        let answer = http::post_form(ours.url(), &format!("{PREFIX}/oauth/token"), &empty.form)?;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
        Ok(answer.get("access_token").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned())
    };
    let bare = bare::start(&path, &http::get_by_token(ours.url(), &path, &token()?)?)?;
    let turn = |url: &str, token: &str| -> Result<Outcome, Fault> {
        load::run(url, Work::Bearer { path: &path, token }, CONNECTIONS, pace.warm_up)?;
        load::run(url, Work::Bearer { path: &path, token }, CONNECTIONS, pace.turn)
    };
    let (mut of, mut to) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        // A token lasts for less than all rounds may take.
        let token = token()?;
        of.push(turn(ours.url(), &token)?);
        to.push(turn(bare.url(), &token)?);
    }
    ours.stop()?;
    drop(bare);

    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let (of_rate, to_rate) = (each(&of, |outcome| outcome.per_second), each(&to, |outcome| outcome.per_second));
    let (of_p99, to_p99) = (each(&of, |outcome| outcome.p99_ms), each(&to, |outcome| outcome.p99_ms));
    let mut section = Section {
        how: format!(
            "**Bearer check.** `GET …/i18n/{GROUP}` with one access token and a reference id: {CONNECTIONS} connections, {} rounds of {} s each. The\n\
             server believes a token that it has looked up for 0.9 s, so that a look-up is in the turn now and then. The rival is a process of its\n\
             own: `axum::serve` with one handler that answers the same bytes from memory.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let measure = "bearer check on `GET …/i18n/{key}` against a bare axum handler with the same body, 32 connections";
    section.row(&format!("{measure}: throughput"), Target::AtLeast(0.7), ratios(&of_rate, &to_rate), Unit::Times);
    section.row("the same: 99th percentile", Target::None, ratios(&of_p99, &to_p99), Unit::Times);
    section.tell("`GET …/i18n/{key}`", &of_rate, Unit::PerSecond);
    section.tell("bare handler", &to_rate, Unit::PerSecond);
    section.tell("`GET …/i18n/{key}`: 99th percentile", &of_p99, Unit::Milliseconds);
    section.tell("bare handler: 99th percentile", &to_p99, Unit::Milliseconds);
    Ok(section)
}
