//! How far the import is, on a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::Output;

const TEMPLATE: &str = "{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {elapsed} elapsed, {eta} left";

/// A bar over the bytes of the file, on standard error when that is a terminal and JSON was not asked for.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(bytes: u64, output: Output) -> Self {
        let shown = std::io::stderr().is_terminal() && !output.is_json();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        Self(match ProgressStyle::with_template(TEMPLATE) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// The row that begins at the byte `position` is done.
    pub(super) fn at(&self, position: u64) {
        // Rows end in another order than they begin in.
        self.0.set_position(position.max(self.0.position()));
    }

    /// Prints with the bar out of the way.
    pub(super) fn above(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
