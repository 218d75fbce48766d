//! Fees of a plan, or of a regular purchase.

use super::Bilingual;
use crate::cents::Cents;
use crate::reference_data::Lang;

/// When a fee is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// Once, with the first payment.
    Once,
    /// Again with each payment.
    Monthly,
}

impl Charged {
    /// As it is called in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Monthly => "monthly",
        }
    }

    /// That of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Once, Self::Monthly].into_iter().find(|charged| charged.name() == name)
    }

    /// `type` of a fee of the POS API, which says whether `amount` is that of a month or the total. The published pages show the first.
    #[must_use]
    pub const fn wire_type(self) -> &'static str {
        match self {
            Self::Once => "admin_total",
            Self::Monthly => "admin_monthly",
        }
    }

    /// The same for a person: `message` of a fee of the POS API.
    #[must_use]
    pub const fn message(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Once, Lang::English) => "Charged once, with the first payment",
            (Self::Once, Lang::French) => "Facturés une seule fois, avec le premier versement",
            (Self::Monthly, Lang::English) => "Charged with each payment",
            (Self::Monthly, Lang::French) => "Facturés avec chaque versement",
        }
    }
}

/// A fee, which comes on top of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// What it is for: at most 50 characters in each language.
    pub description: Bilingual,
    /// How much it is each time.
    pub amount: Cents,
    /// When it is charged.
    pub charged: Charged,
}

impl Fee {
    /// What fees are for that say nothing else.
    #[must_use]
    pub fn usual_description() -> Bilingual {
        Bilingual::new("Administration fee", "Frais d'administration")
    }
}

/// What of `fees` comes with a payment.
pub(super) fn with_payment(fees: &[Fee], is_first: bool) -> Cents {
    fees.iter().filter(|fee| is_first || fee.charged == Charged::Monthly).map(|fee| fee.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_comes_once_or_with_each_payment() {
        let fee = |amount, charged| Fee { description: Fee::usual_description(), amount: Cents(amount), charged };
        let fees = [fee(4_900, Charged::Once), fee(150, Charged::Monthly)];
        assert_eq!((with_payment(&fees, true), with_payment(&fees, false)), (Cents(5_050), Cents(150)));
        assert_eq!(with_payment(&[], true), Cents::ZERO);
        for charged in [Charged::Once, Charged::Monthly] {
            assert_eq!(Charged::of_name(charged.name()), Some(charged));
        }
    }
}
