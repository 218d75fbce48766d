//! The frame of the API document: what belongs to no single operation.

use std::fmt::Write;

use http_kit::openapi::{SECURITY_SCHEME, code_table, security_scheme};
use http_kit::problem::ProblemBody;
use http_kit::query::QUERY_FORMAT;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Server};
use utoipa::{PartialSchema, ToSchema};

use crate::code;

/// The tag of the onboarding operations.
pub(crate) const ONBOARDING: &str = "Onboarding";

/// The tag of the partner services.
pub(crate) const PARTNER_SERVICES: &str = "Partner services";

/// The tag of the operations on invoices.
pub(crate) const INVOICES: &str = "Invoices";

/// A document without operations.
pub(crate) fn base() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Tallystick Partner API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description()))
        .license(Some(license))
        .build();
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    let components =
        ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme(SECURITY_SCHEME, security_scheme()).build();
    let onboarding = TagBuilder::new()
        .name(ONBOARDING)
        .description(Some("Creating clients, and the keys that they and their partners hold."))
        .build();
    let services = TagBuilder::new()
        .name(PARTNER_SERVICES)
        .description(Some("What a partner does for its creditors, with a partner key."))
        .build();
    let invoices = TagBuilder::new()
        .name(INVOICES)
        .description(Some("A client's invoices, and how they were distributed, with a client key."))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .components(Some(components))
        .tags(Some([onboarding, services, invoices]))
        .build()
}

fn description() -> String {
    let mut text = "Partners onboard clients; clients hold keys.\n\n\
        Every request carries a key in the header `X-Api-Key`. Bodies are JSON in UTF-8. Times are RFC 3339 in UTC.\n\n\
        ## Problems\n\n\
        Every answer of the Partner API with a status of 400 and above is a problem (RFC 9457) with a stable `code`:\n\n"
        .to_owned();
    text.push_str(&code_table(http_kit::code::ALL.iter().chain(code::ALL)));
    text.push_str("\n## Faults of fields\n\nThe codes in `errors` of `validation_failed`, and in `warnings`:\n\n");
    text.push_str("| code | meaning |\n| --- | --- |\n");
    let wire = [
        ("wrong_type", "The member has another type than it must have"),
        ("number_too_large", "The number is larger than any that programs read; nothing behind it was looked at"),
        ("duplicate_member", "The member is given twice in one object, or the parameter twice in one query"),
        (QUERY_FORMAT, "The parameter is no UTF-8 in percent-encoding"),
        ("unknown_field", "In `warnings` only: the member is not known and was passed over"),
    ];
    for (code, meaning) in wire.iter().chain(domain::fault_code::FAULT_CODES) {
        let _ = writeln!(text, "| `{code}` | {meaning} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    fn document() -> Value {
        serde_json::to_value(crate::document()).unwrap()
    }

    fn references<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = HashSet::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    const CREDITORS: &str = "/api/v1/partner/creditors";
    const CREDITOR: &str = "/api/v1/partner/creditors/{clientIdentifier}";
    const CREDENTIALS: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials";
    const AGREEMENTS: &str = "/api/v1/partner/creditors/{clientIdentifier}/agreements";

    #[test]
    fn every_operation_tells_all_that_can_happen() {
        let document = document();
        let expected = [
            (
                "/api/v1/partner/client",
                "post",
                "createClient",
                vec!["200", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/deployment-requests",
                "post",
                "requestDeployment",
                vec!["200", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/deployment-requests/{deploymentRequestId}",
                "get",
                "getDeploymentRequest",
                vec!["200", "401", "403", "404", "429", "500", "503"],
            ),
            ("/api/v1/partner/validate", "get", "validateToken", vec!["200", "401", "403", "429", "500", "503"]),
            ("/api/v1/partner/renew", "get", "renewToken", vec!["200", "401", "403", "429", "500", "503"]),
            (
                CREDITORS,
                "post",
                "createCreditor",
                vec!["200", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"],
            ),
            (CREDITORS, "get", "listCreditors", vec!["200", "400", "401", "403", "429", "500", "503"]),
            (CREDITOR, "get", "showCreditor", vec!["200", "304", "401", "403", "404", "429", "500", "503"]),
            (
                CREDITOR,
                "patch",
                "changeCreditor",
                vec!["200", "400", "401", "403", "404", "412", "413", "415", "428", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/creditors/{clientIdentifier}/history",
                "get",
                "showCreditorHistory",
                vec!["200", "400", "401", "403", "404", "429", "500", "503"],
            ),
            (CREDENTIALS, "get", "showCredentials", vec!["200", "401", "403", "404", "429", "500", "503"]),
            (CREDENTIALS, "delete", "revokeCredentials", vec!["200", "401", "403", "404", "429", "500", "503"]),
            (
                "/api/v1/partner/creditors/{clientIdentifier}/credentials/rotate",
                "post",
                "rotateCredentials",
                vec!["200", "400", "401", "403", "404", "409", "413", "422", "429", "500", "503"],
            ),
            (AGREEMENTS, "get", "showAgreements", vec!["200", "304", "401", "403", "404", "429", "500", "503"]),
            (
                AGREEMENTS,
                "put",
                "replaceAgreements",
                vec!["200", "400", "401", "403", "404", "409", "412", "413", "415", "428", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/sms",
                "post",
                "sendSms",
                vec!["200", "400", "401", "402", "403", "409", "413", "415", "422", "429", "500", "503"],
            ),
            ("/api/v1/partner/sms", "get", "listSms", vec!["200", "400", "401", "403", "429", "500", "503"]),
            (
                "/api/v1/partner/sms/{smsId}",
                "get",
                "getSms",
                vec!["200", "400", "401", "403", "404", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/invoice",
                "post",
                "submitInvoice",
                vec!["200", "400", "401", "402", "403", "409", "413", "415", "422", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/invoice/distribution",
                "get",
                "listInvoiceDistribution",
                vec!["200", "400", "401", "403", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/creditors/{clientIdentifier}/distribution",
                "get",
                "listCreditorDistribution",
                vec!["200", "400", "401", "403", "404", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/distribution",
                "get",
                "listDistribution",
                vec!["200", "400", "401", "403", "429", "500", "503"],
            ),
            (
                "/api/v1/partner/distribution/summary",
                "get",
                "summarizeDistribution",
                vec!["200", "400", "401", "403", "429", "500", "503"],
            ),
        ];
        let operations = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
        assert_eq!(operations.sum::<usize>(), expected.len());
        for (path, method, id, statuses) in expected {
            let operation = &document["paths"][path][method];
            assert_eq!(operation["operationId"], id);
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(responses.keys().map(String::as_str).collect::<Vec<_>>(), statuses, "{id}");
            for (status, response) in responses {
                for header in ["X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
                    assert!(response["headers"][header].is_object(), "{id} {status} {header}");
                }
                let has_content = response["content"].as_object().is_some_and(|content| !content.is_empty());
                assert_eq!(has_content, status != "304", "{id} {status}");
            }
            assert!(operation["security"][0]["ApiKey"].is_array());
            for text in ["summary", "description"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{id} {text}");
            }
        }
    }

    #[test]
    fn the_document_tells_what_its_operations_give_and_nothing_else() {
        let document = document();
        let description = document["info"]["description"].as_str().unwrap();
        for code in ["out_of_range", "unknown_creditor", "cursor_invalid", "query_format"] {
            assert!(description.contains(&format!("| `{code}` |")), "{code}");
        }
        for code in ["callback_invalid", "signature_invalid", "limit_range", "cursor_format"] {
            assert!(!description.contains(code), "{code}");
        }
        for (path, method) in [(CREDITORS, "post"), (AGREEMENTS, "put")] {
            let content = &document["paths"][path][method]["responses"]["409"]["content"]["application/problem+json"];
            let members = &content["schema"]["allOf"][1]["properties"];
            assert!(members["clientIdentifier"].is_object() && members["agreement"].is_object(), "{path} {content}");
        }
        for path in [CREDITOR, AGREEMENTS] {
            let headers = &document["paths"][path]["get"]["responses"]["304"]["headers"];
            assert!(headers["ETag"].is_object() && headers["Cache-Control"].is_object(), "{path} {headers}");
        }
        let sent = &document["paths"]["/api/v1/partner/sms"]["post"]["responses"]["400"]["content"];
        assert!(sent["application/problem+json"]["examples"]["idempotency_key_invalid"].is_object());
    }

    #[test]
    fn required_members_are_those_of_the_contract() {
        let document = document();
        let required = |schema: &str| {
            let mut names: Vec<_> = document["components"]["schemas"][schema]["required"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(required("CreateClientRequest"), ["client", "contacts", "service"]);
        assert_eq!(required("ServiceSection"), ["partnerCode", "type"]);
        assert_eq!(
            required("ClientSection"),
            [
                "businessCode",
                "countryCode",
                "currencyCode",
                "email",
                "languageCode",
                "name",
                "postalAddress",
                "postalCode",
                "postalDistrict"
            ]
        );
        assert_eq!(required("PrimaryContact"), ["name"]);
        assert_eq!(required("SendSmsRequest"), ["recipient", "text"]);
    }
}
