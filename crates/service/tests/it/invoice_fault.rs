//! Invoices by the real channels, against servers and folders that are down, full, wrong or out of their mind: nothing is lost, nothing is sent
//! twice without need, and the client is told what to do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::drop_folder::DropChannel;
use channels::operator::OperatorChannel;
use channels::smtp::SmtpChannel;
use domain::Clock;
use service::outbox::Sends;
use testkit::clock::TestClock;
use testkit::core::invoice;
use testkit::on_both_engines;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::invoice_delivery::Bench;
use crate::webhook::until;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An e-invoice operator that answers as it is told, and counts what it was asked.
struct Operator {
    address: SocketAddr,
    /// What it answers with; nothing at all where it is empty.
    answer: Arc<Mutex<String>>,
    asked: Arc<Mutex<usize>>,
    server: JoinHandle<()>,
}

impl Operator {
    async fn start(status: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(0)));
        let (told, counted) = (Arc::clone(&answer), Arc::clone(&asked));
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&told), Arc::clone(&counted)));
            }
        });
        let operator = Self { address, answer, asked, server };
        operator.now_answers(status);
        operator
    }

    fn now_answers(&self, status: &str) {
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        *self.answer.lock().unwrap() = if status.is_empty() { String::new() } else { answer };
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    fn channel(&self, bench: &Bench) -> Sends {
        let config = toml::from_str(&format!("url = 'http://{}/finvoice'", self.address)).unwrap();
        Sends::Documents(Arc::new(OperatorChannel::new("einvoice", &config, clock(bench)).unwrap()))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A mail server that answers as it is told to who wants to begin a mail. The real one is tried in `channels`.
struct MailServer {
    port: u16,
    answer: Arc<Mutex<String>>,
    server: JoinHandle<()>,
}

impl MailServer {
    async fn start(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(Mutex::new(answer.to_owned()));
        let told = Arc::clone(&answer);
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(take_mail(stream, Arc::clone(&told)));
            }
        });
        Self { port, answer, server }
    }

    fn now_answers(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take_mail(stream: TcpStream, begin: Arc<Mutex<String>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).split(b'\n');
    let mut answer = "220 mail.test".to_owned();
    let mut is_mail = false;
    loop {
        if !answer.is_empty() && write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_segment().await else { return };
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        answer = match &line[..] {
            "." if is_mail => {
                is_mail = false;
                "250 taken".to_owned()
            }
            _ if is_mail => String::new(),
            "DATA" => {
                is_mail = true;
                "354 go on".to_owned()
            }
            _ if line.starts_with("EHLO") => "250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            _ if line.starts_with("MAIL") => begin.lock().unwrap().clone(),
            _ => "250 OK".to_owned(),
        };
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<Mutex<String>>, asked: Arc<Mutex<usize>>) {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    // A message ends so.
    while !String::from_utf8_lossy(&request).trim_end().ends_with("</Finvoice>") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&chunk[..read]),
        }
    }
    *asked.lock().unwrap() += 1;
    let answer = answer.lock().unwrap().clone();
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    drop(stream.write_all(answer.as_bytes()).await);
    drop(stream.shutdown().await);
}

fn clock(bench: &Bench) -> Arc<dyn Clock> {
    let clock: Arc<TestClock> = Arc::clone(&bench.test.clock);
    clock
}

/// Mail to a server on this port.
fn post(bench: &Bench, port: u16) -> Sends {
    let config = format!("host = '127.0.0.1'\nport = {port}\nmessage-id-domain = 'tally.example'\ntls = 'none'");
    Sends::Mail(Arc::new(SmtpChannel::new("post", &toml::from_str(&config).unwrap(), clock(bench)).unwrap()))
}

on_both_engines! {
    async fn a_mail_server_that_refuses_all_fails_no_invoice(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let server = MailServer::start("550 5.7.1 your domain is not welcome").await;
        let first = bench.submit(1, "matti@buyer.example").await.1;
        for number in 2..=3 {
            bench.submit(number, "matti@buyer.example").await;
        }
        let worker = bench.start(post(&bench, server.port));
        until(async || bench.fault(first).await.contains("5.7.1")).await;
        for number in 1..=3 {
            let (status, _, attempts) = bench.story(number).await;
            assert_eq!((&status[..], attempts), ("PENDING", 0));
        }
        // It has been mended, and what waits goes by itself.
        server.now_answers("250 OK");
        until(async || bench.waiting("post").await == 0).await;
        worker.stop().await;
        for number in 1..=3 {
            assert_eq!(bench.story(number).await, ("SENT".into(), None, 1));
        }
    }

    async fn an_operator_that_has_it_says_so_with_409(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("500 Oh").await;
        bench.submit_e_invoice(1001).await;
        let worker = bench.start(operator.channel(&bench));
        bench.heard(1001, 1).await;
        let why = "The e-invoice operator did not say whether it has taken it; it is tried again in an hour";
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 1));
        operator.now_answers("409 Conflict");
        bench.test.clock.advance(2 * HOUR);
        bench.heard(1001, 2).await;
        assert_eq!((bench.story(1001).await, operator.asked()), (("SENT".into(), None, 2), 2));
        worker.stop().await;
    }

    async fn an_e_invoice_of_a_killed_server_is_known_by_its_identifier(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("").await;
        bench.submit_e_invoice(1001).await;
        let worker = bench.start(operator.channel(&bench));
        until(async || operator.asked() == 1).await;
        // It has the message, and we are gone before it says so.
        drop(worker);
        bench.test.clock.advance(5 * MINUTE);
        operator.now_answers("409 Conflict");
        let worker = bench.start(operator.channel(&bench));
        bench.heard(1001, 1).await;
        let why = "The e-invoice operator has it perhaps, and is asked again";
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 1));
        bench.test.clock.advance(20 * MINUTE);
        bench.heard(1001, 2).await;
        assert_eq!(bench.story(1001).await, ("SENT".into(), None, 2));
        worker.stop().await;
    }

    async fn an_operator_that_always_says_409_is_believed_when_it_acknowledges(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("409 Conflict").await;
        let (first, second) = (bench.submit_e_invoice(1001).await, bench.submit_e_invoice(1002).await);
        let worker = bench.start(operator.channel(&bench));
        for times in [1, 2] {
            for number in [1001, 1002] {
                bench.heard(number, times).await;
                let why = "The e-invoice operator put it off with 409; it is tried again";
                assert_eq!(bench.story(number).await, ("PENDING".into(), Some(why.into()), times), "no try of before may have reached it");
            }
            bench.test.clock.advance(MINUTE);
        }
        bench.test.clock.advance(3 * DAY - 2 * MINUTE - SECOND);
        for number in [1001, 1002] {
            until(async || bench.status(number).await == "FAILED").await;
            let why = "The e-invoice operator says with 409 that it has it already: ask it before it is sent again";
            assert_eq!(bench.story(number).await.1.as_deref(), Some(why));
        }
        worker.stop().await;
        // One that we have given up ourselves may arrive; one that is refused has not, whatever comes then.
        bench.hear(&first.to_string(), 1).await.unwrap();
        bench.hear(&second.to_string(), 2).await.unwrap();
        assert_eq!((bench.status(1001).await, bench.status(1002).await), ("DELIVERED".to_owned(), "FAILED".to_owned()));
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }

    async fn a_mail_server_that_is_down_is_waited_for(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        // Taken and given back, so that nobody listens there.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        bench.submit(1001, "matti@buyer.example").await;
        let worker = bench.start(post(&bench, port));
        let why = "The mail server can't be used for now; it is tried again";
        until(async || bench.story(1001).await.1.is_some()).await;
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 0));
        worker.stop().await;
        let up = MailServer::start("250 OK").await;
        bench.work(post(&bench, up.port), "post").await;
        assert_eq!(bench.story(1001).await, ("SENT".into(), None, 1));
    }

    async fn an_operator_that_does_not_let_us_in_fails_no_invoice(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("401 Who").await;
        let accepted = bench.submit_e_invoice(1001).await;
        let worker = bench.start(operator.channel(&bench));
        let why = "The e-invoice operator can't be used for now; it is tried again";
        until(async || bench.story(1001).await.1.is_some()).await;
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 0));
        operator.now_answers("202 Accepted");
        until(async || bench.status(1001).await == "SENT").await;
        bench.hear(&accepted.to_string(), 1).await.unwrap();
        assert_eq!(bench.story(1001).await, ("DELIVERED".into(), None, 2));
        // What it does not take has failed, and no address is to blame for that.
        operator.now_answers("422 No");
        bench.submit_e_invoice(1002).await;
        until(async || bench.status(1002).await == "FAILED").await;
        let why = "The e-invoice operator refused it with 422: ask the operator of this service";
        assert_eq!(bench.story(1002).await, ("FAILED".into(), Some(why.into()), 1));
        worker.stop().await;
    }

    async fn an_operator_out_of_its_mind_gets_an_e_invoice_once_an_hour_and_it_may_arrive(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("999999 What").await;
        let id = bench.submit_e_invoice(1001).await;
        let worker = bench.start(operator.channel(&bench));
        // More than a mail, which its buyer would have each time.
        for times in 1..=5 {
            bench.heard(1001, times).await;
            assert_eq!((bench.status(1001).await, operator.asked()), ("PENDING".to_owned(), times));
            bench.test.clock.advance(2 * HOUR);
        }
        bench.heard(1001, 6).await;
        bench.test.clock.advance(3 * DAY - 10 * HOUR - 30 * MINUTE);
        until(async || bench.status(1001).await == "FAILED").await;
        let why = "The e-invoice operator did not say whether it has taken it: it may have arrived, so ask the buyer before it is sent again";
        assert_eq!(bench.story(1001).await.1.as_deref(), Some(why));
        worker.stop().await;
        bench.hear(&id.to_string(), 1).await.unwrap();
        assert_eq!(bench.status(1001).await, "DELIVERED");
    }

    async fn a_full_drop_is_waited_for(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let drop = || {
            let config = toml::from_str(&format!("folder = '{}'\nmost-waiting = 1", folder.path().display())).unwrap();
            Sends::Documents(Arc::new(DropChannel::new("print", &config).unwrap()))
        };
        let (_, first) = bench.take(&invoice(1001, "PRINT")).await;
        bench.work(drop(), "print").await;
        bench.take(&invoice(1002, "PRINT")).await;
        let worker = bench.start(drop());
        until(async || bench.story(1002).await.1.is_some()).await;
        let why = "The printer takes no more for now; it is tried again";
        assert_eq!(bench.story(1002).await, ("PENDING".into(), Some(why.into()), 0));
        // The printer has taken the first.
        std::fs::remove_file(folder.path().join(format!("{first}.json"))).unwrap();
        until(async || bench.status(1002).await == "SENT").await;
        worker.stop().await;
    }

    async fn who_asks_for_hours_gets_them_as_far_as_there_are_some(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let operator = Operator::start("425 Early\r\nretry-after: 360000").await;
        bench.submit_e_invoice(1001).await;
        let worker = bench.start(operator.channel(&bench));
        bench.heard(1001, 1).await;
        // It has asked for a hundred hours, and has six.
        bench.test.clock.advance(6 * HOUR - MINUTE);
        bench.submit_e_invoice(1002).await;
        bench.heard(1002, 1).await;
        assert_eq!(bench.story(1001).await.2, 1);
        bench.test.clock.advance(2 * MINUTE);
        bench.heard(1001, 2).await;
        // There are two hours left, and they are not given up before their end.
        bench.test.clock.advance(64 * HOUR);
        bench.heard(1001, 3).await;
        assert_eq!(bench.status(1001).await, "PENDING");
        bench.test.clock.advance(2 * HOUR - 90 * SECOND);
        until(async || bench.status(1001).await == "FAILED").await;
        assert_eq!(bench.story(1001).await.2, 4, "it was tried once more at its end");
        worker.stop().await;
    }
}
