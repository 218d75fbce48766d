//! How long to wait before another try.

use std::time::Duration;

/// The most tries of one message that fail for reasons that may pass. With the pauses of [`pause`] the last comes some two hours after
/// the first.
pub const MOST_TRIES: i64 = 20;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The same from [`MOST_TRIES`] on: what is tried for days must not be tried hundreds of times.
const LONGEST_LATER: Duration = Duration::from_secs(3600);

/// The pause before the next try when `tries` have failed: it doubles from two seconds to a quarter of an hour, is an hour from
/// [`MOST_TRIES`] on, and lies anywhere between half of that and the whole, by `random`, so that messages that failed together do not come
/// back together.
#[must_use]
pub fn pause(tries: i64, random: u64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let longest = if tries < MOST_TRIES { LONGEST } else { LONGEST_LATER };
    let whole = FIRST.saturating_mul(1 << doublings).min(longest);
    let half = whole / 2;
    let share = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_micros(random % (share + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_doubles_up_to_a_quarter_of_an_hour_and_is_an_hour_in_the_end() {
        assert_eq!(pause(1, 0), Duration::from_secs(1));
        assert_eq!(pause(3, 0), Duration::from_secs(4));
        assert_eq!((pause(MOST_TRIES - 1, 0), pause(MOST_TRIES, 0)), (LONGEST / 2, LONGEST_LATER / 2));
        assert_eq!(pause(100, 0), LONGEST_LATER / 2);
        assert_eq!(pause(0, 0), pause(1, 0));
    }

    proptest! {
        #[test]
        fn it_lies_between_half_and_whole(tries in -5..1_000_i64, random: u64) {
            let (least, found) = (pause(tries, 0), pause(tries, random));
            prop_assert!(found >= least && found <= least * 2);
        }
    }
}
