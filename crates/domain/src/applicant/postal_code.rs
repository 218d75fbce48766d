//! Canadian postal codes.

use crate::pattern;
use crate::reference_data::Province;
use crate::stored_text::stored_text;

/// A Canadian postal code as Canada Post writes it: `K1A 0B1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanadianPostalCode(String);

stored_text!(CanadianPostalCode);

/// The text is no Canadian postal code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The postal code is not a Canadian one: write it like K1A 0B1")]
pub struct CanadianPostalCodeFault;

impl CanadianPostalCode {
    /// Reads a code in either case, with or without the blank or a hyphen in it. D, F, I, O, Q and U stand in no code, W and
    /// Z not at the beginning of one (Canada Post).
    ///
    /// # Errors
    /// [`CanadianPostalCodeFault`] for any other text.
    pub fn parse(text: &str) -> Result<Self, CanadianPostalCodeFault> {
        let upper = text.trim().to_ascii_uppercase();
        let code = pattern::fit("ada dad", &upper).ok_or(CanadianPostalCodeFault)?;
        if code.contains(['D', 'F', 'I', 'O', 'Q', 'U']) || code.starts_with(['W', 'Z']) {
            return Err(CanadianPostalCodeFault);
        }
        Ok(Self(code))
    }

    /// Whether codes of `province` begin as this one does.
    #[must_use]
    pub fn is_in(&self, province: Province) -> bool {
        self.0.chars().next().is_some_and(|first| province.postal_districts().contains(first))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_have_one_form() {
        for (text, stored) in
            [("K1A 0B1", "K1A 0B1"), ("m1m1m1", "M1M 1M1"), (" v8w-3y8 ", "V8W 3Y8"), ("X0A0H0", "X0A 0H0")]
        {
            assert_eq!(CanadianPostalCode::parse(text).unwrap().as_str(), stored);
        }
        for wrong in [
            "",
            "K1A",
            "K1A 0B",
            "K1A 0B11",
            "D1A 0B1",
            "K1O 0B1",
            "K1A 0U1",
            "W1A 0B1",
            "Z1A 0B1",
            "1K1 A0A",
            "K1A  0B1",
            "90210",
            "Ｋ1A 0B1",
            "K1A\n0B1",
        ] {
            assert_eq!(CanadianPostalCode::parse(wrong), Err(CanadianPostalCodeFault), "{wrong}");
        }
    }

    #[test]
    fn the_first_letter_says_the_province() {
        let code = |text| CanadianPostalCode::parse(text).unwrap();
        for (text, provinces) in
            [("K1A 0B1", vec!["ON"]), ("H2X 1Y4", vec!["QC"]), ("X0A 0H0", vec!["NT", "NU"]), ("Y1A 1A1", vec!["YT"])]
        {
            let found: Vec<_> = Province::ALL
                .into_iter()
                .filter(|province| code(text).is_in(*province))
                .map(Province::as_str)
                .collect();
            assert_eq!(found, provinces, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_and_is_somewhere(text in "[A-Za-z][0-9][A-Za-z][ -]?[0-9][A-Za-z][0-9]|\\PC{0,9}") {
            if let Ok(code) = CanadianPostalCode::parse(&text) {
                prop_assert_eq!(CanadianPostalCode::parse(code.as_str()), Ok(code.clone()));
                prop_assert!(Province::ALL.into_iter().any(|province| code.is_in(province)));
            }
        }
    }
}
