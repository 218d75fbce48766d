//! Provinces and territories of Canada.

use std::fmt;

use crate::stored_text::stored_name;

/// A province or territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the province or territory of this name")]
pub enum Province {
    Alberta,
    BritishColumbia,
    Manitoba,
    NewBrunswick,
    NewfoundlandAndLabrador,
    NovaScotia,
    NorthwestTerritories,
    Nunavut,
    Ontario,
    PrinceEdwardIsland,
    Quebec,
    Saskatchewan,
    Yukon,
}

stored_name!(Province);

/// Provinces whose agreements are alike. The public pages tell Quebec from the "rest of Canada".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProvinceGroup {
    /// Every province and territory but Quebec.
    RestOfCanada,
    /// Quebec, whose Consumer Protection Act and Charter of the French Language have rules of their own.
    Quebec,
}

impl ProvinceGroup {
    /// Both groups.
    pub const ALL: [Self; 2] = [Self::RestOfCanada, Self::Quebec];
}

/// The text is no code of a province or territory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The province is unknown: use one of AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK and YT")]
pub struct UnknownProvince;

impl Province {
    /// All of them, in the order of the reference data.
    pub const ALL: [Self; 13] = [
        Self::Alberta,
        Self::BritishColumbia,
        Self::Manitoba,
        Self::NewBrunswick,
        Self::NewfoundlandAndLabrador,
        Self::NovaScotia,
        Self::NorthwestTerritories,
        Self::Nunavut,
        Self::Ontario,
        Self::PrinceEdwardIsland,
        Self::Quebec,
        Self::Saskatchewan,
        Self::Yukon,
    ];

    /// Reads a code of two letters, in either case.
    ///
    /// # Errors
    /// [`UnknownProvince`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownProvince> {
        Self::ALL.into_iter().find(|province| province.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownProvince)
    }

    /// The code, as Canada Post and ISO 3166-2:CA have it: `ON`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alberta => "AB",
            Self::BritishColumbia => "BC",
            Self::Manitoba => "MB",
            Self::NewBrunswick => "NB",
            Self::NewfoundlandAndLabrador => "NL",
            Self::NovaScotia => "NS",
            Self::NorthwestTerritories => "NT",
            Self::Nunavut => "NU",
            Self::Ontario => "ON",
            Self::PrinceEdwardIsland => "PE",
            Self::Quebec => "QC",
            Self::Saskatchewan => "SK",
            Self::Yukon => "YT",
        }
    }

    /// The age of majority in years, which the law of each province sets.
    #[must_use]
    pub const fn majority(self) -> u8 {
        match self {
            Self::Alberta
            | Self::Manitoba
            | Self::Ontario
            | Self::PrinceEdwardIsland
            | Self::Quebec
            | Self::Saskatchewan => 18,
            Self::BritishColumbia
            | Self::NewBrunswick
            | Self::NewfoundlandAndLabrador
            | Self::NovaScotia
            | Self::NorthwestTerritories
            | Self::Nunavut
            | Self::Yukon => 19,
        }
    }

    /// The letters that its postal codes begin with (Canada Post, "postal districts").
    #[must_use]
    pub const fn postal_districts(self) -> &'static str {
        match self {
            Self::Alberta => "T",
            Self::BritishColumbia => "V",
            Self::Manitoba => "R",
            Self::NewBrunswick => "E",
            Self::NewfoundlandAndLabrador => "A",
            Self::NovaScotia => "B",
            Self::NorthwestTerritories | Self::Nunavut => "X",
            Self::Ontario => "KLMNP",
            Self::PrinceEdwardIsland => "C",
            Self::Quebec => "GHJ",
            Self::Saskatchewan => "S",
            Self::Yukon => "Y",
        }
    }

    /// The group whose agreement is offered in it.
    #[must_use]
    pub const fn group(self) -> ProvinceGroup {
        match self {
            Self::Quebec => ProvinceGroup::Quebec,
            _ => ProvinceGroup::RestOfCanada,
        }
    }
}

impl fmt::Display for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_either_case() {
        for province in Province::ALL {
            assert_eq!(Province::parse(province.as_str()), Ok(province));
            assert_eq!(Province::parse(&province.as_str().to_lowercase()), Ok(province));
        }
        for wrong in ["", "ONT", "PQ", "NF", "Ontario", "CANADA"] {
            assert_eq!(Province::parse(wrong), Err(UnknownProvince), "{wrong}");
        }
    }

    #[test]
    fn every_postal_district_is_in_one_place_but_the_one_of_the_north() {
        // The eighteen letters that Canada Post begins codes with, and X twice.
        let mut letters: Vec<char> =
            Province::ALL.into_iter().flat_map(|province| province.postal_districts().chars()).collect();
        letters.sort_unstable();
        assert_eq!(letters.into_iter().collect::<String>(), "ABCEGHJKLMNPRSTVXXY");
    }

    #[test]
    fn majority_is_at_eighteen_in_six_and_at_nineteen_in_seven() {
        let eighteen: Vec<_> =
            Province::ALL.into_iter().filter(|province| province.majority() == 18).map(Province::as_str).collect();
        assert_eq!(eighteen, ["AB", "MB", "ON", "PE", "QC", "SK"]);
        assert!(Province::ALL.into_iter().all(|province| matches!(province.majority(), 18 | 19)));
    }
}
