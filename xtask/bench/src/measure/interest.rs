//! What a purchase costs by every plan and term, by `bench-interest`.

use std::env;
use std::process::Command;

use serde::Deserialize;

use super::Bench;
use crate::fault::Fault;
use crate::report::{Section, Target, Unit};

/// The program that reckons, beside this one.
const PROGRAM: &str = "bench-interest";

/// The line that it prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reckoned {
    terms: u32,
    per_second: f64,
    with_fees: f64,
    with_schedules: f64,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let turns = (0..pace.rounds.div_ceil(2)).map(|_| turn(bench)).collect::<Result<Vec<_>, _>>()?;
    let terms = turns.first().map_or(0, |turn| turn.terms);
    let mut section = Section {
        how: format!(
            "**Interest.** A process of one thread with the allocator of the program, which quotes a purchase by all {terms} terms of the six default\n\
             plans of a preferred customer in Ontario (first payment, fees, annual rate), as `calculate-interest` does between the database and the\n\
             answer, each time for another amount; {} rounds of {} s each. In the measure every plan has two fees, so that each annual rate is solved for the\n\
             amount. The time is what the kernel gave the thread of a core.\n",
            turns.len(),
            pace.turn
        ),
        ..Section::default()
    };
    let of = |rate: fn(&Reckoned) -> f64| turns.iter().map(rate).collect::<Vec<_>>();
    let sample = turns.iter().map(|turn| turn.with_fees).collect();
    section.row(
        "`calculate-interest` over all plans and terms, on one core",
        Target::AtLeast(20_000.0),
        sample,
        Unit::PerSecond,
    );
    section.tell("`calculate-interest` without fees, as by default", &of(|turn| turn.per_second), Unit::PerSecond);
    section.tell("the same with fees and every schedule", &of(|turn| turn.with_schedules), Unit::PerSecond);
    Ok(section)
}

fn turn(bench: &Bench) -> Result<Reckoned, Fault> {
    let own = env::current_exe().map_err(Fault::system("find this program"))?;
    let mut command = Command::new(own.with_file_name(PROGRAM));
    command.args([bench.pace.warm_up, bench.pace.turn].map(|seconds| seconds.to_string()));
    let output = command.output().map_err(Fault::system(format!("run `{PROGRAM}`")))?;
    let said = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
    serde_json::from_str(&said)
        .map_err(|_| Fault::Program { program: PROGRAM.to_owned(), said: said.trim().to_owned() })
}
