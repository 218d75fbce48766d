//! PDFs of an invoice, by `bench-pdf`.

use std::env;
use std::process::Command;

use serde::Deserialize;

use super::Bench;
use crate::fault::Fault;
use crate::report::{Section, Target, Unit};

/// The program that makes them, beside this one.
const PROGRAM: &str = "bench-pdf";

/// The line that it prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    per_second: f64,
    octets: u32,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds.div_ceil(2) {
        let made = turn(bench)?;
        rates.push(made.per_second);
        sizes.push(f64::from(made.octets) / 1024.0);
    }
    let mut section = Section {
        how: format!(
            "**PDFs.** A process of one thread with the allocator of the program, which makes the PDF of one invoice of 20 rows, on two pages, again\n\
             and again by the same code (PDF/A-2a with tags, fonts and bar code), {} rounds of {} s each. The time is what the kernel gave\n\
             the thread of a core (`/proc/thread-self/schedstat`), so that what else runs takes none of it.\n",
            rates.len(),
            pace.turn
        ),
        ..Section::default()
    };
    let sample = rates.iter().copied().collect();
    section.row("PDFs of an invoice of 20 rows, on one core", Target::AtLeast(200.0), sample, Unit::PerSecond);
    section.tell("size of such a PDF", &sizes, Unit::Kibibytes);
    Ok(section)
}

fn turn(bench: &Bench) -> Result<Made, Fault> {
    let own = env::current_exe().map_err(Fault::system("find this program"))?;
    let mut command = Command::new(own.with_file_name(PROGRAM));
    command.args([bench.pace.warm_up, bench.pace.turn].map(|seconds| seconds.to_string()));
    let output = command.output().map_err(Fault::system(format!("run `{PROGRAM}`")))?;
    let said = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
    serde_json::from_str(&said)
        .map_err(|_| Fault::Program { program: PROGRAM.to_owned(), said: said.trim().to_owned() })
}
