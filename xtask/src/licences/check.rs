use std::cell::RefCell;
use std::collections::BTreeSet;

use super::policy::Policy;
use super::spdx::Expression;
use super::tree::Package;

/// How cargo names crates.io.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What of the tree the policy does not allow, a line each; and each licence of the policy that no crate has.
pub(crate) fn check(policy: &Policy, packages: &[Package]) -> Vec<String> {
    let met = RefCell::new(BTreeSet::new());
    let allowed = |licence: &str| {
        let allowed = policy.allowed.iter().any(|one| one == licence);
        if allowed {
            met.borrow_mut().insert(licence.to_owned());
        }
        allowed
    };
    let mut findings = Vec::new();
    for package in packages {
        let mut find = |what: String| findings.push(format!("{} {}: {what}", package.name, package.version));
        match package.licence.as_deref().map(|text| (text, Expression::parse(text))) {
            None => find("names no licence".to_owned()),
            Some((text, Err(malformed))) => find(format!("licence `{text}`: {malformed}")),
            Some((text, Ok(expression))) => {
                if !expression.is_satisfied(&allowed) {
                    find(format!("licence `{text}` is not allowed"));
                }
            }
        }
        if let Some(reason) = policy.banned.get(&package.name) {
            find(format!("is banned: {reason}"));
        }
        if let Some(source) = package.source.as_deref().filter(|source| *source != CRATES_IO) {
            find(format!("comes from `{source}`; only crates.io and this repository are allowed"));
        }
    }
    let met = met.into_inner();
    let unused = policy.allowed.iter().filter(|licence| !met.contains(*licence));
    findings.extend(unused.map(|licence| format!("licence `{licence}` is allowed, but no crate needs it")));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: Option<&str>, source: Option<&str>) -> Package {
        let owned = |text: &str| text.to_owned();
        Package { name: owned(name), version: owned("1.0.0"), licence: licence.map(owned), source: source.map(owned) }
    }

    fn policy() -> Policy {
        let text = "[licenses]\nallow = ['MIT']\n[bans]\ndeny = [{ crate = 'openssl', reason = 'rustls' }]";
        Policy::parse(text).unwrap()
    }

    #[test]
    fn a_clean_tree_has_no_findings() {
        let packages = [package("ours", Some("MIT"), None), package("theirs", Some("GPL-3.0 OR MIT"), Some(CRATES_IO))];
        assert_eq!(check(&policy(), &packages), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_finding_names_its_crate() {
        let packages = [
            package("good", Some("MIT"), None),
            package("none", None, None),
            package("odd", Some("MIT OR"), None),
            package("copyleft", Some("MIT AND GPL-3.0"), None),
            package("openssl", Some("MIT"), Some(CRATES_IO)),
            package("fork", Some("MIT"), Some("git+https://example.org/fork")),
        ];
        let findings = check(&policy(), &packages);
        let crates: Vec<_> = findings.iter().map(|finding| finding.split_once(' ').unwrap().0).collect();
        assert_eq!(crates, ["none", "odd", "copyleft", "openssl", "fork"], "{findings:?}");
    }

    #[test]
    fn a_licence_that_nobody_needs_is_a_finding() {
        let findings = check(&policy(), &[]);
        assert_eq!(findings, ["licence `MIT` is allowed, but no crate needs it"]);
    }
}
