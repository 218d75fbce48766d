//! What the use cases share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};

use domain::identifier::PartnerId;
use domain::random::OrderedIds;
use domain::{Clock, Environment, Random, Secret, Timestamp};
use store::installation::SecretRow;
use store::{Db, StoreError, installation};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::idempotency::InFlight;
use crate::invoice_issuer::KnownIssuers;
use crate::key_cache::KeyCache;
use crate::last_use::LastUses;
use crate::merchant_guard::Guesses;
use crate::numbers::Numbers;
use crate::oauth_cache::TokenCache;
use crate::oauth_guess::GuessLog;
use crate::outbox::Bells;
use crate::password::Passwords;
use crate::vault::{PEPPER_BYTES, Seals, UnsealError, Vault};
use crate::webhook_event::KnownListeners;
use crate::{MasterKeys, Settings};

/// The core: every use case is a method of it. Cheap to clone; the clones share it.
#[derive(Clone)]
pub struct Core(Arc<Shared>);

struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    settings: Settings,
    vault: Vault,
    numbers: Numbers,
    keys: KeyCache,
    tokens: TokenCache,
    client_guesses: GuessLog,
    last_uses: LastUses,
    in_flight: InFlight,
    passwords: Passwords,
    password_guesses: Guesses,
    ids: OrderedIds,
    partner_codes: RwLock<HashMap<PartnerId, Arc<str>>>,
    listeners: KnownListeners,
    issuers: KnownIssuers,
    /// When any receiver of webhooks answered last, in microseconds.
    last_answer: AtomicI64,
    /// Say that something was written into the outbox.
    outbox_bells: Bells,
    /// Names messages of which something was heard.
    sms_news: broadcast::Sender<Uuid>,
}

/// Why the core can't be opened on a database.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The master key does not fit the database.
    #[error("the master key does not fit this database: its pepper can't be opened, because {0}")]
    WrongMasterKey(UnsealError),
    /// The database belongs to the other environment.
    #[error(
        "the database is a {kept} one and can't be opened as {asked}: give --environment {kept}, or another database"
    )]
    WrongEnvironment {
        /// What the database is.
        kept: String,
        /// What was asked for.
        asked: Environment,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The most news that a waiting request may be behind before it looks for itself.
const SMS_NEWS: usize = 1024;

const ENVIRONMENT: &str = "environment";
pub(crate) const PEPPER: &str = "pepper";

impl Core {
    /// Opens the core on a migrated database. The first time, the environment is kept there and a pepper is made.
    ///
    /// # Errors
    /// When the master key or the environment does not fit, or the database fails.
    pub async fn open(
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        master_keys: MasterKeys,
        settings: Settings,
    ) -> Result<Self, CoreError> {
        let seals = Seals::new(master_keys);
        let (environment, kept) = facts(&db).await?;
        let (environment, kept) = match (environment, kept) {
            (Some(environment), Some(kept)) => (environment, kept),
            _ => {
                let mut pepper = Secret::new([0; PEPPER_BYTES]);
                random.fill(pepper.expose_mut());
                let sealed = seals.seal(PEPPER, pepper.expose(), &*random);
                let row = SecretRow { sealed: sealed.bytes, master_key_version: sealed.version };
                first_use(&db, settings.environment, row).await?
            }
        };
        if environment != settings.environment.name() {
            return Err(CoreError::WrongEnvironment { kept: environment, asked: settings.environment });
        }
        let plain = seals.unseal(PEPPER, &kept.sealed, kept.master_key_version).map_err(CoreError::WrongMasterKey)?;
        let pepper = <[u8; PEPPER_BYTES]>::try_from(plain.as_slice())
            .map_err(|_| StoreError::unreadable("installation_secret", "the pepper has the wrong length"))?;
        Ok(Self(Arc::new(Shared {
            vault: Vault::new(seals, &Secret::new(pepper)),
            numbers: Numbers::new(db.clone()),
            keys: KeyCache::new(settings.key_cache_entries),
            tokens: TokenCache::new(settings.key_cache_entries),
            client_guesses: GuessLog::default(),
            last_uses: LastUses::default(),
            in_flight: InFlight::default(),
            passwords: Passwords::new(&settings.password),
            password_guesses: Guesses::default(),
            ids: OrderedIds::default(),
            partner_codes: RwLock::default(),
            listeners: KnownListeners::default(),
            issuers: KnownIssuers::default(),
            last_answer: AtomicI64::new(i64::MIN),
            outbox_bells: Bells::default(),
            sms_news: broadcast::Sender::new(SMS_NEWS),
            db,
            clock,
            random,
            settings,
        })))
    }

    /// Sandbox or production.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.0.settings.environment
    }

    /// The clock that was handed in.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// The random source that was handed in.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// An identifier of a row, after every one that this process gave before.
    pub(crate) fn next_id(&self, now: Timestamp) -> Uuid {
        self.0.ids.next(now, self.random())
    }

    pub(crate) fn partner_codes(&self) -> &RwLock<HashMap<PartnerId, Arc<str>>> {
        &self.0.partner_codes
    }

    pub(crate) fn listeners(&self) -> &KnownListeners {
        &self.0.listeners
    }

    pub(crate) fn issuers(&self) -> &KnownIssuers {
        &self.0.issuers
    }

    /// A receiver of webhooks has answered, whatever it was.
    pub(crate) fn note_answer(&self) {
        self.0.last_answer.store(self.now().micros(), Ordering::Relaxed);
    }

    /// When one did last, as far as this process knows.
    pub(crate) fn last_answer(&self) -> Timestamp {
        Timestamp::from_micros(self.0.last_answer.load(Ordering::Relaxed))
    }

    pub(crate) fn outbox_bells(&self) -> &Bells {
        &self.0.outbox_bells
    }

    pub(crate) fn sms_news(&self) -> &broadcast::Sender<Uuid> {
        &self.0.sms_news
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.0.numbers
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.0.keys
    }

    pub(crate) fn tokens(&self) -> &TokenCache {
        &self.0.tokens
    }

    pub(crate) fn client_guesses(&self) -> &GuessLog {
        &self.0.client_guesses
    }

    pub(crate) fn last_uses(&self) -> &LastUses {
        &self.0.last_uses
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn password_guesses(&self) -> &Guesses {
        &self.0.password_guesses
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.0.in_flight
    }
}

async fn facts(db: &Db) -> Result<(Option<String>, Option<SecretRow>), StoreError> {
    let mut reader = db.reader().await?;
    Ok((installation::fact(&mut reader, ENVIRONMENT).await?, installation::secret(&mut reader, PEPPER).await?))
}

/// Keeps the facts of a new installation, unless another process was first, and gives what is kept.
async fn first_use(db: &Db, environment: Environment, pepper: SecretRow) -> Result<(String, SecretRow), StoreError> {
    db.write(move |tx| {
        let pepper = pepper.clone();
        Box::pin(async move {
            installation::keep_fact(tx, ENVIRONMENT, environment.name()).await?;
            if installation::secret(tx, PEPPER).await?.is_none() {
                installation::keep_secret(tx, PEPPER, &pepper).await?;
            }
            let environment = installation::fact(tx, ENVIRONMENT).await?;
            let pepper = installation::secret(tx, PEPPER).await?;
            environment
                .zip(pepper)
                .ok_or_else(|| StoreError::unreadable("installation", "what was just kept is not there"))
        })
    })
    .await
}
