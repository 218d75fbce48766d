//! Driver's licences of the Canadian provinces and territories, as their PDF417 bar code has them once a scanner has
//! decoded it to text.
//!
//! Two forms are read:
//!
//! - The files of the AAMVA DL/ID Card Design Standard, annex D, versions 01 to 10: a header (`@`, LF, RS, CR, `ANSI `,
//!   issuer, version, table of subfiles) and a subfile `DL` of elements, each a name of three letters and a value on a line.
//!   Canadian dates are CCYYMMDD; MMDDCCYY is understood, too, since no day can be both. Versions 02 and 03 have the given
//!   names in one element (`DCT`), version 01 may have the whole name in one (`DAA`).
//! - The three tracks of a magnetic stripe (annex F of the same standard), which British Columbia puts into its bar code
//!   and which begin `%BC`. The track has year and month of the expiry and no day. The last day of the month is given; the
//!   card itself shows the birthday in that month.
//!
//! What scanners do to the text is put up with: separators lost, doubled or exchanged, the first characters of the header
//! lost, control characters written as `\n` or `\u001e`. The offsets and lengths of the table of subfiles are not gone by,
//! because they are wrong after any of that. A text cut off inside a value that must be there is noticed when the end of its
//! line is missing and the table says that there was more.
//!
//! Not known: what is special to the cards of Quebec (issuer 604428). The licence has had a PDF417 bar code, but no public
//! description or sample was found; what is read is what the standard says. The same holds of Alberta, Saskatchewan,
//! Nunavut, Prince Edward Island and the Yukon, whose cards nobody shows in public either.

mod elements;
mod issuer;
mod tracks;

use std::fmt;

use zeroize::Zeroize;

use crate::applicant::CanadianPostalCode;
use crate::calendar::CalendarDate;
use crate::reference_data::{Lang, Province};

/// The longest text that is looked at, in bytes. A PDF417 symbol holds 1,850 characters at most.
pub const LONGEST_SCAN: usize = 8 * 1024;

/// What a licence says of its holder. Personal data: its `Debug` shows the province only, and it is wiped from memory when
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct DriversLicence {
    /// The first given name. People who have one name only have none.
    pub first_name: Option<String>,
    /// The other given names, with a space between them.
    pub middle_name: Option<String>,
    /// The family name.
    pub last_name: String,
    /// The day of birth.
    pub dob: CalendarDate,
    /// Street and number, or box; several lines have a comma between them.
    pub address_1: String,
    /// The town.
    pub city: String,
    /// The province of the address.
    pub province: Province,
    /// The postal code of the address.
    pub postal_code: CanadianPostalCode,
    /// The province that issued the licence: `govid_issuedby`.
    pub issued_by: Province,
    /// The number of the licence, as the card has it, hyphens included.
    pub number: String,
    /// The last day on which it is valid. Whether that is past is for the caller to see.
    pub expiry: CalendarDate,
}

impl DriversLicence {
    /// `govid_type` of the reference data: a driver's licence.
    pub const GOVID_TYPE: &'static str = "CADL";
}

impl fmt::Debug for DriversLicence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DriversLicence({}, …)", self.issued_by)
    }
}

impl Drop for DriversLicence {
    fn drop(&mut self) {
        self.first_name.zeroize();
        self.middle_name.zeroize();
        self.last_name.zeroize();
        self.address_1.zeroize();
        self.city.zeroize();
        self.number.zeroize();
    }
}

/// Why a scan is not taken. It never repeats what was scanned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanFault {
    /// Nothing but white space.
    #[error("The scan is empty: scan the bar code on the back of the licence")]
    Empty,
    /// It is longer than any bar code.
    #[error("The scan is longer than a bar code can be: send the text of one bar code")]
    TooLong,
    /// It holds octets that are no text.
    #[error("The scan is not text: set the scanner to send the decoded text of the PDF417 bar code")]
    Binary,
    /// It is not the text of a driver's licence bar code.
    #[error("The scan is not that of a driver's licence: scan the PDF417 bar code on the back of the licence")]
    NotAamva,
    /// It is a card by the same standard that does not let anybody drive.
    #[error("The scan is that of an identification card: a driver's licence is needed")]
    NotALicence,
    /// It is a licence of a country other than Canada.
    #[error("The licence is not a Canadian one")]
    OtherCountry,
    /// Its issuer is in no list.
    #[error("The issuer of the licence is unknown: enter the data by hand")]
    UnknownJurisdiction,
    /// It ends too early, or lacks what each licence has.
    #[error("The scan is cut short: {element} is missing; scan it again")]
    CutShort {
        /// The element, by its AAMVA name (`DAQ`), or the track.
        element: &'static str,
    },
    /// An element is there and is not what the standard says.
    #[error("The scan is damaged: {element} can't be read; scan it again")]
    Unreadable {
        /// The element, by its AAMVA name (`DBB`), or the track.
        element: &'static str,
    },
}

impl ScanFault {
    /// The fault in the language of whoever scanned.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let french = match self {
            _ if lang == Lang::English => return self.to_string(),
            Self::Empty => "La lecture est vide : lisez le code à barres au verso du permis",
            Self::TooLong => {
                "La lecture est plus longue qu'un code à barres : envoyez le texte d'un seul code à barres"
            }
            Self::Binary => {
                "La lecture n'est pas du texte : réglez le lecteur pour qu'il envoie le texte décodé du code PDF417"
            }
            Self::NotAamva => {
                "La lecture n'est pas celle d'un permis de conduire : lisez le code PDF417 au verso du permis"
            }
            Self::NotALicence => "La lecture est celle d'une carte d'identité : il faut un permis de conduire",
            Self::OtherCountry => "Le permis n'est pas un permis canadien",
            Self::UnknownJurisdiction => "L'émetteur du permis est inconnu : saisissez les données à la main",
            Self::CutShort { element } => {
                return format!("La lecture est incomplète : {element} manque; lisez le code de nouveau");
            }
            Self::Unreadable { element } => {
                return format!("La lecture est endommagée : {element} est illisible; lisez le code de nouveau");
            }
        };
        french.to_owned()
    }
}

/// Reads the decoded text of a bar code.
///
/// # Errors
/// [`ScanFault`], when it is not a whole licence of a Canadian province or territory.
pub fn read(code: &str) -> Result<DriversLicence, ScanFault> {
    if code.len() > LONGEST_SCAN {
        return Err(ScanFault::TooLong);
    }
    if code.chars().all(|character| character.is_whitespace() || is_separator(character)) {
        return Err(ScanFault::Empty);
    }
    if code.chars().any(is_binary) {
        return Err(ScanFault::Binary);
    }
    // Where a scanner is set to name the symbology, it sends `]L` and a digit first (ISO/IEC 15424).
    let code = code.trim_start().strip_prefix("]L").and_then(|rest| rest.get(1..)).unwrap_or(code);
    match tracks::split(code)? {
        Some(tracks) => tracks::read(&tracks),
        None => elements::read(code),
    }
}

/// Whether `character` is one of those that separate elements: line ends, the separators of ASCII, and the tab that some
/// scanners send in their place.
const fn is_separator(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\t' | '\u{1c}'..='\u{1f}')
}

/// Whether `character` has no place in a text: a control character that separates nothing, or what a decoder puts in the
/// place of octets that it could not read. End of transmission, which some scanners send last, is let pass.
fn is_binary(character: char) -> bool {
    character == '\u{fffd}' || (character.is_control() && !is_separator(character) && character != '\u{4}')
}

/// The day that eight digits are: CCYYMMDD, or MMDDCCYY. Signs between the digits are passed over.
fn date(text: &str) -> Option<CalendarDate> {
    let digits: String = text.chars().filter(|character| !matches!(character, '-' | '/' | ' ')).collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day = |year: &str, month: &str, day: &str| {
        let date = CalendarDate::parse(&format!("{year}-{month}-{day}")).ok()?;
        // No month is 19 or 20, so that only one of the two ways can fit.
        (1900..2100).contains(&date.year()).then_some(date)
    };
    day(&digits[..4], &digits[4..6], &digits[6..]).or_else(|| day(&digits[4..], &digits[..2], &digits[2..4]))
}

/// `text` without the white space and the commas that pad values, and with single spaces inside.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_matches(|character| matches!(character, ',' | ' ')).to_owned()
}

/// A tidied value; `None` when it is empty or says that there is none (annex D: `NONE`, `unavl`).
fn value(text: &str) -> Option<String> {
    let tidied = tidy(text);
    let none = ["", "NONE", "UNAVL", "UNAVAIL"].iter().any(|word| tidied.eq_ignore_ascii_case(word));
    if none { None } else { Some(tidied) }
}

/// Given names, the first apart from the others. They are separated by commas, or else by spaces.
fn given(names: &str) -> (Option<String>, Option<String>) {
    let tidied = tidy(names);
    let separator = if tidied.contains(',') { ',' } else { ' ' };
    let mut names = tidied.split(separator).filter_map(value);
    let first = names.next();
    let others: Vec<String> = names.collect();
    (first, if others.is_empty() { None } else { Some(others.join(" ")) })
}

#[cfg(test)]
mod tests;
