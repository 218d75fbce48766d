use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fault::Fault;

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the workspace")
}

/// Where cargo, and we, put what is built.
pub(crate) fn target() -> PathBuf {
    workspace().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The cargo that started us, at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    // `cargo run` sets these for us. Some build scripts depend on them, and would run anew after each change between cargo called
    // by us and cargo called by hand.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end, with its output on ours.
pub(crate) fn run(command: &mut Command) -> Result<(), Fault> {
    run_as(&line(command), command)
}

/// As [`run`], under a name that hides what a command line holds.
pub(crate) fn run_as(line: &str, command: &mut Command) -> Result<(), Fault> {
    println!("$ {line}");
    let status = command.status().map_err(|error| Fault::Failed(format!("could not run `{line}`: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Fault::Program {
        line: line.to_owned(),
        status: status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
    })
}

/// Runs a command to its end and answers what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, Fault> {
    let line = line(command);
    let failed = |why: String| Fault::Failed(format!("`{line}` failed: {why}"));
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}

/// Whether a command runs and succeeds, in silence.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command line as one would type it, but for quotes and the directory of the program.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program.into_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_the_programs() {
        let fault = run(Command::new("/bin/sh").args(["-c", "exit 101"])).unwrap_err();
        assert!(matches!(&fault, Fault::Program { line, status: 101 } if line == "sh -c exit 101"), "{fault:?}");
        assert!(matches!(run(&mut Command::new("/no/such/program")), Err(Fault::Failed(_))));
    }

    #[test]
    fn what_cargo_run_sets_for_us_goes_no_further() {
        let command = cargo();
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.contains(&"CARGO_MANIFEST_DIR".as_ref()), "{removed:?}");
        assert!(removed.contains(&"CARGO_PKG_NAME".as_ref()), "{removed:?}");
    }

    #[test]
    fn a_failed_program_tells_why() {
        let fault = output(Command::new("/bin/sh").args(["-c", "echo lost >&2; exit 1"])).unwrap_err();
        assert!(fault.to_string().contains("lost"), "{fault}");
        assert_eq!(output(Command::new("/bin/sh").args(["-c", "echo found"])).unwrap(), "found\n");
    }
}
