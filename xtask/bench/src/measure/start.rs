//! From start to ready.

use super::{Bench, grouped};
use crate::fault::Fault;
use crate::report::{Section, Target, Unit};
use crate::sample::Sample;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let (database, mut sample) = (bench.large()?, Sample::default());
    for _ in 0..bench.pace.starts {
        let server = bench.program.serve(&database.url(), &[])?;
        sample.add(server.ready_after().as_secs_f64() * 1e3);
        server.stop()?;
    }
    let clients = grouped(database.clients);
    let mut section = Section {
        how: format!(
            "**Start.** {} starts on the database of {clients} clients, from the making of the process to its line `listening on …`, which it\n\
             prints when it answers requests. The files are in the page cache of the system.\n",
            bench.pace.starts
        ),
        ..Section::default()
    };
    let measure = format!("start to ready on an existing database of {clients} clients");
    section.row(&measure, Target::AtMost(300.0), sample, Unit::Milliseconds);
    Ok(section)
}
