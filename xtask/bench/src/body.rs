//! The client that is created again and again: the example of the public documentation, but for the codes that make it unique.

/// The body of `POST /client`, with the marks that `wrk/load.lua` replaces.
pub(crate) fn json(partner_code: &str) -> String {
    serde_json::json!({
        "service": {"type": "LIFECYCLE", "partnerCode": partner_code},
        "client": {
            "name": "Test Customer Oy",
            "businessCode": "#BASE##-#",
            "vatRegNbr": "FI#BASE###",
            "postalAddress": "Testikuja 7",
            "postalCode": "12345",
            "postalDistrict": "HELSINKI",
            "countryCode": "FI",
            "telephone": "",
            "email": "email@testcustomer.fi",
            "website": "",
            "languageCode": "FI",
            "currencyCode": "EUR",
            "ibanAccount": "",
            "bic": "",
            "bankgiro": "",
            "plusgiro": ""
        },
        "contacts": {
            "primary": {
                "name": "Matti Meikäläinen",
                "telephone": "",
                "mobile": "+358441234567",
                "email": "matti@testcustomer.fi"
            },
            "technical": {"name": "", "email": ""},
            "accountant": {"name": "", "email": ""}
        }
    })
    .to_string()
}

/// The columns of [`csv_row`].
pub(crate) const CSV_HEADER: &str = "serviceType,name,businessCode,vatRegNbr,postalAddress,postalCode,postalDistrict,countryCode,email,\
     languageCode,currencyCode,primaryName,primaryMobile,primaryEmail";

/// What a number is multiplied by to give that of a name. It shares no factor with ten, so that different numbers give different names.
const SHUFFLE: u64 = 7_654_321;

/// The same client as a row for `client import`, but for its name. Names differ, and stand in another order than the clients are made
/// in, as they do where people choose them: a page by name has its clients all over the table.
pub(crate) fn csv_row(code: &BusinessCode) -> String {
    let BusinessCode { base, check } = code;
    let name = u64::from(*base) * SHUFFLE % 10_000_000;
    format!(
        "LIFECYCLE,Test Customer {name:07} Oy,{base:07}-{check},FI{base:07}{check},Testikuja 7,12345,HELSINKI,FI,email@testcustomer.fi,FI,EUR,\
         Matti Meikäläinen,+358441234567,matti@testcustomer.fi"
    )
}

/// A Finnish business code (Y-tunnus).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BusinessCode {
    /// Seven digits.
    pub(crate) base: u32,
    /// The check digit.
    pub(crate) check: u32,
}

impl BusinessCode {
    /// The code of a number; `None` where the rule knows no check digit (remainder 1 modulo 11).
    fn of(base: u32) -> Option<Self> {
        let weights = [2, 4, 8, 5, 10, 9, 7];
        let sum: u32 = weights.iter().enumerate().map(|(i, weight)| weight * (base / 10_u32.pow(i as u32) % 10)).sum();
        match sum % 11 {
            0 => Some(Self { base, check: 0 }),
            1 => None,
            remainder => Some(Self { base, check: 11 - remainder }),
        }
    }

    /// Every code whose number is above `base`, in order.
    pub(crate) fn after(base: u32) -> impl Iterator<Item = Self> {
        (base + 1..10_000_000).filter_map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use domain::Environment;
    use domain::client::{ClientDraft, ContactDraft, check};

    use super::*;

    #[test]
    fn the_codes_have_their_check_digits() {
        assert_eq!(BusinessCode::of(737_546), Some(BusinessCode { base: 737_546, check: 2 }));
        assert_eq!(BusinessCode::of(2_077_474), Some(BusinessCode { base: 2_077_474, check: 0 }));
        assert_eq!(BusinessCode::of(6), None);
        assert_eq!(BusinessCode::after(5).next().unwrap().base, 7);
    }

    #[test]
    fn production_would_take_the_client() {
        let code = BusinessCode::of(2_077_474).unwrap();
        let row = csv_row(&code);
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!(fields.len(), CSV_HEADER.split(',').count());
        let text = |i: usize| Some(fields[i].to_owned());
        let draft = ClientDraft {
            service_type: text(0),
            partner_code: Some("BENCH".to_owned()),
            name: text(1),
            business_code: text(2),
            vat_reg_nbr: text(3),
            postal_address: text(4),
            postal_code: text(5),
            postal_district: text(6),
            country_code: text(7),
            email: text(8),
            language_code: text(9),
            currency_code: text(10),
            primary: ContactDraft { name: text(11), mobile: text(12), email: text(13), telephone: None },
            ..ClientDraft::default()
        };
        assert!(check(&draft, Environment::Production).is_ok());
    }

    #[test]
    fn names_differ_and_have_an_order_of_their_own() {
        let name = |code: &BusinessCode| csv_row(code).split(',').nth(1).unwrap().to_owned();
        let codes: Vec<_> = BusinessCode::after(0).take(1_000).collect();
        let names: Vec<_> = codes.iter().map(name).collect();
        assert!(!names.is_sorted());
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), names.len());
    }

    #[test]
    fn the_marks_stand_where_the_script_looks_for_them() {
        let json = json("BENCH");
        assert_eq!(json.matches("#BASE##-#").count(), 1);
        assert_eq!(json.matches("#BASE###").count(), 1);
        assert!(json.find("#BASE##-#") < json.find("#BASE###"));
    }
}
