//! The plans of an installation whose operator has set none. The published pages have their numbers and what they are called there ("Equal
//! Payments, Low Interest"), three of the names and one rate: that of plan 4, by which 10.50 over three months are 3.56 a month. All else
//! is our choice. None has a fee.

use super::{Bilingual, PaymentRule, Plan, RegularPurchases};
use crate::cents::Cents;
use crate::credit_account::Category;
use crate::percent::Percent;
use crate::reference_data::{PlanId, Province, ProvinceGroup};

/// The interest of regular purchases (`air` of the published example), and of a plan that is the same as cash and was not paid in time.
const REGULAR: u16 = 3_099;
/// What plans call regular interest.
const PLAN: u16 = 999;
/// What they call low interest.
const LOW: u16 = 499;

const EVERYBODY: &[Category] = &Category::ALL;
const PRIME: &[Category] = &[Category::Preferred, Category::Premium];

/// What plans have in common unless they say otherwise.
fn plan(id: &str, en: &str, fr: &str, terms: &[u8]) -> Plan {
    Plan {
        id: PlanId::parse(id).expect("the reference data have it, and a test makes all of them"),
        name: Bilingual::new(en, fr),
        payment: PaymentRule::Equal,
        rate: Percent::ZERO,
        grace_months: 0,
        interest_free_months: 0,
        same_as_cash: false,
        terms: terms.to_vec(),
        fees: Vec::new(),
        categories: EVERYBODY.to_vec(),
        provinces: Province::ALL.to_vec(),
        least_amount: Cents(1),
    }
}

fn percent(hundredths: u16) -> Percent {
    Percent::from_hundredths(hundredths).unwrap_or(Percent::ZERO)
}

/// Every plan.
pub(super) fn plans() -> Vec<Plan> {
    let only_in = |group| Province::ALL.into_iter().filter(|province| province.group() == group).collect();
    vec![
        Plan {
            rate: percent(PLAN),
            grace_months: 3,
            interest_free_months: 3,
            ..plan(
                "1",
                "EMP - 90 Days Grace + Regular Interest",
                "VE - Délai de grâce de 90 jours + intérêt ordinaire",
                &[6, 12, 18, 24, 36],
            )
        },
        Plan {
            rate: percent(LOW),
            categories: PRIME.to_vec(),
            ..plan("2", "EMP - Low Interest", "VE - Intérêt réduit", &[12, 24, 36, 48, 60])
        },
        Plan {
            rate: percent(PLAN),
            ..plan("4", "EMP - Regular Interest", "VE - Intérêt ordinaire", &[3, 6, 9, 12, 18, 24, 36])
        },
        Plan {
            categories: PRIME.to_vec(), ..plan("5", "EMP - No Interest", "VE - Sans intérêt", &[3, 6, 12, 18, 24])
        },
        Plan {
            payment: PaymentRule::AtEnd,
            rate: percent(REGULAR),
            same_as_cash: true,
            provinces: only_in(ProvinceGroup::RestOfCanada),
            ..plan("6", "DP - SAC Interest Accrues", "PD - Comme au comptant, intérêt couru", &[6, 12, 18])
        },
        Plan {
            payment: PaymentRule::AtEnd,
            provinces: only_in(ProvinceGroup::Quebec),
            ..plan(
                "7",
                "DP - SAC No Payments + No Interest Accrued",
                "PD - Comme au comptant, sans versement ni intérêt couru",
                &[6, 12, 18],
            )
        },
        Plan {
            payment: PaymentRule::Minimum { share: percent(300), least: Cents(1_000) },
            categories: PRIME.to_vec(),
            ..plan("9", "MMP - No Interest", "VMM - Sans intérêt", &[6, 12, 18, 24])
        },
    ]
}

/// What regular purchases have in common.
pub(super) fn regular_purchases() -> RegularPurchases {
    RegularPurchases { rate: percent(REGULAR), fees: Vec::new() }
}
