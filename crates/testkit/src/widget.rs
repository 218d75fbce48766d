//! Sessions of the widget as a customer leaves them who has proved who they are, without the page.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Timestamp;
use domain::identifier::ClientIdentifier;
use domain::oauth_token::FamilyId;
use store::Db;
use store::credit_account::AccountKey;
use store::widget_session::WidgetSessionRow;
use uuid::Uuid;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A session of a merchant in which the customer of the account was verified, good for one purchase at any time.
///
/// # Panics
/// When it can't be added.
pub async fn add_verified_session(db: &Db, account: AccountKey, client: ClientIdentifier) -> Uuid {
    let session = Uuid::from_u64_pair(0x7e57, NEXT.fetch_add(1, Ordering::Relaxed));
    let then = Timestamp::from_micros(0);
    let row = WidgetSessionRow {
        partner: account.partner,
        client,
        session,
        reference: Uuid::nil(),
        family: FamilyId(Uuid::nil()),
        scope: "merchant".into(),
        lender: account.lender,
        flow: "purchase".into(),
        lang: "en".into(),
        sealed: vec![0; 40],
        master_key_version: 1,
        token_hash: session.as_bytes().to_vec(),
        key_hash: None,
        step: "ended".into(),
        format: Some("sms".into()),
        destination_hash: None,
        code_hash: None,
        code_expires_at: None,
        tries: 0,
        wrong_total: 0,
        made_total: 1,
        outcome: Some("purchase".into()),
        account_number: Some(account.number.get()),
        used_at: None,
        created_at: then,
        changed_at: then,
        expires_at: Timestamp::from_micros(i64::MAX),
    };
    let added = db.write(move |tx| {
        let row = row.clone();
        Box::pin(async move { store::widget_session::insert(tx, &row).await })
    });
    added.await.expect("the session is added");
    session
}
