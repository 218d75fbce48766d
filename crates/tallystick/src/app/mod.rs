//! The router of the whole server: the fronts, and what an operator looks at.

mod callbacks;
mod document;
mod health;
mod metrics;
mod reference;

use axum::Router;
use domain::Secret;
use http_kit::{HttpSettings, HttpState, layers};
use service::Core;

pub use document::{document, document_below};
pub use metrics::{METRICS_TOKEN_VARIABLE, metrics_router, metrics_token};

use crate::config::Settings;
use crate::telemetry::Metrics;

/// The whole server over `core`. `/metrics` is there only with a `metrics_token`, which then opens it.
pub fn router(core: Core, settings: &Settings, metrics: Metrics, metrics_token: Option<Secret<String>>) -> Router {
    let prefix = &settings.point_of_sale.pos_prefix.0;
    let mut routes = partner_api::router().merge(pos_api::router(prefix)).merge(health::router());
    routes = routes.merge(document::router(prefix)).merge(reference::router()).merge(callbacks::router(settings));
    routes = routes.merge(web::router(web::Pages { deployment_form: settings.onboarding.deployment_form.is_on() }));
    if let Some(token) = metrics_token {
        routes = routes.merge(metrics::guarded(metrics, token));
    }
    let http = HttpSettings { tls: settings.tls.files().is_some(), ..settings.limits.http() };
    layers::assemble(routes, HttpState::new(core, http))
}
