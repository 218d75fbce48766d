//! The configuration: flags over `TALLYSTICK_…` variables over the file over defaults. One file per section.
//!
//! Every setting has one name: the flag `--write-group`, the variable `TALLYSTICK_WRITE_GROUP` and the key `write-group` in its
//! table of the file. `tallystick.toml` in the root of the repository documents all of them.

mod applications;
pub mod channels;
mod database;
mod error;
mod file;
mod invoices;
mod jobs;
mod keys;
mod lending;
mod lifetime;
mod limits;
mod list;
mod messages;
mod onboarding;
mod point_of_sale;
mod rate;
mod section;
mod server;
mod size;
mod span;
mod telemetry;
mod text;
mod tls;
mod webhooks;

use std::path::PathBuf;

use domain::Environment;

pub use self::channels::Channels;
pub use applications::{Applications, ApplicationsLayer, Dollars, Grade};
pub use database::{Database, DatabaseLayer};
pub use error::ConfigError;
pub use invoices::{Code, Invoices, InvoicesLayer};
pub use jobs::{Jobs, JobsLayer};
pub use keys::{Keys, KeysLayer};
pub use lending::LendingTable;
pub use lifetime::Lifetime;
pub use limits::{Limits, LimitsLayer};
pub use list::{Networks, Origins};
pub use messages::{Messages, MessagesLayer};
pub use onboarding::{LeadTimes, Onboarding, OnboardingLayer, PublicUrl, Switch};
pub use point_of_sale::{PointOfSale, PointOfSaleLayer, PosPrefix};
pub use rate::Rate;
pub use section::Described;
pub use server::{Server, ServerLayer};
pub use size::Size;
pub use span::Span;
pub use telemetry::{LogFormat, Telemetry, TelemetryLayer};
pub use tls::{Tls, TlsLayer};
pub use webhooks::{Webhooks, WebhooksLayer};

/// Every setting, with its value.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `[server]`.
    pub server: Server,
    /// `[tls]`.
    pub tls: Tls,
    /// `[database]`.
    pub database: Database,
    /// `[keys]`.
    pub keys: Keys,
    /// `[limits]`.
    pub limits: Limits,
    /// `[telemetry]`.
    pub telemetry: Telemetry,
    /// `[jobs]`.
    pub jobs: Jobs,
    /// `[messages]`.
    pub messages: Messages,
    /// `[invoices]`.
    pub invoices: Invoices,
    /// `[webhooks]`.
    pub webhooks: Webhooks,
    /// `[onboarding]`.
    pub onboarding: Onboarding,
    /// `[point-of-sale]`.
    pub point_of_sale: PointOfSale,
    /// `[applications]`.
    pub applications: Applications,
    /// `[lending]`.
    pub lending: LendingTable,
    /// `[channels.NAME]`.
    pub channels: Channels,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
}

/// What one source sets, of all sections.
#[derive(Clone, Debug, Default, clap::Args, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    #[command(flatten)]
    pub(crate) server: ServerLayer,
    #[command(flatten)]
    pub(crate) tls: TlsLayer,
    #[command(flatten)]
    pub(crate) database: DatabaseLayer,
    #[command(flatten)]
    pub(crate) keys: KeysLayer,
    #[command(flatten)]
    pub(crate) limits: LimitsLayer,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryLayer,
    #[command(flatten)]
    pub(crate) jobs: JobsLayer,
    #[command(flatten)]
    pub(crate) messages: MessagesLayer,
    #[command(flatten)]
    pub(crate) invoices: InvoicesLayer,
    #[command(flatten)]
    pub(crate) webhooks: WebhooksLayer,
    #[command(flatten)]
    pub(crate) onboarding: OnboardingLayer,
    #[command(flatten)]
    #[serde(rename = "point-of-sale")]
    pub(crate) point_of_sale: PointOfSaleLayer,
    #[command(flatten)]
    pub(crate) applications: ApplicationsLayer,
    #[arg(skip)]
    pub(crate) lending: LendingTable,
    #[arg(skip)]
    pub(crate) channels: Channels,
}

impl Layer {
    /// This layer, and below it `lower` for what this one leaves open.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        Self {
            server: self.server.over(lower.server),
            tls: self.tls.over(lower.tls),
            database: self.database.over(lower.database),
            keys: self.keys.over(lower.keys),
            limits: self.limits.over(lower.limits),
            telemetry: self.telemetry.over(lower.telemetry),
            jobs: self.jobs.over(lower.jobs),
            messages: self.messages.over(lower.messages),
            invoices: self.invoices.over(lower.invoices),
            webhooks: self.webhooks.over(lower.webhooks),
            onboarding: self.onboarding.over(lower.onboarding),
            point_of_sale: self.point_of_sale.over(lower.point_of_sale),
            applications: self.applications.over(lower.applications),
            lending: self.lending.over(lower.lending),
            channels: lower.channels.into_iter().chain(self.channels).collect(),
        }
    }

    /// This layer over that of the file `named`, or of `./tallystick.toml` when there is one; and the file that was read.
    ///
    /// # Errors
    /// When the file can't be read, or holds an unknown key or a wrong value.
    pub fn over_file(self, named: Option<PathBuf>) -> Result<(Self, Option<PathBuf>), ConfigError> {
        let (below, read) = file::read(named)?;
        Ok((self.over(below), read))
    }

    /// The layer of the `TALLYSTICK_…` variables alone.
    ///
    /// # Errors
    /// [`ConfigError::Variable`] when a variable has a value that its setting does not take.
    pub fn from_environment() -> Result<Self, ConfigError> {
        use clap::{Args, FromArgMatches};

        let command = Self::augment_args(clap::Command::new("environment").no_binary_name(true));
        command
            .try_get_matches_from(std::iter::empty::<&str>())
            .and_then(|matches| Self::from_arg_matches(&matches))
            .map_err(|error| ConfigError::variable(&error))
    }

    /// Every setting of all sections, in the order of the file.
    #[must_use]
    pub fn described() -> Vec<Described> {
        [
            ServerLayer::described(),
            TlsLayer::described(),
            DatabaseLayer::described(),
            KeysLayer::described(),
            LimitsLayer::described(),
            TelemetryLayer::described(),
            JobsLayer::described(),
            MessagesLayer::described(),
            InvoicesLayer::described(),
            WebhooksLayer::described(),
            OnboardingLayer::described(),
            PointOfSaleLayer::described(),
            ApplicationsLayer::described(),
        ]
        .concat()
    }
}

impl Settings {
    /// Whether clients come through a proxy, and nobody has said under which address: then the server metadata (RFC 8414) tells them that of
    /// the connection to the proxy, often with another scheme, which OAuth libraries refuse.
    pub(crate) fn is_behind_unnamed_proxy(&self) -> bool {
        !self.limits.trusted_proxies.0.is_empty() && self.onboarding.public_url.is_none()
    }

    /// Reads the file (`file`, or `./tallystick.toml` when there is one) and lays `above`, the flags and variables, over it, and under it
    /// `below`: what a command takes for a default where it differs from everybody's.
    ///
    /// # Errors
    /// When the file can't be read, holds an unknown key or a wrong value, or when settings contradict each other.
    pub fn load(above: Layer, file: Option<PathBuf>, below: Layer) -> Result<Self, ConfigError> {
        let (layer, file) = above.over_file(file)?;
        Self::of(layer.over(below), file)
    }

    /// The settings of `layer`, with the defaults for what it leaves open. `file` is the file that was read for it.
    ///
    /// # Errors
    /// When a value is out of bounds, or settings contradict each other.
    pub fn of(layer: Layer, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        Self { file, ..Self::resolve(layer) }.checked()
    }

    /// The part that the core works by.
    #[must_use]
    pub fn service(&self) -> service::Settings {
        service::Settings {
            environment: self.server.environment,
            key_overlap: self.keys.key_overlap.0,
            client_key_lifetime: self.keys.client_key_lifetime.duration(),
            partner_key_lifetime: self.keys.partner_key_lifetime.duration(),
            idempotency_retention: self.jobs.idempotency_retention.0,
            superseded_key_retention: self.keys.superseded_key_retention.0,
            refresh_leeway: self.point_of_sale.refresh_leeway.0,
            token_retention: self.point_of_sale.token_retention.0,
            information_retention: self.point_of_sale.information_retention.0,
            most_open_flows: self.point_of_sale.most_open_flows,
            most_widget_codes: self.point_of_sale.most_widget_codes,
            policy: self.applications.policy(),
            most_applications: self.applications.most_applications,
            // What is wrong with it was told when the settings were checked.
            lending: self.lending.made().unwrap_or_default(),
            key_cache_entries: self.keys.key_cache_entries,
            audit_seal_interval: self.jobs.audit_seal_interval.0,
            outbox_lease: self.jobs.outbox_lease.0,
            sms: self.messages.sms(self.server.environment == Environment::Sandbox),
            mail: self.messages.mail(),
            print: self.invoices.print(),
            e_invoice: self.invoices.e_invoice(),
            webhook: self.webhooks.service(),
            sms_retention: self.messages.sms_retention.0,
            give_up_after: self.invoices.give_up_after.0,
            public_url: self.onboarding.public_url.as_ref().map(ToString::to_string),
            credentials_link_lifetime: self.onboarding.credentials_link_lifetime.0,
            expiry_notice: self.onboarding.expiry_notice.0.iter().map(|span| span.0).collect(),
            password: service::password::PasswordSettings::default(),
            purchase: self.point_of_sale.purchase(),
        }
    }

    fn resolve(layer: Layer) -> Self {
        Self {
            server: layer.server.resolve(),
            tls: layer.tls.resolve(),
            database: layer.database.resolve(),
            keys: layer.keys.resolve(),
            limits: layer.limits.resolve(),
            telemetry: layer.telemetry.resolve(),
            jobs: layer.jobs.resolve(),
            messages: layer.messages.resolve(),
            invoices: layer.invoices.resolve(),
            webhooks: layer.webhooks.resolve(),
            onboarding: layer.onboarding.resolve(),
            point_of_sale: layer.point_of_sale.resolve(),
            applications: layer.applications.resolve(),
            lending: layer.lending,
            channels: layer.channels,
            file: None,
        }
    }

    fn checked(self) -> Result<Self, ConfigError> {
        self.server.check()?;
        self.tls.check()?;
        self.database.check()?;
        self.keys.check()?;
        self.limits.check()?;
        self.jobs.check()?;
        self.messages.check(&self.channels)?;
        self.invoices.check(&self.channels)?;
        self.webhooks.check(&self.channels)?;
        self.onboarding.check()?;
        self.point_of_sale.check()?;
        self.applications.check()?;
        self.lending.made()?;
        messages::check_environment(&self.channels, self.server.environment == Environment::Sandbox)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
