//! `POST /invoice` with 20 rows, against `POST /client`.

use super::Bench;
use super::create::{self, A_TURN, CONNECTIONS};
use crate::fault::Fault;
use crate::fresh::{CREDITORS, Template};
use crate::invoice::Method;
use crate::load::{self, Outcome, Work};
use crate::mails::{self, Counted};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};
use crate::sample::ratios;

/// Nobody listens there. It is below the ports that the system gives out, so that nobody will.
const NO_SERVER: u16 = 1;

#[derive(Default)]
struct Outcomes {
    clients: Vec<Outcome>,
    mailed: Vec<Outcome>,
    kept: Vec<Outcome>,
}

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let empty = Template::make(&bench.program)?;
    let template = Template::with_creditors(&bench.program)?;
    let mut outcomes = Outcomes::default();
    for _ in 0..bench.pace.rounds {
        outcomes.clients.push(create::on_sqlite(bench, &empty, &[])?);
        outcomes.mailed.push(turn(bench, &template, Method::Email)?);
        outcomes.kept.push(turn(bench, &template, Method::None)?);
    }
    Ok(section(bench, &outcomes))
}

fn section(bench: &Bench, outcomes: &Outcomes) -> Section {
    let pace = &bench.pace;
    let mut section = Section {
        how: format!(
            "**`POST /invoice`.** {CONNECTIONS} connections, {} rounds of {} s each, every turn on a new SQLite database with one partner and\n\
             {CREDITORS} clients, whose keys are used in turn. Each invoice has another number and 20 rows with three VAT rates. By `EMAIL` each\n\
             takes its place in the outbox as well. The mail server is not there: the worker makes the mails and PDFs of eight invoices at\n\
             a time, fails to connect, and pauses longer each time, so that this is in the turn as it would be in life. By `NONE` nothing\n\
             is to be sent. `POST /client` is measured in the same rounds, as above. After each turn the invoices in the database are\n\
             counted with their deliveries and their places in the outbox: none that was answered may be missing.\n",
            pace.rounds, pace.turn
        ),
        ..Section::default()
    };
    let each = |outcomes: &[Outcome], value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<_>>();
    let rate = |outcomes: &[Outcome]| each(outcomes, |outcome| outcome.per_second);
    let clients = rate(&outcomes.clients);
    let measure = "`POST /invoice` with 20 rows by `EMAIL`, 64 connections, SQLite, against `POST /client`: throughput";
    section.row(measure, Target::AtLeast(0.5), ratios(&rate(&outcomes.mailed), &clients), Unit::Times);
    let measure = "the same by `NONE`";
    section.row(measure, Target::None, ratios(&rate(&outcomes.kept), &clients), Unit::Times);
    for (what, outcomes) in [
        ("`POST /invoice` by `EMAIL`", &outcomes.mailed),
        ("`POST /invoice` by `NONE`", &outcomes.kept),
        ("`POST /client` in the same rounds", &outcomes.clients),
    ] {
        section.tell(what, &rate(outcomes), Unit::PerSecond);
        section.tell("the same: 99th percentile", &each(outcomes, |outcome| outcome.p99_ms), Unit::Milliseconds);
    }
    section
}

/// One turn on a new database.
fn turn(bench: &Bench, template: &Template, method: Method) -> Result<Outcome, Fault> {
    let settings = mails::configure(&bench.program, NO_SERVER, "")?;
    let file = template.copy()?;
    let server = bench.program.serve(&sqlite(&file), &[("TALLYSTICK_CONFIG", &settings.to_string_lossy())])?;
    let (keys, body) = (template.keys(), mails::body(method)?);
    let work = |first| Work::Invoice { keys: &keys, body: &body, first };
    let warm_up = load::run(server.url(), work(0), CONNECTIONS, bench.pace.warm_up)?;
    let outcome = load::run(server.url(), work(A_TURN / 2), CONNECTIONS, bench.pace.turn)?;
    server.stop()?;
    all_there(mails::count(&file)?, warm_up.requests + outcome.requests, method)?;
    Ok(outcome)
}

/// Fails when an invoice that was answered is not there, or not whole.
fn all_there(counted: Counted, answered: u64, method: Method) -> Result<(), Fault> {
    let Counted { invoices, deliveries, outbox } = counted;
    let waiting = if method == Method::Email { invoices } else { 0 };
    if u64::from(invoices) >= answered && deliveries == invoices && outbox == waiting {
        return Ok(());
    }
    Err(Fault::Load {
        what: format!(
            "{answered} invoices were answered; the database has {invoices}, {deliveries} deliveries of them, and {outbox} in the outbox"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_that_was_answered_may_be_missing() {
        let counted = |invoices, deliveries, outbox| Counted { invoices, deliveries, outbox };
        assert!(all_there(counted(101, 101, 101), 100, Method::Email).is_ok());
        assert!(all_there(counted(100, 100, 0), 100, Method::None).is_ok());
        for counted in [counted(99, 99, 99), counted(100, 99, 100), counted(100, 100, 99)] {
            assert!(all_there(counted, 100, Method::Email).is_err(), "{counted:?}");
        }
    }
}
