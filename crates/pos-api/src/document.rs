//! The frame of this front's part of the API document.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::apply;
use crate::calculate_interest;
use crate::oauth::{ErrorBody, TAG};
use crate::problem::{Body, FieldError};
use crate::reference_data;
use crate::widget;

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
    let widget = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The `session_key` that the page of the widget is given when it opens its session."))
        .build();
    let components = ComponentsBuilder::new()
        .schemas_from_iter([
            (ErrorBody::name().into_owned(), ErrorBody::schema()),
            (Body::name().into_owned(), Body::schema()),
            (FieldError::name().into_owned(), FieldError::schema()),
        ])
        .security_scheme("OauthClient", SecurityScheme::Http(basic))
        .security_scheme("AccessToken", SecurityScheme::Http(bearer))
        .security_scheme("WidgetKey", SecurityScheme::Http(widget))
        .build();
    let tags = [
        TagBuilder::new().name(TAG).description(Some(DESCRIPTION)).build(),
        TagBuilder::new()
            .name(reference_data::TAG)
            .description(Some("Who the merchant is, and what its forms offer."))
            .build(),
        TagBuilder::new()
            .name(apply::TAG)
            .description(Some("Applications for credit, and the customers who came of them."))
            .build(),
        TagBuilder::new()
            .name(widget::TAG)
            .description(Some("The widget of a web shop: begun by the shop, and what its page calls."))
            .build(),
        TagBuilder::new().name(calculate_interest::TAG).description(Some("What a purchase costs.")).build(),
    ];
    OpenApiBuilder::new().components(Some(components)).tags(Some(tags)).build()
}

/// What a till or a web shop begins with.
const DESCRIPTION: &str = "What a till or a web shop begins with: an access token, which every other call to the point-of-sale API carries as \
    `Authorization: Bearer …`, with an `x-reference-id` (a GUID) of the flow. Messages follow `lang`, `en` or `fr`.";
