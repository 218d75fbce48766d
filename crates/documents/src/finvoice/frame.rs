//! The transport frame, which stands in front of the document and is not part of it: a SOAP envelope with the header of
//! ebXML Message Service 2.0 (chapter 20).

use super::message::Message;
use super::{FinvoiceDocument, FinvoiceFault, number};

const EB: &str = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd";

/// The frame. It has no XML declaration: it begins with its element (chapter 20.2).
pub(super) fn write(document: &FinvoiceDocument<'_>) -> Result<String, FinvoiceFault> {
    let mut message = Message::new(document);
    let id = document.message_id();
    message.within(
        "SOAP-ENV:Envelope",
        &[
            ("xmlns:SOAP-ENV", "http://schemas.xmlsoap.org/soap/envelope/"),
            ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
            ("xmlns:eb", EB),
        ],
        |message| {
            message.within("SOAP-ENV:Header", &[], |message| header(message, document, &id));
            message.within("SOAP-ENV:Body", &[], |message| manifest(message, &id));
        },
    );
    message.finish()
}

/// Sender, its operator, receiver and its operator, in this order (chapter 20.3).
fn header(message: &mut Message, document: &FinvoiceDocument<'_>, id: &str) {
    let (sender, receiver) = (document.sender, document.receiver);
    message.within("eb:MessageHeader", &[("SOAP-ENV:mustUnderstand", "1"), ("eb:version", "2.0")], |message| {
        party(message, "eb:From", sender.account.as_str(), "Sender");
        party(message, "eb:From", sender.operator.as_str(), "Intermediator");
        party(message, "eb:To", receiver.account.as_str(), "Receiver");
        party(message, "eb:To", receiver.operator.as_str(), "Intermediator");
        // A constant: no agreements are registered.
        message.value("eb:CPAId", "yoursandmycpa");
        // Operators don't use it, and ebXML wants one.
        message.value("eb:ConversationId", id);
        message.value("eb:Service", "Routing");
        message.value("eb:Action", "ProcessInvoice");
        message.within("eb:MessageData", &[], |message| {
            message.value("eb:MessageId", id);
            message.value("eb:Timestamp", &number::time(document.made_at));
        });
    });
}

fn party(message: &mut Message, name: &'static str, id: &str, role: &str) {
    message.within(name, &[], |message| {
        message.value("eb:PartyId", id);
        message.value("eb:Role", role);
    });
}

/// The reference to the document that follows.
fn manifest(message: &mut Message, id: &str) {
    message.within("eb:Manifest", &[("eb:id", "Manifest"), ("eb:version", "2.0")], |message| {
        message.within("eb:Reference", &[("eb:id", "Finvoice"), ("xlink:href", id)], |message| {
            // In small letters, as the guidelines have it and ebXML has not.
            message
                .empty("eb:schema", &[("eb:location", "http://www.finvoice.info/finvoice.xsd"), ("eb:version", "3.0")]);
        });
    });
}
