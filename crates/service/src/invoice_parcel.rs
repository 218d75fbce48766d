//! What leaves the house for an invoice: a mail with the PDF, the PDF for the printer, or the message for the e-invoice operator.

use channels::{About, Addressee, Document, DocumentKind, Mail, PostalAddress};
use documents::{FinvoiceDocument, FinvoiceFault, InvoiceDocument};
use domain::Timestamp;
use domain::email::Email;
use domain::invoice::{Address, Attachment, Delivery, EInvoiceAddress, InvoiceType, NewInvoice};
use store::StoreError;
use uuid::Uuid;

use crate::{Core, letters};

/// What is handed to a channel.
pub(crate) enum Parcel {
    Mail(Mail),
    Document(Document),
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::unreadable("invoice.content", error)
}

impl Core {
    /// What leaves for an invoice, by its method. It is the same at each try.
    pub(crate) fn parcel(
        &self,
        id: Uuid,
        invoice: &NewInvoice,
        files: Vec<Attachment>,
        made_at: Timestamp,
    ) -> Result<Parcel, StoreError> {
        let document =
            |files, recipient| Parcel::Document(Document { id, files, about: about(invoice, recipient, made_at) });
        match &invoice.delivery {
            Delivery::Email(to) => self.mail(id, invoice, to, files, made_at).map(Parcel::Mail),
            Delivery::Print { name, address } => {
                let recipient = Addressee { name: name.clone(), address: Some(postal(address)) };
                Ok(document(papers(invoice, files, made_at)?, recipient))
            }
            Delivery::EInvoice(receiver) => {
                let message = self.e_invoice(id, invoice, receiver, made_at)?;
                let message = message.map_err(unreadable)?;
                let name = format!("finvoice-{}.xml", invoice.header.number);
                let file = channels::Attachment { name, content_type: "application/xml".to_owned(), bytes: message };
                let recipient = invoice.parties.recipient.as_ref().and_then(|recipient| recipient.name.clone());
                let name = recipient.unwrap_or_else(|| invoice.parties.buyer.name.clone());
                Ok(document(vec![file], Addressee { name, address: None }))
            }
            Delivery::None => Err(unreadable("an invoice in the outbox is not to be sent")),
        }
    }

    /// The message for the e-invoice operator, or why there can be none.
    ///
    /// # Errors
    /// When the operator has not set up who sends e-invoices.
    pub(crate) fn e_invoice(
        &self,
        message_id: Uuid,
        invoice: &NewInvoice,
        receiver: &EInvoiceAddress,
        made_at: Timestamp,
    ) -> Result<Result<Vec<u8>, FinvoiceFault>, StoreError> {
        let settings = self.settings().e_invoice.as_ref();
        let sender = &settings.ok_or_else(|| unreadable("no channel for EINVOICE is set up any more"))?.sender;
        Ok(documents::finvoice(&FinvoiceDocument { invoice, sender, receiver, message_id, made_at }))
    }

    fn mail(
        &self,
        id: Uuid,
        invoice: &NewInvoice,
        to: &Email,
        files: Vec<Attachment>,
        made_at: Timestamp,
    ) -> Result<Mail, StoreError> {
        let cover = documents::cover_letter(invoice);
        let settings = self.settings().mail.as_ref();
        let seller = &invoice.parties.seller.contact;
        let reply_to = seller.email.as_ref().or(seller.person_email.as_ref()).map(ToString::to_string);
        Ok(Mail {
            id,
            from: settings.map(|settings| settings.from.clone()).unwrap_or_default(),
            to: to.to_string(),
            subject: letters::one_line(&cover.subject),
            html: Some(letters::html(&cover.text, cover.language)),
            text: cover.text,
            // An invoice is worth more than the address that an answer to it would go to.
            reply_to: reply_to.filter(|address| channels::smtp::is_address(address)),
            attachments: papers(invoice, files, made_at)?,
        })
    }
}

/// The PDF of an invoice, and the client's files behind it.
fn papers(
    invoice: &NewInvoice,
    files: Vec<Attachment>,
    made_at: Timestamp,
) -> Result<Vec<channels::Attachment>, StoreError> {
    let pdf = documents::invoice_pdf(&InvoiceDocument::new(invoice, made_at)).map_err(unreadable)?;
    let file_of = |name, bytes| channels::Attachment { name, content_type: "application/pdf".to_owned(), bytes };
    let mut papers = vec![file_of(documents::cover_letter(invoice).file_name, pdf)];
    papers.extend(files.into_iter().map(|file| file_of(file.name, file.content)));
    Ok(papers)
}

fn about(invoice: &NewInvoice, recipient: Addressee, made_at: Timestamp) -> About {
    About {
        kind: match invoice.header.kind {
            InvoiceType::CreditNote => DocumentKind::CreditNote,
            InvoiceType::Invoice => DocumentKind::Invoice,
        },
        invoice_number: invoice.header.number.to_string(),
        seller: invoice.parties.seller.name.clone(),
        recipient,
        made_at,
    }
}

fn postal(address: &Address) -> PostalAddress {
    let lines = [Some(&address.street), address.street2.as_ref(), address.street3.as_ref()];
    PostalAddress {
        lines: lines.into_iter().flatten().cloned().collect(),
        postal_code: address.postal_code.to_string(),
        town: address.postal_district.clone(),
        country: address.country.to_string(),
        country_name: address.country_name.clone(),
    }
}
