//! The peers that the tests of the channels talk to: an SMSC over the npm module `smpp`, a mail server of aiosmtpd, and a receiver of
//! webhooks over standardwebhooks; the libraries by which tokens are got, Authlib and openid-client; and Postfix, whose package is unpacked and not installed. They are installed here, each of a version that
//! was seen to work, and kept with what is built; each test starts and ends its own. `cargo xtask bench` sends to an SMSC over the same module,
//! and to the `smtp-sink` of Postfix.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::{debian, packages};

/// Two small dependencies. Needs Node.js 14 or later.
const SMPP: &str = "0.5.1";
/// Needs Python 3.8 or later.
const AIOSMTPD: &str = "1.4.6";
/// The library of Standard Webhooks. Needs Python 3.9 or later.
const STANDARDWEBHOOKS: &str = "1.1.0";

/// A library of OAuth clients. Needs Python 3.10 or later.
const AUTHLIB: &str = "1.9.9";
/// What it makes its requests with.
const REQUESTS: &str = "requests==2.34.2";
/// Another library of OAuth clients, over oauth4webapi. Needs Node.js 20 or later.
const OPENID_CLIENT: &str = "6.8.9";

/// A server of OAuth, for measures. Needs Node.js 20 or later.
const OIDC_PROVIDER: &str = "9.13.3";

/// Tells where the modules of npm are.
const NODE_MODULES: &str = "TALLYSTICK_TEST_NODE_MODULES";

/// Tells where the tree of Postfix's package begins.
const POSTFIX: &str = "TALLYSTICK_TEST_POSTFIX";

/// The packages whose tests need them.
const PACKAGES: [&str; 2] = ["channels", "tallystick"];

/// Installs what the tests of `packages` (all when empty) need, and answers the variables that tell them where it is.
pub(crate) fn install(packages: &[String]) -> Result<Vec<(&'static str, OsString)>, Fault> {
    if !wanted(packages) {
        return Ok(Vec::new());
    }
    let python = aiosmtpd().map_err(|fault| failed("the tests of the channels need aiosmtpd of PyPI", &fault))?;
    let webhooks =
        standardwebhooks().map_err(|fault| failed("the tests of webhooks need standardwebhooks of PyPI", &fault))?;
    let authlib = authlib().map_err(|fault| failed("the tests of tokens need Authlib of PyPI", &fault))?;
    let openid_client =
        openid_client().map_err(|fault| failed("the tests of tokens need the npm module openid-client", &fault))?;
    Ok(vec![
        ("TALLYSTICK_TEST_OAUTH_PYTHON", authlib.into()),
        ("TALLYSTICK_TEST_OAUTH_NODE_MODULES", openid_client.into()),
        install_smsc("the tests of the channels")?,
        ("TALLYSTICK_TEST_PYTHON", python.into()),
        ("TALLYSTICK_TEST_WEBHOOKS_PYTHON", webhooks.into()),
        install_postfix("the tests of bounces")?,
    ])
}

/// Installs what an SMSC needs, for `whom`, and answers the variable that tells where it is.
pub(crate) fn install_smsc(whom: &str) -> Result<(&'static str, OsString), Fault> {
    let modules = smpp().map_err(|fault| failed(&format!("{whom} need the npm module smpp"), &fault))?;
    Ok((NODE_MODULES, modules.into()))
}

/// Installs the rival of the token endpoint, for `whom`, and answers the variable that tells where it is.
pub(crate) fn install_oidc_provider(whom: &str) -> Result<(&'static str, OsString), Fault> {
    let uses = "require.resolve('oidc-provider')";
    let modules = packages::npm("oidc-provider", OIDC_PROVIDER, uses)
        .map_err(|fault| failed(&format!("{whom} need the npm module oidc-provider"), &fault))?;
    Ok(("TALLYSTICK_BENCH_OIDC_PROVIDER", modules.into()))
}

/// Installs Postfix, for `whom`, and answers the variable that tells where it is.
pub(crate) fn install_postfix(whom: &str) -> Result<(&'static str, OsString), Fault> {
    let root = postfix().map_err(|fault| failed(&format!("{whom} need Debian's package postfix"), &fault))?;
    Ok((POSTFIX, root.into()))
}

fn failed(need: &str, fault: &Fault) -> Fault {
    Fault::Failed(format!("{need}, which could not be installed: {fault}"))
}

fn wanted(packages: &[String]) -> bool {
    packages.is_empty() || packages.iter().any(|package| PACKAGES.contains(&package.as_str()))
}

/// The directory of npm's modules.
fn smpp() -> Result<PathBuf, Fault> {
    packages::npm("smpp", SMPP, "require('smpp')")
}

/// The Python that has it.
fn aiosmtpd() -> Result<PathBuf, Fault> {
    Ok(packages::pypi("aiosmtpd", AIOSMTPD, "import aiosmtpd.smtp")?.join("python"))
}

/// The Python that has it.
fn standardwebhooks() -> Result<PathBuf, Fault> {
    Ok(packages::pypi("standardwebhooks", STANDARDWEBHOOKS, "import standardwebhooks")?.join("python"))
}

/// The Python that has it, with what it makes its requests with.
fn authlib() -> Result<PathBuf, Fault> {
    let uses = "import authlib.integrations.requests_client";
    Ok(packages::pypi_with("authlib", AUTHLIB, &[REQUESTS], uses)?.join("python"))
}

/// The directory of npm's modules.
fn openid_client() -> Result<PathBuf, Fault> {
    packages::npm("openid-client", OPENID_CLIENT, "require.resolve('openid-client')")
}

/// The directory that the tree of its package begins at.
fn postfix() -> Result<PathBuf, Fault> {
    let program = "usr/lib/postfix/sbin/master";
    if Path::new("/").join(program).exists() { Ok("/".into()) } else { debian::unpack("postfix", program) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_packages_that_need_them_get_them() {
        assert!(wanted(&[]));
        assert!(wanted(&["domain".to_owned(), "channels".to_owned()]));
        assert_eq!(install(&["domain".to_owned()]).unwrap(), []);
    }
}
