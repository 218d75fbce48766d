//! What a purchase costs by every plan and term, again and again on one thread: the sum of `calculate-interest` without the database, and
//! the schedules. It is a program of its own because it has the allocator of the program under test, and its rivals have not. Prints one line
//! of JSON: how many in a second of one core.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for the terminal")]

mod processor;

use std::collections::BTreeMap;
use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use domain::cents::Cents;
use domain::credit_account::Category;
use domain::lending::{Bilingual, Borrower, Charged, Fee, Lending};
use domain::reference_data::Province;
use processor::processor_time;

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many are made between two looks at the clock.
const SOME: u32 = 100;

/// Who asks. The merchant has chosen no plans, and so offers all.
const MERCHANT: &str = "flexitidemo";
const BORROWER: Borrower = Borrower { category: Category::Preferred, province: Province::Ontario };

fn main() -> ExitCode {
    let seconds = |place| env::args().nth(place).and_then(|word| word.parse().ok()).map(Duration::from_secs);
    let measured = match (seconds(1), seconds(2)) {
        (Some(warm_up), Some(time)) => measure(warm_up, time),
        _ => Err("start this by `cargo xtask bench`".to_owned()),
    };
    match measured {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("bench-interest: {said}");
            ExitCode::FAILURE
        }
    }
}

fn measure(warm_up: Duration, time: Duration) -> Result<serde_json::Value, String> {
    let (plain, dear) = (Lending::default(), with_fees()?);
    let per_second = |job: &dyn Fn(Cents)| -> Result<f64, String> {
        again_for(job, warm_up)?;
        again_for(job, time)
    };
    let quotes = |lending: &Lending, amount| {
        black_box(lending.quotes(MERCHANT, BORROWER, amount));
    };
    Ok(serde_json::json!({
        "terms": terms(&dear),
        "perSecond": per_second(&|amount| quotes(&plain, amount))?,
        "withFees": per_second(&|amount| quotes(&dear, amount))?,
        "withSchedules": per_second(&|amount| schedules(&dear, amount))?,
    }))
}

/// The default plans, each with two fees: then every annual rate has to be solved for each amount.
fn with_fees() -> Result<Lending, String> {
    let fee = |amount, charged| Fee {
        description: Bilingual::new("Administration fee", "Frais d'administration"),
        amount: Cents(amount),
        charged,
    };
    let mut plans = Lending::default_plans();
    for plan in &mut plans {
        plan.fees = vec![fee(999, Charged::Once), fee(50, Charged::Monthly)];
    }
    let made = Lending::new(plans, Lending::default_regular_purchases(), BTreeMap::new());
    made.map_err(|fault| fault.to_string())
}

/// The terms of all plans that the borrower is offered.
fn terms(lending: &Lending) -> usize {
    lending.quotes(MERCHANT, BORROWER, Cents(100_000)).iter().map(|plan| plan.terms.len()).sum()
}

/// Every plan and term with all its payments.
fn schedules(lending: &Lending, amount: Cents) {
    for plan in lending.quotes(MERCHANT, BORROWER, amount) {
        for term in plan.terms {
            black_box(lending.financing(MERCHANT, BORROWER, (plan.plan.id, term.months), amount).ok());
        }
    }
}

/// Does a job for so long, each time for another amount, and gives how often in a second of one core.
fn again_for(job: &dyn Fn(Cents), time: Duration) -> Result<f64, String> {
    let (start, mut made) = (processor_time()?, 0_u32);
    loop {
        for _ in 0..SOME {
            // From 500.00 to 10,499.99, so that no fee makes a term too dear.
            job(Cents(50_000 + i64::from(made) * 7_919 % 1_000_000));
            made += 1;
        }
        let spent = processor_time()?.saturating_sub(start);
        if spent >= time {
            return Ok(f64::from(made) / spent.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_quoted_and_timed() {
        let line = measure(Duration::ZERO, Duration::from_millis(1)).unwrap();
        let offered = Lending::default();
        let offered: usize = offered.plans_for(MERCHANT, BORROWER).map(|plan| plan.terms.len()).sum();
        assert_eq!(line["terms"], offered);
        for rate in ["perSecond", "withFees", "withSchedules"] {
            assert!(line[rate].as_f64().unwrap() > 0.0, "{line}");
        }
    }

    #[test]
    fn no_fee_is_too_much_for_the_least_amount() {
        let dear = with_fees().unwrap();
        let quoted: usize = dear.quotes(MERCHANT, BORROWER, Cents(50_000)).iter().map(|plan| plan.terms.len()).sum();
        assert_eq!(quoted, terms(&dear));
    }
}
