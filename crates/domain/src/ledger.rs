//! The books in double entry: every movement is a list of postings, and a posting takes from one account what it gives another. So no
//! movement can be out of balance, and what an account comes to is the sum of its postings.

use crate::cents::Cents;

/// The chart of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerAccount {
    /// What open authorizations hold of a customer's credit. Off the balance sheet: nothing is owed yet.
    Hold,
    /// The other side of [`LedgerAccount::Hold`].
    HoldContra,
    /// What the customer owes of regular purchases and of those whose plan is over, which bear interest by the day. Below zero where the
    /// customer has paid more than was owed.
    RegularReceivable,
    /// What the customer owes of promotional purchases whose plan is not over, with their finance charges.
    PromotionalReceivable,
    /// The part of the finance charges in [`LedgerAccount::PromotionalReceivable`] that is not earned yet.
    UnearnedInterest,
    /// The interest that the customer owes: by the day, and of the whole time of plans that are the same as cash and were not paid in it.
    InterestReceivable,
    /// What the lender owes the merchants for what was captured, less what they gave back.
    MerchantPayable,
    /// Interest earned.
    InterestIncome,
    /// Fees earned.
    FeeIncome,
    /// Money that a till has taken for the lender and that is on its way.
    Clearing,
}

impl LedgerAccount {
    /// Every account, in the order of the chart.
    pub const ALL: [Self; 10] = [
        Self::Hold,
        Self::HoldContra,
        Self::RegularReceivable,
        Self::PromotionalReceivable,
        Self::UnearnedInterest,
        Self::InterestReceivable,
        Self::MerchantPayable,
        Self::InterestIncome,
        Self::FeeIncome,
        Self::Clearing,
    ];

    /// As it is called in the database and to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::HoldContra => "hold_contra",
            Self::RegularReceivable => "regular_receivable",
            Self::PromotionalReceivable => "promotional_receivable",
            Self::UnearnedInterest => "unearned_interest",
            Self::InterestReceivable => "interest_receivable",
            Self::MerchantPayable => "merchant_payable",
            Self::InterestIncome => "interest_income",
            Self::FeeIncome => "fee_income",
            Self::Clearing => "clearing",
        }
    }

    /// The account of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.name() == name)
    }
}

/// What one account is debited and another credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account that is debited.
    pub debit: LedgerAccount,
    /// The account that is credited.
    pub credit: LedgerAccount,
    /// How much: more than nothing.
    pub amount: Cents,
}

impl Posting {
    /// What the posting adds to the debit balance of `account`.
    #[must_use]
    pub fn debit_of(&self, account: LedgerAccount) -> Cents {
        let side = |posted, amount| if posted == account { amount } else { Cents::ZERO };
        side(self.debit, self.amount) - side(self.credit, self.amount)
    }
}

/// What a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// Credit is held for a purchase.
    Authorization,
    /// A purchase, or a part of it, is charged.
    Capture,
    /// A merchant gives up what was held.
    Release,
    /// The time of what was held is over.
    Expiry,
    /// Goods of a capture were brought back.
    Return,
    /// A merchant credits an account, without a capture.
    Refund,
    /// A customer pays ahead.
    Deposit,
    /// A customer pays at a till.
    InstorePayment,
    /// A customer pays in goods.
    Tradein,
    /// The interest of days that have ended.
    Interest,
    /// The time of a plan is over, and something of the purchase is unpaid.
    Maturity,
}

impl MovementKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Authorization,
        Self::Capture,
        Self::Release,
        Self::Expiry,
        Self::Return,
        Self::Refund,
        Self::Deposit,
        Self::InstorePayment,
        Self::Tradein,
        Self::Interest,
        Self::Maturity,
    ];

    /// As it is called in the database and to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Expiry => "expiry",
            Self::Return => "return",
            Self::Refund => "refund",
            Self::Deposit => "deposit",
            Self::InstorePayment => "instore_payment",
            Self::Tradein => "tradein",
            Self::Interest => "interest",
            Self::Maturity => "maturity",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl MovementKind {
    /// Whether a movement of this kind may debit and credit these accounts: what the rules of purchases post, and nothing else. The check of the
    /// books goes by it.
    #[must_use]
    pub const fn posts(self, debit: LedgerAccount, credit: LedgerAccount) -> bool {
        use LedgerAccount as A;
        let (held, let_go) =
            (matches!((debit, credit), (A::Hold, A::HoldContra)), matches!((debit, credit), (A::HoldContra, A::Hold)));
        match self {
            Self::Authorization => held,
            Self::Release | Self::Expiry => let_go,
            Self::Capture => {
                let_go
                    || matches!((debit, credit), (A::RegularReceivable, A::MerchantPayable | A::FeeIncome))
                    || matches!(
                        (debit, credit),
                        (A::PromotionalReceivable, A::MerchantPayable | A::UnearnedInterest | A::FeeIncome)
                    )
            }
            Self::Return => matches!(
                (debit, credit),
                (
                    A::MerchantPayable | A::UnearnedInterest | A::FeeIncome,
                    A::PromotionalReceivable | A::RegularReceivable
                )
            ),
            Self::Refund => {
                matches!((debit, credit), (A::MerchantPayable, A::RegularReceivable | A::PromotionalReceivable))
            }
            Self::Deposit | Self::InstorePayment => matches!(
                (debit, credit),
                (A::Clearing, A::InterestReceivable | A::RegularReceivable | A::PromotionalReceivable)
            ),
            Self::Tradein => matches!(
                (debit, credit),
                (A::MerchantPayable, A::InterestReceivable | A::RegularReceivable | A::PromotionalReceivable)
            ),
            Self::Interest => {
                matches!((debit, credit), (A::InterestReceivable | A::UnearnedInterest, A::InterestIncome))
            }
            Self::Maturity => matches!(
                (debit, credit),
                (A::RegularReceivable, A::PromotionalReceivable) | (A::InterestReceivable, A::InterestIncome)
            ),
        }
    }
}

/// Something that happened on an account, with its postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What it is.
    pub kind: MovementKind,
    /// Its postings, none of them empty.
    pub postings: Vec<Posting>,
}

impl Movement {
    /// A movement without postings so far.
    #[must_use]
    pub const fn new(kind: MovementKind) -> Self {
        Self { kind, postings: Vec::new() }
    }

    /// Adds a posting. Of nothing there is none.
    #[must_use]
    pub fn and(mut self, debit: LedgerAccount, credit: LedgerAccount, amount: Cents) -> Self {
        if amount.is_positive() {
            self.postings.push(Posting { debit, credit, amount });
        }
        self
    }

    /// Adds postings that debit `debits` and credit what they come to: each account of `credits` with no more than what stands beside it,
    /// and `rest` with what is then left.
    #[must_use]
    pub fn and_spread(
        mut self,
        debits: &[(LedgerAccount, Cents)],
        credits: &[(LedgerAccount, Cents)],
        rest: LedgerAccount,
    ) -> Self {
        let mut room = credits.iter().copied();
        let mut into = room.next();
        for &(debit, amount) in debits {
            let mut left = amount;
            while left.is_positive() {
                let (credit, part) = match into {
                    Some((credit, most)) => (credit, left.min(most)),
                    None => (rest, left),
                };
                self = self.and(debit, credit, part);
                let part = part.max(Cents::ZERO);
                left -= part;
                into =
                    into.and_then(|(credit, most)| Some((credit, most - part)).filter(|(_, most)| most.is_positive()));
                if into.is_none() {
                    into = room.next();
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use LedgerAccount::{Clearing, InterestReceivable, MerchantPayable, PromotionalReceivable, RegularReceivable};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lead_back() {
        assert!(LedgerAccount::ALL.iter().all(|account| LedgerAccount::of_name(account.name()) == Some(*account)));
        assert!(MovementKind::ALL.iter().all(|kind| MovementKind::of_name(kind.name()) == Some(*kind)));
        assert_eq!((LedgerAccount::of_name("cash"), MovementKind::of_name("void")), (None, None));
    }

    #[test]
    fn a_movement_posts_to_few_accounts_and_never_from_one_to_itself() {
        let count = |kind: MovementKind| {
            let pairs =
                LedgerAccount::ALL.into_iter().flat_map(|debit| LedgerAccount::ALL.map(|credit| (debit, credit)));
            let posted: Vec<_> = pairs.filter(|(debit, credit)| kind.posts(*debit, *credit)).collect();
            assert!(posted.iter().all(|(debit, credit)| debit != credit), "{kind:?}");
            posted.len()
        };
        assert_eq!(MovementKind::ALL.map(count), [1, 6, 1, 1, 6, 2, 3, 3, 3, 2, 2]);
    }

    #[test]
    fn what_is_spread_fills_one_account_after_the_other() {
        let spread = Movement::new(MovementKind::InstorePayment).and_spread(
            &[(Clearing, Cents(100)), (MerchantPayable, Cents(50))],
            &[(InterestReceivable, Cents(30)), (RegularReceivable, Cents(-5)), (PromotionalReceivable, Cents(90))],
            RegularReceivable,
        );
        let told: Vec<_> = spread.postings.iter().map(|it| (it.debit, it.credit, it.amount.0)).collect();
        let expected = [
            (Clearing, InterestReceivable, 30),
            (Clearing, PromotionalReceivable, 70),
            (MerchantPayable, PromotionalReceivable, 20),
            (MerchantPayable, RegularReceivable, 30),
        ];
        assert_eq!(told, expected);
    }

    proptest! {
        #[test]
        fn whatever_is_spread_all_of_it_arrives(
            debits in proptest::collection::vec(0_i64..1_000, 0..4),
            credits in proptest::collection::vec(-10_i64..1_000, 0..4),
        ) {
            let debits: Vec<_> = debits.into_iter().map(|amount| (Clearing, Cents(amount))).collect();
            let credits: Vec<_> = credits.into_iter().map(|most| (InterestReceivable, Cents(most))).collect();
            let whole: Cents = debits.iter().map(|(_, amount)| *amount).sum();
            let room: Cents = credits.iter().map(|(_, most)| *most).filter(|most| most.is_positive()).sum();
            let movement = Movement::new(MovementKind::Deposit).and_spread(&debits, &credits, RegularReceivable);
            let of = |account| movement.postings.iter().map(|it| it.debit_of(account)).sum::<Cents>();
            prop_assert!(movement.postings.iter().all(|it| it.amount.is_positive()));
            prop_assert_eq!(of(Clearing), whole);
            prop_assert_eq!(-of(InterestReceivable), whole.min(room));
            prop_assert_eq!(-of(RegularReceivable), whole - whole.min(room));
        }
    }
}
