//! What a provider sends, read without asking for more order than is needed (SMPP 3.4, chapter 4).

use bytes::{Buf, Bytes, BytesMut};

/// The most octets of a PDU that is taken: a payload of 64 KiB, and what stands around it.
const LONGEST: usize = 0x1_1000;

const HEADER: usize = 16;

/// The command ids that a transceiver meets (5.1.2.1).
pub(super) mod command {
    pub(crate) const DELIVER_SM: u32 = 0x05;
    pub(crate) const UNBIND: u32 = 0x06;
    pub(crate) const ENQUIRE_LINK: u32 = 0x15;
    pub(crate) const ALERT_NOTIFICATION: u32 = 0x102;
    pub(crate) const DATA_SM: u32 = 0x103;
    pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(crate) const SUBMIT_SM_RESP: u32 = 0x8000_0004;
    pub(crate) const UNBIND_RESP: u32 = 0x8000_0006;
    pub(crate) const BIND_TRANSCEIVER_RESP: u32 = 0x8000_0009;
    pub(crate) const RESPONSE: u32 = 0x8000_0000;
}

/// The optional parameters that are looked at (5.3.2).
pub(super) mod tag {
    pub(crate) const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
    pub(crate) const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub(crate) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(crate) const MESSAGE_STATE: u16 = 0x0427;
}

/// One PDU.
#[derive(Clone, Debug)]
pub(super) struct Pdu {
    pub(super) command: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Bytes,
}

/// The length of a PDU cannot be: the place in the stream is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent a PDU of {0} octets: it does not speak SMPP")]
pub(super) struct LostPlace(usize);

/// Takes the first whole PDU out of `buffer`; `None` while it is not complete.
pub(super) fn next(buffer: &mut BytesMut) -> Result<Option<Pdu>, LostPlace> {
    let Some(length) = buffer.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize) else {
        return Ok(None);
    };
    if !(HEADER..=LONGEST).contains(&length) {
        return Err(LostPlace(length));
    }
    if buffer.len() < length {
        buffer.reserve(length - buffer.len());
        return Ok(None);
    }
    let mut frame = buffer.split_to(length).freeze();
    frame.advance(4);
    let (command, status, sequence) = (frame.get_u32(), frame.get_u32(), frame.get_u32());
    Ok(Some(Pdu { command, status, sequence, body: frame }))
}

/// A text up to its NUL, or to the end where that is missing.
pub(super) fn text(body: &mut Bytes) -> String {
    let end = body.iter().position(|octet| *octet == 0).unwrap_or(body.len());
    let text = String::from_utf8_lossy(&body[..end]).into_owned();
    body.advance(body.len().min(end + 1));
    text
}

/// A message from the provider: a receipt, or an inbound text.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// Who it is from: of a receipt, the recipient of the message.
    pub(super) source: String,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    /// The short message, or the payload where there is none.
    pub(super) message: Bytes,
    /// The optional parameters, as far as they can be read.
    parameters: Vec<(u16, Bytes)>,
}

impl Delivery {
    /// Reads the body of a deliver_sm (4.6.1); `None` when it ends before its time.
    pub(super) fn read(mut body: Bytes) -> Option<Self> {
        text(&mut body);
        skip(&mut body, 2)?;
        let source = text(&mut body);
        skip(&mut body, 2)?;
        text(&mut body);
        let esm_class = body.try_get_u8().ok()?;
        skip(&mut body, 2)?;
        text(&mut body);
        text(&mut body);
        skip(&mut body, 2)?;
        let data_coding = body.try_get_u8().ok()?;
        skip(&mut body, 1)?;
        let length = usize::from(body.try_get_u8().ok()?);
        let message = (length <= body.len()).then(|| body.split_to(length))?;
        let parameters = parameters(body);
        let mut delivery = Self { source, esm_class, data_coding, message, parameters };
        if delivery.message.is_empty() {
            delivery.message = delivery.parameter(tag::MESSAGE_PAYLOAD).cloned().unwrap_or_default();
        }
        Some(delivery)
    }

    /// The value of an optional parameter.
    pub(super) fn parameter(&self, tag: u16) -> Option<&Bytes> {
        self.parameters.iter().find(|(one, _)| *one == tag).map(|(_, value)| value)
    }
}

fn skip(body: &mut Bytes, octets: usize) -> Option<()> {
    (octets <= body.len()).then(|| body.advance(octets))
}

fn parameters(mut body: Bytes) -> Vec<(u16, Bytes)> {
    let mut parameters = Vec::new();
    while body.len() >= 4 {
        let (tag, length) = (body.get_u16(), usize::from(body.get_u16()));
        // What is left of a parameter that is cut off still tells more than nothing.
        let value = body.split_to(length.min(body.len()));
        parameters.push((tag, value));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pdu(command: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        [&length.to_be_bytes()[..], &command.to_be_bytes(), &[0; 4], &7_u32.to_be_bytes(), body].concat()
    }

    #[test]
    fn pdus_are_taken_one_by_one_however_they_arrive() {
        let stream = [pdu(command::SUBMIT_SM_RESP, b"00Ab\0"), pdu(command::ENQUIRE_LINK, b"")].concat();
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for octet in stream {
            buffer.extend([octet]);
            found.extend(next(&mut buffer).unwrap());
        }
        let [mut first, second] = <[Pdu; 2]>::try_from(found).unwrap();
        assert_eq!((first.command, first.sequence, text(&mut first.body)), (command::SUBMIT_SM_RESP, 7, "00Ab".into()));
        assert_eq!((second.command, second.body.len()), (command::ENQUIRE_LINK, 0));
    }

    #[test]
    fn what_is_not_smpp_is_told() {
        assert_eq!(next(&mut BytesMut::from(&b"HTTP/1.1 400 Bad Request"[..])).unwrap_err(), LostPlace(0x4854_5450));
        assert_eq!(next(&mut BytesMut::from(&[0, 0, 0, 15][..])).unwrap_err(), LostPlace(15));
    }

    #[test]
    fn a_receipt_is_read_though_its_id_lacks_the_nul() {
        let mut body = b"\0\x01\x01358441234567\0\x05\0Tally\0\x04\0\0\0\0\0\0\0\0\x05hello".to_vec();
        body.extend([0, 0x1e, 0, 4]);
        body.extend(b"00Ab");
        body.extend([0x04, 0x27, 0, 1, 2]);
        let delivery = Delivery::read(body.into()).unwrap();
        assert_eq!(
            (&delivery.source[..], delivery.esm_class, &delivery.message[..]),
            ("358441234567", 4, &b"hello"[..])
        );
        assert_eq!(delivery.parameter(tag::RECEIPTED_MESSAGE_ID).unwrap(), &b"00Ab"[..]);
        assert_eq!(delivery.parameter(tag::MESSAGE_STATE).unwrap(), &[2][..]);
    }

    proptest! {
        #[test]
        fn never_panics(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = next(&mut BytesMut::from(&octets[..]));
            let _ = Delivery::read(octets.into());
        }
    }
}
