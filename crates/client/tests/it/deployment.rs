//! Deployment requests against the server itself.

use tallystick_client::{Client, DeploymentRequest, DeploymentState, Error, Responsible};
use testkit::app::{TestApp, seed_body};
use testkit::core::operator;
use testkit::on_both_engines;

on_both_engines! {
    async fn a_request_is_sent_and_followed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let served = app.serve().await;
        let client = Client::builder(&served.url).api_key(partner.provisioning.as_str()).build().unwrap();
        let mut body = seed_body();
        body["responsible"] = serde_json::json!({"name": "Liisa", "email": "liisa@quick.example"});
        let request: DeploymentRequest = serde_json::from_value(body).unwrap();
        let received = client.request_deployment(&request).await.unwrap();
        assert_eq!((received.state, received.client_identifier), (DeploymentState::Received, None));
        assert!(!received.warnings.is_empty() && received.created_at.is_some());
        assert_eq!((received.name.as_deref(), received.business_code.as_deref()), (Some("Test Customer Oy"), Some("123456-7")));
        assert_eq!((received.service_type.as_deref(), received.country_code.as_deref()), (Some("LIFECYCLE"), Some("FI")));
        assert_eq!((received.accounting_system.as_deref(), &*received.responsible.email), (None, "liisa@quick.example"));
        app.test.core.reject_deployment(received.deployment_request_id, "No contract", &operator()).await.unwrap();
        let rejected = client.deployment(received.deployment_request_id).await.unwrap();
        assert_eq!((rejected.state, rejected.reason.as_deref()), (DeploymentState::Rejected, Some("No contract")));
        assert!(rejected.decided_at.is_some());
        assert_eq!((rejected.created_at, &rejected.responsible), (received.created_at, &received.responsible));
        assert!(matches!(client.deployment(uuid::Uuid::nil()).await, Err(Error::NotFound(_))));

        let nobody = DeploymentRequest { responsible: Responsible::default(), ..request };
        let Err(Error::Validation(problem)) = client.request_deployment(&nobody).await else { panic!("it was taken") };
        let fields: Vec<_> = problem.faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(fields, ["responsible.name", "responsible.email"]);
    }
}
