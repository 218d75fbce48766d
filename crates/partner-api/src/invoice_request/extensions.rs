//! What happens after the due date of an invoice, and who has bought the claim.

use std::fmt;

use domain::Faults;
use domain::invoice::{CollectionDraft, ExtensionsDraft, FactoringDraft, InterestDraft};
use http_kit::{Flag, Integer, Number, Section, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::object::{IntoDraft, object};

/// What happens after the due date, and who has bought the claim.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ExtensionsSection {
    /// How an unpaid invoice is collected; without it as agreed with the client.
    #[schema(value_type = Option<CollectionSection>)]
    collection: Section<CollectionSection>,
    /// The interest on a late payment; without it what the law says.
    #[schema(value_type = Option<InterestSection>)]
    interest: Section<InterestSection>,
    /// Who has bought the claim.
    #[schema(value_type = Option<FactoringSection>)]
    factoring: Section<FactoringSection>,
}

object! {
    /// How an unpaid invoice is collected.
    CollectionSection => CollectionDraft {
        /// Whether it is collected at all.
        enabled "enabled": Flag(bool) = true,
        /// Days from the due date to the first reminder, 1 to 365.
        reminder_after_days "reminderAfterDays": Integer(i64) = 7,
        /// Days from the due date to the transfer to collection, 1 to 365.
        collection_after_days "collectionAfterDays": Integer(i64) = 21,
        /// What a reminder costs the buyer.
        reminder_fee "reminderFee": Number(f64) = 5,
    }
}

object! {
    /// The interest on a late payment.
    InterestSection => InterestDraft {
        /// `STATUTORY`, `FIXED` or `NONE`.
        kind "type": Text(String) = "STATUTORY",
        /// The rate a year, of `FIXED`.
        percent "percent": Number(f64) = null,
    }
}

object! {
    /// A claim that was sold: the buyer pays the financier.
    FactoringSection => FactoringDraft {
        /// The financier's number of the agreement.
        agreement "agreement": Text(String) = "F-77",
        /// The financier.
        financier "financier": Text(String) = "Rahoitus Oy",
        /// The financier's account.
        iban "iban": Text(String) = "FI1410093000123458",
        /// Its bank.
        bic "bic": Text(String) = "NDEAFIHH",
        /// The notice of assignment, printed on the invoice.
        notice "notice": Text(String) = "The claim has been assigned to Rahoitus Oy",
    }
}

impl ExtensionsSection {
    /// Its draft, which stands at `invoice.extensions`.
    pub(super) fn into_draft(self, faults: &mut Faults) -> ExtensionsDraft {
        macro_rules! extension {
            ($extension:ident) => {
                self.$extension
                    .take(concat!("invoice.extensions.", stringify!($extension)), faults)
                    .into_draft(concat!("invoice.extensions.", stringify!($extension)), faults)
            };
        }
        ExtensionsDraft {
            collection: extension!(collection),
            interest: extension!(interest),
            factoring: extension!(factoring),
        }
    }
}
