//! What a purchase costs on top of its amount, by the plan that it is paid by.

use domain::cents::Cents;
use domain::credit_account::RiskRating;
use domain::lending::{AnnualRate, Borrower, NotOffered};
use domain::percent::Percent;
use domain::purchase::{EarningTime, FinanceCharge, Financing, Purchase, RegularRate};
use domain::reference_data::{PlanId, Province};
use store::StoreError;
use store::account_book::BookRow;

use crate::Core;
use crate::purchase_error::PurchaseError;

/// A purchase with what its financing was quoted at.
pub(crate) struct FinancedPurchase {
    pub(crate) purchase: Purchase,
    /// The annual rate of a promotional purchase.
    pub(crate) annual_rate: Option<AnnualRate>,
}

impl Core {
    /// A purchase of `amount` on an account with its finance charge, for a merchant by its `client_id`: the interest and the fees of the schedule
    /// of the plan, over which time that interest is earned, and at which rate it is late. This is the one place that asks for plans.
    pub(crate) fn financed_purchase(
        &self,
        merchant: &str,
        account: &BookRow,
        financing: Financing,
        amount: Cents,
    ) -> Result<FinancedPurchase, PurchaseError> {
        let lending = &self.settings().lending;
        let Financing::Promotional { plan, term } = financing else {
            let fees = lending.regular().fees.iter().map(|fee| fee.amount).sum();
            let charge = FinanceCharge { interest: Cents::ZERO, fees };
            let (earned, late_rate) = (EarningTime::default(), Percent::ZERO);
            let purchase = Purchase { financing, amount, charge, earned, late_rate };
            return Ok(FinancedPurchase { purchase, annual_rate: None });
        };
        let plan = PlanId::of_number(plan).map_err(|_| PurchaseError::PlanTermNotSet)?;
        let borrower = borrower(account)?;
        let financed = lending.financing(merchant, borrower, (plan, term), amount);
        let schedule = financed.map_err(|refused| match refused {
            NotOffered::NotSet => PurchaseError::PlanTermNotSet,
            NotOffered::NotForCustomer | NotOffered::AmountTooSmall { .. } | NotOffered::TooDear => {
                PurchaseError::PlanTermNotAvailable
            }
        });
        let financed = schedule?;
        let (plan, schedule) = (financed.plan, &financed.schedule);
        // As the schedule has it: no interest in the free months, and all of it by the last payment.
        let earned =
            EarningTime { from_month: plan.interest_free_months, until_month: plan.grace_months.saturating_add(term) };
        let charge = FinanceCharge { interest: schedule.interest(), fees: schedule.fees() };
        let late_rate = if plan.same_as_cash { plan.rate } else { Percent::ZERO };
        let purchase = Purchase { financing, amount, charge, earned, late_rate };
        Ok(FinancedPurchase { purchase, annual_rate: Some(financed.quote.annual_rate) })
    }

    /// The yearly rate of regular purchases.
    pub(crate) fn regular_rate(&self) -> RegularRate {
        RegularRate(self.settings().lending.regular().rate.hundredths())
    }
}

fn borrower(account: &BookRow) -> Result<Borrower, StoreError> {
    let rating = RiskRating::of_code(&account.risk_rating);
    let rating = rating.map_err(|error| StoreError::unreadable("credit_account.risk_rating", error))?;
    let province = Province::parse(&account.province);
    let province = province.map_err(|error| StoreError::unreadable("credit_account.province", error))?;
    Ok(Borrower { category: rating.category(), province })
}
