//! What was bought or brought back, as merchants tell it: kept sealed with the movement, and shown on statements.

use domain::ledger::MovementKind;
use domain::purchase::CaptureId;
use domain::sku_data::SkuData;
use store::credit_account::AccountKey;
use store::ledger::MovementRow;
use store::sku_data::SkuDataRow;
use store::{Access, StoreError, Tx};
use zeroize::Zeroizing;

use crate::Core;
use crate::account_book::TakenBook;
use crate::reseal::BATCH;

const SEALED: &str = "sku_data.sealed";

/// The name under which that of a movement is sealed.
fn seal_name(key: AccountKey, movement: i64) -> String {
    format!("sku_data:{}:{}:{}:{movement}", key.partner, key.lender, key.number)
}

impl Core {
    /// Keeps what a merchant has told of the movement that was posted last, whose subject this is.
    pub(crate) async fn keep_sku_data(
        &self,
        tx: &mut Tx,
        book: &TakenBook,
        subject: String,
        told: Option<&SkuData>,
    ) -> Result<(), StoreError> {
        let Some(told) = told else { return Ok(()) };
        let (key, movement) = (book.key(), book.row().movement_count);
        let plain = Zeroizing::new(told.to_json().into_bytes());
        let sealed = self.vault().seals.seal(&seal_name(key, movement), &plain, self.random());
        let row = SkuDataRow {
            partner: key.partner,
            lender: key.lender,
            number: key.number.get(),
            movement,
            subject,
            sealed: sealed.bytes,
            master_key_version: sealed.version,
        };
        store::sku_data::insert(tx, &row).await
    }

    /// What was told of a movement; of a capture that tells nothing, what its authorization has told, and true. What can't be opened is logged and
    /// left out: a statement is of money.
    pub(crate) async fn sku_data_of(
        &self,
        db: &mut impl Access,
        key: AccountKey,
        movement: &MovementRow,
    ) -> Result<Option<(SkuData, bool)>, StoreError> {
        let kind = MovementKind::of_name(&movement.kind);
        if !matches!(kind, Some(MovementKind::Capture | MovementKind::Return | MovementKind::Refund)) {
            return Ok(None);
        }
        if let Some(row) = store::sku_data::by_movement(db, key, movement.movement).await? {
            return Ok(self.open_sku_data(&row).map(|told| (told, false)));
        }
        let is_capture = kind == Some(MovementKind::Capture);
        let capture = movement.subject.strip_prefix("capture:").filter(|_| is_capture).and_then(CaptureId::parse);
        let (Some(capture), Some(client)) = (capture, movement.client) else { return Ok(None) };
        let of = store::capture::by_number(db, (key.partner, client.into()), capture).await?;
        let Some(of) = of else { return Ok(None) };
        let subject = format!("authorization:{}", of.authorization);
        let row = store::sku_data::by_subject(db, key, &subject).await?;
        Ok(row.and_then(|row| self.open_sku_data(&row)).map(|told| (told, true)))
    }

    fn open_sku_data(&self, row: &SkuDataRow) -> Option<SkuData> {
        let (seals, account, movement) = (&self.vault().seals, row.number, row.movement);
        let opened = seals.unseal(&seal_name(row.key(), movement), &row.sealed, row.master_key_version);
        let opened = opened.map_err(|error| tracing::warn!(account, movement, %error, "what was bought can't be read"));
        SkuData::of_json(&opened.ok()?)
    }

    /// Seals every row under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_sku_data(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::sku_data::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let name = seal_name(row.key(), row.movement);
                    let again = core.sealed_again(SEALED, &name, &row.sealed, row.master_key_version)?;
                    store::sku_data::reseal(tx, row, &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}
