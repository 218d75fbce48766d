//! What we send, made by rusmpp.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use domain::sms::{Encoding, MOST_PARTS, Parts, Sender};
use rusmpp::encode::Length;
use rusmpp::encode::owned::Encode;
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::tlvs::MessageSubmissionRequestTlvValue;
use rusmpp::types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, InterfaceVersion, MessagePayload, Npi, RegisteredDelivery, ServiceType, Ton,
    UserMessageReference,
};
use rusmpp::{Command, CommandStatus, Pdu};
use uuid::Uuid;

use super::config::{LongMessages, SmppConfig};
use crate::{ConfigFault, Fault, SmsSubmit};

/// The longest validity that the relative time of a message is used for.
const LONGEST_VALIDITY: Duration = Duration::from_hours(24 * 31);

/// The `registered_delivery` that asks for no receipt (5.2.17).
const NO_RECEIPT: u8 = 0;
/// The `registered_delivery` that asks for a receipt of the end, whichever it is (5.2.17).
const FINAL_RECEIPT: u8 = 1;

/// Writes one PDU to the end of `buffer`.
pub(super) fn write(buffer: &mut BytesMut, sequence: u32, status: u32, pdu: impl Into<Pdu>) {
    let command = Command::new(CommandStatus::from(status), sequence, pdu);
    let length = 4 + command.length();
    buffer.reserve(length);
    // A PDU of ours has 65 KiB at most.
    buffer.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    command.encode(buffer);
}

/// The answer to a deliver_sm, whose id is always empty (4.6.2).
pub(super) fn deliver_sm_resp() -> DeliverSmResp {
    DeliverSmResp::default()
}

/// The request to bind.
pub(super) fn bind(config: &SmppConfig) -> Result<BindTransceiver, ConfigFault> {
    Ok(BindTransceiver::builder()
        .system_id(ascii("system-id", &config.system_id, 15)?)
        .password(ascii("password", config.password.expose(), 8)?)
        .system_type(ascii("system-type", &config.system_type, 12)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build())
}

/// What all messages over a connection have in common.
#[derive(Clone, Debug)]
pub(super) struct Template {
    service_type: ServiceType,
    short_code: (Ton, Npi),
    long_messages: LongMessages,
    user_message_reference: bool,
}

/// The PDUs that carry a message, in order.
#[derive(Debug)]
pub(super) struct Submits {
    pub(super) pdus: Vec<SubmitSm>,
    /// One PDU holds the text of several parts.
    pub(super) is_whole: bool,
}

impl Template {
    pub(super) fn new(config: &SmppConfig) -> Result<Self, ConfigFault> {
        Ok(Self {
            service_type: ServiceType::new(ascii("service-type", &config.service_type, 5)?),
            short_code: (Ton::from(config.short_code_ton), Npi::from(config.short_code_npi)),
            long_messages: config.long_messages,
            user_message_reference: config.user_message_reference,
        })
    }

    /// The PDUs that carry `message`.
    pub(super) fn submits(&self, message: &SmsSubmit) -> Result<Submits, Fault> {
        let refused = |what: &str| Fault::permanent(format!("the {what} cannot be sent by SMPP"));
        let parts = Parts::of(&message.text, MOST_PARTS).map_err(|fault| Fault::permanent(fault.to_string()))?;
        let recipient = message
            .recipient
            .strip_prefix('+')
            .filter(|digits| is_number(digits))
            .ok_or_else(|| refused("recipient"))?;
        let (ton, npi, source) = match &message.sender {
            Sender::Number(number) => (Ton::International, Npi::Isdn, number.trim_start_matches('+')),
            Sender::ShortCode(code) => (self.short_code.0, self.short_code.1, code.as_str()),
            Sender::Name(name) => (Ton::Alphanumeric, Npi::Unknown, name.as_str()),
        };
        let mut whole = SubmitSm::builder()
            .service_type(self.service_type.clone())
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(COctetString::from_string(source.to_owned()).map_err(|_| refused("sender"))?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(COctetString::from_string(recipient.to_owned()).map_err(|_| refused("recipient"))?)
            // The library's default has the bit of a delivery acknowledgement.
            .esm_class(EsmClass::from(0))
            .validity_period(validity(message.validity))
            .registered_delivery(RegisteredDelivery::from(if message.wants_receipt {
                FINAL_RECEIPT
            } else {
                NO_RECEIPT
            }))
            .data_coding(match parts.encoding() {
                Encoding::Gsm7 => DataCoding::McSpecific,
                Encoding::Ucs2 => DataCoding::Ucs2,
            })
            .build();
        if self.user_message_reference {
            let [.., high, low] = *message.id.as_bytes();
            whole.push_tlv(MessageSubmissionRequestTlvValue::UserMessageReference(UserMessageReference::new(
                u16::from_be_bytes([high, low]),
            )));
        }
        let octets = parts.as_slice().iter().map(domain::sms::Part::octets);
        if parts.count() > 1 && self.long_messages == LongMessages::Payload {
            let payload = AnyOctetString::from_vec(octets.flatten().collect());
            whole.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(MessagePayload::new(payload)));
            return Ok(Submits { pdus: vec![whole], is_whole: true });
        }
        // 255 parts are the most.
        let count = u8::try_from(parts.count()).unwrap_or(u8::MAX);
        let submits = octets.zip(1_u8..=u8::MAX).map(|(octets, number)| {
            let mut part = whole.clone();
            let mut message_octets = octets;
            if count > 1 {
                part.esm_class = EsmClass::from(0).with_udhi_indicator();
                message_octets.splice(..0, [5, 0, 3, reference(message.id), count, number]);
            }
            // 160 octets are the most.
            part.set_short_message(OctetString::from_vec(message_octets).map_err(|_| refused("text"))?);
            Ok(part)
        });
        Ok(Submits { pdus: submits.collect::<Result<_, _>>()?, is_whole: false })
    }
}

/// The reference that binds the parts together: the same at each try, so that a phone that has a part already takes its repeat for it.
fn reference(id: Uuid) -> u8 {
    id.as_bytes().iter().fold(0, |folded, octet| folded ^ octet)
}

/// The relative form of 7.1.1: `YYMMDDhhmmss000R`.
fn validity(span: Option<Duration>) -> EmptyOrFullCOctetString<17> {
    let text = span.map(|span| {
        let seconds = span.clamp(Duration::from_secs(1), LONGEST_VALIDITY).as_secs();
        let (minutes, hours) = (seconds / 60, seconds / 3_600);
        format!("0000{:02}{:02}{:02}{:02}000R", hours / 24, hours % 24, minutes % 60, seconds % 60)
    });
    text.and_then(|text| EmptyOrFullCOctetString::from_string(text).ok()).unwrap_or_else(EmptyOrFullCOctetString::empty)
}

fn is_number(digits: &str) -> bool {
    (1..=15).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
}

/// `N` is one more than `most`: the NUL.
fn ascii<const N: usize>(setting: &str, text: &str, most: usize) -> Result<COctetString<1, N>, ConfigFault> {
    COctetString::from_string(text.to_owned())
        .map_err(|_| ConfigFault::new(setting, format!("may have {most} ASCII characters at most")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(extra: &str) -> Template {
        let text = format!("host = 'h'\nsystem-id = 'tally'\npassword = 'hunter22'\n{extra}");
        Template::new(&toml::from_str(&text).unwrap()).unwrap()
    }

    fn message(text: &str) -> SmsSubmit {
        SmsSubmit {
            id: Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_de0f),
            recipient: "+358441234567".to_owned(),
            sender: Sender::parse("Tally").unwrap(),
            text: text.to_owned(),
            validity: None,
            wants_receipt: true,
            reference: None,
            accepted: Vec::new(),
        }
    }

    #[test]
    fn a_message_has_no_octet_that_was_not_asked_for() {
        let submit = template("").submits(&message("Hi@")).unwrap().pdus.remove(0);
        let mut octets = BytesMut::new();
        write(&mut octets, 7, 0, submit);
        let expected = [
            &[0, 0, 0, 53, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7][..],
            b"\0\x05\0Tally\0\x01\x01358441234567\0",
            // esm_class, protocol_id, priority_flag, schedule_delivery_time, validity_period, registered_delivery,
            // replace_if_present_flag, data_coding, sm_default_msg_id, sm_length.
            &[0, 0, 0, 0, 0, 1, 0, 0, 0, 3],
            b"Hi\0",
        ];
        assert_eq!(octets, expected.concat());
    }

    #[test]
    fn long_texts_bear_a_header_or_go_as_payload() {
        let long = "a".repeat(161);
        let parts = template("").submits(&message(&long)).unwrap();
        assert_eq!((parts.pdus.len(), parts.is_whole), (2, false));
        assert_eq!(parts.pdus[1].short_message()[..7], [5, 0, 3, reference(message("").id), 2, 2, b'a']);
        let whole = template("long-messages = 'payload'").submits(&message(&long)).unwrap();
        assert_eq!((whole.pdus.len(), whole.is_whole), (1, true));
        assert_eq!((whole.pdus[0].sm_length(), whole.pdus[0].tlvs().len()), (0, 1));
        // A short one is never a payload.
        let short = template("long-messages = 'payload'").submits(&message("a")).unwrap();
        assert_eq!((short.pdus[0].sm_length(), short.is_whole), (1, false));
    }

    #[test]
    fn a_validity_is_told_as_a_span() {
        let text = |seconds| validity(Some(Duration::from_secs(seconds))).to_string();
        assert_eq!(text(90_061), "000001010101000R");
        assert_eq!(text(0), "000000000001000R");
        assert_eq!(text(u64::MAX), "000031000000000R");
        assert!(validity(None).is_empty());
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let config = |id: &str, password: &str| {
            toml::from_str::<SmppConfig>(&format!("host = 'h'\nsystem-id = '{id}'\npassword = '{password}'")).unwrap()
        };
        assert_eq!(bind(&config("sixteen-letters-", "p")).unwrap_err().setting, "system-id");
        let fault = bind(&config("tally", "too-long-secret")).unwrap_err();
        assert_eq!(fault.setting, "password");
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }

    #[test]
    fn what_cannot_go_is_permanent() {
        let mut wrong = message("a");
        wrong.recipient = "0441234567".to_owned();
        assert_eq!(template("").submits(&wrong).unwrap_err().kind, crate::FaultKind::Permanent);
    }
}
