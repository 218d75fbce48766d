//! Decisions by policy, by response keys and by what was before, and that they can be made again.

use proptest::prelude::*;

use super::*;

fn facts(income: i64, housing: i64) -> Facts {
    Facts { age: 41, annual_income: Cents(income * 100), housing_payment: Cents(housing * 100) }
}

fn case(facts: Facts) -> Case {
    Case { facts, policy: Policy::default(), offers_standard: false, response_key: None, earlier: Earlier::default() }
}

fn asked(key: &str) -> Case {
    Case { response_key: Some(ResponseKey::parse(key).unwrap()), ..case(facts(0, 0)) }
}

/// The rating and the limit in dollars of an approval, or the verdict and its first reason.
fn shown(case: &Case) -> String {
    let Decision { verdict, reasons } = case.decide();
    match verdict {
        Verdict::Approved(grant) => format!("{} {}", grant.rating.code(), grant.limit),
        Verdict::Pending => format!("pending {}", reasons[0].as_str()),
        Verdict::Declined => format!("declined {}", reasons[0].as_str()),
        Verdict::Retry => "retry".to_owned(),
    }
}

#[test]
fn income_and_housing_make_the_rating_and_the_rating_the_limit() {
    for (income, housing, expected) in [
        (72_000, 1_450, "L 15000.00"),
        (60_000, 1_500, "L 15000.00"),
        // A cent more for housing than 30 percent would be, in whole dollars.
        (60_000, 1_501, "M 10000.00"),
        (45_000, 0, "M 9000.00"),
        (33_333, 500, "H 4900.00"),
        (24_000, 900, "XH 2800.00"),
        (18_000, 600, "declined standard_not_offered"),
        (12_000, 0, "declined standard_not_offered"),
        (11_999, 0, "declined income_too_low"),
        (72_000, 3_700, "pending housing_too_dear"),
    ] {
        assert_eq!(shown(&case(facts(income, housing))), expected, "{income} {housing}");
    }
    let standard = |income| Case { offers_standard: true, ..case(facts(income, 0)) };
    assert_eq!((shown(&standard(18_000)).as_str(), shown(&standard(12_000)).as_str()), ("XXH 1400.00", "XXXH 700.00"));
}

#[test]
fn the_policy_is_the_operators() {
    let mut strict = case(facts(72_000, 1_450));
    strict.policy.least_age = 42;
    assert_eq!(shown(&strict), "declined below_least_age");
    strict.policy = Policy { least_income: Cents(7_200_001), ..Policy::default() };
    assert_eq!(shown(&strict), "declined income_too_low");
    strict.policy = Policy::default();
    strict.policy.ratings[0].is_lent_to = false;
    assert_eq!(shown(&strict), "declined rating_not_lent_to");
    strict.policy = Policy { least_limit: Cents(1_500_001), ..Policy::default() };
    assert_eq!(shown(&strict), "declined limit_too_small");
    // Enough for the policy, and for no rating.
    strict.policy = Policy { least_income: Cents(0), ..Policy::default() };
    strict.facts = facts(5_000, 0);
    assert_eq!(shown(&strict), "declined income_too_low");
}

#[test]
fn what_was_before_counts_before_income() {
    let earlier = |under_review, declined_lately| Case {
        earlier: Earlier { under_review, declined_lately },
        ..case(facts(72_000, 1_450))
    };
    assert_eq!(shown(&earlier(true, true)), "pending under_review");
    assert_eq!(shown(&earlier(false, true)), "declined declined_lately");
    let asked = Case { response_key: Some(ResponseKey::parse("A-RR_L").unwrap()), ..earlier(true, true) };
    assert_eq!(shown(&asked), "L 15000.00");
}

#[test]
fn what_the_person_can_not_mend_by_trying_again_bars_others() {
    assert!(case(facts(5_000, 0)).decide().bars_others());
    assert!(Decision::by_hand(Verdict::Declined).bars_others());
    for other in [
        asked("D-FRAUD").decide(),
        case(facts(72_000, 0)).decide(),
        case(facts(72_000, 6_000)).decide(),
        case(facts(12_000, 0)).decide(),
        Case { earlier: Earlier { declined_lately: true, ..Earlier::default() }, ..case(facts(1, 0)) }.decide(),
        Decision::has_account(),
    ] {
        assert!(!other.bars_others(), "{other:?}");
    }
}

#[test]
fn every_response_key_has_its_answer() {
    for (key, expected) in [
        ("A-RR_L", "L 500.00"),
        ("A-RR_M", "M 500.00"),
        ("A-RR_H", "H 500.00"),
        ("A-RR_X", "XH 500.00"),
        ("A-RR_XX", "declined standard_not_offered"),
        ("A-RR_XXX", "declined standard_not_offered"),
        ("D-NO_HIT", "declined response_key"),
        ("D-NO_SCORE", "declined response_key"),
        ("D-MISSING_INFO", "pending response_key"),
        ("P-MISSING_INFO", "pending response_key"),
        ("P-REVIEW_MISC", "pending response_key"),
        ("P-EXIST_CUST", "pending response_key"),
        ("P-CREDIT", "pending response_key"),
        ("P-FRAUD", "pending response_key"),
        ("D-DUPLICATE", "declined response_key"),
        ("D-FRAUD", "declined response_key"),
        ("D-EMAIL_DBL_TIMEOUT", "retry"),
    ] {
        assert_eq!(shown(&asked(key)), expected, "{key}");
    }
    let with_standard = |key| shown(&Case { offers_standard: true, ..asked(key) });
    assert_eq!([with_standard("A-RR_XX"), with_standard("A-RR_XXX")], ["XXH 500.00", "XXXH 500.00"]);
    // The limit is that of the rating and the income.
    let rich = Case { facts: facts(50_000, 0), ..asked("A-RR_H") };
    assert_eq!(shown(&rich), "H 6000.00");
}

#[test]
fn whom_a_person_approves_gets_what_the_policy_gives() {
    let grant = |income, housing| case(facts(income, housing)).usual_grant();
    assert_eq!(grant(72_000, 1_450), Some(Grant { rating: RiskRating::Low, limit: Cents(1_500_000) }));
    assert_eq!(grant(72_000, 6_000), None);
}

#[test]
fn a_policy_that_makes_no_sense_is_refused() {
    assert_eq!(Policy::default().check(), Ok(()));
    let broken = |change: fn(&mut Policy)| {
        let mut policy = Policy::default();
        change(&mut policy);
        policy.check().unwrap_err()
    };
    let high = RiskRating::High;
    assert_eq!(broken(|policy| policy.least_age = 17), PolicyFault::LeastAge);
    assert_eq!(broken(|policy| policy.least_income = Cents(-1)), PolicyFault::LeastIncome);
    assert_eq!(broken(|policy| policy.least_limit = Cents(9_999)), PolicyFault::LeastLimit);
    assert_eq!(broken(|policy| policy.reapply_after_days = 366), PolicyFault::ReapplyAfter);
    assert_eq!(broken(|policy| policy.ratings[2].housing_percent = 0), PolicyFault::Percent(high));
    assert_eq!(broken(|policy| policy.ratings[2].limit_percent = 101), PolicyFault::Percent(high));
    assert_eq!(broken(|policy| policy.ratings[2].least_income = Cents(-1)), PolicyFault::RatingIncome(high));
    assert_eq!(broken(|policy| policy.ratings[2].largest_limit = Cents(49_900)), PolicyFault::RatingLimit(high));
    assert_eq!(broken(|policy| policy.ratings[2].largest_limit = Cents(10_000_001)), PolicyFault::RatingLimit(high));
}

#[test]
fn reasons_read_back() {
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Ok(reason));
    }
    assert_eq!(Reason::parse("luck"), Err(UnknownReason));
}

prop_compose! {
    fn any_case()(
        age in 18_u32..100,
        income in 0_i64..20_000_000,
        housing in 0_i64..1_000_000,
        offers_standard in any::<bool>(),
        under_review in any::<bool>(),
        declined_lately in any::<bool>(),
        key in proptest::option::of(prop_oneof![Just("A-RR_H"), Just("A-RR_XXX"), Just("P-CREDIT"), Just("D-FRAUD")]),
    ) -> Case {
        Case {
            facts: Facts { age, annual_income: Cents(income), housing_payment: Cents(housing) },
            policy: Policy::default(),
            offers_standard,
            response_key: key.map(|key| ResponseKey::parse(key).unwrap()),
            earlier: Earlier { under_review, declined_lately },
        }
    }
}

proptest! {
    #[test]
    fn what_was_kept_decides_the_same_again(case in any_case()) {
        let kept = serde_json::to_string(&case).unwrap();
        let again: Case = serde_json::from_str(&kept).unwrap();
        prop_assert_eq!(&again, &case);
        let decision = case.decide();
        prop_assert_eq!(again.decide(), decision.clone());
        let kept = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decision>(&kept).unwrap(), decision);
    }

    #[test]
    fn a_limit_is_within_the_policy(case in any_case()) {
        if let Verdict::Approved(Grant { rating, limit }) = case.decide().verdict {
            prop_assert!(limit >= case.policy.least_limit && limit <= case.policy.of(rating).largest_limit);
            prop_assert_eq!(limit.0 % 10_000, 0);
            prop_assert!(case.offers_standard || rating.category() != Category::Standard);
        }
    }

    #[test]
    fn more_income_at_the_same_housing_never_rates_worse(case in any_case(), more in 0_i64..10_000_000) {
        let better = Facts { annual_income: case.facts.annual_income + Cents(more), ..case.facts.clone() };
        let (before, after) = (case.policy.rate(&case.facts), case.policy.rate(&better));
        // No rating at all is the worst.
        let place = |rating: Option<RiskRating>| rating.map_or(usize::MAX, |rating| rating as usize);
        prop_assert!(place(after) <= place(before));
    }
}
