//! The example of a till, against the server itself.

use testkit::app::{Merchant, TestApp};
use testkit::on_both_engines;

use crate::till_example::run;

async fn play(url: &str, merchant: &Merchant) -> String {
    let mut out = Vec::new();
    run(url, &merchant.id, &merchant.secret, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

on_both_engines! {
    async fn the_till_sells_to_who_applies_and_to_who_is_known(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let served = app.serve().await;
        let first = play(&served.url, &merchant).await;
        assert!(first.starts_with("Test Customer Oy, flow "), "{first}");
        let told = "captured 200, of which 50 came back; released 34.45\n";
        assert!(first.contains(told) && first.ends_with("authorizations so far: 1\n"), "{first}");
        let second = play(&served.url, &merchant).await;
        assert!(second.contains(told) && second.ends_with("authorizations so far: 2\n"), "{second}");
        let account = |told: &str| told.lines().nth(1).unwrap().split(':').next().unwrap().to_owned();
        assert_eq!(account(&first), account(&second));
    }
}
