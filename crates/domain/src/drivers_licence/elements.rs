//! Files of the AAMVA standard: a header, and elements on lines.

use std::borrow::Cow;

use super::{DriversLicence, ScanFault, date, given, is_separator, issuer, tidy, value};
use crate::applicant::CanadianPostalCode;
use crate::reference_data::Province;

/// How far into the text the number of the issuer may begin.
const FARTHEST_HEADER: usize = 24;

/// The header and what follows it.
struct File<'a> {
    issuer: Province,
    /// The length of the subfile of the licence, as the table has it.
    declared: Option<usize>,
    /// Everything after the header, from the table of subfiles on.
    rest: &'a str,
}

pub(super) fn read(code: &str) -> Result<DriversLicence, ScanFault> {
    let code = unescaped(code);
    let file = header(&code)?;
    let elements = Elements::of(file.rest)?;
    match elements.get("DCG").map(tidy) {
        Some(country) if !matches!(country.to_ascii_uppercase().as_str(), "" | "CAN" | "CA") => {
            return Err(ScanFault::OtherCountry);
        }
        _ => {}
    }
    elements.whole(&file)?;
    assemble(&elements, file.issuer)
}

/// `code` with control characters in place of their written forms, where it has those and no line end of its own.
fn unescaped(code: &str) -> Cow<'_, str> {
    if !code.contains('\\') || code.trim().contains(is_separator) {
        return Cow::Borrowed(code);
    }
    let mut plain = code.to_owned();
    for (written, meant) in
        [("\\u001e", "\u{1e}"), ("\\u001E", "\u{1e}"), ("\\x1e", "\u{1e}"), ("\\r", "\r"), ("\\n", "\n")]
    {
        plain = plain.replace(written, meant);
    }
    Cow::Owned(plain)
}

/// Finds the header. Of what is before the number of the issuer (`@`, LF, RS, CR, `ANSI `, or `AAMVA` before the year 2000)
/// any part may be missing.
fn header(code: &str) -> Result<File<'_>, ScanFault> {
    let start = code.find(|character: char| character.is_ascii_digit()).ok_or(ScanFault::NotAamva)?;
    let before = &code[..start];
    let marker = |character: char| {
        matches!(character, '@' | 'A' | 'N' | 'S' | 'I' | 'M' | 'V' | ' ' | ']' | '\u{4}') || is_separator(character)
    };
    let digits: &str = code[start..].split(|character: char| !character.is_ascii_digit()).next().unwrap_or("");
    if start > FARTHEST_HEADER || !before.chars().all(marker) || digits.len() < 6 {
        return Err(ScanFault::NotAamva);
    }
    // With its marker it is a licence, of whatever issuer; without, six digits may be anything.
    let marked = ["ANSI", "AAMVA"].iter().any(|marker| before.contains(marker));
    let issuer = match issuer::province(digits[..6].parse().map_err(|_| ScanFault::NotAamva)?) {
        Err(ScanFault::UnknownJurisdiction) if !marked => return Err(ScanFault::NotAamva),
        found => found?,
    };
    let rest = &code[start + digits.len()..];
    Ok(File { issuer, declared: table(rest).0, rest })
}

/// The declared length of the subfile of the licence (`DL`, or `EN` of an enhanced one), and what follows the table of subfiles (each two letters, four digits of its
/// offset and four of its length).
fn table(mut rest: &str) -> (Option<usize>, &str) {
    let mut declared = None;
    loop {
        rest = rest.trim_start();
        let bytes = rest.as_bytes();
        let entry = bytes.len() >= 10
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..10].iter().all(u8::is_ascii_digit);
        if !entry {
            return (declared, rest);
        }
        if rest.starts_with("DL") || rest.starts_with("EN") {
            declared = rest[6..10].parse().ok();
        }
        rest = &rest[10..];
    }
}

/// The elements of a file, by name. The first of a name counts.
struct Elements<'a> {
    all: Vec<(&'a str, &'a str)>,
    /// The text from the subfile of the licence on.
    body: &'a str,
}

impl<'a> Elements<'a> {
    fn of(rest: &'a str) -> Result<Self, ScanFault> {
        let (_, body) = table(rest);
        let mut all = Vec::new();
        let mut licence = true;
        for line in body.split(is_separator) {
            let line = line.trim_start().trim_end_matches('\u{4}');
            // The type of a subfile stands before the name of its first element.
            let line = match line.get(..2) {
                Some("DL" | "EN") if starts_with_name(&line[2..]) => &line[2..],
                Some("ID") if starts_with_name(&line[2..]) => {
                    licence = false;
                    &line[2..]
                }
                _ => line,
            };
            if starts_with_name(line) {
                let (name, text) = line.split_at(3);
                if !all.iter().any(|(known, _)| *known == name) {
                    all.push((name, text));
                }
            }
        }
        if licence { Ok(Self { all, body }) } else { Err(ScanFault::NotALicence) }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.all.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The tidied value of the first of `names` that has one.
    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name).and_then(value))
    }

    /// The value of an element that each licence has, in whichever of the versions' names. The first name is the one told.
    fn needed(&self, names: &[&'static str]) -> Result<String, ScanFault> {
        self.first(names).ok_or(ScanFault::CutShort { element: names.first().copied().unwrap_or("DL") })
    }

    /// Sees that the text does not end inside a value that is asked for: one whose line has no end, when the table says that
    /// the subfile was longer. Two octets may be missing, those that end it, which many programs cut off.
    fn whole(&self, file: &File<'_>) -> Result<(), ScanFault> {
        let cut = file.declared.is_some_and(|declared| self.body.len() + 2 < declared);
        let ended = self.body.ends_with(|character: char| is_separator(character));
        let Some((last, _)) = self.all.last() else { return Err(ScanFault::CutShort { element: "DL" }) };
        let element = ASKED.iter().find(|asked| *asked == last);
        match element {
            Some(element) if cut && !ended => Err(ScanFault::CutShort { element }),
            _ => Ok(()),
        }
    }
}

/// The elements that a value is taken from.
const ASKED: [&str; 15] =
    ["DAA", "DAB", "DAC", "DAD", "DAG", "DAH", "DAI", "DAJ", "DAK", "DAQ", "DBA", "DBB", "DCG", "DCS", "DCT"];

/// Whether `line` begins with the name of an element of a licence: `D` and two capital letters. Those of the subfiles of
/// jurisdictions begin with `Z`.
fn starts_with_name(line: &str) -> bool {
    matches!(line.as_bytes(), [b'D', second, third, ..] if second.is_ascii_uppercase() && third.is_ascii_uppercase())
}

fn assemble(elements: &Elements<'_>, issued_by: Province) -> Result<DriversLicence, ScanFault> {
    let (last_name, first_name, middle_name) = names(elements)?;
    let day = |element: &'static str| {
        let text = elements.needed(&[element])?;
        date(&text).ok_or(ScanFault::Unreadable { element })
    };
    let dob = day("DBB")?;
    let expiry = day("DBA")?;
    // In version 01 the address of residence has names of its own and may be the only one.
    let street = elements.needed(&["DAG", "DAL"])?;
    let address_1 = match elements.first(&["DAH"]) {
        Some(second) => format!("{street}, {second}"),
        None => street,
    };
    let city = elements.needed(&["DAI", "DAN"])?;
    let province = elements.needed(&["DAJ", "DAO"])?;
    let province = Province::parse(&province).map_err(|_| ScanFault::Unreadable { element: "DAJ" })?;
    let postal_code = elements.needed(&["DAK", "DAP"])?;
    let postal_code = CanadianPostalCode::parse(&postal_code).map_err(|_| ScanFault::Unreadable { element: "DAK" })?;
    let number = elements.needed(&["DAQ"])?;
    Ok(DriversLicence {
        first_name,
        middle_name,
        last_name,
        dob,
        address_1,
        city,
        province,
        postal_code,
        issued_by,
        number,
        expiry,
    })
}

/// Family name, first name, other given names.
type Names = (String, Option<String>, Option<String>);

/// The names: the family name apart (`DCS`, in version 01 `DAB`) with given names apart (`DAC`, `DAD`) or in one (`DCT`); or
/// all in one (`DAA`, family name first, commas between them).
fn names(elements: &Elements<'_>) -> Result<Names, ScanFault> {
    let Some(last) = elements.first(&["DCS", "DAB"]) else {
        let whole = elements.get("DAA").ok_or(ScanFault::CutShort { element: "DCS" })?;
        let mut parts = whole.split([',', '$', '@']);
        let last = parts.next().and_then(value).ok_or(ScanFault::CutShort { element: "DAA" })?;
        let first = parts.next().ok_or(ScanFault::CutShort { element: "DAA" })?;
        return Ok((last, value(first), parts.next().and_then(value)));
    };
    if let Some(first) = elements.get("DAC") {
        let others = elements.get("DAD").map(|others| others.replace(',', " ")).and_then(|others| value(&others));
        return Ok((last, value(first), others));
    }
    let both = elements.get("DCT").ok_or(ScanFault::CutShort { element: "DAC" })?;
    let (first, others) = given(both);
    Ok((last, first, others))
}
