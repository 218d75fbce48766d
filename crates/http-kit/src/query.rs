//! Parameters of a query: texts, each at most once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::{FromRequestParts, Query};
use domain::Faults;
use http::request::Parts;

use crate::Problem;

/// The parameters of a query as texts. What the handler does not ask for is passed over.
#[derive(Clone, Debug, Default)]
pub struct QueryText {
    values: BTreeMap<String, String>,
    faults: Faults,
}

impl<S: Sync> FromRequestParts<S> for QueryText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let mut query = Self::default();
        for (name, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
            match query.values.entry(name) {
                Entry::Occupied(given) => {
                    let name = given.key().clone();
                    query.faults.add(name, "duplicate_member", "This parameter is given twice: give it once");
                }
                Entry::Vacant(place) => {
                    place.insert(value);
                }
            }
        }
        Ok(query)
    }
}

impl QueryText {
    /// Refuses a query in which one of these parameters is given twice.
    ///
    /// # Errors
    /// 400 `validation_failed`.
    pub fn check(&self, names: &[&str]) -> Result<(), Problem> {
        let mut faults = self.faults.clone().into_vec();
        faults.retain(|fault| names.contains(&&*fault.field));
        if faults.is_empty() { Ok(()) } else { Err(Problem::validation(faults)) }
    }

    /// Takes out the value of a parameter.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(query: &str) -> QueryText {
        let mut parts = http::Request::get(format!("/?{query}")).body(()).unwrap().into_parts().0;
        QueryText::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn parameters_are_decoded_and_given_once() {
        let mut query = of("search=%C3%84iti+Oy&limit=&other=1&other=2").await;
        assert!(query.check(&["search", "limit"]).is_ok());
        assert_eq!(query.take("search").as_deref(), Some("Äiti Oy"));
        assert_eq!((query.take("limit").as_deref(), query.take("cursor")), (Some(""), None));
        let refused = of("limit=1&limit=2").await.check(&["limit"]).unwrap_err();
        assert_eq!(refused.faults()[0].field, "limit");
    }
}
