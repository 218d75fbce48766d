//! What a purchase would cost, as `calculate-interest` answers it.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;

/// The body of the call.
#[derive(Serialize)]
pub(super) struct InterestBody {
    pub(super) amount: Decimal,
}

/// What a purchase would cost. Amounts are dollars; rates are parts of one, `0.0999` for 9.99 % a year.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Interest {
    /// The account.
    pub account_number: u64,
    /// `consumer` or `business`.
    pub account_type: String,
    /// The price.
    pub amount: Decimal,
    /// Whose account it is.
    pub customer: InterestCustomer,
    /// The purchase without a plan, where that can be had.
    #[serde(default)]
    pub regular_purchase: Option<RegularPurchase>,
    /// The plans that the merchant offers this customer.
    #[serde(default)]
    pub promotional_purchase: Vec<InterestPlan>,
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestCustomer {
    /// The interest of a year on regular purchases.
    pub air: Decimal,
    /// What may be bought for.
    pub available_credit: Decimal,
    /// The first name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// `preferred`, `premium` or `standard`.
    pub category_type: String,
}

/// A purchase without a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct RegularPurchase {
    /// The price, which is due with the next statement.
    pub term_amount: Decimal,
    /// The interest of a year on what is not paid then.
    pub air: Decimal,
    /// What comes on top.
    #[serde(default)]
    pub fees: Vec<InterestFee>,
    /// Whether it may go without a one-time code.
    pub verify: bool,
}

/// A plan with its terms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestPlan {
    /// The plan.
    pub plan_id: u32,
    /// Its name; under `v2.5.1` only.
    #[serde(default)]
    pub plan_name: Option<String>,
    /// The terms, the shortest first.
    pub terms: Vec<InterestTerm>,
}

/// What a purchase would cost by one term of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestTerm {
    /// The term, in months.
    pub term: u32,
    /// The payment of a month, or the one at the end, without fees.
    pub term_amount: Decimal,
    /// What comes on top.
    #[serde(default)]
    pub fees: Vec<InterestFee>,
    /// Of a plan that is the same as cash: the interest that is charged when nothing is paid by the end of its time; of what is unpaid then, in
    /// proportion.
    #[serde(default)]
    pub late_interest: Option<Decimal>,
    /// The annual rate, fees included, as `v2.5` has it.
    #[serde(default)]
    pub apr: Option<Decimal>,
    /// The same as `v2.5.1` has it.
    #[serde(default)]
    pub annual_rates: Option<InterestRate>,
    /// The interest and the fees of all payments; only of [`Flow::calculate_schedules`](super::Flow::calculate_schedules).
    #[serde(default)]
    pub finance_charge: Option<Decimal>,
    /// All payments: the price and the finance charge; only there.
    #[serde(default)]
    pub total_amount: Option<Decimal>,
    /// The payments, the first one first; only there.
    #[serde(default)]
    pub payments: Vec<InterestPayment>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestPayment {
    /// How many months after the purchase it is due.
    pub month: u32,
    /// All of it: interest, principal and fee.
    pub amount: Decimal,
    /// What of it is interest.
    pub interest: Decimal,
    /// What of it pays the price.
    pub principal: Decimal,
    /// What of it is fees.
    pub fee: Decimal,
}

impl InterestTerm {
    /// The annual rate, fees included, whichever version has answered.
    #[must_use]
    pub fn annual_rate(&self) -> Option<Decimal> {
        self.apr.or_else(|| self.annual_rates.as_ref().map(|rates| rates.rate))
    }
}

/// An annual rate with its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestRate {
    /// Its name, in the language of the flow.
    pub description: String,
    /// The rate.
    pub rate: Decimal,
    /// What it is, for programs.
    #[serde(default)]
    pub r#type: Option<String>,
    /// What it takes for granted.
    #[serde(default)]
    pub message: Option<String>,
}

/// A fee.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InterestFee {
    /// What it is for, in the language of the flow.
    pub description: String,
    /// How much it is, each time.
    pub amount: Decimal,
    /// `admin_total`, once, or `admin_monthly`.
    pub r#type: String,
    /// The same for a person.
    #[serde(default)]
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(term: &str) -> Interest {
        let text = format!(
            r#"{{"account_number":116994755,"account_type":"consumer","amount":10.5,"customer":{{"air":0.3099,"available_credit":14000,
               "first_name":"Flexiti","last_name":"MITester","category_type":"preferred"}},
               "regular_purchase":{{"term_amount":10.5,"air":0.3099,"fees":[],"verify":true}},
               "promotional_purchase":[{{"plan_id":4,"plan_name":"EMP - Regular Interest","terms":[{term}]}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn both_shapes_are_read() {
        let older = read(r#"{"term":3,"term_amount":3.56,"fees":[],"apr":0.0999}"#);
        let newer = read(
            r#"{"term":3,"term_amount":3.56,"fees":[{"description":"Administration fee","amount":49,"type":"admin_total"}],
               "annual_rates":{"description":"Annual Percentage Rate (APR)","rate":0.0999,"type":"apr","message":"x"}}"#,
        );
        let rate: Decimal = "0.0999".parse().unwrap();
        for answer in [&older, &newer] {
            let term = &answer.promotional_purchase[0].terms[0];
            assert_eq!((term.annual_rate(), term.term_amount), (Some(rate), "3.56".parse().unwrap()));
            assert_eq!(term.late_interest, None);
        }
        let same_as_cash = read(r#"{"term":6,"term_amount":10.5,"fees":[],"late_interest":1.63,"apr":0}"#);
        assert_eq!(same_as_cash.promotional_purchase[0].terms[0].late_interest, Some("1.63".parse().unwrap()));
        assert_eq!(older.customer.available_credit, Decimal::from(14_000));
        assert_eq!(newer.promotional_purchase[0].terms[0].fees[0].amount, Decimal::from(49));
    }
}
