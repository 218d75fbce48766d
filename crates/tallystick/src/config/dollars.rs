//! Amounts at the point of sale as people write them: `10000.00`.

use std::fmt;
use std::str::FromStr;

use domain::cents::Cents;

/// An amount in Canadian dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub Cents);

impl FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Cents::parse(text)
            .map(Self)
            .map_err(|_| format!("`{text}` is no amount: write dollars with at most two decimals, such as 10000.00"))
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::text::from_text!(Dollars);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_shows() {
        for (text, shown) in [("10000.00", "10000.00"), ("0.5", "0.50"), ("7", "7.00")] {
            assert_eq!(text.parse::<Dollars>().unwrap().to_string(), shown);
        }
        for text in ["", "10,00", "1.005", "$5", "ten"] {
            assert!(text.parse::<Dollars>().unwrap_err().contains("such as 10000.00"), "{text}");
        }
    }
}
