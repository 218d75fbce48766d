//! The widget of a web shop, begun by the shop's server.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::applicant::ApplicantDraft;
use super::closed::{AccountType, Lang, Province};
use super::error::PosError;
use super::flow::{Flow, json};
use crate::api_key::Secret;

/// What a customer is to do in the widget. Its `Debug` shows nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WidgetRequest {
    /// To buy with an account that they have.
    Purchase(CustomerIdentification),
    /// To apply for one. Sent of it are the names, the day of birth, the address, where codes go to (`email` and `phone_number`), `account_type`
    /// and `tos_agreement`; the application that follows has to say the same.
    Apply(Box<ApplicantDraft>),
}

/// How the shop tells who the customer is, who is then asked to prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerIdentification {
    /// The 14 digits of the account.
    Account(u64),
    /// The 16 digits of its card.
    Card(Secret),
    /// Whose account it is.
    Person(PersonalInformation),
}

/// Whose account it is. Personal data: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonalInformation {
    /// The first name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The day of birth, `YYYY-MM-DD`.
    pub dob: String,
    /// The postal code.
    pub postal_code: String,
}

/// A session of the widget.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Widget {
    /// What the shop's page opens in a frame. It opens once and for 20 minutes, for whoever has it, so that it is a secret.
    pub redirection_url: Secret,
    /// The session: what the purchase ([`Proof::Widget`](super::Proof::Widget)) or application ([`ApplicantDraft::widget_session_id`])
    /// that follows is told by.
    pub widget_session_id: Uuid,
}

/// The body of the call. It is made where it is sent.
#[derive(Default, Serialize)]
struct WidgetBody<'a> {
    flow: &'static str,
    lang: Lang,
    customer_identification: IdentificationBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    province: Option<Province>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_type: Option<AccountType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_agreement: Option<bool>,
}

#[derive(Default, Serialize)]
struct IdentificationBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcc_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal_information: Option<PersonBody<'a>>,
}

#[derive(Serialize)]
struct PersonBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dob: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
}

impl<'a> From<&'a CustomerIdentification> for IdentificationBody<'a> {
    fn from(customer: &'a CustomerIdentification) -> Self {
        match customer {
            CustomerIdentification::Account(number) => Self { account_number: Some(*number), ..Self::default() },
            CustomerIdentification::Card(number) => Self { vcc_number: Some(number.expose()), ..Self::default() },
            CustomerIdentification::Person(person) => {
                let person = PersonBody {
                    first_name: Some(&person.first_name),
                    last_name: Some(&person.last_name),
                    dob: Some(&person.dob),
                    postal_code: Some(&person.postal_code),
                };
                Self { personal_information: Some(person), ..Self::default() }
            }
        }
    }
}

impl<'a> WidgetBody<'a> {
    fn new(request: &'a WidgetRequest, lang: Lang) -> Self {
        let applicant = match request {
            WidgetRequest::Purchase(customer) => {
                return Self { flow: "purchase", lang, customer_identification: customer.into(), ..Self::default() };
            }
            WidgetRequest::Apply(applicant) => applicant,
        };
        let person = PersonBody {
            first_name: applicant.first_name.as_deref(),
            last_name: applicant.last_name.as_deref(),
            dob: applicant.dob.as_deref(),
            postal_code: applicant.postal_code.as_deref(),
        };
        Self {
            flow: "apply",
            lang,
            customer_identification: IdentificationBody { personal_information: Some(person), ..Default::default() },
            email: applicant.email.as_deref(),
            phone_number: applicant.phone_number.as_deref(),
            address_1: applicant.address_1.as_deref(),
            address_2: applicant.address_2.as_deref(),
            city: applicant.city.as_deref(),
            province: applicant.province,
            account_type: applicant.account_type,
            tos_agreement: applicant.tos_agreement,
        }
    }
}

/// The answer as it is sent: the session is a parameter of the address.
#[derive(Deserialize)]
#[serde(try_from = "WidgetAnswer")]
struct Begun(Widget);

#[derive(Deserialize)]
struct WidgetAnswer {
    redirection_url: Secret,
}

impl TryFrom<WidgetAnswer> for Begun {
    type Error = &'static str;

    fn try_from(answer: WidgetAnswer) -> Result<Self, Self::Error> {
        let address = answer.redirection_url.expose();
        // The parameters are behind a `#`, so that what stands there is not parsed as an address has it.
        let mut parameters = address.split(['?', '&', '#']);
        let session = parameters.find_map(|parameter| parameter.strip_prefix("widget_session_id="));
        let session = session.and_then(|session| Uuid::try_parse(session).ok());
        let widget_session_id = session.ok_or("the address names no session")?;
        Ok(Self(Widget { redirection_url: answer.redirection_url, widget_session_id }))
    }
}

impl Flow {
    /// Begins a session of the widget, in which a customer of a web shop proves who they are, in the language of the flow. Whether the
    /// customer is known is told by the widget, and not here. A session that nobody opens ends by itself.
    ///
    /// ```no_run
    /// # use tallystick_client::Decimal;
    /// # use tallystick_client::pos::{CustomerIdentification, Financing, Flow, PosError, Proof, Purchase, WidgetRequest};
    /// # async fn run(flow: Flow, show: impl AsyncFn(&str) -> u64, price: Decimal) -> Result<(), PosError> {
    /// let customer = CustomerIdentification::Card("4000001234567982".into());
    /// let widget = flow.init_widget(&WidgetRequest::Purchase(customer)).await?;
    /// // The page opens it, and posts back `accountNumber` once it is `verified`.
    /// let account_number = show(widget.redirection_url.expose()).await;
    /// let proof = Proof::Widget(widget.widget_session_id);
    /// let held = flow.authorize(&Purchase::new(account_number, price, Financing::Regular, proof)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] names every member that is missing or wrong.
    pub async fn init_widget(&self, request: &WidgetRequest) -> Result<Widget, PosError> {
        let Begun(widget) = self.post("/widget/init", json(&WidgetBody::new(request, self.lang()))).await?;
        Ok(widget)
    }
}

impl fmt::Debug for PersonalInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonalInformation").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SESSION: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    fn sent(request: &WidgetRequest, lang: Lang) -> Value {
        serde_json::to_value(WidgetBody::new(request, lang)).unwrap()
    }

    fn john() -> PersonalInformation {
        let (first_name, last_name) = ("John".to_owned(), "Smith".to_owned());
        PersonalInformation { first_name, last_name, dob: "1988-07-24".to_owned(), postal_code: "m1m1m1".to_owned() }
    }

    #[test]
    fn a_customer_is_named_in_one_way() {
        let person = json!({"first_name": "John", "last_name": "Smith", "dob": "1988-07-24", "postal_code": "m1m1m1"});
        for (customer, expected) in [
            (CustomerIdentification::Account(12_345_678_901_237), json!({"account_number": 12_345_678_901_237_u64})),
            (CustomerIdentification::Card("1070015210367982".into()), json!({"vcc_number": "1070015210367982"})),
            (CustomerIdentification::Person(john()), json!({"personal_information": person})),
        ] {
            let request = WidgetRequest::Purchase(customer);
            let expected = json!({"flow": "purchase", "lang": "fr", "customer_identification": expected});
            assert_eq!(sent(&request, Lang::French), expected);
            let shown = format!("{request:?}");
            assert!(!shown.contains("7982") && !shown.contains("Smith") && !shown.contains("1988"), "{shown}");
        }
    }

    #[test]
    fn an_applicant_is_sent_with_where_codes_go_to_and_nothing_else() {
        let some = |text: &str| Some(text.to_owned());
        let applicant = ApplicantDraft {
            first_name: some("John"),
            last_name: some("Smith"),
            dob: some("1988-07-24"),
            postal_code: some("M1M 1M1"),
            email: some("john@example.ca"),
            phone_number: some("6135550123"),
            address_1: some("55 Queen St W"),
            city: some("Ottawa"),
            province: Some(Province::On),
            account_type: Some(AccountType::Consumer),
            tos_agreement: Some(true),
            govid_number: Some("T1234".into()),
            annual_income: Some(72_000.into()),
            ..ApplicantDraft::default()
        };
        let request = WidgetRequest::Apply(Box::new(applicant));
        let person = json!({"first_name": "John", "last_name": "Smith", "dob": "1988-07-24", "postal_code": "M1M 1M1"});
        assert_eq!(
            sent(&request, Lang::English),
            json!({
                "flow": "apply", "lang": "en", "customer_identification": {"personal_information": person}, "email": "john@example.ca",
                "phone_number": "6135550123", "address_1": "55 Queen St W", "city": "Ottawa", "province": "ON",
                "account_type": "consumer", "tos_agreement": true,
            })
        );
        assert!(!format!("{request:?}").contains("Smith"));
    }

    #[test]
    fn the_session_is_read_from_the_address_which_is_not_shown() {
        let read = |address: &str| {
            let body = json!({"redirection_url": address, "new": 1}).to_string();
            serde_json::from_str::<Begun>(&body).map(|Begun(widget)| widget)
        };
        let token = "3d8f373a9a2b1e61baf5abb69930ff4f0e08cdb0";
        let start = format!("https://pos.example.com/#/widget/flexitidemo/{token}?lang=en&x-reference-id={SESSION}");
        let widget = read(&format!("{start}&widget_session_id={SESSION}")).unwrap();
        assert_eq!(
            (widget.widget_session_id.to_string(), widget.redirection_url.expose().contains(token)),
            (SESSION.to_owned(), true)
        );
        assert!(!format!("{widget:?}").contains(token));
        for wrong in [
            start.clone(),
            format!("{start}&widget_session_id="),
            format!("{start}&widget_session_id=7"),
            String::new(),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
