//! Who calls: the page of the widget, with no token of a merchant's; once its session is open, with the key of it.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::oauth_token::TokenValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_kit::{HttpState, Problem, Visitor, problem_page};
use service::Context;
use service::widget::{WidgetError, WidgetKey};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

use super::problem::{key_missing, refused};
use crate::inputs::{Inputs, part};
use crate::lang::{self, Lang};
use crate::problem::show;

/// A page, from an address that has not guessed too often.
#[derive(Debug)]
pub(crate) struct WidgetPage {
    /// The language of the answer.
    pub(crate) lang: Lang,
    visitor: Visitor,
}

impl WidgetPage {
    pub(crate) fn context(&self) -> Context {
        self.visitor.context(super::PAGE)
    }

    /// The problem of an error. A token or key that is none counts against the address, like a wrong key.
    pub(crate) fn refused(&self, state: &HttpState, error: WidgetError) -> Problem {
        if matches!(error, WidgetError::Unknown) {
            self.visitor.guessed(state);
        }
        refused(self.lang, error)
    }
}

impl FromRequestParts<HttpState> for WidgetPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        problem_page::show_by(show, parts);
        let visitor = Visitor::from_request_parts(parts, state).await?;
        visitor.count_page(state)?;
        let lang = lang::of(&parts.uri);
        let mut inputs = Inputs::new(lang.clone().unwrap_or_default());
        if lang.is_err() {
            inputs.fault("lang", "must be en or fr, and there once", "doit être en ou fr, une seule fois", None);
        }
        inputs.finish()?;
        Ok(Self { lang: lang.unwrap_or_default(), visitor })
    }
}

/// A page that shows the key of its session.
#[derive(Debug)]
pub(crate) struct SessionPage {
    pub(crate) page: WidgetPage,
    pub(crate) key: WidgetKey,
}

impl FromRequestParts<HttpState> for SessionPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let page = WidgetPage::from_request_parts(parts, state).await?;
        let mut shown = parts.headers.get_all(AUTHORIZATION).iter();
        let value = shown.next().filter(|_| shown.next().is_none()).and_then(|value| value.to_str().ok());
        let key = value.and_then(|value| value.trim().split_once(' '));
        let key = key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let key = key.and_then(|(_, key)| TokenValue::parse(key.trim())).ok_or_else(|| key_missing(page.lang))?;
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| page.refused(state, WidgetError::Unknown))?;
        let session = Uuid::try_parse(part(&parameters, "widget_session_id"));
        let session = session.map_err(|_| page.refused(state, WidgetError::Unknown))?;
        let client_id = part(&parameters, "client_id").to_owned();
        Ok(Self { page, key: WidgetKey { client_id, session, key } })
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// What the page sends when it opens a session, for the API document.
pub(crate) struct PageParameters;

impl utoipa::IntoParams for PageParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let client_id = ParameterBuilder::new()
            .name("client_id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The merchant, as it stands in the address of the page."))
            .schema(Some(text()))
            .example(Some("flexitidemo".into()));
        let lang = ParameterBuilder::new()
            .name("lang")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("The language of every text that a person reads."))
            .schema(Some(text().enum_values(Some(["en", "fr"])).default(Some("en".into()))))
            .example(Some("en".into()));
        [client_id, lang].map(ParameterBuilder::build).into()
    }
}

/// The same of an open session.
pub(crate) struct SessionParameters;

impl utoipa::IntoParams for SessionParameters {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = PageParameters::into_params(parameter_in);
        let session = ParameterBuilder::new()
            .name("widget_session_id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The session, as it stands in the address of the page."))
            .schema(Some(text().format(Some(SchemaFormat::Custom("uuid".into())))))
            .example(Some("019a9f0e-5b1c-7d6e-8f00-5f1c2a3b4c5d".into()));
        parameters.push(session.build());
        parameters
    }
}
