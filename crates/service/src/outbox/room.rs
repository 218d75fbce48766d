//! How much each receiver of a channel may have under way, so that one that hangs or fails leaves room for the others.

use std::collections::HashMap;

use domain::Timestamp;
use domain::identifier::PartnerId;

use super::under_way::UnderWay;

/// The most webhooks of an endpoint that are under way at once, and no more than half of its partner's. Of one that fails it is one.
const PER_ENDPOINT: usize = 4;
/// The part of the window that one partner's webhooks may take.
const PARTNERS_PART: usize = 4;
/// The least window of webhooks in which an endpoint that hangs leaves room for others of its partner.
pub const LEAST_WEBHOOK_WINDOW: usize = 2 * PARTNERS_PART;

/// How many more messages of each lane may be under way; without bounds, any number.
#[derive(Default)]
pub(crate) struct Room(Option<Bounds>);

/// The bounds where the lanes are receivers, and what of them is used.
struct Bounds {
    per_partner: usize,
    lanes: HashMap<i64, usize>,
    partners: HashMap<PartnerId, usize>,
    /// The lanes of receivers that fail: before when nothing is taken of them.
    failing: HashMap<i64, Timestamp>,
    now: Timestamp,
}

impl Room {
    /// The room of receivers beside what is under way.
    pub(super) fn beside(under_way: &UnderWay, window: usize, failing: Vec<(i64, Timestamp)>, now: Timestamp) -> Self {
        let mut bounds = Bounds {
            per_partner: (window / PARTNERS_PART).max(1),
            lanes: HashMap::new(),
            partners: HashMap::new(),
            failing: failing.into_iter().collect(),
            now,
        };
        for sending in under_way.sendings() {
            *bounds.lanes.entry(sending.lane).or_default() += 1;
            *bounds.partners.entry(sending.partner).or_default() += 1;
        }
        Self(Some(bounds))
    }

    /// Gives the room in a lane of this partner, and counts it as used.
    pub(super) fn reserve(&mut self, lane: i64, partner: PartnerId) -> usize {
        let Some(bounds) = &mut self.0 else { return usize::MAX };
        let per_lane = match bounds.failing.get(&lane) {
            Some(next_try_at) if bounds.now < *next_try_at => 0,
            Some(_) => 1,
            None => PER_ENDPOINT.min(bounds.per_partner / 2).max(1),
        };
        let (of_lane, of_partner) =
            (bounds.lanes.entry(lane).or_default(), bounds.partners.entry(partner).or_default());
        let free = per_lane.saturating_sub(*of_lane).min(bounds.per_partner.saturating_sub(*of_partner));
        *of_lane += free;
        *of_partner += free;
        free
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::under_way::Sending;
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn receivers_have_room_by_endpoint_and_partner_and_none_while_they_wait() {
        let at = Timestamp::from_micros(0);
        let (later, one, other) = (Timestamp::from_micros(1), PartnerId(1), PartnerId(2));
        let mut under_way = UnderWay::default();
        for message in [7, 8] {
            under_way
                .spawn(Sending { message: Uuid::from_u128(message), lane: 1, partner: one }, async { Verdict::Later });
        }
        let mut room = Room::beside(&under_way, 32, vec![(3, later), (4, at)], at);
        assert_eq!(room.reserve(1, one), 2, "beside two of four");
        assert_eq!(room.reserve(1, one), 0, "they are reserved");
        assert_eq!(room.reserve(2, one), 4);
        assert_eq!(room.reserve(5, one), 0, "a quarter of the window is used");
        assert_eq!((room.reserve(3, other), room.reserve(4, other), room.reserve(6, other)), (0, 1, 4));
        let mut least = Room::beside(&UnderWay::default(), LEAST_WEBHOOK_WINDOW, vec![], at);
        assert_eq!((least.reserve(1, one), least.reserve(2, one), least.reserve(3, one)), (1, 1, 0));
        assert_eq!(Room::default().reserve(1, one), usize::MAX);
    }
}
