//! Plans by which a purchase is financed.

use super::{Bilingual, Fee};
use crate::cents::Cents;
use crate::credit_account::Category;
use crate::percent::Percent;
use crate::reference_data::{PlanId, Province};

/// How a purchase is paid back.
///
/// A month is a twelfth of a year, whatever the calendar. Payments are due at the end of a month; in the months of grace there are none, and
/// the months of the term come after them. Interest accrues by the month, on the principal and never on interest, from the first month that
/// is not free of it; the interest of a payment is that of all months since the one before, rounded once, half to even, and no payment is
/// less than its interest. The last payment takes whatever is left, so that the principal adds up to the purchase to the cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentRule {
    /// A payment each month of the term, all of the same amount but the last: the exact payment that would leave nothing over, rounded half
    /// to even. In interest-free months it is all principal. Interest of months of grace is part of the first payment, which must not be
    /// more than the others for it: a plan that would come to that is refused.
    Equal,
    /// One payment, at the end of the term, with the interest of all months that are not free of it.
    AtEnd,
    /// A payment each month of the term of a share of what is owed by then, interest included, and no less than an amount; the rest with the
    /// last.
    Minimum {
        /// The share.
        share: Percent,
        /// The least payment, unless less is owed.
        least: Cents,
    },
}

/// A plan. What makes one right is checked where it is taken into [`super::Lending`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its number: 1, 2, 4, 5, 6, 7 or 9.
    pub id: PlanId,
    /// `plan_name` of the POS API.
    pub name: Bilingual,
    /// How it is paid back.
    pub payment: PaymentRule,
    /// The nominal rate of a year.
    pub rate: Percent,
    /// The months before the term, in which nothing is to be paid.
    pub grace_months: u8,
    /// The months from the purchase on in which no interest accrues, those of grace among them.
    pub interest_free_months: u8,
    /// Whether no interest is owed where all was paid by the end of the term ("same as cash"), and otherwise that of the whole time.
    pub same_as_cash: bool,
    /// The terms that it is offered for, in months, the shortest first.
    pub terms: Vec<u8>,
    /// Fees on top of the payments.
    pub fees: Vec<Fee>,
    /// Who may have it.
    pub categories: Vec<Category>,
    /// Where they live.
    pub provinces: Vec<Province>,
    /// The least purchase that it is for.
    pub least_amount: Cents,
}

/// The time until a payment is due, from the purchase or the payment before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// The month after the purchase at whose end the payment is due, from 1.
    pub(super) month: u8,
    /// How many months it has.
    pub(super) months: u8,
    /// How many of them bear interest.
    pub(super) bearing: u8,
    /// Whether its payment is the first.
    pub(super) is_first: bool,
    /// Whether its payment is the last.
    pub(super) is_last: bool,
}

impl Plan {
    /// The periods of a term.
    pub(super) fn periods(&self, term: u8) -> impl Iterator<Item = Period> {
        let end = self.grace_months + term;
        let first = if self.payment == PaymentRule::AtEnd { end } else { self.grace_months + 1 };
        (first..=end).map(move |month| {
            let since = if month == first { 0 } else { month - 1 };
            let bearing = if self.same_as_cash { 0 } else { self.bearing(since, month) };
            Period { month, months: month - since, bearing, is_first: month == first, is_last: month == end }
        })
    }

    /// How many months after `since` and up to `until` are not free of interest.
    pub(super) fn bearing(&self, since: u8, until: u8) -> u8 {
        until.saturating_sub(since.max(self.interest_free_months))
    }
}
