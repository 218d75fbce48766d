use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail as MailCommand, Noop, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter, RcptParameter};
use tokio::time::timeout;

use super::compose::{Composed, compose};
use super::config::{SmtpConfig, SmtpTls};
use super::idle::{Idle, leave};
use crate::maildir::Maildir;
use crate::{Accepted, ConfigFault, Fault, FaultKind, Mail, MailChannel, span, tls};

/// The answers that say something of our log-in: it is needed, too weak, not taken, or not encrypted.
const OF_THE_LOG_IN: [u16; 4] = [530, 534, 535, 538];

/// Mail by SMTP.
pub struct SmtpChannel {
    name: String,
    host: String,
    port: u16,
    tls: SmtpTls,
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    message_id_domain: String,
    bounce_address: Option<Address>,
    bounces: Option<Maildir>,
    connect_timeout: Duration,
    response_timeout: Duration,
    final_timeout: Duration,
    clock: Arc<dyn Clock>,
    idle: Idle,
}

/// A connection that is ready for mail.
pub(super) struct Connected {
    pub(super) connection: AsyncSmtpConnection,
    /// Whether the server takes what we ask of its reports (RFC 3461). Asked only where they are read.
    reports: bool,
    /// How many mails went over it.
    pub(super) mails: u32,
}

impl SmtpChannel {
    /// Reads the certificates; connects only when there is something to send.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn new(name: &str, config: &SmtpConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigFault> {
        let credentials = match (&config.user, &config.password) {
            (Some(_), Some(_)) if config.tls == SmtpTls::None => {
                return Err(ConfigFault::new(
                    "tls",
                    "a password is never sent in clear: use starttls or implicit, or leave out the user",
                ));
            }
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.expose().clone())),
            (None, None) => None,
            (Some(_), None) => return Err(ConfigFault::new("password", "is missing beside the user")),
            (None, Some(_)) => return Err(ConfigFault::new("user", "is missing beside the password")),
        };
        span::at_least_some("connect-timeout", config.connect_timeout)?;
        span::at_least_some("response-timeout", config.response_timeout)?;
        span::at_least_some("final-timeout", config.final_timeout)?;
        let domain = &config.message_id_domain;
        if !is_made_of(domain, b".-") {
            return Err(ConfigFault::new("message-id-domain", "must be a domain name, like example.com"));
        }
        // An address stands there as a literal (RFC 5321, section 4.1.3).
        if !is_made_of(&config.hello, b".-[]:") {
            return Err(ConfigFault::new(
                "hello",
                "must be a host name, like mail.example.com, or an address like [192.0.2.1]",
            ));
        }
        let bounce_address = config.bounce_address()?;
        let parameters = if config.tls == SmtpTls::None { None } else { Some(parameters(config)?) };
        Ok(Self {
            name: name.to_owned(),
            host: config.host.clone(),
            port: config.port.unwrap_or_else(|| config.tls.port()),
            tls: config.tls,
            parameters,
            credentials,
            hello: ClientId::Domain(config.hello.clone()),
            message_id_domain: domain.clone(),
            bounce_address,
            bounces: Maildir::of(name, config),
            connect_timeout: config.connect_timeout,
            response_timeout: config.response_timeout,
            final_timeout: config.final_timeout,
            clock,
            idle: Idle::default(),
        })
    }

    /// Connects, encrypts and logs in, all in the one time limit.
    async fn connect(&self) -> Result<Connected, Fault> {
        let connected = timeout(self.connect_timeout, async {
            let implicit = self.parameters.clone().filter(|_| self.tls == SmtpTls::Implicit);
            let server = (self.host.as_str(), self.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, implicit, None).await?;
            if let Some(parameters) = self.parameters.clone().filter(|_| self.tls == SmtpTls::Starttls) {
                connection.starttls(parameters, &self.hello).await?;
            }
            let reports = self.bounce_address.is_some() && offers_reports(&mut connection, &self.hello).await?;
            if let Some(credentials) = &self.credentials {
                connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
            }
            Ok::<_, Error>(Connected { connection, reports, mails: 0 })
        });
        match connected.await {
            Ok(Ok(connected)) => Ok(connected),
            // A refused log-in says nothing of this mail: it is the operator's to mend.
            Ok(Err(error)) => Err(Fault { kind: FaultKind::Unreachable, ..self.fault(&error) }),
            Err(_) => Err(Fault::unreachable(format!("{}:{} did not let us in in time", self.host, self.port))),
        }
    }

    /// Hands a mail over on a connection that waits, or on a new one.
    async fn deliver(&self, mail: &Composed) -> Result<(), Fault> {
        if let Some(mut waiting) = self.idle.take() {
            match self.begin(&mut waiting, mail).await {
                Ok(()) => return self.finish(waiting, mail).await,
                // The server has had enough of this connection (RFC 5321, section 3.8), or it is dead.
                Err(fault) if is_of_the_connection(&fault) => {}
                Err(fault) => return self.refused(waiting, fault).await,
            }
        }
        let mut connected = self.connect().await?;
        match self.begin(&mut connected, mail).await {
            Ok(()) => self.finish(connected, mail).await,
            Err(fault) => self.refused(connected, fault).await,
        }
    }

    /// Names the sender: nothing is handed over yet.
    async fn begin(&self, connected: &mut Connected, mail: &Composed) -> Result<(), Fault> {
        let Connected { connection, reports, .. } = connected;
        let mut parameters = Vec::new();
        if [&mail.from, &mail.to].into_iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Fault::permanent("the server takes no address with letters beyond ASCII"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.octets.is_ascii() {
            if !connection.server_info().supports_feature(Extension::EightBitMime) {
                return Err(Fault::permanent("the server takes no mail with octets beyond ASCII"));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if *reports {
            for (keyword, value) in [("RET", "HDRS"), ("ENVID", &mail.envelope_id)] {
                parameters.push(MailParameter::Other { keyword: keyword.to_owned(), value: Some(value.to_owned()) });
            }
        }
        let began = self.step(connection.command(MailCommand::new(Some(mail.return_path.clone()), parameters))).await;
        began.map(drop).map_err(before_the_recipient)
    }

    /// Hands over a mail whose sender is named, and keeps the connection for the next.
    async fn finish(&self, mut connected: Connected, mail: &Composed) -> Result<(), Fault> {
        match self.hand_over(&mut connected, mail).await {
            Ok(()) => {
                self.idle.keep(connected).await;
                Ok(())
            }
            Err(fault) => self.refused(connected, fault).await,
        }
    }

    /// Takes leave of a server that has refused a mail. Where it has said nothing that would be read as a line of the mail.
    async fn refused(&self, connected: Connected, fault: Fault) -> Result<(), Fault> {
        if fault.code.is_some() {
            leave(connected).await;
        }
        Err(fault)
    }

    async fn hand_over(&self, connected: &mut Connected, mail: &Composed) -> Result<(), Fault> {
        let Connected { connection, reports, .. } = connected;
        let mut of_recipient = Vec::new();
        if *reports {
            let (keyword, value) = ("NOTIFY".to_owned(), Some("FAILURE".to_owned()));
            of_recipient.push(RcptParameter::Other { keyword, value });
        }
        self.step(connection.command(Rcpt::new(mail.to.clone(), of_recipient))).await?;
        self.step(connection.command(Data)).await?;
        // From here on the server may have taken it, unless it says that it has not.
        let handed = self.step_within(self.final_timeout, connection.message(&mail.octets)).await;
        handed.map(drop).map_err(|fault| if fault.code.is_some() { fault } else { fault.unsure() })
    }

    async fn step<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        self.step_within(self.response_timeout, step).await
    }

    async fn step_within<T>(&self, limit: Duration, step: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        match timeout(limit, step).await {
            Ok(done) => done.map_err(|error| self.fault(&error)),
            Err(_) => Err(Fault::temporary(format!("{}:{} did not answer in time", self.host, self.port))),
        }
    }

    /// What the server answered decides; whatever else went wrong may pass.
    fn fault(&self, error: &Error) -> Fault {
        let kind = match error.status() {
            // It wants to know who we are (RFC 4954, section 6), at whichever step: that is the operator's to mend.
            Some(status) if OF_THE_LOG_IN.contains(&u16::from(status)) => FaultKind::Unreachable,
            _ if error.is_permanent() => FaultKind::Permanent,
            _ => FaultKind::Temporary,
        };
        let own = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        let Some(status) = error.status() else {
            return Fault::new(kind, format!("{}:{}: {error}", self.host, self.port));
        };
        // The finer code stands first in the server's words (RFC 2034).
        let finer = own.split_whitespace().next().filter(|word| is_enhanced(word));
        let code = finer.map_or_else(|| status.to_string(), |finer| format!("{status} {finer}"));
        Fault::new(kind, own).with_code(code)
    }
}

/// Whether the fault is that of a connection on which a mail was to begin, and says nothing of the server.
fn is_of_the_connection(fault: &Fault) -> bool {
    match &fault.code {
        Some(code) => code.starts_with("421"),
        None => fault.kind == FaultKind::Temporary,
    }
}

/// The fault of an answer that came before the recipient was named: it is of our sender, and each mail would have it. Only the size is this
/// mail's own.
fn before_the_recipient(fault: Fault) -> Fault {
    let code = fault.code.as_deref().unwrap_or_default();
    if fault.kind != FaultKind::Permanent || code.starts_with("552") || code.ends_with("5.3.4") {
        return fault;
    }
    Fault { kind: FaultKind::Unreachable, ..fault }
}

/// Whether the server offers delivery status notifications. Lettre does not keep that of the answer to its own greeting. A second one is
/// allowed at any time (RFC 5321, section 4.1.4); this one comes before the log-in, which it so can't undo.
async fn offers_reports(connection: &mut AsyncSmtpConnection, hello: &ClientId) -> Result<bool, Error> {
    match connection.command(Ehlo::new(hello.clone())).await {
        Ok(answer) => Ok(answer.message().skip(1).any(|line| line.trim().eq_ignore_ascii_case("DSN"))),
        // It does not like to be asked twice.
        Err(error) if error.status().is_some() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `text` is there, and of letters, digits and `further` only.
fn is_made_of(text: &str, further: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || further.contains(&octet))
}

/// Whether `word` has the form of an enhanced status code (RFC 3463).
pub(crate) fn is_enhanced(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|number| (1..=3).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, ConfigFault> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(|error| tls::unreadable("ca-file", path, error))?;
        let certificates = Certificate::from_pem(&pem).map_err(|error| tls::unreadable("ca-file", path, error))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    builder.build_rustls().map_err(|error| match &config.ca_file {
        Some(path) => tls::unreadable("ca-file", path, error),
        None => tls::no_roots("ca-file"),
    })
}

impl std::fmt::Debug for SmtpChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpChannel").field("name", &self.name).field("host", &self.host).finish_non_exhaustive()
    }
}

impl MailChannel for SmtpChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        async {
            let composed = compose(mail, &self.message_id_domain, self.bounce_address.as_ref(), self.clock.now())?;
            self.deliver(&composed).await?;
            Ok(Accepted { provider_message_ids: vec![composed.message_id] })
        }
        .boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let mut connected = self.connect().await?;
            self.step(connected.connection.command(Noop)).await?;
            let Connected { connection, reports, .. } = &connected;
            let (reports, is_encrypted) = (*reports, connection.is_encrypted());
            let encrypted = if is_encrypted { "encrypted" } else { "not encrypted" };
            let named = crate::fault::one_line(connection.server_info().name());
            leave(connected).await;
            let mut found = format!("{}:{} answers as {named}, {encrypted}", self.host, self.port);
            if self.bounce_address.is_some() {
                found += if reports { ", reports failures" } else { ", is not asked for reports (no DSN)" };
            }
            if let Some(bounces) = &self.bounces {
                let waiting = bounces.check().await.map_err(|fault| Fault::permanent(format!("bounces: {fault}")))?;
                found += &format!("; bounces can be read, {waiting} waiting");
            }
            Ok(found)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> domain::Timestamp {
            domain::Timestamp::from_micros(0)
        }
    }

    fn fault(text: &str) -> ConfigFault {
        SmtpChannel::new("mail", &toml::from_str(&format!("host = 'h'\n{text}")).unwrap(), Arc::new(Noon)).unwrap_err()
    }

    #[test]
    fn settings_that_do_not_go_together_are_named() {
        for (text, setting) in [
            ("message-id-domain = 'a.example'\nuser = 'u'\npassword = 'hunter2'\ntls = 'none'", "tls"),
            ("message-id-domain = 'a.example'\nuser = 'u'", "password"),
            ("message-id-domain = 'a.example'\npassword = 'hunter2'", "user"),
            ("message-id-domain = 'a b>'", "message-id-domain"),
            ("message-id-domain = 'a.example'\nca-file = '/no/such/file'", "ca-file"),
            ("message-id-domain = 'a.example'\nhello = 'our host'", "hello"),
            ("message-id-domain = 'a.example'\nhello = ''", "hello"),
            ("message-id-domain = 'a.example'\nconnect-timeout = '0s'", "connect-timeout"),
            ("message-id-domain = 'a.example'\nresponse-timeout = '0s'", "response-timeout"),
            ("message-id-domain = 'a.example'\nfinal-timeout = '0s'", "final-timeout"),
            ("message-id-domain = 'a.example'\nbounce-address = 'bounces'", "bounce-address"),
            ("message-id-domain = 'a.example'\nbounce-address = 'Tally <b@a.example>'", "bounce-address"),
            ("message-id-domain = 'a.example'\nbounce-address = ''", "bounce-address"),
            ("message-id-domain = 'a.example'\nbounces = '/var/mail/b'", "bounce-address"),
            ("message-id-domain = 'a.example'\nbounce-address = 'b@a.example'\nbounces = ''", "bounces"),
        ] {
            let fault = fault(text);
            assert_eq!(fault.setting, setting, "{text}");
            assert!(!fault.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn we_greet_by_a_name_or_an_address() {
        for hello in ["localhost", "mail.example.com", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            let text = format!("host = 'h'\ntls = 'none'\nmessage-id-domain = 'a.example'\nhello = '{hello}'");
            assert!(SmtpChannel::new("mail", &toml::from_str(&text).unwrap(), Arc::new(Noon)).is_ok(), "{hello}");
        }
    }

    #[test]
    fn the_finer_code_is_told_from_words() {
        for word in ["5.1.1", "4.7.12", "5.7.509"] {
            assert!(is_enhanced(word), "{word}");
        }
        for word in ["", "5.1", "user", "5.1.x", "1.2.3.4", "5..1"] {
            assert!(!is_enhanced(word), "{word}");
        }
    }
}
