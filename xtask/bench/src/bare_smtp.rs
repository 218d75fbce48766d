//! The rival of the outbox of invoices: a pool of connections of the same library (lettre) that sends mails with a PDF it has. It makes no
//! PDF and stores nothing.

use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::task::JoinSet;

use crate::fault::Fault;

/// About as much as the program writes beside the PDF.
const TEXT: &str = "Hei,\n\nliitteenä on lasku 10000001. Lähettäjä on Test Customer 7654321 Oy.\n\nMaksettava: 7 603,94 EUR\n\
    Eräpäivä: 6.12.2026\nIBAN: FI21 1234 5600 0007 85\nViitenumero: 10 00000 11000 00012\n";

/// Sends `mails` to the server at `port`, at most `at_once` at a time, each with `pdf`.
pub(crate) fn send(port: u16, mails: u32, at_once: u32, pdf: &[u8]) -> Result<(), Fault> {
    // As the program has it: a worker for each processor.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
    runtime.block_on(async {
        let pool = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(port)
            .pool_config(PoolConfig::new().max_size(at_once))
            .build();
        let mut senders = JoinSet::new();
        for sender in 0..at_once {
            let (pool, pdf) = (pool.clone(), pdf.to_vec());
            senders.spawn(async move {
                for number in (sender..mails).step_by(at_once as usize) {
                    pool.send(mail(number, pdf.clone())?).await.map_err(fault)?;
                }
                Ok::<_, Fault>(())
            });
        }
        while let Some(sent) = senders.join_next().await {
            sent.map_err(fault)??;
        }
        pool.shutdown().await;
        Ok(())
    })
}

/// The mail of a number, in the parts that those of the program have.
fn mail(number: u32, pdf: Vec<u8>) -> Result<Message, Fault> {
    let html = format!("<!doctype html><html lang=\"fi\"><body><p>{}</p></body></html>\n", TEXT.replace('\n', "<br>"));
    let both =
        MultiPart::alternative().singlepart(SinglePart::plain(TEXT.to_owned())).singlepart(SinglePart::html(html));
    let kind = ContentType::parse("application/pdf").map_err(fault)?;
    Message::builder()
        .from("Bench Oy <bench@example.com>".parse().map_err(fault)?)
        .to("invoices@buyer.example".parse().map_err(fault)?)
        .subject(format!("Lasku {number}, Test Customer Oy"))
        .message_id(Some(format!("<{number}@example.com>")))
        .multipart(
            MultiPart::mixed().multipart(both).singlepart(Attachment::new(format!("{number}.pdf")).body(pdf, kind)),
        )
        .map_err(fault)
}

fn fault(said: impl std::fmt::Display) -> Fault {
    Fault::Program { program: "the bare pool of lettre".to_owned(), said: said.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_both_texts_and_the_pdf() {
        let text = String::from_utf8(mail(7, b"%PDF-1.7".to_vec()).unwrap().formatted()).unwrap();
        for part in ["Subject: Lasku 7", "text/plain", "text/html", "application/pdf", "filename=\"7.pdf\""] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
