//! Writes: what a group shares, and what it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::identifier::{ClientIdentifier, PartnerId};
use futures_util::future::join_all;
use store::{Db, DbOptions, StoreError};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

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

/// What waits together is committed together: far fewer commits than writes.
#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_share_a_commit() {
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    let (entered, held) = tokio::sync::oneshot::channel();
    let (release, gate) = tokio::sync::oneshot::channel::<()>();
    let (mut entered, mut gate) = (Some(entered), Some(gate));
    let holder = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |_| {
                let (entered, gate) = (entered.take(), gate.take());
                Box::pin(async move {
                    entered.unwrap().send(()).unwrap();
                    gate.unwrap().await.unwrap();
                    Ok::<_, StoreError>(())
                })
            })
            .await
        })
    };
    held.await.unwrap();
    let running = Arc::new(AtomicUsize::new(0));
    let mut jobs: Vec<_> = (0..100)
        .map(|number| {
            let running = Arc::clone(&running);
            let db = db.clone();
            Box::pin(async move {
                db.write(move |tx| {
                    running.fetch_add(1, Ordering::SeqCst);
                    Box::pin(insert(tx, client(1, number, &number.to_string())))
                })
                .await
            })
        })
        .collect();
    // Each is polled once, which hands it in.
    for job in &mut jobs {
        assert!(is_pending(job.as_mut()).await);
    }
    release.send(()).unwrap();
    // The first answer comes after the one commit of all, so by then every job has run.
    jobs.remove(0).await.unwrap();
    assert_eq!(running.load(Ordering::SeqCst), 100);
    assert_eq!(count(&db, 1).await, 100);
    for job in jobs {
        job.await.unwrap();
    }
    holder.await.unwrap().unwrap();
}

/// A write whose caller has gone before its turn is not run.
#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_write_is_not_run() {
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    let (entered, held) = tokio::sync::oneshot::channel();
    let (release, gate) = tokio::sync::oneshot::channel::<()>();
    let (mut entered, mut gate) = (Some(entered), Some(gate));
    let holder = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |_| {
                let (entered, gate) = (entered.take(), gate.take());
                Box::pin(async move {
                    entered.unwrap().send(()).unwrap();
                    gate.unwrap().await.unwrap();
                    Ok::<_, StoreError>(())
                })
            })
            .await
        })
    };
    held.await.unwrap();
    let mut abandoned = Box::pin(async { keep!(db, |tx| insert(tx, client(1, 1, "1"))) });
    assert!(is_pending(abandoned.as_mut()).await);
    drop(abandoned);
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    keep!(db, |tx| insert(tx, client(1, 2, "2"))).unwrap();
    assert_eq!(count(&db, 1).await, 1);
}

/// More than the queue holds is refused, not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let db = Db::open(DbOptions { write_queue: 1, ..DbOptions::new(database.url()) }).await.unwrap();
    let (entered, held) = tokio::sync::oneshot::channel();
    let (release, gate) = tokio::sync::oneshot::channel::<()>();
    let (mut entered, mut gate) = (Some(entered), Some(gate));
    let mut holder = Box::pin(async {
        db.write(move |_| {
            let (entered, gate) = (entered.take(), gate.take());
            Box::pin(async move {
                entered.unwrap().send(()).unwrap();
                gate.unwrap().await.unwrap();
                Ok::<_, StoreError>(())
            })
        })
        .await
    });
    assert!(is_pending(holder.as_mut()).await);
    held.await.unwrap();
    let mut waiting = Box::pin(async { keep!(db, |tx| insert(tx, client(1, 1, "1"))) });
    assert!(is_pending(waiting.as_mut()).await);
    let refused = keep!(db, |tx| insert(tx, client(1, 2, "2")));
    assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
    release.send(()).unwrap();
    holder.await.unwrap();
    waiting.await.unwrap();
}
