//! Codes of which the API has a closed list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is no code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no {of}: use one of {codes:?}")]
pub struct UnknownCode {
    /// What it should name.
    of: &'static str,
    /// What does name one.
    codes: &'static [&'static str],
}

macro_rules! closed {
    ($(#[$meta:meta])* $name:ident, $of:literal { $($(#[$of_variant:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$of_variant])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of the public documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                let found = Self::ALL.iter().find(|known| known.as_str() == text);
                found.copied().ok_or(UnknownCode { of: $of, codes: &[$($code,)+] })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

closed! {
    /// What a token may be used for.
    #[derive(Default)]
    Scope, "scope" {
        /// Every endpoint: for the merchant's own server and tills.
        #[default]
        Merchant = "merchant",
        /// What a customer's own screen needs, and nothing else.
        Customer = "customer",
    }
}

closed! {
    /// A language that every text of the API is there in.
    #[derive(Default)]
    Lang, "language" {
        /// English.
        #[default]
        English = "en",
        /// French.
        French = "fr",
    }
}

closed! {
    /// What an account is for.
    AccountType, "type of account" {
        /// For a person.
        Consumer = "consumer",
        /// For a business.
        Business = "business",
    }
}

closed! {
    /// A province or territory of Canada.
    Province, "province" {
        /// Alberta.
        Ab = "AB",
        /// British Columbia.
        Bc = "BC",
        /// Manitoba.
        Mb = "MB",
        /// New Brunswick.
        Nb = "NB",
        /// Newfoundland and Labrador.
        Nl = "NL",
        /// Nova Scotia.
        Ns = "NS",
        /// Northwest Territories.
        Nt = "NT",
        /// Nunavut.
        Nu = "NU",
        /// Ontario.
        On = "ON",
        /// Prince Edward Island.
        Pe = "PE",
        /// Quebec.
        Qc = "QC",
        /// Saskatchewan.
        Sk = "SK",
        /// Yukon.
        Yt = "YT",
    }
}

closed! {
    /// A group of the reference data.
    GroupKey, "group of the reference data" {
        /// How people are addressed.
        Salutations = "salutations",
        /// Provinces and territories.
        Provinces = "provinces",
        /// Security questions.
        SecurityIds = "security_ids",
        /// Documents that a government issues.
        GovidTypes = "govid_types",
        /// Who issues each of them.
        GovidIssuedBys = "govid_issued_bys",
        /// Occupations.
        OccupationIds = "occupation_ids",
        /// Kinds of purchases.
        TransactionTypes = "transaction_types",
        /// Financing plans.
        PlanIds = "plan_ids",
        /// What people in Quebec are told of the Consumer Protection Act: one text.
        QcpaDisclosure = "qcpa_disclosure",
        /// What people are told of the insurance: one text.
        Insurance = "insurance",
        /// Its terms: one text.
        InsuranceTc = "insurance_tc",
        /// What people are told of annual fees: one text.
        AnnualFees = "annual_fees",
        /// How people live.
        HousingType = "housing_type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_as_it_is_written() {
        assert!(Province::ALL.iter().all(|province| province.as_str().parse() == Ok(*province)));
        assert!(GroupKey::ALL.iter().all(|key| key.to_string().parse() == Ok(*key)));
        assert_eq!(serde_json::from_str::<Scope>("\"customer\"").unwrap(), Scope::Customer);
        assert_eq!(serde_json::to_string(&Lang::French).unwrap(), "\"fr\"");
        let error = "de".parse::<Lang>().unwrap_err().to_string();
        assert_eq!(error, r#"this is no language: use one of ["en", "fr"]"#);
    }
}
