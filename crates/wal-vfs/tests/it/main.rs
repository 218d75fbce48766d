//! Databases that are written through the VFS, and read without it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// A connection that writes through the VFS, with the log on.
fn writer(path: &Path) -> Connection {
    let connection = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), wal_vfs::name().unwrap()).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)").unwrap();
    connection
}

fn add(connection: &Connection, from: i64, count: i64) {
    for number in from..from + count {
        connection.execute("INSERT INTO t VALUES (?1, ?2)", (number, "x".repeat(700))).unwrap();
    }
}

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn is_sound(connection: &Connection) -> bool {
    let said: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    said == "ok"
}

/// The database as it would be found after a crash of the process: its file and its log, without the index of the log.
fn after_a_crash(path: &Path, folder: &Path) -> Connection {
    let copy = folder.join("crashed.db");
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        std::fs::copy(name(path), name(&copy)).unwrap();
    }
    let connection = Connection::open(&copy).unwrap();
    assert!(is_sound(&connection));
    connection
}

#[test]
fn others_see_each_commit_whatever_is_synced() {
    for (mode, folder) in ["OFF", "NORMAL", "FULL", "EXTRA"].map(|mode| (mode, tempfile::tempdir().unwrap())) {
        let path = folder.path().join("a.db");
        let writer = writer(&path);
        writer.pragma_update(None, "synchronous", mode).unwrap();
        let reader = Connection::open(&path).unwrap();
        for round in 0..20 {
            writer.execute_batch("BEGIN IMMEDIATE").unwrap();
            add(&writer, round * 30, 30);
            assert_eq!(count(&reader), round * 30, "{mode}: not before the commit");
            writer.execute_batch("COMMIT").unwrap();
            assert_eq!(count(&reader), round * 30 + 30, "{mode}");
            assert_eq!(count(&after_a_crash(&path, folder.path())), round * 30 + 30, "{mode}");
        }
        assert!(is_sound(&reader) && is_sound(&writer), "{mode}");
    }
}

#[test]
fn what_is_undone_is_never_written_over_what_others_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let undone = writer(&path);
    undone.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    undone.execute_batch("CREATE TABLE other (n INTEGER PRIMARY KEY, text TEXT)").unwrap();
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let add_long = |connection: &Connection, text: &str| {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for number in 0..3_000 {
            connection.execute("INSERT INTO other VALUES (?1, ?2)", (number, text.repeat(2_000))).unwrap();
        }
    };
    // So that the pages that are undone are found in the file again, and the log is not looked at.
    undone.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
    undone.pragma_update(None, "cache_size", 1_000).unwrap();
    add_long(&undone, "u");
    undone.execute_batch("ROLLBACK").unwrap();
    add_long(&other, "k");
    other.execute_batch("COMMIT").unwrap();
    let kept = |connection: &Connection| -> i64 {
        connection.query_row("SELECT COUNT(*) FROM other WHERE text LIKE 'k%k'", [], |row| row.get(0)).unwrap()
    };
    for connection in [&undone, &other, &Connection::open(&path).unwrap()] {
        assert_eq!(kept(connection), 3_000);
        assert!(is_sound(connection));
    }
    add(&undone, 1, 10);
    assert_eq!(kept(&after_a_crash(&path, folder.path())), 3_000);
}

#[test]
fn pages_that_are_written_twice_in_a_commit_are_whole_whatever_is_synced() {
    for (mode, folder) in ["OFF", "NORMAL", "FULL"].map(|mode| (mode, tempfile::tempdir().unwrap())) {
        let path = folder.path().join("a.db");
        let writer = writer(&path);
        writer.pragma_update(None, "synchronous", mode).unwrap();
        writer.pragma_update(None, "cache_size", 5).unwrap();
        for round in 1..4 {
            writer.execute_batch("BEGIN IMMEDIATE").unwrap();
            add(&writer, round * 1_000, 600);
            writer.execute("UPDATE t SET text = n", []).unwrap();
            writer.execute_batch("COMMIT").unwrap();
            assert_eq!(count(&after_a_crash(&path, folder.path())), round * 600, "{mode}");
        }
    }
}

#[test]
fn where_sectors_are_filled_up_nothing_is_gathered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
    let name = format!("file:{}?psow=0", path.display());
    let writer = Connection::open_with_flags_and_vfs(name, flags, wal_vfs::name().unwrap()).unwrap();
    writer.pragma_update(None, "journal_mode", "WAL").unwrap();
    writer.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)").unwrap();
    let reader = Connection::open(&path).unwrap();
    for round in 1..20 {
        add(&writer, round * 10, 10);
        assert_eq!(count(&reader), round * 10);
    }
    assert!(is_sound(&reader));
}

#[test]
fn more_than_memory_has_room_for_is_written_read_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let writer = writer(&path);
    // So few pages that those of a transaction go to the log before its end, some of them more than once.
    writer.pragma_update(None, "cache_size", 5).unwrap();
    writer.pragma_update(None, "wal_autocheckpoint", 50).unwrap();
    let reader = Connection::open(&path).unwrap();
    let mut kept = 0;
    for round in 0..12 {
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        add(&writer, round * 1_000, 900);
        writer.execute("UPDATE t SET text = ?1 || n WHERE n % 7 = 0", ["y".repeat(600)]).unwrap();
        assert_eq!(count(&writer), kept + 900);
        if round % 3 == 0 {
            writer.execute_batch("ROLLBACK").unwrap();
        } else {
            writer.execute_batch("COMMIT").unwrap();
            kept += 900;
        }
        assert_eq!((count(&reader), count(&writer)), (kept, kept));
        assert_eq!(count(&after_a_crash(&path, folder.path())), kept);
    }
    assert!(is_sound(&writer) && is_sound(&reader));
    let ys: i64 =
        reader.query_row("SELECT COUNT(*) FROM t WHERE text = ?1 || n", ["y".repeat(600)], |row| row.get(0)).unwrap();
    let sevens: i64 = reader.query_row("SELECT COUNT(*) FROM t WHERE n % 7 = 0", [], |row| row.get(0)).unwrap();
    assert_eq!(ys, sevens);
}

#[test]
fn connections_with_and_without_it_write_one_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let through = writer(&path);
    let plain = Connection::open(&path).unwrap();
    for (round, connection) in [&through, &plain].into_iter().cycle().take(40).enumerate() {
        add(connection, i64::try_from(round).unwrap() * 10, 10);
        if round % 9 == 8 {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        }
    }
    assert_eq!((count(&through), count(&plain)), (400, 400));
    assert!(is_sound(&through));
    plain.close().unwrap();
    through.close().unwrap();
    assert!(!path.with_extension("db-wal").exists(), "the last to close cleans up");
    assert_eq!(count(&Connection::open(&path).unwrap()), 400);
}

#[test]
fn without_a_log_it_is_as_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let writer = writer(&path);
    writer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    add(&writer, 1, 100);
    writer.execute_batch("CREATE TEMP TABLE other AS SELECT * FROM t; VACUUM").unwrap();
    assert_eq!(count(&Connection::open(&path).unwrap()), 100);
    let missing = folder.path().join("none").join("a.db");
    let opened = Connection::open_with_flags_and_vfs(missing, OpenFlags::default(), wal_vfs::name().unwrap());
    assert_eq!(opened.unwrap_err().sqlite_error_code(), Some(rusqlite::ErrorCode::CannotOpen));
}
