//! Postal addresses.

use domain::country::CountryCode;
use domain::invoice::Address;

/// The lines of `address` as the post of a sender in `home` takes them: from abroad the country stands last, in
/// capitals and in a language known everywhere (Universal Postal Union, standard S42).
pub(super) fn lines(address: &Address, home: CountryCode) -> Vec<String> {
    let mut lines = vec![address.street.clone()];
    lines.extend(address.street2.clone());
    lines.extend(address.street3.clone());
    lines.push(town(address));
    if region(address.country) != region(home) {
        let given = address.country_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = name(address.country).map(str::to_owned).or_else(|| given.map(str::to_uppercase));
        lines.push(name.unwrap_or_else(|| address.country.to_string()));
    }
    lines
}

/// The postal code and the town, in the order of the country.
pub(super) fn town(address: &Address) -> String {
    let (code, town) = (&address.postal_code, &address.postal_district);
    match address.country.as_str() {
        "AU" | "CA" | "GB" | "IE" | "IN" | "NZ" | "US" => format!("{town} {code}"),
        // PostNord asks for two spaces.
        "SE" => format!("{code}  {town}"),
        _ => format!("{code} {town}"),
    }
}

/// Åland has the post of Finland.
fn region(country: CountryCode) -> &'static str {
    match country.as_str() {
        "AX" => "FI",
        code => code,
    }
}

/// The English names of the countries that most letters go to.
fn name(country: CountryCode) -> Option<&'static str> {
    Some(match country.as_str() {
        "AT" => "AUSTRIA",
        "AX" | "FI" => "FINLAND",
        "BE" => "BELGIUM",
        "BG" => "BULGARIA",
        "CA" => "CANADA",
        "CH" => "SWITZERLAND",
        "CY" => "CYPRUS",
        "CZ" => "CZECHIA",
        "DE" => "GERMANY",
        "DK" => "DENMARK",
        "EE" => "ESTONIA",
        "ES" => "SPAIN",
        "FO" => "FAROE ISLANDS",
        "FR" => "FRANCE",
        "GB" => "UNITED KINGDOM",
        "GR" => "GREECE",
        "HR" => "CROATIA",
        "HU" => "HUNGARY",
        "IE" => "IRELAND",
        "IS" => "ICELAND",
        "IT" => "ITALY",
        "LI" => "LIECHTENSTEIN",
        "LT" => "LITHUANIA",
        "LU" => "LUXEMBOURG",
        "LV" => "LATVIA",
        "MT" => "MALTA",
        "NL" => "NETHERLANDS",
        "NO" => "NORWAY",
        "PL" => "POLAND",
        "PT" => "PORTUGAL",
        "RO" => "ROMANIA",
        "SE" => "SWEDEN",
        "SI" => "SLOVENIA",
        "SK" => "SLOVAKIA",
        "TR" => "TURKEY",
        "UA" => "UKRAINE",
        "US" => "UNITED STATES OF AMERICA",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::postal_code::PostalCode;

    use super::*;

    fn address(country: &str, code: &str, town: &str) -> Address {
        let country = CountryCode::parse(country).unwrap();
        Address {
            street: "Main 1".to_owned(),
            street2: None,
            street3: None,
            postal_code: PostalCode::parse(code, country).unwrap(),
            postal_district: town.to_owned(),
            country,
            country_name: Some("Suomi".to_owned()),
        }
    }

    #[test]
    fn the_country_stands_last_where_a_letter_crosses_a_border() {
        let home = CountryCode::parse("FI").unwrap();
        for (country, code, town, last) in [
            ("FI", "00100", "HELSINKI", "00100 HELSINKI"),
            ("AX", "22100", "MARIEHAMN", "22100 MARIEHAMN"),
            ("SE", "12345", "STOCKHOLM", "SWEDEN"),
            ("JP", "100-0001", "TOKYO", "SUOMI"),
        ] {
            assert_eq!(lines(&address(country, code, town), home).last().unwrap(), last);
        }
        assert_eq!(town(&address("SE", "12345", "STOCKHOLM")), "123 45  STOCKHOLM");
        assert_eq!(town(&address("GB", "SW1A 1AA", "LONDON")), "LONDON SW1A 1AA");
    }
}
