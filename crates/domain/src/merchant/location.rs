//! The locations of a merchant: its shops, under the merchant's own identifiers.

use super::check_name;
use crate::Faults;
use crate::fault_code::Coded;
use crate::reference_data::{Province, UnknownProvince};
use crate::stored_text::stored_text;

/// `external_location_id` of the POS API: how the merchant calls a shop. Case matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocationId(String);

stored_text!(LocationId);

/// The text is no identifier of a location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "An identifier of a location has 1 to {} printable characters of ASCII and no space around it, such as STORE-1",
    LocationId::LONGEST
)]
pub struct LocationIdFault;

impl Coded for LocationIdFault {
    fn code(&self) -> &'static str {
        "location_id_format"
    }
}

impl LocationId {
    /// The most characters.
    pub const LONGEST: usize = 100;

    /// Reads an identifier.
    ///
    /// # Errors
    /// [`LocationIdFault`].
    pub fn parse(text: &str) -> Result<Self, LocationIdFault> {
        let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if text.is_empty() || text.len() > Self::LONGEST || !is_printable || text.trim() != text {
            return Err(LocationIdFault);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A location as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocationDraft {
    /// `locationId`.
    pub id: String,
    /// `name`.
    pub name: String,
    /// `province`.
    pub province: String,
}

/// A location in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its identifier.
    pub id: LocationId,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub province: Province,
}

impl Location {
    /// Checks a location.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn check(draft: &LocationDraft) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let id = LocationId::parse(&draft.id)
            .map_err(|fault| faults.add("locationId", fault.code(), fault.to_string()))
            .ok();
        let name = check_name(&draft.name).map_err(|(code, message)| faults.add("name", code, message)).ok();
        // In capitals only: what is kept is the postal abbreviation.
        let province = Province::parse(&draft.province).ok().filter(|province| province.as_str() == draft.province);
        if province.is_none() {
            faults.add("province", "unknown_province", UnknownProvince.to_string());
        }
        match (id, name, province) {
            (Some(id), Some(name), Some(province)) => Ok(Self { id, name, province }),
            _ => Err(faults),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, name: &str, province: &str) -> LocationDraft {
        LocationDraft { id: id.into(), name: name.into(), province: province.into() }
    }

    #[test]
    fn a_shop_is_taken() {
        let shop = Location::check(&draft("STORE 1/a", "Côté meubles, Québec", "QC")).unwrap();
        assert_eq!(
            (shop.id.as_str(), shop.name.as_str(), shop.province),
            ("STORE 1/a", "Côté meubles, Québec", Province::Quebec)
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        for id in ["", " STORE", "STORE\t1", "É", &"a".repeat(101)] {
            let faults = Location::check(&draft(id, " ", "qc")).unwrap_err();
            let told: Vec<_> = faults.as_slice().iter().map(|fault| (&*fault.field, &*fault.code)).collect();
            assert_eq!(
                told,
                [("locationId", "location_id_format"), ("name", "required"), ("province", "unknown_province")],
                "{id:?}"
            );
        }
    }
}
