//! `[webhooks]`: where events may be sent, and when an endpoint is given up.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use domain::webhook::Reach;
use service::outbox::LEAST_WEBHOOK_WINDOW;
use service::webhook::WebhookSettings;
use service::webhook_event::CHANNEL;

use super::ConfigError;
use super::channels::Channels;
use super::list::Networks;
use super::section::section;
use super::span::Span;

section! {
    /// Webhooks: where events may be sent, and when an endpoint is given up.
    Webhooks, WebhooksLayer, "webhooks";

    /// Networks of your own that webhooks may go to, separated by commas. Without it: public addresses only
    webhook_allowed_networks ["TALLYSTICK_WEBHOOK_ALLOWED_NETWORKS", "CIDR,…"]: Networks = Networks::default();

    /// Networks that webhooks may not go to, such as public addresses of your own, separated by commas; these win over what is allowed
    webhook_denied_networks ["TALLYSTICK_WEBHOOK_DENIED_NETWORKS", "CIDR,…"]: Networks = Networks::default();

    /// How long a webhook may take, from the look-up of the name to the end of the answer
    webhook_timeout ["TALLYSTICK_WEBHOOK_TIMEOUT", "SPAN"]: Span = Span::seconds(15);

    /// The most webhooks that are under way at once in each process, 8 or more; of one partner a quarter, of one endpoint four
    webhook_in_flight ["TALLYSTICK_WEBHOOK_IN_FLIGHT", "NUMBER"]: usize = 64;

    /// How long every try must have failed for an endpoint to be disabled, 1h to 30d
    webhook_disable_after ["TALLYSTICK_WEBHOOK_DISABLE_AFTER", "SPAN"]: Span = Span(WebhookSettings::default().disable_after);

    /// The certificates that receivers are trusted by, PEM. Without it: those that the system trusts
    webhook_ca_file ["TALLYSTICK_WEBHOOK_CA_FILE", "FILE"]: PathBuf;
}

/// The longest that a webhook may take: a receiver that hangs keeps others waiting for so long.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The bounds of `webhook-disable-after`: below, a restart of the receiver would disable it; above, nobody would be told.
const DISABLE_AFTER: RangeInclusive<Duration> = Duration::from_secs(3600)..=Duration::from_secs(30 * 24 * 3600);

impl Webhooks {
    pub(crate) fn check(&self, channels: &Channels) -> Result<(), ConfigError> {
        if self.webhook_in_flight < LEAST_WEBHOOK_WINDOW {
            let least = format!("must be {LEAST_WEBHOOK_WINDOW} at least");
            return Err(ConfigError::invalid("webhook-in-flight", least));
        }
        if !DISABLE_AFTER.contains(&self.webhook_disable_after.0) {
            return Err(ConfigError::invalid(
                "webhook-disable-after",
                "must be 1h at least, and 30d at most".to_owned(),
            ));
        }
        if self.webhook_timeout.0.is_zero() || self.webhook_timeout.0 > LONGEST_TIMEOUT {
            return Err(ConfigError::invalid("webhook-timeout", "must be longer than 0, and 1m at most".to_owned()));
        }
        if channels.contains_key(CHANNEL) {
            let taken = format!("the name of [channels.{CHANNEL}] is taken by the webhooks: choose another");
            return Err(ConfigError::invalid("channels", taken));
        }
        Ok(())
    }

    /// The part that the core works by.
    #[must_use]
    pub fn service(&self) -> WebhookSettings {
        WebhookSettings {
            reach: Reach::new(self.webhook_allowed_networks.0.clone()).without(self.webhook_denied_networks.0.clone()),
            disable_after: self.webhook_disable_after.0,
            ..WebhookSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_work_is_refused() {
        let good = Webhooks::default();
        assert!(good.check(&Channels::new()).is_ok());
        for (webhooks, setting) in [
            (Webhooks { webhook_in_flight: 7, ..good.clone() }, "webhook-in-flight"),
            (Webhooks { webhook_disable_after: Span::seconds(0), ..good.clone() }, "webhook-disable-after"),
            (Webhooks { webhook_disable_after: Span::seconds(3599), ..good.clone() }, "webhook-disable-after"),
            (Webhooks { webhook_disable_after: Span::seconds(31 * 86_400), ..good.clone() }, "webhook-disable-after"),
            (Webhooks { webhook_timeout: Span::seconds(0), ..good.clone() }, "webhook-timeout"),
            (Webhooks { webhook_timeout: Span::seconds(61), ..good.clone() }, "webhook-timeout"),
        ] {
            let told = webhooks.check(&Channels::new()).unwrap_err().to_string();
            assert!(told.contains(setting), "{told}");
        }
        let channels: Channels = toml::from_str("[webhook]\nkind = 'console'").unwrap();
        let told = good.check(&channels).unwrap_err().to_string();
        assert!(told.contains("[channels.webhook]"), "{told}");
    }
}
