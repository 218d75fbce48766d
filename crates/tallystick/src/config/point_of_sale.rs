//! `[point-of-sale]`: the API of tills and web shops, and its tokens.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use domain::oauth_token::LONGEST_LEEWAY;
use domain::purchase::CreditLimits;
use service::PurchaseSettings;

use super::ConfigError;
use super::applications::Dollars;
use super::section::section;
use super::span::Span;
use super::text::from_text;

section! {
    /// The API of tills and web shops, and its tokens.
    PointOfSale, PointOfSaleLayer, "point-of-sale";

    /// Below which address the API is served; the newer version is at the same with `.1`
    pos_prefix ["TALLYSTICK_POS_PREFIX", "PATH"]: PosPrefix = PosPrefix::default();

    /// How long after its use a refresh token gives the same pair again, because the first answer may have been lost. 0 to 60s
    refresh_leeway ["TALLYSTICK_REFRESH_LEEWAY", "SPAN"]: Span = Span(service::Settings::default().refresh_leeway);

    /// How long a token is kept after it expired. The use of an ended refresh token ends its family as long as it is kept
    token_retention ["TALLYSTICK_TOKEN_RETENTION", "SPAN"]: Span = Span(service::Settings::default().token_retention);

    /// How long what is known of an applicant is kept for a flow after it was last added to, a day after its beginning at most. 1m to 24h
    information_retention ["TALLYSTICK_INFORMATION_RETENTION", "SPAN"]: Span =
        Span(service::Settings::default().information_retention);

    /// The most flows of one merchant in which something is known of an applicant, half of them for tokens of the scope customer. A further
    /// one is answered 409
    most_open_flows ["TALLYSTICK_MOST_OPEN_FLOWS", "NUMBER"]: u32 = service::Settings::default().most_open_flows;

    /// The most codes that sessions of the widget of one merchant send in an hour. A further one is answered 409
    most_widget_codes ["TALLYSTICK_MOST_WIDGET_CODES", "NUMBER"]: u32 = service::Settings::default().most_widget_codes;

    /// How long credit is held for a purchase that was authorized and not captured. 1h to 365d
    authorization_lifetime ["TALLYSTICK_AUTHORIZATION_LIFETIME", "SPAN"]: Span =
        Span(PurchaseSettings::default().authorization_lifetime);

    /// The most that is paid at tills on one account in 24 hours, in dollars
    payments_in_a_day ["TALLYSTICK_PAYMENTS_IN_A_DAY", "DOLLARS"]: Dollars = Dollars(CreditLimits::default().paid_in_a_day);

    /// The most that a merchant refunds at once without naming a capture, in dollars
    refund_at_once ["TALLYSTICK_REFUND_AT_ONCE", "DOLLARS"]: Dollars = Dollars(CreditLimits::default().refunded_at_once);

    /// The most that merchants refund so on one account in 24 hours, in dollars
    refunds_in_a_day ["TALLYSTICK_REFUNDS_IN_A_DAY", "DOLLARS"]: Dollars =
        Dollars(CreditLimits::default().refunded_in_a_day);
}

/// The shortest time that tokens are kept for: a refresh can be repeated in the leeway, also when the pair has just expired.
const SHORTEST_RETENTION: Duration = Duration::from_secs(10 * 60);

/// How long what is known of an applicant may be kept: as long as somebody fills in a form, and not as a record of people.
const INFORMATION_RETENTION: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(24 * 3600);

/// How many flows of a merchant may be open: with each, at most some kilobytes are kept, and whoever opens one has them counted. Half of two
/// is one for customers.
const OPEN_FLOWS: RangeInclusive<u32> = 2..=100_000;

/// How many codes of the widget a merchant may have sent in an hour: each may cost the operator a short message.
const WIDGET_CODES: RangeInclusive<u32> = 1..=1_000_000;

/// How long credit may be held: not so short that a merchant can't pack, and not so long that a forgotten hold stays for years.
const AUTHORIZATION_LIFETIME: RangeInclusive<Duration> =
    Duration::from_secs(3600)..=Duration::from_secs(365 * 24 * 3600);

impl PointOfSale {
    /// What the core needs of it for purchases.
    pub(crate) fn purchase(&self) -> PurchaseSettings {
        PurchaseSettings {
            authorization_lifetime: self.authorization_lifetime.0,
            limits: CreditLimits {
                paid_in_a_day: self.payments_in_a_day.0,
                refunded_at_once: self.refund_at_once.0,
                refunded_in_a_day: self.refunds_in_a_day.0,
            },
        }
    }

    /// Refuses what can't be done.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.refresh_leeway.0 > LONGEST_LEEWAY {
            let reason = "whoever stole a refresh token could use it as long: give 0 to 60s";
            return Err(ConfigError::invalid("refresh-leeway", reason));
        }
        if self.token_retention.0 < SHORTEST_RETENTION {
            return Err(ConfigError::invalid(
                "token-retention",
                "a stolen token would not be noticed: give 10m or more",
            ));
        }
        if !INFORMATION_RETENTION.contains(&self.information_retention.0) {
            return Err(ConfigError::invalid(
                "information-retention",
                "it is for a form that is being filled in, and holds what is private: give 1m to 24h",
            ));
        }
        if !OPEN_FLOWS.contains(&self.most_open_flows) {
            return Err(ConfigError::invalid("most-open-flows", "give 2 to 100000"));
        }
        if !WIDGET_CODES.contains(&self.most_widget_codes) {
            return Err(ConfigError::invalid("most-widget-codes", "give 1 to 1000000"));
        }
        if !AUTHORIZATION_LIFETIME.contains(&self.authorization_lifetime.0) {
            return Err(ConfigError::invalid("authorization-lifetime", "give 1h to 365d"));
        }
        for (name, limit) in [
            ("payments-in-a-day", self.payments_in_a_day),
            ("refund-at-once", self.refund_at_once),
            ("refunds-in-a-day", self.refunds_in_a_day),
        ] {
            if limit.0.is_negative() {
                return Err(ConfigError::invalid(name, "give 0 or more"));
            }
        }
        Ok(())
    }
}

/// The address below which the API is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PosPrefix(pub pos_api::Prefix);

impl FromStr for PosPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let prefix: pos_api::Prefix = text.parse()?;
        // Where another front is, or the operator looks.
        let first = text.split('/').nth(1).unwrap_or_default();
        let taken =
            [".well-known", "api", "callbacks", "docs", "healthz", "metrics", "onboarding", "openapi.json", "readyz"];
        if taken.contains(&first) {
            return Err(format!("`{text}` is taken: choose another beginning than /{first}"));
        }
        Ok(Self(prefix))
    }
}

impl fmt::Display for PosPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

from_text!(PosPrefix);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_leaves_the_others_their_addresses() {
        assert_eq!("/pos/v2.5".parse::<PosPrefix>().unwrap().to_string(), "/pos/v2.5");
        for taken in ["/api/v1/partner", "/docs", "/healthz/x", "/.well-known/pos", "pos"] {
            assert!(taken.parse::<PosPrefix>().is_err(), "{taken}");
        }
    }

    #[test]
    fn the_leeway_is_short_and_the_retention_is_not() {
        let check = |leeway, retention| {
            PointOfSale { refresh_leeway: leeway, token_retention: retention, ..PointOfSale::default() }.check()
        };
        assert!(PointOfSale::default().check().is_ok());
        assert!(check(Span::seconds(0), Span::minutes(10)).is_ok());
        assert!(check(Span::seconds(61), Span::minutes(10)).is_err());
        assert!(check(Span::seconds(60), Span::minutes(9)).is_err());
    }

    #[test]
    fn what_is_known_of_applicants_is_kept_briefly_and_for_so_many() {
        let check = |information_retention, most_open_flows| {
            PointOfSale { information_retention, most_open_flows, ..PointOfSale::default() }.check()
        };
        assert!(check(Span::minutes(1), 2).is_ok());
        assert!(check(Span::minutes(24 * 60), 100_000).is_ok());
        for (retention, flows) in [
            (Span::seconds(59), 2),
            (Span::minutes(24 * 60 + 1), 2),
            (Span::minutes(1), 1),
            (Span::minutes(1), 100_001),
        ] {
            assert!(check(retention, flows).is_err());
        }
    }

    #[test]
    fn credit_is_held_for_a_time_and_limits_are_no_debts() {
        let check = |authorization_lifetime, refund: &str| {
            let refund_at_once = refund.parse().unwrap();
            PointOfSale { authorization_lifetime, refund_at_once, ..PointOfSale::default() }.check()
        };
        assert!(check(Span::hours(1), "0").is_ok() && check(Span::hours(365 * 24), "0.01").is_ok());
        for (lifetime, refund) in
            [(Span::minutes(59), "0"), (Span::hours(365 * 24 + 1), "0"), (Span::hours(1), "-0.01")]
        {
            assert!(check(lifetime, refund).is_err());
        }
    }
}
