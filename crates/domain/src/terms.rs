//! Terms and conditions of credit: which version is in force on a day, by province and language.
//!
//! The texts are our own, in `terms/`: sample terms that say so. An operator who offers credit puts its own in their place.
//! A version that was in force is never changed, since people have accepted it; a new one is a new entry of `VERSIONS`.

use std::sync::LazyLock;

use crate::calendar::CalendarDate;
use crate::reference_data::{Lang, Province, ProvinceGroup, entity_tag};

/// A version of the terms in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The version, by which an acceptance is kept. Both languages of a version have it.
    pub version: TermsVersion,
    /// The first day on which it is in force.
    pub effective: CalendarDate,
    /// Where it is in force.
    pub group: ProvinceGroup,
    /// Its language.
    pub lang: Lang,
    /// Its title.
    pub title: &'static str,
    /// Its text: paragraphs with an empty line between them.
    pub text: &'static str,
    /// A strong entity tag of it, quotation marks included.
    pub etag: String,
}

/// The identifier of a version: `qc-2026-06-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TermsVersion(&'static str);

crate::stored_text::stored_name!(TermsVersion);

/// No version has this identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The version of the terms is unknown: use the one that terms-and-conditions answers")]
pub struct UnknownTermsVersion;

/// The day is before the first version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("No terms were in force on {date}: the first are from {first} on")]
pub struct NoTermsYet {
    /// The day that was asked for.
    pub date: CalendarDate,
    /// The first day with terms.
    pub first: CalendarDate,
}

/// One version: its identifier, first day and group, and its files in English and French.
struct Version(&'static str, &'static str, ProvinceGroup, &'static str, &'static str);

macro_rules! version {
    ($group:ident, $prefix:literal, $date:literal) => {
        Version(
            concat!($prefix, "-", $date),
            $date,
            ProvinceGroup::$group,
            include_str!(concat!("terms/", $prefix, "-", $date, ".en.txt")),
            include_str!(concat!("terms/", $prefix, "-", $date, ".fr.txt")),
        )
    };
}

/// Every version of every group, oldest first.
const VERSIONS: &[Version] = &[
    version!(RestOfCanada, "roc", "2025-01-01"),
    version!(Quebec, "qc", "2025-01-01"),
    version!(Quebec, "qc", "2026-06-01"),
    version!(RestOfCanada, "roc", "2026-07-01"),
];

static TERMS: LazyLock<Vec<Terms>> = LazyLock::new(|| {
    let read = |version: &Version, lang, file: &'static str| {
        let Version(identifier, date, group, ..) = *version;
        let effective = CalendarDate::parse(date).expect("the dates are part of the program, and a test reads them");
        let (title, text) = file.split_once('\n').unwrap_or((file, ""));
        let etag = entity_tag(&[identifier.as_bytes(), file.as_bytes()]);
        Terms { version: TermsVersion(identifier), effective, group, lang, title, text: text.trim(), etag }
    };
    VERSIONS
        .iter()
        .flat_map(|version| [read(version, Lang::English, version.3), read(version, Lang::French, version.4)])
        .collect()
});

impl TermsVersion {
    /// Reads an identifier, exactly as it was given out.
    ///
    /// # Errors
    /// [`UnknownTermsVersion`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownTermsVersion> {
        VERSIONS.iter().find(|version| version.0 == text).map(|version| Self(version.0)).ok_or(UnknownTermsVersion)
    }

    /// The identifier.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The terms of this version in a language: what somebody accepted with it.
    #[must_use]
    pub fn terms(self, lang: Lang) -> &'static Terms {
        TERMS
            .iter()
            .find(|terms| terms.version == self && terms.lang == lang)
            .expect("an identifier is one of the list, which has both languages of each")
    }
}

impl std::fmt::Display for TermsVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The terms in force on `date` in `province`, in `lang`. The day is one of the calendar where the applicant is.
///
/// # Errors
/// [`NoTermsYet`], when `date` is before the first version.
pub fn in_force(date: CalendarDate, province: Province, lang: Lang) -> Result<&'static Terms, NoTermsYet> {
    let here = || TERMS.iter().filter(|terms| terms.group == province.group() && terms.lang == lang);
    let newest = here().filter(|terms| terms.effective <= date).max_by_key(|terms| terms.effective);
    newest.ok_or_else(|| NoTermsYet { date, first: here().map(|terms| terms.effective).min().unwrap_or(date) })
}

/// Every version in every language, oldest first.
#[must_use]
pub fn all() -> &'static [Terms] {
    &TERMS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> CalendarDate {
        CalendarDate::parse(text).unwrap()
    }

    #[test]
    fn each_group_has_two_versions_in_both_languages() {
        for group in ProvinceGroup::ALL {
            let of_group: Vec<_> = all().iter().filter(|terms| terms.group == group).collect();
            assert!(of_group.len() >= 4, "{group:?}");
            for terms in of_group {
                let twin = if terms.lang == Lang::English { Lang::French } else { Lang::English };
                let other = terms.version.terms(twin);
                assert_eq!((other.effective, other.group), (terms.effective, group));
                assert_ne!(other.text, terms.text);
                assert_ne!(other.etag, terms.etag);
                // The same paragraphs in both languages.
                let paragraphs = |terms: &Terms| terms.text.split("\n\n").count();
                assert_eq!(paragraphs(other), paragraphs(terms), "{}", terms.version);
            }
        }
    }

    #[test]
    fn every_version_is_dated_titled_and_told_from_the_others() {
        for (place, terms) in all().iter().enumerate() {
            assert!(terms.version.as_str().ends_with(&terms.effective.to_string()), "{}", terms.version);
            assert!(terms.title.len() > 20 && terms.text.len() > 1_500, "{}", terms.version);
            assert!(!terms.text.contains('\r') && !terms.text.contains("  "), "{}", terms.version);
            assert_eq!(TermsVersion::parse(terms.version.as_str()), Ok(terms.version));
            assert!(all()[..place].iter().all(|other| other.text != terms.text && other.etag != terms.etag));
            let says_so = ["sample terms", "exemple de conditions"].iter().any(|words| terms.text.contains(words));
            assert!(says_so, "{} does not say what it is", terms.version);
            assert_eq!(
                terms.text.contains("Quebec") || terms.text.contains("Québec"),
                terms.group == ProvinceGroup::Quebec
            );
        }
        assert!(all().windows(2).all(|pair| pair[0].effective <= pair[1].effective));
        for wrong in ["", "roc", "ROC-2025-01-01", "qc-2026-07-01"] {
            assert_eq!(TermsVersion::parse(wrong), Err(UnknownTermsVersion), "{wrong}");
        }
    }

    #[test]
    fn a_version_begins_on_its_day() {
        let version = |day, province| in_force(date(day), province, Lang::French).unwrap().version.as_str();
        assert_eq!(version("2025-01-01", Province::Ontario), "roc-2025-01-01");
        assert_eq!(version("2026-06-30", Province::Ontario), "roc-2025-01-01");
        assert_eq!(version("2026-07-01", Province::Ontario), "roc-2026-07-01");
        assert_eq!(version("2026-05-31", Province::Quebec), "qc-2025-01-01");
        assert_eq!(version("2026-06-01", Province::Quebec), "qc-2026-06-01");
    }

    #[test]
    fn before_the_first_version_there_is_an_error_that_says_so() {
        for province in Province::ALL {
            for lang in Lang::ALL {
                let fault = in_force(date("2024-12-31"), province, lang).unwrap_err();
                assert_eq!(fault.to_string(), "No terms were in force on 2024-12-31: the first are from 2025-01-01 on");
            }
        }
    }

    proptest! {
        #[test]
        fn one_version_is_in_force_on_every_day(days in 0_u32..20_000) {
            let day = date("2025-01-01").days_after(days);
            for province in Province::ALL {
                for lang in Lang::ALL {
                    let terms = in_force(day, province, lang).unwrap();
                    prop_assert_eq!((terms.group, terms.lang), (province.group(), lang));
                    prop_assert!(terms.effective <= day);
                    // Exactly one: of all that have begun there, the one after which no other has.
                    let in_force = all().iter().filter(|other| {
                        other.group == terms.group && other.lang == lang && other.effective <= day
                            && !all().iter().any(|later| {
                                later.group == terms.group && later.lang == lang
                                    && later.effective > other.effective && later.effective <= day
                            })
                    });
                    prop_assert_eq!(in_force.count(), 1);
                }
            }
        }
    }
}
