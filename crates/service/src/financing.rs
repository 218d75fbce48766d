//! What a purchase costs on top of its amount, by the plan that it is paid by.

use domain::cents::Cents;
use domain::credit_account::RiskRating;
use domain::lending::{Borrower, NotOffered};
use domain::purchase::{EarningTime, FinanceCharge, Financing, RegularRate};
use domain::reference_data::{PlanId, Province};
use store::StoreError;
use store::account_book::BookRow;

use crate::Core;
use crate::purchase_error::PurchaseError;

impl Core {
    /// The finance charge of a purchase of `amount` on an account, for a merchant by its `client_id`: the interest and the fees of the schedule
    /// of the plan, and over which time that interest is earned. This is the one place that asks for plans.
    pub(crate) fn finance_charge(
        &self,
        merchant: &str,
        account: &BookRow,
        financing: Financing,
        amount: Cents,
    ) -> Result<(FinanceCharge, EarningTime), PurchaseError> {
        let lending = &self.settings().lending;
        let Financing::Promotional { plan, term } = financing else {
            let fees = lending.regular().fees.iter().map(|fee| fee.amount).sum();
            return Ok((FinanceCharge { interest: Cents::ZERO, fees }, EarningTime::default()));
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
        Ok((FinanceCharge { interest: schedule.interest(), fees: schedule.fees() }, earned))
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
