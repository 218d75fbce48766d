//! What an application chooses from the reference data: each type holds one code that is there.

use super::{GroupKey, Lang, ReferenceData, options};
use crate::stored_text::stored_name;

/// The text is no code of a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The code is unknown: use one that {group} of the reference data has")]
pub struct UnknownChoice {
    /// The group that was looked into.
    pub group: GroupKey,
}

/// The code of `group` that `text` is, in either case.
fn find(group: GroupKey, text: &str) -> Option<&'static str> {
    let known = options(ReferenceData::get().group(group, Lang::English)).iter().map(|(code, _)| code.as_str());
    known.into_iter().find(|code| code.eq_ignore_ascii_case(text))
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $group:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(&'static str);

        stored_name!($name);

        impl $name {
            /// Reads a code, in either case.
            ///
            /// # Errors
            /// [`UnknownChoice`], when the reference data do not have it.
            pub fn parse(text: &str) -> Result<Self, UnknownChoice> {
                find(GroupKey::$group, text).map(Self).ok_or(UnknownChoice { group: GroupKey::$group })
            }

            /// The code as the reference data have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                self.0
            }

            /// What a person reads for it.
            #[must_use]
            pub fn label(self, lang: Lang) -> &'static str {
                ReferenceData::get().label(GroupKey::$group, self.0, lang).unwrap_or(self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0)
            }
        }
    };
}

choice!(
    /// How a person is addressed: `mr`.
    Salutation,
    Salutations
);
choice!(
    /// A security question: `4`.
    SecurityQuestion,
    SecurityIds
);
choice!(
    /// A document that a government issues: `CADL`.
    GovernmentDocument,
    GovidTypes
);
choice!(
    /// An occupation: `FE`.
    Occupation,
    OccupationIds
);
choice!(
    /// How a person lives: `Rent`.
    HousingType,
    HousingType
);
choice!(
    /// A financing plan: `5`.
    PlanId,
    PlanIds
);

impl PlanId {
    /// The plan of this number.
    ///
    /// # Errors
    /// [`UnknownChoice`], when the reference data do not have it.
    pub fn of_number(number: u8) -> Result<Self, UnknownChoice> {
        Self::parse(&number.to_string())
    }

    /// Its number: `plan_id` where that is one.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0.bytes().fold(0, |number, digit| number * 10 + (digit - b'0'))
    }
}

impl GovernmentDocument {
    /// Who issues it (`govid_issued_bys.option_depends`), in the order of the data.
    pub fn issuers(self) -> impl Iterator<Item = Issuer> {
        issuers_of(self.0).iter().map(|(code, _)| Issuer(code))
    }

    /// Whether `issuer` issues it.
    #[must_use]
    pub fn is_issued_by(self, issuer: Issuer) -> bool {
        self.issuers().any(|known| known == issuer)
    }
}

impl Occupation {
    /// Whether somebody with it works for an employer, whose name an application then needs.
    #[must_use]
    pub fn has_employer(self) -> bool {
        matches!(self.0, "FE" | "PE" | "SW")
    }
}

/// Who issues a document: a province, or `CANADA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(&'static str);

stored_name!(Issuer);

fn depends() -> &'static [(String, super::Entry)] {
    let group = ReferenceData::get().group(GroupKey::GovidIssuedBys, Lang::English);
    group.get("option_depends").map_or(&[], super::Entry::members)
}

fn issuers_of(document: &str) -> &'static [(String, super::Entry)] {
    depends().iter().find(|(code, _)| code == document).map_or(&[], |(_, issuers)| issuers.members())
}

impl Issuer {
    /// Reads a code, in either case.
    ///
    /// # Errors
    /// [`UnknownChoice`], when it issues no document at all.
    pub fn parse(text: &str) -> Result<Self, UnknownChoice> {
        let mut known = depends().iter().flat_map(|(_, issuers)| issuers.members());
        let found = known.find(|(code, _)| code.eq_ignore_ascii_case(text));
        found.map(|(code, _)| Self(code)).ok_or(UnknownChoice { group: GroupKey::GovidIssuedBys })
    }

    /// The code as the reference data have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_data_are_known_and_no_others() {
        for (code, label) in [("mr", "M."), ("MSS", "Mlle")] {
            assert_eq!(Salutation::parse(code).unwrap().label(Lang::French), label);
        }
        assert_eq!(SecurityQuestion::parse("9").unwrap().label(Lang::English), "What is your favourite movie?");
        assert_eq!(Occupation::parse("uw").unwrap().as_str(), "UW");
        assert_eq!(HousingType::parse("rent").unwrap().as_str(), "Rent");
        assert_eq!(PlanId::parse("9").unwrap().as_str(), "9");
        for id in options(ReferenceData::get().group(GroupKey::PlanIds, Lang::English)).iter().map(|(code, _)| code) {
            let plan = PlanId::parse(id).unwrap();
            assert_eq!((PlanId::of_number(plan.number()), &plan.number().to_string()), (Ok(plan), id));
        }
        assert_eq!(Occupation::parse("options"), Err(UnknownChoice { group: GroupKey::OccupationIds }));
        assert!(PlanId::parse("3").is_err() && PlanId::parse("8").is_err() && SecurityQuestion::parse("3").is_err());
        assert!(Salutation::parse("").is_err() && GovernmentDocument::parse("option_depends").is_err());
    }

    #[test]
    fn only_who_issues_a_document_is_its_issuer() {
        let document = |code| GovernmentDocument::parse(code).unwrap();
        let issuer = |code| Issuer::parse(code).unwrap();
        assert_eq!(document("CADL").issuers().count(), 13);
        // Several provinces forbid that their health card serves as identification.
        let health: Vec<_> = document("CAHC").issuers().map(Issuer::as_str).collect();
        assert_eq!(health, ["BC", "NB", "NL", "NT", "NU", "QC", "SK", "YT"]);
        assert!(document("CAPID").is_issued_by(issuer("on")));
        assert!(!document("CAPID").is_issued_by(issuer("QC")));
        assert!(document("CAP").is_issued_by(issuer("CANADA")) && !document("CADL").is_issued_by(issuer("CANADA")));
        assert!(Issuer::parse("US").is_err() && Issuer::parse("CAP").is_err());
    }
}
