use std::{fmt, io};

/// Why a PostgreSQL server could not be started or stopped.
#[derive(Debug)]
pub enum Fault {
    /// The server programs are not on this machine.
    NoPrograms,
    /// We are root, as which PostgreSQL refuses to run, and there is no user `postgres` to run it as.
    NoAccount,
    /// No TCP port of the searched range is free.
    NoPort,
    /// The operating system refused a step.
    System {
        /// What was tried.
        step: &'static str,
        /// Its answer.
        source: io::Error,
    },
    /// A PostgreSQL program ended with an error.
    Ended {
        /// Its name.
        program: &'static str,
        /// What it printed.
        log: String,
    },
    /// The server runs, but took no connections within a minute.
    NotReady {
        /// What it printed.
        log: String,
    },
}

impl Fault {
    /// Names the step that an error of the operating system belongs to.
    pub(crate) fn system(step: &'static str) -> impl FnOnce(io::Error) -> Fault {
        move |source| Fault::System { step, source }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoPrograms => f.write_str(
                "PostgreSQL's server programs are missing: install them (on Debian: apt-get install postgresql)",
            ),
            Fault::NoAccount => f.write_str(
                "PostgreSQL does not run as root, and there is no user `postgres`: add one, or run this as an ordinary user",
            ),
            Fault::NoPort => f.write_str("no TCP port between 20000 and 29999 is free on 127.0.0.1"),
            Fault::System { step, source } => write!(f, "could not {step}: {source}"),
            Fault::Ended { program, log } => write!(f, "`{program}` of PostgreSQL failed:\n{log}"),
            Fault::NotReady { log } => write!(f, "PostgreSQL took no connections within a minute:\n{log}"),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Fault::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
