//! Starts that are refused, with the reason and the remedy.

use std::fs::{File, Permissions, read_dir, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use testkit::core::MASTER_KEY;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::process::{Installation, within};

use super::{installation, sql};

on_both_engines! {
    async fn a_newer_database_is_left_alone(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            drop(installation.run(&["migrate"]).await.done());
            let unchanged = installation.run(&["migrate", "--check", "--json"]).await.done().json();
            assert_eq!((&unchanged["applied"], &unchanged["missing"]), (&serde_json::json!([]), &serde_json::json!([])));
            // As a later program would leave it.
            const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                                 VALUES (9999, 'later', TRUE, '', 0)";
            sql::execute(database.url(), LATER).await;
            for command in [&["migrate"][..], &["migrate", "--check"], &["serve"], &["partner", "list"]] {
                drop(installation.run(command).await.failed(&["the database is newer than this program", "9999", "Run the newer program"]));
            }
            let doctor = installation.run(&["doctor"]).await;
            assert_eq!(doctor.code, Some(1), "{doctor:?}");
            assert!(doctor.stdout.contains("newer than this program"), "{doctor:?}");
            let left = read_dir(installation.directory()).unwrap().count();
            assert_eq!(left, 0, "no master key was made for it");
        })
        .await;
    }

    async fn the_wrong_master_key_is_told(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url()).with("TALLYSTICK_MASTER_KEY", MASTER_KEY);
            drop(installation.partner("QUICK3").await);
            let other = "HxwdHhobGBkWFxQVEhMQEQ4PDA0KCwgJBgcEBQIDAAE=";
            let installation = installation.with("TALLYSTICK_MASTER_KEY", other);
            let said = ["the master key does not fit this database", "TALLYSTICK_MASTER_KEY"];
            let refused = installation.run(&["serve"]).await.failed(&said);
            assert!(!refused.stderr.contains(other), "{refused:?}");
            drop(installation.run(&["partner", "list"]).await.failed(&said));
            assert_eq!(installation.run(&["doctor"]).await.code, Some(1));
        })
        .await;
    }

    async fn a_lost_master_key_is_missed(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            drop(installation.run(&["migrate"]).await.done());
            // Nothing is sealed yet: the first start makes one.
            let doctor = installation.run(&["doctor"]).await.done();
            assert!(doctor.stdout.contains("a sandbox makes it at its first start"), "{doctor:?}");

            drop(installation.partner("QUICK3").await);
            drop(installation.run(&["doctor"]).await.done());
            let beside = database.directory().unwrap_or(installation.directory());
            let keys = read_dir(beside).unwrap().map(|file| file.unwrap().path());
            let keys: Vec<_> = keys.filter(|path| path.extension().is_some_and(|kind| kind == "key")).collect();
            let [key] = keys.as_slice() else { panic!("{keys:?}") };
            let kept = std::fs::read(key).unwrap();
            std::fs::remove_file(key).unwrap();

            drop(installation.run(&["serve"]).await.failed(&["the master key does not fit this database"]));
            told(&installation, &[], &["master key", "is not there", "put that file back, or set TALLYSTICK_MASTER_KEY"]).await;
            assert!(!key.exists(), "the doctor makes none");
            std::fs::write(key, kept).unwrap();
            set_permissions(key, Permissions::from_mode(0o600)).unwrap();
            drop(installation.run(&["doctor"]).await.done());
        })
        .await;
    }
}

/// Expects that the doctor, with these further arguments, finds exactly one fault and tells this.
async fn told(installation: &Installation, arguments: &[&str], said: &[&str]) {
    let doctor = installation.run(&[&["doctor"], arguments].concat()).await;
    assert_eq!((doctor.code, doctor.stdout.matches("FAULT").count()), (Some(1), 1), "{doctor:?}");
    for text in said {
        assert!(doctor.stdout.contains(text), "`{text}` is missing: {doctor:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_what_is_wrong_with_a_sqlite_file() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        // Only the file itself is made at the first start.
        let nowhere = ["--database", "sqlite:nowhere/t.db"];
        drop(installation.run(&[&["serve"][..], &nowhere].concat()).await.failed(&["can't be opened"]));
        told(&installation, &nowhere, &["there is no folder nowhere", "make the folder nowhere"]).await;
        for there in ["sqlite:t.db", "sqlite:./t.db"] {
            drop(installation.run(&["doctor", "--database", there]).await.done());
        }

        std::fs::write(installation.directory().join("notes.txt"), "# Notes\n").unwrap();
        let notes = ["--database", "sqlite:notes.txt"];
        drop(installation.run(&[&["serve"][..], &notes].concat()).await.failed(&["not a database"]));
        told(&installation, &notes, &["it is no SQLite database", "name another file"]).await;

        // For anybody but the superuser, who may write to every file.
        drop(installation.run(&["migrate"]).await.done());
        let file = database.directory().unwrap().join("test.db");
        set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        if File::options().write(true).open(&file).is_err() {
            told(&installation, &[], &["can't be written to", "check the owner and the permissions"]).await;
        }
        std::fs::create_dir(installation.directory().join("folder")).unwrap();
        let folder = ["--database", "sqlite:folder"];
        told(&installation, &folder, &["can't be written to", "it is a folder"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_needs_a_master_key_of_its_own() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        for command in
            [&["serve", "--environment", "production"][..], &["partner", "list", "--environment", "production"]]
        {
            drop(installation.run(command).await.failed(&[
                "TALLYSTICK_MASTER_KEY",
                "--master-key-file",
                "openssl rand",
            ]));
        }
        let made = read_dir(installation.directory()).unwrap().chain(read_dir(database.directory().unwrap()).unwrap());
        let made = made.map(|file| file.unwrap().file_name().into_string().unwrap());
        assert!(made.into_iter().all(|name| !name.ends_with(".key")), "none is made");

        let installation = installation.with("TALLYSTICK_MASTER_KEY", "not-32-bytes");
        let refused =
            installation.run(&["serve", "--environment", "production"]).await.failed(&["TALLYSTICK_MASTER_KEY"]);
        assert!(!refused.stderr.contains("not-32-bytes"), "{refused:?}");
        let installation = installation.with("TALLYSTICK_MASTER_KEY", MASTER_KEY);
        let server = installation.serve(&["--environment", "production"]).await;
        drop(server);
        drop(installation.run(&["serve"]).await.failed(&["--environment production"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_others_may_read_is_refused() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let file = installation.directory().join("master.key");
        std::fs::write(&file, MASTER_KEY).unwrap();
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        for command in
            [&["serve", "--master-key-file", "master.key"][..], &["partner", "list", "--master-key-file", "master.key"]]
        {
            let refused =
                installation.run(command).await.failed(&["master.key is open to others", "chmod 600 master.key"]);
            assert!(!refused.stderr.contains(MASTER_KEY), "{refused:?}");
        }
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        drop(installation.run(&["partner", "list", "--master-key-file", "master.key"]).await.done());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        drop(installation.run(&["serve", "--listen", &address]).await.failed(&[&address, "--listen"]));
        drop(installation.run(&["serve", "--metrics-listen", &address]).await.failed(&[&address, "--metrics-listen"]));
        drop(installation.run(&["serve", "--database", "sqlite:/nowhere/t.db"]).await.failed(&["can't be opened"]));
    })
    .await;
}
