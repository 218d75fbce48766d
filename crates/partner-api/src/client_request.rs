//! The body of `POST /client`. These types are what is read and what the API document shows.
//!
//! Every member is read whatever it holds, so that all faults come in one answer; the rules themselves are in [`domain::client`].
//! A pattern below says what can be said in a schema. What cannot: check digits, the lists of ISO codes, rules that depend on the
//! country (postal code, business code, national telephone numbers), that the primary contact has one of `email`, `mobile` and
//! `telephone`, and that another contact with any of these has a name.

use domain::Faults;
use domain::client::{ClientDraft, ContactDraft};
use domain::service_type::ServiceType;
use http_kit::wire::WRONG_TYPE;
use http_kit::{Section, Text, openapi};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

/// A client to be created.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CreateClientRequest {
    /// What the client is connected to.
    #[schema(value_type = ServiceSection)]
    service: Section<ServiceSection>,
    /// The business itself.
    #[schema(value_type = ClientSection)]
    client: Section<ClientSection>,
    /// The persons to turn to.
    #[schema(value_type = Contacts)]
    contacts: Section<Contacts>,
}

/// What the client is connected to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSection {
    /// The service that the client buys.
    #[serde(rename = "type")]
    #[schema(schema_with = service_type)]
    kind: Text,
    /// Your partner code: that of the partner whose key you send.
    #[schema(value_type = String, example = "QUICK3", min_length = 1, max_length = 64, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    partner_code: Text,
}

/// The business itself. An empty string is an absent value.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSection {
    /// The full name of the business. Kept exactly as sent.
    #[schema(value_type = String, example = "Test Customer Oy", min_length = 1, max_length = 255, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    name: Text,
    /// The number in the trade register of `countryCode`: Y-tunnus (FI), organisationsnummer (SE), organisasjonsnummer (NO), CVR
    /// (DK), registrikood (EE), else 1 to 32 characters. Check digits are enforced in production; in sandbox a wrong one is named
    /// in `warnings`.
    #[schema(value_type = String, example = "123456-7", min_length = 1, pattern = r"\S")]
    business_code: Text,
    /// The VAT number with its country's letters. Check digits as for `businessCode`.
    #[schema(value_type = Option<String>, example = "FI1234567")]
    vat_reg_nbr: Text,
    /// The street or box of the postal address. Kept exactly as sent.
    #[schema(value_type = String, example = "Testikuja 7", min_length = 1, max_length = 255, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    postal_address: Text,
    /// The postal code, by the pattern of the country.
    #[schema(value_type = String, example = "12345", min_length = 1, pattern = r"\S")]
    postal_code: Text,
    /// The town of the postal address. Kept exactly as sent.
    #[schema(value_type = String, example = "HELSINKI", min_length = 1, max_length = 255, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    postal_district: Text,
    /// The country: ISO 3166-1 alpha-2.
    #[schema(value_type = String, example = "FI", pattern = r"^\s*[A-Z]{2}\s*$")]
    country_code: Text,
    /// A telephone number: E.164, or national in the client's country.
    #[schema(value_type = Option<String>, example = "")]
    telephone: Text,
    /// The e-mail address of the business.
    #[schema(value_type = String, example = "email@testcustomer.fi", pattern = r"^\s*[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\s*$")]
    email: Text,
    /// An http(s) URL or a bare host name.
    #[schema(value_type = Option<String>, example = "")]
    website: Text,
    /// The language to write to the client in: ISO 639-1 in either case. `DK` is taken as Danish.
    #[schema(value_type = String, example = "FI", pattern = r"^\s*[A-Za-z]{2}\s*$")]
    language_code: Text,
    /// The currency to settle in: ISO 4217.
    #[schema(value_type = String, example = "EUR", pattern = r"^\s*[A-Z]{3}\s*$")]
    currency_code: Text,
    /// The bank account: an IBAN. Its check digits are enforced everywhere.
    #[schema(value_type = Option<String>, example = "")]
    iban_account: Text,
    /// The bank of the account: a BIC (ISO 9362).
    #[schema(value_type = Option<String>, example = "")]
    bic: Text,
    /// A Swedish bankgiro number.
    #[schema(value_type = Option<String>, example = "")]
    bankgiro: Text,
    /// A Swedish plusgiro number.
    #[schema(value_type = Option<String>, example = "")]
    plusgiro: Text,
}

/// The persons to turn to.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Contacts {
    /// For everything.
    #[schema(value_type = PrimaryContact)]
    primary: Section<PrimaryContact>,
    /// For the integration.
    #[schema(value_type = Option<Contact>)]
    technical: Section<Contact>,
    /// For the books.
    #[schema(value_type = Option<Contact>)]
    accountant: Section<Contact>,
}

/// The person to turn to for everything: a name and one of `email`, `mobile` and `telephone` at least.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PrimaryContact {
    /// The name. Kept exactly as sent.
    #[schema(value_type = String, example = "Matti Meikäläinen", min_length = 1, max_length = 255, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    name: Text,
    /// A telephone number: E.164, or national in the client's country.
    #[schema(value_type = Option<String>, example = "")]
    telephone: Text,
    /// A mobile telephone number: E.164, or national in the client's country.
    #[schema(value_type = Option<String>, example = "+358441234567")]
    mobile: Text,
    /// An e-mail address.
    #[schema(value_type = Option<String>, example = "matti@testcustomer.fi")]
    email: Text,
}

/// A person to turn to. With every member empty there is none.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Contact {
    /// The name. Kept exactly as sent.
    #[schema(value_type = Option<String>, example = "", max_length = 255)]
    name: Text,
    /// A telephone number: E.164, or national in the client's country.
    #[schema(value_type = Option<String>, example = "")]
    telephone: Text,
    /// A mobile telephone number: E.164, or national in the client's country.
    #[schema(value_type = Option<String>, example = "")]
    mobile: Text,
    /// An e-mail address.
    #[schema(value_type = Option<String>, example = "")]
    email: Text,
}

fn service_type() -> Object {
    openapi::one_of(ServiceType::ALL.map(ServiceType::as_str), "The service that the client buys.")
}

/// Takes the members of a contact, whose paths begin with `$path`.
macro_rules! contact {
    ($section:expr, $path:literal, $faults:expr) => {{
        let contact = $section.take($path, $faults);
        ContactDraft {
            name: contact.name.take(concat!($path, ".name"), $faults),
            telephone: contact.telephone.take(concat!($path, ".telephone"), $faults),
            mobile: contact.mobile.take(concat!($path, ".mobile"), $faults),
            email: contact.email.take(concat!($path, ".email"), $faults),
        }
    }};
}

impl CreateClientRequest {
    /// The draft of the client. Members of a wrong type are faults and left out of it.
    pub(crate) fn into_draft(self, faults: &mut Faults) -> ClientDraft {
        draft_of(self.service, self.client, self.contacts, faults)
    }
}

/// The draft of a client from the sections of a body.
pub(crate) fn draft_of(
    service: Section<ServiceSection>,
    client: Section<ClientSection>,
    contacts: Section<Contacts>,
    faults: &mut Faults,
) -> ClientDraft {
    let service = service.take("service", faults);
    let client = client.take("client", faults);
    let contacts = contacts.take("contacts", faults);
    ClientDraft {
        service_type: service.kind.take("service.type", faults),
        partner_code: service.partner_code.take("service.partnerCode", faults),
        name: client.name.take("client.name", faults),
        business_code: client.business_code.take("client.businessCode", faults),
        vat_reg_nbr: client.vat_reg_nbr.take("client.vatRegNbr", faults),
        postal_address: client.postal_address.take("client.postalAddress", faults),
        postal_code: client.postal_code.take("client.postalCode", faults),
        postal_district: client.postal_district.take("client.postalDistrict", faults),
        country_code: client.country_code.take("client.countryCode", faults),
        telephone: client.telephone.take("client.telephone", faults),
        email: client.email.take("client.email", faults),
        website: client.website.take("client.website", faults),
        language_code: client.language_code.take("client.languageCode", faults),
        currency_code: client.currency_code.take("client.currencyCode", faults),
        iban_account: client.iban_account.take("client.ibanAccount", faults),
        bic: client.bic.take("client.bic", faults),
        bankgiro: client.bankgiro.take("client.bankgiro", faults),
        plusgiro: client.plusgiro.take("client.plusgiro", faults),
        primary: contact!(contacts.primary, "contacts.primary", faults),
        technical: contact!(contacts.technical, "contacts.technical", faults),
        accountant: contact!(contacts.accountant, "contacts.accountant", faults),
    }
}

/// Adds to the faults of the wire those of the rules, but for what follows from a wrong type: the members of a section that is none,
/// and the missing channel of a contact whose only channel has a wrong type.
pub(crate) fn join(wire: Faults, rules: Faults) -> Faults {
    let wrong: Vec<String> = wire
        .as_slice()
        .iter()
        .filter(|fault| fault.code == WRONG_TYPE)
        .map(|fault| fault.field.clone().into_owned())
        .collect();
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    let mut all = wire;
    all.extend(
        rules
            .into_vec()
            .into_iter()
            .filter(|fault| !wrong.iter().any(|wrong| within(&fault.field, wrong) || within(wrong, &fault.field))),
    );
    all
}

#[cfg(test)]
mod tests {
    use domain::Environment;
    use serde_json::{Value, json};

    use super::*;

    fn faults(body: Value) -> Vec<(String, String)> {
        let request: CreateClientRequest = serde_json::from_value(body).unwrap();
        let mut faults = Faults::new();
        let draft = request.into_draft(&mut faults);
        let rules = domain::client::check(&draft, Environment::Sandbox).err().unwrap_or_default();
        let all = join(faults, rules).into_vec();
        all.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    fn seed() -> Value {
        crate::client::seed_example()
    }

    #[test]
    fn the_example_of_the_documentation_has_no_fault() {
        assert_eq!(faults(seed()), []);
    }

    #[test]
    fn every_member_of_the_example_is_known_and_every_known_one_is_in_a_draft() {
        let (_, unknown) = http_kit::json_body::read::<CreateClientRequest, _>(seed()).unwrap();
        assert_eq!(unknown, [""; 0]);
        // A text that no rule takes, in each place where the draft has a member.
        let mut body = seed();
        fn spoil(value: &mut Value) -> usize {
            match value {
                Value::Object(members) => members.values_mut().map(spoil).sum(),
                other => {
                    *other = json!(1);
                    1
                }
            }
        }
        let spoilt = spoil(&mut body);
        let faults = faults(body);
        assert_eq!(faults.len(), spoilt);
        assert!(faults.iter().all(|(_, code)| code == "wrong_type"), "{faults:?}");
    }

    #[test]
    fn wrong_types_and_broken_rules_come_together() {
        let mut body = seed();
        body["client"]["name"] = json!(7);
        body["client"]["ibanAccount"] = json!("FI2112345600000786");
        body["service"] = json!([]);
        body["contacts"]["primary"] = json!({"name": "M", "email": {}});
        let expected = [
            ("service", "wrong_type"),
            ("client.name", "wrong_type"),
            ("contacts.primary.email", "wrong_type"),
            ("client.ibanAccount", "iban_check_digits"),
        ];
        assert_eq!(faults(body), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    #[test]
    fn an_empty_object_has_each_required_member_as_a_fault() {
        let fields: Vec<String> = faults(json!({})).into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            [
                "service.type",
                "service.partnerCode",
                "client.name",
                "client.businessCode",
                "client.postalAddress",
                "client.postalCode",
                "client.postalDistrict",
                "client.countryCode",
                "client.email",
                "client.languageCode",
                "client.currencyCode",
                "contacts.primary",
                "contacts.primary.name",
            ]
        );
    }
}
