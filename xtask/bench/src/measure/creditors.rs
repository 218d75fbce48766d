//! `GET /creditors`: a page of a large portfolio against one of a small portfolio.

use std::path::Path;

use super::{Bench, grouped};
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::seed::Seeded;

/// Few, so that a latency is that of the page and not of a queue.
const CONNECTIONS: u32 = 4;

/// The pages of one kind in both databases.
#[derive(Default)]
struct Pages {
    many: Vec<Outcome>,
    few: Vec<Outcome>,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let (mut by_name, mut by_agreement) = (Pages::default(), Pages::default());
    for round in 0..bench.pace.rounds.div_ceil(2) {
        let (large, small) = (&bench.large, &bench.small);
        by_name.many.push(turn(bench, large, &large.pages_by_name, round)?);
        by_name.few.push(turn(bench, small, &small.pages_by_name, round)?);
        by_agreement.many.push(turn(bench, large, &large.pages_by_agreement, round)?);
        by_agreement.few.push(turn(bench, small, &small.pages_by_agreement, round)?);
    }
    let (large, small) = (grouped(bench.large.clients), grouped(bench.small.clients));
    let mut section = Section {
        how: format!(
            "**Creditors.** `GET /creditors?limit=100` with the key of the one partner whose clients they all are: {CONNECTIONS} connections, {} rounds of\n\
             {} s each, every request with a page picked at random from all there are. By name: the cursors that a walk through the whole\n\
             list gave. Names differ, and stand in another order than the clients in their table. By agreement: each identifier is that of\n\
             100 clients in 100 systems, who stand as far apart in the table as can be. Every page is full. The files are in the page cache\n\
             of the system.\n",
            by_name.many.len(),
            bench.pace.turn
        ),
        ..Section::default()
    };
    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    for (kind, pages) in [("name", &by_name), ("agreement", &by_agreement)] {
        let ratio = |value| ratios(&each(&pages.many, value), &each(&pages.few, value));
        let measure = format!("`GET /creditors`, a page of 100 by {kind}, {large} creditors against {small}");
        let median = ratio(|outcome| outcome.median_ms);
        section.row(&format!("{measure}: median latency"), Target::AtMost(1.5), median, Unit::Times);
        section.row("the same: 99th percentile", Target::None, ratio(|outcome| outcome.p99_ms), Unit::Times);
        for (creditors, outcomes) in [(&large, &pages.many), (&small, &pages.few)] {
            let median = each(outcomes, |outcome| outcome.median_ms);
            section.tell(
                &format!("a page of 100 by {kind}, {creditors} creditors: median"),
                &median,
                Unit::Milliseconds,
            );
            section.tell("the same: 99th percentile", &each(outcomes, |outcome| outcome.p99_ms), Unit::Milliseconds);
            section.tell("the same: requests", &each(outcomes, |outcome| outcome.per_second), Unit::PerSecond);
        }
    }
    Ok(section)
}

fn turn(bench: &Bench, seeded: &Seeded, pages: &Path, round: u32) -> Result<Outcome, Fault> {
    let key = seeded.partner_key()?;
    let server = bench.program.serve(&seeded.url(), &[])?;
    let work = |seed| Work::Creditors { key: &key, pages, seed };
    load::run(server.url(), work(round * 2), CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work(round * 2 + 1), CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    Ok(outcome)
}
