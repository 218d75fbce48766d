//! Who is offered which plans, and what a purchase by one of them comes to.

use std::collections::BTreeMap;

use super::plan_term::PlanTerm;
use super::{AnnualRate, LARGEST_RATE, LendingFault, Plan, RegularPurchases, Schedule, defaults, plan_check};
use crate::cents::Cents;
use crate::credit_account::Category;
use crate::reference_data::{PlanId, Province};

/// What of a customer decides which plans there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borrower {
    /// The category of the risk.
    pub category: Category,
    /// Where the customer lives.
    pub province: Province,
}

/// The plans of an installation, and which of them each merchant offers. A copy is cheap enough for a start, not for each call.
#[derive(Clone, Debug)]
pub struct Lending {
    offers: Vec<Offer>,
    regular: RegularPurchases,
    /// By `client_id` of the POS API. Who is not among them offers every plan.
    merchants: BTreeMap<String, Vec<PlanId>>,
}

#[derive(Clone, Debug)]
struct Offer {
    plan: Plan,
    terms: Vec<PlanTerm>,
}

/// A plan with the terms that it can be had for.
#[derive(Clone, Debug)]
pub struct PlanQuote<'l> {
    /// The plan.
    pub plan: &'l Plan,
    /// Its terms, the shortest first; never none.
    pub terms: Vec<TermQuote>,
    offer: &'l Offer,
    amount: Cents,
}

impl PlanQuote<'_> {
    /// What is to be paid by one of the terms, and when.
    #[must_use]
    pub fn schedule(&self, term: &TermQuote) -> Schedule {
        let offered = self.offer.terms.iter().find(|offered| offered.months == term.months);
        let offered = offered.expect("a quote has the terms of its offer");
        offered.schedule(self.plan, self.amount)
    }
}

/// What a purchase costs by one term of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermQuote {
    /// The term, in months.
    pub months: u8,
    /// The first payment without fees: of equal payments each but the last, of a payment at the end that one, else the first minimum.
    pub payment: Cents,
    /// The annual rate, fees included, when every payment is made in time.
    pub annual_rate: AnnualRate,
    /// Of a plan that is the same as cash: the interest that is charged when nothing is paid by the end of its time. Of what is unpaid then,
    /// in proportion.
    pub late_interest: Option<Cents>,
}

/// A purchase that is financed.
#[derive(Clone, Debug)]
pub struct Financing<'l> {
    /// The plan.
    pub plan: &'l Plan,
    /// What it costs.
    pub quote: TermQuote,
    /// What is to be paid, and when.
    pub schedule: Schedule,
}

/// Why a purchase can't be financed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOffered {
    /// `plan_term_not_set`: the plan is none of this installation's, or not one that the merchant offers, or has no such term.
    #[error("the merchant does not offer this plan for this term")]
    NotSet,
    /// `plan_term_not_available`: it is not for customers of this category, or of this province.
    #[error("the plan is not for this customer")]
    NotForCustomer,
    /// `plan_term_not_available`: it is for larger purchases.
    #[error("the plan is for purchases of {least} or more")]
    AmountTooSmall {
        /// The least.
        least: Cents,
    },
    /// `plan_term_not_available`: with its fees it would cost more in a year than the law allows, which it does not for a larger purchase.
    #[error("the fees of the plan are too much for so small a purchase")]
    TooDear,
}

impl Default for Lending {
    /// The plans of an installation whose operator has set none.
    fn default() -> Self {
        let made = Self::new(defaults::plans(), defaults::regular_purchases(), BTreeMap::new());
        made.expect("the plans are part of the program, and a test makes them")
    }
}

impl Lending {
    /// The plans of an installation whose operator has set none.
    #[must_use]
    pub fn default_plans() -> Vec<Plan> {
        defaults::plans()
    }

    /// What regular purchases have in common where the operator has not said.
    #[must_use]
    pub fn default_regular_purchases() -> RegularPurchases {
        defaults::regular_purchases()
    }

    /// Takes plans, and which of them a merchant offers, by its `client_id`; one that is not named offers all.
    ///
    /// # Errors
    /// The first [`LendingFault`].
    pub fn new(
        plans: Vec<Plan>,
        regular: RegularPurchases,
        merchants: BTreeMap<String, Vec<PlanId>>,
    ) -> Result<Self, LendingFault> {
        let mut offers: Vec<Offer> = Vec::with_capacity(plans.len());
        for plan in plans {
            plan_check::plan(&plan)?;
            if offers.iter().any(|offer| offer.plan.id == plan.id) {
                return Err(LendingFault::Twice(plan.id));
            }
            let terms = plan.terms.iter().map(|months| PlanTerm::new(&plan, *months)).collect();
            offers.push(Offer { plan, terms });
        }
        offers.sort_by_key(|offer| offer.plan.id.number());
        plan_check::regular(regular.rate, &regular.fees)?;
        for (merchant, chosen) in &merchants {
            if let Some(plan) = chosen.iter().find(|id| !offers.iter().any(|offer| offer.plan.id == **id)) {
                return Err(LendingFault::MerchantPlan { merchant: merchant.clone(), plan: *plan });
            }
        }
        Ok(Self { offers, regular, merchants })
    }

    /// Every plan, in the order of their numbers.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.offers.iter().map(|offer| &offer.plan)
    }

    /// What regular purchases have in common.
    #[must_use]
    pub const fn regular(&self) -> &RegularPurchases {
        &self.regular
    }

    /// The plans that a merchant, by its `client_id`, offers a customer, whatever the purchase, in the order of their numbers.
    pub fn plans_for(&self, merchant: &str, borrower: Borrower) -> impl Iterator<Item = &Plan> {
        self.offers_for(merchant, borrower).map(|offer| &offer.plan)
    }

    /// What a purchase costs by each plan and term that a merchant, by its `client_id`, offers a customer, in the order of the plans' numbers.
    /// A term that would cost more in a year than the law allows is left out, and so is a plan for larger purchases.
    #[must_use]
    pub fn quotes(&self, merchant: &str, borrower: Borrower, amount: Cents) -> Vec<PlanQuote<'_>> {
        let quote = |offer: &Offer| -> Vec<TermQuote> {
            offer.terms.iter().filter_map(|term| offer.quote(term, amount).ok()).collect()
        };
        self.offers_for(merchant, borrower)
            .map(|offer| PlanQuote { plan: &offer.plan, terms: quote(offer), offer, amount })
            .filter(|quote| !quote.terms.is_empty())
            .collect()
    }

    /// What a purchase comes to by one plan and term.
    ///
    /// # Errors
    /// [`NotOffered`].
    pub fn financing(
        &self,
        merchant: &str,
        borrower: Borrower,
        (plan, months): (PlanId, u8),
        amount: Cents,
    ) -> Result<Financing<'_>, NotOffered> {
        let offer = self.offers.iter().find(|offer| offer.plan.id == plan && self.is_chosen(merchant, plan));
        let offer = offer.ok_or(NotOffered::NotSet)?;
        let term = offer.terms.iter().find(|term| term.months == months).ok_or(NotOffered::NotSet)?;
        if !offer.is_for(borrower) {
            return Err(NotOffered::NotForCustomer);
        }
        let quote = offer.quote(term, amount)?;
        Ok(Financing { plan: &offer.plan, quote, schedule: term.schedule(&offer.plan, amount) })
    }

    fn offers_for(&self, merchant: &str, borrower: Borrower) -> impl Iterator<Item = &Offer> {
        let chosen = self.merchants.get(merchant);
        self.offers
            .iter()
            .filter(move |offer| offer.is_for(borrower) && chosen.is_none_or(|chosen| chosen.contains(&offer.plan.id)))
    }

    fn is_chosen(&self, merchant: &str, plan: PlanId) -> bool {
        self.merchants.get(merchant).is_none_or(|chosen| chosen.contains(&plan))
    }
}

impl Offer {
    fn is_for(&self, borrower: Borrower) -> bool {
        self.plan.categories.contains(&borrower.category) && self.plan.provinces.contains(&borrower.province)
    }

    fn quote(&self, term: &PlanTerm, amount: Cents) -> Result<TermQuote, NotOffered> {
        let plan = &self.plan;
        if amount < plan.least_amount {
            return Err(NotOffered::AmountTooSmall { least: plan.least_amount });
        }
        let annual_rate = term.annual_rate(plan, amount);
        if annual_rate > AnnualRate::of_percent(LARGEST_RATE) {
            return Err(NotOffered::TooDear);
        }
        let late_interest = term.late_interest(plan, amount);
        Ok(TermQuote { months: term.months, payment: term.first_payment(plan, amount), annual_rate, late_interest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lending::{Charged, Fee};

    fn borrower(category: Category, province: Province) -> Borrower {
        Borrower { category, province }
    }

    fn id(number: u8) -> PlanId {
        PlanId::of_number(number).unwrap()
    }

    fn with(change: impl FnOnce(&mut Vec<Plan>), merchants: &[(&str, &[u8])]) -> Result<Lending, LendingFault> {
        let mut plans = Lending::default_plans();
        change(&mut plans);
        let chosen = |(merchant, plans): &(&str, &[u8])| {
            ((*merchant).to_owned(), plans.iter().map(|number| id(*number)).collect())
        };
        Lending::new(plans, Lending::default_regular_purchases(), merchants.iter().map(chosen).collect())
    }

    #[test]
    fn category_and_province_decide_which_plans_there_are() {
        let lending = Lending::default();
        let numbers = |category, province| -> Vec<u8> {
            lending.plans_for("shop", borrower(category, province)).map(|plan| plan.id.number()).collect()
        };
        assert_eq!(numbers(Category::Preferred, Province::Ontario), [1, 2, 4, 5, 6, 9]);
        assert_eq!(numbers(Category::Premium, Province::Quebec), [1, 2, 4, 5, 7, 9]);
        assert_eq!(numbers(Category::Standard, Province::Yukon), [1, 4, 6]);
        assert_eq!(numbers(Category::Standard, Province::Quebec), [1, 4, 7]);
        assert_eq!(lending.plans().count(), 7);
    }

    #[test]
    fn quotes_and_financing_are_of_the_same_terms() {
        let lending = with(|plans| plans[3].least_amount = Cents(50_000), &[("two", &[4, 5])]).unwrap();
        for merchant in ["two", "all"] {
            for category in Category::ALL {
                for province in Province::ALL {
                    let (who, amount) = (borrower(category, province), Cents(49_999));
                    let quotes = lending.quotes(merchant, who, amount);
                    let quoted = |plan: &Plan, months: u8| {
                        let quote = quotes.iter().find(|quote| quote.plan.id == plan.id)?;
                        quote.terms.iter().find(|term| term.months == months)
                    };
                    for plan in lending.plans() {
                        for months in plan.terms.iter().chain(&[119]) {
                            let financing = lending.financing(merchant, who, (plan.id, *months), amount).ok();
                            assert_eq!(financing.as_ref().map(|it| &it.quote), quoted(plan, *months));
                            let quote = quotes.iter().find(|quote| quote.plan.id == plan.id);
                            let schedule = quoted(plan, *months).and_then(|term| Some(quote?.schedule(term)));
                            assert_eq!(financing.map(|it| it.schedule), schedule);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn why_a_plan_can_not_be_had_is_told() {
        let prime = borrower(Category::Preferred, Province::Ontario);
        let lending = with(
            |plans| {
                plans[3].least_amount = Cents(50_000);
                let description = Fee::usual_description();
                plans[2].fees = vec![Fee { description, amount: Cents(4_900), charged: Charged::Once }];
            },
            &[("none", &[])],
        )
        .unwrap();
        let refused = |merchant, who, plan, months, amount| {
            lending.financing(merchant, who, (id(plan), months), Cents(amount)).map(drop).unwrap_err()
        };
        assert_eq!(refused("none", prime, 4, 3, 100_000), NotOffered::NotSet);
        assert_eq!(refused("all", prime, 4, 4, 100_000), NotOffered::NotSet);
        assert_eq!(refused("all", prime, 7, 6, 100_000), NotOffered::NotForCustomer);
        assert_eq!(refused("all", prime, 5, 6, 49_999), NotOffered::AmountTooSmall { least: Cents(50_000) });
        // 49.00 for 100.00 over three months.
        assert_eq!(refused("all", prime, 4, 3, 10_000), NotOffered::TooDear);
        assert!(lending.financing("all", prime, (id(4), 3), Cents(1_000_000)).is_ok());
        assert_eq!(lending.quotes("none", prime, Cents(100_000)).len(), 0);
        let standard = borrower(Category::Standard, Province::Ontario);
        assert_eq!(refused("all", standard, 2, 12, 100_000), NotOffered::NotForCustomer);
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let twice = with(|plans| plans.push(plans[0].clone()), &[]).unwrap_err();
        assert_eq!(twice, LendingFault::Twice(id(1)));
        let missing = with(|plans| drop(plans.remove(0)), &[("shop", &[4, 1])]).unwrap_err();
        assert_eq!(missing, LendingFault::MerchantPlan { merchant: "shop".to_owned(), plan: id(1) });
    }
}
