//! Where and by whom a call is made at a till: the members that its body has besides its own.

use http_kit::{Section, TextOrNumber};
use serde_json::{Map, Value};
use service::account_book::Till;

use crate::authorization::LONGEST_NAME;
use crate::inputs::Inputs;

/// A body with its own members and those of the till. They are members like any other and no object of their own that is flattened into it:
/// that would read what is passed over as well.
macro_rules! till_body {
    ($(#[$of_body:meta])* pub(crate) struct $body:ident { $($(#[$of_member:meta])* $member:ident: $kind:ty,)* }) => {
        #[derive(Default, ::serde::Deserialize, ::utoipa::ToSchema)]
        $(#[$of_body])*
        pub(crate) struct $body {
            $($(#[$of_member])* $member: $kind,)*
            /// Your order, of 40 characters at most.
            #[serde(default)]
            #[schema(value_type = Option<::http_kit::TextOrNumber>)]
            reference: ::http_kit::TextOrNumber,
            /// Your location.
            #[serde(default)]
            #[schema(value_type = Option<::http_kit::TextOrNumber>)]
            external_location_id: ::http_kit::TextOrNumber,
            /// Your employee.
            #[serde(default)]
            #[schema(value_type = Option<::http_kit::TextOrNumber>)]
            external_employee_id: ::http_kit::TextOrNumber,
        }

        impl $body {
            /// What it says of the till.
            fn take_till(&mut self) -> $crate::money_move::TillMembers {
                $crate::money_move::TillMembers {
                    reference: ::std::mem::take(&mut self.reference),
                    location: ::std::mem::take(&mut self.external_location_id),
                    employee: ::std::mem::take(&mut self.external_employee_id),
                }
            }
        }
    };
}

pub(crate) use till_body;

/// The members of the till, as they were sent.
pub(crate) struct TillMembers {
    pub(crate) reference: TextOrNumber,
    pub(crate) location: TextOrNumber,
    pub(crate) employee: TextOrNumber,
}

impl TillMembers {
    /// Reads them, with what is told of the goods.
    pub(crate) fn read_with(self, sku_data: Section<Map<String, Value>>, inputs: &mut Inputs) -> Till {
        let till = self.read(inputs);
        Till { sku_data: inputs.sku_data(sku_data), ..till }
    }

    /// Reads them.
    pub(crate) fn read(self, inputs: &mut Inputs) -> Till {
        Till {
            reference: inputs.text("reference", self.reference, LONGEST_NAME),
            location: inputs.text("external_location_id", self.location, LONGEST_NAME),
            employee: inputs.text("external_employee_id", self.employee, LONGEST_NAME),
            sku_data: None,
        }
    }
}
