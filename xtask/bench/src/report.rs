//! The document: the table, the numbers behind it, and how each was measured.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::fault::Fault;
use crate::sample::Sample;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// One rival against the other.
    Times,
    /// Milliseconds.
    Milliseconds,
    /// Kibibytes.
    Kibibytes,
    /// Mebibytes.
    Mebibytes,
    /// Minutes.
    Minutes,
    /// In a second.
    PerSecond,
    /// A whole number of something.
    Count,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.2}×"),
            Self::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Kibibytes => format!("{value:.1} KiB"),
            Self::Mebibytes => format!("{value:.0} MiB"),
            Self::Minutes => format!("{value:.1} min"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// What a measure is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is told for its own sake.
    None,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) measure: String,
    pub(crate) target: Target,
    pub(crate) sample: Sample,
    pub(crate) unit: Unit,
}

impl Target {
    /// So many, or this part of what a rival reaches, whichever is less.
    pub(crate) fn lesser(enough: f64, part: f64, rival: &[f64]) -> Self {
        let rival: Sample = rival.iter().copied().collect();
        Self::AtLeast(enough.min(part * rival.median()))
    }
}

impl Row {
    fn is_met(&self) -> Option<bool> {
        match self.target {
            Target::AtLeast(bound) => Some(self.sample.median() >= bound),
            Target::AtMost(bound) => Some(self.sample.median() <= bound),
            Target::None => None,
        }
    }

    /// The row as Markdown.
    pub(crate) fn line(&self) -> String {
        let value = |value| self.unit.write(value);
        let target = match self.target {
            Target::AtLeast(bound) => format!("at least {}", value(bound)),
            Target::AtMost(bound) => format!("at most {}", value(bound)),
            Target::None => "—".to_owned(),
        };
        let met = match self.is_met() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "—",
        };
        let (lowest, highest) = (value(self.sample.lowest()), value(self.sample.highest()));
        format!("| {} | {target} | {} | {lowest} to {highest} | {met} |", self.measure, value(self.sample.median()))
    }
}

/// A number behind the table.
#[derive(Clone, Debug)]
pub(crate) struct Behind {
    pub(crate) what: String,
    pub(crate) sample: Sample,
    pub(crate) unit: Unit,
}

/// What one measure adds to the document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub(crate) rows: Vec<Row>,
    pub(crate) behind: Vec<Behind>,
    /// How it was measured, in Markdown.
    pub(crate) how: String,
}

impl Section {
    /// Adds a number behind the table.
    pub(crate) fn tell(&mut self, what: &str, values: &[f64], unit: Unit) {
        self.tell_of(what, values.iter().copied().collect(), unit);
    }

    /// The same, of a sample.
    pub(crate) fn tell_of(&mut self, what: &str, sample: Sample, unit: Unit) {
        self.behind.push(Behind { what: what.to_owned(), sample, unit });
    }

    /// Adds a row of the table.
    pub(crate) fn row(&mut self, measure: &str, target: Target, sample: Sample, unit: Unit) {
        self.rows.push(Row { measure: measure.to_owned(), target, sample, unit });
    }

    /// Prints what it found, for whoever waits.
    pub(crate) fn print(&self) {
        for row in &self.rows {
            println!("{}", row.line());
        }
        for Behind { what, sample, unit } in &self.behind {
            let write = |value| unit.write(value);
            let (lowest, highest) = (write(sample.lowest()), write(sample.highest()));
            println!("    {what}: {} ({lowest} to {highest})", write(sample.median()));
        }
    }
}

/// The whole document. `last_row` is the one that was made elsewhere.
pub(crate) fn document(day: &str, machine: &str, sections: &[Section], last_row: &str, last_how: &str) -> String {
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`, {day}. {machine}.\n\n\
         | measure | to reach | measured | lowest to highest | met |\n| --- | --- | --- | --- | --- |\n"
    );
    let mut line = |line: &str| writeln!(text, "{line}").expect("a String takes every text");
    for row in sections.iter().flat_map(|section| &section.rows) {
        line(&row.line());
    }
    line(last_row);
    line(
        "\nEvery ratio is the median of the rounds of one run. The rivals are measured in turns, and each ratio is that of one pair of\n\
         turns, so that what slows the machine for a while slows both. Everything goes over loopback, on release builds. A turn warms\n\
         up first and then lasts a fixed time. One failed request makes the whole run fail.\n\n\
         ## The numbers behind the ratios\n\n\
         They depend on the machine: compare them only within this table.\n\n\
         | number | median | lowest to highest |\n| --- | --- | --- |",
    );
    for Behind { what, sample, unit } in sections.iter().flat_map(|section| &section.behind) {
        let write = |value| unit.write(value);
        let (lowest, highest) = (write(sample.lowest()), write(sample.highest()));
        line(&format!("| {what} | {} | {lowest} to {highest} |", write(sample.median())));
    }
    line(
        "\n## How it was measured\n\n\
         The server is the release build of the program as a process of its own, with `TALLYSTICK_RATE_LIMIT=off` and otherwise with its\n\
         defaults: its log goes into a file, its metrics are kept, its background jobs run. The database is a file on the disk that\n\
         holds the build, not in memory.\n\n\
         The load is made by [wrk](https://github.com/wg/wrk) with one thread and connections that are kept open. It shares the two cores\n\
         with the server; of the generators that tell a 99th percentile it takes the least of them. It is a closed loop: the next\n\
         request of a connection goes out when the answer to its last one is there.\n",
    );
    for section in sections {
        line(&section.how);
    }
    line(last_how);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The row of an earlier document whose measure begins with `measure`.
pub(crate) fn earlier_row(document: &Path, measure: &str) -> Option<String> {
    let text = fs::read_to_string(document).ok()?;
    text.lines().find(|line| line.starts_with(&format!("| {measure}"))).map(str::to_owned)
}

/// Writes the document.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let failed = || Fault::system(format!("write {}", path.display()));
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed())?;
    }
    fs::write(path, text).map_err(failed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(target: Target) -> Row {
        let sample = [0.5, 1.25, 2.0].into_iter().collect();
        Row { measure: "speed".to_owned(), target, sample, unit: Unit::Times }
    }

    #[test]
    fn a_row_says_whether_its_median_meets_the_target() {
        let line = |target| row(target).line();
        assert_eq!(line(Target::AtLeast(1.25)), "| speed | at least 1.25× | 1.25× | 0.50× to 2.00× | yes |");
        assert_eq!(line(Target::AtMost(1.0)), "| speed | at most 1.00× | 1.25× | 0.50× to 2.00× | **no** |");
        assert_eq!(line(Target::None), "| speed | — | 1.25× | 0.50× to 2.00× | — |");
        assert_eq!(row(Target::AtLeast(1.3)).is_met(), Some(false));
    }

    #[test]
    fn the_lesser_of_the_two_counts() {
        let of = |rate: f64| Target::lesser(1_000.0, 0.8, &[rate]);
        assert_eq!(of(5_000.0), Target::AtLeast(1_000.0));
        assert_eq!(of(1_000.0), Target::AtLeast(800.0));
    }

    #[test]
    fn the_document_has_every_section_and_the_row_made_elsewhere() {
        let mut section = Section { how: "**Speed.** By hand.".to_owned(), ..Section::default() };
        section.rows.push(row(Target::None));
        section.tell("requests", &[3.0, 1.0], Unit::PerSecond);
        let text = document("2026-11-21", "2 cores", &[section], "| build | — |", "**Build.** Alone.");
        for part in [
            "2026-11-21. 2 cores.",
            "| speed | — |",
            "| build | — |",
            "| requests | 2/s | 1/s to 3/s |",
            "By hand.",
            "Alone.",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(text.ends_with("Alone.\n"));
        // A heading twice is a link to the wrong place.
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings, ["# Benchmarks", "## The numbers behind the ratios", "## How it was measured"]);
    }
}
