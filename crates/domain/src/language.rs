//! Languages: ISO 639-1.

use std::fmt;

use crate::fault_code::Coded;
use crate::stored_text::stored_name;

/// The codes, in upper case as they are stored, sorted.
const CODES: [&str; 183] = [
    "AA", "AB", "AE", "AF", "AK", "AM", "AN", "AR", "AS", "AV", "AY", "AZ", "BA", "BE", "BG", "BI", "BM", "BN", "BO",
    "BR", "BS", "CA", "CE", "CH", "CO", "CR", "CS", "CU", "CV", "CY", "DA", "DE", "DV", "DZ", "EE", "EL", "EN", "EO",
    "ES", "ET", "EU", "FA", "FF", "FI", "FJ", "FO", "FR", "FY", "GA", "GD", "GL", "GN", "GU", "GV", "HA", "HE", "HI",
    "HO", "HR", "HT", "HU", "HY", "HZ", "IA", "ID", "IE", "IG", "II", "IK", "IO", "IS", "IT", "IU", "JA", "JV", "KA",
    "KG", "KI", "KJ", "KK", "KL", "KM", "KN", "KO", "KR", "KS", "KU", "KV", "KW", "KY", "LA", "LB", "LG", "LI", "LN",
    "LO", "LT", "LU", "LV", "MG", "MH", "MI", "MK", "ML", "MN", "MR", "MS", "MT", "MY", "NA", "NB", "ND", "NE", "NG",
    "NL", "NN", "NO", "NR", "NV", "NY", "OC", "OJ", "OM", "OR", "OS", "PA", "PI", "PL", "PS", "PT", "QU", "RM", "RN",
    "RO", "RU", "RW", "SA", "SC", "SD", "SE", "SG", "SI", "SK", "SL", "SM", "SN", "SO", "SQ", "SR", "SS", "ST", "SU",
    "SV", "SW", "TA", "TE", "TG", "TH", "TI", "TK", "TL", "TN", "TO", "TR", "TS", "TT", "TW", "TY", "UG", "UK", "UR",
    "UZ", "VE", "VI", "VO", "WA", "WO", "XH", "YI", "YO", "ZA", "ZH", "ZU",
];

/// A language with a two-letter code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageCode(&'static str);

stored_name!(LanguageCode);

/// The text is no code of ISO 639-1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The language is unknown: use a two-letter ISO 639-1 code, such as FI")]
pub struct UnknownLanguage;

impl Coded for UnknownLanguage {
    fn code(&self) -> &'static str {
        "unknown_language"
    }
}

impl LanguageCode {
    /// Reads a code in either case. `DK` is taken as Danish, since the public documentation uses it.
    ///
    /// # Errors
    /// [`UnknownLanguage`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownLanguage> {
        let upper = text.to_ascii_uppercase();
        let wanted = if upper == "DK" { "DA" } else { upper.as_str() };
        CODES.binary_search(&wanted).map(|place| Self(CODES[place])).map_err(|_| UnknownLanguage)
    }

    /// The two letters in upper case, as they are stored and as the Partner API writes them: `FI`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The two letters in lower case, as ISO 639-1 and language tags (RFC 5646) write them: `fi`.
    #[must_use]
    pub fn tag(self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_in_either_case() {
        assert!(CODES.is_sorted());
        for code in CODES {
            let language = LanguageCode::parse(code).unwrap();
            assert_eq!(language.as_str(), code);
            assert_eq!(LanguageCode::parse(&language.tag()), Ok(language));
        }
    }

    #[test]
    fn takes_dk_as_danish() {
        for text in ["DK", "dk", "Da", "DA"] {
            assert_eq!(LanguageCode::parse(text).unwrap().as_str(), "DA", "{text}");
        }
        assert_eq!(LanguageCode::parse("DK").unwrap().tag(), "da");
    }

    #[test]
    fn other_texts_are_unknown() {
        for wrong in ["", "F", "FIN", "fi-FI", "SH", "XX", "\u{17f}e"] {
            assert_eq!(LanguageCode::parse(wrong), Err(UnknownLanguage), "{wrong}");
        }
    }
}
