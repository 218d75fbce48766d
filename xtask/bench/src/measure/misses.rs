//! `GET /validate` with keys that are not in the cache, on many clients and on few.

use super::{Bench, grouped};
use crate::fault::Fault;
use crate::load::{self, Outcome, Work};
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::seed::Seeded;

/// Few, so that a latency is that of the look-up and not of a queue.
const CONNECTIONS: u32 = 4;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let (large, small) = (bench.large()?, bench.small()?);
    let (mut many, mut few) = (Vec::new(), Vec::new());
    for round in 0..pace.rounds.div_ceil(2) {
        many.push(turn(bench, large, round)?);
        few.push(turn(bench, small, round)?);
    }
    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let (many_median, few_median) = (each(&many, |outcome| outcome.median_ms), each(&few, |outcome| outcome.median_ms));
    let (many_p99, few_p99) = (each(&many, |outcome| outcome.p99_ms), each(&few, |outcome| outcome.p99_ms));
    let (large, small) = (grouped(large.clients), grouped(small.clients));
    let mut section = Section {
        how: format!(
            "**Keys at random.** {CONNECTIONS} connections, {} rounds of {} s each, every request with a key picked at random from those of all\n\
             clients, and a cache of verified keys of one entry (`TALLYSTICK_KEY_CACHE_ENTRIES=1`), so that every request looks its key up\n\
             in the database. The files are in the page cache of the system. A turn is long enough to hold the writing of last uses,\n\
             which comes every 15 s and is more work the more keys were used.\n",
            many.len(),
            pace.long_turn
        ),
        ..Section::default()
    };
    let measure =
        format!("`/validate` with {large} clients in the database against {small}, keys at random (cache misses)");
    section.row(
        &format!("{measure}: median latency"),
        Target::AtMost(1.5),
        ratios(&many_median, &few_median),
        Unit::Times,
    );
    section.row("the same: 99th percentile", Target::AtMost(1.5), ratios(&many_p99, &few_p99), Unit::Times);
    for (clients, median, p99, outcomes) in
        [(&large, &many_median, &many_p99, &many), (&small, &few_median, &few_p99, &few)]
    {
        section.tell(&format!("`GET /validate`, keys at random of {clients}: median"), median, Unit::Milliseconds);
        section.tell("the same: 99th percentile", p99, Unit::Milliseconds);
        section.tell("the same: requests", &each(outcomes, |outcome| outcome.per_second), Unit::PerSecond);
    }
    Ok(section)
}

fn turn(bench: &Bench, seeded: &Seeded, round: u32) -> Result<Outcome, Fault> {
    // A turn has a server of its own: what one has noted is written before the next begins.
    let server = bench.program.serve(&seeded.url(), &[("TALLYSTICK_KEY_CACHE_ENTRIES", "1")])?;
    let work = |seed| Work::ValidateAny { keys: &seeded.keys, seed };
    load::run(server.url(), work(round * 2), CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work(round * 2 + 1), CONNECTIONS, bench.pace.long_turn)?;
    server.stop()?;
    Ok(outcome)
}
