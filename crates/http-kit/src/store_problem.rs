//! Errors of the database as problems.

use service::StoreError;

use crate::{Problem, code};

/// After how many seconds a repeat may find the database again.
const UNAVAILABLE_SECONDS: u64 = 5;

/// After how many seconds a repeat may find room in the queue.
const OVERLOADED_SECONDS: u64 = 1;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::new(
                code::UNAVAILABLE,
                "The service cannot reach its database. Repeat after the time in Retry-After",
            )
            .with_retry_after(UNAVAILABLE_SECONDS)
            .with_cause(error),
            StoreError::Overloaded => {
                Self::new(code::OVERLOADED, "Too many requests wait. Repeat after the time in Retry-After")
                    .with_retry_after(OVERLOADED_SECONDS)
                    .with_cause(error)
            }
            StoreError::Panicked | StoreError::Broken { .. } => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn what_may_pass_is_503_with_a_time_and_what_is_broken_is_500_without_its_cause() {
        for (error, code) in [
            (StoreError::Unavailable { reason: "disk full".to_owned() }, code::UNAVAILABLE),
            (StoreError::Overloaded, code::OVERLOADED),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.code(), code);
            let mut response = axum::response::Response::default();
            problem.clone().write("01J", &mut response);
            assert!(response.headers().contains_key(RETRY_AFTER));
            assert!(!serde_json::to_string(&problem.body("01J")).unwrap().contains("disk"));
        }
        let broken = StoreError::Broken { statement: "client.insert", source: "no such column".into() };
        let problem = Problem::from(broken);
        assert_eq!(problem.code(), code::INTERNAL_ERROR);
        assert!(problem.cause().unwrap().contains("no such column"));
        assert!(!serde_json::to_string(&problem.body("01J")).unwrap().contains("column"));
    }
}
