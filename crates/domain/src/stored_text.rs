//! What the value types that hold one normalised text have in common.

/// Gives a `struct $name(String)` its `as_str`, `into_string` and `Display`: the form that is stored and shown.
macro_rules! stored_text {
    ($name:ident) => {
        impl $name {
            /// The normalised form, as it is stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The normalised form, as it is stored.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use stored_text;
