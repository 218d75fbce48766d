//! Countries: ISO 3166-1 alpha-2.

use std::fmt;

use crate::fault_code::Coded;
use crate::stored_text::stored_name;

/// The officially assigned codes, sorted.
const CODES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD",
    "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA",
    "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE",
    "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA",
    "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK",
    "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT",
    "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS",
    "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ",
    "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS",
    "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST",
    "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW",
    "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA",
    "ZM", "ZW",
];

/// A country with an officially assigned code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode(&'static str);

stored_name!(CountryCode);

/// The text is no code of ISO 3166-1 alpha-2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The country is unknown: use a two-letter ISO 3166-1 code in upper case, such as FI")]
pub struct UnknownCountry;

impl Coded for UnknownCountry {
    fn code(&self) -> &'static str {
        "unknown_country"
    }
}

impl CountryCode {
    /// Reads a code in upper case.
    ///
    /// # Errors
    /// [`UnknownCountry`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownCountry> {
        CODES.binary_search(&text).map(|place| Self(CODES[place])).map_err(|_| UnknownCountry)
    }

    /// The two letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every country, for the tests of rules that depend on one.
    pub(crate) fn every_country() -> impl Iterator<Item = CountryCode> {
        CODES.into_iter().map(CountryCode)
    }

    #[test]
    fn every_code_is_found() {
        assert!(CODES.is_sorted());
        for code in CODES {
            assert_eq!(CountryCode::parse(code).unwrap().to_string(), code);
        }
    }

    #[test]
    fn reserved_and_misspelled_codes_are_unknown() {
        for wrong in ["EU", "UK", "XK", "XI", "EL", "AN", "fi", "FIN", "F", "", "F\u{131}"] {
            assert_eq!(CountryCode::parse(wrong), Err(UnknownCountry), "{wrong}");
        }
    }
}
