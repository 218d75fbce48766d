//! What is sent. The names and their order are those of the documentation; an empty text is an absent value.

use serde::{Deserialize, Serialize};

/// The body of [`Client::create_client`](crate::Client::create_client).
///
/// The server checks everything and reports all faults at once, so nothing is checked here. Reading one from JSON (from a
/// form, say) refuses unknown names: a misspelt `ibanAccount` would be lost without a word otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClient {
    /// What the client is to use, and through whom.
    pub service: Service,
    /// The client itself.
    pub client: ClientData,
    /// Who answers for what.
    pub contacts: Contacts,
}

/// What the client is to use, and through whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The kind of service.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// The code of the partner that holds the provisioning token.
    pub partner_code: String,
}

/// The kind of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ServiceType {
    /// Invoices are followed from sending to payment or collection.
    #[default]
    Lifecycle,
    /// Invoices are passed on.
    Intermediation,
    /// Both, in cooperation with the client.
    Coop,
    /// Credit at the point of sale. The answer then also has OAuth credentials.
    PosFinancing,
}

/// The client (creditor).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClientData {
    /// The full business name. Required.
    pub name: String,
    /// The business code of the client's country. Required.
    pub business_code: String,
    /// The VAT number with its country prefix.
    pub vat_reg_nbr: String,
    /// Street and number. Required.
    pub postal_address: String,
    /// The postal code, in the form of the client's country. Required.
    pub postal_code: String,
    /// The town. Required.
    pub postal_district: String,
    /// ISO 3166-1 alpha-2. Required.
    pub country_code: String,
    /// E.164, or national in the client's country.
    pub telephone: String,
    /// Required.
    pub email: String,
    /// An http(s) URL or a bare host name.
    pub website: String,
    /// ISO 639-1, in either case. Required.
    pub language_code: String,
    /// ISO 4217. Required.
    pub currency_code: String,
    /// ISO 13616, with right check digits.
    pub iban_account: String,
    /// ISO 9362.
    pub bic: String,
    /// The Swedish Bankgiro number.
    pub bankgiro: String,
    /// The Swedish Plusgiro number.
    pub plusgiro: String,
}

/// Who answers for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Contacts {
    /// The main contact. Required: a name and one of e-mail, mobile and telephone.
    pub primary: PrimaryContact,
    /// For questions about the integration.
    pub technical: Contact,
    /// For questions about the books.
    pub accountant: Contact,
}

/// The main contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PrimaryContact {
    /// First and last name.
    pub name: String,
    /// E.164, or national in the client's country.
    pub telephone: String,
    /// E.164, or national in the client's country.
    pub mobile: String,
    /// The e-mail address.
    pub email: String,
}

/// A further contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Contact {
    /// First and last name.
    pub name: String,
    /// E.164, or national in the client's country. The documentation does not have it, so it is left out when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub telephone: String,
    /// E.164, or national in the client's country. As `telephone`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mobile: String,
    /// The e-mail address.
    pub email: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_types_have_their_documented_names() {
        let all = [ServiceType::Lifecycle, ServiceType::Intermediation, ServiceType::Coop, ServiceType::PosFinancing];
        let names = serde_json::to_string(&all).unwrap();
        assert_eq!(names, r#"["LIFECYCLE","INTERMEDIATION","COOP","POS_FINANCING"]"#);
    }

    #[test]
    fn a_further_contact_has_numbers_where_there_are_some() {
        let form = r#"{"name":"Maija","mobile":"+358441234567","email":""}"#;
        let contact: Contact = serde_json::from_str(form).unwrap();
        assert_eq!((contact.mobile.as_str(), contact.telephone.as_str()), ("+358441234567", ""));
        assert_eq!(serde_json::to_string(&contact).unwrap(), form);
        assert_eq!(serde_json::to_string(&Contact::default()).unwrap(), r#"{"name":"","email":""}"#);
    }

    #[test]
    fn a_misspelt_name_in_a_form_is_refused() {
        let error = serde_json::from_str::<ClientData>(r#"{"name":"A Oy","ibanAcount":"FI21"}"#).unwrap_err();
        assert!(error.to_string().contains("ibanAcount"), "{error}");
    }
}
