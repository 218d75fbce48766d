//! `MessageTransmissionDetails`: what the frame says, in the document (chapter 10.1). An operator refuses a message in
//! which the two differ (code 6 of chapter 21.2), so that addresses stand in both as they are.

use super::message::Message;
use super::{FinvoiceDocument, number};

pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let (sender, receiver) = (document.sender, document.receiver);
    message.within("MessageTransmissionDetails", &[], |message| {
        message.within("MessageSenderDetails", &[], |message| {
            message.value("FromIdentifier", sender.account.as_str());
            message.value("FromIntermediator", sender.operator.as_str());
        });
        message.within("MessageReceiverDetails", &[], |message| {
            message.value("ToIdentifier", receiver.account.as_str());
            message.value("ToIntermediator", receiver.operator.as_str());
        });
        message.within("MessageDetails", &[], |message| {
            message.value("MessageIdentifier", &document.message_id());
            message.value("MessageTimeStamp", &number::time(document.made_at));
        });
    });
}
