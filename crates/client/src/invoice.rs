//! Invoices: submitted with the client key.

use reqwest::Method;
use serde::Deserialize;
use uuid::Uuid;

use crate::answers::Warning;
use crate::client::{Client, parse};
use crate::distribution_answer::DistributionStatus;
use crate::error::Error;
use crate::exchange::Call;
use crate::idempotency::IdempotencyKey;
use crate::invoice_request::SubmitInvoice;

/// An invoice that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubmittedInvoice {
    /// The server's identifier of the invoice.
    pub invoice_id: Uuid,
    /// Your number of it.
    pub invoice_number: u64,
    /// The reference that the buyer pays with: yours, or one that was made.
    pub payment_reference: String,
    /// Its delivery, as [`Client::invoice_distribution`] names it.
    pub distribution_id: Uuid,
    /// How far the delivery has come.
    pub status: DistributionStatus,
    /// What was accepted although it looks wrong.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

impl Client {
    /// Submits an invoice or a credit note with the client key. However often this call is tried, it is taken and sent once.
    ///
    /// Each try carries all attachments and may take [`Builder::timeout`](crate::Builder::timeout): set that to suit slow lines.
    ///
    /// ```no_run
    /// use tallystick_client::{
    ///     Attachment, Client, DistributionMethod, EntityType, Error, Invoice, InvoiceAddress, InvoiceAmounts, InvoiceBuyer,
    ///     InvoiceContact, InvoiceDistribution, InvoiceHeader, InvoiceParties, InvoiceRow, SubmitInvoice,
    /// };
    ///
    /// # async fn run(client: Client, delivery_note: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
    /// let buyer = InvoiceBuyer {
    ///     entity_type: Some(EntityType::Business),
    ///     name: "Buyer Company Oy".into(),
    ///     business_id: "2077474-0".into(),
    ///     address: InvoiceAddress {
    ///         street: "Kauppakatu 1".into(),
    ///         postal_code: "00100".into(),
    ///         postal_district: "HELSINKI".into(),
    ///         country_code: "FI".into(),
    ///         ..Default::default()
    ///     },
    ///     contact: InvoiceContact { email: "invoices@buyer.example".into(), ..Default::default() },
    ///     ..Default::default()
    /// };
    /// let row = InvoiceRow {
    ///     name: "Office chair".into(),
    ///     quantity: Some(2.into()),
    ///     unit_price: Some("149.50".parse()?),
    ///     vat_rate: Some("25.5".parse()?),
    ///     ..Default::default()
    /// };
    /// let request = SubmitInvoice {
    ///     distribution: InvoiceDistribution { method: Some(DistributionMethod::Email), ..Default::default() },
    ///     invoice: Invoice {
    ///         header: InvoiceHeader {
    ///             number: 251_601_000,
    ///             date: "2026-11-21".into(),
    ///             due_date: "2026-12-05".into(),
    ///             ..Default::default()
    ///         },
    ///         parties: InvoiceParties { buyer_party: buyer, ..Default::default() },
    ///         rows: vec![row],
    ///         amounts: InvoiceAmounts { gross_amount: Some("375.25".parse()?), ..Default::default() },
    ///         attachments: vec![Attachment { name: "delivery-note.pdf".into(), content: delivery_note }],
    ///         ..Default::default()
    ///     },
    ///     ..Default::default()
    /// };
    /// match client.submit_invoice(&request).await {
    ///     Ok(taken) => println!("to be paid with {}", taken.payment_reference),
    ///     Err(Error::InvoiceExists { invoice_id, .. }) => println!("251601000 is there already: {invoice_id}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Validation`] names every fault of the request; [`Error::InvoiceExists`] names the invoice of this number that is there
    /// already; [`Error::BusinessRule`] when invoices can't be sent this way here. After a transient error (see [`Error::is_transient`]) the
    /// invoice may have been taken all the same: a further call answers [`Error::InvoiceExists`] then, where
    /// [`Client::submit_invoice_with`] has the first answer.
    pub async fn submit_invoice(&self, request: &SubmitInvoice) -> Result<SubmittedInvoice, Error> {
        self.submit_invoice_with(request, &self.new_idempotency_key()).await
    }

    /// As [`Client::submit_invoice`], with an idempotency key that the caller stored before, together with the request.
    ///
    /// # Errors
    /// As [`Client::submit_invoice`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn submit_invoice_with(
        &self,
        request: &SubmitInvoice,
        key: &IdempotencyKey,
    ) -> Result<SubmittedInvoice, Error> {
        let body = serde_json::to_vec(request)
            .expect("a request of texts, booleans, decimal numbers and lists has no part that JSON cannot hold");
        let call = Call { body: Some(body), idempotency_key: Some(key), ..Call::new(Method::POST, "/invoice") };
        parse(&self.run(&call).await?)
    }
}
