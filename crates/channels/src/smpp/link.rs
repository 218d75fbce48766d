//! One connection, from the bind to its end.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use domain::Clock;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use rusmpp::Pdu as OutgoingPdu;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::incoming::{self, Pdu, command};
use super::receipt::{self, NoReceipt};
use super::{outgoing, status};
use crate::{ReceiptSink, SinkFault};

/// The sequence numbers that a request may have (3.2).
const LAST_SEQUENCE: u32 = 0x7fff_ffff;

/// Receipts that are being stored at a time; the provider is asked to send a further one again.
const MOST_RECEIPTS: usize = 256;

/// Octets that wait to be written, beyond which no more requests are taken.
const MOST_WAITING: usize = 64 * 1024;

/// Octets that wait to be written, beyond which nothing more is read: a peer that sends and does not read would fill our memory.
const MOST_OWED: usize = 1024 * 1024;

/// Requests taken at a time.
const BATCH: usize = 64;

/// Anything that carries octets both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A request to the provider, and where its answer goes.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) what: What,
    pub(super) answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
pub(super) enum What {
    Submit(Box<SubmitSm>),
    EnquireLink,
}

/// What became of a request. One whose answer is dropped instead was never sent.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The provider's.
    Given { status: u32, message_id: String },
    /// The connection ended first. `sent` when it may have reached the provider.
    Lost { sent: bool, why: String },
}

/// How the channel stands.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// Connecting for the first time, or anew.
    Connecting,
    /// Ready.
    Bound(Bound),
    /// Waiting before the next try.
    Down { why: String, code: Option<String> },
    /// For good.
    Closed,
}

#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) requests: mpsc::Sender<Request>,
    /// What the provider calls itself.
    pub(super) provider: Arc<str>,
    /// Nothing is to be sent for now.
    pub(super) paused: bool,
}

/// What a connection needs to know.
pub(super) struct Terms {
    pub(super) channel: Arc<str>,
    pub(super) bind: BindTransceiver,
    pub(super) window: usize,
    pub(super) bind_timeout: Duration,
    pub(super) response_timeout: Duration,
    pub(super) enquire_link: Duration,
    pub(super) throttle_pause: Duration,
    pub(super) sink: Arc<dyn ReceiptSink>,
    pub(super) clock: Arc<dyn Clock>,
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) why: String,
    pub(super) code: Option<String>,
    /// Whether it was ever bound.
    pub(super) bound: bool,
}

struct Waiting {
    answer: oneshot::Sender<Answer>,
    /// It is on its way when this many octets were written.
    end: u64,
    submit: bool,
}

impl Waiting {
    /// What `pdu` says of the request. That a message was taken, only a submit_sm_resp can say.
    fn status_of(&self, pdu: &Pdu) -> u32 {
        if self.submit && pdu.command != command::SUBMIT_SM_RESP && pdu.status == status::OK {
            status::UNKNOWN
        } else {
            pdu.status
        }
    }
}

struct Link<'t> {
    terms: &'t Terms,
    standing: &'t watch::Sender<Standing>,
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    input: BytesMut,
    output: BytesMut,
    /// Octets ever put into `output`, and written from it.
    queued: u64,
    written: u64,
    /// Something was put into `output` since the last flush.
    unflushed: bool,
    sequence: u32,
    waiting: HashMap<u32, Waiting>,
    receipts: FuturesUnordered<BoxFuture<'static, (u32, Result<(), SinkFault>)>>,
}

/// What the caller of the loop has to do after a PDU.
#[derive(Default)]
struct Turn {
    end: Option<String>,
    throttled: bool,
}

/// Binds, and carries messages and receipts until the connection ends or `stop` turns true.
pub(super) async fn run(
    stream: Box<dyn Stream>,
    terms: &Terms,
    standing: &watch::Sender<Standing>,
    stop: &mut watch::Receiver<bool>,
) -> End {
    let (reader, writer) = tokio::io::split(stream);
    let mut link = Link {
        terms,
        standing,
        reader,
        writer,
        input: BytesMut::with_capacity(16 * 1024),
        output: BytesMut::with_capacity(16 * 1024),
        queued: 0,
        written: 0,
        unflushed: false,
        sequence: 0,
        waiting: HashMap::new(),
        receipts: FuturesUnordered::new(),
    };
    let bind = timeout(terms.bind_timeout, link.bind());
    let provider = tokio::select! {
        bound = bind => match bound {
            Ok(Ok(provider)) => provider,
            Ok(Err(end)) => return end,
            Err(_) => return End { why: "no answer to the bind came in time".to_owned(), code: None, bound: false },
        },
        () = stopped(stop) => return End { why: "closing".to_owned(), code: None, bound: false },
    };
    let (sender, requests) = mpsc::channel(terms.window);
    standing.send_replace(Standing::Bound(Bound { requests: sender, provider: provider.into(), paused: false }));
    let why = link.carry(requests, stop).await;
    link.end(&why);
    End { why, code: None, bound: true }
}

/// Writes some of `output`, or flushes when that is empty and answers 0. Dropped before its end, it has written nothing.
async fn push(writer: &mut WriteHalf<Box<dyn Stream>>, output: &mut BytesMut) -> io::Result<usize> {
    if output.is_empty() {
        return writer.flush().await.map(|()| 0);
    }
    match writer.write_buf(output).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        octets => Ok(octets),
    }
}

/// Returns when `stop` has turned true, or its sender is gone.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which is the same to us.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Link<'_> {
    /// Asks to be bound, and answers what the provider calls itself.
    async fn bind(&mut self) -> Result<String, End> {
        let end = |why: String| End { why, code: None, bound: false };
        self.request(self.terms.bind.clone());
        self.writer.write_all_buf(&mut self.output).await.map_err(|error| end(error.to_string()))?;
        self.writer.flush().await.map_err(|error| end(error.to_string()))?;
        self.written = self.queued;
        loop {
            while let Some(mut pdu) = incoming::next(&mut self.input).map_err(|lost| end(lost.to_string()))? {
                match pdu.command {
                    command::BIND_TRANSCEIVER_RESP | command::GENERIC_NACK if pdu.status != status::OK => {
                        let name = status::name(pdu.status);
                        return Err(End {
                            why: format!("the provider refused the bind with {name}"),
                            code: Some(name.into_owned()),
                            bound: false,
                        });
                    }
                    command::BIND_TRANSCEIVER_RESP => return Ok(incoming::text(&mut pdu.body)),
                    _ => {
                        tracing::debug!(channel = %self.terms.channel, command = pdu.command, "left aside before the bind")
                    }
                }
            }
            if self.reader.read_buf(&mut self.input).await.map_err(|error| end(error.to_string()))? == 0 {
                return Err(end("the provider closed the connection before the bind".to_owned()));
            }
        }
    }

    /// Carries what comes and goes. Answers why it ended.
    async fn carry(&mut self, mut requests: mpsc::Receiver<Request>, stop: &mut watch::Receiver<bool>) -> String {
        let mut batch = Vec::with_capacity(BATCH);
        let mut enquire = interval(self.terms.enquire_link);
        enquire.set_missed_tick_behavior(MissedTickBehavior::Delay);
        enquire.reset();
        // Both timers mean something only while their flag is set.
        let (mut silent, mut listening) = (pin!(sleep(Duration::ZERO)), false);
        let (mut pause, mut paused) = (pin!(sleep(Duration::ZERO)), false);
        let mut leaving = false;
        loop {
            // Also before anything is read: receipts come right behind the answer to the bind.
            let turn = self.take_in();
            if let Some(why) = turn.end {
                self.write_the_rest().await;
                return why;
            }
            if turn.throttled {
                pause.set(sleep(self.terms.throttle_pause));
                paused = true;
                self.set_paused(true);
            }
            tokio::select! {
                read = self.reader.read_buf(&mut self.input), if self.output.len() < MOST_OWED => {
                    match read {
                        Ok(0) => return "the provider closed the connection".to_owned(),
                        Ok(_) => {}
                        Err(error) => return format!("the connection broke: {error}"),
                    }
                    // Whatever comes tells that the peer is there.
                    listening = leaving;
                }
                written = push(&mut self.writer, &mut self.output), if self.unflushed => {
                    match written {
                        Ok(0) => self.unflushed = false,
                        Ok(octets) => self.written += octets as u64,
                        Err(error) => return format!("the connection broke: {error}"),
                    }
                }
                taken = requests.recv_many(&mut batch, BATCH), if !leaving && self.output.len() < MOST_WAITING => {
                    if taken == 0 {
                        return "nobody holds the connection".to_owned();
                    }
                    for request in batch.drain(..) {
                        self.send(request);
                    }
                }
                Some((sequence, stored)) = self.receipts.next(), if !self.receipts.is_empty() => {
                    let status = stored.map_or(status::TEMPORARY_FOR_RECEIVER, |()| status::OK);
                    self.put(sequence, status, outgoing::deliver_sm_resp());
                }
                _ = enquire.tick() => {
                    self.waiting.retain(|_, waiting| !waiting.answer.is_closed());
                    self.request(OutgoingPdu::EnquireLink);
                    if !listening {
                        silent.set(sleep(self.terms.response_timeout));
                        listening = true;
                    }
                }
                () = &mut silent, if listening => {
                    return if leaving { "closed".to_owned() } else { "the provider has gone silent".to_owned() };
                }
                () = &mut pause, if paused => {
                    paused = false;
                    self.set_paused(false);
                }
                () = stopped(stop), if !leaving => {
                    leaving = true;
                    self.request(OutgoingPdu::Unbind);
                    silent.set(sleep(self.terms.response_timeout));
                    listening = true;
                }
            }
        }
    }

    /// Handles every whole PDU that has come.
    fn take_in(&mut self) -> Turn {
        let mut turn = Turn::default();
        while turn.end.is_none() {
            match incoming::next(&mut self.input) {
                Ok(Some(pdu)) => self.handle(pdu, &mut turn),
                Ok(None) => break,
                Err(lost) => turn.end = Some(lost.to_string()),
            }
        }
        turn
    }

    fn handle(&mut self, mut pdu: Pdu, turn: &mut Turn) {
        match pdu.command {
            command::SUBMIT_SM_RESP | command::GENERIC_NACK => {
                let message_id = incoming::text(&mut pdu.body);
                match self.waiting.remove(&pdu.sequence) {
                    Some(waiting) => {
                        let status = waiting.status_of(&pdu);
                        turn.throttled |= waiting.submit && status::kind(status, &[]) == crate::FaultKind::Throttled;
                        // Nobody may wait any more; then it was told that the answer was not known.
                        let _ = waiting.answer.send(Answer::Given { status, message_id });
                    }
                    None => tracing::debug!(
                        channel = %self.terms.channel,
                        sequence = pdu.sequence,
                        smpp_status = %status::name(pdu.status),
                        "an answer to nothing, or too late"
                    ),
                }
            }
            command::DELIVER_SM => self.deliver(pdu),
            command::ENQUIRE_LINK => self.put(pdu.sequence, status::OK, OutgoingPdu::EnquireLinkResp),
            command::UNBIND => {
                self.put(pdu.sequence, status::OK, OutgoingPdu::UnbindResp);
                turn.end = Some("the provider unbound".to_owned());
            }
            command::UNBIND_RESP => turn.end = Some("closed".to_owned()),
            // Asks for no answer (4.12.1).
            command::ALERT_NOTIFICATION => {}
            other if other & command::RESPONSE != 0 => {
                if let Some(waiting) = self.waiting.remove(&pdu.sequence) {
                    let status = waiting.status_of(&pdu);
                    let _ = waiting.answer.send(Answer::Given { status, message_id: String::new() });
                }
            }
            other => {
                if other == command::DATA_SM {
                    tracing::warn!(channel = %self.terms.channel, "the provider sent a data_sm: have it send receipts as deliver_sm");
                }
                self.put(pdu.sequence, status::INVALID_COMMAND, OutgoingPdu::GenericNack);
            }
        }
    }

    /// Hands a receipt on; it is acknowledged when the sink has it.
    fn deliver(&mut self, pdu: Pdu) {
        let (terms, sequence, octets) = (self.terms, pdu.sequence, pdu.body.len());
        let channel = &terms.channel;
        let receipt = match receipt::of(pdu.body, channel, terms.clock.now()) {
            Ok(receipt) => receipt,
            Err(none) => {
                match none {
                    NoReceipt::Unreadable => {
                        tracing::warn!(%channel, octets, "a deliver_sm that can't be read was dropped");
                    }
                    NoReceipt::InboundText => {
                        tracing::info!(%channel, "an inbound text was acknowledged and dropped");
                    }
                    NoReceipt::Nameless => {
                        tracing::warn!(%channel, octets, "a receipt that names no message or no state was dropped");
                    }
                }
                // Sent again, it would be the same.
                return self.put(sequence, status::OK, outgoing::deliver_sm_resp());
            }
        };
        if self.receipts.len() >= MOST_RECEIPTS {
            return self.put(sequence, status::QUEUE_FULL, outgoing::deliver_sm_resp());
        }
        let sink = Arc::clone(&terms.sink);
        self.receipts.push(Box::pin(async move { (sequence, sink.receive(receipt).await) }));
    }

    /// Sends a request that somebody waits for.
    fn send(&mut self, request: Request) {
        if request.answer.is_closed() {
            return;
        }
        let (sequence, submit) = match request.what {
            What::Submit(submit) => (self.request(*submit), true),
            What::EnquireLink => (self.request(OutgoingPdu::EnquireLink), false),
        };
        self.waiting.insert(sequence, Waiting { answer: request.answer, end: self.queued, submit });
    }

    fn request(&mut self, pdu: impl Into<OutgoingPdu>) -> u32 {
        self.sequence = if self.sequence >= LAST_SEQUENCE { 1 } else { self.sequence + 1 };
        self.put(self.sequence, status::OK, pdu);
        self.sequence
    }

    fn put(&mut self, sequence: u32, status: u32, pdu: impl Into<OutgoingPdu>) {
        let before = self.output.len();
        outgoing::write(&mut self.output, sequence, status, pdu);
        self.queued += (self.output.len() - before) as u64;
        self.unflushed = true;
    }

    fn set_paused(&self, to: bool) {
        self.standing.send_if_modified(|standing| match standing {
            Standing::Bound(bound) if bound.paused != to => {
                bound.paused = to;
                true
            }
            _ => false,
        });
    }

    /// The last answer, as far as the connection still takes it.
    async fn write_the_rest(&mut self) {
        let written = timeout(Duration::from_secs(1), async {
            while self.output.has_remaining() {
                self.written += self.writer.write_buf(&mut self.output).await? as u64;
            }
            self.writer.shutdown().await
        });
        drop(written.await);
    }

    /// Tells all who wait that the connection has ended.
    fn end(&mut self, why: &str) {
        for (_, waiting) in self.waiting.drain() {
            let _ = waiting.answer.send(Answer::Lost { sent: waiting.end <= self.written, why: why.to_owned() });
        }
    }
}
