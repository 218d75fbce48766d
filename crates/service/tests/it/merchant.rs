//! Merchants: onboarded and added, changed, given new secrets, revoked; their locations and users.

use domain::Secret;
use domain::api_key::KeyKind;
use domain::identifier::{ClientIdentifier, MerchantId};
use domain::merchant::{LocationDraft, MerchantChange, MerchantDraft};
use domain::reference_data::Lang;
use service::AdminError;
use service::merchant::{MerchantWithSecret, OWN_PARTNER};
use service::merchant_user::NewMerchantUser;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;

pub(crate) const PASSWORD: &str = "dice-manila-purism";

pub(crate) fn named(client_id: &str) -> MerchantDraft {
    let settings = MerchantChange { name: Some("Flexiti Demo".into()), ..MerchantChange::default() };
    MerchantDraft { client_id: client_id.into(), settings }
}

pub(crate) async fn add(test: &TestCore, client_id: &str) -> MerchantWithSecret {
    test.core.add_merchant(None, &named(client_id), &operator()).await.unwrap()
}

pub(crate) fn user(username: &str, location: Option<&str>) -> NewMerchantUser {
    NewMerchantUser {
        username: username.into(),
        password: Secret::new(PASSWORD.into()),
        location: location.map(str::to_owned),
    }
}

fn codes<T: std::fmt::Debug>(refused: Result<T, AdminError>) -> Vec<(String, String)> {
    let Err(AdminError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
}

fn fault(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// The newest records of a partner: action, outcome and detail, newest first.
pub(crate) async fn records(test: &TestCore, partner: &str, limit: u32) -> Vec<(String, String, String)> {
    let records = test.core.audit_records(Some(partner), None, limit).await.unwrap();
    records.into_iter().map(|record| (record.action, record.outcome, record.detail)).collect()
}

/// Whether this is the secret of the merchant, as its partner is shown it.
async fn is_secret(test: &TestCore, new: &MerchantWithSecret) -> bool {
    let context = operator();
    let key = test.core.rotate_partner(&new.merchant.partner_code, KeyKind::Partner, None, &context).await.unwrap();
    let principal = test.core.authenticate(Some(&key.value.expose().to_text()), None).await.unwrap();
    let shown = test.core.show_credentials(&principal, new.merchant.client_identifier, &context).await.unwrap();
    let oauth = shown.oauth.unwrap();
    assert_eq!(oauth.id, new.merchant.client_id);
    oauth.secret == new.secret
}

on_both_engines! {
    async fn a_merchants_secret_is_shown_again_and_that_is_recorded(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let added = add(&test, "flexitidemo").await;
        let (merchant, secret) = test.core.reveal_merchant("flexitidemo", &operator()).await.unwrap();
        assert_eq!((merchant, secret.unwrap()), (added.merchant, added.secret));
        let shown = ("credentials.show".to_owned(), "done".to_owned(), "client id flexitidemo".to_owned());
        assert_eq!(records(&test, OWN_PARTNER, 1).await, [shown]);
        test.core.revoke_merchant("flexitidemo", &operator()).await.unwrap();
        let before = records(&test, OWN_PARTNER, 100).await;
        assert_eq!(test.core.reveal_merchant("flexitidemo", &operator()).await.unwrap().1, None);
        assert_eq!(records(&test, OWN_PARTNER, 100).await, before, "nothing was shown");
        let nobody = test.core.reveal_merchant("nobody", &operator()).await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))));
    }

    async fn a_client_of_the_service_is_a_merchant_from_its_onboarding_on(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let mut clients = Vec::new();
        for number in 1..=3 {
            let mut draft = draft("QUICK3", number);
            draft.service_type = Some(if number == 2 { "LIFECYCLE" } else { "POS_FINANCING" }.into());
            draft.name = Some("é".repeat(200));
            draft.language_code = Some("FR".into());
            clients.push(test.core.create_client(&provisioner, &draft, None, &operator()).await.unwrap().value);
        }
        let merchants = test.core.list_merchants(Some("QUICK3"), None, 10).await.unwrap();
        let ids: Vec<_> = merchants.iter().map(|merchant| (merchant.client_identifier, merchant.client_id.clone())).collect();
        let expected = [&clients[0], &clients[2]].map(|client| (client.client, client.oauth.clone().unwrap().id));
        assert_eq!(ids, expected);
        assert_eq!([merchants[0].merchant_id, merchants[1].merchant_id], [MerchantId(300_001), MerchantId(300_002)]);
        let merchant = test.core.merchant_of(partner.partner, clients[0].client).await.unwrap().unwrap();
        assert_eq!((&merchant, merchant.name.chars().count()), (&merchants[0], 130));
        assert_eq!((merchant.default_language, merchant.password_grant), (Lang::French, false));
        assert_eq!(test.core.merchant_of(partner.partner, clients[1].client).await.unwrap(), None);
        assert_eq!(test.core.add_missing_merchants().await.unwrap(), 0);
    }

    async fn the_operator_adds_one_by_its_name_alone(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let added = add(&test, "flexitidemo").await;
        let merchant = &added.merchant;
        assert_eq!((merchant.client_id.as_str(), merchant.partner_code.as_str()), ("flexitidemo", OWN_PARTNER));
        assert_eq!(test.core.show_merchant("flexitidemo").await.unwrap(), *merchant);
        let second = add(&test, "FlexitiDemo").await;
        assert_ne!(second.merchant.merchant_id, merchant.merchant_id);
        assert_eq!(test.core.list_partners().await.unwrap().len(), 1, "both are of one");
        let client = test.core.show_client(merchant.client_identifier).await.unwrap();
        assert_eq!((client.service_type.as_str(), client.country_code.as_str()), ("POS_FINANCING", "CA"));
        assert_eq!(client.business_code, format!("merchant-{}", merchant.merchant_id));
        let records = records(&test, OWN_PARTNER, 10).await;
        assert_eq!(records.iter().map(|record| record.0.as_str()).collect::<Vec<_>>(), ["merchant.add", "merchant.add", "partner.add"]);
        assert!(!format!("{records:?} {added:?}").contains(&added.secret.expose().to_text()));

        test.partner("QUICK3").await;
        let of_partner = test.core.add_merchant(Some("QUICK3"), &named("shop"), &operator()).await.unwrap();
        assert_eq!(of_partner.merchant.partner_code, "QUICK3");
        let taken = test.core.add_merchant(Some("QUICK3"), &named("flexitidemo"), &operator()).await;
        assert!(matches!(taken, Err(AdminError::Exists(_))), "{taken:?}");
        let nobody = test.core.add_merchant(Some("NOBODY"), &named("other"), &operator()).await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
        test.core.revoke_partner("QUICK3", &operator()).await.unwrap();
        let revoked = test.core.add_merchant(Some("QUICK3"), &named("other"), &operator()).await;
        assert!(matches!(revoked, Err(AdminError::State(_))), "{revoked:?}");
        let wrong = MerchantDraft { client_id: "pos-1".into(), settings: MerchantChange::default() };
        let wrong = codes(test.core.add_merchant(None, &wrong, &operator()).await);
        assert_eq!(wrong, [fault("clientId", "client_id_reserved"), fault("name", "required")]);
    }

    async fn a_client_that_an_older_program_has_onboarded_becomes_a_merchant_when_it_is_asked_for(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (first, second) = (add(&test, "flexitidemo").await.merchant, add(&test, "shop").await.merchant);
        crate::sql::execute(&database, "DELETE FROM merchant").await;
        let again = test.core.merchant_of(first.partner, first.client_identifier).await.unwrap().unwrap();
        assert_eq!((again.client_id, again.name), (first.client_id, first.name));
        assert_ne!(again.merchant_id, first.merchant_id, "no number is given twice");
        test.core.clean_up().await.unwrap();
        assert_eq!(test.core.show_merchant("shop").await.unwrap().name, second.name);
        assert_eq!(test.core.merchant_of(first.partner, ClientIdentifier(1)).await.unwrap(), None);
    }

    async fn a_vendor_is_never_the_partner_of_the_operators_merchants(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        for code in [OWN_PARTNER, "Merchants"] {
            let any = domain::api_key::AllowedNetworks::default();
            let refused = test.core.add_partner(code, "Quick Software Oy", &any, &operator()).await;
            assert_eq!(codes(refused), [fault("code", "partner_code_reserved")]);
        }
        // An older program has taken the code for a vendor.
        test.partner("QUICK3").await;
        let renamed = "UPDATE partner SET code = 'MERCHANTS' WHERE code = 'QUICK3'";
        crate::sql::execute(&database, renamed).await;
        let refused = test.core.add_merchant(None, &named("flexitidemo"), &operator()).await;
        assert!(matches!(&refused, Err(AdminError::State(why)) if why.contains("--partner")), "{refused:?}");
    }

    async fn of_two_that_want_one_client_id_one_gets_it(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let (named, context) = (named("flexitidemo"), operator());
        let (one, other) = tokio::join!(
            here.core.add_merchant(None, &named, &context),
            there.core.add_merchant(None, &named, &context)
        );
        let refused = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(matches!(&refused[..], [AdminError::Exists(_)]), "{refused:?}");
        assert_eq!(here.core.list_partners().await.unwrap().len(), 1);
        assert_eq!(here.core.list_merchants(None, None, 10).await.unwrap().len(), 1);
    }

    async fn what_it_may_do_is_changed_on_record(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let before = add(&test, "flexitidemo").await.merchant;
        let change = MerchantChange {
            trust_url: Some("https://shop.example".into()),
            password_grant: Some(true),
            password_grant_note: Some("old tills".into()),
            default_language: Some("fr".into()),
            merchant_override: Some(true),
            standard_accounts: Some(true),
            ..MerchantChange::default()
        };
        let after = test.core.change_merchant("flexitidemo", &change, &operator()).await.unwrap();
        assert_eq!(test.core.show_merchant("flexitidemo").await.unwrap(), after);
        assert_eq!((after.trust_url.as_deref(), after.password_grant), (Some("https://shop.example"), true));
        assert_eq!((after.password_grant_note.as_deref(), after.merchant_override), (Some("old tills"), true));
        assert_eq!((after.name, after.merchant_id), (before.name, before.merchant_id));
        let record = &records(&test, OWN_PARTNER, 1).await[0];
        let told = "trustUrl https://shop.example, passwordGrant allowed: old tills, defaultLanguage fr, merchantOverride true, standardAccounts true";
        assert_eq!((record.0.as_str(), record.2.as_str()), ("merchant.set", told));
        test.core.change_merchant("flexitidemo", &change, &operator()).await.unwrap();
        assert_eq!(records(&test, OWN_PARTNER, 10).await.len(), 3, "what changes nothing leaves no record");

        let wrong = MerchantChange {
            name: Some(" ".into()),
            trust_url: Some("http://shop.example".into()),
            default_language: Some("de".into()),
            ..MerchantChange::default()
        };
        let wrong = codes(test.core.change_merchant("flexitidemo", &wrong, &operator()).await);
        assert_eq!(wrong, [fault("name", "required"), fault("trustUrl", "url_scheme"), fault("defaultLanguage", "unknown_language")]);
        let nobody = test.core.change_merchant("Flexitidemo", &change, &operator()).await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
    }

    async fn a_new_secret_ends_the_one_before_and_a_revoked_merchant_works_again(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let added = add(&test, "flexitidemo").await;
        assert!(is_secret(&test, &added).await);
        let rotated = test.core.rotate_merchant("flexitidemo", &operator()).await.unwrap();
        assert_eq!(rotated.merchant, added.merchant);
        assert!(is_secret(&test, &rotated).await && !is_secret(&test, &added).await);

        let status = async || {
            let client = added.merchant.client_identifier;
            let row = store::client::by_number(&mut test.core.db().reader().await.unwrap(), client).await.unwrap();
            row.unwrap().status
        };
        assert_eq!(status().await, "ACTIVE");
        let revoked = test.core.revoke_merchant("flexitidemo", &operator()).await.unwrap();
        assert!(revoked.revoked_at.is_some());
        assert_eq!(status().await, "REVOKED");
        assert_eq!(records(&test, OWN_PARTNER, 1).await[0].0, "merchant.revoke");
        let again = test.core.rotate_merchant("flexitidemo", &operator()).await.unwrap();
        assert_eq!((again.merchant.revoked_at, again.merchant.client_id.as_str()), (None, "flexitidemo"));
        assert!(is_secret(&test, &again).await && !is_secret(&test, &rotated).await);
        assert_eq!(status().await, "ACTIVE");
        for nobody in [
            test.core.rotate_merchant("nobody", &operator()).await.map(|new| new.merchant),
            test.core.revoke_merchant("nobody", &operator()).await,
        ] {
            assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
        }
    }

    async fn a_partner_that_rotates_credentials_keeps_the_client_id(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let merchant = test.core.add_merchant(Some("QUICK3"), &named("shop"), &operator()).await.unwrap().merchant;
        let key = partner.partner_key.value.expose().to_text();
        let principal = test.core.authenticate(Some(&key), None).await.unwrap();
        test.core.revoke_credentials(&principal, merchant.client_identifier, &operator()).await.unwrap();
        assert!(test.core.show_merchant("shop").await.unwrap().revoked_at.is_some());
        let rotated = test.core.rotate_credentials(&principal, merchant.client_identifier, None, &operator()).await;
        assert_eq!(rotated.unwrap().value.oauth.unwrap().id, "shop");
        assert_eq!(test.core.show_merchant("shop").await.unwrap().revoked_at, None);
    }

    async fn locations_are_added_and_removed_while_nobody_belongs_to_them(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        add(&test, "flexitidemo").await;
        let shop = |id: &str| LocationDraft { id: id.into(), name: "Queen Street".into(), province: "ON".into() };
        let add_shop = async |id| test.core.add_merchant_location("flexitidemo", &shop(id), &operator()).await;
        let added = add_shop("STORE-1").await.unwrap();
        assert_eq!(test.core.list_merchant_locations("flexitidemo").await.unwrap(), [added]);
        let again = add_shop("STORE-1").await;
        assert!(matches!(again, Err(AdminError::Exists(_))), "{again:?}");
        let wrong = codes(test.core.add_merchant_location("flexitidemo", &LocationDraft::default(), &operator()).await);
        assert_eq!(wrong.len(), 3);
        test.core.add_merchant_user("flexitidemo", user("anna", Some("STORE-1")), &operator()).await.unwrap();
        let remove = async || test.core.remove_merchant_location("flexitidemo", "STORE-1", &operator()).await;
        assert!(matches!(remove().await, Err(AdminError::State(_))));
        add_shop("STORE-2").await.unwrap();
        test.core.remove_merchant_location("flexitidemo", "STORE-2", &operator()).await.unwrap();
        let gone = test.core.remove_merchant_location("flexitidemo", "STORE-2", &operator()).await;
        assert!(matches!(gone, Err(AdminError::NotFound(_))), "{gone:?}");
        let nobody = test.core.list_merchant_locations("nobody").await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
    }

    async fn a_user_is_added_once_whatever_the_case(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        add(&here, "flexitidemo").await;
        let context = operator();
        let (one, other) = tokio::join!(
            here.core.add_merchant_user("flexitidemo", user("MerchantOnline", None), &context),
            there.core.add_merchant_user("flexitidemo", user("merchantonline", None), &context)
        );
        let (added, refused): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
        assert_eq!(added.len(), 1);
        assert!(matches!(&refused[..], [Err(AdminError::Exists(_))]), "{refused:?}");
        assert_eq!(here.core.list_merchant_users("flexitidemo").await.unwrap().len(), 1);
        let records = records(&here, OWN_PARTNER, 10).await;
        let record = records.iter().find(|record| record.0 == "merchant_user.add").unwrap();
        assert!(!record.2.contains(PASSWORD) && !record.2.contains("argon2"), "{record:?}");
        add(&here, "other").await;
        here.core.add_merchant_user("other", user("merchantonline", None), &operator()).await.unwrap();

        let wrong = NewMerchantUser {
            username: " anna".into(),
            password: Secret::new("short".into()),
            location: Some("STORE-9".into()),
        };
        let wrong = codes(here.core.add_merchant_user("flexitidemo", wrong, &operator()).await);
        let expected =
            [fault("username", "user_name_format"), fault("password", "password_too_short"), fault("locationId", "unknown_location")];
        assert_eq!(wrong, expected);
    }

    async fn a_merchant_lends_on_the_book_of_another_of_its_partner(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        for id in ["one", "two", "three"] {
            assert_eq!(add(&test, id).await.merchant.lender, None);
        }
        test.partner("QUICK3").await;
        test.core.add_merchant(Some("QUICK3"), &named("elsewhere"), &operator()).await.unwrap();
        let set = async |merchant: &str, lender: &str| {
            let set = test.core.set_lender(merchant, lender, &operator()).await;
            set.map(|merchant| merchant.lender).map_err(|error| error.to_string())
        };
        assert_eq!(set("two", "one").await, Ok(Some("one".to_owned())));
        let record = records(&test, OWN_PARTNER, 1).await.remove(0);
        assert_eq!((record.0.as_str(), record.2.as_str()), ("merchant.lender", "lends on the book of one"));
        assert_eq!(set("two", "one").await, Ok(Some("one".to_owned())));
        assert_eq!(records(&test, OWN_PARTNER, 2).await[1].0, "merchant.add", "nothing was changed by the second");
        for (merchant, lender, told) in [
            ("three", "two", "lends on another's book itself"),
            ("one", "three", "other merchants lend on the book of one"),
            ("three", "elsewhere", "another partner's"),
            ("three", "nobody", "merchant nobody"),
            ("nobody", "one", "merchant nobody"),
        ] {
            let refused = set(merchant, lender).await.unwrap_err();
            assert!(refused.contains(told), "{refused}");
        }
        assert_eq!(set("two", "two").await, Ok(None));
        assert_eq!(set("one", "three").await, Ok(Some("three".to_owned())));
        test.core.revoke_merchant("two", &operator()).await.unwrap();
        assert_eq!(set("one", "one").await, Ok(None));
        assert!(set("three", "two").await.unwrap_err().contains("is revoked"));
    }

    async fn a_revoked_partners_merchants_are_shown_so_and_get_no_secret(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        test.partner("QUICK3").await;
        test.core.add_merchant(Some("QUICK3"), &named("shop"), &operator()).await.unwrap();
        add(&test, "other").await;
        test.core.revoke_partner("QUICK3", &operator()).await.unwrap();
        assert!(test.core.show_merchant("shop").await.unwrap().revoked_at.is_some());
        let refused = test.core.rotate_merchant("shop", &operator()).await;
        assert!(matches!(&refused, Err(AdminError::State(told)) if told.contains("partner QUICK3 is revoked")), "{refused:?}");
        assert_eq!(test.core.show_merchant("other").await.unwrap().revoked_at, None);
        test.core.rotate_merchant("other", &operator()).await.unwrap();
    }
}
