//! A flow and its calls.

use std::fmt;
use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::answers::{LoggedIn, Terms};
use super::applicant::{ApplicantDraft, KnownInformation};
use super::client::{Kept, Session};
use super::closed::{GroupKey, Lang, Province};
use super::drivers_licence::DriversLicence;
use super::error::PosError;
use super::exchange::Call;
use super::interest::{Interest, InterestBody};
use super::oauth::{in_language, parse};
use super::reference_data::{Group, OneGroup, ReferenceData};
use super::reference_id::ReferenceId;
use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// A flow at the point of sale: its calls carry one reference id, by which the server's log, and what it keeps of an applicant, belong
/// together. Cheap to clone. [`PosClient::flow`](super::PosClient::flow) begins one.
#[derive(Clone)]
pub struct Flow {
    session: Arc<Session>,
    reference: ReferenceId,
    lang: Lang,
}

/// The body of a log-in. It is made where it is sent.
#[derive(Serialize)]
struct LoginBody<'a> {
    merchant_username: &'a str,
    merchant_password: &'a str,
}

#[derive(Serialize)]
struct ScanBody<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct Nothing {}

/// Longer than most bodies: one that grows would leave copies behind.
const BODY_ROOM: usize = 4096;

pub(super) fn json(body: &impl Serialize) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(BODY_ROOM));
    serde_json::to_writer(&mut *text, body)
        .expect("a request of texts, numbers and booleans has no part that JSON cannot hold");
    Some(text)
}

impl Flow {
    pub(super) fn new(session: Arc<Session>, reference: ReferenceId) -> Self {
        let lang = session.settings.lang;
        Self { session, reference, lang }
    }

    /// Its reference id: what `x-reference-id` is in each of its calls.
    #[must_use]
    pub const fn reference_id(&self) -> ReferenceId {
        self.reference
    }

    /// The same flow in another language: that of the customer who is served.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{Lang, PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let data = till.flow().in_language(Lang::French).reference_data().await?;
    /// assert_eq!(data.provinces.text("QC"), Some("Québec"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> Self {
        Self { lang, ..self.clone() }
    }

    /// Who the merchant is, and what its forms offer.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let merchant = till.flow().login().await?;
    /// for choice in merchant.form_values.salutation.iter() {
    ///     println!("{} {}", choice.code, choice.text);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call.
    pub async fn login(&self) -> Result<LoggedIn, PosError> {
        self.post("/merchants/login", json(&Nothing {})).await
    }

    /// The same, after a look at the password of a merchant's user: a sales representative, or a location. The token stays the client's.
    ///
    /// # Errors
    /// [`PosError::AuthenticationFailure`] when the user name or the password is wrong, or the user may not log in now.
    pub async fn login_as(&self, username: &str, password: impl Into<Secret>) -> Result<LoggedIn, PosError> {
        let password = password.into();
        let body = LoginBody { merchant_username: username, merchant_password: password.expose() };
        self.post("/merchants/login", json(&body)).await
    }

    /// Every group of the reference data, in the language of the flow.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let data = till.flow().reference_data().await?;
    /// println!("{:?}", data.govid_issued_bys.of("CADL").map(|issuers| issuers.text("ON")));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call.
    pub async fn reference_data(&self) -> Result<ReferenceData, PosError> {
        self.get_kept("/i18n".to_owned(), None).await
    }

    /// One group of the reference data.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{Group, GroupKey, PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// if let Group::Text(text) = till.flow().reference_group(GroupKey::QcpaDisclosure).await? {
    ///     println!("{text}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::NotFound`] with `unknown_key` when an older server does not have the group.
    pub async fn reference_group(&self, key: GroupKey) -> Result<Group, PosError> {
        let OneGroup(group) = self.get_kept(format!("/i18n/{key}"), None).await?;
        Ok(group)
    }

    /// The terms and conditions in force today in the province where the applicant lives.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError, Province};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let terms = till.flow().terms_and_conditions(Province::On).await?;
    /// println!("{}: {}", terms.version, terms.title);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call.
    pub async fn terms_and_conditions(&self, province: Province) -> Result<Terms, PosError> {
        self.get_kept("/terms-and-conditions".to_owned(), Some(("province", province.to_string()))).await
    }

    /// The fields of a driver's licence, from the decoded text of the PDF417 bar code on its back. The server keeps nothing of it.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient, scanned: &str) -> Result<(), PosError> {
    /// let flow = till.flow();
    /// match flow.read_drivers_licence(scanned).await {
    ///     Ok(licence) => println!("{:?}", flow.information(&licence.to_draft()).await?.missing),
    ///     Err(PosError::WrongInputs(problem)) => println!("scan it again: {}", problem.field_errors[0].msg),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] when it is no licence of a Canadian province, or cut short; the message says which.
    pub async fn read_drivers_licence(&self, code: &str) -> Result<DriversLicence, PosError> {
        self.post("/customers/driverslicense", json(&ScanBody { code })).await
    }

    /// Tells what is known of the applicant so far. The server checks it and keeps it for this flow, for a short time; what an earlier
    /// call of the flow told stays, unless this one tells something else.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{ApplicantDraft, PosClient, PosError, Province};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let applicant = ApplicantDraft {
    ///     first_name: Some("Marie".to_owned()),
    ///     province: Some(Province::On),
    ///     annual_income: Some(52_000_u32.into()),
    ///     ..ApplicantDraft::default()
    /// };
    /// let known = till.flow().information(&applicant).await?;
    /// println!("still to be asked: {:?}", known.missing);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] names every member that is wrong.
    pub async fn information(&self, applicant: &ApplicantDraft) -> Result<KnownInformation, PosError> {
        self.post("/information", json(&applicant.body())).await
    }

    /// What a purchase of `amount` dollars on an account would cost: regular, and by each plan that its holder may have. Nothing is kept.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient, account_number: u64) -> Result<(), PosError> {
    /// let price = tallystick_client::Decimal::from(1_200);
    /// for plan in till.flow().calculate_interest(account_number, price).await?.promotional_purchase {
    ///     for term in plan.terms {
    ///         println!("plan {}: {} months of {}", plan.plan_id, term.term, term.term_amount);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] when the amount is none that can be financed, [`PosError::NotFound`] when the merchant reaches no such account.
    pub async fn calculate_interest(&self, account_number: u64, amount: Decimal) -> Result<Interest, PosError> {
        let path = format!("/accounts/{account_number}/calculate-interest");
        self.post(path, json(&InterestBody { amount })).await
    }

    /// The same with every payment of each term, and what they come to.
    ///
    /// # Errors
    /// As those of [`Flow::calculate_interest`].
    pub async fn calculate_schedules(&self, account_number: u64, amount: Decimal) -> Result<Interest, PosError> {
        let path = format!("/accounts/{account_number}/calculate-interest");
        let mut call = self.call(Method::POST, path);
        call.query.push(("schedule", "true".to_owned()));
        call.body = json(&InterestBody { amount });
        parse(&self.session.run(&call).await?)
    }

    /// The language of its texts.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    fn call(&self, method: Method, path: String) -> Call {
        let query = in_language(self.lang);
        Call {
            method,
            path,
            query,
            body: None,
            reference: self.reference,
            known: None,
            idempotency_key: None,
            is_done_each_time: false,
        }
    }

    /// A new name for a request, to be stored with the request before it is sent by a call whose name ends in `_with`. The server keeps it
    /// for 24 hours: for the merchant, and with the scope `customer` for the tokens that are refreshed from one another.
    #[must_use]
    pub fn new_idempotency_key(&self) -> IdempotencyKey {
        IdempotencyKey::random(self.session.wire.runtime.as_ref())
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        parameters: impl IntoIterator<Item = (&'static str, Option<String>)>,
    ) -> Result<T, PosError> {
        let mut call = self.call(Method::GET, path.into());
        call.query.extend(parameters.into_iter().filter_map(|(name, value)| Some((name, value?))));
        parse(&self.session.run(&call).await?)
    }

    /// Posts what the server does once, by the name that the request has.
    pub(super) async fn post_once<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        body: Option<Zeroizing<Vec<u8>>>,
        key: &IdempotencyKey,
    ) -> Result<T, PosError> {
        let call = Call { body, idempotency_key: Some(key.clone()), ..self.call(Method::POST, path.into()) };
        parse(&self.session.run(&call).await?)
    }

    /// Posts what the server does each time that it comes.
    pub(super) async fn post_each_time<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<T, PosError> {
        let call = Call { body, is_done_each_time: true, ..self.call(Method::POST, path.into()) };
        parse(&self.session.run(&call).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<T, PosError> {
        let call = Call { body, ..self.call(Method::POST, path.into()) };
        parse(&self.session.run(&call).await?)
    }

    /// Gets what has a tag: from the server when it has changed, else as it is kept.
    async fn get_kept<T: DeserializeOwned>(
        &self,
        path: String,
        parameter: Option<(&'static str, String)>,
    ) -> Result<T, PosError> {
        let mut call = self.call(Method::GET, path);
        call.query.extend(parameter);
        let address = format!("{} {:?}", call.path, call.query);
        let kept = self.session.kept(&address);
        call.known = kept.as_ref().map(|kept| kept.tag.clone());
        let answer = self.session.run(&call).await?;
        if let (StatusCode::NOT_MODIFIED, Some(kept)) = (answer.status, kept) {
            return serde_json::from_slice(&kept.body)
                .map_err(|_| PosError::unexpected(&answer, "what was kept has not the documented form"));
        }
        let value = parse(&answer)?;
        if let Some(tag) = answer.etag.clone() {
            self.session.keep(address, Kept { tag, body: Arc::new(answer.body.to_vec()) });
        }
        Ok(value)
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("reference_id", &self.reference).field("lang", &self.lang).finish_non_exhaustive()
    }
}
