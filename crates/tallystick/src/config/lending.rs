//! `[lending]`: the plans by which purchases at the point of sale are financed. Only in the file, because a plan has many settings of its own;
//! what is not said of one is as in [`Lending::default_plans`].

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::cents::Cents;
use domain::credit_account::Category;
use domain::lending::{Bilingual, Charged, Fee, Lending, PaymentRule, Plan};
use domain::percent::Percent;
use domain::reference_data::{PlanId, Province, ProvinceGroup};
use serde::Deserialize;

use super::ConfigError;
use super::text::from_text;

/// The table of the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LendingTable {
    regular_purchases: RegularTable,
    plan: Vec<PlanTable>,
    /// Which plans a merchant offers, by its `client_id`.
    merchants: BTreeMap<String, Vec<u8>>,
}

/// What regular purchases have in common.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RegularTable {
    rate: Option<Rate>,
    fees: Option<Vec<FeeTable>>,
}

/// What is said of a plan.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PlanTable {
    id: u8,
    offered: Option<bool>,
    name: Option<Texts>,
    payment: Option<Payment>,
    minimum_share: Option<Rate>,
    minimum_amount: Option<Dollars>,
    rate: Option<Rate>,
    grace_months: Option<u8>,
    interest_free_months: Option<u8>,
    same_as_cash: Option<bool>,
    terms: Option<Vec<u8>>,
    fees: Option<Vec<FeeTable>>,
    categories: Option<Vec<Categories>>,
    provinces: Option<Vec<Provinces>>,
    least_amount: Option<Dollars>,
}

/// The names of payment rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Payment {
    Equal,
    AtEnd,
    Minimum,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    en: String,
    fr: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FeeTable {
    amount: Dollars,
    charged: Charging,
    description: Option<Texts>,
}

/// A percentage as people write it: `9.99%`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate(Percent);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').map(str::trim_end);
        let percent = number.and_then(|number| Percent::parse(number).ok());
        percent.map(Self).ok_or_else(|| {
            format!("`{text}` is no percentage: write 0 to 100 with two decimals at most and %, such as \"9.99%\"")
        })
    }
}

/// An amount in dollars: `149.00`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dollars(Cents);

impl FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cents = Cents::parse(text);
        cents.map(Self).map_err(|_| format!("`{text}` is no amount in dollars: write such as \"149.00\""))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Charging(Charged);

impl FromStr for Charging {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Charged::of_name(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no way to charge a fee: write once or monthly"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Categories(Category);

impl FromStr for Categories {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let category = Category::of_name(text);
        category.map(Self).ok_or_else(|| format!("`{text}` is no category: write preferred, premium or standard"))
    }
}

/// A province, or `ROC`: the rest of Canada, which is all but Quebec.
#[derive(Clone, Debug, PartialEq)]
struct Provinces(Vec<Province>);

impl FromStr for Provinces {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ROC" {
            let rest = |province: &Province| province.group() == ProvinceGroup::RestOfCanada;
            return Ok(Self(Province::ALL.into_iter().filter(rest).collect()));
        }
        let province = Province::parse(text).map(|province| Self(vec![province]));
        province.map_err(|error| format!("`{text}`: {error}, or ROC for all but QC"))
    }
}

from_text!(Rate);
from_text!(Dollars);
from_text!(Charging);
from_text!(Categories);
from_text!(Provinces);

/// The setting that an error names.
const SETTING: &str = "lending";

impl LendingTable {
    /// This table, or `lower` where this one says nothing.
    pub(crate) fn over(self, lower: Self) -> Self {
        if self == Self::default() { lower } else { self }
    }

    /// The plans.
    ///
    /// # Errors
    /// When one is wrong, is there twice, or is chosen by a merchant and not there.
    pub(crate) fn made(&self) -> Result<Lending, ConfigError> {
        let mut plans = Lending::default_plans();
        for (place, table) in self.plan.iter().enumerate() {
            let id = plan_id(table.id)?;
            if self.plan.iter().take(place).any(|earlier| earlier.id == table.id) {
                return Err(wrong(format!("plan {id} is there twice: write one table for each id")));
            }
            let Some(plan) = plans.iter_mut().find(|plan| plan.id == id) else {
                return Err(wrong(format!("plan {id} has no defaults")));
            };
            table.lay_over(plan)?;
        }
        plans.retain(|plan| {
            let is_left_out = |table: &PlanTable| table.id == plan.id.number() && table.offered == Some(false);
            !self.plan.iter().any(is_left_out)
        });
        let mut regular = Lending::default_regular_purchases();
        set(&mut regular.rate, self.regular_purchases.rate.map(|rate| rate.0));
        set(&mut regular.fees, self.regular_purchases.fees.as_deref().map(fees));
        let chosen = |(merchant, plans): (&String, &Vec<u8>)| {
            let plans = plans.iter().map(|number| plan_id(*number)).collect::<Result<_, _>>()?;
            Ok((merchant.clone(), plans))
        };
        let merchants = self.merchants.iter().map(chosen).collect::<Result<_, ConfigError>>()?;
        Lending::new(plans, regular, merchants).map_err(|fault| wrong(fault.to_string()))
    }
}

fn wrong(reason: String) -> ConfigError {
    ConfigError::invalid(SETTING, reason)
}

fn plan_id(number: u8) -> Result<PlanId, ConfigError> {
    PlanId::of_number(number)
        .map_err(|_| wrong(format!("there is no plan {number}: the plans are 1, 2, 4, 5, 6, 7 and 9")))
}

/// Sets what was given.
fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

fn fees(tables: &[FeeTable]) -> Vec<Fee> {
    let fee = |table: &FeeTable| Fee {
        description: table.description.as_ref().map_or_else(Fee::usual_description, texts),
        amount: table.amount.0,
        charged: table.charged.0,
    };
    tables.iter().map(fee).collect()
}

fn texts(texts: &Texts) -> Bilingual {
    Bilingual::new(&texts.en, &texts.fr)
}

impl PlanTable {
    fn lay_over(&self, plan: &mut Plan) -> Result<(), ConfigError> {
        set(&mut plan.name, self.name.as_ref().map(texts));
        let (mut share, mut least) = match plan.payment {
            PaymentRule::Minimum { share, least } => (share, least),
            _ => (Percent::ZERO, Cents::ZERO),
        };
        set(&mut share, self.minimum_share.map(|share| share.0));
        set(&mut least, self.minimum_amount.map(|least| least.0));
        let minimum = PaymentRule::Minimum { share, least };
        plan.payment = match (self.payment, plan.payment) {
            (Some(Payment::Equal), _) => PaymentRule::Equal,
            (Some(Payment::AtEnd), _) => PaymentRule::AtEnd,
            (Some(Payment::Minimum), _) | (None, PaymentRule::Minimum { .. }) => minimum,
            (None, other) => other,
        };
        let has_minimum = self.minimum_share.is_some() || self.minimum_amount.is_some();
        if has_minimum && !matches!(plan.payment, PaymentRule::Minimum { .. }) {
            let reason = "has minimum-share or minimum-amount, which go with payment = \"minimum\" alone";
            return Err(wrong(format!("plan {} {reason}", plan.id)));
        }
        set(&mut plan.rate, self.rate.map(|rate| rate.0));
        set(&mut plan.grace_months, self.grace_months);
        set(&mut plan.interest_free_months, self.interest_free_months);
        set(&mut plan.same_as_cash, self.same_as_cash);
        set(&mut plan.terms, self.terms.clone());
        set(&mut plan.fees, self.fees.as_deref().map(fees));
        // Each once and in its usual order, however they are written.
        if let Some(given) = &self.categories {
            let is_given = |category: &Category| given.iter().any(|name| name.0 == *category);
            plan.categories = Category::ALL.into_iter().filter(is_given).collect();
        }
        if let Some(given) = &self.provinces {
            let is_given = |province: &Province| given.iter().any(|provinces| provinces.0.contains(province));
            plan.provinces = Province::ALL.into_iter().filter(is_given).collect();
        }
        set(&mut plan.least_amount, self.least_amount.map(|least| least.0));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Result<Lending, String> {
        let table: LendingTable = toml::from_str(text).map_err(|error| error.to_string())?;
        table.made().map_err(|error| error.to_string())
    }

    fn plan(lending: &Lending, number: u8) -> Plan {
        lending.plans().find(|plan| plan.id.number() == number).unwrap().clone()
    }

    #[test]
    fn what_is_said_lies_over_the_defaults() {
        let lending = made(
            "[[plan]]\nid = 5\nterms = [10, 20]\nprovinces = [\"ROC\"]\ncategories = [\"standard\"]\nleast-amount = \"250.00\"\n\
             fees = [{ amount = \"49.00\", charged = \"once\" }, { amount = \"1.50\", charged = \"monthly\", description = { en = \"A\", fr = \"B\" } }]\n\
             [[plan]]\nid = 4\nrate = \"12.5%\"\nname = { en = \"Easy\", fr = \"Facile\" }\npayment = \"minimum\"\nminimum-share = \"5%\"\n\
             [[plan]]\nid = 9\nminimum-amount = \"25.00\"\n\
             [[plan]]\nid = 7\noffered = false\n\
             [regular-purchases]\nrate = \"19.99%\"\n[merchants]\nflexitidemo = [4, 5]\n",
        )
        .unwrap();
        let defaults = Lending::default();
        let five = plan(&lending, 5);
        assert_eq!(
            (five.terms.as_slice(), five.provinces.len(), five.least_amount),
            (&[10, 20][..], 12, Cents(25_000))
        );
        assert_eq!((five.categories.as_slice(), five.rate), (&[Category::Standard][..], Percent::ZERO));
        assert_eq!(five.fees[0].description, Fee::usual_description());
        assert_eq!((five.fees[1].amount, five.fees[1].charged), (Cents(150), Charged::Monthly));
        assert_eq!(five.name, plan(&defaults, 5).name);
        let four = plan(&lending, 4);
        let share = |hundredths| Percent::from_hundredths(hundredths).unwrap();
        assert_eq!((four.rate, four.name.fr.as_str()), (share(1_250), "Facile"));
        assert_eq!(four.payment, PaymentRule::Minimum { share: share(500), least: Cents::ZERO });
        assert_eq!(plan(&lending, 9).payment, PaymentRule::Minimum { share: share(300), least: Cents(2_500) });
        assert_eq!(lending.plans().count(), 6);
        assert_eq!(plan(&lending, 1), plan(&defaults, 1));
        assert_eq!(lending.regular().rate, share(1_999));
        assert_eq!(made("").unwrap().plans().collect::<Vec<_>>(), defaults.plans().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_wrong_is_told_with_the_remedy() {
        for (text, told) in [
            ("[[plan]]\nid = 3", "there is no plan 3: the plans are 1, 2, 4"),
            ("[[plan]]\nterms = [3]", "missing field `id`"),
            ("[[plan]]\nid = 4\n[[plan]]\nid = 4", "plan 4 is there twice"),
            ("[[plan]]\nid = 4\nrate = \"36%\"", "plan 4: rate is 36%: more than 35%"),
            ("[[plan]]\nid = 4\nrate = 0.0999", "string"),
            ("[[plan]]\nid = 4\nrate = \"0.0999\"", "such as \"9.99%\""),
            ("[[plan]]\nid = 4\nrate = \"9.999%\"", "two decimals at most"),
            ("[[plan]]\nid = 4\nterms = [6, 3]", "the shortest first"),
            ("[[plan]]\nid = 4\nmonths = 3", "unknown field `months`"),
            ("[[plan]]\nid = 4\npayment = \"never\"", "at-end"),
            ("[[plan]]\nid = 4\nminimum-share = \"3%\"", "go with payment = \"minimum\" alone"),
            ("[[plan]]\nid = 4\npayment = \"minimum\"", "minimum-share is no share"),
            ("[[plan]]\nid = 4\nfees = [{ amount = \"1.001\", charged = \"once\" }]", "no amount in dollars"),
            ("[[plan]]\nid = 4\nfees = [{ amount = \"1.00\", charged = \"yearly\" }]", "write once or monthly"),
            (
                "[regular-purchases]\nfees = [{ amount = \"1.00\", charged = \"monthly\" }]",
                "a regular purchase has no months",
            ),
            ("[[plan]]\nid = 4\ncategories = [\"prime\"]", "preferred, premium or standard"),
            ("[[plan]]\nid = 4\nprovinces = [\"Ontario\"]", "or ROC for all but QC"),
            ("[[plan]]\nid = 4\noffered = false\n[merchants]\nshop = [4]", "merchant shop: plan 4 is not offered here"),
            ("[merchants]\nshop = [3]", "there is no plan 3"),
            ("[regular-purchases]\nrate = \"40%\"", "regular purchases: rate is 40%"),
        ] {
            let error = made(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
