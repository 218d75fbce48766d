//! Authorizations: credit is held for a purchase until the merchant captures it, gives it up, or its time is over.

use std::time::Duration;

use super::{Book, Capture, Done, EarningTime, FinanceCharge, Refusal};
use crate::Timestamp;
use crate::cents::Cents;
use crate::credit_account::AccountState;
use crate::ledger::{LedgerAccount, Movement, MovementKind};
use crate::percent::Percent;

/// The most authorizations of one account that may be open at once. It bounds what has to be ended when their time is over.
pub const MOST_OPEN: i64 = 500;

/// How a purchase is paid: `financing_option` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Financing {
    /// A regular purchase, which bears interest by the day.
    Regular,
    /// A promotional purchase, by the schedule of a plan.
    Promotional {
        /// The plan.
        plan: u8,
        /// Its term in months.
        term: u8,
    },
}

impl Financing {
    /// `transaction_type` of the POS API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular_purchase",
            Self::Promotional { .. } => "promotional_purchase",
        }
    }

    /// What the customer owes it under.
    const fn receivable(self) -> LedgerAccount {
        match self {
            Self::Regular => LedgerAccount::RegularReceivable,
            Self::Promotional { .. } => LedgerAccount::PromotionalReceivable,
        }
    }
}

/// How an authorization stands: `authorization_status` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorizationState {
    /// Something is left of it.
    Opened,
    /// All of it was captured or released.
    Closed,
    /// Its time was over before all of it was captured or released.
    Expired,
    /// The lender has withdrawn it: nothing more is captured, and what is left can only be released.
    Unauthorized,
}

impl AuthorizationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Closed, Self::Expired, Self::Unauthorized];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Expired => "expired",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is asked to be authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// How it is paid.
    pub financing: Financing,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// The finance charge; none of a regular purchase.
    pub charge: FinanceCharge,
    /// Over which time its interest is earned.
    pub earned: EarningTime,
    /// Of a plan that is the same as cash its yearly rate, for what is unpaid at its end; of any other none.
    pub late_rate: Percent,
}

/// An authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// How it is paid.
    pub financing: Financing,
    /// The amount that was authorized, without the finance charge.
    pub amount: Cents,
    /// The finance charge of the whole amount.
    pub charge: FinanceCharge,
    /// Over which time its interest is earned, from each capture on.
    pub earned: EarningTime,
    /// Of a plan that is the same as cash its yearly rate, as it was when this was authorized; of any other none.
    pub late_rate: Percent,
    /// What of the amount was captured.
    pub captured: Cents,
    /// What of the amount was released, by the merchant or because its time was over.
    pub released: Cents,
    /// How it stood when it was last moved. [`Authorization::state_at`] is how it stands now.
    pub state: AuthorizationState,
    /// Until when it may be captured.
    pub expires_at: Timestamp,
}

impl Purchase {
    /// Holds the purchase with its finance charge, for `lifetime`. The charge is held as well, because capturing makes it owed: so no
    /// capture ever takes more credit than was held.
    ///
    /// # Errors
    /// [`Refusal::NoAmount`], [`Refusal::UserNotAbleToPurchase`] and [`Refusal::CreditExceeded`].
    pub fn authorize(
        &self,
        book: &Book,
        state: AccountState,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Done<Authorization>, Refusal> {
        if !self.amount.is_positive() || self.charge.interest.is_negative() || self.charge.fees.is_negative() {
            return Err(Refusal::NoAmount);
        }
        if !state.may_buy() {
            return Err(Refusal::UserNotAbleToPurchase);
        }
        let (needed, available) = (self.amount + self.charge.total(), book.balances_now().available());
        if needed > available {
            return Err(Refusal::CreditExceeded { needed, available });
        }
        let authorization = Authorization {
            financing: self.financing,
            amount: self.amount,
            charge: self.charge,
            earned: self.earned,
            late_rate: self.late_rate,
            captured: Cents::ZERO,
            released: Cents::ZERO,
            state: AuthorizationState::Opened,
            expires_at: now.after(lifetime),
        };
        let movement = Movement::new(MovementKind::Authorization);
        Ok(book.done(movement.and(LedgerAccount::Hold, LedgerAccount::HoldContra, needed), authorization))
    }
}

impl Authorization {
    /// What is left of the amount: `remaining_authorization_amount` of the POS API while it is open.
    #[must_use]
    pub fn remaining(&self) -> Cents {
        self.amount - self.captured - self.released
    }

    /// What it holds of the credit: what is left of the amount, with the finance charge that falls on it.
    #[must_use]
    pub fn held(&self) -> Cents {
        self.remaining() + self.part(self.remaining()).total()
    }

    /// How it stands at `now`: one whose time is over has expired, whether or not that was written down yet.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> AuthorizationState {
        match self.state {
            AuthorizationState::Opened | AuthorizationState::Unauthorized if self.expires_at <= now => {
                AuthorizationState::Expired
            }
            state => state,
        }
    }

    /// What may still be captured at `now`.
    #[must_use]
    pub fn remaining_at(&self, now: Timestamp) -> Cents {
        match self.state_at(now) {
            AuthorizationState::Opened | AuthorizationState::Unauthorized => self.remaining(),
            AuthorizationState::Closed | AuthorizationState::Expired => Cents::ZERO,
        }
    }

    /// Captures `amount`: it is not held any more, but owed, with the finance charge that falls on it. The state of the account does not
    /// matter: the merchant was promised the money when it was authorized.
    ///
    /// # Errors
    /// [`Refusal::NoAmount`], [`Refusal::NotPermitted`], [`Refusal::AuthorizationEnded`] and [`Refusal::AuthAmountExceeded`].
    pub fn capture(&self, book: &Book, amount: Cents, now: Timestamp) -> Result<Done<(Self, Capture)>, Refusal> {
        if self.state_at(now) == AuthorizationState::Unauthorized {
            return Err(Refusal::NotPermitted);
        }
        self.check(amount, now)?;
        let charge = self.part(amount);
        let receivable = self.financing.receivable();
        let movement = Movement::new(MovementKind::Capture)
            .and(LedgerAccount::HoldContra, LedgerAccount::Hold, amount + charge.total())
            .and(receivable, LedgerAccount::MerchantPayable, amount)
            .and(receivable, LedgerAccount::UnearnedInterest, charge.interest)
            .and(receivable, LedgerAccount::FeeIncome, charge.fees);
        let authorization = Self { captured: self.captured + amount, ..*self }.settled();
        let capture = Capture::new(self, (amount, charge), now, book.day(now));
        Ok(book.done(movement, (authorization, capture)))
    }

    /// Gives up `amount`; all that is left where none is named.
    ///
    /// # Errors
    /// [`Refusal::NoAmount`], [`Refusal::AuthorizationEnded`] and [`Refusal::AuthAmountExceeded`].
    pub fn release(&self, book: &Book, amount: Option<Cents>, now: Timestamp) -> Result<Done<Self>, Refusal> {
        let amount = amount.unwrap_or_else(|| self.remaining());
        self.check(amount, now)?;
        Ok(self.let_go(book, amount, MovementKind::Release))
    }

    /// Gives up what is left once its time is over; `None` where it has ended already or its time is not over.
    #[must_use]
    pub fn expire(&self, book: &Book, now: Timestamp) -> Option<Done<Self>> {
        let was_open = matches!(self.state, AuthorizationState::Opened | AuthorizationState::Unauthorized);
        (was_open && self.expires_at <= now).then(|| {
            let mut done = self.let_go(book, self.remaining(), MovementKind::Expiry);
            done.outcome.state = AuthorizationState::Expired;
            done
        })
    }

    /// Withdraws it: the lender lets nothing more be captured. `None` where it is not open.
    #[must_use]
    pub fn withdraw(&self, now: Timestamp) -> Option<Self> {
        (self.state_at(now) == AuthorizationState::Opened)
            .then_some(Self { state: AuthorizationState::Unauthorized, ..*self })
    }

    fn check(&self, amount: Cents, now: Timestamp) -> Result<(), Refusal> {
        if matches!(self.state_at(now), AuthorizationState::Closed | AuthorizationState::Expired) {
            return Err(Refusal::AuthorizationEnded);
        }
        if !amount.is_positive() {
            return Err(Refusal::NoAmount);
        }
        let remaining = self.remaining();
        if amount > remaining { Err(Refusal::AuthAmountExceeded { remaining }) } else { Ok(()) }
    }

    /// The finance charge that falls on the next `amount`.
    fn part(&self, amount: Cents) -> FinanceCharge {
        self.charge.part(self.captured + self.released, amount, self.amount)
    }

    fn let_go(&self, book: &Book, amount: Cents, kind: MovementKind) -> Done<Self> {
        let held = amount + self.part(amount).total();
        let movement = Movement::new(kind).and(LedgerAccount::HoldContra, LedgerAccount::Hold, held);
        book.done(movement, Self { released: self.released + amount, ..*self }.settled())
    }

    /// Closed, where nothing is left of it.
    fn settled(mut self) -> Self {
        if self.remaining().is_zero() {
            self.state = AuthorizationState::Closed;
        }
        self
    }
}
