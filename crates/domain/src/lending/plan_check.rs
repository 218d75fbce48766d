//! What makes a plan right: told to the operator before anybody is offered it.

use super::plan_term::PlanTerm;
use super::{Bilingual, Charged, Fee, PaymentRule, Plan};
use crate::cents::Cents;
use crate::percent::Percent;
use crate::reference_data::PlanId;

/// The highest rate of a year that may be lent at: above it, it is a crime (Criminal Code, section 347, since 2025).
pub const LARGEST_RATE: Percent = match Percent::from_hundredths(3_500) {
    Some(rate) => rate,
    None => Percent::ZERO,
};

/// The longest term, in months.
pub const LONGEST_TERM: u8 = 120;

/// The most months of grace.
const LONGEST_GRACE: u8 = 24;
/// The most terms of a plan.
const MOST_TERMS: usize = 24;
/// The most fees of a plan. Each is in every term of an answer.
const MOST_FEES: usize = 4;
/// The largest fee.
const LARGEST_FEE: Cents = Cents(1_000_000);
/// The most characters of what a fee is for, as the published page of `calculate-interest` has it.
const LONGEST_DESCRIPTION: usize = 50;
/// The most characters of a plan's name.
const LONGEST_NAME: usize = 100;

/// What is wrong with a plan, or with what is said of all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LendingFault {
    /// A setting of a plan.
    #[error("plan {plan}: {setting} {reason}")]
    Plan {
        /// The plan.
        plan: PlanId,
        /// The setting, as it is called in the configuration.
        setting: &'static str,
        /// What is wrong, and how it is mended.
        reason: String,
    },
    /// A plan is there twice.
    #[error("plan {0} is there twice: write one for each id")]
    Twice(PlanId),
    /// A setting of regular purchases.
    #[error("regular purchases: {setting} {reason}")]
    Regular {
        /// The setting.
        setting: &'static str,
        /// What is wrong, and how it is mended.
        reason: String,
    },
    /// A merchant's choice has a plan that is not there.
    #[error("merchant {merchant}: plan {plan} is not offered here, so that no merchant can offer it")]
    MerchantPlan {
        /// `client_id` of the POS API.
        merchant: String,
        /// The plan.
        plan: PlanId,
    },
}

/// What is wrong with a setting: its name and the reason.
type Wrong = (&'static str, String);

fn wrong<T>(setting: &'static str, reason: impl Into<String>) -> Result<T, Wrong> {
    Err((setting, reason.into()))
}

/// Looks over a plan.
pub(super) fn plan(plan: &Plan) -> Result<(), LendingFault> {
    examine(plan).map_err(|(setting, reason)| LendingFault::Plan { plan: plan.id, setting, reason })
}

/// Looks over what regular purchases have in common.
pub(super) fn regular(rate: Percent, fees: &[Fee]) -> Result<(), LendingFault> {
    let once = || match fees.iter().find(|fee| fee.charged == Charged::Monthly) {
        Some(_) => {
            wrong("fees", "are charged monthly, and a regular purchase has no months: write `charged = \"once\"`")
        }
        None => Ok(()),
    };
    self::rate(rate)
        .and_then(|()| self::fees(fees))
        .and_then(|()| once())
        .map_err(|(setting, reason)| LendingFault::Regular { setting, reason })
}

fn examine(plan: &Plan) -> Result<(), Wrong> {
    text("name", &plan.name, LONGEST_NAME)?;
    rate(plan.rate)?;
    fees(&plan.fees)?;
    terms(&plan.terms)?;
    if plan.categories.is_empty() {
        return wrong(
            "categories",
            "are none, so that nobody could have it: name some of preferred, premium and standard",
        );
    }
    if plan.provinces.is_empty() {
        return wrong("provinces", "are none, so that nobody could have it: name some, or ROC for all but QC");
    }
    if !plan.least_amount.is_positive() {
        return wrong("least-amount", "is not above zero: give 0.01 or more");
    }
    if plan.grace_months > LONGEST_GRACE {
        return wrong("grace-months", format!("is {}: give {LONGEST_GRACE} at most", plan.grace_months));
    }
    if plan.interest_free_months > LONGEST_GRACE + LONGEST_TERM {
        return wrong("interest-free-months", "is longer than any term: set the rate to 0% instead");
    }
    if plan.same_as_cash && plan.rate == Percent::ZERO {
        return wrong("same-as-cash", "needs a rate, which counts when the purchase is not paid in time");
    }
    if plan.same_as_cash && plan.interest_free_months > 0 {
        return wrong(
            "same-as-cash",
            "can't go with interest-free-months: it has no interest at all, or that of the whole time",
        );
    }
    match plan.payment {
        PaymentRule::AtEnd if plan.grace_months > 0 => wrong(
            "grace-months",
            "can't go with payment at the end, before which there is nothing to pay anyway: make the terms longer",
        ),
        PaymentRule::Minimum { share, least } if least.is_negative() || (share == Percent::ZERO && least.is_zero()) => {
            wrong("minimum-share", "is no share: give one above 0%, or a minimum-amount above 0.00")
        }
        _ => covered(plan),
    }
}

/// Whether no first payment has to be larger than the others.
fn covered(plan: &Plan) -> Result<(), Wrong> {
    let uncovered = plan.terms.iter().find(|months| !PlanTerm::new(plan, **months).covers_interest(plan));
    match uncovered {
        Some(months) => {
            let reason = format!(
                "leave more interest to the first of {months} equal payments than each of them is: set interest-free-months, or a lower rate"
            );
            wrong("grace-months", reason)
        }
        None => Ok(()),
    }
}

fn rate(rate: Percent) -> Result<(), Wrong> {
    if rate > LARGEST_RATE {
        return wrong(
            "rate",
            format!("is {rate}%: more than {LARGEST_RATE}% a year is a crime in Canada (Criminal Code, section 347)"),
        );
    }
    Ok(())
}

fn terms(terms: &[u8]) -> Result<(), Wrong> {
    let is_right = !terms.is_empty()
        && terms.len() <= MOST_TERMS
        && terms.iter().all(|months| (1..=LONGEST_TERM).contains(months))
        && terms.is_sorted_by(|one, next| one < next);
    if is_right {
        return Ok(());
    }
    let reason = format!(
        "are not 1 to {MOST_TERMS} numbers of months from 1 to {LONGEST_TERM}, the shortest first and none twice"
    );
    wrong("terms", reason)
}

fn fees(fees: &[Fee]) -> Result<(), Wrong> {
    if fees.len() > MOST_FEES {
        return wrong("fees", format!("are too many: give {MOST_FEES} at most"));
    }
    for fee in fees {
        if !fee.amount.is_positive() || fee.amount > LARGEST_FEE {
            return wrong("fees", format!("have the amount {}: give one from 0.01 to {LARGEST_FEE}", fee.amount));
        }
        text("fees", &fee.description, LONGEST_DESCRIPTION)?;
    }
    Ok(())
}

fn text(setting: &'static str, text: &Bilingual, most: usize) -> Result<(), Wrong> {
    let is_right =
        |text: &str| !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
    if text.both().into_iter().all(is_right) {
        return Ok(());
    }
    wrong(setting, format!("must have a text in en and one in fr, each of {most} characters at most"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lending::{Charged, Lending};

    fn told(change: impl FnOnce(&mut Plan)) -> String {
        let id = PlanId::of_number(4).unwrap();
        let mut changed = Lending::default_plans().into_iter().find(|plan| plan.id == id).unwrap();
        change(&mut changed);
        plan(&changed).map_or_else(|fault| fault.to_string(), |()| "right".to_owned())
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_told() {
        let fee = |amount| Fee { description: Fee::usual_description(), amount: Cents(amount), charged: Charged::Once };
        let percent = |hundredths| Percent::from_hundredths(hundredths).unwrap();
        let minimum = |share, least| PaymentRule::Minimum { share: percent(share), least: Cents(least) };
        assert_eq!(told(|_| {}), "right");
        for (found, expected) in [
            (told(|plan| plan.name.fr = " ".to_owned()), "plan 4: name must have a text in en and one in fr"),
            (told(|plan| plan.rate = percent(3_501)), "plan 4: rate is 35.01%: more than 35% a year"),
            (told(|plan| plan.terms.clear()), "plan 4: terms are not 1 to 24"),
            (told(|plan| plan.terms = vec![6, 3]), "plan 4: terms are not 1 to 24"),
            (told(|plan| plan.terms = vec![3, 3]), "plan 4: terms are not 1 to 24"),
            (told(|plan| plan.terms = vec![0]), "plan 4: terms are not 1 to 24"),
            (told(|plan| plan.terms = vec![121]), "plan 4: terms are not 1 to 24"),
            (told(|plan| plan.categories.clear()), "plan 4: categories are none"),
            (told(|plan| plan.provinces.clear()), "plan 4: provinces are none"),
            (told(|plan| plan.least_amount = Cents::ZERO), "plan 4: least-amount is not above zero"),
            (told(|plan| plan.grace_months = 25), "plan 4: grace-months is 25: give 24"),
            (told(|plan| plan.interest_free_months = 145), "plan 4: interest-free-months is longer"),
            (told(|plan| plan.grace_months = 24), "plan 4: grace-months leave more interest to the first of 6"),
            (told(|plan| plan.fees = vec![fee(0)]), "plan 4: fees have the amount 0.00"),
            (told(|plan| plan.fees = vec![fee(1_000_001)]), "plan 4: fees have the amount 10000.01"),
            (told(|plan| plan.fees = vec![fee(1); 5]), "plan 4: fees are too many"),
            (told(|plan| plan.payment = minimum(0, 0)), "plan 4: minimum-share is no share"),
            (told(|plan| plan.payment = minimum(100, -1)), "plan 4: minimum-share is no share"),
            (told(|plan| (plan.payment, plan.grace_months) = (PaymentRule::AtEnd, 1)), "plan 4: grace-months can't go"),
            (told(|plan| (plan.same_as_cash, plan.rate) = (true, Percent::ZERO)), "plan 4: same-as-cash needs a rate"),
            (told(|plan| (plan.same_as_cash, plan.interest_free_months) = (true, 1)), "plan 4: same-as-cash can't go"),
        ] {
            assert!(found.starts_with(expected), "{found}, and not {expected}");
        }
    }

    #[test]
    fn regular_purchases_are_looked_over_too() {
        let fault = regular(Percent::from_hundredths(3_600).unwrap(), &[]).unwrap_err();
        assert!(fault.to_string().starts_with("regular purchases: rate is 36%"), "{fault}");
        assert_eq!(regular(LARGEST_RATE, &[]), Ok(()));
    }
}
