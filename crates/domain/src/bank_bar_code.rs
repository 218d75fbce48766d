//! The bank bar code of Finland (pankkiviivakoodi): 54 digits that hold what a payment needs, read from paper or typed
//! into a bank's page. After Finance Finland's Bank Bar Code Guide 5.3 of 2012-11-08, corrected 2019-10-21, the one in
//! force: version 4 for a Finnish reference, version 5 for a creditor reference (ISO 11649).
//!
//! | digits | version 4 | version 5 |
//! | --- | --- | --- |
//! | 1 | `4` | `5` |
//! | 16 | the IBAN without `FI` | the same |
//! | 6 + 2 | euros and cents, zeros when they have more digits | the same |
//! | 3 | reserve, zeros | |
//! | 20 or 23 | the reference, zeros in front | its check digits, zeros, the rest of it |
//! | 6 | the due date, `YYMMDD`, or zeros | the same |

use crate::calendar::CalendarDate;
use crate::iban::Iban;
use crate::money::Money;
use crate::payment_reference::PaymentReference;
use crate::stored_text::stored_text;

/// The most cents that the code can hold: 999,999.99 euros.
const MOST_CENTS: i64 = 99_999_999;

/// The 54 digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BankBarCode(String);

stored_text!(BankBarCode);

impl BankBarCode {
    /// The number of digits.
    pub const LENGTH: usize = 54;

    /// The code for a payment of `amount` to `account`. An amount above 999,999.99 and a due date outside the years
    /// 2000 to 2099 become zeros, which the payer fills in.
    ///
    /// `None` where there is no such code: the account is not Finnish, the currency is not the euro, the amount is
    /// negative, or the reference is neither Finnish nor a creditor reference without letters.
    #[must_use]
    pub fn of(
        account: &Iban,
        reference: &PaymentReference,
        amount: Money,
        due_date: Option<CalendarDate>,
    ) -> Option<Self> {
        let account = account.as_str().strip_prefix("FI")?;
        if amount.currency().as_str() != "EUR" || amount.is_negative() {
            return None;
        }
        let cents = if amount.minor() <= MOST_CENTS { amount.minor() } else { 0 };
        let due_date = due_date.filter(|date| (2000..=2099).contains(&date.year())).map_or_else(
            || "000000".to_owned(),
            |date| {
                let date = date.date();
                format!("{:02}{:02}{:02}", date.year() % 100, u8::from(date.month()), date.day())
            },
        );
        let (version, reference) = match reference {
            PaymentReference::Finnish(reference) => ('4', format!("000{:0>20}", reference.as_str())),
            PaymentReference::Rf(reference) => {
                let (check, rest) = reference.as_str().strip_prefix("RF")?.split_at_checked(2)?;
                ('5', format!("{check}{rest:0>21}"))
            }
            // The bar code is that of a Finnish account.
            PaymentReference::Domestic(_) => return None,
        };
        let digits = format!("{version}{account}{cents:08}{reference}{due_date}");
        let whole = digits.len() == Self::LENGTH && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then_some(Self(digits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::currency::CurrencyCode;
    use crate::identifier::ReferencePrefix;
    use crate::payment_reference::FinnishReference;

    fn code(iban: &str, reference: &str, euros: &str, due: &str) -> Option<String> {
        let amount = Money::parse(euros, CurrencyCode::parse("EUR").unwrap()).unwrap();
        let reference = PaymentReference::parse(reference).unwrap();
        BankBarCode::of(&Iban::parse(iban).unwrap(), &reference, amount, CalendarDate::parse(due).ok())
            .map(BankBarCode::into_string)
    }

    #[test]
    fn the_examples_of_the_guide_come_out() {
        for (iban, reference, euros, due, digits) in [
            (
                "FI7944052020036082",
                "868516259619897",
                "4883.15",
                "2010-06-12",
                "479440520200360820048831500000000868516259619897100612",
            ),
            (
                "FI5810171000000122",
                "559582243294671",
                "482.99",
                "2012-01-31",
                "458101710000001220004829900000000559582243294671120131",
            ),
            (
                "FI0250004640001302",
                "69875672083435364",
                "693.80",
                "2011-07-24",
                "402500046400013020006938000000069875672083435364110724",
            ),
            (
                "FI1566010001530641",
                "7758474790647489",
                "7444.54",
                "2019-12-19",
                "415660100015306410074445400000007758474790647489191219",
            ),
            (
                "FI1680001400050267",
                "78777679656628687",
                "935.85",
                "",
                "416800014000502670009358500000078777679656628687000000",
            ),
            (
                "FI7331313001000058",
                "868624",
                "0",
                "2013-08-09",
                "473313130010000580000000000000000000000000868624130809",
            ),
            (
                "FI8333010001100775",
                "92125374252539897737",
                "150000.20",
                "2016-05-25",
                "483330100011007751500002000092125374252539897737160525",
            ),
            (
                "FI7331313001000058",
                "RF10868624",
                "0",
                "2013-08-09",
                "573313130010000580000000010000000000000000868624130809",
            ),
            (
                "FI8333010001100775",
                "RF7192125374252539897737",
                "150000.20",
                "2016-05-25",
                "583330100011007751500002071092125374252539897737160525",
            ),
            (
                "FI3936363002092492",
                "RF66590738390",
                "1.03",
                "2023-03-11",
                "539363630020924920000010366000000000000590738390230311",
            ),
            (
                "FI9239390001003391",
                "RF951357914",
                "0.02",
                "2099-12-24",
                "592393900010033910000000295000000000000001357914991224",
            ),
        ] {
            assert_eq!(code(iban, reference, euros, due).as_deref(), Some(digits));
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_payer() {
        let at = |euros, due| code("FI2112345600000785", "1234561", euros, due).unwrap();
        assert_eq!(&at("999999.99", "2026-12-01")[17..25], "99999999");
        assert_eq!(&at("1000000.00", "2026-12-01")[17..25], "00000000");
        assert_eq!(&at("1.00", "2026-12-01")[48..], "261201");
        assert_eq!(&at("1.00", "2100-01-01")[48..], "000000");
        assert_eq!(&at("1.00", "1999-12-31")[48..], "000000");
    }

    #[test]
    fn only_payments_in_euros_to_finnish_accounts_have_a_code() {
        assert_eq!(code("SE4550000000058398257466", "1234561", "1.00", "2026-12-01"), None);
        assert_eq!(
            code("FI2112345600000785", "RF18539007547034", "1.00", "2026-12-01").map(|code| code.len()),
            Some(54)
        );
        assert_eq!(code("FI2112345600000785", "RF45G72UUR", "1.00", "2026-12-01"), None);
        assert_eq!(code("FI2112345600000785", "1234561", "-1.00", "2026-12-01"), None);
        let krona = Money::parse("1.00", CurrencyCode::parse("SEK").unwrap()).unwrap();
        let reference = PaymentReference::parse("1234561").unwrap();
        assert_eq!(BankBarCode::of(&Iban::parse("FI2112345600000785").unwrap(), &reference, krona, None), None);
    }

    proptest! {
        #[test]
        fn the_parts_can_be_read_again(number in 0..=99_999_999_999_u64, cents in 0..=MOST_CENTS, rf in any::<bool>()) {
            let finnish = FinnishReference::build(ReferencePrefix(12_345_678), number).unwrap();
            let reference =
                if rf { PaymentReference::Rf(finnish.to_rf()) } else { PaymentReference::Finnish(finnish.clone()) };
            let amount = Money::new(cents, CurrencyCode::parse("EUR").unwrap()).unwrap();
            let account = Iban::parse("FI2112345600000785").unwrap();
            let BankBarCode(code) = BankBarCode::of(&account, &reference, amount, None).unwrap();
            prop_assert_eq!(code.len(), BankBarCode::LENGTH);
            prop_assert_eq!(format!("FI{}", &code[1..17]), account.as_str());
            prop_assert_eq!(code[17..25].parse(), Ok(cents));
            prop_assert_eq!(code[28..48].trim_start_matches('0'), finnish.as_str());
            if rf {
                prop_assert_eq!(&code[25..27], &reference.as_str()[2..4]);
            }
        }
    }
}
