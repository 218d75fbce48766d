//! Deliveries through the client, against the server and against a scripted peer.

use serde_json::json;
use tallystick_client::{
    Client, Distribution, DistributionMethod, DistributionQuery, DistributionStatus, DistributionSummaryQuery, Error,
    FetchType, TransportFault,
};
use testkit::app::TestApp;
use testkit::on_both_engines;
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::invoice_sample::invoice;
use crate::peer::{Step, problem, text};
use crate::support::{self, Still, builder};

fn client(url: &str, key: &str) -> Client {
    Client::builder(url).api_key(key).build().unwrap()
}

fn numbers(records: &[Distribution]) -> Vec<u64> {
    records.iter().map(|record| record.invoice_number).collect()
}

fn of(fetch_type: FetchType) -> DistributionQuery {
    DistributionQuery { fetch_type, ..DistributionQuery::default() }
}

on_both_engines! {
    async fn deliveries_are_listed_for_who_may_see_them(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let (one, two) = (app.client(&keys, 1).await, app.client(&keys, 2).await);
        let served = app.serve().await;
        let (one, two, partner) = (client(&served.url, &one), client(&served.url, &two), client(&served.url, &keys.partner));
        for (number, date) in [(1, "2025-12-10"), (2, "2025-12-31"), (3, "2026-01-02"), (4, "2025-11-01")] {
            one.submit_invoice(&invoice(number, date)).await.unwrap();
        }
        let last = two.submit_invoice(&invoice(9, "2026-01-03")).await.unwrap();

        let page = one.invoice_distribution(&DistributionQuery::default()).await.unwrap();
        assert_eq!(numbers(&page.records), [3, 2, 1]);
        let found = &page.meta_data;
        assert_eq!((found.total_count, found.successful_count, found.failed_count), (3, 0, 0));
        let applied = &found.filters_applied;
        assert_eq!((applied.default_last30_days, applied.fetch_type, applied.invoice_number), (true, FetchType::All, None));
        assert!(applied.from_inv_date.is_some() && applied.to_inv_date.is_none(), "{applied:?}");
        let record = &page.records[0];
        assert_eq!((record.method, record.status), (DistributionMethod::None, DistributionStatus::Cancelled));
        assert_eq!((record.invoice_date.as_str(), record.attempts, record.sent_at), ("2026-01-02", 0, None));
        assert!(record.created_at.is_some());

        let creditor = record.client_identifier;
        let days = DistributionQuery {
            from_inv_date: Some("2025-11-01".into()),
            to_inv_date: Some("2025-12-10".into()),
            ..DistributionQuery::default()
        };
        assert_eq!(numbers(&partner.creditor_distribution(creditor, &days).await.unwrap().records), [1, 4]);
        let of_number = DistributionQuery { invoice_number: Some(4), ..DistributionQuery::default() };
        assert_eq!(numbers(&partner.distribution(&of_number).await.unwrap().records), [4]);
        assert_eq!(numbers(&partner.distribution(&of(FetchType::Failed)).await.unwrap().records), [0_u64; 0]);
        let mut query = DistributionQuery { limit: Some(2), ..DistributionQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = partner.distribution(&query).await.unwrap();
            assert!(page.records.len() <= 2 && page.meta_data.total_count == 4);
            found.extend(page.records);
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!((numbers(&found), found[0].distribution_id), (vec![9, 3, 2, 1], last.distribution_id));
        let unfetched = of(FetchType::Unfetched);
        for (by_one, by_partner) in [(3, 4), (0, 0)] {
            assert_eq!(one.invoice_distribution(&unfetched).await.unwrap().records.len(), by_one);
            assert_eq!(partner.distribution(&unfetched).await.unwrap().records.len(), by_partner);
        }
        assert!(matches!(partner.creditor_distribution(999_999, &days).await, Err(Error::NotFound(_))));
        assert!(matches!(partner.invoice_distribution(&days).await, Err(Error::Forbidden(_))));
        let wrong = DistributionQuery { from_inv_date: Some("21.11.2026".into()), limit: Some(501), ..days };
        let Err(Error::Validation(problem)) = one.invoice_distribution(&wrong).await else { panic!("it was taken") };
        assert_eq!(problem.faults.len(), 2, "{problem}");
    }

    async fn sums_and_tables_say_what_the_lists_say(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let (one, two) = (app.client(&keys, 1).await, app.client(&keys, 2).await);
        let served = app.serve().await;
        let (one, two, partner) = (client(&served.url, &one), client(&served.url, &two), client(&served.url, &keys.partner));
        for number in 1..=2 {
            one.submit_invoice(&invoice(number, "2026-01-02")).await.unwrap();
        }
        two.submit_invoice(&invoice(1, "2026-01-02")).await.unwrap();

        let mut query = DistributionSummaryQuery { limit: Some(1), ..DistributionSummaryQuery::default() };
        let first = partner.distribution_summary(&query).await.unwrap();
        assert_eq!((first.totals.total_count, first.totals.successful_count, first.totals.failed_count), (3, 0, 0));
        let day = &first.counts[0];
        assert_eq!((day.invoice_date.as_str(), day.method, day.count), ("2026-01-02", DistributionMethod::None, 3));
        let of_one = &first.creditors[0];
        assert_eq!((of_one.totals.total_count, of_one.counts[0].status, of_one.counts[0].count), (2, DistributionStatus::Cancelled, 2));
        let table = partner.distribution_summary_csv(&query).await.unwrap();
        let creditor = of_one.client_identifier;
        let expected = format!("clientIdentifier,invoiceDate,method,status,count\r\n,2026-01-02,NONE,CANCELLED,3\r\n{creditor},,NONE,CANCELLED,2\r\n");
        assert_eq!((String::from_utf8(table.csv).unwrap(), &table.next_cursor), (expected, &first.next_cursor));
        query.cursor = first.next_cursor;
        let last = partner.distribution_summary(&query).await.unwrap();
        assert_eq!((last.creditors[0].totals.total_count, last.next_cursor), (1, None));
        let wrong = DistributionSummaryQuery { from_inv_date: Some("2020-01-01".into()), to_inv_date: Some("2026-01-01".into()), ..query };
        assert!(matches!(partner.distribution_summary(&wrong).await, Err(Error::Validation(_))));
        assert!(matches!(one.distribution_summary_csv(&DistributionSummaryQuery::default()).await, Err(Error::Forbidden(_))));

        let all = partner.distribution(&DistributionQuery::default()).await.unwrap();
        let mut query = DistributionQuery { limit: Some(2), from_inv_date: Some("2026-01-01".into()), ..DistributionQuery::default() };
        let mut ids = Vec::new();
        loop {
            let page = partner.distribution_csv(&query).await.unwrap();
            let table = String::from_utf8(page.csv).unwrap();
            let (names, rows) = table.split_once("\r\n").unwrap();
            let place = names.split(',').position(|name| name == "distributionId").unwrap();
            ids.extend(rows.lines().map(|row| row.split(',').nth(place).unwrap().parse::<Uuid>().unwrap()));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids, all.records.iter().map(|record| record.distribution_id).collect::<Vec<_>>());
        let any = DistributionQuery::default();
        assert_eq!(
            partner.creditor_distribution_csv(creditor, &any).await.unwrap(),
            one.invoice_distribution_csv(&any).await.unwrap()
        );
        assert!(matches!(partner.creditor_distribution_csv(999_999, &any).await, Err(Error::NotFound(_))));
    }
}

fn page() -> Step {
    let body = json!({
        "metaData": {"totalCount": 1, "successfulCount": 1, "failedCount": 0, "filtersApplied": {
            "invoiceNumber": null, "fromInvDate": "2026-10-23", "toInvDate": null, "fetchType": "NEW_ONE", "defaultLast30Days": true,
        }},
        "records": [{
            "invoiceNumber": 7, "invoiceId": Uuid::nil(), "clientIdentifier": 100_001, "invoiceDate": "2026-11-21",
            "distributionId": Uuid::nil(), "method": "FAX", "status": "READ", "statusReason": "why", "attempts": 2,
            "createdAt": "2026-11-21T10:00:00.000Z", "sentAt": "2026-11-21T10:00:02.500Z", "deliveredAt": null,
            "replacedBy": Uuid::from_u128(9), "paymentControlStatus": "OPEN", "caseId": 5, "somethingNew": 1,
        }],
        "nextCursor": "c2",
    });
    crate::peer::json(200, &body.to_string())
}

#[tokio::test]
async fn what_a_later_server_adds_is_no_error() {
    let (_peer, _, client) = support::client([page()]).await;
    let page = client.invoice_distribution(&DistributionQuery::default()).await.unwrap();
    assert_eq!(page.meta_data.filters_applied.fetch_type, FetchType::Unknown);
    let record = &page.records[0];
    assert_eq!((record.method, record.status), (DistributionMethod::Unknown, DistributionStatus::Unknown));
    assert_eq!(
        (record.status_reason.as_deref(), record.sent_at),
        (Some("why"), Some(datetime!(2026-11-21 10:00:02.5 UTC)))
    );
    assert_eq!(record.replaced_by, Some(Uuid::from_u128(9)));
    assert_eq!((record.case_id, page.next_cursor.as_deref()), (Some(5), Some("c2")));
}

#[tokio::test]
async fn what_is_told_once_is_asked_for_again_only_when_it_was_surely_not_told() {
    let script =
        [Step::Lose, problem(503, "timed_out"), Step::Hang, problem(429, "rate_limited"), page(), Step::Lose, page()];
    let (peer, _, client) = support::client(script).await;
    let unfetched = of(FetchType::Unfetched);
    let lost = client.distribution(&unfetched).await;
    assert!(matches!(lost, Err(Error::Transport { fault: TransportFault::Interrupted, .. })), "{lost:?}");
    assert!(matches!(client.creditor_distribution(7, &unfetched).await, Err(Error::Unavailable { .. })));
    assert!(matches!(client.invoice_distribution_csv(&unfetched).await, Err(Error::Timeout { .. })));
    assert_eq!(peer.count(), 3);
    assert_eq!(client.invoice_distribution(&unfetched).await.unwrap().records.len(), 1);
    assert_eq!(peer.count(), 5);
    // What can be asked for again and again is.
    assert_eq!(client.invoice_distribution(&of(FetchType::Failed)).await.unwrap().records.len(), 1);
    let lines: Vec<_> = peer.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines[0], "GET /api/v1/partner/distribution?fetchType=UNFETCHED");
    assert_eq!(lines[1], "GET /api/v1/partner/creditors/7/distribution?fetchType=UNFETCHED");
    assert_eq!(lines[5..], ["GET /api/v1/partner/invoice/distribution?fetchType=FAILED"; 2]);
}

#[tokio::test]
async fn what_is_told_once_is_asked_for_again_where_nobody_listened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let still = Still::new(Notify::new().into());
    let client = builder(&url, &still).build().unwrap();
    let refused = client.distribution(&of(FetchType::Unfetched)).await;
    assert!(matches!(refused, Err(Error::Transport { fault: TransportFault::Connect, .. })), "{refused:?}");
    assert_eq!(still.pauses().len(), 3);
}

#[tokio::test]
async fn a_table_is_asked_for_as_such_and_its_next_page_is_found() {
    let table = |media_type: &str, headers: &str| Step::Send(text(200, media_type, headers, "a,b\r\n1,2\r\n"));
    let csv = "text/csv; charset=utf-8; header=present";
    let script = [
        table(csv, "link: <?limit=2&cursor=c2>; rel=\"next\"\r\n"),
        table("Text/CSV", "link: </style.css>; rel=preload, <?cursor=c3&limit=2>; rel=next\r\n"),
        table(csv, "link: <https://example.com/?cursor=x>; rel=\"help\"\r\n"),
        table(csv, ""),
        table(csv, "link: <?page=2>; rel=\"next\"\r\n"),
        table("application/json", ""),
    ];
    let (peer, _, client) = support::client(script).await;
    let query = DistributionQuery { limit: Some(2), ..DistributionQuery::default() };
    for cursor in [Some("c2"), Some("c3"), None, None] {
        let page = client.distribution_csv(&query).await.unwrap();
        assert_eq!((page.csv.as_slice(), page.next_cursor.as_deref()), (&b"a,b\r\n1,2\r\n"[..], cursor));
    }
    for _ in 0..2 {
        let page = client.distribution_csv(&query).await;
        assert!(matches!(page, Err(Error::UnexpectedAnswer { status: 200, .. })), "{page:?}");
    }
    for request in peer.requests() {
        assert_eq!(request.line, "GET /api/v1/partner/distribution?limit=2");
        assert_eq!(request.header("accept"), Some("text/csv"));
    }
}
