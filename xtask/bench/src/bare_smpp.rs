//! The rival of the outbox: a client of the same library (rusmpp) that keeps a window full, acknowledges receipts, and does nothing else.
//! It stores nothing, and makes its messages as it goes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use rusmpp::decode::DecodeWithLength as _;
use rusmpp::encode::Length as _;
use rusmpp::encode::owned::Encode as _;
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, InterfaceVersion, Npi, RegisteredDelivery, Ton};
use rusmpp::{Command, CommandStatus, Pdu};

use crate::fault::Fault;
use crate::messages::{SENDER, TEXT};

/// The longest that the SMSC may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `messages` to the SMSC at `port`, at most `window` of them without an answer at a time, and takes their receipts.
pub(crate) fn send(port: u16, messages: u32, window: u32) -> Result<(), Fault> {
    let mut link = Link::connect(port)?;
    link.put(1, bind()?);
    let (mut sent, mut answered, mut receipts) = (0, 0, 0);
    let mut is_bound = false;
    while answered < messages || receipts < messages {
        while is_bound && sent < messages && sent - answered < window {
            sent += 1;
            link.put(1 + sent, submit(sent)?);
        }
        link.exchange()?;
        while let Some(command) = link.next()? {
            if command.status() != CommandStatus::EsmeRok {
                return Err(fault(format!("it answered {:?}", command.status())));
            }
            match command.pdu() {
                Some(Pdu::BindTransceiverResp(_)) => is_bound = true,
                Some(Pdu::SubmitSmResp(_)) => answered += 1,
                Some(Pdu::DeliverSm(_)) => {
                    receipts += 1;
                    link.put(command.sequence_number(), DeliverSmResp::default());
                }
                Some(Pdu::EnquireLink) => link.put(command.sequence_number(), Pdu::EnquireLinkResp),
                _ => {}
            }
        }
    }
    // The last acknowledgements.
    link.flush()
}

struct Link {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
}

impl Link {
    fn connect(port: u16) -> Result<Self, Fault> {
        let failed = || Fault::system("connect to the SMSC");
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed())?;
        stream.set_nodelay(true).map_err(failed())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed())?;
        Ok(Self { stream, input: BytesMut::new(), output: BytesMut::new() })
    }

    fn put(&mut self, sequence: u32, pdu: impl Into<Pdu>) {
        let command = Command::new(CommandStatus::EsmeRok, sequence, pdu);
        let length = 4 + command.length();
        self.output.reserve(length);
        self.output.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        command.encode(&mut self.output);
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.stream.write_all(&self.output).map_err(Fault::system("write to the SMSC"))?;
        self.output.clear();
        Ok(())
    }

    /// Writes what there is to write, and reads what has come, at least something.
    fn exchange(&mut self) -> Result<(), Fault> {
        self.flush()?;
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk).map_err(Fault::system("read from the SMSC"))? {
            0 => Err(fault("it closed the connection".to_owned())),
            octets => {
                self.input.extend_from_slice(&chunk[..octets]);
                Ok(())
            }
        }
    }

    /// The next whole PDU.
    fn next(&mut self) -> Result<Option<Command>, Fault> {
        let Some(length) = self.input.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize) else {
            return Ok(None);
        };
        if self.input.len() < length {
            return Ok(None);
        }
        if length < 16 {
            return Err(fault(format!("it sent a PDU of {length} octets")));
        }
        let mut frame = self.input.split_to(length);
        frame.advance(4);
        let decoded = Command::decode(&mut frame, length - 4);
        decoded.map(|(command, _)| Some(command)).map_err(|error| fault(format!("it sent what is no PDU: {error:?}")))
    }
}

fn bind() -> Result<BindTransceiver, Fault> {
    Ok(BindTransceiver::builder()
        .system_id(text("bare")?)
        .password(text("bench")?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build())
}

/// The message to the `number`th recipient, as the program would send it.
fn submit(number: u32) -> Result<SubmitSm, Fault> {
    Ok(SubmitSm::builder()
        .source_addr_ton(Ton::Alphanumeric)
        .source_addr_npi(Npi::Unknown)
        .source_addr(text(SENDER)?)
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(text(&format!("35844{number:07}"))?)
        .esm_class(EsmClass::from(0))
        .registered_delivery(RegisteredDelivery::from(1))
        .data_coding(DataCoding::McSpecific)
        .short_message(
            OctetString::from_vec(TEXT.as_bytes().to_vec()).map_err(|_| fault("too long a text".to_owned()))?,
        )
        .build())
}

fn text<const N: usize>(text: &str) -> Result<COctetString<1, N>, Fault> {
    COctetString::from_string(text.to_owned()).map_err(|_| fault(format!("`{text}` can't be sent")))
}

fn fault(said: String) -> Fault {
    Fault::Program { program: "the bare client of the SMSC".to_owned(), said }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn pdus_are_read_as_they_are_written() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut link = Link::connect(listener.local_addr().unwrap().port()).unwrap();
        link.put(7, submit(12).unwrap());
        link.put(8, DeliverSmResp::default());
        let written = link.output.split();
        // As it may come: cut somewhere.
        link.input.extend_from_slice(&written[..30]);
        assert!(link.next().unwrap().is_none());
        link.input.extend_from_slice(&written[30..]);
        let command = link.next().unwrap().unwrap();
        let Some(Pdu::SubmitSm(submit)) = command.pdu() else { panic!("{command:?}") };
        assert_eq!((command.sequence_number(), &submit.short_message()[..]), (7, TEXT.as_bytes()));
        assert!(matches!(link.next().unwrap().unwrap().pdu(), Some(Pdu::DeliverSmResp(_))));
        assert!(link.next().unwrap().is_none());
    }
}
