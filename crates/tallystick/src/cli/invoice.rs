//! `tallystick invoice`.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use domain::identifier::ClientIdentifier;
use domain::money::Money;
use serde::Serialize;
use service::AdminError;
use service::invoice_admin::InvoiceDetails;
use uuid::Uuid;

use super::{CommandError, Essentials, Output, Session};

/// Invoices: show, make the PDF, send again, approve, cancel
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show an invoice with its deliveries and their attempts
    #[command(after_help = "Example:\n  tallystick invoice show --client 100001 1001")]
    Show {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Write the PDF of an invoice, as it is sent
    #[command(after_help = "Example:\n  tallystick invoice pdf --client 100001 1001 --output invoice.pdf")]
    Pdf {
        #[command(flatten)]
        named: Named,
        /// Where to; without it into this directory, under the name that it is sent with. A file that is there is not overwritten
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Send an invoice again
    ///
    /// A running server sends it, by the way that it went before. One that is still on its way is not sent again.
    #[command(after_help = "Example:\n  tallystick invoice resend --client 100001 1001")]
    Resend {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Approve an invoice that waits for that
    ///
    /// A client can ask for an approval of each of its invoices. A running server sends it then.
    #[command(after_help = "Example:\n  tallystick invoice approve 0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    Approve {
        /// Its identifier: the invoiceId of its answer, of lists of deliveries and of `invoice show`
        invoice: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Do not send an invoice that waits for approval
    #[command(after_help = "Example:\n  tallystick invoice cancel 0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    Cancel {
        /// Its identifier, likewise
        invoice: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// Which invoice.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The client that sent it
    #[arg(long)]
    client: i64,
    /// The client's number for it
    number: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    invoice_id: Uuid,
    client_identifier: i64,
    invoice_number: i64,
    #[serde(rename = "type")]
    kind: String,
    date: String,
    due_date: String,
    currency_code: String,
    gross_minor_units: i64,
    #[serde(skip)]
    gross: Money,
    payment_reference: String,
    created_at: Timestamp,
    deliveries: Vec<Delivery>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    distribution_id: Uuid,
    method: &'static str,
    status: &'static str,
    status_reason: Option<String>,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    replaced_by: Option<Uuid>,
    attempts: Vec<Attempt>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    at: Timestamp,
    status: &'static str,
    reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    file: PathBuf,
    bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resent {
    distribution_id: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided {
    invoice_id: Uuid,
}

impl From<InvoiceDetails> for Shown {
    fn from(invoice: InvoiceDetails) -> Self {
        let deliveries = invoice.deliveries.into_iter().map(|(delivery, attempts)| Delivery {
            distribution_id: delivery.distribution,
            method: delivery.method.as_str(),
            status: delivery.status.as_str(),
            status_reason: delivery.status_reason,
            created_at: delivery.created_at,
            sent_at: delivery.sent_at,
            delivered_at: delivery.delivered_at,
            replaced_by: delivery.replaced_by,
            attempts: attempts
                .into_iter()
                .map(|attempt| Attempt { at: attempt.at, status: attempt.status.as_str(), reason: attempt.reason })
                .collect(),
        });
        Self {
            invoice_id: invoice.invoice,
            client_identifier: invoice.client.0,
            invoice_number: invoice.number,
            kind: invoice.kind,
            date: invoice.invoice_date,
            due_date: invoice.due_date,
            currency_code: invoice.gross.currency().to_string(),
            gross_minor_units: invoice.gross.minor(),
            gross: invoice.gross,
            payment_reference: invoice.payment_reference,
            created_at: invoice.created_at,
            deliveries: deliveries.collect(),
        }
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Show { named, essentials } => Session::run(essentials, file, async |session| {
            let details = session.core.invoice_details(ClientIdentifier(named.client), named.number).await?;
            let shown = Shown::from(details);
            output.answer(&shown, || sheet(&shown))
        }),
        Command::Pdf { named, output: path, essentials } => Session::run(essentials, file, async |session| {
            let client = ClientIdentifier(named.client);
            let (name, pdf) = session.core.invoice_pdf(client, named.number, &session.context).await?;
            let path = path.unwrap_or_else(|| name.into());
            let failed = |error: std::io::Error| {
                let path = path.display();
                AdminError::State(match error.kind() {
                    std::io::ErrorKind::AlreadyExists => {
                        format!("{path} is there already: name another file with --output, or remove this one")
                    }
                    _ => format!("{path}: {error}"),
                })
            };
            // A person's data, so that it is for its owner only.
            let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let mut made = made.map_err(failed)?;
            std::io::Write::write_all(&mut made, &pdf).map_err(failed)?;
            let written = Written { file: path.clone(), bytes: pdf.len() };
            output.answer(&written, || format!("wrote {}\n", path.display()))
        }),
        Command::Resend { named, essentials } => Session::run(essentials, file, async |session| {
            let client = ClientIdentifier(named.client);
            let delivery = session.core.resend_invoice(client, named.number, &session.context).await?;
            let resent = Resent { distribution_id: delivery };
            output.answer(&resent, || format!("delivery {delivery} waits for a running server\n"))
        }),
        Command::Approve { invoice, essentials } => Session::run(essentials, file, async |session| {
            session.core.approve_invoice(invoice, &session.context).await?;
            let decided = Decided { invoice_id: invoice };
            output.answer(&decided, || format!("invoice {invoice} waits for a running server\n"))
        }),
        Command::Cancel { invoice, essentials } => Session::run(essentials, file, async |session| {
            session.core.cancel_invoice(invoice, &session.context).await?;
            let decided = Decided { invoice_id: invoice };
            output.answer(&decided, || format!("invoice {invoice} is not sent\n"))
        }),
    }
}

fn sheet(invoice: &Shown) -> String {
    let mut lines = vec![
        format!("{} {} of client {}", invoice.kind, invoice.invoice_number, invoice.client_identifier),
        format!("identifier {}", invoice.invoice_id),
        format!("date {}, due {}", invoice.date, invoice.due_date),
        format!("total {} {}", invoice.gross, invoice.currency_code),
        format!("payment reference {}", invoice.payment_reference),
    ];
    for delivery in &invoice.deliveries {
        let reason = delivery.status_reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push(format!(
            "delivery {} by {}, asked for {}, {}{reason}",
            delivery.distribution_id, delivery.method, delivery.created_at, delivery.status
        ));
        for attempt in &delivery.attempts {
            let reason = attempt.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push(format!("  {} {}{reason}", attempt.at, attempt.status));
        }
    }
    lines.join("\n") + "\n"
}
