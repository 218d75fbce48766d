//! The states of an account, and why it is in one.

use std::fmt;

/// `account_status` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// `N`: the only one that may buy.
    Normal,
    /// `A`: no authorizations, for want of payment; ends by itself when what was due is paid.
    AuthorizationProhibited,
    /// `F`: frozen until somebody lifts it.
    Frozen,
    /// `Z`: charged off, unpaid for six months or more.
    ChargedOff,
    /// `C`: closed for good.
    Closed,
}

impl AccountStatus {
    const ALL: [Self; 5] = [Self::Normal, Self::AuthorizationProhibited, Self::Frozen, Self::ChargedOff, Self::Closed];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Normal => "N",
            Self::AuthorizationProhibited => "A",
            Self::Frozen => "F",
            Self::ChargedOff => "Z",
            Self::Closed => "C",
        }
    }

    /// The status of this code.
    ///
    /// # Errors
    /// [`StateFault::Status`].
    pub fn of_code(code: &str) -> Result<Self, StateFault> {
        Self::ALL.into_iter().find(|status| status.code() == code).ok_or(StateFault::Status)
    }

    /// The letter that its reasons begin with. A closed account has none of its own, and keeps that of how it came to be closed.
    const fn reasons_begin_with(self) -> &'static str {
        match self {
            Self::Normal => "N",
            Self::AuthorizationProhibited => "A",
            Self::Frozen | Self::Closed => "F",
            Self::ChargedOff => "Z",
        }
    }
}

/// The codes of the POS API's table.
const REASONS: [&str; 35] = [
    "AAUT", "FAGN", "FBNK", "FCCS", "FCLC", "FCLG", "FCQC", "FCND", "FCOP", "FDEC", "FDVO", "FFRD", "FHRD", "FIND",
    "FINP", "FLCK", "FOPD", "FPAC", "FRMA", "FRME", "FRVK", "FSKP", "FSLM", "NNOR", "ZBNK", "ZCCO", "ZCCS", "ZCOP",
    "ZDEC", "ZDVO", "ZFRD", "ZMCO", "ZOPD", "ZSLM", "ZSRO",
];

/// `account_status_reason_code` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusReason(&'static str);

impl StatusReason {
    /// `NNOR`: nothing stands against the account.
    pub const NORMAL: Self = Self("NNOR");
    /// `AAUT`: what was due was not paid.
    pub const NOT_PAID: Self = Self("AAUT");
    /// `FCQC`: closed at the customer's wish, in Quebec.
    pub const CLOSED_QUEBEC: Self = Self("FCQC");
    /// `FFRD`: fraud.
    pub const FRAUD: Self = Self("FFRD");
    /// `ZCOP`: charged off.
    pub const CHARGED_OFF: Self = Self("ZCOP");

    /// The reason of this code.
    ///
    /// # Errors
    /// [`StateFault::Reason`].
    pub fn of_code(code: &str) -> Result<Self, StateFault> {
        REASONS.into_iter().find(|reason| *reason == code).map(Self).ok_or(StateFault::Reason)
    }

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }
}

/// Why a status and a reason are none, or do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// No such status.
    #[error("the status is one of N, A, F, Z, C")]
    Status,
    /// No such reason.
    #[error("the reason is none of the table")]
    Reason,
    /// The reason is one of another status.
    #[error("the reason is one of another status")]
    Other,
}

/// A status with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountState {
    status: AccountStatus,
    reason: StatusReason,
}

impl AccountState {
    /// A new account's.
    pub const NORMAL: Self = Self { status: AccountStatus::Normal, reason: StatusReason::NORMAL };

    /// A status with one of its reasons.
    ///
    /// # Errors
    /// [`StateFault::Other`].
    pub fn new(status: AccountStatus, reason: StatusReason) -> Result<Self, StateFault> {
        if reason.code().starts_with(status.reasons_begin_with()) {
            Ok(Self { status, reason })
        } else {
            Err(StateFault::Other)
        }
    }

    /// What these two codes say.
    ///
    /// # Errors
    /// [`StateFault`].
    pub fn of_codes(status: &str, reason: &str) -> Result<Self, StateFault> {
        Self::new(AccountStatus::of_code(status)?, StatusReason::of_code(reason)?)
    }

    /// Its status.
    #[must_use]
    pub const fn status(self) -> AccountStatus {
        self.status
    }

    /// Its reason.
    #[must_use]
    pub const fn reason(self) -> StatusReason {
        self.reason
    }

    /// Whether the account may buy.
    #[must_use]
    pub fn may_buy(self) -> bool {
        self == Self::NORMAL
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.code(), self.reason.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_of_one_status_and_only_the_normal_one_buys() {
        for reason in REASONS {
            let of = |status: &AccountStatus| AccountState::of_codes(status.code(), reason).is_ok();
            let open = AccountStatus::ALL.iter().filter(|status| **status != AccountStatus::Closed).filter(|it| of(it));
            assert_eq!(open.count(), 1, "{reason}");
        }
        let buying = |status: &AccountStatus| {
            REASONS
                .iter()
                .filter(|reason| AccountState::of_codes(status.code(), reason).is_ok_and(AccountState::may_buy))
                .count()
        };
        assert_eq!(AccountStatus::ALL.map(|status| buying(&status)), [1, 0, 0, 0, 0]);
        assert_eq!(AccountState::of_codes("N", "FFRD"), Err(StateFault::Other));
        assert_eq!(AccountState::of_codes("X", "FFRD"), Err(StateFault::Status));
        assert_eq!(AccountState::of_codes("F", "XXXX"), Err(StateFault::Reason));
        assert!(AccountState::new(AccountStatus::Closed, StatusReason::CLOSED_QUEBEC).is_ok());
    }
}
