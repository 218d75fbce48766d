//! Randomness, handed in like the time.

use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use crate::Timestamp;

/// A source of random bytes. The program hands in the operating system's; a test hands in a seeded one.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` with random bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// A random UUID, version 4 (RFC 9562 section 5.4): 122 random bits.
pub fn uuid_v4(random: &dyn Random) -> Uuid {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Makes UUIDs that sort by time, version 7 (RFC 9562 section 5.7), each of one source after the one before: for identifiers of rows,
/// never for secrets.
#[derive(Debug, Default)]
pub struct OrderedIds {
    /// The time in the last one, in 1/4096 of a millisecond.
    last: AtomicI64,
}

impl OrderedIds {
    /// The next one, at `now`. Where more are made than the clock has steps, or the clock goes back, the time in them runs ahead a
    /// little (method 3 of section 6.2).
    pub fn next(&self, now: Timestamp, random: &dyn Random) -> Uuid {
        let time = now.micros().max(0).saturating_mul(4096) / 1000;
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(time.max(last.saturating_add(1))))
            .unwrap_or(time);
        let time = time.max(last.saturating_add(1)).unsigned_abs();
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        // The 12 bits behind the milliseconds hold the fraction, and the builder sets the version over the upper four of the 16.
        bytes[0] = ((time >> 8) & 0x0f) as u8;
        bytes[1] = (time & 0xff) as u8;
        uuid::Builder::from_unix_timestamp_millis(time >> 12, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Random for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn identifiers_sort_in_the_order_they_were_made() {
        let ids = OrderedIds::default();
        let at = |millis: i64| Timestamp::from_micros(millis * 1_000);
        let times = [5, 5, 5, 6, 4, 4, 1_767_323_045_000, 1_767_323_045_000];
        let made: Vec<Uuid> = times.iter().map(|millis| ids.next(at(*millis), &Ones)).collect();
        assert!(made.is_sorted(), "{made:?}");
        for pair in made.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        let timestamp = made[6].get_timestamp().unwrap().to_unix();
        assert_eq!(timestamp, (1_767_323_045, 0));
    }
}
