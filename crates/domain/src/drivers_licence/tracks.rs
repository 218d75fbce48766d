//! The three tracks of a magnetic stripe, as British Columbia has them in its bar code.

use time::{Date, Month};

use super::{DriversLicence, ScanFault, date, given, issuer, tidy, value};
use crate::applicant::CanadianPostalCode;
use crate::calendar::CalendarDate;
use crate::reference_data::Province;

/// The tracks, without the signs at their ends.
pub(super) struct Tracks<'a> {
    /// Province, city, name and address.
    first: &'a str,
    /// Issuer and number, expiry and day of birth.
    second: &'a str,
    /// The postal code, and a description of the holder.
    third: Option<&'a str>,
}

/// The tracks of `code`; `None` when it is not of this form.
///
/// # Errors
/// [`ScanFault::CutShort`], when the first track is there and the second is not.
pub(super) fn split(code: &str) -> Result<Option<Tracks<'_>>, ScanFault> {
    let text = code.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    let marked = text.strip_prefix('%');
    let body = marked.unwrap_or(text);
    // The sign at its start may be lost, so that the field separators tell.
    let begins = body.len() > 2 && body.is_char_boundary(2) && Province::parse(&body[..2]).is_ok();
    if !begins || !body.contains('^') {
        return Ok(None);
    }
    let Some((first, rest)) = body.split_once(';') else {
        return Err(ScanFault::CutShort { element: "track 2" });
    };
    let (second, third) = match rest.split_once('?') {
        Some((second, third)) => (second, third.split_once("0A").map(|(_, third)| third)),
        None => (rest, None),
    };
    Ok(Some(Tracks { first, second, third }))
}

pub(super) fn read(tracks: &Tracks<'_>) -> Result<DriversLicence, ScanFault> {
    let unreadable = |element| ScanFault::Unreadable { element };
    let (numbers, dates) = tracks.second.split_once('=').ok_or(ScanFault::CutShort { element: "track 2" })?;
    let issuer = numbers.get(..6).and_then(|digits| digits.parse().ok()).ok_or(unreadable("track 2"))?;
    let issued_by = issuer::province(issuer)?;
    let number = numbers.get(6..).and_then(value).ok_or(unreadable("track 2"))?;
    if dates.len() < 12 {
        return Err(ScanFault::CutShort { element: "track 2" });
    }
    let dob = dates.get(4..12).and_then(date).ok_or(unreadable("track 2"))?;
    let expiry = dates.get(..4).and_then(|digits| expiry(digits, dob)).ok_or(unreadable("track 2"))?;

    // Two letters of the province, then the city, the name and the address.
    let first = tracks.first.trim_end_matches(['?', '^']).get(2..).unwrap_or("");
    let (_, first) = field(first, LONGEST_CITY).ok_or(ScanFault::CutShort { element: "track 1" })?;
    let (name, address) = field(first, LONGEST_NAME).ok_or(ScanFault::CutShort { element: "track 1" })?;
    let (last, others) = name.split_once('$').unwrap_or((name, ""));
    let last_name = value(last).ok_or(unreadable("track 1"))?;
    let (first_name, middle_name) = given(&others.replace('$', ","));
    let (street, place) = address.rsplit_once('$').ok_or(ScanFault::CutShort { element: "track 1" })?;
    let address_1 = tidy(&street.replace('$', ", "));
    let (city, province, code) = place_of(place).ok_or(unreadable("track 1"))?;
    // The third track has the code again, in a field of its own.
    let third = tracks.third.and_then(|third| third.get(..6)).and_then(|code| CanadianPostalCode::parse(code).ok());
    let postal_code = third.or(code).ok_or(unreadable("track 3"))?;
    if address_1.is_empty() || city.is_empty() {
        return Err(unreadable("track 1"));
    }
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

/// The most characters of the city in the first track, and of the name.
const LONGEST_CITY: usize = 13;
const LONGEST_NAME: usize = 35;

/// The first field of `text`, and what follows it. A field that has its full length has no separator after it.
fn field(text: &str, most: usize) -> Option<(&str, &str)> {
    let end = text.char_indices().nth(most).map_or(text.len(), |(place, _)| place);
    match text.find('^') {
        Some(separator) if separator <= end => text.get(..separator).zip(text.get(separator + 1..)),
        _ if end < text.len() => text.get(..end).zip(text.get(end..)),
        _ => None,
    }
}

/// City, province and postal code of a last line such as `VICTORIA BC  V8W 3Y8`.
fn place_of(line: &str) -> Option<(String, Province, Option<CanadianPostalCode>)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    // The last word that is a province: cities have such words, too, but before it.
    let at = words.iter().rposition(|word| Province::parse(word).is_ok())?;
    let province = Province::parse(words.get(at)?).ok()?;
    let code = CanadianPostalCode::parse(&words.get(at + 1..)?.concat()).ok();
    Some((tidy(&words.get(..at)?.join(" ")), province, code))
}

/// The last day of the month that the four digits YYMM are. Months of other meaning: 88 for the month of birth and 99 for
/// the birthday (annex F).
fn expiry(digits: &str, dob: CalendarDate) -> Option<CalendarDate> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = 2000 + digits.get(..2)?.parse::<i32>().ok()?;
    let month = match digits.get(2..)?.parse::<u8>().ok()? {
        88 | 99 => dob.date().month(),
        month => Month::try_from(month).ok()?,
    };
    let last = month.length(year);
    let day = if digits.ends_with("99") { dob.date().day().min(last) } else { last };
    let expiry = Date::from_calendar_date(year, month, day).ok()?;
    CalendarDate::parse(&format!("{:04}-{:02}-{:02}", expiry.year(), u8::from(expiry.month()), expiry.day())).ok()
}
