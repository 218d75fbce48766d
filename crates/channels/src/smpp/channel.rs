use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Random};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;

use super::config::SmppConfig;
use super::keeper::{self, Encryption, Keeper};
use super::link::{Answer, Bound, Request, Standing, Terms, What};
use super::outgoing::{self, Submits, Template};
use super::status;
use crate::{Accepted, AcceptedPart, ConfigFault, Fault, FaultKind, ReceiptSink, SmsChannel, SmsSubmit, span};

/// How long a farewell waits for answers that are out: less than a process that ends waits for the farewell.
const LONGEST_WAIT_FOR_ANSWERS: Duration = Duration::from_secs(5);

/// SMS by SMPP 3.4. It connects when it is made, and again whenever the connection is lost, until it is closed or dropped.
pub struct SmppChannel {
    name: Arc<str>,
    host: String,
    template: Template,
    temporary_statuses: Vec<u32>,
    connect_timeout: Duration,
    response_timeout: Duration,
    throttle_pause: Duration,
    /// The messages that may be without an answer at a time.
    window: Semaphore,
    most: u32,
    standing: watch::Receiver<Standing>,
    stop: watch::Sender<bool>,
}

/// What is made of the settings before anything is connected.
struct Prepared {
    most: u32,
    bind: BindTransceiver,
    template: Template,
    tls: Option<Encryption>,
}

impl Prepared {
    fn of(config: &SmppConfig) -> Result<Self, ConfigFault> {
        let most = u32::try_from(config.window).ok().filter(|window| (1..=10_000).contains(window));
        let most = most.ok_or_else(|| ConfigFault::new("window", "must be 1 to 10000"))?;
        for (setting, span) in [
            ("connect-timeout", config.connect_timeout),
            ("response-timeout", config.response_timeout),
            ("enquire-link", config.enquire_link),
            ("throttle-pause", config.throttle_pause),
            ("reconnect-first", config.reconnect_first),
            ("reconnect-longest", config.reconnect_longest),
        ] {
            span::at_least_some(setting, span)?;
        }
        Ok(Self {
            most,
            bind: outgoing::bind(config)?,
            template: Template::new(config)?,
            tls: keeper::encryption(config)?,
        })
    }
}

impl SmppConfig {
    /// Tells whether a channel can be made of these settings, without connecting.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn check(&self) -> Result<(), ConfigFault> {
        Prepared::of(self).map(drop)
    }
}

impl SmppChannel {
    /// Starts to connect, on the runtime that it is called on. Receipts go to `sink`.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used. A provider that cannot be reached is none.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(
        name: &str,
        config: &SmppConfig,
        sink: Arc<dyn ReceiptSink>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ConfigFault> {
        let Prepared { most, bind, template, tls } = Prepared::of(config)?;
        let name: Arc<str> = name.into();
        let terms = Terms {
            channel: Arc::clone(&name),
            bind,
            window: config.window,
            bind_timeout: config.connect_timeout,
            response_timeout: config.response_timeout,
            enquire_link: config.enquire_link,
            throttle_pause: config.throttle_pause,
            sink,
            clock,
        };
        let keeper = Keeper::new(config, tls, terms, random);
        let (announce, standing) = watch::channel(Standing::Connecting);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(keeper.run(announce, stopped));
        Ok(Self {
            name,
            host: format!("{}:{}", config.host, config.port),
            template,
            temporary_statuses: config.temporary_statuses.clone(),
            connect_timeout: config.connect_timeout,
            response_timeout: config.response_timeout,
            throttle_pause: config.throttle_pause,
            window: Semaphore::new(config.window),
            most,
            standing,
            stop,
        })
    }

    async fn submit_all(&self, message: &SmsSubmit) -> Result<Accepted, Fault> {
        let Submits { pdus, is_whole } = self.template.submits(message)?;
        // Parts that were taken before `long-messages` was changed are none of a text that goes whole.
        let earlier = if is_whole { &[] } else { message.accepted.as_slice() };
        let mut accepted: Vec<AcceptedPart> = Vec::with_capacity(pdus.len());
        // One after the other: the parts arrive in order, and a fault leaves as few as may be behind.
        for (index, submit) in pdus.into_iter().enumerate() {
            if let Some(done) = earlier.iter().find(|part| part.index == index) {
                accepted.push(done.clone());
                continue;
            }
            match self.submit_one(submit).await {
                Ok(provider_message_id) => accepted.push(AcceptedPart { index, provider_message_id }),
                Err(fault) => return Err(Fault { accepted, ..fault }),
            }
        }
        Ok(Accepted { provider_message_ids: accepted.into_iter().map(|part| part.provider_message_id).collect() })
    }

    async fn submit_one(&self, submit: SubmitSm) -> Result<String, Fault> {
        let _place = self.window.acquire().await.map_err(|_| closed())?;
        let bound = self.ready().await?;
        match self.ask(&bound, What::Submit(Box::new(submit))).await? {
            (status::OK, message_id) => Ok(message_id),
            (other, _) => {
                let (kind, name) = (status::kind(other, &self.temporary_statuses), status::name(other));
                let retry_after = (kind == FaultKind::Throttled).then_some(self.throttle_pause);
                let fault = Fault::new(kind, format!("the provider answered {name}")).with_code(name);
                Err(Fault { retry_after, ..fault })
            }
        }
    }

    /// The connection, once something may be sent on it.
    async fn ready(&self) -> Result<Bound, Fault> {
        let mut standing = self.standing.clone();
        let settled = |standing: &Standing| match standing {
            Standing::Connecting => false,
            Standing::Bound(bound) => !bound.paused,
            Standing::Down { .. } | Standing::Closed => true,
        };
        let waited = timeout(self.connect_timeout.max(self.throttle_pause), standing.wait_for(settled)).await;
        let found = match waited {
            Ok(Ok(found)) => found.clone(),
            Ok(Err(_)) => Standing::Closed,
            Err(_) => self.standing.borrow().clone(),
        };
        match found {
            Standing::Bound(bound) if !bound.paused => Ok(bound),
            Standing::Bound(_) => {
                Err(Fault::throttled("the provider takes no more for now", Some(self.throttle_pause)))
            }
            Standing::Connecting => Err(Fault::unreachable(format!("{} has not bound us yet", self.host))),
            Standing::Down { why, code } => Err(Fault { code, ..Fault::unreachable(why) }),
            Standing::Closed => Err(closed()),
        }
    }

    /// Sends one request and waits for its answer: the status and the id.
    async fn ask(&self, bound: &Bound, what: What) -> Result<(u32, String), Fault> {
        let (answer, answered) = oneshot::channel();
        let unsent = || Fault::unreachable("the connection ended before it was sent");
        bound.requests.send(Request { what, answer }).await.map_err(|_| unsent())?;
        match timeout(self.response_timeout, answered).await {
            Ok(Ok(Answer::Given { status, message_id })) => Ok((status, message_id)),
            Ok(Ok(Answer::Lost { sent: true, why })) => {
                Err(Fault::temporary(format!("no answer came: {why}")).unsure())
            }
            Ok(Ok(Answer::Lost { sent: false, .. }) | Err(_)) => Err(unsent()),
            Err(_) => Err(Fault::temporary("the provider did not answer in time").unsure()),
        }
    }
}

fn closed() -> Fault {
    Fault::unreachable("the channel is closed")
}

impl std::fmt::Debug for SmppChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppChannel").field("name", &self.name).field("host", &self.host).finish_non_exhaustive()
    }
}

impl SmsChannel for SmppChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.submit_all(message).boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let bound = self.ready().await?;
            match self.ask(&bound, What::EnquireLink).await? {
                (status::OK, _) => {
                    let provider = if bound.provider.is_empty() { "no name" } else { &bound.provider };
                    Ok(format!(
                        "bound to {} as transceiver; the provider calls itself {}",
                        self.host,
                        crate::fault::one_line(provider)
                    ))
                }
                (other, _) => {
                    let name = status::name(other);
                    Err(Fault::temporary("the provider refused an enquire_link").with_code(name))
                }
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {
            // When all places are ours nothing is out. Each is given back within the time for an answer, which may be longer than we have.
            let wait = self.response_timeout.min(LONGEST_WAIT_FOR_ANSWERS);
            let all = timeout(wait, self.window.acquire_many(self.most)).await;
            self.window.close();
            drop(all);
            self.stop.send_replace(true);
            let mut standing = self.standing.clone();
            // An error says that the connection's task is gone already.
            let _ = standing.wait_for(|standing| matches!(standing, Standing::Closed)).await;
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_named_without_connecting() {
        let check = |text: &str| {
            let text = format!("host = 'smsc.example'\nsystem-id = 'tally'\npassword = 'hunter22'\n{text}");
            toml::from_str::<SmppConfig>(&text).unwrap().check()
        };
        assert_eq!(check(""), Ok(()));
        for (text, setting) in [
            ("window = 0", "window"),
            ("connect-timeout = '0s'", "connect-timeout"),
            ("response-timeout = '0s'", "response-timeout"),
            ("enquire-link = '0s'", "enquire-link"),
            ("throttle-pause = '0s'", "throttle-pause"),
            ("reconnect-first = '0s'", "reconnect-first"),
            ("reconnect-longest = '0s'", "reconnect-longest"),
            ("service-type = 'too long'", "service-type"),
            ("[tls]\nca-file = '/no/such/file'", "tls.ca-file"),
            ("[tls]\nserver-name = 'no name'", "tls.server-name"),
        ] {
            assert_eq!(check(text).unwrap_err().setting, setting, "{text}");
        }
    }
}
