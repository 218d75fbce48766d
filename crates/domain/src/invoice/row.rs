//! The rows of an invoice: what was sold, and what it costs without VAT.

use super::draft::RowDraft;
use super::header::InvoiceType;
use super::report::{Element, LONGEST_CODE, LONGEST_TEXT, Member, Report, present};
use crate::calendar::CalendarDate;
use crate::country::CountryCode;
use crate::currency::CurrencyCode;
use crate::decimal::{Decimal, DecimalFault};
use crate::fault_code::{AMOUNT_MISMATCH, OUT_OF_RANGE, REQUIRED, TOO_MANY};
use crate::money::{Money, MoneyFault};
use crate::percent::Percent;
use crate::text::LONGEST_LINE;
use crate::vat::{self, VatCategory};

/// The most rows of an invoice.
pub const MOST_ROWS: usize = 1_000;

/// The rows with faults that are told one by one: an answer should not be longer than a person reads.
const MOST_FAULTY_ROWS: usize = 100;

/// The most characters of a unit: `QuantityUnitCode` of Finvoice 3.0.
const LONGEST_UNIT: usize = 14;

/// A row of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// The seller's number of what was sold, as sent.
    pub product_code: Option<String>,
    /// What was sold, as sent.
    pub name: String,
    /// More about it, as sent.
    pub description: Option<String>,
    /// How much; negative where something is taken back.
    pub quantity: Decimal,
    /// In which unit, as sent.
    pub unit: Option<String>,
    /// The price of one unit without VAT; not negative.
    pub unit_price: Decimal,
    /// The discount in percent, when it was given so and is not zero.
    pub discount_percent: Option<Percent>,
    /// The discount on the whole row, without VAT; negative where the quantity is. Quantity times price, rounded, less
    /// `net`.
    pub discount: Money,
    /// The amount without VAT: quantity times price times what the discount in percent leaves, rounded once; or
    /// quantity times price, rounded, less the discount that was given as an amount.
    pub net: Money,
    /// Its VAT.
    pub vat: Vat,
    /// Why there is no VAT, as sent.
    pub vat_exemption_reason: Option<String>,
    /// The day of delivery or performance, which decides the rate; the date of the invoice when there is none.
    pub delivery_date: Option<CalendarDate>,
}

/// The rate of a row and why it is that. Sorted: high rates first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Vat {
    /// The category.
    pub category: VatCategory,
    /// The rate; above zero in the category [`VatCategory::Standard`] only.
    pub rate: Percent,
}

impl PartialOrd for Vat {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Vat {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.rate.cmp(&self.rate).then(self.category.cmp(&other.category))
    }
}

/// What rows depend on.
pub(super) struct RowRules {
    pub(super) kind: Option<InvoiceType>,
    pub(super) date: Option<CalendarDate>,
    pub(super) currency: Option<CurrencyCode>,
    /// The countries whose rates are taken: the one in which the seller is registered for VAT, and that of a person who
    /// buys from abroad.
    pub(super) countries: Vec<CountryCode>,
}

const LIST: &str = "invoice.rows";

/// The rows, when every one is right. The texts of those that are right are taken out of `drafts`.
pub(super) fn read(drafts: &mut [RowDraft], rules: &RowRules, report: &mut Report) -> Option<Vec<Row>> {
    if drafts.is_empty() {
        report.add(LIST, REQUIRED, "An invoice needs a row at least");
        return None;
    }
    if drafts.len() > MOST_ROWS {
        let message = format!("An invoice has {MOST_ROWS} rows at most, not {}: split it", drafts.len());
        report.add(Element(LIST, MOST_ROWS), TOO_MANY, message);
        return None;
    }
    let mut rows = Vec::with_capacity(drafts.len());
    let mut faulty = 0;
    for (place, draft) in drafts.iter_mut().enumerate() {
        if faulty == MOST_FAULTY_ROWS {
            let message = format!(
                "{MOST_FAULTY_ROWS} rows have faults, those from {place} on were not looked at: mend them and send it again"
            );
            report.add(LIST, "more_faults", message);
            return None;
        }
        let before = report.faults.as_slice().len();
        let row = read_row(Element(LIST, place), draft, rules, report);
        if report.faults.as_slice().len() > before {
            faulty += 1;
        }
        rows.extend(row);
    }
    // A row is also missing without a fault of its own, when there is no currency.
    (faulty == 0 && rows.len() == drafts.len()).then_some(rows)
}

fn read_row(row: Element, draft: &mut RowDraft, rules: &RowRules, report: &mut Report) -> Option<Row> {
    let at = |member| Member(row, member);
    let product_code = report.take_text(at("productCode"), &mut draft.product_code, LONGEST_CODE);
    let name = report.take_needed(at("name"), "A row needs a name", &mut draft.name, LONGEST_LINE);
    let description = report.take_text(at("description"), &mut draft.description, LONGEST_TEXT);
    let quantity = report.needed_number(at("quantity"), "A row needs a quantity", draft.quantity, exact);
    let unit = report.take_text(at("unit"), &mut draft.unit, LONGEST_UNIT);
    let unit_price =
        report.needed_number(at("unitPrice"), "A row needs a unit price without VAT", draft.unit_price, exact);
    let unit_price = unit_price.filter(|price| {
        if price.is_negative() {
            report.add(
                at("unitPrice"),
                "negative_amount",
                "A price can't be negative: make the quantity negative to take something back, or give a discount",
            );
        }
        !price.is_negative()
    });
    let amounts = amounts(row, draft, quantity.zip(unit_price), rules.currency, report);
    let delivery_date = report.date(at("deliveryDate"), &draft.delivery_date);
    let has_reason = present(&draft.vat_exemption_reason).is_some();
    let vat_exemption_reason =
        report.take_text(at("vatExemptionReason"), &mut draft.vat_exemption_reason, LONGEST_LINE);
    let vat = read_vat(row, draft, has_reason, rules, delivery_date, report);
    let amounts = amounts?;
    Some(Row {
        product_code,
        name: name?,
        description,
        quantity: quantity?,
        unit,
        unit_price: unit_price?,
        discount_percent: amounts.percent,
        discount: amounts.discount,
        net: amounts.net,
        vat: vat?,
        vat_exemption_reason,
        delivery_date,
    })
}

/// A quantity or a price may be any number.
const fn exact(number: Decimal) -> Result<Decimal, DecimalFault> {
    Ok(number)
}

struct RowAmounts {
    percent: Option<Percent>,
    discount: Money,
    net: Money,
}

fn amounts(
    row: Element,
    draft: &RowDraft,
    factors: Option<(Decimal, Decimal)>,
    currency: Option<CurrencyCode>,
    report: &mut Report,
) -> Option<RowAmounts> {
    let at = |member| Member(row, member);
    let percent = report.number(at("discountPercent"), draft.discount_percent, Percent::exact);
    let off = report.money(at("discountAmount"), draft.discount_amount, currency);
    let said = report.money(at("amount"), draft.amount, currency);
    let (currency, (quantity, price)) = currency.zip(factors)?;
    let gross = match Money::of_quantity(quantity, price, currency) {
        Ok(gross) => gross,
        Err(fault) => {
            report.fault(at("unitPrice"), &fault);
            return None;
        }
    };
    // A wrong discount has its own fault, and the amount can't be told without it.
    let discount_is_wrong =
        (draft.discount_percent.is_some() && percent.is_none()) || (draft.discount_amount.is_some() && off.is_none());
    if discount_is_wrong {
        return None;
    }
    // Zero is no discount: there are senders that always write all members.
    let percent = percent.filter(|percent| *percent > Percent::ZERO);
    let off = off.filter(|off| !off.is_zero());
    if let Some(off) = off {
        // It has the sign of what it is taken off, which is negative where something is taken back.
        let same_sign = off.is_negative() == gross.is_negative();
        if !same_sign || off.minor().unsigned_abs() > gross.minor().unsigned_abs() {
            report.add(
                at("discountAmount"),
                OUT_OF_RANGE,
                format!("A discount is between zero and what the row costs without it, {gross}"),
            );
            return None;
        }
    }
    let share = |percent| Money::share_of_quantity(quantity, price, percent, currency);
    let amounts = (|| {
        let net = match (percent, off) {
            (None, None) => gross,
            (None, Some(off)) => gross.minus(off)?,
            (Some(percent), None) => share(percent.rest())?,
            // Both are given. The discount may have been rounded, or what it leaves.
            (Some(percent), Some(off)) => {
                let left = gross.minus(off)?;
                let by_percent = share(percent.rest())?;
                if left != by_percent && off != share(percent)? {
                    return Ok(Err(gross.minus(by_percent)?));
                }
                left
            }
        };
        Ok(Ok((gross.minus(net)?, net)))
    })();
    let (discount, net) = match amounts {
        Ok(Ok(amounts)) => amounts,
        Ok(Err(discount)) => {
            let message =
                format!("The discount in percent comes to {discount}: correct one of the two, or leave it out");
            report.add(at("discountAmount"), AMOUNT_MISMATCH, message);
            return None;
        }
        Err::<_, MoneyFault>(fault) => {
            report.fault(at("unitPrice"), &fault);
            return None;
        }
    };
    if let Some(said) = said
        && said != net
    {
        let less = if discount.is_zero() { String::new() } else { format!(", less {discount},") };
        report.add(
            at("amount"),
            AMOUNT_MISMATCH,
            format!("{quantity} times {price}{less} is {net} without VAT, not {said}: correct the row"),
        );
    }
    Some(RowAmounts { percent, discount, net })
}

fn read_vat(
    row: Element,
    draft: &RowDraft,
    has_reason: bool,
    rules: &RowRules,
    delivery_date: Option<CalendarDate>,
    report: &mut Report,
) -> Option<Vat> {
    let at = |member| Member(row, member);
    let rate =
        report.needed_number(at("vatRate"), "A row needs its VAT rate in percent", draft.vat_rate, Percent::exact);
    let category = report.optional(at("vatCategory"), &draft.vat_category, VatCategory::parse);
    if category.is_some_and(VatCategory::needs_reason) && !has_reason {
        report.missing(
            at("vatExemptionReason"),
            "A row that is exempt from VAT needs the reason, such as the section of the law",
        );
    }
    let rate = rate?;
    let category = match (present(&draft.vat_category), category) {
        (None, _) if rate > Percent::ZERO => VatCategory::Standard,
        (None, _) => {
            report.missing(at("vatCategory"), "A row without VAT needs its category: Z, E, AE, K, G or O (UNCL5305)");
            return None;
        }
        (Some(_), category) => category?,
    };
    if (category == VatCategory::Standard) != (rate > Percent::ZERO) {
        report.add(
            at("vatCategory"),
            "vat_category_rate",
            format!(
                "Category {category} does not go with a rate of {rate} %: S has a rate above zero, the others have none"
            ),
        );
        return None;
    }
    if let Some(day) = delivery_date.or(rules.date)
        && !rules.countries.is_empty()
    {
        let has = match rules.kind {
            Some(InvoiceType::CreditNote) => vat::has_had_rate,
            _ => vat::has_rate,
        };
        if !rules.countries.iter().any(|country| has(*country, day, rate)) {
            report.add(at("vatRate"), "vat_rate_not_in_country", wrong_rate(rate, day, &rules.countries));
            return None;
        }
    }
    Some(Vat { category, rate })
}

fn wrong_rate(rate: Percent, day: CalendarDate, countries: &[CountryCode]) -> String {
    let names: Vec<&str> = countries.iter().map(|country| country.as_str()).collect();
    let rates: Vec<String> = countries
        .iter()
        .filter_map(|country| vat::rates_on(*country, day))
        .flatten()
        .map(|rate| rate.to_string())
        .collect();
    format!(
        "{} had no VAT rate of {rate} % on {day}: use {} or 0, or give the row's deliveryDate if that was on another day",
        names.join(" and "),
        rates.join(", ")
    )
}
