//! The measuring half of `cargo xtask bench`, which builds this and the program, and starts it. It runs the program under load, each
//! measure against a rival in the same run, and writes the table.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for the terminal")]

mod arguments;
mod bare;
mod bare_smpp;
mod bare_smtp;
mod body;
mod books;
mod fault;
mod fresh;
mod http;
mod import;
mod invoice;
mod kept;
mod link;
mod load;
mod machine;
mod mails;
mod measure;
mod messages;
mod oidc_provider;
mod pages;
mod portfolio;
mod program;
mod report;
mod rows;
mod sample;
mod seed;
mod shop;
mod single;
mod smsc;
mod smtp_sink;
mod sold;
mod stopwatch;
mod tokens;

use std::env;
use std::fs;
use std::process::ExitCode;

use arguments::Arguments;
use fault::Fault;
use machine::Busy;
use measure::{Bench, MEASURES, Pace, build};
use program::Program;
use stopwatch::Stopwatch;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some(bare::ARGUMENT) => bare::serve(),
        _ => Arguments::parse(words).and_then(|arguments| measure(&arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            if matches!(fault, Fault::Usage(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), Fault> {
    let watch = Stopwatch::start();
    let pace = if arguments.quick { Pace::QUICK } else { Pace::FULL };
    fs::create_dir_all(&arguments.directory)
        .map_err(Fault::system(format!("make {}", arguments.directory.display())))?;
    let program = Program { path: arguments.program.clone(), directory: arguments.directory.clone() };
    let bench = Bench::new(program, pace);
    // A measure alone makes what it needs.
    if arguments.only.is_none() {
        bench.make_databases()?;
    }
    let machine = machine::line(&arguments.directory)?;
    println!("{machine}");
    let before = Busy::now();
    let mut sections = Vec::new();
    for (name, run) in MEASURES {
        if arguments.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        println!("== {name}");
        let section = run(&bench)?;
        section.print();
        sections.push(section);
    }
    let noise = noise(before);
    println!("{noise}");
    let day = stopwatch::today();
    let last_row = build::row(arguments.cold_build, &day, &arguments.document);
    let text = report::document(&day, &format!("{machine}. {noise}"), &sections, &last_row, build::HOW);
    report::write(&arguments.document, &text)?;
    println!("{} was written after {:.0} s", arguments.document.display(), watch.elapsed().as_secs_f64());
    Ok(())
}

/// What other processes took of the machine since `before`.
fn noise(before: Option<Busy>) -> String {
    match (before, Busy::now()) {
        (Some(before), Some(now)) => {
            format!("Meanwhile other processes took {:.0} % of the processors' time", now.others_since(before))
        }
        _ => "What other processes took of the processors' time is not known".to_owned(),
    }
}
