//! What is to be paid of a financed purchase, and when.

use crate::cents::Cents;

/// A payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// How many months after the purchase it is due.
    pub month: u8,
    /// What of it is interest.
    pub interest: Cents,
    /// What of it pays the purchase back.
    pub principal: Cents,
    /// What of it is fees.
    pub fee: Cents,
}

impl Payment {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Cents {
        self.interest + self.principal + self.fee
    }
}

/// The payments of a purchase. Their principal adds up to its amount to the cent, and none of their parts is negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The amount of the purchase.
    pub amount: Cents,
    /// The payments, the first one first.
    pub payments: Vec<Payment>,
    /// Of a plan that is the same as cash: what is owed besides when nothing of the purchase is paid by the end of its time. It is the interest
    /// of the whole time, rounded once; of any other plan nothing.
    pub late_interest: Cents,
}

impl Schedule {
    /// The interest of all payments.
    #[must_use]
    pub fn interest(&self) -> Cents {
        self.payments.iter().map(|payment| payment.interest).sum()
    }

    /// The fees of all payments.
    #[must_use]
    pub fn fees(&self) -> Cents {
        self.payments.iter().map(|payment| payment.fee).sum()
    }

    /// What financing costs when every payment is made in time: interest and fees.
    #[must_use]
    pub fn finance_charge(&self) -> Cents {
        self.interest() + self.fees()
    }

    /// What is paid in all.
    #[must_use]
    pub fn total(&self) -> Cents {
        self.payments.iter().map(Payment::total).sum()
    }
}
