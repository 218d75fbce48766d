//! The totals of an invoice, per VAT rate and in all, and whether the sender has the same.

use std::collections::BTreeMap;

use super::draft::{AmountsDraft, RowDraft, VatTotalDraft};
use super::header::InvoiceType;
use super::report::{Element, Member, Report, present};
use super::row::{Row, Vat};
use crate::currency::CurrencyCode;
use crate::fault_code::{AMOUNT_MISMATCH, OUT_OF_RANGE, REQUIRED, TOO_MANY};
use crate::money::{Money, MoneyFault};
use crate::percent::Percent;
use crate::vat::VatCategory;

/// The most entries of `amounts.vat`: more than a country has rates and categories.
const MOST_VAT_TOTALS: usize = 50;

/// The totals of an invoice, all in its currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// The sum of the rows without VAT.
    pub net: Money,
    /// The sum of the VAT of every rate.
    pub vat: Money,
    /// Both: the total with VAT. Not negative.
    pub gross: Money,
    /// What is added to come to a round sum to pay (EN 16931-1 BT-114): half a unit of the currency at most, either
    /// way.
    pub rounding: Money,
    /// What was paid before.
    pub paid: Money,
    /// What is to be paid: the total with VAT and its rounding, less what was paid. Not negative.
    pub payable: Money,
    /// Net amount and VAT per rate and category, the highest rate first.
    pub by_rate: Vec<VatTotal>,
}

/// What the rows of one rate and category come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VatTotal {
    /// The rate and category.
    pub vat: Vat,
    /// The sum of the rows without VAT.
    pub net: Money,
    /// The VAT on that sum, rounded half away from zero.
    pub tax: Money,
}

impl Totals {
    /// The totals of `rows`, of which `paid` was paid before and `rounding` is added.
    ///
    /// # Errors
    /// [`MoneyFault`], when a sum is too large or an amount is not in `currency`.
    pub fn of(rows: &[Row], rounding: Money, paid: Money, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        let mut sums: BTreeMap<Vat, Money> = BTreeMap::new();
        for row in rows {
            let sum = match sums.get(&row.vat) {
                Some(sum) => sum.plus(row.net)?,
                None => row.net,
            };
            sums.insert(row.vat, sum);
        }
        let by_rate: Vec<VatTotal> =
            sums.into_iter().map(|(vat, net)| VatTotal { vat, net, tax: net.share(vat.rate) }).collect();
        let net = Money::sum(by_rate.iter().map(|total| total.net), currency)?;
        let vat = Money::sum(by_rate.iter().map(|total| total.tax), currency)?;
        let gross = net.plus(vat)?;
        let payable = gross.plus(rounding)?.minus(paid)?;
        Ok(Self { net, vat, gross, rounding, paid, payable, by_rate })
    }
}

const AMOUNTS: &str = "invoice.amounts";
const GROSS: &str = "invoice.amounts.grossAmount";
const ROUNDING: &str = "invoice.amounts.roundingAmount";
const PAID: &str = "invoice.amounts.paidAmount";
const LIST: &str = "invoice.amounts.vat";

/// The most rows that one message names.
const MOST_NAMED: usize = 10;

/// The totals, when `rows`, which are those of `drafts`, are all right and the sender's amounts are what they come to.
pub(super) fn read(
    draft: &AmountsDraft,
    drafts: &[RowDraft],
    rows: Option<&[Row]>,
    kind: Option<InvoiceType>,
    currency: Option<CurrencyCode>,
    report: &mut Report,
) -> Option<Totals> {
    // Each amount is read even where it can't be compared, so that all faults come at once.
    let mut read = |name, member| report.money(Member(AMOUNTS, name), member, currency);
    let net = read("netAmount", draft.net_amount);
    let vat = read("vatAmount", draft.vat_amount);
    let gross = read("grossAmount", draft.gross_amount);
    let rounding = read("roundingAmount", draft.rounding_amount);
    let paid = read("paidAmount", draft.paid_amount);
    let payable = read("payableAmount", draft.payable_amount);
    if draft.gross_amount.is_none() {
        report.missing(GROSS, "An invoice needs its total with VAT, so that both sides agree on it");
    }
    let entries = entries(&draft.vat, currency, report);
    let currency = currency?;
    let zero = Money::zero(currency).ok()?;
    let rounding = rounding.unwrap_or(zero);
    if rounding.minor().unsigned_abs() * 2 > 10_u64.pow(u32::from(rounding.decimals())) {
        report.add(ROUNDING, OUT_OF_RANGE, "A rounding is half a unit of the currency at most, such as 0.50 or -0.50");
    }
    let paid = paid.unwrap_or(zero);
    if paid.is_negative() {
        report.add(PAID, "negative_amount", "What was paid can't be negative: leave it out, or add a row");
    }
    let rows = rows?;
    let totals = match Totals::of(rows, rounding, paid, currency) {
        Ok(totals) => totals,
        Err(fault) => {
            report.fault(GROSS, &fault);
            return None;
        }
    };
    let suspects = |of: &dyn Fn(&Row) -> bool| suspects(rows, drafts, of);
    let mut compare = |name: &'static str, said: Option<Money>, is: Money, what: &str, of_rows: bool| {
        if let Some(said) = said
            && said != is
        {
            let rows = if of_rows { suspects(&|_| true) } else { String::new() };
            report.add(Member(AMOUNTS, name), AMOUNT_MISMATCH, format!("{what} {is}, not {said}: correct it{rows}"));
        }
    };
    compare("netAmount", net, totals.net, "The rows add up to", true);
    compare("vatAmount", vat, totals.vat, "The VAT of all rates adds up to", true);
    compare("grossAmount", gross, totals.gross, "The rows and their VAT add up to", true);
    let to_pay = "With the rounding, and less what was paid, the buyer is to pay";
    compare("payableAmount", payable, totals.payable, to_pay, false);
    if let Some(entries) = entries {
        compare_rates(&entries, &totals.by_rate, suspects, report);
    }
    if totals.gross.is_negative() {
        let message = match kind {
            Some(InvoiceType::CreditNote) => {
                "The amounts of a credit note are positive: turn the sign of its quantities"
            }
            _ => "The total is negative: send a CREDIT_NOTE, whose amounts are positive",
        };
        report.add(GROSS, "negative_amount", message);
    } else if totals.payable.is_negative() {
        let (at, message) = if totals.paid.is_zero() {
            (ROUNDING, format!("The rounding is more than the total of {}: leave it out", totals.gross))
        } else {
            (PAID, format!("More was paid than the total of {}: credit the rest", totals.gross))
        };
        report.add(at, OUT_OF_RANGE, message);
    }
    Some(totals)
}

/// The end of a message: which of the rows may be wrong. Those of which the sender gave the amount are right. They are
/// named as in paths, so that the sender finds them.
fn suspects(rows: &[Row], drafts: &[RowDraft], of: &dyn Fn(&Row) -> bool) -> String {
    let mut places =
        (0..rows.len().min(drafts.len())).filter(|place| of(&rows[*place]) && drafts[*place].amount.is_none());
    let named: Vec<String> = places.by_ref().take(MOST_NAMED).map(|place| format!("rows.{place}")).collect();
    if named.is_empty() {
        return String::new();
    }
    let further = if places.next().is_some() { ", …" } else { "" };
    format!(", or the row that is wrong ({}{further})", named.join(", "))
}

/// What the sender says of one rate.
struct Entry {
    at: Element,
    rate: Percent,
    category: Option<VatCategory>,
    net: Option<Money>,
    tax: Option<Money>,
}

/// The sender's entries; `None` when they are absent or one of them can't be read.
fn entries(drafts: &[VatTotalDraft], currency: Option<CurrencyCode>, report: &mut Report) -> Option<Vec<Entry>> {
    if drafts.len() > MOST_VAT_TOTALS {
        let message = format!("There are {MOST_VAT_TOTALS} rates at most: give each once");
        report.add(Element(LIST, MOST_VAT_TOTALS), TOO_MANY, message);
        return None;
    }
    let mut entries = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let at = Element(LIST, place);
        let rate = report.needed_number(Member(at, "rate"), "Give the rate in percent", draft.rate, Percent::exact);
        let category = report.optional(Member(at, "category"), &draft.category, VatCategory::parse);
        let category_is_wrong = category.is_none() && present(&draft.category).is_some();
        let net = report.money(Member(at, "netAmount"), draft.net_amount, currency);
        let tax = report.money(Member(at, "vatAmount"), draft.vat_amount, currency);
        if let Some(rate) = rate
            && !category_is_wrong
        {
            entries.push(Entry { at, rate, category, net, tax });
        }
    }
    (!drafts.is_empty() && entries.len() == drafts.len()).then_some(entries)
}

/// `suspects` names the rows that may be wrong among those of which a rule holds.
fn compare_rates(
    entries: &[Entry],
    totals: &[VatTotal],
    suspects: impl Fn(&dyn Fn(&Row) -> bool) -> String,
    report: &mut Report,
) {
    let mut told = vec![false; totals.len()];
    for Entry { at, rate, category, net, tax } in entries {
        let mut fitting = totals.iter().enumerate().filter(|(_, total)| {
            total.vat.rate == *rate && category.is_none_or(|category| category == total.vat.category)
        });
        let Some((place, total)) = fitting.next() else {
            let message = format!("No row has VAT of {rate} % in this category: leave it out, or correct the rows");
            report.add(Member(*at, "rate"), AMOUNT_MISMATCH, message);
            continue;
        };
        if fitting.next().is_some() {
            let message = "Rows without VAT are of several categories: say of which this is";
            report.add(Member(*at, "category"), REQUIRED, message);
            told.iter_mut().zip(totals).filter(|(_, total)| total.vat.rate == *rate).for_each(|(told, _)| *told = true);
            continue;
        }
        if told[place] {
            report.add(Member(*at, "rate"), AMOUNT_MISMATCH, format!("VAT of {rate} % is here twice: add them up"));
            continue;
        }
        told[place] = true;
        if let Some(net) = net
            && *net != total.net
        {
            let rows = suspects(&|row| row.vat == total.vat);
            let message = format!("The rows with VAT of {rate} % add up to {}, not {net}: correct it{rows}", total.net);
            report.add(Member(*at, "netAmount"), AMOUNT_MISMATCH, message);
        }
        if let Some(tax) = tax
            && *tax != total.tax
        {
            let message = format!(
                "VAT of {rate} % on {} is {}, not {tax}: it is reckoned on the sum of the rows",
                total.net, total.tax
            );
            report.add(Member(*at, "vatAmount"), AMOUNT_MISMATCH, message);
        }
    }
    let left_out: Vec<String> =
        told.iter().zip(totals).filter(|(told, _)| !**told).map(|(_, total)| format!("{} %", total.vat.rate)).collect();
    if !left_out.is_empty() {
        let message =
            format!("The rows have VAT of {} as well: give each rate, or leave the list out", left_out.join(", "));
        report.add(LIST, AMOUNT_MISMATCH, message);
    }
}
