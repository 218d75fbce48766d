//! The outbox: invoices with their PDF to a mail server, against a bare pool of connections of the same library.

use super::{Bench, grouped};
use crate::bare_smtp;
use crate::fault::Fault;
use crate::fresh::Template;
use crate::mails::{self, AT_ONCE, Held, PATIENT};
use crate::messages;
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;
use crate::smtp_sink::Sink;

/// What is enough, however fast a bare pool is, in mails a second.
const ENOUGH: f64 = 300.0;
/// The part of a bare pool's rate that is enough.
const PART: f64 = 0.8;

/// What one turn of the program came to.
struct Turn {
    mails: u32,
    per_second: f64,
    /// That of one of its invoices.
    pdf: Vec<u8>,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let template = Template::with_creditors(&bench.program)?;
    let (mut ours, mut bare, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pace.rounds.div_ceil(2) {
        let turn = turn(bench, &template)?;
        bare.push(bare_turn(turn.mails, &turn.pdf)?);
        ours.push(turn.per_second);
        counts.push(f64::from(turn.mails));
    }
    Ok(section(bench, &ours, &bare, &counts))
}

fn section(bench: &Bench, ours: &[f64], bare: &[f64], counts: &[f64]) -> Section {
    let mut section = Section {
        how: format!(
            "**Outbox of invoices.** The program on a new SQLite database with one partner, its clients as above, and one SMTP channel with {AT_ONCE}\n\
             mails at once, as it comes, {} rounds of {} invoices or more. The mail server is Postfix's `smtp-sink` on the same machine,\n\
             which takes every mail and keeps none. Until all invoices are posted, connections to its port are taken and not greeted, so\n\
             that none of the mails has failed and waits for its next try. The rate is that of its count of mails, from the first to the\n\
             last. Each mail is an invoice of 20 rows with its PDF, which is made when it is sent. Afterwards every invoice must be listed as\n\
             `SENT`, and the mail server must have taken as many mails as there are invoices. The rival is lettre's pool with {AT_ONCE} connections\n\
             and as many tasks, which sends as many mails with the PDF of one of these invoices to a server of its own: it makes no PDF,\n\
             keeps its connections, and stores nothing. The program keeps its connections for some seconds. The target is {ENOUGH} mails/s, or\n\
             {PART} of what the rival reaches, whichever is less.\n",
            ours.len(),
            grouped(bench.pace.mails),
        ),
        ..Section::default()
    };
    let measure = "outbox of invoices with their PDF to a local SMTP server, SQLite: mails";
    section.row(measure, Target::lesser(ENOUGH, PART, bare), ours.iter().copied().collect(), Unit::PerSecond);
    section.row("the same against a bare pool of lettre", Target::None, ratios(ours, bare), Unit::Times);
    section.tell("outbox of invoices to the SMTP server", ours, Unit::PerSecond);
    section.tell("bare pool of lettre", bare, Unit::PerSecond);
    section.tell("invoices of a turn", counts, Unit::Count);
    section
}

/// One turn of the program.
fn turn(bench: &Bench, template: &Template) -> Result<Turn, Fault> {
    let (program, held) = (&bench.program, Held::take()?);
    let settings = mails::configure(program, held.port, PATIENT)?;
    let file = template.copy()?;
    let url = sqlite(&file);
    let server = program.serve(&url, &[("TALLYSTICK_CONFIG", &settings.to_string_lossy())])?;
    let answered = mails::post(&server, template, bench.pace.mails)?;
    let count = messages::all_waiting(program, &url, answered)?;
    let sink = Sink::start(held)?;
    let per_second = sink.taken(count)?;
    mails::all_sent(server.url(), &template.partner.key, count)?;
    server.stop()?;
    sink.stop(count)?;
    Ok(Turn { mails: count, per_second, pdf: mails::pdf(program, &url, &file)? })
}

/// One turn of the rival, in mails a second.
fn bare_turn(mails: u32, pdf: &[u8]) -> Result<f64, Fault> {
    let sink = Sink::start(Held::take()?)?;
    bare_smtp::send(sink.port, mails, AT_ONCE, pdf)?;
    let per_second = sink.taken(mails)?;
    sink.stop(mails)?;
    Ok(per_second)
}
