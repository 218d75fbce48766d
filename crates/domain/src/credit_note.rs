//! Credit notes: what an invoice may be credited with.

use crate::calendar::CalendarDate;
use crate::fault_code::Coded;
use crate::money::{Money, MoneyFault};

/// An invoice that is to be credited, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditedInvoice {
    /// Whether it is a credit note itself.
    pub is_credit_note: bool,
    /// Its date.
    pub date: CalendarDate,
    /// Its total with VAT.
    pub gross: Money,
    /// The total with VAT of all credit notes that it has already.
    pub credited: Money,
}

/// Why a credit note can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditNoteFault {
    /// The client has no such invoice, or it is another client's.
    #[error("You have no invoice of this number: name the invoice that is credited")]
    Missing,
    /// It names a credit note.
    #[error("The number is that of a credit note: name the invoice that is credited")]
    OfCreditNote,
    /// It is in another currency.
    #[error("The invoice is in {invoice}: credit it in the same currency")]
    Currency {
        /// The currency of the invoice.
        invoice: crate::currency::CurrencyCode,
    },
    /// It is dated before its invoice.
    #[error("The invoice is of {invoice}: date the credit note on that day or later")]
    Before {
        /// The date of the invoice.
        invoice: CalendarDate,
    },
    /// Together with those before it, it is above the invoice.
    #[error("{left} of the invoice is left to be credited: lower the credit note")]
    Exceeds {
        /// What is left.
        left: Money,
    },
    /// The amounts can't be reckoned with.
    #[error(transparent)]
    Money(#[from] MoneyFault),
}

impl CreditNoteFault {
    /// The path of the member that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Missing | Self::OfCreditNote => "invoice.references.creditedInvoiceNumber",
            Self::Currency { .. } => "invoice.header.currencyCode",
            Self::Before { .. } => "invoice.header.date",
            Self::Exceeds { .. } | Self::Money(_) => "invoice.amounts.grossAmount",
        }
    }
}

impl Coded for CreditNoteFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "credited_invoice_missing",
            Self::OfCreditNote => "credited_invoice_type",
            Self::Currency { .. } => "currency_mismatch",
            Self::Before { .. } => "credit_before_invoice",
            Self::Exceeds { .. } => "credit_exceeds_invoice",
            Self::Money(fault) => fault.code(),
        }
    }
}

/// Checks a credit note of `gross`, VAT included, dated `date`, against the client's invoice that it names. The rule is
/// over totals: a credit note may correct the VAT of an invoice, and so be of another rate. Answers with what is left
/// to be credited after it.
///
/// Two credit notes at once are held apart by the transaction that reads `invoice` and writes the note.
///
/// # Errors
/// [`CreditNoteFault`], the first that holds in the order of its variants.
pub fn check(gross: Money, date: CalendarDate, invoice: Option<&CreditedInvoice>) -> Result<Money, CreditNoteFault> {
    let invoice = invoice.ok_or(CreditNoteFault::Missing)?;
    if invoice.is_credit_note {
        return Err(CreditNoteFault::OfCreditNote);
    }
    if gross.currency() != invoice.gross.currency() {
        return Err(CreditNoteFault::Currency { invoice: invoice.gross.currency() });
    }
    if date < invoice.date {
        return Err(CreditNoteFault::Before { invoice: invoice.date });
    }
    let left = invoice.gross.minus(invoice.credited)?;
    let after = left.minus(gross)?;
    if after.is_negative() { Err(CreditNoteFault::Exceeds { left }) } else { Ok(after) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::currency::CurrencyCode;
    use crate::fault_code::FAULT_CODES;

    fn euros(minor: i64) -> Money {
        Money::new(minor, CurrencyCode::parse("EUR").unwrap()).unwrap()
    }

    fn day(text: &str) -> CalendarDate {
        CalendarDate::parse(text).unwrap()
    }

    fn invoice(gross: i64, credited: i64) -> CreditedInvoice {
        CreditedInvoice {
            is_credit_note: false,
            date: day("2025-12-01"),
            gross: euros(gross),
            credited: euros(credited),
        }
    }

    #[test]
    fn a_note_takes_what_is_left_and_not_a_cent_more() {
        let date = day("2025-12-01");
        assert_eq!(check(euros(4_000), date, Some(&invoice(10_000, 6_000))), Ok(euros(0)));
        assert_eq!(check(euros(1), date, Some(&invoice(10_000, 6_000))), Ok(euros(3_999)));
        let fault = check(euros(4_001), date, Some(&invoice(10_000, 6_000))).unwrap_err();
        assert_eq!(fault.to_string(), "40.00 of the invoice is left to be credited: lower the credit note");
        assert_eq!((fault.field(), fault.code()), ("invoice.amounts.grossAmount", "credit_exceeds_invoice"));
    }

    #[test]
    fn faults_name_their_member_and_are_listed() {
        let krona = Money::new(100, CurrencyCode::parse("SEK").unwrap()).unwrap();
        let note = CreditedInvoice { is_credit_note: true, ..invoice(100, 0) };
        let largest = euros(999_999_999_999_999);
        let date = day("2025-12-01");
        for (result, field, code) in [
            (check(euros(1), date, None), "invoice.references.creditedInvoiceNumber", "credited_invoice_missing"),
            (check(euros(1), date, Some(&note)), "invoice.references.creditedInvoiceNumber", "credited_invoice_type"),
            (check(krona, date, Some(&invoice(100, 0))), "invoice.header.currencyCode", "currency_mismatch"),
            (
                check(euros(1), day("2025-11-30"), Some(&invoice(100, 0))),
                "invoice.header.date",
                "credit_before_invoice",
            ),
            (
                check(largest, date, Some(&CreditedInvoice { gross: euros(-999_999_999_999_999), ..invoice(0, 0) })),
                "invoice.amounts.grossAmount",
                "out_of_range",
            ),
        ] {
            let fault = result.unwrap_err();
            assert_eq!((fault.field(), fault.code()), (field, code));
            assert!(FAULT_CODES.iter().any(|(listed, _)| *listed == code));
        }
    }

    proptest! {
        #[test]
        fn the_notes_that_are_taken_never_exceed_the_invoice(gross in 0_i64..100_000, notes in proptest::collection::vec(0_i64..40_000, 0..12)) {
            let mut credited = 0;
            for note in notes {
                if check(euros(note), day("2025-12-02"), Some(&invoice(gross, credited))).is_ok() {
                    credited += note;
                }
                prop_assert!(credited <= gross);
            }
        }
    }
}
