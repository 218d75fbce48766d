//! Invoices by the real channels, against servers and folders that are down, full, wrong or out of their mind: nothing is lost, nothing is sent
//! twice without need, and the client is told what to do.

use std::sync::Arc;
use std::time::Duration;

use channels::smtp::SmtpChannel;
use domain::Clock;
use serde_json::json;
use service::outbox::Sends;
use testkit::clock::TestClock;
use testkit::on_both_engines;
use testkit::peer::Peer;

use crate::invoice_delivery::Bench;
use crate::webhook::until;

const HOUR: Duration = Duration::from_secs(3600);

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
        let mut server = Peer::mail_server(json!({})).await;
        server.order("answer", json!({"mail": "550 5.7.1 your domain is not welcome"})).await;
        let first = bench.submit(1, "matti@buyer.example").await.1;
        for number in 2..=3 {
            bench.submit(number, "matti@buyer.example").await;
        }
        let worker = bench.start(post(&bench, server.port));
        until(async || bench.fault(first).await.contains("5.7.1")).await;
        for number in 1..=3 {
            assert_eq!((bench.story(number).await.0, bench.story(number).await.2), ("PENDING".into(), 0));
        }
        // It has been mended, and what waits goes by itself.
        server.order("answer", json!({})).await;
        until(async || bench.waiting("post").await == 0).await;
        worker.stop().await;
        for number in 1..=3 {
            assert_eq!(bench.story(number).await, ("SENT".into(), None, 1));
        }
    }
}
