//! How long a user of a merchant waits after wrong passwords.

use std::time::Duration;

/// Wrong passwords in a row that cost nothing: people mistype.
pub const FREE_FAILURES: i64 = 4;

/// The longest wait. Four guesses an hour find nothing, and nobody is locked out for good.
pub const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);

/// How long no password is taken after so many wrong ones in a row: 2 s after the fifth, doubled by each further one.
#[must_use]
pub fn lock_after(failures: i64) -> Duration {
    match u32::try_from(failures - FREE_FAILURES) {
        Ok(over @ 1..) => {
            2_u64.checked_pow(over).map_or(LONGEST_LOCK, |seconds| Duration::from_secs(seconds).min(LONGEST_LOCK))
        }
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_a_bound_and_is_never_for_ever() {
        let seconds: Vec<u64> = (0..16).map(|failures| lock_after(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        for failures in [i64::MIN + 10, -1, 100, 1_000_000, i64::MAX] {
            assert!(lock_after(failures) <= LONGEST_LOCK);
        }
    }
}
