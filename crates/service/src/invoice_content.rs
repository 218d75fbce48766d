//! What an invoice says, and its files: sealed when it comes, opened to be sent, and sealed anew under the newest master key.

mod form;

use std::sync::Arc;

use domain::identifier::{ClientIdentifier, PartnerId};
use domain::invoice::{Attachment, NewInvoice};
use store::StoreError;
use store::invoice::{AttachmentRow, InvoiceRow};
use uuid::Uuid;

use crate::Core;
use crate::outbox_payload::Unreadable;
use crate::vault::Sealed;

const CONTENT: &str = "invoice.content";

impl Core {
    pub(crate) fn attachment_rows(&self, invoice: Uuid, attachments: Vec<Attachment>) -> Vec<AttachmentRow> {
        let rows = attachments.into_iter().zip(0..).map(|(attachment, place)| {
            let sealed = self.vault().seals.seal(&attachment_seal(invoice, place), &attachment.content, self.random());
            AttachmentRow {
                place,
                file_name: attachment.name,
                content: sealed.bytes,
                master_key_version: sealed.version,
            }
        });
        rows.collect()
    }

    pub(crate) fn seal_invoice(&self, id: Uuid, invoice: &NewInvoice) -> Result<Sealed, StoreError> {
        let plain = form::write(invoice).map_err(|error| StoreError::unreadable(CONTENT, error))?;
        Ok(self.vault().seals.seal(&invoice_seal(id), &plain, self.random()))
    }

    /// An invoice of a partner's client, and its files.
    ///
    /// # Errors
    /// When the database fails, or what is kept does not open.
    pub async fn invoice(
        &self,
        partner: PartnerId,
        invoice: Uuid,
    ) -> Result<Option<(NewInvoice, Vec<Attachment>)>, StoreError> {
        let mut reader = self.db().reader().await?;
        let Some(row) = store::invoice::by_id(&mut reader, partner, invoice).await? else { return Ok(None) };
        let files = store::invoice::attachments(&mut reader, partner, invoice).await?;
        drop(reader);
        Ok(Some(self.open_whole(&row, files)?))
    }

    /// The invoice and the files that rows hold.
    pub(crate) fn open_whole(
        &self,
        row: &InvoiceRow,
        files: Vec<AttachmentRow>,
    ) -> Result<(NewInvoice, Vec<Attachment>), Unreadable> {
        let files = files.into_iter().map(|file| self.open_attachment(row.invoice, file));
        let files = files.collect::<Result<_, Unreadable>>()?;
        Ok((self.open_invoice(row)?, files))
    }

    /// The invoice that a row holds, without its files.
    pub(crate) fn open_invoice(&self, row: &InvoiceRow) -> Result<NewInvoice, Unreadable> {
        let plain = self
            .vault()
            .seals
            .unseal(&invoice_seal(row.invoice), &row.content, row.master_key_version)
            .map_err(|error| Unreadable::of(CONTENT, error))?;
        Ok(form::read(&plain).map_err(|error| StoreError::unreadable(CONTENT, error))?)
    }

    fn open_attachment(&self, invoice: Uuid, row: AttachmentRow) -> Result<Attachment, Unreadable> {
        let content = self
            .vault()
            .seals
            .unseal(&attachment_seal(invoice, row.place), &row.content, row.master_key_version)
            .map_err(|error| Unreadable::of("invoice_attachment.content", error))?;
        Ok(Attachment { name: row.file_name, content: content.to_vec() })
    }

    /// Seals every invoice and every file under the newest master key, a few a transaction, and gives how many were sealed anew.
    pub(crate) async fn reseal_invoices(&self) -> Result<u64, StoreError> {
        const BATCH: i64 = 100;
        let newest = self.vault().seals.newest();
        let mut after = (PartnerId(0), ClientIdentifier(0), 0);
        let mut count = 0;
        loop {
            let rows = store::invoice::not_sealed_under(&mut self.db().reader().await?, newest, after, BATCH).await?;
            let Some(last) = rows.last() else { break };
            after = (last.partner, last.client, last.number);
            count += rows.len() as u64;
            let sealed = rows.iter().map(|row| self.seal_invoice(row.invoice, &self.open_invoice(row)?));
            let sealed = sealed.collect::<Result<Vec<_>, StoreError>>()?;
            let job = Arc::new((rows, sealed));
            self.db()
                .write(move |tx| {
                    let job = Arc::clone(&job);
                    Box::pin(async move {
                        for (row, sealed) in job.0.iter().zip(&job.1) {
                            store::invoice::reseal(tx, row, &sealed.bytes, sealed.version).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await?;
        }
        Ok(count + self.reseal_attachments(newest).await?)
    }

    /// One file at a time: each may have mebibytes.
    async fn reseal_attachments(&self, newest: i64) -> Result<u64, StoreError> {
        const BATCH: i64 = 500;
        let mut after = (0, Uuid::nil(), 0);
        let mut count = 0;
        loop {
            let mut reader = self.db().reader().await?;
            let names = store::invoice::attachments_not_sealed_under(&mut reader, newest, after, BATCH).await?;
            let Some(last) = names.last() else { return Ok(count) };
            after = *last;
            for (partner, invoice, place) in names {
                let partner = PartnerId(partner);
                let Some(row) = store::invoice::attachment(&mut reader, partner, invoice, place).await? else {
                    continue;
                };
                let file = self.open_attachment(invoice, row)?;
                let name = attachment_seal(invoice, place);
                let sealed = Arc::new(self.vault().seals.seal(&name, &file.content, self.random()));
                self.db()
                    .write(move |tx| {
                        let sealed = Arc::clone(&sealed);
                        Box::pin(async move {
                            let (bytes, version) = (&sealed.bytes, sealed.version);
                            store::invoice::reseal_attachment(tx, partner, invoice, place, bytes, version).await
                        })
                    })
                    .await?;
                count += 1;
            }
        }
    }
}

fn invoice_seal(invoice: Uuid) -> String {
    format!("invoice:{invoice}")
}

fn attachment_seal(invoice: Uuid, place: i64) -> String {
    format!("invoice_attachment:{invoice}:{place}")
}
