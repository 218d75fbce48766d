use std::fmt;
use std::process::ExitCode;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It was called wrongly.
    Usage(String),
    /// Something else, in words that name the remedy where there is one.
    Failed(String),
    /// A program that it ran failed, and has said why itself.
    Program {
        /// The command line.
        line: String,
        /// Its exit status; 1 when a signal ended it.
        status: u8,
    },
}

impl Fault {
    /// The exit status for it: the program's own, or 1 failed, 2 wrong usage.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Fault::Usage(_) => ExitCode::from(2),
            Fault::Failed(_) => ExitCode::FAILURE,
            Fault::Program { status, .. } => ExitCode::from(*status),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Usage(text) | Fault::Failed(text) => f.write_str(text),
            Fault::Program { line, status } => write!(f, "`{line}` failed with exit status {status}"),
        }
    }
}
