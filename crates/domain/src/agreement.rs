//! External agreements: under which identifier a system of the partner's knows a creditor, and when (the contract's section "Partner
//! services").

use crate::Faults;
use crate::calendar::CalendarDate;
use crate::fault_code::{Coded, REQUIRED};
use crate::report::present;
use crate::text;

/// The most agreements of one creditor.
pub const MOST_AGREEMENTS: usize = 100;

/// The most characters of the name of a system.
pub const LONGEST_SYSTEM: usize = 64;

/// The most characters of an identifier.
pub const LONGEST_IDENTIFIER: usize = 128;

/// An agreement as it is sent: texts that may hold anything. `None` and a blank text are absent values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementDraft {
    /// The partner's system.
    pub system: Option<String>,
    /// The identifier in that system.
    pub identifier: Option<String>,
    /// The first day.
    pub valid_from: Option<String>,
    /// The last day.
    pub valid_to: Option<String>,
}

/// An agreement that follows every rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// The partner's system, without white space around it.
    pub system: String,
    /// The identifier in that system, without white space around it.
    pub identifier: String,
    /// The first day.
    pub valid_from: CalendarDate,
    /// The last day, still inside; `None` is without end.
    pub valid_to: Option<CalendarDate>,
}

impl Agreement {
    /// Whether the two are of one system and have a day in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_by = |begin: &Self, end: &Self| end.valid_to.is_none_or(|last| begin.valid_from <= last);
        self.system == other.system && begins_by(self, other) && begins_by(other, self)
    }
}

/// The length and content of a system or an identifier, of which a look-up may ask as well.
///
/// # Errors
/// [`text::TextFault`], when it can't be one.
pub fn check_name(name: &str, most: usize) -> Result<(), text::TextFault> {
    text::check(name, most)
}

/// Checks the whole list of a creditor's agreements. `prefix` is what their paths begin with: `agreements.` makes `agreements.0.system`.
/// The result has the order of the list. Of a list that is too long the first entry too many has the fault.
///
/// # Errors
/// Every fault of the list.
pub fn check(drafts: &[AgreementDraft], prefix: &str) -> Result<Vec<Agreement>, Faults> {
    let mut faults = Faults::new();
    if drafts.len() > MOST_AGREEMENTS {
        faults.add(
            format!("{prefix}{MOST_AGREEMENTS}"),
            "too_many",
            format!("A creditor has {MOST_AGREEMENTS} agreements at most: leave out those that have ended"),
        );
        return Err(faults);
    }
    let mut agreements: Vec<(usize, Agreement)> = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let path = |member: &str| format!("{prefix}{place}.{member}");
        let Some(agreement) = read(draft, &path, &mut faults) else { continue };
        if agreement.valid_to.is_some_and(|last| last < agreement.valid_from) {
            faults.add(path("validTo"), "period_reversed", "The last day is before the first: change one of them");
            continue;
        }
        let twin = agreements
            .iter()
            .find(|(_, other)| other.system == agreement.system && other.identifier == agreement.identifier);
        let neighbour = agreements.iter().find(|(_, other)| other.overlaps(&agreement));
        if let Some((other, _)) = twin {
            faults.add(
                path("identifier"),
                "duplicate_agreement",
                format!("Entry {other} has this system and identifier already: give each once"),
            );
        } else if let Some((other, _)) = neighbour {
            faults.add(
                path("validFrom"),
                "period_overlap",
                format!("The period overlaps that of entry {other}: in one system, let one end before the next begins"),
            );
        }
        agreements.push((place, agreement));
    }
    if faults.is_empty() { Ok(agreements.into_iter().map(|(_, agreement)| agreement).collect()) } else { Err(faults) }
}

fn read(draft: &AgreementDraft, path: &impl Fn(&str) -> String, faults: &mut Faults) -> Option<Agreement> {
    let mut name = |member: &str, given: &Option<String>, most: usize, missing: &'static str| {
        let Some(name) = present(given) else {
            faults.add(path(member), REQUIRED, missing);
            return None;
        };
        match check_name(name, most) {
            Ok(()) => Some(name.to_owned()),
            Err(fault) => {
                faults.add(path(member), fault.code(), fault.to_string());
                None
            }
        }
    };
    let system = name("system", &draft.system, LONGEST_SYSTEM, "An agreement needs the name of the system");
    let identifier =
        name("identifier", &draft.identifier, LONGEST_IDENTIFIER, "An agreement needs its identifier in the system");
    let mut date = |member: &str, given: &Option<String>| {
        let text = present(given)?;
        CalendarDate::parse(text).map_err(|fault| faults.add(path(member), fault.code(), fault.to_string())).ok()
    };
    let valid_from = date("validFrom", &draft.valid_from);
    let valid_to = date("validTo", &draft.valid_to);
    if present(&draft.valid_from).is_none() {
        faults.add(path("validFrom"), REQUIRED, "An agreement needs its first day");
    }
    let has_end = present(&draft.valid_to).is_some();
    Some(Agreement {
        system: system?,
        identifier: identifier?,
        valid_from: valid_from?,
        valid_to: if has_end { Some(valid_to?) } else { None },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(system: &str, identifier: &str, from: &str, to: &str) -> AgreementDraft {
        let some = |text: &str| Some(text.to_owned());
        AgreementDraft {
            system: some(system),
            identifier: some(identifier),
            valid_from: some(from),
            valid_to: some(to),
        }
    }

    fn codes(drafts: &[AgreementDraft]) -> Vec<(String, String)> {
        let faults = check(drafts, "agreements.").err().unwrap_or_default().into_vec();
        faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    #[test]
    fn a_list_without_a_fault_is_kept_in_its_order() {
        let drafts = [
            draft(" ERP ", "A-1", "2026-01-01", "2026-06-30"),
            draft("ERP", "A-2", "2026-07-01", ""),
            draft("CRM", "A-1", "2026-01-01", " "),
        ];
        let agreements = check(&drafts, "").unwrap();
        assert_eq!(
            agreements.iter().map(|a| (&*a.system, &*a.identifier)).collect::<Vec<_>>(),
            [("ERP", "A-1"), ("ERP", "A-2"), ("CRM", "A-1")]
        );
        assert_eq!(agreements[1].valid_to, None);
        assert_eq!(check(&[], ""), Ok(Vec::new()));
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let drafts = [
            AgreementDraft::default(),
            draft("ERP", "A-1", "2026-01-01", "2025-12-31"),
            draft("ERP", "A-1", "2026-01-01", "2026-01-31"),
            draft("ERP", "A-1", "2027-01-01", "2027-01-31"),
            draft("ERP", "A-2", "2026-01-31", ""),
            draft("E\0", "x", "soon", "2026-02-30"),
            draft(&"s".repeat(65), &"i".repeat(129), "2026-01-01", ""),
        ];
        let expected = [
            ("agreements.0.system", "required"),
            ("agreements.0.identifier", "required"),
            ("agreements.0.validFrom", "required"),
            ("agreements.1.validTo", "period_reversed"),
            ("agreements.3.identifier", "duplicate_agreement"),
            ("agreements.4.validFrom", "period_overlap"),
            ("agreements.5.system", "nul_character"),
            ("agreements.5.validFrom", "date_format"),
            ("agreements.5.validTo", "date_format"),
            ("agreements.6.system", "too_long"),
            ("agreements.6.identifier", "too_long"),
        ];
        assert_eq!(codes(&drafts), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    #[test]
    fn there_is_a_most() {
        let many =
            |count: usize| (0..count).map(|n| draft(&format!("S{n}"), "1", "2026-01-01", "")).collect::<Vec<_>>();
        assert!(check(&many(MOST_AGREEMENTS), "").is_ok());
        assert_eq!(codes(&many(MOST_AGREEMENTS + 1)), [("agreements.100".to_owned(), "too_many".to_owned())]);
        let faults = check(&many(MOST_AGREEMENTS + 2), "").unwrap_err().into_vec();
        assert_eq!(faults[0].field, "100");
    }

    fn period() -> impl Strategy<Value = (u32, Option<u32>)> {
        (1..20u32, prop::option::of(0..8u32)).prop_map(|(from, length)| (from, length.map(|length| from + length)))
    }

    proptest! {
        #[test]
        fn two_overlap_when_a_day_is_in_both(one in period(), other in period()) {
            let agreement = |identifier: &str, (from, to): (u32, Option<u32>)| {
                let day = |day: u32| CalendarDate::parse(&format!("2026-01-{day:02}")).unwrap();
                Agreement { system: "S".into(), identifier: identifier.into(), valid_from: day(from), valid_to: to.map(day) }
            };
            let inside = |day: u32, (from, to): (u32, Option<u32>)| from <= day && to.is_none_or(|to| day <= to);
            let common = (1..=31).any(|day| inside(day, one) && inside(day, other));
            let (one, other) = (agreement("1", one), agreement("2", other));
            prop_assert_eq!(one.overlaps(&other), common);
            prop_assert_eq!(other.overlaps(&one), common);
        }
    }
}
