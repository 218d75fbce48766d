//! Pages of a large database against pages of a small one.

use super::Bench;
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;

/// Few, so that a latency is that of the page and not of a queue.
pub(crate) const CONNECTIONS: u32 = 4;

/// The turns of one kind of page in both databases.
#[derive(Default)]
pub(crate) struct Pairs {
    pub(crate) many: Vec<Outcome>,
    pub(crate) few: Vec<Outcome>,
}

impl Pairs {
    /// Adds a row for the median, which is to be 1.5 times at most, and one for the 99th percentile, with the numbers behind them. `kind` tells
    /// in these what was asked for; `large` and `small` are the sizes, as `1,000 creditors`.
    pub(crate) fn report(&self, section: &mut Section, measure: &str, kind: &str, (large, small): (&str, &str)) {
        let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
        let ratio = |value| ratios(&each(&self.many, value), &each(&self.few, value));
        let median = ratio(|outcome| outcome.median_ms);
        section.row(&format!("{measure}: median latency"), Target::AtMost(1.5), median, Unit::Times);
        section.row("the same: 99th percentile", Target::None, ratio(|outcome| outcome.p99_ms), Unit::Times);
        for (size, outcomes) in [(large, &self.many), (small, &self.few)] {
            let median = each(outcomes, |outcome| outcome.median_ms);
            section.tell(&format!("{kind}, {size}: median"), &median, Unit::Milliseconds);
            section.tell("the same: 99th percentile", &each(outcomes, |outcome| outcome.p99_ms), Unit::Milliseconds);
            section.tell("the same: requests", &each(outcomes, |outcome| outcome.per_second), Unit::PerSecond);
        }
    }
}

/// One turn on the database at `url`, with a server of its own. `work` is told where its random choice begins.
pub(crate) fn turn<'a>(bench: &Bench, url: &str, round: u32, work: impl Fn(u32) -> Work<'a>) -> Result<Outcome, Fault> {
    let server = bench.program.serve(url, &[])?;
    load::run(server.url(), work(round * 2), CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work(round * 2 + 1), CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    Ok(outcome)
}
