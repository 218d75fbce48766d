//! Issuer identification numbers: who issued a card.

use super::ScanFault;
use crate::reference_data::Province;

/// The numbers of the Canadian jurisdictions (AAMVA, "Issuer Identification Numbers").
const CANADA: [(u32, Province); 13] = [
    (604_426, Province::PrinceEdwardIsland),
    (604_428, Province::Quebec),
    (604_429, Province::Yukon),
    (604_432, Province::Alberta),
    (604_433, Province::Nunavut),
    (604_434, Province::NorthwestTerritories),
    (636_012, Province::Ontario),
    (636_013, Province::NovaScotia),
    (636_016, Province::NewfoundlandAndLabrador),
    (636_017, Province::NewBrunswick),
    (636_028, Province::BritishColumbia),
    (636_044, Province::Saskatchewan),
    (636_048, Province::Manitoba),
];

/// The province of an issuer number of six digits.
///
/// # Errors
/// [`ScanFault::OtherCountry`] for the states of the USA, its territories and the states of Mexico that have numbers, and
/// [`ScanFault::UnknownJurisdiction`] for others.
pub(super) fn province(number: u32) -> Result<Province, ScanFault> {
    match CANADA.iter().find(|(known, _)| *known == number) {
        Some((_, province)) => Ok(*province),
        // The two blocks that AAMVA has given numbers from, less those above: American Samoa, the Northern Mariana Islands
        // and Puerto Rico in the one, all others in the other.
        None if matches!(number, 604_427 | 604_430 | 604_431 | 636_000..=636_062) => Err(ScanFault::OtherCountry),
        None => Err(ScanFault::UnknownJurisdiction),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_province_has_one_number() {
        for wanted in Province::ALL {
            assert_eq!(CANADA.iter().filter(|(_, province)| *province == wanted).count(), 1, "{wanted}");
        }
        assert_eq!(province(636_012), Ok(Province::Ontario));
        assert_eq!(province(636_014), Err(ScanFault::OtherCountry));
        assert_eq!(province(604_431), Err(ScanFault::OtherCountry));
        assert_eq!(province(636_999), Err(ScanFault::UnknownJurisdiction));
    }
}
