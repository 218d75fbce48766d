//! Deployment requests: the onboarding of a client by the operator.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answers::time_or_none;
use crate::client::parse;
use crate::error::Error;
use crate::exchange::Call;
use crate::idempotency::IdempotencyKey;
use crate::{Client, ClientData, Contacts, Service, Warning};

/// A request to onboard a client. Of `client`, the name, the business code and the country are required; what
/// [`Client::create_client`] needs besides may follow until the request is approved. An empty text is an absent value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentRequest {
    /// What the client is to use. The partner's code may be empty: it is that of the token.
    pub service: Service,
    /// The client itself.
    pub client: ClientData,
    /// Who answers for what.
    pub contacts: Contacts,
    /// The accounting system, if any.
    #[serde(default)]
    pub accounting_system: String,
    /// Who completes the onboarding, and gets the link to the credentials.
    pub responsible: Responsible,
}

/// Who completes the onboarding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// First and last name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A deployment request and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deployment {
    /// What has become of it, for a person.
    pub message: String,
    /// Its identifier.
    pub deployment_request_id: Uuid,
    /// How far it has come.
    pub state: DeploymentState,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The client that was created.
    pub client_identifier: Option<u64>,
    /// The service type, as sent.
    pub service_type: Option<String>,
    /// The full business name, as sent.
    pub name: Option<String>,
    /// The business code, as sent.
    pub business_code: Option<String>,
    /// The country, as sent.
    pub country_code: Option<String>,
    /// The accounting system.
    pub accounting_system: Option<String>,
    /// Who completes the onboarding.
    pub responsible: ResponsiblePerson,
    /// When it came.
    #[serde(default, deserialize_with = "time_or_none")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was decided.
    #[serde(default, deserialize_with = "time_or_none")]
    pub decided_at: Option<OffsetDateTime>,
    /// What was accepted although it looks wrong.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// Who completes an onboarding, in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the member of the same name of Responsible")]
pub struct ResponsiblePerson {
    pub name: String,
    pub email: String,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum DeploymentState {
    /// It waits for the operator.
    Received,
    /// The client was created.
    Approved,
    /// There will be no client, for the reason that is told with it.
    Rejected,
    /// A state that this version of the client does not know.
    #[serde(other)]
    Unknown,
}

impl Client {
    /// Requests the onboarding of a client with the provisioning token. However often this call is tried, the request is kept once.
    ///
    /// # Errors
    /// [`Error::Validation`] names every fault of the request.
    pub async fn request_deployment(&self, request: &DeploymentRequest) -> Result<Deployment, Error> {
        self.request_deployment_with(request, &self.new_idempotency_key()).await
    }

    /// As [`Client::request_deployment`], with an idempotency key that the caller stored before, together with the request.
    ///
    /// # Errors
    /// As [`Client::request_deployment`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn request_deployment_with(
        &self,
        request: &DeploymentRequest,
        key: &IdempotencyKey,
    ) -> Result<Deployment, Error> {
        let body = serde_json::to_vec(request).expect("a request of texts alone has no part that JSON cannot hold");
        let call =
            Call { body: Some(body), idempotency_key: Some(key), ..Call::new(Method::POST, "/deployment-requests") };
        parse(&self.run(&call).await?)
    }

    /// Shows a request of yours.
    ///
    /// # Errors
    /// [`Error::NotFound`] when you have none of this identifier.
    pub async fn deployment(&self, id: Uuid) -> Result<Deployment, Error> {
        parse(&self.run(&Call::new(Method::GET, format!("/deployment-requests/{id}"))).await?)
    }
}
