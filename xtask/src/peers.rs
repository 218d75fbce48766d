//! The peers that the tests of the channels talk to: an SMSC over the npm module `smpp`, a mail server of aiosmtpd, and a receiver of
//! webhooks over standardwebhooks; and Postfix, whose package is unpacked and not installed. They are installed here, each of a version that
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
    Ok(vec![
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
