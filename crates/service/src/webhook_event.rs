//! Events: written into the outbox in the transaction of their cause, once for each endpoint that wants them.
//!
//! Who wants them is known without asking the database, under the rule of the key cache (`key_cache`): an endpoint that is added,
//! enabled, disabled or removed counts up the version that every process asks for, and while a process does not hear of it, it reads the
//! table in the transaction. So an event costs no statement where nobody listens, and a new endpoint is told of events from
//! at most a second later. One that was disabled or removed meanwhile is left out when the event is sent.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::Timestamp;
use domain::api_key::{KeyId, KeyKind};
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::webhook::{EventKind, EventSelection};
use serde::{Deserialize, Serialize};
use store::outbox::{Kind, OutboxRow};
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use crate::Core;

/// The name of the channel that sends webhooks.
pub const CHANNEL: &str = "webhook";

/// How long a webhook is worth sending: longer than the tries take.
pub(crate) const WORTH: Duration = Duration::from_secs(5 * 24 * 3600);

/// What has happened: identifiers and states, nothing of people. It is the `data` of the payload.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum Event<'e> {
    ClientCreated {
        client_identifier: ClientIdentifier,
        confirma_finance_customer_code: CustomerCode,
        payment_reference_prefix: ReferencePrefix,
        key_id: KeyId,
    },
    TokenRenewed {
        key_id: KeyId,
        kind: &'e str,
        /// The client that holds the key; `None` where the partner does.
        client_identifier: Option<ClientIdentifier>,
        successor_key_id: KeyId,
        /// Until when the key works beside its successor.
        overlap_until: Timestamp,
        /// From when on the successor does not work; `None` is never.
        successor_expires_at: Option<Timestamp>,
    },
    TokenExpiring {
        key_id: KeyId,
        kind: KeyKind,
        /// The client that holds the key; `None` where the partner does.
        client_identifier: Option<ClientIdentifier>,
        expires_at: Timestamp,
    },
    SmsFinal {
        sms_id: Uuid,
        /// The creditor; `None` where it is the partner's own.
        client_identifier: Option<ClientIdentifier>,
        state: &'e str,
        error_code: Option<&'e str>,
    },
    /// A delivery has come to its end: by its `status`, that is [`EventKind::DistributionDelivered`] or
    /// [`EventKind::DistributionFailed`].
    Distribution {
        distribution_id: Uuid,
        invoice_id: Uuid,
        invoice_number: i64,
        client_identifier: ClientIdentifier,
        method: &'e str,
        status: End,
        /// Why it failed.
        status_reason: Option<&'e str>,
    },
}

/// How a delivery has ended, by the name of its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum End {
    Delivered,
    Failed,
}

impl Event<'_> {
    const fn kind(&self) -> EventKind {
        match self {
            Self::ClientCreated { .. } => EventKind::ClientCreated,
            Self::TokenRenewed { .. } => EventKind::TokenRenewed,
            Self::TokenExpiring { .. } => EventKind::TokenExpiring,
            Self::SmsFinal { .. } => EventKind::SmsFinal,
            Self::Distribution { status: End::Delivered, .. } => EventKind::DistributionDelivered,
            Self::Distribution { status: End::Failed, .. } => EventKind::DistributionFailed,
        }
    }
}

/// The payload of a webhook.
#[derive(Serialize)]
struct Payload<'p, T> {
    r#type: &'p str,
    timestamp: Timestamp,
    data: &'p T,
}

/// The payload in JSON.
pub(crate) fn payload(kind: &str, timestamp: Timestamp, data: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(&Payload { r#type: kind, timestamp, data })
        .map_err(|error| StoreError::unreadable("outbox.payload", error))
}

/// What waits in the outbox. The body is kept as it is, because the signature is over its octets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) endpoint: Uuid,
    pub(crate) body: String,
}

/// The endpoints that are told of events, and what each wants, by partner.
#[derive(Default)]
pub(crate) struct Listeners(HashMap<PartnerId, Vec<(Uuid, EventSelection)>>);

impl Listeners {
    async fn read(db: &mut impl Access) -> Result<Self, StoreError> {
        let mut listeners = Self::default();
        for (partner, endpoint, wanted) in store::webhook::enabled(db).await? {
            let wanted =
                wanted.parse().map_err(|error: String| StoreError::unreadable("webhook_endpoint.events", error))?;
            listeners.0.entry(partner).or_default().push((endpoint, wanted));
        }
        Ok(listeners)
    }

    fn of(&self, partner: PartnerId) -> &[(Uuid, EventSelection)] {
        self.0.get(&partner).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The listeners as they were read last, and the epoch before that.
#[derive(Default)]
pub(crate) struct KnownListeners(RwLock<Option<(u64, Arc<Listeners>)>>);

impl KnownListeners {
    fn get(&self) -> Option<(u64, Arc<Listeners>)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Core {
    /// Reads who listens, unless it is known.
    pub(crate) async fn learn_listeners(&self) -> Result<(), StoreError> {
        let epoch = self.keys().epoch();
        if self.listeners().get().is_some_and(|(known, _)| known == epoch) {
            return Ok(());
        }
        let read = Arc::new(Listeners::read(&mut self.db().reader().await?).await?);
        *self.listeners().0.write().unwrap_or_else(PoisonError::into_inner) = Some((epoch, read));
        Ok(())
    }

    /// The rows that tell of an event, made ahead of the transaction; `None` when it is not known who listens, and [`Core::tell`] has to
    /// ask.
    pub(crate) fn known_webhooks(
        &self,
        partner: PartnerId,
        event: &Event<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<OutboxRow>>, StoreError> {
        let known = self.listeners().get().filter(|(epoch, _)| self.keys().is_current(*epoch));
        known.map(|(_, listeners)| self.new_webhooks(&listeners, partner, event, now)).transpose()
    }

    /// Tells the endpoints of a partner that want it of an event, in the transaction of its cause.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        event: &Event<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = match self.known_webhooks(partner, event, now)? {
            Some(rows) => rows,
            None => self.new_webhooks(&Listeners::read(tx).await?, partner, event, now)?,
        };
        put(tx, &rows).await
    }

    fn new_webhooks(
        &self,
        listeners: &Listeners,
        partner: PartnerId,
        event: &Event<'_>,
        now: Timestamp,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let kind = event.kind();
        let wanting: Vec<_> = listeners.of(partner).iter().filter(|(_, wanted)| wanted.takes(kind)).collect();
        if wanting.is_empty() {
            return Ok(Vec::new());
        }
        let (event_id, body) = (self.next_id(now), payload(kind.as_str(), now, event)?);
        let row_of = |endpoint: Uuid| {
            let id = message(event_id, endpoint);
            let row = OutboxRow::new(partner, id, Kind::Webhook, CHANNEL, lane(endpoint), now, now.after(WORTH));
            self.with_payload(row, &Notice { endpoint, body: body.clone() })
        };
        wanting.into_iter().map(|(endpoint, _)| row_of(*endpoint)).collect()
    }
}

/// Puts the rows of an event into the outbox.
pub(crate) async fn put(tx: &mut Tx, rows: &[OutboxRow]) -> Result<(), StoreError> {
    for row in rows {
        store::outbox::insert(tx, row).await?;
    }
    Ok(())
}

/// The bits of an identifier that are random.
fn random_bits(id: Uuid) -> u64 {
    id.as_u64_pair().1 & (u64::MAX >> 2)
}

/// The identifier of an event's message to an endpoint: in the order of the events, and another for each endpoint.
fn message(event: Uuid, endpoint: Uuid) -> Uuid {
    let (time, rest) = event.as_u64_pair();
    Uuid::from_u64_pair(time, rest ^ random_bits(endpoint))
}

/// A lane for each endpoint.
pub(crate) fn lane(endpoint: Uuid) -> i64 {
    random_bits(endpoint).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_type_time_and_data() {
        let event = Event::SmsFinal {
            sms_id: Uuid::from_u128(7),
            client_identifier: Some(ClientIdentifier(100_001)),
            state: "DELIVERED",
            error_code: None,
        };
        let told = payload(event.kind().as_str(), Timestamp::from_micros(0), &event).unwrap();
        let expected = "{\"type\":\"sms.final\",\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"data\":{\
                        \"smsId\":\"00000000-0000-0000-0000-000000000007\",\"clientIdentifier\":100001,\"state\":\"DELIVERED\",\
                        \"errorCode\":null}}";
        assert_eq!(told, expected);
    }

    #[test]
    fn each_endpoint_has_a_message_and_a_lane_of_its_own() {
        let event = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let endpoints =
            [0x0190_0000_0000_7000_bfff_ffff_ffff_ffff, 0x0190_0000_0000_7000_8000_0000_0000_0002].map(Uuid::from_u128);
        let made = endpoints.map(|endpoint| message(event, endpoint));
        assert!(made[0] != made[1] && made.iter().all(|id| id.get_version_num() == 7));
        assert!(made.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
        assert!(lane(endpoints[0]) > lane(endpoints[1]) && lane(endpoints[1]) > 0);
    }
}
