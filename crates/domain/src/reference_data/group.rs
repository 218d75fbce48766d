//! The groups of the reference data.

use std::fmt;

/// A group: the `{key}` of `GET …/i18n/{key}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// How people are addressed.
    Salutations,
    /// Provinces and territories.
    Provinces,
    /// Security questions.
    SecurityIds,
    /// Government documents.
    GovidTypes,
    /// Who issues each of them, in `option_depends`.
    GovidIssuedBys,
    /// Occupations, in `options`.
    OccupationIds,
    /// Kinds of purchases.
    TransactionTypes,
    /// Financing plans.
    PlanIds,
    /// What people in Quebec are told of the Consumer Protection Act: one text.
    QcpaDisclosure,
    /// What people are told of the insurance: one text.
    Insurance,
    /// Its terms: one text.
    InsuranceTc,
    /// What people are told of annual fees: one text.
    AnnualFees,
    /// How people live.
    HousingType,
}

impl GroupKey {
    /// Every key, in the order of the public example.
    pub const ALL: [Self; 13] = [
        Self::Salutations,
        Self::Provinces,
        Self::SecurityIds,
        Self::GovidTypes,
        Self::GovidIssuedBys,
        Self::OccupationIds,
        Self::TransactionTypes,
        Self::PlanIds,
        Self::QcpaDisclosure,
        Self::Insurance,
        Self::InsuranceTc,
        Self::AnnualFees,
        Self::HousingType,
    ];

    /// The key on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Salutations => "salutations",
            Self::Provinces => "provinces",
            Self::SecurityIds => "security_ids",
            Self::GovidTypes => "govid_types",
            Self::GovidIssuedBys => "govid_issued_bys",
            Self::OccupationIds => "occupation_ids",
            Self::TransactionTypes => "transaction_types",
            Self::PlanIds => "plan_ids",
            Self::QcpaDisclosure => "qcpa_disclosure",
            Self::Insurance => "insurance",
            Self::InsuranceTc => "insurance_tc",
            Self::AnnualFees => "annual_fees",
            Self::HousingType => "housing_type",
        }
    }

    /// Reads a key, exactly as it is written. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == text)
    }

    /// The place in [`GroupKey::ALL`].
    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
