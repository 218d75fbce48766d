//! What is known of an applicant in a flow: gathered call by call, for a short time, by its merchant alone.

use std::sync::Arc;
use std::time::Duration;

use domain::Clock as _;
use domain::applicant::{ApplicantDraft, ApplicantFaults, Message};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, Scope};
use service::information::{FlowCaller, Information, InformationError, LONGEST_FLOW, OpenFlows};
use service::{Core, MasterKeys, Settings};
use store::StoreError;
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, draft, operator};
use testkit::on_both_engines;
use testkit::random::TestRandom;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

const HOUR: Duration = Duration::from_secs(3600);

/// A merchant with flows.
#[derive(Clone, Copy)]
struct Till {
    partner: PartnerId,
    client: ClientIdentifier,
}

impl Till {
    async fn open(test: &TestCore) -> [Self; 2] {
        let added = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&added).await;
        let mut tills = Vec::new();
        for number in 1..=2 {
            let mut draft = draft("QUICK3", number);
            draft.service_type = Some("POS_FINANCING".into());
            let made = test.core.create_client(&provisioner, &draft, None, &operator()).await.unwrap().value;
            tills.push(Self { partner: provisioner.holder.partner, client: made.client });
        }
        tills.try_into().ok().unwrap()
    }

    /// With a token of the scope `merchant`.
    const fn caller(self) -> FlowCaller {
        FlowCaller { partner: self.partner, client: self.client, family: FamilyId(Uuid::nil()), scope: Scope::Merchant }
    }

    /// With a token of the scope `customer` of this family.
    const fn customer(self, family: u8) -> FlowCaller {
        let family = FamilyId(Uuid::from_bytes([family; 16]));
        FlowCaller { partner: self.partner, client: self.client, family, scope: Scope::Customer }
    }

    async fn tell(self, core: &Core, flow: u8, said: ApplicantDraft) -> Result<Information, InformationError> {
        tell_by(self.caller(), core, flow, said).await
    }

    async fn known(self, core: &Core, flow: u8) -> Option<ApplicantDraft> {
        core.information_of(self.caller(), reference(flow)).await.unwrap()
    }
}

async fn tell_by(
    caller: FlowCaller,
    core: &Core,
    flow: u8,
    said: ApplicantDraft,
) -> Result<Information, InformationError> {
    core.keep_information(caller, reference(flow), (said, ApplicantFaults::new()), &operator()).await
}

fn reference(flow: u8) -> Uuid {
    Uuid::from_bytes([flow; 16])
}

/// A draft that says this one thing.
fn says(param: &str, text: &str) -> ApplicantDraft {
    serde_json::from_value(serde_json::json!({ param: text })).unwrap()
}

fn faults(result: Result<Information, InformationError>) -> Vec<(&'static str, &'static str)> {
    match result {
        Err(InformationError::Invalid(faults)) => {
            faults.into_vec().iter().map(|fault| (fault.param, fault.message.id())).collect()
        }
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn what_is_said_is_gathered_for_the_flow_and_its_time(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, other] = Till::open(&test).await;
        let first = till.tell(&test.core, 1, says("first_name", " Marie ")).await.unwrap();
        assert_eq!((first.known.as_slice(), first.missing.len()), (&["first_name"][..], 19));
        assert_eq!(first.expires_at, test.core.clock().now().after(HOUR));

        test.clock.advance(HOUR / 2);
        let second = till.tell(&test.core, 1, says("province", "ON")).await.unwrap();
        assert_eq!(second.known, ["first_name", "province"]);
        assert!(!second.missing.contains(&"province") && second.expires_at > first.expires_at);
        let known = till.known(&test.core, 1).await.unwrap();
        assert_eq!((known.first_name.as_deref(), known.province.as_deref()), (Some("Marie"), Some("ON")));
        let replaced = till.tell(&test.core, 1, says("first_name", "Anne")).await.unwrap();
        assert_eq!(replaced.known, second.known);
        assert_eq!(till.known(&test.core, 1).await.unwrap().first_name.as_deref(), Some("Anne"));

        // Nobody else's, and of no other flow.
        assert_eq!((other.known(&test.core, 1).await, till.known(&test.core, 2).await), (None, None));
        let others = other.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        assert_eq!(others.known, ["city"]);

        // What is wrong with what was said before is wrong, and changes nothing.
        let wrong = till.tell(&test.core, 1, says("postal_code", "H2X 1Y4")).await;
        assert_eq!(faults(wrong), [("postal_code", "not_as_before")]);
        let mut of_the_front = ApplicantFaults::new();
        of_the_front.add("dob", Message::NotText, None);
        let said = (says("email", "no"), of_the_front);
        let both = test.core.keep_information(till.caller(), reference(1), said.clone(), &operator()).await;
        assert_eq!(faults(both), [("dob", "not_text"), ("email", "email")]);
        let said = (says("email", "a@example.ca"), said.1);
        let one = test.core.keep_information(till.caller(), reference(1), said, &operator()).await;
        assert_eq!(faults(one), [("dob", "not_text")]);
        assert_eq!(till.known(&test.core, 1).await.unwrap().known(), ["first_name", "province"]);

        // As none once its time is over, whether or not it is still there.
        test.clock.advance(HOUR);
        assert_eq!((till.known(&test.core, 1).await, other.known(&test.core, 1).await), (None, None));
        let anew = till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        assert_eq!(anew.known, ["city"]);
        assert_eq!(test.core.clean_up().await.unwrap(), 1, "the other merchant's");
        assert_eq!(till.known(&test.core, 1).await.unwrap().known(), ["city"]);
    }

    async fn the_trail_names_what_was_said_and_not_what_it_is(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let said = ApplicantDraft { last_name: Some("Tremblay".into()), ..says("security_answer", "hunter2") };
        till.tell(&test.core, 1, said).await.unwrap();
        let before = test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        till.tell(&test.core, 1, says("email", "Tremblay")).await.unwrap_err();
        let records = test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        assert_eq!(records.len(), before.len());
        let record = &records[0];
        assert_eq!((record.action.as_str(), record.detail.as_str()), ("information.keep", "last_name, security_answer"));
        assert_eq!(record.subject, "flow:01010101-0101-0101-0101-010101010101");
        let shown = format!("{records:?}");
        assert!(!shown.contains("Tremblay") && !shown.contains("hunter2"), "{shown}");
    }

    async fn a_revoked_merchants_flows_leave_by_themselves(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        let id = test.core.merchant_of(till.partner, till.client).await.unwrap().unwrap().client_id;
        test.core.revoke_merchant(&id, &operator()).await.unwrap();
        assert_eq!(test.core.clean_up().await.unwrap(), 0);
        test.clock.advance(HOUR);
        assert_eq!(test.core.clean_up().await.unwrap(), 1);
    }

    async fn a_merchant_has_so_many_flows_and_others_have_theirs(database: TestDatabase) {
        let settings = Settings { most_open_flows: 2, ..Settings::default() };
        let test = TestCore::with(&database, settings).await;
        let [till, other] = Till::open(&test).await;
        till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        test.clock.advance(HOUR / 2);
        till.tell(&test.core, 2, says("city", "Ottawa")).await.unwrap();
        let third = till.tell(&test.core, 3, says("city", "Ottawa")).await;
        assert!(matches!(third, Err(InformationError::TooManyFlows { most: 2, of: OpenFlows::Merchant })), "{third:?}");
        till.tell(&test.core, 2, says("city", "Gatineau")).await.unwrap();
        other.tell(&test.core, 3, says("city", "Ottawa")).await.unwrap();
        // The first has ended, and nobody has removed it yet.
        test.clock.advance(HOUR / 2);
        till.tell(&test.core, 3, says("city", "Ottawa")).await.unwrap();
    }

    async fn a_call_that_says_nothing_opens_no_flow(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let before = test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len();
        for said in [ApplicantDraft::default(), says("city", "  ")] {
            for caller in [till.caller(), till.customer(1)] {
                let told = tell_by(caller, &test.core, 1, said.clone()).await.unwrap();
                assert_eq!((told.known.len(), told.missing.len()), (0, 20));
                assert_eq!(told.expires_at, test.core.clock().now().after(HOUR));
            }
        }
        assert_eq!(test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len(), before);
        test.clock.advance(HOUR);
        assert_eq!(test.core.clean_up().await.unwrap(), 0, "there is no row");
        // In one that is open it puts off the end.
        till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        test.clock.advance(HOUR / 2);
        let told = till.tell(&test.core, 1, ApplicantDraft::default()).await.unwrap();
        assert_eq!((told.known.as_slice(), told.expires_at), (&["city"][..], test.core.clock().now().after(HOUR)));
    }

    async fn no_flow_is_kept_for_more_than_a_day(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        let end = test.core.clock().now().after(LONGEST_FLOW);
        for _ in 0..46 {
            test.clock.advance(HOUR / 2);
            let told = till.tell(&test.core, 1, ApplicantDraft::default()).await.unwrap();
            assert_eq!(told.expires_at, test.core.clock().now().after(HOUR));
        }
        test.clock.advance(HOUR / 2);
        let told = till.tell(&test.core, 1, says("province", "ON")).await.unwrap();
        assert_eq!((told.known.as_slice(), told.expires_at), (&["city", "province"][..], end));
        test.clock.advance(HOUR / 2);
        assert_eq!(till.known(&test.core, 1).await, None);
        // Anew it has a day of its own.
        let anew = till.tell(&test.core, 1, says("last_name", "Roy")).await.unwrap();
        assert_eq!((anew.known.as_slice(), anew.expires_at), (&["last_name"][..], end.after(HOUR)));
    }

    async fn a_customer_adds_to_what_its_own_family_opened(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, other] = Till::open(&test).await;
        let tell = async |caller, flow, said| tell_by(caller, &test.core, flow, said).await;
        let is_refused = async |caller, flow| {
            for said in [says("email", "b@example.ca"), says("email", "no"), ApplicantDraft::default()] {
                let told = tell(caller, flow, said).await;
                assert!(matches!(told, Err(InformationError::AnothersFlow)), "{told:?}");
            }
        };
        tell(till.customer(1), 1, says("email", "a@example.ca")).await.unwrap();
        till.tell(&test.core, 2, says("email", "a@example.ca")).await.unwrap();
        is_refused(till.customer(2), 1).await;
        is_refused(till.customer(2), 2).await;
        assert_eq!(till.known(&test.core, 1).await, Some(says("email", "a@example.ca")));
        // The merchant adds to any, and the flow stays the customer's.
        till.tell(&test.core, 1, says("city", "Ottawa")).await.unwrap();
        let told = tell(till.customer(1), 1, says("province", "ON")).await.unwrap();
        assert_eq!(told.known, ["email", "city", "province"]);
        is_refused(till.customer(2), 1).await;
        // Nor is it taken for what another customer says of itself.
        let of_another = test.core.information_of(till.customer(2), reference(1)).await;
        assert!(matches!(of_another, Err(InformationError::AnothersFlow)), "{of_another:?}");
        let own = test.core.information_of(till.customer(1), reference(1)).await.unwrap();
        assert_eq!(own, till.known(&test.core, 1).await);
        // Another merchant's flow of the same reference is another one.
        assert_eq!(tell(other.customer(2), 1, says("city", "Ottawa")).await.unwrap().known, ["city"]);
        // One that has ended is as none, and then whose that opens it.
        test.clock.advance(HOUR);
        assert_eq!(tell(till.customer(2), 1, says("city", "Gatineau")).await.unwrap().known, ["city"]);
        is_refused(till.customer(1), 1).await;
    }

    async fn customers_leave_flows_for_the_merchant(database: TestDatabase) {
        let settings = Settings { most_open_flows: 51, ..Settings::default() };
        let test = TestCore::with(&database, settings).await;
        let [till, other] = Till::open(&test).await;
        let tell = async |caller, flow| tell_by(caller, &test.core, flow, says("city", "Ottawa")).await.map(drop);
        let full = |told: Result<(), InformationError>| match told {
            Err(InformationError::TooManyFlows { most, of }) => (most, of),
            told => panic!("{told:?}"),
        };
        for flow in 0..20 {
            tell(till.customer(1), flow).await.unwrap();
        }
        assert_eq!(full(tell(till.customer(1), 20).await), (20, OpenFlows::Family));
        tell(till.customer(1), 19).await.unwrap();
        for flow in 20..25 {
            tell(till.customer(2), flow).await.unwrap();
        }
        assert_eq!(full(tell(till.customer(2), 25).await), (25, OpenFlows::Customers));
        assert_eq!(full(tell(till.customer(3), 25).await), (25, OpenFlows::Customers));
        for flow in 25..51 {
            tell(till.caller(), flow).await.unwrap();
        }
        assert_eq!(full(tell(till.caller(), 51).await), (51, OpenFlows::Merchant));
        tell(till.customer(2), 24).await.unwrap();
        tell(other.customer(1), 51).await.unwrap();
        // Ended ones do not count, while they are still there.
        test.clock.advance(HOUR);
        tell(till.customer(1), 100).await.unwrap();
        tell(till.caller(), 101).await.unwrap();
    }

    async fn of_two_customers_that_open_one_flow_at_once_one_does(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        for flow in 1..=4 {
            let mut calls = JoinSet::new();
            for family in 1..=4 {
                let core = tests[usize::from(family) % 2].core.clone();
                calls.spawn(async move { tell_by(till.customer(family), &core, flow, says("city", "Ottawa")).await });
            }
            let (taken, refused): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!(taken.len(), 1);
            assert!(refused.iter().all(|told| matches!(told, Err(InformationError::AnothersFlow))), "{refused:?}");
        }
    }

    async fn two_processes_that_add_to_one_flow_at_once_lose_nothing(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        let said = [
            ("salutation", "mrs"),
            ("first_name", "Marie"),
            ("last_name", "Tremblay"),
            ("email", "marie@example.ca"),
            ("address_1", "55 Queen St W"),
            ("city", "Ottawa"),
            ("province", "ON"),
            ("postal_code", "K1A 0B1"),
        ];
        for flow in 1..=4 {
            let mut calls = JoinSet::new();
            for (place, (param, text)) in said.into_iter().enumerate() {
                let core = tests[place % 2].core.clone();
                calls.spawn(async move { till.tell(&core, flow, says(param, text)).await.unwrap().known });
            }
            let answers = calls.join_all().await;
            let mut lengths: Vec<_> = answers.iter().map(Vec::len).collect();
            lengths.sort_unstable();
            assert_eq!(lengths, [1, 2, 3, 4, 5, 6, 7, 8], "one after the other");
            assert_eq!(till.known(&tests[0].core, flow).await.unwrap().known(), said.map(|(param, _)| param));
        }
    }

    async fn two_calls_that_contradict_each_other_are_not_both_taken(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        for flow in 1..=4 {
            let [one, two] = [tests[0].core.clone(), tests[1].core.clone()];
            let (province, code) = tokio::join!(
                tokio::spawn(async move { till.tell(&one, flow, says("province", "QC")).await }),
                tokio::spawn(async move { till.tell(&two, flow, says("postal_code", "K1A 0B1")).await }),
            );
            let taken = [province.unwrap(), code.unwrap()].into_iter().filter(Result::is_ok).count();
            assert_eq!(taken, 1);
        }
    }

    async fn it_is_sealed_and_a_new_master_key_takes_it_over(database: TestDatabase) {
        let open = async |keys: &str| {
            let keys = MasterKeys::parse(keys).unwrap();
            let random = Arc::new(TestRandom::new(u64::MAX / 3));
            let db = database.open().await;
            Core::open(db, Arc::new(TestClock::new()), random, keys, Settings::default()).await.unwrap()
        };
        let test = TestCore::open(&database).await;
        let [till, other] = Till::open(&test).await;
        till.tell(&test.core, 1, says("last_name", "Tremblay")).await.unwrap();
        till.tell(&test.core, 2, says("last_name", "Tremblay")).await.unwrap();
        other.tell(&test.core, 1, says("last_name", "Roy")).await.unwrap();
        let (of, at) = ((till.partner, till.client), test.core.clock().now());
        let mut reader = test.core.db().reader().await.unwrap();
        let kept = store::flow_information::by_flow(&mut reader, of, reference(1), at).await.unwrap().unwrap();
        drop(reader);
        assert!(!kept.sealed.windows(8).any(|bytes| bytes == b"Tremblay"));

        let both = open(&format!("1:{MASTER_KEY},2:{NEW_KEY}")).await;
        let needed = both.under_older_keys().await.unwrap().secrets;
        both.reseal(&operator(), |_| {}).await.unwrap();
        assert_eq!((needed > 3, both.under_older_keys().await.unwrap().secrets), (true, 0));
        let new = open(&format!("2:{NEW_KEY}")).await;
        assert_eq!(till.known(&new, 2).await, Some(says("last_name", "Tremblay")));
        assert_eq!(other.known(&new, 1).await, Some(says("last_name", "Roy")));
    }

    async fn what_is_refused_waits_for_no_write_and_undoes_none(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        tell_by(till.customer(1), &test.core, 1, says("city", "Ottawa")).await.unwrap();
        let mut reader = test.core.db().reader().await.unwrap();
        let merchant = (till.partner, till.client);
        let found = store::flow_information::by_flow(&mut reader, merchant, reference(1), test.clock.now()).await;
        let row = found.unwrap().unwrap();
        drop(reader);
        // Somebody writes, and has the flow.
        let (taken, end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let writer = {
            let (db, taken, end) = (test.core.db().clone(), Arc::clone(&taken), Arc::clone(&end));
            tokio::spawn(async move {
                db.take(move |tx| {
                    let (row, taken, end) = (row.clone(), Arc::clone(&taken), Arc::clone(&end));
                    Box::pin(async move {
                        store::flow_information::take(tx, &row).await?;
                        taken.add_permits(1);
                        end.acquire().await.unwrap().forget();
                        Ok::<_, StoreError>(())
                    })
                })
                .await
            })
        };
        taken.acquire().await.unwrap().forget();
        let wrong = tell_by(till.customer(1), &test.core, 1, says("email", "no")).await;
        assert!(matches!(wrong, Err(InformationError::Invalid(_))), "{wrong:?}");
        let anothers = tell_by(till.customer(2), &test.core, 1, says("city", "Gatineau")).await;
        assert!(matches!(anothers, Err(InformationError::AnothersFlow)), "{anothers:?}");
        end.add_permits(1);
        writer.await.unwrap().unwrap();
    }
}
