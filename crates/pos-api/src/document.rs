//! The frame of this front's part of the API document.

use std::fmt::Write;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::apply;
use crate::calculate_interest;
use crate::endpoint::ENDPOINTS;
use crate::oauth::{ErrorBody, TAG};
use crate::problem::{Body, FieldError};
use crate::reference_data;

/// A document without operations.
pub(crate) fn base() -> OpenApi {
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("`client_id` and `client_secret`, each percent-encoded. Both may stand in the form instead."))
        .build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The access token of the token endpoint. Its scope is `merchant` or `customer`."))
        .build();
    let components = ComponentsBuilder::new()
        .schemas_from_iter([
            (ErrorBody::name().into_owned(), ErrorBody::schema()),
            (Body::name().into_owned(), Body::schema()),
            (FieldError::name().into_owned(), FieldError::schema()),
        ])
        .security_scheme("OauthClient", SecurityScheme::Http(basic))
        .security_scheme("AccessToken", SecurityScheme::Http(bearer))
        .build();
    let tags = [
        TagBuilder::new().name(TAG).description(Some(description())).build(),
        TagBuilder::new()
            .name(reference_data::TAG)
            .description(Some("Who the merchant is, and what its forms offer."))
            .build(),
        TagBuilder::new()
            .name(apply::TAG)
            .description(Some("Applications for credit, and the customers who came of them."))
            .build(),
        TagBuilder::new().name(calculate_interest::TAG).description(Some("What a purchase costs.")).build(),
    ];
    OpenApiBuilder::new().components(Some(components)).tags(Some(tags)).build()
}

fn description() -> String {
    let mut text = "What a till or a web shop begins with: an access token, which every other call to the point-of-sale API carries as \
        `Authorization: Bearer …`, with an `x-reference-id` (a GUID) of the flow. Messages follow `lang`, `en` or `fr`.\n\n\
        These endpoints are part of the API and not served yet; each answers 404 `not_served` to a token that would be let in:\n\n\
        | endpoint | scopes |\n| --- | --- |\n"
        .to_owned();
    for endpoint in ENDPOINTS.iter().filter(|endpoint| !endpoint.served) {
        let scopes: Vec<_> = endpoint.scopes.iter().map(|scope| scope.name()).collect();
        let _ = writeln!(text, "| `{} {}` | {} |", endpoint.method, endpoint.path, scopes.join(", "));
    }
    text
}
