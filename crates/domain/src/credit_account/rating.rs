//! How the risk of lending to somebody is rated.

/// `risk_rating` of the POS API, from the least risk to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RiskRating {
    /// `L`.
    Low,
    /// `M`.
    Medium,
    /// `H`.
    High,
    /// `XH`.
    ExtraHigh,
    /// `XXH`.
    VeryHigh,
    /// `XXXH`.
    Highest,
}

/// `category_type` of the POS API: which plans a customer is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Prime, of low and medium risk.
    Preferred,
    /// Prime, of high and extra high risk.
    Premium,
    /// Not prime.
    Standard,
}

/// A text that is no rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is one of L, M, H, XH, XXH, XXXH")]
pub struct UnknownRating;

impl RiskRating {
    /// All of them, the least risk first.
    pub const ALL: [Self; 6] = [Self::Low, Self::Medium, Self::High, Self::ExtraHigh, Self::VeryHigh, Self::Highest];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Low => "L",
            Self::Medium => "M",
            Self::High => "H",
            Self::ExtraHigh => "XH",
            Self::VeryHigh => "XXH",
            Self::Highest => "XXXH",
        }
    }

    /// The rating of this code.
    ///
    /// # Errors
    /// [`UnknownRating`].
    pub fn of_code(code: &str) -> Result<Self, UnknownRating> {
        Self::ALL.into_iter().find(|rating| rating.code() == code).ok_or(UnknownRating)
    }

    /// The category that it falls into.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::Low | Self::Medium => Category::Preferred,
            Self::High | Self::ExtraHigh => Category::Premium,
            Self::VeryHigh | Self::Highest => Category::Standard,
        }
    }
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Preferred, Self::Premium, Self::Standard];

    /// As it is called on the wire and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preferred => "preferred",
            Self::Premium => "premium",
            Self::Standard => "standard",
        }
    }

    /// The category of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_read_back() {
        for rating in RiskRating::ALL {
            assert_eq!(RiskRating::of_code(rating.code()), Ok(rating));
        }
        for category in Category::ALL {
            assert_eq!(Category::of_name(category.name()), Some(category));
        }
        assert_eq!(RiskRating::of_code("Y"), Err(UnknownRating));
        assert!(RiskRating::ALL.is_sorted());
        assert!(RiskRating::ALL.map(RiskRating::category).is_sorted());
    }
}
