//! What the operator decides about the use cases.

use std::time::Duration;

use domain::Environment;
use domain::decision::Policy;
use domain::invoice::EInvoiceAddress;
use domain::lending::Lending;
use domain::purchase::CreditLimits;

use crate::mail::MailSettings;
use crate::password::PasswordSettings;
use crate::sms::SmsSettings;
use crate::webhook::WebhookSettings;

/// The settings of the core, with their defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sandbox or production. Kept in the database at its first use, and refused when it is another one later.
    pub environment: Environment,
    /// How long a renewed key works beside its successor, and how long the renewal can be repeated. 0 to 7 days.
    pub key_overlap: Duration,
    /// How long a client's key works; `None` is without end.
    pub client_key_lifetime: Option<Duration>,
    /// How long a partner's key works; `None` is without end.
    pub partner_key_lifetime: Option<Duration>,
    /// How long an answer is kept for repeats.
    pub idempotency_retention: Duration,
    /// How long a key is kept after its overlap ended.
    pub superseded_key_retention: Duration,
    /// How long after its use a refresh token gives the same pair again, 0 to 60 s: for an answer that was lost.
    pub refresh_leeway: Duration,
    /// How long a token pair is kept after it expired: as long as the use of a refresh token that has ended is to end its family.
    pub token_retention: Duration,
    /// How long what is known of an applicant in a flow is kept after it was last added to, and no longer than a day after it was
    /// opened. 1 minute to 24 hours.
    pub information_retention: Duration,
    /// The most flows of a merchant in which something is known of an applicant and kept; tokens of the scope `customer` open half
    /// of them at most. 2 to 100,000.
    pub most_open_flows: u32,
    /// The most codes and questions in an hour of sessions of the widget of one merchant. 1 to 1,000,000.
    pub most_widget_codes: u32,
    /// By what applications for credit are decided.
    pub policy: Policy,
    /// The most applications that a merchant takes in a day; half of them at most by tokens of the scope `customer`. 2 to 1,000,000.
    pub most_applications: u32,
    /// By which plans purchases are financed.
    pub lending: Lending,
    /// The most keys in the cache of verified keys; of access tokens no more than these are in theirs, and 16,384 at most.
    pub key_cache_entries: usize,
    /// How often the audit trail is sealed.
    pub audit_seal_interval: Duration,
    /// How short messages leave; `None` is not at all.
    pub sms: Option<SmsSettings>,
    /// How mail leaves; `None` is not at all.
    pub mail: Option<MailSettings>,
    /// How invoices are printed; `None` is not at all.
    pub print: Option<PrintSettings>,
    /// How e-invoices leave; `None` is not at all.
    pub e_invoice: Option<EInvoiceSettings>,
    /// Where webhooks go, and when an endpoint is given up.
    pub webhook: WebhookSettings,
    /// How long a worker takes a message of the outbox for. It is renewed while the message is being sent; of a worker that died the message
    /// is sent once more after this.
    pub outbox_lease: Duration,
    /// How long a short message is kept after it was asked for, and not less than `idempotency_retention`. One whose state is not final yet
    /// stays.
    pub sms_retention: Duration,
    /// How long it is tried to hand an invoice over before it is given up as failed.
    pub give_up_after: Duration,
    /// Where the server is reached from outside: what one-time links begin with.
    pub public_url: Option<String>,
    /// How long a one-time link to credentials works.
    pub credentials_link_lifetime: Duration,
    /// How long before a client key expires its holder is told; empty is not at all.
    pub expiry_notice: Vec<Duration>,
    /// What a password costs, and how many are hashed at once.
    pub password: PasswordSettings,
    /// Purchases on credit.
    pub purchase: PurchaseSettings,
}

/// Purchases on credit, as the operator has set them.
#[derive(Clone, Debug)]
pub struct PurchaseSettings {
    /// How long an authorization can be captured. 1 hour to 365 days.
    pub authorization_lifetime: Duration,
    /// How much may be paid and refunded.
    pub limits: CreditLimits,
}

impl Default for PurchaseSettings {
    fn default() -> Self {
        Self { authorization_lifetime: Duration::from_secs(30 * 24 * 3600), limits: CreditLimits::default() }
    }
}

/// How invoices are printed, as the operator has set it.
#[derive(Clone, Debug)]
pub struct PrintSettings {
    /// The name of the channel.
    pub channel: String,
}

/// How e-invoices leave, as the operator has set it.
#[derive(Clone, Debug)]
pub struct EInvoiceSettings {
    /// The name of the channel.
    pub channel: String,
    /// Where they are sent from.
    pub sender: EInvoiceAddress,
}

impl Default for Settings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        Self {
            environment: Environment::Sandbox,
            key_overlap: Duration::from_secs(15 * 60),
            client_key_lifetime: None,
            partner_key_lifetime: None,
            idempotency_retention: DAY,
            superseded_key_retention: 30 * DAY,
            refresh_leeway: Duration::from_secs(10),
            token_retention: Duration::from_secs(3600),
            information_retention: Duration::from_secs(3600),
            most_open_flows: 10_000,
            most_widget_codes: 1_000,
            policy: Policy::default(),
            most_applications: 10_000,
            lending: Lending::default(),
            key_cache_entries: 100_000,
            audit_seal_interval: Duration::from_secs(1),
            sms: None,
            mail: None,
            print: None,
            e_invoice: None,
            webhook: WebhookSettings::default(),
            outbox_lease: Duration::from_secs(120),
            sms_retention: 90 * DAY,
            give_up_after: 3 * DAY,
            public_url: None,
            credentials_link_lifetime: 7 * DAY,
            expiry_notice: Vec::new(),
            password: PasswordSettings::default(),
            purchase: PurchaseSettings::default(),
        }
    }
}
