//! The story of what was bought.

use domain::cents::Cents;
use domain::ledger::{LedgerAccount, Posting};
use domain::sku_data::MOST_BYTES;
use store::sku_data::{self, SkuDataRow};
use store::{StoreError, ledger};
use testkit::on_both_engines;

use crate::keep;
use crate::purchase::{key, movement, with_account};

fn row(movement: i64, subject: &str) -> SkuDataRow {
    SkuDataRow {
        partner: key().partner,
        lender: key().lender,
        number: key().number.get(),
        movement,
        subject: subject.to_owned(),
        sealed: vec![7; MOST_BYTES],
        master_key_version: 1,
    }
}

on_both_engines! {
    async fn what_was_told_is_found_by_movement_and_by_subject(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| async move {
            with_account(tx).await?;
            let posting = Posting { debit: LedgerAccount::Hold, credit: LedgerAccount::HoldContra, amount: Cents(5) };
            for number in 1..=3 {
                ledger::insert(tx, &movement(number, None), &[posting]).await?;
            }
            Ok::<_, StoreError>(())
        }).unwrap();
        let rows = [row(1, "authorization:1"), row(2, "capture:5"), row(3, "authorization:1")];
        for row in rows.clone() {
            keep!(db, [row], |tx| async move { sku_data::insert(tx, &row).await }).unwrap();
        }
        for wrong in [row(1, "again"), row(4, "of no movement")] {
            assert!(keep!(db, [wrong], |tx| async move { sku_data::insert(tx, &wrong).await }).is_err());
        }
        let mut reader = db.reader().await.unwrap();
        assert_eq!(sku_data::by_movement(&mut reader, key(), 2).await.unwrap(), Some(rows[1].clone()));
        assert_eq!(sku_data::by_movement(&mut reader, key(), 4).await.unwrap(), None);
        assert_eq!(sku_data::by_subject(&mut reader, key(), "authorization:1").await.unwrap(), Some(rows[0].clone()));
        assert_eq!(sku_data::by_subject(&mut reader, key(), "authorization:2").await.unwrap(), None);
        assert_eq!(sku_data::count_not_sealed_under(&mut reader, 2).await.unwrap(), 3);
        assert_eq!(sku_data::not_sealed_under(&mut reader, 2, 2).await.unwrap().len(), 2);
        drop(reader);
        let old = rows[0].clone();
        keep!(db, [old], |tx| async move { sku_data::reseal(tx, &old, &[8; 60], 2).await }).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(sku_data::count_not_sealed_under(&mut reader, 2).await.unwrap(), 2);
        let sealed = SkuDataRow { sealed: vec![8; 60], master_key_version: 2, ..rows[0].clone() };
        assert_eq!(sku_data::by_movement(&mut reader, key(), 1).await.unwrap(), Some(sealed));
    }
}
