//! SPDX licence expressions (SPDX specification 2.3, annex D), and the older `A/B` of crates.io for `A OR B`.

use std::fmt;

/// A licence expression.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Expression {
    /// One licence, with its exception when it has one: `Apache-2.0 WITH LLVM-exception`.
    Licence(String),
    /// Either may be chosen.
    Or(Box<Expression>, Box<Expression>),
    /// Both hold.
    And(Box<Expression>, Box<Expression>),
}

/// An expression that cannot be read: the word at which it stops making sense, or `None` at its end.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Malformed(Option<String>);

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Expression, Malformed> {
        let words = words(text);
        let mut rest = words.as_slice();
        let expression = any(&mut rest)?;
        if rest.is_empty() { Ok(expression) } else { Err(malformed(rest)) }
    }

    /// Whether one can comply with it by licences for which `allowed` holds alone.
    pub(crate) fn is_satisfied(&self, allowed: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Expression::Licence(licence) => allowed(licence),
            Expression::Or(one, other) => one.is_satisfied(allowed) || other.is_satisfied(allowed),
            Expression::And(one, other) => one.is_satisfied(allowed) && other.is_satisfied(allowed),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(word) => write!(f, "not a licence expression, at `{word}`"),
            None => f.write_str("not a licence expression: it ends too early"),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')', '/']) {
            words.extend([&rest[..at], &rest[at..=at]].into_iter().filter(|part| !part.is_empty()));
            rest = &rest[at + 1..];
        }
        words.extend(Some(rest).filter(|part| !part.is_empty()));
    }
    words
}

/// OR binds weakest.
fn any(rest: &mut &[&str]) -> Result<Expression, Malformed> {
    let mut expression = all(rest)?;
    while take(rest, "OR") || take(rest, "/") {
        expression = Expression::Or(Box::new(expression), Box::new(all(rest)?));
    }
    Ok(expression)
}

fn all(rest: &mut &[&str]) -> Result<Expression, Malformed> {
    let mut expression = one(rest)?;
    while take(rest, "AND") {
        expression = Expression::And(Box::new(expression), Box::new(one(rest)?));
    }
    Ok(expression)
}

fn one(rest: &mut &[&str]) -> Result<Expression, Malformed> {
    if take(rest, "(") {
        let expression = any(rest)?;
        return if take(rest, ")") { Ok(expression) } else { Err(malformed(rest)) };
    }
    let mut licence = name(rest)?.to_owned();
    if take(rest, "WITH") {
        licence = format!("{licence} WITH {}", name(rest)?);
    }
    Ok(Expression::Licence(licence))
}

fn name<'a>(rest: &mut &[&'a str]) -> Result<&'a str, Malformed> {
    match rest.split_first() {
        Some((word, tail)) if !["(", ")", "/", "OR", "AND", "WITH"].contains(word) => {
            *rest = tail;
            Ok(word)
        }
        _ => Err(malformed(rest)),
    }
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, tail)) if *first == word => {
            *rest = tail;
            true
        }
        _ => false,
    }
}

fn malformed(rest: &[&str]) -> Malformed {
    Malformed(rest.first().map(|word| (*word).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn satisfied(text: &str, allowed: &[&str]) -> bool {
        Expression::parse(text).unwrap().is_satisfied(&|licence| allowed.contains(&licence))
    }

    #[test]
    fn one_of_several_is_enough() {
        for text in ["MIT", "MIT OR GPL-3.0", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "GPL-3.0 / MIT", "(A OR B) OR MIT"] {
            assert!(satisfied(text, &["MIT"]), "{text}");
            assert!(!satisfied(text, &["ISC"]), "{text}");
        }
    }

    #[test]
    fn all_of_several_are_needed() {
        assert!(satisfied("MIT AND ISC", &["MIT", "ISC"]));
        assert!(!satisfied("MIT AND ISC", &["MIT"]));
        assert!(!satisfied("MIT AND ISC", &["ISC"]));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(satisfied("A OR B AND C", &["A"]));
        assert!(satisfied("B AND C OR A", &["A"]));
        assert!(!satisfied("(A OR B) AND C", &["A"]));
        assert!(satisfied("(A OR B) AND C", &["A", "C"]));
        assert!(satisfied("(A/B) AND C", &["B", "C"]));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        let text = "Apache-2.0 WITH LLVM-exception";
        assert!(!satisfied(text, &["Apache-2.0"]));
        assert!(satisfied(text, &[text]));
        assert!(satisfied("Apache-2.0  WITH\tLLVM-exception OR MIT", &["MIT"]));
    }

    #[test]
    fn nonsense_is_told_where_it_starts() {
        let at = |text| Expression::parse(text).unwrap_err().0;
        assert_eq!(at(""), None);
        assert_eq!(at("MIT OR"), None);
        assert_eq!(at("(MIT"), None);
        assert_eq!(at("MIT)"), Some(")".to_owned()));
        assert_eq!(at("MIT ISC"), Some("ISC".to_owned()));
        assert_eq!(at("OR MIT"), Some("OR".to_owned()));
        assert_eq!(at("A WITH OR B"), Some("OR".to_owned()));
    }
}
