//! The outbox: short messages to an SMSC, against a bare client of the same library.

use super::{Bench, grouped};
use crate::bare_smpp;
use crate::fault::Fault;
use crate::fresh::Template;
use crate::messages::{self, WINDOW};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::{Sample, ratios};
use crate::smsc::{Served, Smsc};

/// What is enough, however fast a bare client is, in messages a second.
const ENOUGH: f64 = 1_000.0;
/// The part of a bare client's rate that is enough.
const PART: f64 = 0.8;

/// The channel waits for the answer to its bind until all messages are posted.
const PATIENT: &str = "connect-timeout = \"10m\"\n";

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let template = Template::make(&bench.program)?;
    let (mut ours, mut bare, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pace.rounds.div_ceil(2) {
        let (served, messages) = turn(bench, &template)?;
        ours.push(served);
        counts.push(f64::from(messages));
        bare.push(bare_turn(messages)?);
    }
    Ok(section(bench, &ours, &bare, &counts))
}

fn section(bench: &Bench, ours: &[Served], bare: &[Served], counts: &[f64]) -> Section {
    let each = |served: &[Served], value: fn(&Served) -> f64| served.iter().map(value).collect::<Vec<_>>();
    let (rate, bare_rate) = (each(ours, |served| served.per_second), each(bare, |served| served.per_second));
    let mut section = Section {
        how: format!(
            "**Outbox.** The program on a new SQLite database with one partner, one SMPP channel with a window of {WINDOW}, and an SMSC over the\n\
             npm module `smpp` on the same machine, {} rounds of {} messages or more. The SMSC takes the connection and leaves the bind\n\
             without an answer until all messages are posted (`POST /sms`, each to another recipient), so that none of them has failed and\n\
             waits for its next try. It answers each message with an id and sends a delivery receipt for it, and it measures on its own\n\
             clock: the rate is that of the messages from the first to the last. Afterwards every message must be listed as `DELIVERED`.\n\
             The rival is one thread that sends as many messages with the same window to an SMSC of its own, encodes and decodes by the\n\
             same library (rusmpp), acknowledges the receipts, and stores nothing. The target is {} messages/s, or {PART} of what the rival\n\
             reaches, whichever is less.\n",
            ours.len(),
            grouped(bench.pace.messages),
            grouped(1_000),
        ),
        ..Section::default()
    };
    let rates: Sample = rate.iter().copied().collect();
    let measure = format!("outbox to a local SMSC over SMPP, window of {WINDOW}, SQLite: messages");
    section.row(&measure, Target::lesser(ENOUGH, PART, &bare_rate), rates, Unit::PerSecond);
    let measure = "the same against a bare client of the same library";
    section.row(measure, Target::None, ratios(&rate, &bare_rate), Unit::Times);
    section.tell("outbox to the SMSC", &rate, Unit::PerSecond);
    section.tell(
        "the same until the last receipt is stored",
        &each(ours, |served| served.with_receipts),
        Unit::PerSecond,
    );
    section.tell("bare client of the SMSC", &bare_rate, Unit::PerSecond);
    section.tell("the same until the last receipt", &each(bare, |served| served.with_receipts), Unit::PerSecond);
    section.tell("messages of a turn", counts, Unit::Count);
    section
}

/// One turn of the program, and how many messages it had.
fn turn(bench: &Bench, template: &Template) -> Result<(Served, u32), Fault> {
    let program = &bench.program;
    let mut smsc = Smsc::start()?;
    let settings = messages::configure(program, smsc.port, PATIENT)?;
    let url = sqlite(&template.copy()?);
    let key = &template.partner.key;
    let server = program.serve(&url, &[("TALLYSTICK_CONFIG", &settings.to_string_lossy())])?;
    let answered = messages::post(&server, key, bench.pace.messages)?;
    let count = messages::all_waiting(program, &url, answered)?;
    smsc.expect(count)?;
    let served = smsc.served(count)?;
    messages::all_delivered(server.url(), key, count)?;
    server.stop()?;
    Ok((served, count))
}

/// One turn of the rival.
fn bare_turn(messages: u32) -> Result<Served, Fault> {
    let mut smsc = Smsc::start()?;
    smsc.expect(messages)?;
    bare_smpp::send(smsc.port, messages, WINDOW)?;
    smsc.served(messages)
}
