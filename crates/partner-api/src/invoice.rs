//! `POST /invoice`: takes an invoice.

use axum::extract::State;
use domain::Fault;
use domain::distribution::DistributionMethod;
use http_kit::answer::REPLAYED;
use http_kit::caller::ClientKey;
use http_kit::json_upload::LARGEST_UPLOAD;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, JsonUpload, PrivateJson, Problem, idempotency};
use serde::Serialize;
use serde_json::{Value, json};
use service::idempotency::{Idempotency, Operation};
use service::invoice::{InvoiceError, SubmittedInvoice};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::client_request::join;
use crate::distribution_answer::statuses;
use crate::invoice_request::SubmitInvoiceRequest;
use crate::{code, warnings};

/// An invoice that was taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubmitInvoiceAnswer {
    /// Our identifier of the invoice.
    #[schema(value_type = String, format = "uuid", example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    invoice_id: Uuid,
    /// Your number of it.
    #[schema(example = 251_601_000)]
    invoice_number: i64,
    /// The reference that the buyer pays with: yours, or one that was made.
    #[schema(example = "100000012516010008")]
    payment_reference: String,
    /// Its delivery, as `GET /invoice/distribution` names it.
    #[schema(value_type = String, format = "uuid", example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0ab")]
    distribution_id: Uuid,
    /// How far the delivery has come.
    #[schema(schema_with = statuses, required = true)]
    status: &'static str,
    /// What you should look at; in sandbox also what production would refuse, and members that are not known.
    warnings: Vec<FieldFault>,
}

impl SubmitInvoiceAnswer {
    fn new(submitted: SubmittedInvoice, further: Vec<Fault>) -> Self {
        Self {
            invoice_id: submitted.invoice,
            invoice_number: submitted.number,
            payment_reference: submitted.payment_reference,
            distribution_id: submitted.distribution,
            status: submitted.status.as_str(),
            warnings: submitted.warnings.into_iter().chain(further).map(FieldFault::from).collect(),
        }
    }
}

/// Create an invoice
///
/// Takes an invoice or a credit note, with its files and its way to the buyer, all or nothing. Totals and VAT must add up to the cent, per
/// rate and in all. All faults of a body are told at once. The same `header.number` again is refused with 409 and the identifier of the
/// invoice that is there. Send an `Idempotency-Key`, so that a repeat after a lost answer gets the same answer.
#[utoipa::path(
    post,
    path = "/api/v1/partner/invoice",
    operation_id = "submitInvoice",
    tag = crate::document::INVOICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["client"]))),
    params(IdempotencyKey, RequestId),
    request_body(
        content = SubmitInvoiceRequest,
        content_type = "application/json",
        description = "The invoice, of 15 MiB at most. An empty string is an absent value; an unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(request_example()),
    ),
    responses(
        (
            status = 200,
            description = "The invoice was taken, or this is the kept answer to an earlier request with the same idempotency key.",
            body = SubmitInvoiceAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
            example = json!(answer_example()),
        ),
        SubmitProblems,
    ),
)]
pub(crate) async fn submit_invoice(
    State(state): State<HttpState>,
    caller: Caller<ClientKey>,
    IdempotencyKey(key): IdempotencyKey,
    upload: JsonUpload<SubmitInvoiceRequest>,
) -> Result<PrivateJson<SubmitInvoiceAnswer>, Problem> {
    let JsonUpload { body, turn: _turn } = upload;
    let (core, holder, client) = (state.core(), caller.principal.holder, caller.client()?);
    let mut faults = body.faults;
    let draft = body.value.into_draft(&mut faults);
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    if !faults.is_empty() {
        core.refuse_reused_key::<Problem>(holder, Operation::SubmitInvoice, idempotency.as_ref()).await?;
        let rules = core.check_invoice(holder.partner, client, draft).await?.err().unwrap_or_default();
        return Err(Problem::validation(join(faults, rules).into_vec()));
    }
    let context = caller.context();
    let answer = core.submit_invoice(holder, client, draft, idempotency, &context).await.map_err(problem)?;
    let unknown = warnings::of_unknown(&state, body.unknown);
    Ok(PrivateJson::new(SubmitInvoiceAnswer::new(answer.value, unknown)).replayed(answer.replayed))
}

fn problem(error: InvoiceError) -> Problem {
    match error {
        InvoiceError::Invalid(faults) => Problem::validation(faults.into_vec()),
        InvoiceError::Exists { invoice, replayed } => {
            let problem = Problem::new(
                code::INVOICE_EXISTS,
                format!("You have an invoice of this number, {invoice}: give this one another number, or leave it"),
            )
            .with_member("invoiceId", invoice.to_string());
            let (name, value) = REPLAYED;
            if replayed { problem.with_header(name, value) } else { problem }
        }
        InvoiceError::NoChannel(method) => Problem::new(
            code::BUSINESS_RULE,
            format!("Invoices can't be sent by {method} here: use another method, or ask the operator to set it up"),
        ),
        InvoiceError::Idempotency(error) => error.into(),
        InvoiceError::Store(error) => error.into(),
    }
}

/// What can go wrong, for the API document.
struct SubmitProblems;

impl utoipa::IntoResponses for SubmitProblems {
    fn responses() -> Responses {
        let mismatch = Fault {
            field: "invoice.rows.0.amount".into(),
            code: "amount_mismatch".into(),
            message: "Quantity times price less discount is 269.10: correct the amount, or leave it out".into(),
        };
        let own = [
            Problem::validation(vec![mismatch]),
            problem(InvoiceError::Exists { invoice: Uuid::nil(), replayed: false }),
            problem(InvoiceError::NoChannel(DistributionMethod::Print)),
        ];
        let own = own.into_iter().chain(idempotency::problems()).chain(openapi::body_problems());
        openapi::keyed_responses::<ClientKey>(own)
    }
}

pub(crate) fn request_example() -> Value {
    json!({
        "processing": {"paymentControlEnabled": true},
        "distribution": {"method": "EMAIL", "enabled": true},
        "invoice": {
            "header": {
                "number": 251_601_000,
                "type": "INVOICE",
                "date": "2026-11-21",
                "dueDate": "2026-12-05",
                "currencyCode": "EUR",
                "languageCode": "FI"
            },
            "references": {"sales": "SF0001", "orderNumber": "ON798"},
            "parties": {
                "buyerParty": {
                    "entityType": "BUSINESS",
                    "name": "Buyer Company Oy",
                    "businessId": "2077474-0",
                    "address": {
                        "street": "Kauppakatu 1",
                        "postalCode": "00100",
                        "postalDistrict": "HELSINKI",
                        "countryCode": "FI"
                    },
                    "contact": {"email": "invoices@buyer.example"}
                }
            },
            "rows": [
                {"name": "Office chair", "quantity": 2, "unit": "pcs", "unitPrice": 149.5, "discountPercent": 10, "vatRate": 25.5}
            ],
            "amounts": {"netAmount": 269.1, "vatAmount": 68.62, "grossAmount": 337.72}
        }
    })
}

fn answer_example() -> Value {
    json!({
        "invoiceId": "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa",
        "invoiceNumber": 251_601_000,
        "paymentReference": "100000012516010008",
        "distributionId": "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0ab",
        "status": "PENDING",
        "warnings": []
    })
}

/// The description above says it in words.
const _: () = assert!(LARGEST_UPLOAD == 15 << 20);
