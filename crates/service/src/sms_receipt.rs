//! Delivery receipts: matched with their messages when they come, when an answer comes after them, and by the sweep.
//!
//! A receipt that waits may be of a one-time code, or of nobody's message that we know, and then the number that it names is a customer's, who is
//! to be found nowhere in the clear. So only the end of it is kept.

use std::time::Duration;

use channels::{Receipt, ReceiptSink, SinkFault};
use domain::Timestamp;
use domain::sms::{SmsState, id_forms, normal_id};
use futures_util::future::BoxFuture;
use store::sms::{PartRow, ReceiptRow, SmsRow};
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use crate::Core;
use crate::sms_delivery::ALIKE;

/// The most messages or receipts that one look takes.
const BATCH: i64 = 200;
/// How long after its validity a message without a receipt is still waited for.
const GRACE: Duration = Duration::from_secs(3600);
/// How many digits of the number that a receipt names are kept while it waits: enough to tell apart messages that the identifier does not.
const TAIL: usize = 4;

impl Core {
    /// Records a receipt: of its message when that is known, else until it is, with the end of the number that it names.
    ///
    /// # Errors
    /// When the database fails; then nothing of it is kept.
    pub async fn receive_receipt(&self, receipt: Receipt) -> Result<(), StoreError> {
        let row = ReceiptRow {
            channel: receipt.channel,
            receipt: self.next_id(receipt.at),
            lookup: normal_id(&receipt.provider_message_id),
            provider_message_id: receipt.provider_message_id,
            state: receipt.state.as_str().to_owned(),
            error_code: receipt.error_code.unwrap_or_default(),
            recipient: receipt.recipient.unwrap_or_default(),
            received_at: receipt.at,
        };
        let core = self.clone();
        let heard = self
            .db()
            .write(move |tx| {
                let (core, row) = (core.clone(), row.clone());
                Box::pin(async move {
                    let heard = core.match_receipt(tx, &row).await?;
                    if heard.is_none() {
                        let waiting = ReceiptRow { recipient: tail(&row.recipient), ..row };
                        store::sms::insert_receipt(tx, &waiting).await?;
                    }
                    Ok::<_, StoreError>(heard)
                })
            })
            .await?;
        if let Some(id) = heard {
            self.sms_news().send(id).unwrap_or_default();
        }
        Ok(())
    }

    /// The part of a receipt, and its message.
    async fn part_of(
        &self,
        db: &mut impl Access,
        receipt: &ReceiptRow,
    ) -> Result<Option<(PartRow, SmsRow)>, StoreError> {
        for form in id_forms(&receipt.provider_message_id) {
            let mut candidates = Vec::new();
            for part in store::sms::parts_by_lookup(db, &receipt.channel, &form, ALIKE).await? {
                let sms = store::sms::by_id(db, part.partner, part.sms).await?;
                if let Some(sms) = sms.filter(|sms| is_of(&receipt.recipient, sms)) {
                    candidates.push((part, sms));
                }
            }
            // One that is open before one that is over: a provider gives an identifier again after a while.
            candidates.sort_by_key(|(_, sms)| sms.final_at.is_some());
            if let Some(found) = candidates.into_iter().next() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The message of a receipt, after it was moved on.
    async fn match_receipt(&self, tx: &mut Tx, receipt: &ReceiptRow) -> Result<Option<Uuid>, StoreError> {
        let Some((mut part, sms)) = self.part_of(tx, receipt).await? else { return Ok(None) };
        let id = sms.sms;
        if self.move_part(tx, &mut part, receipt).await? {
            self.settle(tx, sms, &receipt.error_code, receipt.received_at).await?;
        }
        Ok(Some(id))
    }

    /// Ends messages of which no receipt came in time, and tries once more to find the messages of the receipts that wait. Gives how many
    /// were settled.
    ///
    /// # Errors
    /// When the database fails. What was settled by then stays so.
    pub async fn settle_sms(&self) -> Result<u64, StoreError> {
        Ok(self.end_overdue_sms().await? + self.match_waiting_receipts().await?)
    }

    async fn end_overdue_sms(&self) -> Result<u64, StoreError> {
        let mut ended = 0;
        loop {
            let now = self.now();
            let rows = store::sms::overdue(&mut self.db().reader().await?, now.before(GRACE), BATCH).await?;
            let many = rows.len() as u64;
            for sms in rows {
                let (core, id) = (self.clone(), sms.sms);
                self.db()
                    .write(move |tx| {
                        let (core, sms) = (core.clone(), sms.clone());
                        Box::pin(async move {
                            let Some(sms) = store::sms::by_id(tx, sms.partner, sms.sms).await? else { return Ok(()) };
                            store::outbox::forget(tx, sms.partner, sms.sms).await?;
                            let (end, reason) = match sms.sent_at {
                                None => (SmsState::Expired, "its validity ended before it was sent"),
                                Some(_) => (SmsState::Failed, "no final delivery report came in time"),
                            };
                            core.end(tx, sms, end, "", reason, now).await
                        })
                    })
                    .await?;
                self.sms_news().send(id).unwrap_or_default();
            }
            ended += many;
            if many < BATCH as u64 {
                return Ok(ended);
            }
        }
    }

    /// An answer that comes after its receipt finds the receipt by itself, so only young ones are looked at. They are found by reading: most
    /// of those that wait are those of somebody else's messages.
    async fn match_waiting_receipts(&self) -> Result<u64, StoreError> {
        let mut matched = 0;
        let mut after = first_id_of(self.now().before(GRACE));
        loop {
            let rows = store::sms::receipt_page(&mut self.db().reader().await?, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(matched) };
            after = last.receipt;
            for row in rows {
                if self.part_of(&mut self.db().reader().await?, &row).await?.is_none() {
                    continue;
                }
                let core = self.clone();
                let found = self
                    .db()
                    .write(move |tx| {
                        let (core, row) = (core.clone(), row.clone());
                        Box::pin(async move {
                            let found = core.match_receipt(tx, &row).await?;
                            if found.is_some() {
                                store::sms::delete_receipt(tx, &row.channel, row.receipt).await?;
                            }
                            Ok::<_, StoreError>(found)
                        })
                    })
                    .await?;
                if let Some(id) = found {
                    self.sms_news().send(id).unwrap_or_default();
                    matched += 1;
                }
            }
        }
    }
}

/// The least identifier that is made at `at` (RFC 9562 section 5.7: the milliseconds stand in front).
fn first_id_of(at: Timestamp) -> Uuid {
    Uuid::from_u128(u128::from(u64::try_from(at.micros() / 1000).unwrap_or(0)) << 80)
}

/// Whether a receipt that names `told`, or a number that ends so, may be of a message: it names the recipient, or, from providers that leave the
/// addresses as they were in the message, the number that it is from.
pub(crate) fn is_of(told: &str, sms: &SmsRow) -> bool {
    is_for(told, &sms.recipient) || is_from(told, &sms.sender)
}

/// Whether `told` is this sender, or the end of it, when that is a number.
fn is_from(told: &str, sender: &str) -> bool {
    let (told, sender) = (digits(told), digits(sender));
    !sender.is_empty() && (is_tail(&told, &sender) || told.trim_start_matches('0') == sender.trim_start_matches('0'))
}

/// What is kept of a number: its last digits. A number of as few is kept whole, and a name, which tells nothing, not at all.
fn tail(told: &str) -> String {
    let digits = digits(told);
    digits[digits.len().saturating_sub(TAIL)..].to_owned()
}

/// Whether `told` is what is kept of this number.
fn is_tail(told: &str, number: &str) -> bool {
    told.len() == TAIL && number.ends_with(told)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a receipt for `told` may be of a message to `recipient`, which is in E.164: providers leave out the plus, write the
/// international prefix, or say nothing. Of four digits each counts, also a zero in front: they may be what is kept of more.
fn is_for(told: &str, recipient: &str) -> bool {
    let (told, recipient) = (digits(told), digits(recipient));
    if told.len() == TAIL {
        return is_tail(&told, &recipient);
    }
    let told = told.trim_start_matches('0');
    told.is_empty() || recipient.ends_with(told) || told.ends_with(&recipient)
}

/// Takes receipts in for the channels.
pub struct Receipts(pub Core);

impl ReceiptSink for Receipts {
    fn receive(&self, receipt: Receipt) -> BoxFuture<'_, Result<(), SinkFault>> {
        Box::pin(async move {
            self.0.receive_receipt(receipt).await.map_err(|error| {
                tracing::warn!(%error, "a receipt was not stored; the provider sends it again");
                SinkFault
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_known_in_each_spelling() {
        for told in ["+358441234567", "358441234567", "00358441234567", "0441234567", "", "358 44 1234567"] {
            assert!(is_for(told, "+358441234567"), "{told}");
        }
        assert!(!is_for("358441234568", "+358441234567"));
        assert!(is_from("+358 50 1", "358501") && is_from("17017", "17017"));
        assert!(!is_from("", "17017") && !is_from("17018", "17017") && !is_from("358441234567", "Tally"));
    }

    #[test]
    fn what_is_kept_of_a_number_leads_to_its_message_and_to_no_other() {
        for told in ["+358441230007", "358441230007", "00358441230007", "0441230007", "358 44 123 00 07"] {
            assert_eq!(tail(told), "0007", "{told}");
            assert!(is_for(&tail(told), "+358441230007") && !is_for(&tail(told), "+358441234567"), "{told}");
        }
        assert!(is_for(&tail("+358441230000"), "+358441230000") && !is_for(&tail("+358441230000"), "+358441230007"));
        // Our own number, and the name of a sender or nothing, which say nothing of the recipient.
        assert!(is_from(&tail("17017"), "17017") && is_from(&tail("+358 50 1"), "358501"));
        assert!(!is_from(&tail("17018"), "17017") && is_from(&tail("117"), "117") && !is_from(&tail("117"), "17117"));
        assert!(tail("Tally").is_empty() && is_for(&tail("Tally"), "+358441234567"));
    }
}
