//! How many messages wait and how many were given up, for who watches the server.

use std::collections::BTreeSet;
use std::time::Duration;

use metrics::{describe_gauge, gauge};
use store::outbox::Waiting;
use tokio::time::{MissedTickBehavior, interval};

use crate::Core;

const MESSAGES: &str = "outbox_messages";

/// Counts every `pause`, until it is dropped. Every process counts all of them: the outbox is of the database.
pub(super) async fn run(core: Core, pause: Duration) {
    describe_gauge!(MESSAGES, "Messages in the outbox, by channel and state: waiting, or dead when they were given up");
    let mut told = BTreeSet::new();
    let mut tick = interval(pause);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.outbox_counts().await {
            Ok(counts) => tell(&counts, &mut told),
            Err(error) => tracing::debug!(%error, "the outbox can't be counted"),
        }
    }
}

/// Sets the gauges; to 0 for a channel that was told of and has none any more.
fn tell(counts: &[Waiting], told: &mut BTreeSet<String>) {
    told.extend(counts.iter().map(|count| count.channel.clone()));
    for channel in &*told {
        let count = counts.iter().find(|count| count.channel == *channel);
        set(channel, "waiting", count.map_or(0, |count| count.waiting));
        set(channel, "dead", count.map_or(0, |count| count.dead));
    }
}

fn set(channel: &str, state: &'static str, count: i64) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and an outbox has fewer than 2^53 messages")]
    gauge!(MESSAGES, "channel" => channel.to_owned(), "state" => state).set(count as f64);
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_channel_that_has_no_more_messages_is_told_as_0() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let mut told = BTreeSet::new();
        let count = |channel: &str, waiting, dead| Waiting { channel: channel.to_owned(), waiting, dead };
        let mut rendered = |counts: &[Waiting]| {
            metrics::with_local_recorder(&recorder, || tell(counts, &mut told));
            let text = recorder.handle().render();
            let mut lines: Vec<_> = text.lines().filter(|line| line.starts_with(MESSAGES)).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(rendered(&[]), [""; 0]);
        assert_eq!(
            rendered(&[count("smsc", 7, 2)]),
            [
                r#"outbox_messages{channel="smsc",state="dead"} 2"#,
                r#"outbox_messages{channel="smsc",state="waiting"} 7"#
            ]
        );
        assert_eq!(
            rendered(&[count("mail", 0, 1)]),
            [
                r#"outbox_messages{channel="mail",state="dead"} 1"#,
                r#"outbox_messages{channel="mail",state="waiting"} 0"#,
                r#"outbox_messages{channel="smsc",state="dead"} 0"#,
                r#"outbox_messages{channel="smsc",state="waiting"} 0"#
            ]
        );
    }
}
