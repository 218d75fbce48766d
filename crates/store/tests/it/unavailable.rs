//! A database that can't be used for a while: writes say so, nothing is half-kept, and it comes back by itself. The full disk, the
//! locked file and the read-only file are real ones.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection, SqliteConnection};
use store::{Db, DbOptions, Health, StoreError};
use testkit::database::TestDatabase;

use crate::{client, count, insert, keep};

/// A file system of its own, of a few pages, so that it can be filled.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where the test may not mount.
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(directory.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "this test needs to mount a file system of its own");
            return None;
        }
        Some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, options: &str) -> bool {
        Command::new("mount").args(["-o", options]).arg(self.path()).output().unwrap().status.success()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.path()).output());
    }
}

async fn open(path: &Path) -> Db {
    let url = format!("sqlite:{}", path.join("test.db").display());
    let db = Db::open(DbOptions { busy_timeout: Duration::from_millis(50), ..DbOptions::new(url) }).await.unwrap();
    db.migrate().await.unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_that_was_answered_and_recovers() {
    let Some(disk) = SmallDisk::mount() else { return };
    let db = open(disk.path()).await;
    std::fs::write(disk.path().join("ballast"), vec![0; 300_000]).unwrap();
    let mut kept = 0_i64;
    let mut refused = false;
    for group in 0..200 {
        let jobs = (0..20).map(|job| {
            let (db, number) = (db.clone(), group * 20 + job);
            async move { keep!(db, |tx| insert(tx, client(1, number, &number.to_string()))) }
        });
        let before = kept;
        for outcome in join_all(jobs).await {
            match outcome {
                Ok(true) => kept += 1,
                Err(StoreError::Unavailable { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        // Where a large group finds no room a small one may.
        refused = kept == before;
        if refused {
            break;
        }
    }
    assert!(refused, "the disk was never full");
    assert!(matches!(db.health(), Health::Unavailable(_)));
    keep!(db, |_tx| async { Ok::<_, StoreError>(()) }).unwrap();
    assert!(matches!(db.health(), Health::Unavailable(_)), "a write that changes nothing shows nothing");
    assert_eq!(count(&db, 1).await as i64, kept, "reads still work, and show what was answered, no more and no less");

    std::fs::remove_file(disk.path().join("ballast")).unwrap();
    keep!(db, |tx| insert(tx, client(1, 100_000, "after"))).unwrap();
    assert_eq!(db.health(), Health::Ready);
    assert_eq!(count(&db, 1).await as i64, kept + 1);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_system_is_unavailable_until_it_is_writable() {
    let Some(disk) = SmallDisk::mount() else { return };
    let db = open(disk.path()).await;
    keep!(db, |tx| insert(tx, client(1, 1, "1"))).unwrap();
    // As a program that was killed leaves them: without the log and its locks SQLite opens nothing where it may not make them.
    let files = ["test.db", "test.db-wal", "test.db-shm"].map(|name| disk.path().join(name));
    let aside = tempfile::tempdir().unwrap();
    let kept = |file: &Path| aside.path().join(file.file_name().unwrap());
    for file in &files {
        std::fs::copy(file, kept(file)).unwrap();
    }
    db.close().await;
    for file in &files {
        std::fs::copy(kept(file), file).unwrap();
    }
    // A file system with a file open for writing can't be made read-only, so the database is opened on one that is.
    assert!(disk.remount("remount,ro"));
    let db = Db::open(DbOptions::new(format!("sqlite:{}", files[0].display()))).await.unwrap();
    assert_eq!(count(&db, 1).await, 1);
    let outcome = keep!(db, |tx| insert(tx, client(1, 2, "2")));
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    assert!(matches!(db.health(), Health::Unavailable(_)));
    assert_eq!(count(&db, 1).await, 1);

    assert!(disk.remount("remount,rw"));
    // The first write may find what the last one was refused for, and has it opened anew.
    let _ = keep!(db, |tx| insert(tx, client(1, 2, "2")));
    keep!(db, |tx| insert(tx, client(1, 3, "3"))).unwrap();
    assert_eq!(db.health(), Health::Ready);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_unavailable_until_it_is_unlocked() {
    let database = TestDatabase::sqlite();
    let db = open(database.directory().unwrap()).await;
    let mut other = SqliteConnection::connect(database.url()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let outcome = keep!(db, |tx| insert(tx, client(1, 1, "1")));
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    assert!(matches!(db.health(), Health::Unavailable(_)));
    assert_eq!(count(&db, 1).await, 0);
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    keep!(db, |tx| insert(tx, client(1, 1, "1"))).unwrap();
    assert_eq!(db.health(), Health::Ready);
}
