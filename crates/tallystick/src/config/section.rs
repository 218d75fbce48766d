//! How a section of settings is written down: once, with its names, type, default and explanation.

/// What is known of one setting besides its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The table of the file it stands in.
    pub section: &'static str,
    /// The name in the code: the flag with underscores.
    pub name: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// The default as it is written on the command line; `None` when the setting is not set by default.
    pub default: Option<String>,
}

impl Described {
    /// The key in the file, which is the flag without its dashes.
    #[must_use]
    pub fn key(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// The type of a setting: optional exactly when it has no default.
macro_rules! setting_type {
    ($ty:ty) => { Option<$ty> };
    ($ty:ty, $default:expr) => { $ty };
}

/// The value of a setting: what was given, or the default.
macro_rules! setting_value {
    ($given:expr) => {
        $given
    };
    ($given:expr, $default:expr) => {
        $given.unwrap_or_else(|| $default)
    };
}

/// The text of a default.
macro_rules! setting_default {
    ($ty:ty) => {
        None
    };
    ($ty:ty, $default:expr) => {{
        let default: $ty = $default;
        Some(default.to_string())
    }};
}

/// Defines one section: the struct of its values, and the layer in which every setting may be missing. The layer is read from the
/// command line and the environment by clap and from the file by serde, under the same names.
macro_rules! section {
    (
        $(#[$doc:meta])*
        $values:ident, $layer:ident, $section:literal;
        $(
            $(#[$setting_doc:meta])*
            $setting:ident [$variable:literal, $placeholder:literal]: $ty:ty $(= $default:expr)?;
        )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $values {
            $(
                $(#[$setting_doc])*
                pub $setting: $crate::config::section::setting_type!($ty $(, $default)?),
            )*
        }

        /// One layer of this section: what one source sets.
        #[derive(Clone, Debug, Default, clap::Args, serde::Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $layer {
            $(
                $(#[$setting_doc])*
                // Values are never shown in the help text: an address of a database may hold a password.
                #[arg(long, env = $variable, value_name = $placeholder, hide_env_values = true,
                    help_heading = concat!("Settings: ", $section))]
                pub $setting: Option<$ty>,
            )*
        }

        impl $layer {
            /// This layer, and below it `lower` for what this one leaves open.
            #[must_use]
            pub fn over(self, lower: Self) -> Self {
                Self { $($setting: self.$setting.or(lower.$setting),)* }
            }

            /// The values, with the defaults for what is left open.
            #[must_use]
            pub fn resolve(self) -> $values {
                $values {
                    $($setting: $crate::config::section::setting_value!(self.$setting $(, $default)?),)*
                }
            }

            /// Every setting of the section, in the order of the file.
            #[must_use]
            pub fn described() -> Vec<$crate::config::section::Described> {
                vec![
                    $($crate::config::section::Described {
                        section: $section,
                        name: stringify!($setting),
                        variable: $variable,
                        default: $crate::config::section::setting_default!($ty $(, $default)?),
                    },)*
                ]
            }
        }

        impl Default for $values {
            fn default() -> Self {
                $layer::default().resolve()
            }
        }
    };
}

pub(crate) use {section, setting_default, setting_type, setting_value};
