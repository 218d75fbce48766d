//! Invoices that wait for a person: sent once when they are approved, and never when they are not.

use std::sync::{Arc, Mutex};

use domain::invoice::InvoiceDraft;
use service::AdminError;
use service::outbox::Sends;
use testkit::core::{TestCore, invoice, operator};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::invoice_delivery::{Bench, Post};
use crate::sql::number;

fn to_be_approved(number: i64, method: &str) -> InvoiceDraft {
    let mut draft = invoice(number, method);
    draft.processing.manual_approval_enabled = Some(true);
    draft
}

/// How many mails leave now.
async fn sent(bench: &Bench) -> usize {
    let post = Arc::new(Post(Mutex::default()));
    bench.work(Sends::Mail(post.clone()), "post").await;
    post.0.lock().unwrap().len()
}

fn is_refused(decided: Result<(), AdminError>, why: &str) -> bool {
    matches!(decided, Err(AdminError::State(told)) if told.contains(why))
}

const NOT_WAITING: &str = "does not wait for approval";

on_both_engines! {
    async fn an_invoice_that_is_to_be_approved_waits_for_that(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let (approved, _) = bench.take(&to_be_approved(1001, "EMAIL")).await;
        let (cancelled, _) = bench.take(&to_be_approved(1002, "EMAIL")).await;
        assert_eq!(sent(&bench).await, 0);
        for number in [1001, 1002] {
            assert_eq!(bench.story(number).await, ("PENDING".into(), Some("It waits for approval".into()), 0));
        }
        let again = bench.core().resend_invoice(bench.client, 1001, &operator()).await;
        assert!(is_refused(again.map(drop), "waits for approval"));

        bench.core().approve_invoice(approved, &operator()).await.unwrap();
        bench.core().cancel_invoice(cancelled, &operator()).await.unwrap();
        assert_eq!(sent(&bench).await, 1);
        assert_eq!(bench.story(1001).await, ("SENT".into(), None, 1));
        assert_eq!(bench.story(1002).await, ("CANCELLED".into(), Some("It was not approved".into()), 1));
        for invoice in [approved, cancelled] {
            assert!(is_refused(bench.core().approve_invoice(invoice, &operator()).await, NOT_WAITING));
            assert!(is_refused(bench.core().cancel_invoice(invoice, &operator()).await, NOT_WAITING));
        }
        let unknown = bench.core().approve_invoice(Uuid::nil(), &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
        for (action, times) in [("invoice.approve", 1), ("invoice.cancel", 1)] {
            let query = format!("SELECT COUNT(*) FROM audit_record WHERE action = '{action}'");
            assert_eq!(number(&database, &query).await, times, "{action}");
        }
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }

    async fn what_is_approved_twice_at_once_is_sent_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        // As another process has it.
        let other = TestCore::with(&database, bench.core().settings().clone()).await;
        for number in 1..=5 {
            let (invoice, _) = bench.take(&to_be_approved(number, "EMAIL")).await;
            let context = operator();
            let (one, two) = tokio::join!(bench.core().approve_invoice(invoice, &context), other.core.approve_invoice(invoice, &context));
            assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
            assert!(is_refused(one.and(two), NOT_WAITING));
        }
        assert_eq!(sent(&bench).await, 5);
    }

    async fn what_is_not_sent_waits_for_nobody(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let (invoice, _) = bench.take(&to_be_approved(1001, "NONE")).await;
        assert_eq!(bench.story(1001).await, ("CANCELLED".into(), None, 0));
        assert!(is_refused(bench.core().approve_invoice(invoice, &operator()).await, NOT_WAITING));
    }
}
