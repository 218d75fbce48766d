//! What is passed over and told as a warning.

use domain::{Environment, Fault, Faults};
use http_kit::HttpState;

/// The warnings of members that are not known: in sandbox only.
pub(crate) fn of_unknown(state: &HttpState, paths: Vec<String>) -> Vec<Fault> {
    match state.core().environment() {
        Environment::Sandbox => unknown_fields(paths),
        Environment::Production => Vec::new(),
    }
}

pub(crate) fn unknown_fields(paths: Vec<String>) -> Vec<Fault> {
    let mut warnings = Faults::new();
    for path in paths {
        warnings.add(path, "unknown_field", "This member is not known and was passed over: check its name");
    }
    warnings.into_vec()
}
