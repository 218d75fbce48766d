//! Captures: a purchase, or a part of it, is charged; and what is brought back of it.

use std::time::Duration;

use super::charge::share;
use super::{Authorization, Book, Day, Done, FinanceCharge, Financing, Maturity, Refusal};
use crate::Timestamp;
use crate::cents::Cents;
use crate::ledger::{LedgerAccount, Movement, MovementKind};

/// For how many days what was captured can be brought back.
pub const RETURN_DAYS: u32 = 100;

/// A capture, with what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    /// How it is paid.
    pub financing: Financing,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// The finance charge that fell on it.
    pub charge: FinanceCharge,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// What of the amount was brought back.
    pub returned: Cents,
    /// The interest that was not earned on the day `unearned_from`.
    pub unearned: Cents,
    /// The fees that were not given back.
    pub fees: Cents,
    /// The day from which on the unearned interest is earned, the same each day.
    pub unearned_from: Day,
    /// The first day on which all of it is earned.
    pub earned_on: Day,
    /// What it has put on the promotional balance, less what returns took off: amount, interest and fees. Nothing of a regular purchase.
    pub billed: Cents,
    /// What becomes of it after the time of its plan; of a regular purchase nothing.
    pub maturity: Option<Maturity>,
}

/// Over which months after a capture the interest of its finance charge is earned: from the end of the interest-free months of the plan to the
/// last payment, grace included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarningTime {
    /// How many months pass first.
    pub from_month: u8,
    /// After how many months all of it is earned, and the time of the plan is over.
    pub until_month: u8,
}

/// What a return gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// The interest that was not earned yet, and the fees, that fall on the amount.
    pub charge: FinanceCharge,
}

impl Capture {
    pub(super) fn new(
        of: &Authorization,
        (amount, charge): (Cents, FinanceCharge),
        captured_at: Timestamp,
        day: Day,
    ) -> Self {
        let unearned_from = day.after_months(of.earned.from_month);
        let (billed, maturity) = match of.financing {
            Financing::Regular => (Cents::ZERO, None),
            Financing::Promotional { .. } => {
                let billed = amount + charge.total();
                (billed, Some(Maturity::new(day, of.earned.until_month, of.late_rate, billed)))
            }
        };
        Self {
            financing: of.financing,
            amount,
            charge,
            captured_at,
            returned: Cents::ZERO,
            unearned: charge.interest,
            fees: charge.fees,
            unearned_from,
            earned_on: day.after_months(of.earned.until_month).max(unearned_from),
            billed,
            maturity,
        }
    }

    /// What of the amount was not brought back: `remaining_capture_amount` of the POS API.
    #[must_use]
    pub fn remaining(&self) -> Cents {
        self.amount - self.returned
    }

    /// The interest that is not earned when `day` begins.
    #[must_use]
    pub fn unearned_on(&self, day: Day) -> Cents {
        if day <= self.unearned_from {
            return self.unearned;
        }
        let (passed, all) = (day.0 - self.unearned_from.0, self.earned_on.0 - self.unearned_from.0);
        self.unearned - share(self.unearned, Cents(passed), Cents(all))
    }

    /// Takes back `amount` of it; all that is left where none is named. The customer owes it no more, nor the part that falls on it of the
    /// interest that was not earned yet, and of the fees; what was earned stays earned. What was unpaid of it after the time of its plan is
    /// owed like a regular purchase, so that then it is taken from those first.
    ///
    /// # Errors
    /// [`Refusal::WrongTransactionType`], [`Refusal::ReturnDateExceeded`], [`Refusal::NoAmount`] and [`Refusal::CaptureAmountExceeded`].
    pub fn take_back(
        &self,
        book: &Book,
        amount: Option<Cents>,
        now: Timestamp,
    ) -> Result<Done<(Self, Returned)>, Refusal> {
        if self.financing == Financing::Regular {
            return Err(Refusal::WrongTransactionType);
        }
        if now.since(self.captured_at) > Duration::from_secs(u64::from(RETURN_DAYS) * 24 * 3600) {
            return Err(Refusal::ReturnDateExceeded);
        }
        let remaining = self.remaining();
        if remaining.is_zero() {
            return Err(Refusal::CaptureAmountExceeded { remaining });
        }
        let amount = amount.unwrap_or(remaining);
        if !amount.is_positive() {
            return Err(Refusal::NoAmount);
        }
        if amount > remaining {
            return Err(Refusal::CaptureAmountExceeded { remaining });
        }
        let day = book.day(now);
        let unearned = self.unearned_on(day);
        let charge =
            FinanceCharge { interest: share(unearned, amount, remaining), fees: share(self.fees, amount, remaining) };
        let debits = [
            (LedgerAccount::MerchantPayable, amount),
            (LedgerAccount::UnearnedInterest, charge.interest),
            (LedgerAccount::FeeIncome, charge.fees),
        ];
        let promotional = (LedgerAccount::PromotionalReceivable, book.promotional());
        let regular = (LedgerAccount::RegularReceivable, book.regular);
        // Where the customer has paid it already, the rest is a credit.
        let credits = if self.has_matured() { vec![regular, promotional] } else { vec![promotional] };
        let movement =
            Movement::new(MovementKind::Return).and_spread(&debits, &credits, LedgerAccount::RegularReceivable);
        let capture = Self {
            returned: self.returned + amount,
            unearned: unearned - charge.interest,
            fees: self.fees - charge.fees,
            unearned_from: day.max(self.unearned_from),
            billed: self.billed - amount - charge.total(),
            ..*self
        };
        Ok(book.done(movement, (capture, Returned { amount, charge })))
    }
}
