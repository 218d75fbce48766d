use serde_json::Value;

use crate::fault::Fault;
use crate::process;

/// A crate of the tree, on any platform and for whatever purpose.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name and version.
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its licence expression.
    pub(crate) licence: Option<String>,
    /// Where it comes from; `None` for a directory of ours.
    pub(crate) source: Option<String>,
}

/// The crates that `Cargo.lock` names and the workspace uses.
pub(crate) fn read() -> Result<Vec<Package>, Fault> {
    let text = process::output(process::cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    parse(&text).ok_or_else(|| Fault::Failed("`cargo metadata` printed what we cannot read".to_owned()))
}

fn parse(metadata: &str) -> Option<Vec<Package>> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    metadata.get("packages")?.as_array()?.iter().map(package).collect()
}

fn package(value: &Value) -> Option<Package> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Package { name: text("name")?, version: text("version")?, licence: text("license"), source: text("source") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_with_and_without_a_licence() {
        let text = r#"{"packages": [
            {"name": "a", "version": "1.0.0", "license": "MIT", "source": "registry+x"},
            {"name": "b", "version": "0.1.0", "license": null, "source": null}]}"#;
        let packages = parse(text).unwrap();
        assert_eq!(packages[0].licence.as_deref(), Some("MIT"));
        assert_eq!(packages[0].source.as_deref(), Some("registry+x"));
        assert_eq!((packages[1].name.as_str(), packages[1].licence.as_deref()), ("b", None));
        assert!(parse("{}").is_none());
    }
}
