//! `GET /creditors`: a page of a large portfolio against one of a small portfolio.

use std::path::Path;

use super::pairs::{self, CONNECTIONS, Pairs};
use super::{Bench, grouped};
use crate::fault::Fault;
use crate::load::{Outcome, Work};
use crate::report::Section;
use crate::seed::Seeded;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let (mut by_name, mut by_agreement) = (Pairs::default(), Pairs::default());
    let (large, small) = (bench.large()?, bench.small()?);
    for round in 0..bench.pace.rounds.div_ceil(2) {
        by_name.many.push(turn(bench, large, &large.pages_by_name, round)?);
        by_name.few.push(turn(bench, small, &small.pages_by_name, round)?);
        by_agreement.many.push(turn(bench, large, &large.pages_by_agreement, round)?);
        by_agreement.few.push(turn(bench, small, &small.pages_by_agreement, round)?);
    }
    let (large, small) = (grouped(large.clients), grouped(small.clients));
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
    for (kind, pages) in [("name", &by_name), ("agreement", &by_agreement)] {
        let measure = format!("`GET /creditors`, a page of 100 by {kind}, {large} creditors against {small}");
        let sizes = (format!("{large} creditors"), format!("{small} creditors"));
        pages.report(&mut section, &measure, &format!("a page of 100 by {kind}"), (&sizes.0, &sizes.1));
    }
    Ok(section)
}

fn turn(bench: &Bench, seeded: &Seeded, pages: &Path, round: u32) -> Result<Outcome, Fault> {
    let key = seeded.partner_key()?;
    pairs::turn(bench, &seeded.url(), round, |seed| Work::Pages { key: &key, pages, seed })
}
