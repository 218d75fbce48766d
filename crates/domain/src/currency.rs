//! Currencies: ISO 4217, list one (current currencies and funds).

use std::fmt;

use crate::fault_code::Coded;
use crate::stored_text::stored_name;

/// The active alphabetic codes, sorted.
const CODES: [&str; 178] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNY",
    "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD",
    "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
    "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD",
    "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX",
    "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAD", "XAF", "XAG", "XAU", "XBA",
    "XBB", "XBC", "XBD", "XCD", "XCG", "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XTS", "XUA", "XXX", "YER", "ZAR",
    "ZMW", "ZWG",
];

/// A currency that is active in ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode(&'static str);

stored_name!(CurrencyCode);

/// The text is no active currency of ISO 4217.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The currency is unknown: use a three-letter ISO 4217 code in upper case, such as EUR")]
pub struct UnknownCurrency;

impl Coded for UnknownCurrency {
    fn code(&self) -> &'static str {
        "unknown_currency"
    }
}

impl CurrencyCode {
    /// Reads a code in upper case.
    ///
    /// # Errors
    /// [`UnknownCurrency`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownCurrency> {
        CODES.binary_search(&text).map(|place| Self(CODES[place])).map_err(|_| UnknownCurrency)
    }

    /// The three letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The number of decimals of the minor unit: 2 for EUR, 0 for JPY. `None` where ISO 4217 names none, as for gold.
    #[must_use]
    pub fn minor_units(self) -> Option<u8> {
        // By their bytes, which are looked at one by one; names would be compared one after the other.
        match self.0.as_bytes() {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => Some(0),
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => Some(3),
            b"CLF" | b"UYW" => Some(4),
            b"XAG" | b"XAU" | b"XBA" | b"XBB" | b"XBC" | b"XBD" | b"XDR" | b"XPD" | b"XPT" | b"XSU" | b"XTS"
            | b"XUA" | b"XXX" => None,
            _ => Some(2),
        }
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found() {
        assert!(CODES.is_sorted());
        for code in CODES {
            assert_eq!(CurrencyCode::parse(code).unwrap().to_string(), code);
        }
    }

    #[test]
    fn withdrawn_and_misspelled_codes_are_unknown() {
        // The Croatian, Bulgarian and Estonian currencies gave way to the euro; the others were replaced.
        for wrong in ["HRK", "BGN", "EEK", "SLL", "ZWL", "ANG", "CUC", "eur", "EU", "EURO", "", "E\u{130}R", "€"] {
            assert_eq!(CurrencyCode::parse(wrong), Err(UnknownCurrency), "{wrong}");
        }
    }

    #[test]
    fn minor_units_are_those_of_the_standard() {
        let of = |code| CurrencyCode::parse(code).unwrap().minor_units();
        assert_eq!([of("EUR"), of("SEK"), of("ISK"), of("JPY")], [Some(2), Some(2), Some(0), Some(0)]);
        assert_eq!([of("KWD"), of("CLF"), of("XAU"), of("XXX")], [Some(3), Some(4), None, None]);
    }
}
