//! Resident memory while many invoices are on their way.

use std::thread;
use std::time::Duration;

use super::{Bench, grouped};
use crate::fault::Fault;
use crate::fresh::Template;
use crate::mails::{self, Held, PATIENT};
use crate::messages;
use crate::program::{LOOK, sqlite};
use crate::report::{Section, Target, Unit};
use crate::smtp_sink::Sink;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let seconds = |count: u32| Duration::from_secs(count.into());
    let template = Template::with_creditors(&bench.program)?;
    let held = Held::take()?;
    let settings = mails::configure(&bench.program, held.port, PATIENT)?;
    let url = sqlite(&template.copy()?);
    let server = bench.program.serve(&url, &[("TALLYSTICK_CONFIG", &settings.to_string_lossy())])?;
    thread::sleep(seconds(pace.idle));
    let idle = server.memory()?.resident;
    let answered = mails::post(&server, &template, pace.waiting)?;
    let posting = server.memory()?.peak;
    let waiting = server.watch(seconds(pace.watch))?;
    let count = messages::all_waiting(&bench.program, &url, answered)?;
    let sink = Sink::start(held)?;
    // From the first mail on.
    sink.taken(1)?;
    let leaving = server.watch(seconds(pace.watch))?;
    let left = messages::waiting(&bench.program, &url)?;
    server.stop()?;

    let invoices = grouped(pace.waiting);
    let mut section = Section {
        how: format!(
            "**Memory while invoices are on their way.** A server on a new SQLite database with one SMTP channel, whose mail server takes connections\n\
             and does not greet. Idle is what is resident {} s after its start (`VmRSS`). Then {invoices} invoices or more, each of 20 rows, are\n\
             posted (`POST /invoice`), and for {} s after that memory is read every {} ms, while all wait. Then the mail server (`smtp-sink`)\n\
             greets, and for {} s more memory is read while they are made into mails with their PDF and leave. The highest of all counts.\n\
             What posting itself took at its peak (`VmHWM`) is told behind the table.\n",
            pace.idle,
            pace.watch,
            LOOK.as_millis(),
            pace.watch
        ),
        ..Section::default()
    };
    let measure = format!("resident memory while {invoices} invoices are on their way, over idle");
    let over_idle = [waiting.highest().max(leaving.highest()) - idle].into_iter().collect();
    section.row(&measure, Target::AtMost(100.0), over_idle, Unit::Mebibytes);
    section.tell("idle, with a channel whose mail server does not greet", &[idle], Unit::Mebibytes);
    section.tell("most memory by the end of posting invoices", &[posting], Unit::Mebibytes);
    section.tell_of("resident while the invoices wait", waiting, Unit::Mebibytes);
    section.tell_of("resident while the invoices leave", leaving, Unit::Mebibytes);
    section.tell("invoices that waited", &[f64::from(count)], Unit::Count);
    section.tell("invoices that had left by the end", &[f64::from(count.saturating_sub(left))], Unit::Count);
    Ok(section)
}
