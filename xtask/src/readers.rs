//! The programs that read the documents back in their tests: poppler, qpdf, and zbar for bar codes. All are Debian's packages.

use std::process::Command;

use crate::fault::Fault;
use crate::{debian, process};

/// A program, how it tells its version, and the package that it is in.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("pdftotext", "-v", "poppler-utils"),
    ("pdftoppm", "-v", "poppler-utils"),
    ("pdffonts", "-v", "poppler-utils"),
    ("qpdf", "--version", "qpdf"),
    ("zbarimg", "--version", "zbar-tools"),
];

/// The packages whose tests need them.
const PACKAGES: [&str; 1] = ["documents"];

/// Installs what the tests of `packages` (all when empty) need.
pub(crate) fn install(packages: &[String]) -> Result<(), Fault> {
    let wanted = packages.is_empty() || packages.iter().any(|package| PACKAGES.contains(&package.as_str()));
    let runs = |program: &str, argument: &str| process::succeeds(Command::new(program).arg(argument));
    let mut missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, argument, _)| wanted && !runs(program, argument))
        .map(|(_, _, package)| *package)
        .collect();
    missing.dedup();
    if missing.is_empty() { Ok(()) } else { debian::install("What reads PDFs and bar codes", &missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_packages_that_need_them_get_them() {
        assert!(install(&["domain".to_owned()]).is_ok());
    }
}
