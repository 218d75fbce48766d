//! The objects of the body: how they are declared, and how they become drafts.

use std::fmt;

use domain::Faults;
use http_kit::{List, Section};

/// An object of the body.
pub(super) trait IntoDraft: Default {
    type Draft;
    /// The draft of it, which stands at `at`. Members of a wrong type are faults and left out of it.
    fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> Self::Draft;
}

/// Declares an object of the body whose members are plain values, and how it becomes a draft.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $name:ident => $draft:ident {
            $($(#[$member_doc:meta])* $member:ident $wire:literal: $kind:ident($shown:ident) = $example:tt,)+
        }
        $(with { $($(#[$inner_doc:meta])* $inner:ident $inner_wire:literal: $section:ident,)+ })?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize, ToSchema)]
        pub(crate) struct $name {
            $(
                $(#[$member_doc])*
                #[serde(rename = $wire)]
                #[schema(rename = $wire, value_type = Option<$shown>, example = json!($example))]
                $member: $kind,
            )+
            $($(
                $(#[$inner_doc])*
                #[serde(rename = $inner_wire)]
                #[schema(rename = $inner_wire, value_type = Option<$section>)]
                $inner: Section<$section>,
            )+)?
        }

        impl IntoDraft for $name {
            type Draft = $draft;

            fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> $draft {
                $draft {
                    $($member: self.$member.take(format_args!(concat!("{}.", $wire), at), faults),)+
                    $($($inner: self.$inner.take(format_args!(concat!("{}.", $inner_wire), at), faults)
                        .into_draft(format_args!(concat!("{}.", $inner_wire), at), faults),)+)?
                }
            }
        }
    };
}

pub(super) use object;

/// The drafts of a list at `at`. Of a list that is too long as many are read as show that.
pub(super) fn list<T: IntoDraft>(list: List<Section<T>>, at: &str, most: usize, faults: &mut Faults) -> Vec<T::Draft> {
    let entries = list.take(at, faults).into_iter().take(most).enumerate();
    entries
        .map(|(place, entry)| {
            let entry = entry.take(format_args!("{at}.{place}"), faults);
            entry.into_draft(format_args!("{at}.{place}"), faults)
        })
        .collect()
}
