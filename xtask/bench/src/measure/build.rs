//! The cold build. `cargo xtask` times it, because this program is itself a part of what is built.

use std::path::Path;

use crate::report::{Row, Target, Unit, earlier_row};

/// How the row begins.
const MEASURE: &str = "cold release build on two cores";

/// How it was measured.
pub(crate) const HOW: &str = "**Cold build.** `cargo build --release --package tallystick` into an empty target directory, sources fetched before. Only\n\
     `cargo xtask bench --build` measures it; without `--build` the row of the last time is kept, with its day.\n";

/// The row: measured now, or as an earlier document has it.
pub(crate) fn row(seconds: Option<f64>, day: &str, document: &Path) -> String {
    match seconds {
        Some(seconds) => {
            let sample = [seconds / 60.0].into_iter().collect();
            let measure = format!("{MEASURE} ({day})");
            Row { measure, target: Target::AtMost(10.0), sample, unit: Unit::Minutes }.line()
        }
        None => earlier_row(document, MEASURE)
            .unwrap_or_else(|| format!("| {MEASURE} | at most 10.0 min | not measured yet | — | — |")),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    #[test]
    fn the_row_of_the_last_time_is_kept() {
        let document = env::temp_dir().join(format!("tallystick-bench-row-{}", process::id()));
        assert!(row(None, "2026-11-22", &document).contains("not measured yet"));
        let measured = row(Some(480.0), "2026-11-21", &document);
        assert_eq!(
            measured,
            "| cold release build on two cores (2026-11-21) | at most 10.0 min | 8.0 min | 8.0 min to 8.0 min | yes |"
        );
        fs::write(&document, format!("# Benchmarks\n{measured}\n")).unwrap();
        assert_eq!(row(None, "2026-11-22", &document), measured);
        fs::remove_file(&document).unwrap();
    }
}
