//! Rows, rates and totals, to the cent.

use proptest::prelude::*;

use super::*;
use crate::currency::CurrencyCode;
use crate::decimal::Decimal;
use crate::money::Money;
use crate::percent::Percent;
use crate::vat::VatCategory;

#[test]
fn rows_are_counted() {
    let many = |count: usize| {
        with(|draft| {
            draft.rows = vec![row("1", "1", "25.5"); count];
            // VAT is reckoned on the sum.
            draft.amounts.gross_amount = some(&format!("{}.{:02}", count * 1255 / 1000, count * 1255 % 1000 / 10));
        })
    };
    assert_faults(&many(0), &[("invoice.rows", "required")]);
    assert_eq!(taken(&many(MOST_ROWS)).rows.len(), MOST_ROWS);
    assert_faults(&many(MOST_ROWS + 1), &[("invoice.rows.1000", "too_many")]);
    assert_faults(&many(10_000), &[("invoice.rows.1000", "too_many")]);
    // Wrong ones are told up to a number that a person can read.
    let faults = faults_of(&with(|draft| draft.rows = vec![row("1", "-1", "25.5"); MOST_ROWS]));
    assert_eq!(faults.len(), 101);
    assert_eq!((&*faults[100].field, &*faults[100].code), ("invoice.rows", "more_faults"));
}

#[test]
fn rows_are_checked() {
    let bad = |change: fn(&mut RowDraft), member: &str, code: &str| {
        // Behind a good one, so that the place is told.
        let draft = with(|draft| {
            let mut wrong = row("2", "50.00", "25.5");
            change(&mut wrong);
            draft.rows.push(wrong);
        });
        assert_faults(&draft, &[(&format!("invoice.rows.1.{member}"), code)]);
    };
    bad(|row| row.name = None, "name", "required");
    bad(|row| row.name = some("a\u{1b}b"), "name", "control_character");
    bad(|row| row.quantity = None, "quantity", "required");
    bad(|row| row.quantity = some("two"), "quantity", "number_format");
    bad(|row| row.quantity = some("0.30000000000000004"), "quantity", "number_precision");
    bad(|row| row.unit_price = some("-50.00"), "unitPrice", "negative_amount");
    bad(|row| row.unit_price = some("999999999999999"), "unitPrice", "out_of_range");
    bad(|row| row.discount_percent = some("101"), "discountPercent", "out_of_range");
    bad(|row| row.discount_amount = some("-1"), "discountAmount", "out_of_range");
    bad(|row| row.discount_amount = some("100.01"), "discountAmount", "out_of_range");
    bad(|row| row.amount = some("100.005"), "amount", "amount_decimals");
    bad(|row| row.vat_rate = None, "vatRate", "required");
    bad(|row| row.vat_rate = some("19"), "vatRate", "vat_rate_not_in_country");
    bad(|row| row.vat_rate = some("24"), "vatRate", "vat_rate_not_in_country");
    bad(|row| row.vat_rate = some("13.5"), "vatRate", "vat_rate_not_in_country");
    bad(|row| row.vat_rate = some("0"), "vatCategory", "required");
    bad(|row| (row.vat_rate, row.vat_category) = (some("0"), some("E")), "vatExemptionReason", "required");
    bad(|row| row.vat_category = some("Z"), "vatCategory", "vat_category_rate");
    bad(|row| row.vat_category = some("X"), "vatCategory", "unknown_vat_category");
    bad(|row| row.delivery_date = some("1.12.2025"), "deliveryDate", "date_format");
    bad(
        |row| (row.discount_percent, row.discount_amount) = (some("1"), some("2")),
        "discountAmount",
        "amount_mismatch",
    );
}

#[test]
fn a_fault_names_its_row_and_member_wherever_it_is() {
    let draft = with(|draft| {
        draft.rows = vec![row("1", "1", "25.5"); 20];
        draft.rows[17] = RowDraft {
            product_code: some(&"x".repeat(71)),
            name: None,
            description: some("a\u{1}"),
            quantity: some("0.30000000000000004"),
            unit: some("fifteen letters"),
            unit_price: some("-1"),
            discount_percent: some("101"),
            discount_amount: some("0.005"),
            vat_rate: None,
            vat_category: some("E"),
            vat_exemption_reason: some(&"x".repeat(256)),
            delivery_date: some("2026-02-30"),
            amount: some("1e400"),
        };
        draft.rows[18].vat_exemption_reason = some(" ");
        draft.rows[18].vat_rate = some("0");
        draft.rows[18].vat_category = some("E");
        draft.amounts.vat = vec![VatTotalDraft { rate: some("25.5"), ..VatTotalDraft::default() }; 3];
        draft.amounts.vat[2] = VatTotalDraft { net_amount: some("0.001"), ..VatTotalDraft::default() };
    });
    let expected = [
        ("invoice.rows.17.productCode", "too_long"),
        ("invoice.rows.17.name", "required"),
        ("invoice.rows.17.description", "control_character"),
        ("invoice.rows.17.quantity", "number_precision"),
        ("invoice.rows.17.unit", "too_long"),
        ("invoice.rows.17.unitPrice", "negative_amount"),
        ("invoice.rows.17.discountPercent", "out_of_range"),
        ("invoice.rows.17.discountAmount", "amount_decimals"),
        ("invoice.rows.17.amount", "out_of_range"),
        ("invoice.rows.17.deliveryDate", "date_format"),
        // What is too long was given.
        ("invoice.rows.17.vatExemptionReason", "too_long"),
        ("invoice.rows.17.vatRate", "required"),
        ("invoice.rows.18.vatExemptionReason", "required"),
        ("invoice.amounts.vat.2.rate", "required"),
        ("invoice.amounts.vat.2.netAmount", "amount_decimals"),
    ];
    assert_faults(&draft, &expected);
}

#[test]
fn a_cent_is_found_where_it_is_wrong() {
    let draft = with(|draft| {
        draft.rows = vec![row("2", "50.00", "25.5"), row("3", "0.335", "14")];
        draft.rows[0].amount = some("100.00");
        draft.rows[1].amount = some("1.00");
        draft.amounts = AmountsDraft {
            net_amount: some("101.00"),
            vat_amount: some("25.65"),
            gross_amount: some("126.64"),
            payable_amount: some("126.66"),
            vat: vec![
                VatTotalDraft {
                    rate: some("25.5"),
                    net_amount: some("100.01"),
                    vat_amount: some("25.50"),
                    ..VatTotalDraft::default()
                },
                VatTotalDraft {
                    rate: some("14"),
                    category: some("S"),
                    net_amount: some("1.01"),
                    vat_amount: some("0.15"),
                },
            ],
            ..AmountsDraft::default()
        };
    });
    let faults = faults_of(&draft);
    // The second row is 1.005, rounded to 1.01; its VAT 0.1414.
    assert_eq!(codes(&faults).iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["invoice.rows.1.amount",]);
    assert_eq!(faults[0].message, "3 times 0.335 is 1.01 without VAT, not 1.00: correct the row");
    let mended = InvoiceDraft { rows: vec![row("2", "50.00", "25.5"), row("3", "0.335", "14")], ..draft };
    let faults = faults_of(&mended);
    assert_eq!(
        codes(&faults),
        ["netAmount", "vatAmount", "grossAmount", "payableAmount", "vat.0.netAmount", "vat.1.vatAmount",]
            .map(|field| (format!("invoice.amounts.{field}"), "amount_mismatch".to_owned()))
    );
    assert_eq!(
        &faults[0].message,
        "The rows add up to 101.01, not 101.00: correct it, or the row that is wrong (rows.0, rows.1)"
    );
    assert_eq!(
        &faults[4].message,
        "The rows with VAT of 25.5 % add up to 100.00, not 100.01: correct it, or the row that is wrong (rows.0)"
    );
    assert_eq!(&faults[5].message, "VAT of 14 % on 1.01 is 0.14, not 0.15: it is reckoned on the sum of the rows");
}

#[test]
fn rows_that_may_be_wrong_are_named_and_no_others() {
    let message = |amounts: usize| {
        let draft = with(|draft| {
            draft.rows = vec![row("1", "1", "25.5"); 20];
            for row in &mut draft.rows[..amounts] {
                row.amount = some("1.00");
            }
            draft.amounts.gross_amount = some("25.11");
        });
        let faults = faults_of(&draft);
        assert_eq!(codes(&faults), [("invoice.amounts.grossAmount".to_owned(), "amount_mismatch".to_owned())]);
        faults[0].message.split(" correct it").last().unwrap().to_owned()
    };
    assert_eq!(message(20), "");
    assert_eq!(message(19), ", or the row that is wrong (rows.19)");
    let ten: Vec<String> = (5..15).map(|place| format!("rows.{place}")).collect();
    assert_eq!(message(5), format!(", or the row that is wrong ({}, …)", ten.join(", ")));
}

#[test]
fn discounts_are_rounded_once_and_have_the_sign_of_their_row() {
    /// Quantity, price, percent and amount of a discount, and the net amount and the discount that come of it.
    type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);
    let cases: [Case; 12] = [
        // 10.05 less a tenth is 9.045.
        ("3", "3.35", "10", "", "9.05", "1.00"),
        ("-3", "3.35", "10", "", "-9.05", "-1.00"),
        ("1", "0.335", "33", "", "0.22", "0.12"),
        ("1", "10", "100", "", "0.00", "10.00"),
        ("-1", "50", "", "0", "-50.00", "0.00"),
        ("-1", "50", "", "-5", "-45.00", "-5.00"),
        ("0", "50", "", "0", "0.00", "0.00"),
        // Zero is no discount.
        ("2", "50", "0", "0", "100.00", "0.00"),
        ("2", "50", "10", "0", "90.00", "10.00"),
        ("2", "50", "0", "10", "90.00", "10.00"),
        // Both: the discount may be what the rounded net amount leaves, or rounded itself.
        ("3", "3.35", "10", "1.00", "9.05", "1.00"),
        ("3", "3.35", "10", "1.01", "9.04", "1.01"),
    ];
    let given = |text: &str| (!text.is_empty()).then(|| NumberDraft::from(text));
    let currency = CurrencyCode::parse("EUR").unwrap();
    for (quantity, price, percent, off, net, discount) in cases {
        let draft = with(|draft| {
            draft.rows.push(RowDraft {
                discount_percent: given(percent),
                discount_amount: given(off),
                amount: some(net),
                ..row(quantity, price, "25.5")
            });
            let sum = Money::parse(net, currency).unwrap().minor() + 10_000;
            let gross = Money::new(sum, currency).unwrap();
            let gross = gross.plus(gross.share(Percent::parse("25.5").unwrap())).unwrap();
            draft.amounts.gross_amount = some(&gross.to_string());
        });
        let row = &taken(&draft).rows[1];
        let found = (row.net.to_string(), row.discount.to_string());
        assert_eq!(found, (net.to_owned(), discount.to_owned()), "{quantity} {price} {percent} {off}");
    }
    for (quantity, off) in [("-1", "5"), ("-1", "-51"), ("1", "-5"), ("1", "51"), ("0", "1"), ("0", "-1")] {
        let draft = with(|draft| {
            draft.rows.push(RowDraft { discount_amount: some(off), ..row(quantity, "50", "25.5") });
        });
        assert_faults(&draft, &[("invoice.rows.1.discountAmount", "out_of_range")]);
    }
    let faults = faults_of(&with(|draft| {
        (draft.rows[0].discount_percent, draft.rows[0].discount_amount) = (some("10"), some("10.01"));
    }));
    assert_eq!(faults[0].message, "The discount in percent comes to 10.00: correct one of the two, or leave it out");
}

#[test]
fn rates_of_the_sender_are_those_of_the_rows() {
    let rates = |entries: &[(&str, &str)]| {
        with(|draft| {
            draft.amounts.vat = entries
                .iter()
                .map(|(rate, category)| VatTotalDraft {
                    rate: some(rate),
                    category: some(category),
                    ..VatTotalDraft::default()
                })
                .collect();
        })
    };
    taken(&rates(&[("25.50", "")]));
    assert_faults(
        &rates(&[("14", "S")]),
        &[("invoice.amounts.vat.0.rate", "amount_mismatch"), ("invoice.amounts.vat", "amount_mismatch")],
    );
    assert_faults(&rates(&[("25.5", "S"), ("25.5", "")]), &[("invoice.amounts.vat.1.rate", "amount_mismatch")]);
    assert_faults(&rates(&[("25.5", "Q")]), &[("invoice.amounts.vat.0.category", "unknown_vat_category")]);
    assert_faults(&rates(&[("25.5", "S"); 51]), &[("invoice.amounts.vat.50", "too_many")]);
}

#[test]
fn totals_round_and_take_off_what_was_paid() {
    let draft = with(|draft| {
        draft.rows = vec![row("1", "100.10", "25.5")];
        draft.amounts = AmountsDraft {
            gross_amount: some("125.63"),
            rounding_amount: some("0.37"),
            paid_amount: some("26"),
            payable_amount: some("100.00"),
            ..AmountsDraft::default()
        };
    });
    assert_eq!(taken(&draft).totals.payable.to_string(), "100.00");
    let amount = |change: fn(&mut AmountsDraft), member: &str, code: &str| {
        assert_fault(|draft| change(&mut draft.amounts), &format!("invoice.amounts.{member}"), code);
    };
    amount(|amounts| amounts.rounding_amount = some("-0.51"), "roundingAmount", "out_of_range");
    amount(|amounts| amounts.paid_amount = some("125.51"), "paidAmount", "out_of_range");
    assert_fault(
        |draft| {
            draft.rows = vec![row("1", "0.16", "25.5")];
            draft.amounts.gross_amount = some("0.20");
            draft.amounts.rounding_amount = some("-0.50");
        },
        "invoice.amounts.roundingAmount",
        "out_of_range",
    );
    amount(|amounts| amounts.paid_amount = some("-1"), "paidAmount", "negative_amount");
    amount(|amounts| amounts.gross_amount = some("125.5.0"), "grossAmount", "number_format");
    amount(|amounts| amounts.gross_amount = some("125.49"), "grossAmount", "amount_mismatch");
}

#[test]
fn what_is_taken_back_lowers_the_total_but_not_below_zero() {
    let back = with(|draft| {
        draft.rows.push(row("-1", "50.00", "25.5"));
        draft.amounts.gross_amount = some("62.75");
    });
    assert_eq!(taken(&back).rows[1].net.to_string(), "-50.00");
    let negative = |draft: &mut InvoiceDraft| {
        draft.rows = vec![row("-2", "50.00", "25.5")];
        draft.amounts.gross_amount = some("-125.50");
    };
    assert_faults(&with(negative), &[("invoice.amounts.grossAmount", "negative_amount")]);
    let note = with(|draft| {
        credit_note(draft);
        negative(draft);
    });
    assert_faults(&note, &[("invoice.amounts.grossAmount", "negative_amount")]);
}

#[test]
fn the_day_and_the_country_decide_the_rate() {
    let delivered = with(|draft| {
        draft.rows = vec![RowDraft { delivery_date: some("2024-08-31"), ..row("1", "100", "24") }];
        draft.amounts.gross_amount = some("124");
    });
    taken(&delivered);
    let note = with(|draft| {
        credit_note(draft);
        draft.rows = vec![row("1", "100", "24")];
        draft.amounts.gross_amount = some("124");
    });
    taken(&note);
    // A person in Estonia pays Estonian VAT, a business there does not.
    let abroad = |entity: &str| {
        with(|draft| {
            draft.buyer.entity_type = some(entity);
            draft.buyer.business_id = None;
            draft.buyer.address.country_code = some("EE");
            draft.buyer.address.postal_code = some("10111");
            draft.rows = vec![row("1", "100", "24")];
            draft.amounts.gross_amount = some("124");
        })
    };
    taken(&abroad("PERSON"));
    let faults = faults_of(&abroad("BUSINESS"));
    assert_eq!(codes(&faults), [("invoice.rows.0.vatRate".to_owned(), "vat_rate_not_in_country".to_owned())]);
    assert_eq!(
        faults[0].message,
        "FI had no VAT rate of 24 % on 2025-12-01: use 25.5, 14, 10 or 0, or give the row's deliveryDate if that was on another day"
    );
}

#[test]
fn who_owes_the_tax_is_named() {
    let free = |category: &'static str, change: fn(&mut BuyerDraft)| {
        with(|draft| {
            draft.rows = vec![RowDraft { vat_category: some(category), ..row("1", "100", "0") }];
            draft.amounts.gross_amount = some("100");
            change(&mut draft.buyer);
        })
    };
    let vat = "invoice.parties.buyerParty.vatCode";
    taken(&free("AE", |buyer| buyer.vat_code = None));
    assert_faults(&free("AE", |buyer| (buyer.vat_code, buyer.business_id) = (None, None)), &[(vat, "required")]);
    assert_faults(&free("K", |buyer| buyer.vat_code = None), &[(vat, "required")]);
    for category in ["Z", "G", "O", "K"] {
        assert_eq!(taken(&free(category, |_| ())).totals.by_rate[0].vat.category.as_str(), category);
    }
}

/// Quantity in thousandths, price in hundredths of a cent, discount in hundredths of a percent, rate: drafts have no
/// `Debug`.
type Numbers = (i64, i64, u16, &'static str);

fn any_numbers() -> impl Strategy<Value = Numbers> {
    let rate = proptest::sample::select(vec!["25.5", "14", "10", "0"]);
    (0..1_000_000_i64, 0..10_000_000_i64, 0..=10_000_u16, rate)
}

fn row_of((quantity, price, discount, rate): Numbers) -> RowDraft {
    let decimal = |units, scale| Some(Decimal::new(units, scale).into());
    RowDraft {
        quantity: decimal(quantity, 3),
        unit_price: decimal(price, 4),
        discount_percent: decimal(i64::from(discount), 2),
        vat_category: (rate == "0").then(|| VatCategory::Zero.to_string()),
        ..row("1", "1", rate)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_add_up_to_totals(rows in proptest::collection::vec(any_numbers(), 1..30)) {
        let currency = CurrencyCode::parse("EUR").unwrap();
        let zero = Money::zero(currency).unwrap();
        let draft = with(|draft| {
            draft.rows = rows.into_iter().map(row_of).collect();
            draft.amounts.gross_amount = some("-1");
        });
        // A sender who is told the total and sends it is taken.
        let faults = faults_of(&draft);
        prop_assert_eq!(faults.len(), 1);
        let message = faults[0].message.strip_prefix("The rows and their VAT add up to ").unwrap();
        let total = message.split(',').next().unwrap();
        let mut draft = draft;
        draft.amounts.gross_amount = some(total);
        let invoice = taken(&draft);
        let totals = &invoice.totals;
        prop_assert_eq!(Money::sum(invoice.rows.iter().map(|row| row.net), currency), Ok(totals.net));
        prop_assert_eq!(Money::sum(totals.by_rate.iter().map(|rate| rate.net), currency), Ok(totals.net));
        prop_assert_eq!(Money::sum(totals.by_rate.iter().map(|rate| rate.tax), currency), Ok(totals.vat));
        prop_assert_eq!(totals.net.plus(totals.vat), Ok(totals.gross));
        prop_assert!(totals.by_rate.is_sorted_by(|one, other| one.vat.rate > other.vat.rate));
        for rate in &totals.by_rate {
            // Within half a cent of the exact tax, in hundredths of a percent of a cent.
            let exact = i128::from(rate.net.minor()) * i128::from(rate.vat.rate.hundredths());
            prop_assert!((i128::from(rate.tax.minor()) * 10_000 - exact).abs() <= 5_000);
        }
        prop_assert_eq!(Totals::of(&invoice.rows, zero, zero, currency), Ok(totals.clone()));
        for row in &invoice.rows {
            prop_assert!(row.discount.minor() >= 0 && row.net.minor() >= 0);
            prop_assert_eq!(row.net.plus(row.discount), Money::of_quantity(row.quantity, row.unit_price, currency));
            // Within half a cent of the exact amount: quantities have three decimals here and prices four.
            let rest = row.discount_percent.unwrap_or(Percent::ZERO).rest();
            let scale = 10_i128.pow(u32::from(row.quantity.scale() + row.unit_price.scale()) + 2);
            let price = i128::from(row.quantity.units()) * i128::from(row.unit_price.units());
            let exact = price * i128::from(rest.hundredths());
            prop_assert!(2 * (i128::from(row.net.minor()) * scale - exact).abs() <= scale);
        }
    }
}
