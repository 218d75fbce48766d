//! What an account is, by amounts alone.

use std::ops::AddAssign;
use std::time::Duration;

use domain::Timestamp;

use super::plan::{Plan, half_even};

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// 30.99 % of a year of 365 days: of each cent that is owed at the end of a day so many parts, of which 3,650,000 are a cent.
const PARTS_A_DAY: i64 = 3_099;
const PARTS: i64 = 3_650_000;

/// An authorization. A regular purchase has no plan.
pub(super) struct Hold {
    pub(super) amount: i64,
    pub(super) plan: Option<&'static Plan>,
    pub(super) charge: Charge,
    pub(super) captured: i64,
    pub(super) released: i64,
    pub(super) until: Timestamp,
}

/// A finance charge.
#[derive(Clone, Copy, Default)]
pub(super) struct Charge {
    pub(super) interest: i64,
    pub(super) fee: i64,
}

/// A capture.
pub(super) struct Taken {
    amount: i64,
    plan: Option<&'static Plan>,
    /// What of its finance charge was neither earned nor given back, on the day `earned_from`.
    charge: Charge,
    earned_from: i64,
    /// What it has put on the promotional balance, less what returns took off.
    billed: i64,
    returned: i64,
    at: Timestamp,
    /// The day on which its plan is over.
    ends: i64,
    has_ended: bool,
    /// The least that was owed of it by its plan.
    least: i64,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) limit: i64,
    pub(super) regular: i64,
    pub(super) promotional: i64,
    pub(super) interest: i64,
    /// The part of a cent of interest that was not charged yet.
    rest: i64,
    /// The first day whose interest was not charged yet.
    day: i64,
    pub(super) holds: Vec<Hold>,
    pub(super) taken: Vec<Taken>,
    /// What the lender has charged in all and not given back.
    pub(super) income: Charge,
    pub(super) seen: Seen,
}

/// How often something was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// A plan has ended with nothing left.
    pub(super) paid: u32,
    /// A plan has ended with something left, and bore nothing.
    pub(super) left: u32,
    /// Interest of the whole time was charged.
    pub(super) late: u32,
    /// Of less than what was unpaid, because less was owed for a time.
    pub(super) bounded: u32,
    /// What was brought back had earned a part of its interest.
    pub(super) earned: u32,
    /// Or none of it yet, while it was free of it.
    pub(super) unearned: u32,
    /// A fee was given back.
    pub(super) fees: u32,
    /// A purchase was too small for its plan.
    pub(super) small: u32,
}

impl AddAssign for Seen {
    fn add_assign(&mut self, more: Self) {
        self.paid += more.paid;
        self.left += more.left;
        self.late += more.late;
        self.bounded += more.bounded;
        self.earned += more.earned;
        self.unearned += more.unearned;
        self.fees += more.fees;
        self.small += more.small;
    }
}

/// What falls of `whole` on `part` of `all`, rounded down.
const fn share(whole: i64, part: i64, all: i64) -> i64 {
    whole * part / all
}

const fn day(at: Timestamp) -> i64 {
    at.micros() / DAY_MICROS
}

impl Charge {
    pub(super) fn of(plan: Option<&Plan>, amount: i64) -> Self {
        match plan {
            Some(plan) => Self { interest: plan.interest(amount), fee: plan.fee },
            None => Self { interest: 0, fee: 0 },
        }
    }

    pub(super) const fn total(self) -> i64 {
        self.interest + self.fee
    }

    /// What falls on `part` of `all`.
    const fn share(self, part: i64, all: i64) -> Self {
        Self { interest: share(self.interest, part, all), fee: share(self.fee, part, all) }
    }

    const fn less(self, other: Self) -> Self {
        Self { interest: self.interest - other.interest, fee: self.fee - other.fee }
    }
}

impl Hold {
    /// Whether so much may be captured or released.
    pub(super) fn has(&self, amount: i64, now: Timestamp) -> bool {
        now < self.until && amount <= self.amount - self.captured - self.released
    }

    /// The finance charge that falls on the next `amount`: what has fallen on all of it by then, less what had before.
    fn part(&self, amount: i64) -> Charge {
        let gone = self.captured + self.released;
        self.charge.share(gone + amount, self.amount).less(self.charge.share(gone, self.amount))
    }

    fn held(&self) -> i64 {
        let left = self.amount - self.captured - self.released;
        left + self.part(left).total()
    }
}

impl Taken {
    /// Whether so much may be brought back.
    pub(super) fn has(&self, amount: i64, now: Timestamp) -> bool {
        self.plan.is_some() && now < self.at.after(101 * DAY) && amount <= self.amount - self.returned
    }

    /// The interest that is not earned when a day begins: each day earns the same.
    fn unearned_on(&self, day: i64) -> i64 {
        let all = self.charge.interest;
        match day {
            day if day >= self.ends => 0,
            day if day <= self.earned_from => all,
            day => all - share(all, day - self.earned_from, self.ends - self.earned_from),
        }
    }
}

impl Model {
    pub(super) fn new(limit: i64, now: Timestamp) -> Self {
        Self { limit, day: day(now), ..Self::default() }
    }

    /// Day by day, what ends when it begins and the interest when it has ended.
    pub(super) fn reach(&mut self, now: Timestamp) {
        loop {
            while let Some((of, left)) = self.left().into_iter().find(|(of, _)| self.taken[*of].ends <= self.day) {
                self.end(of, left);
            }
            if self.day == day(now) {
                break;
            }
            self.rest += self.regular.max(0) * PARTS_A_DAY;
            self.day += 1;
        }
        self.charge_interest(self.rest / PARTS);
        self.rest %= PARTS;
    }

    fn charge_interest(&mut self, amount: i64) {
        self.interest += amount;
        self.income.interest += amount;
    }

    /// What is left of each capture whose plan has not ended: what was paid is taken from those that end first.
    pub(super) fn left(&self) -> Vec<(usize, i64)> {
        let is_open = |of: &usize| self.taken[*of].plan.is_some() && !self.taken[*of].has_ended;
        let mut open: Vec<usize> = (0..self.taken.len()).filter(is_open).collect();
        open.sort_by_key(|of| (self.taken[*of].ends, self.taken[*of].at));
        let mut paid = open.iter().map(|of| self.taken[*of].billed).sum::<i64>() - self.promotional;
        let left = |of: usize| {
            let part = self.taken[of].billed.min(paid);
            paid -= part;
            (of, self.taken[of].billed - part)
        };
        open.into_iter().map(left).collect()
    }

    /// A part of a hold is captured; gives its finance charge.
    pub(super) fn take(&mut self, of: usize, amount: i64, at: Timestamp) -> i64 {
        let hold = &mut self.holds[of];
        let (plan, charge) = (hold.plan, hold.part(amount));
        hold.captured += amount;
        let [earned_from, ends] = plan.map_or([0; 2], |plan| plan.days).map(|days| day(at) + days);
        let billed = amount + charge.total();
        let new =
            Taken { amount, plan, charge, earned_from, billed, returned: 0, at, ends, has_ended: false, least: billed };
        self.taken.push(new);
        self.income.interest += charge.interest;
        self.income.fee += charge.fee;
        *(if plan.is_some() { &mut self.promotional } else { &mut self.regular }) += billed;
        charge.total()
    }

    /// A part of a capture is brought back, with its part of the fee and of the interest that was not earned; gives that part.
    pub(super) fn bring_back(&mut self, of: usize, amount: i64, now: Timestamp) -> i64 {
        let taken = &mut self.taken[of];
        let left = Charge { interest: taken.unearned_on(day(now)), fee: taken.charge.fee };
        let back = left.share(amount, taken.amount - taken.returned);
        if taken.charge.interest > 0 && left.interest > 0 {
            self.seen.earned += u32::from(left.interest < taken.charge.interest);
            self.seen.unearned += u32::from(day(now) < taken.earned_from);
        }
        self.seen.fees += u32::from(back.fee > 0);
        taken.charge = left.less(back);
        taken.earned_from = taken.earned_from.max(day(now));
        taken.returned += amount;
        taken.billed -= amount + back.total();
        let order: &[_] = if taken.has_ended { &[regular, promotional] } else { &[promotional] };
        self.income = self.income.less(back);
        self.credit(amount + back.total(), order);
        back.total()
    }

    /// Notes the least that was owed of each.
    pub(super) fn note(&mut self) {
        for (of, left) in self.left() {
            self.taken[of].least = self.taken[of].least.min(left);
        }
    }

    /// The plan of a capture is over: what is left is owed like a regular purchase, with six months' interest of the same as cash.
    fn end(&mut self, of: usize, left: i64) {
        let unpaid = (left - (-self.regular).max(0)).max(0);
        self.promotional -= left;
        self.regular += left;
        let taken = &mut self.taken[of];
        taken.has_ended = true;
        let least = taken.least;
        let is_same_as_cash = taken.plan.is_some_and(|plan| plan.is_same_as_cash);
        if is_same_as_cash {
            self.seen.bounded += u32::from(least < unpaid);
            // Half a year at 30.99 %.
            let late = half_even(i128::from(unpaid.min(least)) * 3_099, 20_000);
            self.charge_interest(i64::try_from(late).unwrap());
        }
        let kind = match left {
            0 => &mut self.seen.paid,
            _ if is_same_as_cash && unpaid > 0 => &mut self.seen.late,
            _ => &mut self.seen.left,
        };
        *kind += 1;
    }

    pub(super) fn available(&self, now: Timestamp) -> i64 {
        let held: i64 = self.holds.iter().filter(|hold| now < hold.until).map(Hold::held).sum();
        self.limit - self.regular - self.promotional - held
    }

    pub(super) fn pay(&mut self, amount: i64) {
        self.credit(amount, &[interest, regular, promotional]);
    }

    pub(super) fn refund(&mut self, amount: i64) {
        self.credit(amount, &[regular, promotional]);
    }

    /// Takes from each balance what it has, and the rest from the regular one.
    fn credit(&mut self, mut amount: i64, order: &[fn(&mut Self) -> &mut i64]) {
        for balance in order {
            let balance = balance(self);
            let part = amount.min((*balance).max(0));
            *balance -= part;
            amount -= part;
        }
        self.regular -= amount;
    }
}

const fn interest(model: &mut Model) -> &mut i64 {
    &mut model.interest
}

const fn regular(model: &mut Model) -> &mut i64 {
    &mut model.regular
}

const fn promotional(model: &mut Model) -> &mut i64 {
    &mut model.promotional
}
