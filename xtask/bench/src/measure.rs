//! The measures: a file for each group of rows of the table.

pub(crate) mod bearer;
pub(crate) mod build;
pub(crate) mod create;
pub(crate) mod creditors;
pub(crate) mod deliveries;
pub(crate) mod interest;
pub(crate) mod invoices;
pub(crate) mod mails;
pub(crate) mod memory;
pub(crate) mod misses;
pub(crate) mod movements;
pub(crate) mod outbox;
mod pairs;
pub(crate) mod pdf;
pub(crate) mod purchases;
pub(crate) mod start;
pub(crate) mod tokens;
pub(crate) mod tokens_before;
pub(crate) mod underway;
pub(crate) mod validate;
pub(crate) mod waiting;

use std::cell::OnceCell;

use crate::fault::Fault;
use crate::portfolio::{Portfolio, Size};
use crate::program::Program;
use crate::report::Section;
use crate::seed::Seeded;

/// What the measures work with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) program: Program,
    pub(crate) pace: Pace,
    large: OnceCell<Seeded>,
    small: OnceCell<Seeded>,
    many_invoices: OnceCell<Portfolio>,
    few_invoices: OnceCell<Portfolio>,
}

impl Bench {
    pub(crate) const fn new(program: Program, pace: Pace) -> Self {
        Self {
            program,
            pace,
            large: OnceCell::new(),
            small: OnceCell::new(),
            many_invoices: OnceCell::new(),
            few_invoices: OnceCell::new(),
        }
    }

    /// Makes every database, so that none is made between measures.
    pub(crate) fn make_databases(&self) -> Result<(), Fault> {
        self.small()?;
        self.large()?;
        self.few_invoices()?;
        self.many_invoices().map(drop)
    }

    /// The database of a million clients.
    pub(crate) fn large(&self) -> Result<&Seeded, Fault> {
        get_or_make(&self.large, || Seeded::get(&self.program, self.pace.large))
    }

    /// The database of a thousand.
    pub(crate) fn small(&self) -> Result<&Seeded, Fault> {
        get_or_make(&self.small, || Seeded::get(&self.program, self.pace.small))
    }

    /// The database of a million invoices.
    pub(crate) fn many_invoices(&self) -> Result<&Portfolio, Fault> {
        get_or_make(&self.many_invoices, || Portfolio::get(&self.program, self.pace.many_invoices))
    }

    /// The database of ten thousand.
    pub(crate) fn few_invoices(&self) -> Result<&Portfolio, Fault> {
        get_or_make(&self.few_invoices, || Portfolio::get(&self.program, self.pace.few_invoices))
    }
}

fn get_or_make<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T, Fault>) -> Result<&T, Fault> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

/// How much is measured. Times in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Clients in the large database.
    pub(crate) large: u32,
    /// Clients in the small database.
    pub(crate) small: u32,
    /// Turns of each rival.
    pub(crate) rounds: u32,
    /// How long a turn warms up.
    pub(crate) warm_up: u32,
    /// How long a turn is measured.
    pub(crate) turn: u32,
    /// The same for keys at random: long enough for the writing of last uses, which comes every 15 seconds, to be in it.
    pub(crate) long_turn: u32,
    /// How long a server idles before its memory is read.
    pub(crate) idle: u32,
    /// How often the program is started.
    pub(crate) starts: u32,
    /// The messages of a turn, at least.
    pub(crate) messages: u32,
    /// The mails of a turn, at least.
    pub(crate) mails: u32,
    /// The messages, or invoices, that wait when memory is read, at least.
    pub(crate) waiting: u32,
    /// How long memory is read while they wait.
    pub(crate) watch: u32,
    /// The tokens that were issued before.
    pub(crate) tokens: u32,
    /// The movements of an account that has many.
    pub(crate) movements: u32,
    /// The large portfolio.
    pub(crate) many_invoices: Size,
    /// The small one.
    pub(crate) few_invoices: Size,
}

impl Pace {
    /// For the document.
    pub(crate) const FULL: Self = Self {
        large: 1_000_000,
        small: 1_000,
        rounds: 11,
        warm_up: 1,
        turn: 4,
        long_turn: 16,
        idle: 10,
        starts: 15,
        messages: 10_000,
        mails: 3_000,
        waiting: 100_000,
        watch: 20,
        tokens: 1_000_000,
        movements: 100_000,
        many_invoices: Size { creditors: 1_000, invoices: 1_000_000 },
        few_invoices: Size { creditors: 10, invoices: 10_000 },
    };
    /// To try whether everything works. Its numbers mean little.
    pub(crate) const QUICK: Self = Self {
        large: 20_000,
        small: 1_000,
        rounds: 2,
        warm_up: 1,
        turn: 2,
        long_turn: 2,
        idle: 2,
        starts: 3,
        messages: 1_000,
        mails: 300,
        waiting: 1_000,
        watch: 2,
        tokens: 200_000,
        movements: 2_000,
        many_invoices: Size { creditors: 40, invoices: 40_000 },
        few_invoices: Size { creditors: 10, invoices: 10_000 },
    };
}

/// A measure, by the name that `--only` takes.
pub(crate) type Measure = (&'static str, fn(&Bench) -> Result<Section, Fault>);

/// Every measure, in the order of the table. Whatever heats the disk up comes late.
pub(crate) const MEASURES: [Measure; 19] = [
    ("validate", validate::run),
    ("bearer", bearer::run),
    ("create", create::run),
    ("tokens", tokens::run),
    ("invoices", invoices::run),
    ("purchases", purchases::run),
    ("misses", misses::run),
    ("tokens-before", tokens_before::run),
    ("creditors", creditors::run),
    ("deliveries", deliveries::run),
    ("movements", movements::run),
    ("pdf", pdf::run),
    ("interest", interest::run),
    ("outbox", outbox::run),
    ("mails", mails::run),
    ("memory", memory::run),
    ("waiting", waiting::run),
    ("underway", underway::run),
    ("start", start::run),
];

/// A number with commas between the thousands.
pub(crate) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 1_000, 20_000, 1_000_000].map(grouped), ["7", "1,000", "20,000", "1,000,000"]);
    }
}
