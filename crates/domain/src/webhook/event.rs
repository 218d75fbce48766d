//! The kinds of event, and which of them an endpoint wants.

use std::fmt;
use std::str::FromStr;

/// What an endpoint is told of. Later versions have more kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// A client was created.
    ClientCreated,
    /// A key was renewed or rotated: it has a successor.
    TokenRenewed,
    /// A key will expire.
    TokenExpiring,
    /// A short message has reached its final state.
    SmsFinal,
    /// The other side of a delivery has said that the invoice arrived.
    DistributionDelivered,
    /// An invoice did not and will not arrive.
    DistributionFailed,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::ClientCreated,
        Self::TokenRenewed,
        Self::TokenExpiring,
        Self::SmsFinal,
        Self::DistributionDelivered,
        Self::DistributionFailed,
    ];

    /// The `type` of the payload.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCreated => "client.created",
            Self::TokenRenewed => "token.renewed",
            Self::TokenExpiring => "token.expiring",
            Self::SmsFinal => "sms.final",
            Self::DistributionDelivered => "distribution.delivered",
            Self::DistributionFailed => "distribution.failed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("`{text}` is no kind of event: use some of {known}")
        })
    }
}

/// The kinds of event that an endpoint wants; when none is named, every one, also those that later versions add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSelection(Vec<EventKind>);

impl EventSelection {
    /// Whether events of this kind are wanted.
    #[must_use]
    pub fn takes(&self, kind: EventKind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }

    /// The kinds that are named; none is every one.
    #[must_use]
    pub fn named(&self) -> &[EventKind] {
        &self.0
    }
}

impl FromStr for EventSelection {
    type Err = String;

    /// Reads kinds separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let mut kinds = entries.map(str::parse).collect::<Result<Vec<EventKind>, _>>()?;
        kinds.sort_unstable();
        kinds.dedup();
        Ok(Self(kinds))
    }
}

impl fmt::Display for EventSelection {
    /// The kinds, separated by commas: what is read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, kind) in self.0.iter().enumerate() {
            write!(f, "{}{kind}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_read_back_as_it_is_written() {
        let some: EventSelection = "sms.final, client.created,sms.final".parse().unwrap();
        assert_eq!(some.to_string(), "client.created,sms.final");
        assert_eq!(some.to_string().parse(), Ok(some.clone()));
        assert!(some.takes(EventKind::SmsFinal) && !some.takes(EventKind::TokenRenewed));
    }

    #[test]
    fn without_a_name_every_kind_is_wanted() {
        let all: EventSelection = "".parse().unwrap();
        assert!(EventKind::ALL.into_iter().all(|kind| all.takes(kind)));
    }

    #[test]
    fn an_unknown_kind_is_told_with_those_there_are() {
        let told = "client.created,sms.sent".parse::<EventSelection>().unwrap_err();
        assert!(told.contains("`sms.sent`") && told.contains("token.expiring"), "{told}");
    }
}
