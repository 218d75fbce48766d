//! A runtime without a clock, and the values that the tests share.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tallystick_client::{Builder, Client, ClientData, Contacts, CreateClient, PrimaryContact, Runtime, Service, Wait};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Notify;

use crate::peer::{Peer, Step, json};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:00 UTC);
/// Long beyond every pause, so that the runtime can tell the limit of a try, which a `wait` makes longer, from a pause.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(100_000);
/// The limit when none is set. No pause here is of this length.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(30);
/// The limits of a refresh while the token works: the longest, half of the 4 s that are left in some tests, a user's second, and half of
/// the 10 s that a user's last begins with. No pause here is of these lengths.
pub(crate) const EARLY_LIMITS: [Duration; 4] =
    [Duration::from_secs(3), Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(5)];

pub(crate) const TOKEN: &str = "11111111-8457-4ca4-9da9-673f1cdd6684";
pub(crate) const OLD: &str = "22222222-8457-4ca4-9da9-673f1cdd6684";
pub(crate) const NEW: &str = "33333333-8457-4ca4-9da9-673f1cdd6684";

/// Writes pauses down instead of waiting. The limit of a try passes when the peer says that it hangs.
pub(crate) struct Still {
    pauses: Mutex<Vec<Duration>>,
    /// The limit of each try.
    limits: Mutex<Vec<Duration>>,
    drawn: AtomicU64,
    time_is_up: Arc<Notify>,
    /// How far the clock was turned, in seconds.
    turned: AtomicI64,
}

impl Still {
    pub(crate) fn new(time_is_up: Arc<Notify>) -> Arc<Self> {
        let (pauses, limits) = (Mutex::default(), Mutex::default());
        Arc::new(Self { pauses, limits, drawn: AtomicU64::new(0), time_is_up, turned: AtomicI64::new(0) })
    }

    /// Turns the clock, which stands still otherwise, by this many seconds.
    pub(crate) fn turn(&self, seconds: i64) {
        self.turned.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }

    pub(crate) fn limits(&self) -> Vec<Duration> {
        self.limits.lock().unwrap().clone()
    }

    pub(crate) fn pauses_ms(&self) -> Vec<u128> {
        self.pauses().iter().map(Duration::as_millis).collect()
    }
}

impl Runtime for Still {
    fn now(&self) -> OffsetDateTime {
        NOW + time::Duration::seconds(self.turned.load(Ordering::SeqCst))
    }

    /// Jitter is always one half; anything longer is another value each time.
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        match bytes.len() {
            8 => bytes[7] = 0x80,
            _ => bytes[..8].copy_from_slice(&self.drawn.fetch_add(1, Ordering::Relaxed).to_le_bytes()),
        }
    }

    fn sleep(&self, duration: Duration) -> Wait<'_> {
        if duration >= TIME_LIMIT || duration == DEFAULT_TIME_LIMIT || EARLY_LIMITS.contains(&duration) {
            self.limits.lock().unwrap().push(duration);
            return Box::pin(self.time_is_up.notified());
        }
        self.pauses.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

/// A peer with this script, and the runtime to use with it.
pub(crate) async fn scripted(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>) {
    let peer = Peer::start(script).await;
    let still = Still::new(Arc::clone(&peer.hung));
    (peer, still)
}

pub(crate) fn builder(url: &str, runtime: &Arc<Still>) -> Builder {
    Client::builder(url).api_key(OLD).timeout(TIME_LIMIT).runtime(Arc::clone(runtime) as Arc<dyn Runtime>).no_proxy()
}

/// A peer with this script, and a client for it that holds [`OLD`].
pub(crate) async fn client(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>, Client) {
    let (peer, still) = scripted(script).await;
    let client = builder(&peer.url, &still).build().unwrap();
    (peer, still, client)
}

/// The documentation's own example.
pub(crate) fn sample() -> CreateClient {
    CreateClient {
        service: Service { partner_code: "QUICK3".to_owned(), ..Service::default() },
        client: ClientData {
            name: "Test Customer Oy".to_owned(),
            business_code: "123456-7".to_owned(),
            vat_reg_nbr: "FI1234567".to_owned(),
            postal_address: "Testikuja 7".to_owned(),
            postal_code: "12345".to_owned(),
            postal_district: "HELSINKI".to_owned(),
            country_code: "FI".to_owned(),
            email: "email@testcustomer.fi".to_owned(),
            language_code: "FI".to_owned(),
            currency_code: "EUR".to_owned(),
            ..ClientData::default()
        },
        contacts: Contacts {
            primary: PrimaryContact {
                name: "Matti Meikäläinen".to_owned(),
                mobile: "+358441234567".to_owned(),
                email: "matti@testcustomer.fi".to_owned(),
                ..PrimaryContact::default()
            },
            ..Contacts::default()
        },
    }
}

pub(crate) fn created() -> Step {
    json(
        200,
        &format!(
            r#"{{"message":"New client created","clientIdentifier":7,"confirmaFinanceCustomerCode":8,"paymentReferencePrefix":9,
            "apiAccessToken":"{OLD}","apiAccessTokenExpiresAt":"2026-12-06T08:49:00Z","warnings":[{{"field":"client.businessCode",
            "code":"check_digit","message":"The check digit does not match"}}],"somethingNew":{{"a":[1]}}}}"#
        ),
    )
}

pub(crate) fn renewed_to(key: &str) -> Step {
    json(
        200,
        &format!(
            r#"{{"Message":"Token renewed","message":"Token renewed","apiAccessToken":"{key}","expiresAt":"2027-01-01T00:00:00Z"}}"#
        ),
    )
}

pub(crate) fn valid_until(expires_at: &str) -> Step {
    json(
        200,
        &format!(
            r#"{{"isValid":true,"message":"Token is valid","kind":"client","environment":"sandbox","expiresAt":"{expires_at}","clientIdentifier":7}}"#
        ),
    )
}
