//! `GET /metrics`.

use http::StatusCode;
use reqwest::Version;
use testkit::app::VALIDATE;
use testkit::database::TestDatabase;
use testkit::process::within;

use super::api::{Api, Reply, builder};
use super::installation;

const COUNTED: &str = r#"http_requests_total{route="/api/v1/partner/validate",method="GET",status="200"} 3"#;

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_an_address_of_their_own_or_a_token() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&["--json", "--metrics-listen", "127.0.0.1:0"]).await;
        let (api, metrics) = (Api::new(&server.url), Api::new(server.metrics.as_deref().unwrap()));
        for _ in 0..3 {
            assert_eq!(api.validate(&partner.partner).await, StatusCode::OK);
        }
        let shown = metrics.get("", "").await;
        assert_eq!((shown.status, shown.version), (StatusCode::OK, Version::HTTP_11));
        assert!(shown.text.contains(COUNTED), "{}", shown.text);
        assert!(!shown.text.contains(&partner.partner));
        assert_eq!(api.get("/metrics", "").await.problem(), (404, "not_found".to_owned()));
        server.process.signal("TERM");
        assert_eq!(server.process.ended().await.code, Some(0));

        let installation = installation.with("TALLYSTICK_METRICS_TOKEN", "for-the-scraper");
        let server = installation.serve(&[]).await;
        let ask = async |authorization: &str| {
            let request = builder().build().unwrap().get(format!("{}/metrics", server.url));
            Reply::read(request.header("Authorization", authorization).send().await.unwrap()).await.unwrap()
        };
        for wrong in ["", "Bearer ", "Bearer for-the-scrapes", "Basic for-the-scraper"] {
            assert_eq!(ask(wrong).await.status, StatusCode::UNAUTHORIZED, "{wrong}");
        }
        let shown = ask("Bearer for-the-scraper").await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text.contains("http_requests_total{"), "{}", shown.text);
        assert_eq!(Api::new(&server.url).get(VALIDATE, "for-the-scraper").await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}
