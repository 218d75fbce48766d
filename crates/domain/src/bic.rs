//! Bank identifiers: BIC, ISO 9362.

use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::pattern;
use crate::stored_text::stored_text;

/// A BIC of 8 or 11 characters, upper-case: `NDEAFIHH`, `DABASESXXXX`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bic(String);

stored_text!(Bic);

/// What is wrong with a BIC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BicFault {
    /// It is not four letters or digits, two letters, two letters or digits, and perhaps three more.
    #[error("The BIC is not valid: write its 8 or 11 characters like NDEAFIHH")]
    Format,
    /// Its fifth and sixth character are no country.
    #[error("The country of the BIC does not exist: check its fifth and sixth letter")]
    Country,
}

impl Coded for BicFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "bic_format",
            Self::Country => "bic_country",
        }
    }
}

impl Bic {
    /// Reads a BIC in either case.
    ///
    /// # Errors
    /// [`BicFault`], when it does not have the form or names no country.
    pub fn parse(text: &str) -> Result<Self, BicFault> {
        let upper = text.to_ascii_uppercase();
        if !["xxxxaaxx", "xxxxaaxxxxx"].iter().any(|template| pattern::fit(template, &upper).is_some()) {
            return Err(BicFault::Format);
        }
        let country = &upper[4..6];
        // Kosovo has BICs and no code of its own in ISO 3166-1.
        if country != "XK" && CountryCode::parse(country).is_err() {
            return Err(BicFault::Country);
        }
        Ok(Self(upper))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_eight_or_eleven_characters() {
        for (text, stored) in [
            ("NDEAFIHH", "NDEAFIHH"),
            ("okoyfihh", "OKOYFIHH"),
            ("DABASESXXXX", "DABASESXXXX"),
            ("DNBANOKK", "DNBANOKK"),
            ("NCBVXKPR", "NCBVXKPR"),
            ("1234FI00", "1234FI00"),
        ] {
            assert_eq!(Bic::parse(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for text in
            ["", "NDEAFIH", "NDEAFIHHX", "NDEAFIHHXX", "NDEAFIHHXXXX", "NDEA1IHH", "NDEA FIHH", "NDEÄFIHH", "NDEAFIH\0"]
        {
            assert_eq!(Bic::parse(text), Err(BicFault::Format), "{text:?}");
        }
        assert_eq!(Bic::parse("NDEAXXHH"), Err(BicFault::Country));
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_as_it_is(text in "[A-Za-z0-9]{4}[A-Za-z]{2}[A-Za-z0-9]{2,5}|\\PC*") {
            if let Ok(bic) = Bic::parse(&text) {
                prop_assert_eq!(Bic::parse(bic.as_str()), Ok(bic));
            }
        }
    }
}
