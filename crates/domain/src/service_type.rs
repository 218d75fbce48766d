//! The services that a client can be connected to (the contract's section "Onboarding").

use std::fmt;

use crate::fault_code::Coded;

/// What a client buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceType {
    /// Invoices are sent, watched and collected.
    Lifecycle,
    /// Invoices are sent.
    Intermediation,
    /// Co-operation.
    Coop,
    /// Credit at a shop's counter; such a client also gets OAuth credentials.
    PosFinancing,
}

/// The service type is none of [`ServiceType::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The service type is unknown: use LIFECYCLE, INTERMEDIATION, COOP or POS_FINANCING")]
pub struct UnknownServiceType;

impl Coded for UnknownServiceType {
    fn code(&self) -> &'static str {
        "unknown_service_type"
    }
}

impl ServiceType {
    /// Every service.
    pub const ALL: [Self; 4] = [Self::Lifecycle, Self::Intermediation, Self::Coop, Self::PosFinancing];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownServiceType`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownServiceType> {
        Self::ALL.into_iter().find(|service| service.as_str() == text).ok_or(UnknownServiceType)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lifecycle => "LIFECYCLE",
            Self::Intermediation => "INTERMEDIATION",
            Self::Coop => "COOP",
            Self::PosFinancing => "POS_FINANCING",
        }
    }
}

impl fmt::Display for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_shows_and_nothing_else() {
        for service in ServiceType::ALL {
            assert_eq!(ServiceType::parse(&service.to_string()), Ok(service));
        }
        for wrong in ["", "lifecycle", "CO-OP", "LIFECYCLE "] {
            assert_eq!(ServiceType::parse(wrong), Err(UnknownServiceType), "{wrong}");
        }
    }
}
