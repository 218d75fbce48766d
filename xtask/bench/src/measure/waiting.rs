//! Resident memory while many messages wait for an SMSC that is not there.

use std::thread;
use std::time::Duration;

use super::{Bench, grouped};
use crate::fault::Fault;
use crate::fresh::Template;
use crate::messages;
use crate::program::{LOOK, sqlite};
use crate::report::{Section, Target, Unit};

/// Nobody listens there. It is below the ports that the system gives out, so that nobody will.
const NO_SMSC: u16 = 1;

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let pace = &bench.pace;
    let template = Template::make(&bench.program)?;
    let settings = messages::configure(&bench.program, NO_SMSC, "")?;
    let url = sqlite(&template.copy()?);
    let server = bench.program.serve(&url, &[("TALLYSTICK_CONFIG", &settings.to_string_lossy())])?;
    thread::sleep(Duration::from_secs(pace.idle.into()));
    let idle = server.memory()?.resident;
    let answered = messages::post(&server, &template.partner.key, pace.waiting)?;
    let posting = server.memory()?.peak;
    let resident = server.watch(Duration::from_secs(pace.watch.into()))?;
    let count = messages::all_waiting(&bench.program, &url, answered)?;
    server.stop()?;

    let mut section = Section {
        how: format!(
            "**Memory while messages wait.** A server on a new SQLite database with one SMPP channel whose SMSC is not there: it tries to connect\n\
             all the time, and tries the messages. Idle is what is resident {} s after its start (`VmRSS`). Then {} messages or more are\n\
             posted (`POST /sms`), and for {} s after that memory is read every {} ms: the highest counts. What posting itself took at its\n\
             peak (`VmHWM`) is told behind the table. At the end every message must still wait.\n",
            pace.idle,
            grouped(pace.waiting),
            pace.watch,
            LOOK.as_millis()
        ),
        ..Section::default()
    };
    let measure = format!("resident memory while {} messages wait, over idle", grouped(pace.waiting));
    let over_idle = [resident.highest() - idle].into_iter().collect();
    section.row(&measure, Target::AtMost(60.0), over_idle, Unit::Mebibytes);
    section.tell("idle, with a channel whose SMSC is not there", &[idle], Unit::Mebibytes);
    section.tell("most memory by the end of posting", &[posting], Unit::Mebibytes);
    section.tell_of("resident while the messages wait", resident, Unit::Mebibytes);
    section.tell("messages that waited", &[f64::from(count)], Unit::Count);
    Ok(section)
}
