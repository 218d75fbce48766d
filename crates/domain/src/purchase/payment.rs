//! Payments of customers, and refunds of merchants that no capture is named for.
//!
//! A payment pays interest first, then what bears interest (regular purchases), then promotional purchases: of balances with different
//! rates the one with the highest comes first, as section 18 of Canada's Financial Consumer Protection Framework Regulations lets a lender
//! choose. What is paid beyond all that is owed is a credit of the customer.

use super::{Book, Done, Refusal};
use crate::cents::Cents;
use crate::ledger::{LedgerAccount, Movement, MovementKind};

/// How a customer pays at a till: `transaction_type` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payment {
    /// Ahead of a purchase.
    Deposit,
    /// What is owed.
    InstorePayment,
    /// In goods, which the merchant takes and owes the lender.
    Tradein,
}

/// How much may be credited to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditLimits {
    /// The most that is paid on an account in 24 hours.
    pub paid_in_a_day: Cents,
    /// The most that is refunded at once.
    pub refunded_at_once: Cents,
    /// The most that is refunded on an account in 24 hours.
    pub refunded_in_a_day: Cents,
}

impl Default for CreditLimits {
    /// 10,000.00 each: that of payments is the published one.
    fn default() -> Self {
        const MOST: Cents = Cents(1_000_000);
        Self { paid_in_a_day: MOST, refunded_at_once: MOST, refunded_in_a_day: MOST }
    }
}

impl Payment {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Deposit, Self::InstorePayment, Self::Tradein];

    /// As it is called on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.kind().name()
    }

    /// The way of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|payment| payment.name() == name)
    }

    const fn kind(self) -> MovementKind {
        match self {
            Self::Deposit => MovementKind::Deposit,
            Self::InstorePayment => MovementKind::InstorePayment,
            Self::Tradein => MovementKind::Tradein,
        }
    }

    /// Pays `amount`; `paid` is what was paid on the account in the last 24 hours.
    ///
    /// # Errors
    /// [`Refusal::NoAmount`] and [`Refusal::LimitPaymentAmount24`].
    pub fn pay(self, book: &Book, amount: Cents, paid: Cents, limits: &CreditLimits) -> Result<Done<()>, Refusal> {
        if !amount.is_positive() {
            return Err(Refusal::NoAmount);
        }
        let left = (limits.paid_in_a_day - paid).max(Cents::ZERO);
        if amount > left {
            return Err(Refusal::LimitPaymentAmount24 { left });
        }
        let debit = match self {
            Self::Deposit | Self::InstorePayment => LedgerAccount::Clearing,
            Self::Tradein => LedgerAccount::MerchantPayable,
        };
        let credits = [
            (LedgerAccount::InterestReceivable, book.balances.interest),
            (LedgerAccount::RegularReceivable, book.regular),
            (LedgerAccount::PromotionalReceivable, book.promotional()),
        ];
        let movement =
            Movement::new(self.kind()).and_spread(&[(debit, amount)], &credits, LedgerAccount::RegularReceivable);
        Ok(book.done(movement, ()))
    }
}

impl Book {
    /// Credits the account with `amount` that the merchant gives back, on what is owed of purchases and not on interest; `refunded` is what
    /// was refunded on the account in the last 24 hours.
    ///
    /// # Errors
    /// [`Refusal::NoAmount`] and [`Refusal::RefundsLimitExceededAmount`].
    pub fn refund(&self, amount: Cents, refunded: Cents, limits: &CreditLimits) -> Result<Done<()>, Refusal> {
        if !amount.is_positive() {
            return Err(Refusal::NoAmount);
        }
        let left = limits.refunded_at_once.min(limits.refunded_in_a_day - refunded).max(Cents::ZERO);
        if amount > left {
            return Err(Refusal::RefundsLimitExceededAmount { left });
        }
        let credits = [
            (LedgerAccount::RegularReceivable, self.regular),
            (LedgerAccount::PromotionalReceivable, self.promotional()),
        ];
        let movement = Movement::new(MovementKind::Refund).and_spread(
            &[(LedgerAccount::MerchantPayable, amount)],
            &credits,
            LedgerAccount::RegularReceivable,
        );
        Ok(self.done(movement, ()))
    }
}
