//! HTTPS, and a certificate that is replaced while the server runs.

use std::path::PathBuf;

use http::StatusCode;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use reqwest::tls::TlsInfo;
use reqwest::{Certificate, Version};
use testkit::app::VALIDATE;
use testkit::database::TestDatabase;
use testkit::process::{Installation, until, within};

use super::api::{Api, builder};
use super::{installation, misconfigured};

type Made = CertifiedKey<KeyPair>;

fn make() -> Made {
    generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap()
}

/// The two files of an installation.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(installation: &Installation) -> Self {
        Self { certificate: installation.directory().join("cert.pem"), key: installation.directory().join("key.pem") }
    }

    fn write(&self, certificate: &Made, key: &Made) {
        std::fs::write(&self.certificate, certificate.cert.pem()).unwrap();
        std::fs::write(&self.key, key.signing_key.serialize_pem()).unwrap();
    }
}

/// The certificate that a new connection is shown.
async fn served(url: &str, trusted: &[&Made]) -> Vec<u8> {
    let trusted = trusted.iter().map(|made| Certificate::from_der(made.cert.der()).unwrap());
    let http = builder().tls_certs_only(trusted).tls_info(true).build().unwrap();
    let response = http.get(format!("{url}/healthz")).send().await.unwrap();
    response.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_served_and_a_new_certificate_is_taken_without_a_restart() {
    within(80, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let files = Files::of(&installation);
        let (first, second, third) = (make(), make(), make());
        files.write(&first, &first);
        let server = installation.serve(&["--tls-cert", "cert.pem", "--tls-key", "key.pem"]).await;
        assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);

        let trust = || builder().tls_certs_only([Certificate::from_der(first.cert.der()).unwrap()]);
        let reply = Api::with(trust(), &server.url).get(VALIDATE, &partner.partner).await;
        assert_eq!((reply.status, reply.version), (StatusCode::OK, Version::HTTP_2));
        let reply = Api::with(trust().http1_only(), &server.url).get(VALIDATE, &partner.partner).await;
        assert_eq!((reply.status, reply.version), (StatusCode::OK, Version::HTTP_11));
        let in_clear = Api::new(&server.url.replace("https", "http")).try_get(VALIDATE, &partner.partner).await;
        assert!(in_clear.is_err(), "{in_clear:?}");

        let open = Api::with(trust(), &server.url);
        assert_eq!(open.validate(&partner.partner).await, StatusCode::OK);
        files.write(&second, &second);
        until(async || served(&server.url, &[&first, &second]).await == *second.cert.der().as_ref()).await;
        assert_eq!(open.validate(&partner.partner).await, StatusCode::OK, "what was connected stays so");

        files.write(&third, &first);
        server.process.signal("HUP");
        server.process.logged("the changed certificate can't be used; the former one stays").await;
        assert_eq!(served(&server.url, &[&second, &third]).await, *second.cert.der().as_ref());

        files.write(&third, &third);
        server.process.signal("HUP");
        until(async || served(&server.url, &[&second, &third]).await == *third.cert.der().as_ref()).await;
        server.process.signal("TERM");
        assert_eq!(server.process.ended().await.code, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_can_not_be_used_is_refused_at_start() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let serve = ["serve", "--tls-cert", "cert.pem", "--tls-key", "key.pem"];
        drop(installation.run(&serve).await.failed(&["cert.pem", "key.pem"]));
        Files::of(&installation).write(&make(), &make());
        drop(installation.run(&serve).await.failed(&["cert.pem", "key.pem"]));
        misconfigured(&installation.run(&serve[..3]).await, &["tls-key"]);
    })
    .await;
}
