//! The audit trail: every change leaves a record, and a change of the trail shows.

use futures_util::future::join_all;
use service::Core;
use service::audit::{TrailFault, TrailReport};
use sqlx::Connection;
use store::Engine;
use testkit::core::{TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

async fn run(database: &TestDatabase, statements: &[&'static str]) {
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            for sql in statements {
                sqlx::raw_sql(*sql).execute(&mut connection).await.unwrap();
            }
        }
        Engine::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            for sql in statements {
                sqlx::raw_sql(*sql).execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// What somebody with the database in hand would do first.
fn disarm(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Sqlite => &[
            "DROP TRIGGER audit_record_no_update; DROP TRIGGER audit_record_no_delete;",
            "DROP TRIGGER audit_seal_no_update; DROP TRIGGER audit_seal_no_delete;",
        ],
        Engine::Postgres => &[
            "ALTER TABLE audit_record DISABLE TRIGGER audit_record_append_only",
            "ALTER TABLE audit_seal DISABLE TRIGGER audit_seal_append_only",
        ],
    }
}

async fn trail(core: &Core) -> TrailReport {
    let reports = core.verify_audit().await.unwrap();
    reports.into_iter().find(|report| report.partner_code == "QUICK3").unwrap()
}

/// A trail of several seals.
async fn filled(database: &TestDatabase) -> TestCore {
    let test = TestCore::open(database).await;
    let partner = test.partner("QUICK3").await;
    let provisioner = test.provisioner(&partner).await;
    for number in 0..6 {
        test.core.create_client(&provisioner, &draft("QUICK3", number), None, &operator()).await.unwrap();
        if number % 2 == 0 {
            test.core.seal_audit().await.unwrap();
        }
    }
    let report = trail(&test.core).await;
    assert_eq!((report.records, report.sealed, report.pending, report.seals), (7, 6, 1, 3));
    assert_eq!(report.faults, []);
    test
}

on_both_engines! {
    async fn the_seals_cover_every_record(database: TestDatabase) {
        let test = filled(&database).await;
        assert_eq!(test.core.seal_audit().await.unwrap(), 1);
        assert_eq!(test.core.seal_audit().await.unwrap(), 0);
        let report = trail(&test.core).await;
        assert_eq!((report.records, report.sealed, report.pending, report.faults), (7, 7, 0, vec![]));
        assert_eq!(report.head.len(), 64);
    }

    async fn a_changed_record_shows(database: TestDatabase) {
        let test = filled(&database).await;
        run(&database, disarm(database.engine())).await;
        run(&database, &["UPDATE audit_record SET subject = 'client:1' WHERE subject = 'client:100002'"]).await;
        assert_eq!(trail(&test.core).await.faults, [TrailFault::WrongHash(2)]);
    }

    async fn a_missing_record_shows(database: TestDatabase) {
        let test = filled(&database).await;
        run(&database, disarm(database.engine())).await;
        run(&database, &["DELETE FROM audit_record WHERE subject = 'client:100002'"]).await;
        let faults = trail(&test.core).await.faults;
        assert!(matches!(faults[..], [TrailFault::MissingRecord { seal: 2, .. }]), "{faults:?}");
    }

    async fn a_missing_seal_shows(database: TestDatabase) {
        let test = filled(&database).await;
        run(&database, disarm(database.engine())).await;
        run(&database, &["DELETE FROM audit_seal WHERE seal_number = 2"]).await;
        let faults = trail(&test.core).await.faults;
        assert!(matches!(faults[..], [TrailFault::MissingSeal(2), TrailFault::WrongCount { .. }]), "{faults:?}");
    }

    async fn a_record_slipped_in_shows(database: TestDatabase) {
        let test = filled(&database).await;
        let slipped = match database.engine() {
            Engine::Sqlite => "INSERT INTO audit_record SELECT partner_id, zeroblob(16), at, actor, action, subject, source, \
                               request_id, outcome, detail FROM audit_record WHERE subject = 'client:100002'",
            Engine::Postgres => "INSERT INTO audit_record SELECT partner_id, gen_random_uuid(), at, actor, action, subject, source, \
                                 request_id, outcome, detail FROM audit_record WHERE subject = 'client:100002'",
        };
        run(&database, &[slipped]).await;
        let faults = trail(&test.core).await.faults;
        assert!(matches!(faults[..], [TrailFault::WrongCount { found: 8, accounted: 7 }]), "{faults:?}");
    }

    async fn two_processes_seal_one_trail(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let partner = here.partner("QUICK3").await;
        let provisioner = here.provisioner(&partner).await;
        let tries = (0..60).map(|number| {
            let (core, provisioner) = (here.core.clone(), provisioner.clone());
            let sealer = if number % 2 == 0 { here.core.clone() } else { there.core.clone() };
            tokio::spawn(async move {
                core.create_client(&provisioner, &draft("QUICK3", number), None, &operator()).await.unwrap();
                if number % 5 == 0 {
                    sealer.seal_audit().await.unwrap();
                }
            })
        });
        for done in join_all(tries).await {
            done.unwrap();
        }
        here.core.seal_audit().await.unwrap();
        let report = trail(&here.core).await;
        assert_eq!((report.records, report.sealed, report.pending, report.faults), (61, 61, 0, vec![]));
    }
}
