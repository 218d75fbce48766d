//! An operation of the API: its route, and its part of the API document, which is made only when somebody asks for the document.
//!
//! The document is far larger than the routes. A server that made both together, as `utoipa-axum` does, would hold the memory of it from its
//! start on.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter};
#[doc(hidden)]
pub use pastey::paste;
use utoipa::Path;
// Not documented by utoipa, whose own routers go by them too: the schemas that an operation names, and its tags.
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::HttpState;

/// One operation. [`operation!`](crate::operation!) makes it of a handler with `#[utoipa::path]`.
pub struct Operation {
    /// Its address, as `#[utoipa::path]` has it.
    pub path: String,
    /// Its methods.
    pub methods: Vec<HttpMethod>,
    /// What answers it.
    pub route: MethodRouter<HttpState>,
    describe: fn() -> Description,
}

struct Description {
    operation: utoipa::openapi::path::Operation,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Operation {
    /// The operation that `D` describes, answered by `handler`.
    pub fn new<D: Path + SchemaReferences + Tags<'static>, T: 'static>(handler: impl Handler<T, HttpState>) -> Self {
        let methods = D::methods();
        let route =
            methods.iter().fold(MethodRouter::new(), |route, method| route.on(method_filter(method), handler.clone()));
        Self { path: D::path(), methods, route, describe: description::<D> }
    }

    /// The same with what `change` makes of its route.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(MethodRouter<HttpState>) -> MethodRouter<HttpState>) -> Self {
        self.route = change(self.route);
        self
    }
}

/// The [`Operation`] of a handler: `operation!(client::create_client)`, or `operation!(self::create_client)` in its own module.
#[macro_export]
macro_rules! operation {
    ($module:ident::$handler:ident) => {
        $crate::operation::paste! {
            $crate::operation::Operation::new::<$module::[<__path_ $handler>], _>($module::$handler)
        }
    };
}

fn description<D: Path + SchemaReferences + Tags<'static>>() -> Description {
    let mut schemas = Vec::new();
    D::schemas(&mut schemas);
    let mut operation = D::operation();
    operation.tags.get_or_insert_default().extend(D::tags().into_iter().map(str::to_owned));
    Description { operation, schemas }
}

fn method_filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
    }
}

/// The routes of `operations`.
pub fn routes(operations: impl IntoIterator<Item = Operation>) -> Router<HttpState> {
    operations.into_iter().fold(Router::new(), |router, operation| router.route(&operation.path, operation.route))
}

/// Adds `operations` to `document`.
pub fn describe(document: &mut OpenApi, operations: impl IntoIterator<Item = Operation>) {
    for Operation { path, methods, describe, .. } in operations {
        let Description { operation, schemas } = describe();
        let mut paths = Paths::new();
        paths.add_path_operation(&path, methods, operation);
        for (path, item) in paths.paths {
            document.paths.paths.entry(path).or_default().merge_operations(item);
        }
        document.components.get_or_insert_default().schemas.extend(schemas);
    }
}
