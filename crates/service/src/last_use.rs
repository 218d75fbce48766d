//! When keys were last used: noted in memory, to the minute, and written in the background.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::api_key::KeyId;
use domain::identifier::PartnerId;
use store::{Db, StoreError};

use crate::key_cache::KnownKey;

const MINUTE: i64 = 60_000_000;

/// More than this many keys wait for no write: further ones go unnoted until the next.
const MOST_WAITING: usize = 100_000;

/// How many uses one transaction writes, so that other writes do not wait long.
const PART: usize = 500;

#[derive(Default)]
pub(crate) struct LastUses(Mutex<HashMap<KeyId, (PartnerId, Timestamp)>>);

impl LastUses {
    /// Notes a use. Costs a lock only once a minute and key.
    pub(crate) fn note(&self, key: &KnownKey, now: Timestamp) {
        let minute = now.micros().div_euclid(MINUTE);
        if key.noted_minute.swap(minute, Ordering::Relaxed) == minute {
            return;
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            let at = Timestamp::from_micros(minute * MINUTE);
            waiting.insert(key.principal.key, (key.principal.holder.partner, at));
        }
    }

    /// Writes what was noted. On an error it is noted again, for the next time.
    pub(crate) async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let noted: HashMap<_, _> = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            return Ok(());
        }
        let mut uses: Vec<_> = noted.into_iter().collect();
        // One order for all processes, so that two of them never wait for each other.
        uses.sort_unstable_by_key(|(key, (partner, _))| (*partner, *key));
        for (i, part) in uses.chunks(PART).enumerate() {
            let job: Arc<[_]> = part.into();
            let written = db
                .write(move |tx| {
                    let job = Arc::clone(&job);
                    Box::pin(async move {
                        for (key, (partner, at)) in job.iter() {
                            store::api_key::used(tx, *partner, *key, *at).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await;
            if let Err(error) = written {
                let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                for (key, used) in &uses[i * PART..] {
                    waiting.entry(*key).or_insert(*used);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}
