//! Credit notes: what an invoice may be credited with.

use crate::Faults;
use crate::calendar::CalendarDate;
use crate::currency::CurrencyCode;
use crate::fault_code::Coded;
use crate::invoice::Totals;
use crate::money::{Money, MoneyFault};

/// The totals of an invoice or of credit notes that a credit note is held against, all in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditTotals {
    /// Without VAT.
    pub net: Money,
    /// The VAT.
    pub vat: Money,
    /// With VAT.
    pub gross: Money,
}

impl CreditTotals {
    /// Nothing, in `currency`: what an invoice without credit notes was credited with.
    ///
    /// # Errors
    /// [`MoneyFault::NoMinorUnit`].
    pub fn zero(currency: CurrencyCode) -> Result<Self, MoneyFault> {
        let zero = Money::zero(currency)?;
        Ok(Self { net: zero, vat: zero, gross: zero })
    }

    /// These totals and `other`: what all credit notes of an invoice come to.
    ///
    /// # Errors
    /// [`MoneyFault`], as [`Money::plus`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyFault> {
        Ok(Self {
            net: self.net.plus(other.net)?,
            vat: self.vat.plus(other.vat)?,
            gross: self.gross.plus(other.gross)?,
        })
    }

    /// Each total, with the path of the member that holds it in a credit note.
    const fn by_member(self) -> [(&'static str, Money); 3] {
        [
            ("invoice.amounts.netAmount", self.net),
            ("invoice.amounts.vatAmount", self.vat),
            ("invoice.amounts.grossAmount", self.gross),
        ]
    }
}

impl From<&Totals> for CreditTotals {
    fn from(totals: &Totals) -> Self {
        Self { net: totals.net, vat: totals.vat, gross: totals.gross }
    }
}

/// An invoice that is to be credited, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditedInvoice {
    /// Whether it is a credit note itself.
    pub is_credit_note: bool,
    /// Its date.
    pub date: CalendarDate,
    /// What it charged.
    pub charged: CreditTotals,
    /// What all credit notes that it has already come to.
    pub credited: CreditTotals,
}

/// Why a credit note can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum CreditNoteFault {
    /// The client has no such invoice, or it is another client's.
    #[error("You have no invoice of this number: name the invoice that is credited")]
    Missing,
    /// It names a credit note.
    #[error("The number is that of a credit note: name the invoice that is credited")]
    OfCreditNote,
    /// It is in another currency.
    #[error("The invoice is in {invoice}: credit it in the same currency")]
    Currency { invoice: CurrencyCode },
    /// It is dated before its invoice.
    #[error("The invoice is of {invoice}: date the credit note on that day or later")]
    Before { invoice: CalendarDate },
    /// Together with those before it, it is above the invoice.
    #[error("{left} of this amount of the invoice is left to be credited: lower the credit note")]
    Exceeds { left: Money },
}

impl Coded for CreditNoteFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "credited_invoice_missing",
            Self::OfCreditNote => "credited_invoice_type",
            Self::Currency { .. } => "currency_mismatch",
            Self::Before { .. } => "credit_before_invoice",
            Self::Exceeds { .. } => "credit_exceeds_invoice",
        }
    }
}

/// Checks a credit note of these totals, dated `date`, against the client's invoice that it names. Answers with what
/// the invoice was credited with after it.
///
/// Neither its net amount nor its VAT nor its total may exceed what the invoice has left of the same: with rows of
/// different rates and signs a note could stay below the total and still take back more VAT than was charged. Rates are
/// not compared: a note may be of another rate than its invoice, which it then corrects.
///
/// The faults are those of members, and so are answered with 400 as all faults of a body are, also where it is the
/// state of the invoice that the body does not fit: only so is the member told that the sender has to change, and all
/// of them at once. 402 tells no member.
///
/// Two credit notes at once are held apart by the transaction that reads `invoice` and writes the note.
///
/// # Errors
/// Every fault, by the path of its member. Without an invoice that can be credited that is the only one, and amounts
/// are compared in one currency only.
pub fn check(
    note: CreditTotals,
    date: CalendarDate,
    invoice: Option<&CreditedInvoice>,
) -> Result<CreditTotals, Faults> {
    const CREDITED: &str = "invoice.references.creditedInvoiceNumber";
    let mut faults = Faults::new();
    let mut add = |at: &'static str, fault: &dyn Coded| faults.add(at, fault.code(), fault.to_string());
    let mut after = None;
    match invoice {
        None => add(CREDITED, &CreditNoteFault::Missing),
        Some(invoice) if invoice.is_credit_note => add(CREDITED, &CreditNoteFault::OfCreditNote),
        Some(invoice) => {
            if date < invoice.date {
                add("invoice.header.date", &CreditNoteFault::Before { invoice: invoice.date });
            }
            let currency = invoice.charged.gross.currency();
            if note.gross.currency() == currency {
                after = compare(note, invoice, &mut add);
            } else {
                add("invoice.header.currencyCode", &CreditNoteFault::Currency { invoice: currency });
            }
        }
    }
    if faults.is_empty() { after.ok_or(faults) } else { Err(faults) }
}

fn compare(
    note: CreditTotals,
    invoice: &CreditedInvoice,
    add: &mut impl FnMut(&'static str, &dyn Coded),
) -> Option<CreditTotals> {
    let after = match invoice.credited.plus(note) {
        Ok(after) => after,
        Err(fault) => {
            add("invoice.amounts.grossAmount", &fault);
            return None;
        }
    };
    let totals = invoice.charged.by_member().into_iter().zip(invoice.credited.by_member()).zip(after.by_member());
    for (((at, charged), (_, before)), (_, after)) in totals {
        // Of an amount below zero, such as the VAT where goods are taken back that had more of it, no more is given
        // back than was taken, and nothing is charged anew.
        let exceeds = if charged.is_negative() {
            after.minor() < charged.minor() || after.minor() > 0
        } else {
            after.minor() > charged.minor()
        };
        if exceeds {
            match charged.minus(before) {
                Ok(left) => add(at, &CreditNoteFault::Exceeds { left }),
                Err(fault) => add(at, &fault),
            }
        }
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault_code::FAULT_CODES;

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, CurrencyCode::parse(currency).unwrap()).unwrap()
    }

    /// Net amount and VAT in cents.
    fn euros(net: i64, vat: i64) -> CreditTotals {
        CreditTotals { net: money(net, "EUR"), vat: money(vat, "EUR"), gross: money(net + vat, "EUR") }
    }

    fn day(text: &str) -> CalendarDate {
        CalendarDate::parse(text).unwrap()
    }

    fn invoice(charged: CreditTotals, credited: CreditTotals) -> CreditedInvoice {
        CreditedInvoice { is_credit_note: false, date: day("2025-12-01"), charged, credited }
    }

    const NET: &str = "invoice.amounts.netAmount";
    const VAT: &str = "invoice.amounts.vatAmount";
    const GROSS: &str = "invoice.amounts.grossAmount";

    /// The members at which a note on the day of its invoice exceeds it.
    fn exceeding(note: CreditTotals, charged: CreditTotals, credited: CreditTotals) -> Vec<String> {
        let faults = check(note, day("2025-12-01"), Some(&invoice(charged, credited))).err().unwrap_or_default();
        assert!(faults.as_slice().iter().all(|fault| fault.code == "credit_exceeds_invoice"));
        faults.into_vec().into_iter().map(|fault| fault.field.into_owned()).collect()
    }

    #[test]
    fn a_note_takes_what_is_left_and_not_a_cent_more() {
        let (charged, credited, date) = (euros(10_000, 2_550), euros(6_000, 1_530), day("2025-12-01"));
        assert_eq!(check(euros(4_000, 1_020), date, Some(&invoice(charged, credited))), Ok(charged));
        assert_eq!(check(euros(1, 0), date, Some(&invoice(charged, credited))), Ok(euros(6_001, 1_530)));
        let faults = check(euros(4_001, 1_020), date, Some(&invoice(charged, credited))).unwrap_err().into_vec();
        assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), [NET, GROSS]);
        assert_eq!(
            faults[1].message,
            "50.20 of this amount of the invoice is left to be credited: lower the credit note"
        );
    }

    #[test]
    fn neither_net_amount_nor_vat_nor_total_is_exceeded() {
        let (charged, nothing) = (euros(10_000, 2_550), euros(0, 0));
        // Rows of +400 at 25.5 % and -400 without VAT: below the total, and four times the VAT.
        assert_eq!(exceeding(euros(0, 10_200), charged, nothing), [VAT]);
        assert_eq!(exceeding(euros(12_000, 0), charged, nothing), [NET]);
        assert_eq!(exceeding(euros(10_000, 2_551), charged, nothing), [VAT, GROSS]);
        assert_eq!(exceeding(euros(10_001, 2_551), charged, nothing), [NET, VAT, GROSS]);
        // An invoice may take back more VAT than it charges, and a note of it gives that back at most.
        let odd = euros(30_000, -2_550);
        assert_eq!(exceeding(odd, odd, nothing), [""; 0]);
        assert_eq!(exceeding(euros(10_000, 0), odd, nothing), [""; 0]);
        assert_eq!(exceeding(euros(20_000, -2_550), odd, euros(10_000, 0)), [""; 0]);
        assert_eq!(exceeding(euros(10_000, -2_551), odd, nothing), [VAT]);
        assert_eq!(exceeding(euros(10_000, 1), odd, nothing), [VAT]);
    }

    #[test]
    fn faults_name_their_member_and_are_listed() {
        let krona = CreditTotals { net: money(1, "SEK"), vat: money(0, "SEK"), gross: money(1, "SEK") };
        let (date, earlier) = (day("2025-12-01"), day("2025-11-30"));
        let plain = invoice(euros(100, 0), euros(0, 0));
        let note = CreditedInvoice { is_credit_note: true, ..plain };
        let full = euros(999_999_999_999_999, 0);
        let credited = "invoice.references.creditedInvoiceNumber";
        for (result, expected) in [
            (check(euros(1, 0), date, None), &[(credited, "credited_invoice_missing")][..]),
            (check(krona, earlier, Some(&note)), &[(credited, "credited_invoice_type")]),
            (check(euros(1, 0), earlier, Some(&plain)), &[("invoice.header.date", "credit_before_invoice")]),
            // What does not depend on each other is told at once.
            (
                check(krona, earlier, Some(&plain)),
                &[
                    ("invoice.header.date", "credit_before_invoice"),
                    ("invoice.header.currencyCode", "currency_mismatch"),
                ],
            ),
            (check(full, date, Some(&invoice(full, full))), &[(GROSS, "out_of_range")]),
        ] {
            let faults = result.unwrap_err().into_vec();
            let found: Vec<(&str, &str)> = faults.iter().map(|fault| (&*fault.field, &*fault.code)).collect();
            assert_eq!(found, expected);
            assert!(found.iter().all(|(_, code)| FAULT_CODES.iter().any(|(listed, _)| listed == code)));
        }
    }

    proptest! {
        #[test]
        fn the_notes_that_are_taken_never_exceed_the_invoice(
            (net, vat) in (0_i64..100_000, -2_000_i64..20_000),
            notes in proptest::collection::vec((-1_000_i64..40_000, -1_000_i64..8_000), 0..12),
        ) {
            let charged = euros(net, vat);
            let mut credited = CreditTotals::zero(charged.gross.currency()).unwrap();
            for (net, vat) in notes {
                if let Ok(after) = check(euros(net, vat), day("2025-12-02"), Some(&invoice(charged, credited))) {
                    prop_assert_eq!(Ok(after), credited.plus(euros(net, vat)));
                    credited = after;
                }
                for ((_, charged), (_, credited)) in charged.by_member().into_iter().zip(credited.by_member()) {
                    prop_assert!(credited.minor() <= charged.minor().max(0));
                }
            }
        }
    }
}
