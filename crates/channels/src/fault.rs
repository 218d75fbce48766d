//! Why something was not sent.

use std::fmt;
use std::time::Duration;

use crate::AcceptedPart;

/// The most characters of a provider's own words that a fault keeps.
const LONGEST_REASON: usize = 300;

/// What may be done about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It may pass: try again later.
    Temporary,
    /// It will not pass: give up.
    Permanent,
    /// The provider takes no more for now: slow down, and try again. It says nothing of this message.
    Throttled,
    /// The provider can't be reached, or does not let us in: nothing was handed over, and nothing is said of this message.
    Unreachable,
}

impl FaultKind {
    /// Whether the next message would meet the same now, so that the channel should pause and this one not be blamed.
    #[must_use]
    pub const fn is_of_the_channel(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable)
    }
}

/// Why something was not sent, or why that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What may be done.
    pub kind: FaultKind,
    /// The provider's code, as it writes it: `ESME_RTHROTTLED`, `0x00000401`, `550 5.1.1`, `429`.
    pub code: Option<String>,
    /// What happened, on one line, for the operator. It holds no secret, and nothing of the message's text by our doing.
    pub reason: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the provider may have taken it all the same: the link broke, or no answer came in time, after it was handed over.
    pub may_have_been_accepted: bool,
    /// Whether the other side says that it has one of this identifier already: from an earlier try, which it took or is at work on.
    pub is_duplicate: bool,
    /// All parts of a long text that the provider has taken for certain, in this try or an earlier one.
    pub accepted: Vec<AcceptedPart>,
}

impl Fault {
    /// It may pass.
    pub fn temporary(reason: impl Into<String>) -> Self {
        Self::new(FaultKind::Temporary, reason)
    }

    /// It will not pass.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::new(FaultKind::Permanent, reason)
    }

    /// The provider takes no more for now.
    pub fn throttled(reason: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..Self::new(FaultKind::Throttled, reason) }
    }

    /// The provider can't be reached.
    pub fn unreachable(reason: impl Into<String>) -> Self {
        Self::new(FaultKind::Unreachable, reason)
    }

    /// Of `kind`.
    pub fn new(kind: FaultKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            reason: one_line(&reason.into()),
            retry_after: None,
            may_have_been_accepted: false,
            is_duplicate: false,
            accepted: Vec::new(),
        }
    }

    /// The same with the provider's code.
    #[must_use]
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { code: Some(one_line(&code.into())), ..self }
    }

    /// The same, where it is not known whether the provider took it.
    #[must_use]
    pub fn unsure(self) -> Self {
        Self { may_have_been_accepted: true, ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for Fault {}

/// What others wrote, fit for a log line: without control characters, and not long.
pub(crate) fn one_line(text: &str) -> String {
    let flat = text.split(|character: char| character.is_control() || character.is_whitespace());
    let words = flat.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {remedy}")]
pub struct ConfigFault {
    /// The setting, as in the configuration.
    pub setting: String,
    /// What is wrong and how to mend it.
    pub remedy: String,
}

impl ConfigFault {
    pub(crate) fn new(setting: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { setting: setting.into(), remedy: remedy.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_others_become_one_short_line() {
        let fault = Fault::permanent("5.1.1 no\r\nsuch\u{1b}[31m user ").with_code("550");
        assert_eq!(fault.to_string(), "550: 5.1.1 no such [31m user");
        assert_eq!(Fault::temporary("ä".repeat(5_000)).reason.chars().count(), LONGEST_REASON + 1);
    }
}
