//! Lists of deliveries and sums of a portfolio: with many invoices against few.

use std::path::Path;

use super::pairs::{self, CONNECTIONS, Pairs};
use super::{Bench, grouped};
use crate::fault::Fault;
use crate::load::Work;
use crate::portfolio::{DAYS, Portfolio, RECENT};
use crate::report::Section;

/// What is asked for: where its pages are, how a row calls it, and how a number behind does.
type Kind = (fn(&Portfolio) -> &Path, &'static str, &'static str);

const KINDS: [Kind; 3] = [
    (
        |portfolio| &portfolio.own_lists,
        "`GET /invoice/distribution`, a creditor's own page of 100 deliveries",
        "a creditor's own page of 100 deliveries",
    ),
    (
        |portfolio| &portfolio.lists,
        "`GET /distribution`, a partner's page of 100 deliveries",
        "a partner's page of 100 deliveries",
    ),
    (
        |portfolio| &portfolio.summaries,
        "`GET /distribution/summary` of 30 days, a page of 10 creditors",
        "a summary of 30 days, a page of 10 creditors",
    ),
];

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let (many, few) = (bench.many_invoices()?, bench.few_invoices()?);
    let mut turns = KINDS.map(|kind| (kind, Pairs::default()));
    for round in 0..pace.rounds.div_ceil(2) {
        for ((pages, ..), pairs) in &mut turns {
            let turn = |portfolio: &Portfolio| {
                let key = portfolio.partner_key()?;
                let pages = pages(portfolio);
                pairs::turn(bench, &portfolio.url(), round, |seed| Work::Pages { key: &key, pages, seed })
            };
            pairs.many.push(turn(many)?);
            pairs.few.push(turn(few)?);
        }
    }
    let (large, small) = (grouped(pace.many_invoices.invoices), grouped(pace.few_invoices.invoices));
    let mut section = Section {
        how: format!(
            "**Deliveries.** {large} invoices of {} creditors of one partner against {small} of {} creditors, one delivery each, 1,000 of\n\
             each creditor, evenly spread over {DAYS} days: 60 % by `EMAIL`, 25 % by `EINVOICE`, 10 % by `PRINT` and 5 % by `NONE`, of which few failed, and of\n\
             those of the last day some wait. They are written through the store in the order of time, with the attempts and counts that\n\
             sending them would leave; `distribution recount` compares the counts. What is sealed of an invoice, which no list reads, is 512\n\
             random octets. {CONNECTIONS} connections, {} rounds of {} s each, every request with a page picked at random from all there are. A\n\
             creditor's own: with its key, of the whole {DAYS} days. A partner's, and the summary: with the key of the partner, of the last\n\
             {RECENT} days. Every page is full. The files are in the page cache of the system.\n",
            grouped(pace.many_invoices.creditors),
            grouped(pace.few_invoices.creditors),
            pace.rounds.div_ceil(2),
            pace.turn
        ),
        ..Section::default()
    };
    let sizes = (format!("{large} invoices"), format!("{small} invoices"));
    for ((_, measure, kind), pairs) in &turns {
        let measure = format!("{measure}, {large} invoices against {small}");
        pairs.report(&mut section, &measure, kind, (&sizes.0, &sizes.1));
    }
    Ok(section)
}
