//! What the value types that hold one normalised text, or have a name each, have in common.

/// Gives a `struct $name(String)` its `as_str`, `into_string`, `Display` and serde: the form that is stored and shown. What was stored is
/// read back without another check: sandbox takes check digits that a check would refuse.
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

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }
    };
}

/// Gives a type with `as_str` and `parse` serde by these: the name that is stored.
macro_rules! stored_name {
    ($($name:ident),+) => {
        $(
            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    Self::parse(&name).map_err(serde::de::Error::custom)
                }
            }
        )+
    };
}

pub(crate) use stored_name;
pub(crate) use stored_text;
