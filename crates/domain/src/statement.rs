//! The statement of a credit account: what its customer owed at the beginning of a time, what was charged and credited in it, and what is owed at
//! its end. It is read from the ledger, so that it says what the books say.

use crate::Timestamp;
use crate::cents::Cents;
use crate::ledger::{LedgerAccount, MovementKind, Posting};

/// A movement of an account, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementMovement {
    /// Its place among the movements of the account.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it is.
    pub kind: MovementKind,
    /// What was posted.
    pub postings: Vec<Posting>,
}

/// A movement that has changed what is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// Its place among the movements of the account.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it is.
    pub kind: MovementKind,
    /// What was charged; below zero what was credited.
    pub amount: Cents,
    /// The part of it that is interest and fees of a plan.
    pub finance_charge: Cents,
    /// What was owed after it; below zero what the customer had paid too much.
    pub balance: Cents,
}

/// A statement. All its amounts are of purchases and interest together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// What was owed at the beginning.
    pub opening: Cents,
    /// What was charged for purchases, with the finance charges of their plans.
    pub purchases: Cents,
    /// The interest that was charged: by the day, and of the whole time of plans that are the same as cash and were not paid in it.
    pub interest: Cents,
    /// What merchants have given back: returns and refunds.
    pub returned: Cents,
    /// What the customer has paid.
    pub paid: Cents,
    /// What was owed at the end: `opening` and what was charged, less what was given back and paid.
    pub closing: Cents,
    /// Each movement that has changed what is owed, the oldest first.
    pub entries: Vec<StatementEntry>,
}

/// What a movement adds to what the customer owes.
fn owed(postings: &[Posting]) -> Cents {
    let receivables =
        [LedgerAccount::RegularReceivable, LedgerAccount::PromotionalReceivable, LedgerAccount::InterestReceivable];
    let of = |account| postings.iter().map(|posting| posting.debit_of(account)).sum::<Cents>();
    receivables.into_iter().map(of).sum()
}

/// What of that is interest and fees of a plan, whether they are earned yet or not. Interest by the day is none of it.
fn finance_charge(kind: MovementKind, postings: &[Posting]) -> Cents {
    if kind == MovementKind::Interest {
        return Cents::ZERO;
    }
    let charges = [LedgerAccount::UnearnedInterest, LedgerAccount::FeeIncome, LedgerAccount::InterestIncome];
    let of = |account| postings.iter().map(|posting| Cents::ZERO - posting.debit_of(account)).sum::<Cents>();
    charges.into_iter().map(of).sum()
}

impl Statement {
    /// The statement of an account on which `opening` was owed before the first of these movements, which come in order.
    #[must_use]
    pub fn of(opening: Cents, movements: impl IntoIterator<Item = StatementMovement>) -> Self {
        let mut statement = Self { opening, closing: opening, ..Self::default() };
        for movement in movements {
            let amount = owed(&movement.postings);
            if amount == Cents::ZERO {
                continue;
            }
            statement.closing += amount;
            match movement.kind {
                MovementKind::Interest | MovementKind::Maturity => statement.interest += amount,
                MovementKind::Return | MovementKind::Refund => statement.returned -= amount,
                MovementKind::Deposit | MovementKind::InstorePayment | MovementKind::Tradein => {
                    statement.paid -= amount;
                }
                MovementKind::Capture | MovementKind::Authorization | MovementKind::Release | MovementKind::Expiry => {
                    statement.purchases += amount;
                }
            }
            statement.entries.push(StatementEntry {
                number: movement.number,
                at: movement.at,
                kind: movement.kind,
                amount,
                finance_charge: finance_charge(movement.kind, &movement.postings),
                balance: statement.closing,
            });
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn posting(debit: LedgerAccount, credit: LedgerAccount, cents: i64) -> Posting {
        Posting { debit, credit, amount: Cents(cents) }
    }

    fn movement(number: i64, kind: MovementKind, postings: Vec<Posting>) -> StatementMovement {
        StatementMovement { number, at: Timestamp::from_micros(number), kind, postings }
    }

    #[test]
    fn what_is_held_is_not_owed_and_what_is_charged_is() {
        use LedgerAccount::{
            Clearing, Hold, HoldContra, InterestIncome, InterestReceivable, MerchantPayable, PromotionalReceivable,
            UnearnedInterest,
        };
        let statement = Statement::of(
            Cents(100),
            [
                movement(7, MovementKind::Authorization, vec![posting(Hold, HoldContra, 1_050)]),
                movement(
                    8,
                    MovementKind::Capture,
                    vec![
                        posting(HoldContra, Hold, 1_050),
                        posting(PromotionalReceivable, MerchantPayable, 1_000),
                        posting(PromotionalReceivable, UnearnedInterest, 50),
                    ],
                ),
                movement(9, MovementKind::Interest, vec![posting(UnearnedInterest, InterestIncome, 5)]),
                movement(10, MovementKind::Interest, vec![posting(InterestReceivable, InterestIncome, 2)]),
                movement(11, MovementKind::Return, vec![posting(MerchantPayable, PromotionalReceivable, 300)]),
                movement(12, MovementKind::Deposit, vec![posting(Clearing, InterestReceivable, 2)]),
            ],
        );
        let (charged, credited) = ((statement.purchases, statement.interest), (statement.returned, statement.paid));
        assert_eq!((charged, credited), ((Cents(1_050), Cents(2)), (Cents(300), Cents(2))));
        assert_eq!(statement.closing, Cents(850));
        let entries: Vec<_> =
            statement.entries.iter().map(|it| (it.number, it.amount.0, it.finance_charge.0, it.balance.0)).collect();
        assert_eq!(entries, [(8, 1_050, 50, 1_150), (10, 2, 0, 1_152), (11, -300, 0, 852), (12, -2, 0, 850)]);
    }

    fn any_movement() -> impl Strategy<Value = (MovementKind, Vec<Posting>)> {
        let account = prop::sample::select(LedgerAccount::ALL.to_vec());
        let parts = (account.clone(), account, 1..1_000_000_i64);
        let one = parts.prop_map(|(debit, credit, cents)| posting(debit, credit, cents));
        (prop::sample::select(MovementKind::ALL.to_vec()), prop::collection::vec(one, 1..5))
    }

    proptest! {
        #[test]
        fn a_statement_adds_up_and_follows_on_the_one_before(
            movements in prop::collection::vec(any_movement(), 0..40), cut in 0..40_usize, opening in -1_000_000..1_000_000_i64,
        ) {
            let movements: Vec<_> =
                (1..).zip(movements).map(|(number, (kind, postings))| movement(number, kind, postings)).collect();
            let whole = Statement::of(Cents(opening), movements.clone());
            let charged = whole.purchases + whole.interest - whole.returned - whole.paid;
            prop_assert_eq!(whole.opening + charged, whole.closing);
            let (first, rest) = movements.split_at(cut.min(movements.len()));
            let first = Statement::of(Cents(opening), first.to_vec());
            let second = Statement::of(first.closing, rest.to_vec());
            prop_assert_eq!(second.closing, whole.closing);
            prop_assert_eq!(first.entries.len() + second.entries.len(), whole.entries.len());
        }
    }
}
