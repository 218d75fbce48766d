//! How far a short message has come. States only move forward.

use std::fmt;

/// The state of a short message, or of one part of it (the contract's section "Partner services").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SmsState {
    /// Not yet accepted by a provider.
    Queued,
    /// Accepted by the provider.
    Sent,
    /// On the recipient's phone.
    Delivered,
    /// The network could not deliver it.
    Undeliverable,
    /// The recipient could not be reached before its validity ended.
    Expired,
    /// The provider or the network refused it.
    Rejected,
    /// It could not be sent, or its end is not known.
    Failed,
}

/// The text names no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The state is unknown: use QUEUED, SENT, DELIVERED, UNDELIVERABLE, EXPIRED, REJECTED or FAILED")]
pub struct UnknownSmsState;

impl SmsState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Sent, Self::Delivered, Self::Undeliverable, Self::Expired, Self::Rejected, Self::Failed];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownSmsState`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownSmsState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownSmsState)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Undeliverable => "UNDELIVERABLE",
            Self::Expired => "EXPIRED",
            Self::Rejected => "REJECTED",
            Self::Failed => "FAILED",
        }
    }

    /// Whether it never changes again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }

    /// The state after the news `next`: that, when it lies ahead, and this one otherwise. A final state stays, whatever comes; and
    /// one may come before it is known that the message was sent.
    #[must_use]
    pub const fn after(self, next: Self) -> Self {
        match (self, next) {
            (Self::Queued, _) => next,
            (Self::Sent, _) if next.is_final() => next,
            _ => self,
        }
    }

    /// The state of a message whose parts are in `parts`, in their order: delivered when each is; as the first part that failed for
    /// good when one did, for its text cannot be read without that part; sent when each was; queued before.
    #[must_use]
    pub fn of_parts(parts: &[Self]) -> Self {
        let failed = parts.iter().find(|state| state.is_final() && **state != Self::Delivered);
        if let Some(failed) = failed {
            *failed
        } else if parts.is_empty() || parts.contains(&Self::Queued) {
            Self::Queued
        } else if parts.contains(&Self::Sent) {
            Self::Sent
        } else {
            Self::Delivered
        }
    }
}

impl fmt::Display for SmsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn reads_what_it_shows_and_nothing_else() {
        for state in SmsState::ALL {
            assert_eq!(SmsState::parse(&state.to_string()), Ok(state));
        }
        for wrong in ["", "sent", "DELIVRD", "SENT "] {
            assert_eq!(SmsState::parse(wrong), Err(UnknownSmsState), "{wrong}");
        }
    }

    #[test]
    fn a_receipt_may_come_before_the_answer() {
        assert_eq!(SmsState::Queued.after(SmsState::Delivered).after(SmsState::Sent), SmsState::Delivered);
        assert_eq!(SmsState::Sent.after(SmsState::Queued), SmsState::Sent);
        assert_eq!(SmsState::Delivered.after(SmsState::Failed), SmsState::Delivered);
    }

    #[test]
    fn a_message_is_as_good_as_its_worst_part() {
        use SmsState::{Delivered, Expired, Queued, Rejected, Sent};
        for (parts, whole) in [
            (&[Delivered, Delivered][..], Delivered),
            (&[Delivered, Sent], Sent),
            (&[Delivered, Queued, Sent], Queued),
            (&[Queued, Rejected, Expired], Rejected),
            (&[], Queued),
        ] {
            assert_eq!(SmsState::of_parts(parts), whole, "{parts:?}");
        }
    }

    fn any() -> impl Strategy<Value = SmsState> {
        select(&SmsState::ALL[..])
    }

    proptest! {
        #[test]
        fn states_only_move_forward(news in proptest::collection::vec(any(), 0..12)) {
            let rank = |state: SmsState| match state {
                SmsState::Queued => 0,
                SmsState::Sent => 1,
                _ => 2,
            };
            let mut state = SmsState::Queued;
            for next in &news {
                let after = state.after(*next);
                prop_assert!(rank(after) >= rank(state));
                prop_assert!(!state.is_final() || after == state);
                state = after;
            }
            // Whichever final one came first has won, wherever it stood.
            let first_final = news.iter().copied().find(|state| state.is_final());
            prop_assert!(first_final.is_none_or(|first| state == first));
        }
    }
}
