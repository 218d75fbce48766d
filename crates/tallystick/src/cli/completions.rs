//! `tallystick completions`.

use clap_complete::Shell;

use super::{CommandError, Output};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tallystick completions bash > ~/.local/share/bash-completion/completions/tallystick
  tallystick completions zsh > ~/.zfunc/_tallystick
  tallystick completions fish > ~/.config/fish/completions/tallystick.fish")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: Args, output: Output) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "tallystick", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.answer(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }), || {
        script.clone().into_owned()
    })
}
