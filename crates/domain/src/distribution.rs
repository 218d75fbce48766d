//! How invoices reach their recipients: methods, states, and what a list of deliveries is asked for.

use std::fmt;

use crate::fault_code::Coded;

/// The way an invoice goes (the contract's section "Invoices and distribution").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DistributionMethod {
    /// By mail, with the PDF attached.
    Email,
    /// As Finvoice, by an operator.
    EInvoice,
    /// On paper.
    Print,
    /// Not at all: the client sends it itself.
    None,
}

/// The text is none of [`DistributionMethod::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The distribution method is unknown: use EMAIL, EINVOICE, PRINT or NONE")]
pub struct UnknownDistributionMethod;

impl Coded for UnknownDistributionMethod {
    fn code(&self) -> &'static str {
        "unknown_distribution_method"
    }
}

impl DistributionMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Email, Self::EInvoice, Self::Print, Self::None];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownDistributionMethod`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownDistributionMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == text).ok_or(UnknownDistributionMethod)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::EInvoice => "EINVOICE",
            Self::Print => "PRINT",
            Self::None => "NONE",
        }
    }

    /// The state in which a delivery begins. One that nobody is to make is over at once: it counts neither as a success
    /// nor as a failure.
    #[must_use]
    pub const fn first_status(self) -> DistributionStatus {
        match self {
            Self::Email | Self::EInvoice | Self::Print => DistributionStatus::Pending,
            Self::None => DistributionStatus::Cancelled,
        }
    }
}

impl fmt::Display for DistributionMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a delivery has come. It only moves forward: a new attempt after a failure is a delivery of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DistributionStatus {
    /// Not yet handed over, or about to be tried again.
    Pending,
    /// Handed over to the mail server, the operator or the printer.
    Sent,
    /// Acknowledged by the other side: the e-invoice operator has accepted it and passes it on.
    Delivered,
    /// It did not and will not arrive: refused, bounced, or given up.
    Failed,
    /// It was stopped before it was handed over, or was never to be made.
    Cancelled,
}

/// The text is none of [`DistributionStatus::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The status is unknown: use PENDING, SENT, DELIVERED, FAILED or CANCELLED")]
pub struct UnknownDistributionStatus;

impl Coded for UnknownDistributionStatus {
    fn code(&self) -> &'static str {
        "unknown_status"
    }
}

impl DistributionStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Sent, Self::Delivered, Self::Failed, Self::Cancelled];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownDistributionStatus`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownDistributionStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownDistributionStatus)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether it never changes again. `SENT` and `DELIVERED` may still become `FAILED`, by a bounce or by an operator that refuses later.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled)
    }

    /// The status after the news `next`: that, when it lies ahead, and this one otherwise. An acknowledgement may come
    /// before it is known that the invoice was handed over; what was handed over cannot be cancelled any more.
    #[must_use]
    pub const fn after(self, next: Self) -> Self {
        match (self, next) {
            (Self::Pending, _) | (Self::Sent, Self::Delivered | Self::Failed) | (Self::Delivered, Self::Failed) => next,
            _ => self,
        }
    }

    /// The same of a delivery that we have given up though it may have arrived: it is believed who says that it has.
    #[must_use]
    pub const fn after_doubt(self, next: Self) -> Self {
        match (self, next) {
            (Self::Failed, Self::Sent | Self::Delivered) => next,
            _ => self.after(next),
        }
    }

    /// Whether it counts in `successfulCount`: handed over, since most mail servers and printers never tell more.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered)
    }

    /// Whether it counts in `failedCount`.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed)
    }
}

impl fmt::Display for DistributionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which deliveries a list is asked for: the documented filter `fetchType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FetchType {
    /// All of them.
    #[default]
    All,
    /// Those that failed.
    Failed,
    /// Those whose present status the caller has not fetched yet.
    Unfetched,
}

/// The text is none of [`FetchType::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The fetch type is unknown: use ALL, FAILED or UNFETCHED")]
pub struct UnknownFetchType;

impl Coded for UnknownFetchType {
    fn code(&self) -> &'static str {
        "unknown_fetch_type"
    }
}

impl FetchType {
    /// Every fetch type.
    pub const ALL: [Self; 3] = [Self::All, Self::Failed, Self::Unfetched];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownFetchType`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownFetchType> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownFetchType)
    }

    /// The name used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Failed => "FAILED",
            Self::Unfetched => "UNFETCHED",
        }
    }

    /// Whether a delivery in `status` is in the list, when its status was `fetched` before or not.
    #[must_use]
    pub const fn takes(self, status: DistributionStatus, fetched: bool) -> bool {
        match self {
            Self::All => true,
            Self::Failed => status.is_failure(),
            Self::Unfetched => !fetched,
        }
    }
}

impl fmt::Display for FetchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::DistributionStatus::{Cancelled, Delivered, Failed, Pending, Sent};
    use super::*;
    use crate::fault_code::FAULT_CODES;

    #[test]
    fn every_name_is_read_again() {
        for method in DistributionMethod::ALL {
            assert_eq!(DistributionMethod::parse(&method.to_string()), Ok(method));
        }
        for status in DistributionStatus::ALL {
            assert_eq!(DistributionStatus::parse(&status.to_string()), Ok(status));
        }
        for kind in FetchType::ALL {
            assert_eq!(FetchType::parse(&kind.to_string()), Ok(kind));
        }
        assert_eq!(DistributionMethod::parse("email"), Err(UnknownDistributionMethod));
        assert_eq!(DistributionStatus::parse("OPEN"), Err(UnknownDistributionStatus));
        assert!(
            [UnknownDistributionMethod.code(), UnknownDistributionStatus.code(), UnknownFetchType.code()]
                .iter()
                .all(|code| FAULT_CODES.iter().any(|(listed, _)| listed == code))
        );
        assert_eq!(FetchType::parse(""), Err(UnknownFetchType));
    }

    #[test]
    fn what_was_given_up_in_doubt_may_have_arrived() {
        for (from, news, to) in
            [(Failed, Delivered, Delivered), (Failed, Sent, Sent), (Failed, Pending, Failed), (Sent, Failed, Failed)]
        {
            assert_eq!(from.after_doubt(news), to, "{from} and then {news}");
        }
    }

    #[test]
    fn news_move_a_delivery_forward_only() {
        for (from, news, to) in [
            (Pending, Sent, Sent),
            (Pending, Delivered, Delivered),
            (Pending, Cancelled, Cancelled),
            (Sent, Delivered, Delivered),
            (Sent, Failed, Failed),
            (Sent, Cancelled, Sent),
            (Sent, Pending, Sent),
            (Delivered, Failed, Failed),
            (Delivered, Sent, Delivered),
            (Failed, Sent, Failed),
            (Cancelled, Sent, Cancelled),
        ] {
            assert_eq!(from.after(news), to, "{from} and {news}");
        }
    }

    #[test]
    fn lists_and_counts_tell_failures_apart() {
        assert_eq!(DistributionStatus::ALL.map(DistributionStatus::is_success), [false, true, true, false, false]);
        assert_eq!(DistributionStatus::ALL.map(DistributionStatus::is_failure), [false, false, false, true, false]);
        assert!(FetchType::Failed.takes(Failed, true) && !FetchType::Failed.takes(Sent, false));
        assert!(FetchType::Unfetched.takes(Sent, false) && !FetchType::Unfetched.takes(Sent, true));
        assert!(FetchType::default().takes(Cancelled, true));
        assert_eq!(
            DistributionMethod::ALL.map(DistributionMethod::first_status),
            [Pending, Pending, Pending, Cancelled]
        );
    }

    proptest! {
        #[test]
        fn no_news_lead_back(news in proptest::collection::vec(select(DistributionStatus::ALL.to_vec()), 0..8)) {
            let mut status = Pending;
            for next in news {
                let after = status.after(next);
                prop_assert!(!status.is_final() || after == status);
                prop_assert!(after != Pending || status == Pending);
                // The same news again changes nothing.
                prop_assert_eq!(after.after(next), after);
                status = after;
            }
        }
    }
}
