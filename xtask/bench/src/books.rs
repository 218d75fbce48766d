//! What the ledger of a database says, and whether it agrees with the answers of a load.

use serde::Deserialize;

use crate::fault::Fault;
use crate::program::Program;

/// What all accounts come to, as `tallystick ledger check` tells it. It fails when it finds anything wrong. Cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    /// How many movements there are.
    pub(crate) movements: i64,
    /// What open authorizations hold.
    pub(crate) held: i64,
    /// What is owed of captures.
    pub(crate) owed: i64,
}

/// What the answers of a load say that was moved. Amounts are with their finance charge, in cents.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct Moved {
    /// Authorizations.
    pub(crate) authorizations: i64,
    /// What they hold at first.
    pub(crate) authorized: i64,
    /// Captures.
    pub(crate) captures: i64,
    /// What they make owed.
    pub(crate) captured: i64,
}

#[derive(Deserialize)]
struct Report {
    movements: i64,
    balances: Balances,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Balances {
    hold: i64,
    promotional_receivable: i64,
}

impl Books {
    /// Proves the books of a database, and gives what they come to.
    pub(crate) fn prove(program: &Program, database: &str) -> Result<Self, Fault> {
        let report = program.json(&["ledger", "check", "--database", database])?;
        let Report { movements, balances } = serde_json::from_value(report).map_err(|error| Fault::Program {
            program: "tallystick ledger check".to_owned(),
            said: format!("its report is another one: {error}"),
        })?;
        Ok(Self { movements, held: balances.hold, owed: balances.promotional_receivable })
    }

    /// Fails unless the books have come from `before` to this by what was answered, and by no more than the last requests, of which `open` were
    /// given up before their answer.
    pub(crate) fn agree(self, before: Self, moved: Moved, open: u32) -> Result<(), Fault> {
        let Moved { authorizations, authorized, captures, captured } = moved;
        // All are alike.
        let each = if authorizations > 0 { authorized / authorizations } else { 0 };
        let (open, rest) = (i64::from(open), i64::from(open) * each);
        let all = [
            ("movements", self.movements - before.movements, authorizations + captures, open),
            ("cents authorized", self.held + self.owed - before.held - before.owed, authorized, rest),
            ("cents captured", self.owed - before.owed, captured, rest),
        ];
        for (what, kept, answered, rest) in all {
            if kept < answered || kept > answered + rest {
                let what = format!("{answered} {what} were answered, and the books have {kept}");
                return Err(Fault::Load { what });
            }
        }
        Ok(())
    }
}

impl std::ops::Add for Moved {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            authorizations: self.authorizations + other.authorizations,
            authorized: self.authorized + other.authorized,
            captures: self.captures + other.captures,
            captured: self.captured + other.captured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVED: Moved = Moved { authorizations: 10, authorized: 1020, captures: 8, captured: 816 };
    const BEFORE: Books = Books { movements: 5, held: 102, owed: 204 };

    fn agree(movements: i64, held: i64, owed: i64) -> bool {
        let after = Books { movements: 5 + movements, held: 102 + held, owed: 204 + owed };
        after.agree(BEFORE, MOVED, 2).is_ok()
    }

    #[test]
    fn what_was_answered_is_kept_and_no_more_than_was_under_way() {
        assert!(agree(18, 204, 816));
        // Two that were given up were taken all the same.
        assert!(agree(20, 204 + 204, 816) && agree(20, 0, 816 + 204));
        // A lost movement, a lost hold, a lost capture.
        assert!(!agree(17, 204, 816) && !agree(18, 102, 816) && !agree(18, 306, 714));
        // Something twice.
        assert!(!agree(21, 204, 816) && !agree(20, 510, 816) && !agree(20, 0, 816 + 306));
    }
}
