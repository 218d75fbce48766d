//! Writes: what a group shares, and what it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::identifier::{ClientIdentifier, PartnerId};
use futures_util::future::{BoxFuture, join_all};
use store::{Db, DbOptions, StoreError};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{client, count, insert, is_pending, keep};

#[derive(Debug, PartialEq)]
enum Refusal {
    Rule,
    Store(String),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

on_both_engines! {
    async fn a_write_that_fails_or_panics_harms_only_itself(database: TestDatabase) {
        let db = database.open().await;
        let jobs = (0..90).map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        insert(tx, client(1, number, &format!("code {number}"))).await?;
                        match number % 3 {
                            0 => Ok(()),
                            1 => Err(Refusal::Rule),
                            _ => panic!("this job panics on purpose"),
                        }
                    })
                })
                .await
            })
        });
        for (number, outcome) in join_all(jobs).await.into_iter().enumerate() {
            let outcome = outcome.unwrap();
            match number % 3 {
                0 => assert_eq!(outcome, Ok(())),
                1 => assert_eq!(outcome, Err(Refusal::Rule)),
                _ => assert_eq!(outcome, Err(Refusal::Store("the job panicked".into()))),
            }
        }
        let kept = store::client::page(&mut db.reader().await.unwrap(), None, ClientIdentifier(-1), 100).await.unwrap();
        assert_eq!(kept.iter().map(|row| row.client.0).collect::<Vec<_>>(), (0..90).step_by(3).collect::<Vec<_>>());
    }

    async fn a_rule_holds_among_writes_at_once(database: TestDatabase) {
        let db = database.open().await;
        let jobs = (0..50).map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        let found = store::client::by_business_code(tx, PartnerId(1), "FI", "one").await?;
                        if found.is_some() {
                            return Ok::<_, StoreError>(false);
                        }
                        insert(tx, client(1, number, "one")).await?;
                        Ok(true)
                    })
                })
                .await
            })
        });
        let made = join_all(jobs).await.into_iter().filter(|outcome| *outcome.as_ref().unwrap().as_ref().unwrap()).count();
        assert_eq!((made, count(&db, 1).await), (1, 1));
    }

    async fn a_write_is_seen_once_it_is_answered(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..20 {
            keep!(db, |tx| insert(tx, client(1, number, &number.to_string()))).unwrap();
            assert_eq!(count(&db, 1).await, usize::try_from(number).unwrap());
        }
    }

    async fn close_finishes_what_waits(database: TestDatabase) {
        let db = database.open().await;
        let jobs: Vec<_> = (0..50)
            .map(|number| {
                let db = db.clone();
                tokio::spawn(async move { keep!(db, |tx| insert(tx, client(1, number, &number.to_string()))) })
            })
            .collect();
        // The first answer shows that the others were handed in as well, or will be refused.
        let mut answers = join_all(jobs).await.into_iter().map(|answer| answer.unwrap());
        assert!(answers.all(|answer| answer.is_ok()));
        db.close().await;
        let refused = keep!(db, |tx| insert(tx, client(1, 99, "99")));
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
        assert_eq!(count(&database.open().await, 1).await, 50);
    }
}

/// A write that tells when it has begun, and then runs until it is released.
fn gated(db: &Db) -> (BoxFuture<'static, Result<(), StoreError>>, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (entered, begun) = oneshot::channel();
    let (release, gate) = oneshot::channel::<()>();
    let (mut entered, mut gate) = (Some(entered), Some(gate));
    let db = db.clone();
    let write = Box::pin(async move {
        db.write(move |_| {
            let (entered, gate) = (entered.take(), gate.take());
            Box::pin(async move {
                // Another run of it is not held.
                if let (Some(entered), Some(gate)) = (entered, gate) {
                    entered.send(()).unwrap();
                    gate.await.unwrap();
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
    });
    (write, begun, release)
}

/// A gated write that is under way.
struct Held {
    release: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), StoreError>>,
}

impl Held {
    async fn begin(db: &Db) -> Self {
        let (write, begun, release) = gated(db);
        let ended = tokio::spawn(write);
        begun.await.unwrap();
        Self { release, ended }
    }

    /// Lets it end, and waits for its answer.
    async fn end(self) {
        self.release.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

/// The writes of clients with these numbers, handed in and not answered yet; and how many have run.
async fn waiting<'d>(
    db: &'d Db,
    numbers: std::ops::Range<i64>,
) -> (Vec<BoxFuture<'d, Result<bool, StoreError>>>, Arc<AtomicUsize>) {
    let ran = Arc::new(AtomicUsize::new(0));
    let mut jobs: Vec<BoxFuture<'d, _>> = Vec::new();
    for number in numbers {
        let ran = Arc::clone(&ran);
        jobs.push(Box::pin(db.write(move |tx| {
            ran.fetch_add(1, Ordering::SeqCst);
            Box::pin(insert(tx, client(1, number, &number.to_string())))
        })));
    }
    // Each is polled once, which hands it in.
    for job in &mut jobs {
        assert!(is_pending(job.as_mut()).await);
    }
    (jobs, ran)
}

/// What comes while a write runs is committed with it, up to what pays for a commit: one commit for all.
#[tokio::test(flavor = "multi_thread")]
async fn writes_that_come_meanwhile_share_the_commit() {
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    let held = Held::begin(&db).await;
    let (jobs, ran) = waiting(&db, 0..10).await;
    // Its answer comes after the commit, so by then every job has run.
    held.end().await;
    assert_eq!(ran.load(Ordering::SeqCst), 10);
    for job in jobs {
        job.await.unwrap();
    }
    assert_eq!(count(&db, 1).await, 10);
}

/// A group takes no more than it may, however many come.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_ends_when_it_is_full() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let db = Db::open(DbOptions { write_group: 10, ..DbOptions::new(database.url()) }).await.unwrap();
    let held = Held::begin(&db).await;
    let (jobs, ran) = waiting(&db, 0..9).await;
    let (mut next, begun, release) = gated(&db);
    assert!(is_pending(next.as_mut()).await);
    // Would it wait for the eleventh, nobody would ever be answered.
    held.end().await;
    assert_eq!(ran.load(Ordering::SeqCst), 9);
    for job in jobs {
        job.await.unwrap();
    }
    begun.await.unwrap();
    release.send(()).unwrap();
    next.await.unwrap();
    assert_eq!(count(&db, 1).await, 9);
}

/// Of those that come meanwhile, one that fails or panics half-way harms only itself, and nobody's work is done twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_comes_meanwhile_and_fails_harms_only_itself() {
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    let held = Held::begin(&db).await;
    let (before, _) = waiting(&db, 0..5).await;
    let mut failing = Box::pin(db.write(|tx| {
        Box::pin(async move {
            insert(tx, client(1, 100, "100")).await?;
            Err::<(), _>(Refusal::Rule)
        })
    }));
    assert!(is_pending(failing.as_mut()).await);
    let mut panicking = Box::pin(db.write(|tx| {
        Box::pin(async move {
            insert(tx, client(1, 101, "101")).await?;
            panic!("this job panics on purpose");
            #[expect(unreachable_code, reason = "says what it would give")]
            Ok::<(), Refusal>(())
        })
    }));
    assert!(is_pending(panicking.as_mut()).await);
    let (after, _) = waiting(&db, 5..10).await;
    held.end().await;
    assert_eq!(failing.await, Err(Refusal::Rule));
    assert_eq!(panicking.await, Err(Refusal::Store("the job panicked".into())));
    for job in before.into_iter().chain(after) {
        assert!(job.await.unwrap(), "it was added, and not there before");
    }
    assert_eq!(count(&db, 1).await, 10);
}

/// A write whose caller has gone before its turn is not run.
#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_write_is_not_run() {
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    let held = Held::begin(&db).await;
    let (abandoned, ran) = waiting(&db, 1..2).await;
    drop(abandoned);
    held.end().await;
    keep!(db, |tx| insert(tx, client(1, 2, "2"))).unwrap();
    assert_eq!((count(&db, 1).await, ran.load(Ordering::SeqCst)), (1, 0));
}

/// More than the queue holds is refused, not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let db = Db::open(DbOptions { write_queue: 1, ..DbOptions::new(database.url()) }).await.unwrap();
    let held = Held::begin(&db).await;
    let (jobs, _) = waiting(&db, 1..2).await;
    let refused = keep!(db, |tx| insert(tx, client(1, 2, "2")));
    assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
    held.end().await;
    for job in jobs {
        job.await.unwrap();
    }
}
