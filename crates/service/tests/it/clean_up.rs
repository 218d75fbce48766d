//! What has had its time is removed, however much there is of it, and whatever else can't be.

use std::time::Duration;

use domain::applicant::{ApplicantDraft, ApplicantFaults};
use domain::oauth_token::{FamilyId, LIFETIME, Scope};
use service::information::FlowCaller;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::oauth_token::{Till, context};
use crate::sql::{execute, number};

/// More than any pair is kept after it was issued.
const OVER: Duration = Duration::from_secs(LIFETIME.as_secs() + 3601);

const FLOWS: &str = "SELECT COUNT(*) FROM flow_information";
const PAIRS: &str = "SELECT COUNT(*) FROM oauth_token";

/// Makes every removal of a pair one that leaves as many, which is how it looks where they are issued as fast.
const PUT_BACK_SQLITE: &str = "CREATE TRIGGER put_back AFTER DELETE ON oauth_token BEGIN INSERT INTO oauth_token VALUES (OLD.partner_id, \
    OLD.client_id, OLD.token_id, OLD.family_id, OLD.access_lookup, OLD.refresh_lookup, OLD.scope, OLD.username, OLD.user_version, \
    OLD.secret_mark, OLD.created_at, OLD.expires_at, OLD.revoked_at, OLD.refreshed_at); END";
const PUT_BACK_POSTGRES: &str = "CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN INSERT INTO oauth_token SELECT OLD.*; RETURN NULL; END $$; \
    CREATE TRIGGER put_back AFTER DELETE ON oauth_token FOR EACH ROW EXECUTE FUNCTION put_back()";

/// Opens a flow at this merchant.
async fn open_flow(till: &Till) {
    let partner = till.provisioner.holder.partner;
    let caller = FlowCaller { partner, client: till.creditor, family: FamilyId(Uuid::nil()), scope: Scope::Merchant };
    let said = ApplicantDraft { city: Some("Ottawa".into()), ..ApplicantDraft::default() };
    let said = (said, ApplicantFaults::new());
    till.test.core.keep_information(caller, Uuid::from_bytes([1; 16]), said, &operator()).await.unwrap();
}

on_both_engines! {
    async fn all_pairs_that_have_had_their_time_are_removed_however_many_there_are(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let core = &till.test.core;
        for pairs in [50, 51, 101] {
            for _ in 0..pairs {
                till.pair().await;
            }
            till.test.clock.advance(OVER);
            let kept = till.pair().await;
            assert_eq!(core.clean_up().await.unwrap(), pairs);
            till.works(&kept).await.unwrap();
            assert_eq!(number(&database, PAIRS).await, 1, "{pairs}");
            // So that none is left of this round.
            till.test.clock.advance(OVER);
            assert_eq!(core.clean_up().await.unwrap(), 1);
        }
        // The ends of families are as many as pairs, and leave with them.
        let client = till.client().await;
        for _ in 0..51 {
            let pair = till.pair().await;
            core.revoke_token(&client, &pair.refresh.expose().to_text(), &context()).await.unwrap();
        }
        till.test.clock.advance(OVER);
        assert_eq!(core.clean_up().await.unwrap(), 102);
    }

    async fn what_can_not_be_removed_keeps_nothing_else(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        for (away, back) in [
            ("ALTER TABLE oauth_token RENAME TO away", "ALTER TABLE away RENAME TO oauth_token"),
            ("ALTER TABLE heartbeat RENAME TO away", "ALTER TABLE away RENAME TO heartbeat"),
            ("ALTER TABLE merchant RENAME TO away", "ALTER TABLE away RENAME TO merchant"),
        ] {
            open_flow(&till).await;
            till.pair().await;
            till.test.clock.advance(OVER);
            execute(&database, away).await;
            till.test.core.clean_up().await.unwrap_err();
            assert_eq!(number(&database, FLOWS).await, 0, "{away}");
            execute(&database, back).await;
            let pairs = number(&database, PAIRS).await;
            assert_eq!(pairs, i64::from(away.contains("oauth_token")), "{away}");
            till.test.core.clean_up().await.unwrap();
        }
    }

    async fn flows_are_removed_while_pairs_are_issued_as_fast_as_they_are_removed(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        for _ in 0..50 {
            till.pair().await;
        }
        open_flow(&till).await;
        till.test.clock.advance(OVER);
        let is_postgres = database.url().starts_with("postgres");
        execute(&database, if is_postgres { PUT_BACK_POSTGRES } else { PUT_BACK_SQLITE }).await;
        let jobs = till.test.core.start_jobs();
        let removed = tokio::time::timeout(Duration::from_secs(30), async { while number(&database, FLOWS).await > 0 {} });
        removed.await.expect("flows are removed");
        assert_eq!(number(&database, PAIRS).await, 50);
        jobs.stop().await;
    }
}
