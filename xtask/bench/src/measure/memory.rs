//! Resident memory: idle, and after everything that fills it.

use std::thread;
use std::time::Duration;

use super::{Bench, grouped};
use crate::body;
use crate::fault::Fault;
use crate::fresh::{self, PARTNER};
use crate::load::{self, Work};
use crate::program::sqlite;
use crate::report::{Section, Target, Unit};

pub(crate) fn run(bench: &Bench) -> Result<Section, Fault> {
    let (pace, database) = (&bench.pace, bench.large()?);
    // A copy, because clients are added to it.
    let url = sqlite(&fresh::copy(&database.file, &bench.program.directory.join("turn"))?);
    let partner = bench.program.add_partner(&url, PARTNER)?;
    let key = database.one_key()?;
    let body = body::json(&partner.code);

    let server = bench.program.serve(&url, &[])?;
    thread::sleep(Duration::from_secs(pace.idle.into()));
    let idle = server.memory()?.resident;
    load::run(server.url(), Work::Validate { key: &key }, 32, pace.turn)?;
    let cached = server.memory()?.peak;
    load::run(server.url(), Work::ValidateAny { keys: &database.keys, seed: 1 }, 32, pace.long_turn)?;
    let any = server.memory()?.peak;
    load::run(server.url(), Work::Create { token: &partner.token, body: &body, first: 5_000_000 }, 64, pace.turn)?;
    let peak = server.memory()?.peak;
    server.stop()?;

    let clients = grouped(database.clients);
    let mut section = Section {
        how: format!(
            "**Memory.** One server on the database of {clients} clients. Idle is what is resident {} s after its start, before any request\n\
             (`VmRSS`). Then it gets, one after the other, `GET /validate` with one key (32 connections, {} s), with keys at random, which\n\
             fills the cache of verified keys (32 connections, {} s), and `POST /client` (64 connections, {} s). Under load is the most\n\
             that was resident at any time of all that (`VmHWM`). Both count the pages of the program file itself.\n",
            pace.idle, pace.turn, pace.long_turn, pace.turn
        ),
        ..Section::default()
    };
    section.row("idle resident memory", Target::AtMost(40.0), [idle].into_iter().collect(), Unit::Mebibytes);
    section.row("resident memory under load", Target::AtMost(150.0), [peak].into_iter().collect(), Unit::Mebibytes);
    section.tell("most memory by the end of `GET /validate`, one key", &[cached], Unit::Mebibytes);
    section.tell("most memory by the end of `GET /validate`, keys at random", &[any], Unit::Mebibytes);
    section.tell("most memory by the end of `POST /client`", &[peak], Unit::Mebibytes);
    Ok(section)
}
