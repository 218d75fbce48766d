//! Below which address the front is served.

use std::fmt;
use std::str::FromStr;

/// The address of a version, without the slash at its end: `/flexiti/pos-api/v2.5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

/// Where the metadata of an authorization server stands: this before the path of its issuer (RFC 8414 section 3.1).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

impl Prefix {
    /// The address of a route: `path` below the prefix, or the prefix below a well-known address.
    pub(crate) fn path(&self, path: &str) -> String {
        if path == WELL_KNOWN { format!("{path}{self}") } else { format!("{self}{path}") }
    }

    /// That of the newer version, which answers the same endpoints: `/flexiti/pos-api/v2.5.1`.
    pub(crate) fn newer(&self) -> Self {
        Self(format!("{self}.1"))
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("/flexiti/pos-api/v2.5".to_owned())
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let segment = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        match text.strip_prefix('/') {
            Some(rest) if text.len() <= 200 && rest.split('/').all(segment) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no prefix of addresses: write it with a slash before each part and none at the end, such as {}",
                Self::default()
            )),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_parts_behind_slashes() {
        for right in ["/flexiti/pos-api/v2.5", "/pos"] {
            assert_eq!(right.parse::<Prefix>().unwrap().to_string(), right);
        }
        for wrong in ["", "/", "pos", "/pos/", "//pos", "/p{o}s", "/../pos", "/pos?a"] {
            assert!(wrong.parse::<Prefix>().unwrap_err().contains("such as /flexiti"), "{wrong}");
        }
    }

    #[test]
    fn the_metadata_stand_before_the_path_of_the_issuer() {
        let newer = Prefix::default().newer();
        assert_eq!(newer.path(WELL_KNOWN), "/.well-known/oauth-authorization-server/flexiti/pos-api/v2.5.1");
        assert_eq!(newer.path("/oauth/token"), "/flexiti/pos-api/v2.5.1/oauth/token");
    }
}
