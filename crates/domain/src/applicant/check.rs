//! From a draft to an applicant, with every fault told at once.

use uuid::Uuid;

use super::{
    AccountType, Address, Applicant, ApplicantDraft, ApplicantFaults, CanadianPostalCode, GovernmentId, Message,
    NorthAmericanNumber,
};
use crate::calendar::CalendarDate;
use crate::currency::CurrencyCode;
use crate::email::Email;
use crate::merchant::LocationId;
use crate::money::Money;
use crate::reference_data::{
    GovernmentDocument, GroupKey, HousingType, Issuer, Lang, Occupation, Province, Salutation, SecurityQuestion,
    UnknownChoice,
};
use crate::report::present;
use crate::terms::{self, TermsVersion};
use crate::{Secret, Timestamp};

/// The most characters of an e-mail address, as the public pages have it.
pub const LONGEST_EMAIL: usize = 100;

/// The largest income or payment, in whole dollars. More is a slip of the keyboard.
pub const LARGEST_AMOUNT: u32 = 99_999_999;

/// The most years that anybody's birth is ago.
const LONGEST_LIFE: u8 = 120;

/// The most characters of any member. Most have a shorter rule of their own; with this, what is kept of an applicant is bounded as well.
pub const LONGEST_MEMBER: usize = longest::ADDRESS_1;

/// Lengths of texts: those of names and address of the public page of `widget/init`, the others our own.
mod longest {
    pub(super) const FIRST_NAME: usize = 80;
    pub(super) const LAST_NAME: usize = 130;
    pub(super) const ADDRESS_1: usize = 250;
    pub(super) const ADDRESS_2: usize = 100;
    pub(super) const CITY: usize = 100;
    pub(super) const EMPLOYER: usize = 100;
    pub(super) const ANSWER: usize = 100;
}

/// Checks a whole application (`POST …/apply`), on the day `today` where the applicant is.
///
/// Needed is everything but `salutation`, `middle_name`, `address_2`, `widget_session_id` and `external_location_id`;
/// `employer` where the occupation has one. `preferred_language` is `lang` unless given, `account_type` is `consumer`, and
/// `tos_version` the version in force, since older callers send `tos_agreement` alone.
///
/// # Errors
/// Every fault of the draft, one for each parameter. A rule that depends on another parameter is left out where that has a
/// fault of its own.
pub fn check(draft: &ApplicantDraft, today: CalendarDate, lang: Lang) -> Result<Applicant, ApplicantFaults> {
    let (applicant, faults) = examine(draft, today, lang, true);
    applicant.ok_or(faults)
}

/// Checks what is known of an applicant so far (`POST …/information`): what is given, and nothing else.
///
/// # Errors
/// Every fault of what is given.
pub fn check_given(draft: &ApplicantDraft, today: CalendarDate) -> Result<(), ApplicantFaults> {
    let (_, faults) = examine(draft, today, Lang::default(), false);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Lays what a call says of an applicant (`POST …/information`) over what `earlier` calls of the flow said, and checks the whole: a
/// province that does not fit the postal code of before is a fault of this call. `now` is when it is checked, by the calendar of the
/// province where the applicant lives; as long as that is not known, of the one in which a day begins last.
///
/// # Errors
/// Every fault of the whole. Of a parameter that the call does not say it has no value: whoever may add to a flow need not learn what
/// others have said.
pub fn check_further(
    said: ApplicantDraft,
    earlier: ApplicantDraft,
    now: Timestamp,
) -> Result<ApplicantDraft, ApplicantFaults> {
    let shown = said.known();
    let whole = said.trimmed().over(earlier);
    // A rule of the parameter's own says more.
    let found = check_given(&whole, today(&whole, now)).err().unwrap_or_default();
    let faults = found.and(too_long(&whole));
    if faults.is_empty() { Ok(whole) } else { Err(faults.showing(&shown)) }
}

/// Lays an application (`POST …/apply`) over what `earlier` calls of its flow said, and checks the whole as [`check`] does: on the day `now` where
/// the applicant lives, in the language `lang` of the call. Gives the applicant with the whole draft, which is what was agreed to.
///
/// # Errors
/// Every fault of the whole, without the values of parameters that the call does not say, as with [`check_further`].
pub fn check_application(
    said: ApplicantDraft,
    earlier: ApplicantDraft,
    now: Timestamp,
    lang: Lang,
) -> Result<(Applicant, ApplicantDraft), ApplicantFaults> {
    let shown = said.known();
    let whole = said.trimmed().over(earlier);
    let too_long = too_long(&whole);
    match check(&whole, today(&whole, now), lang) {
        Ok(applicant) if too_long.is_empty() => Ok((applicant, whole)),
        Ok(_) => Err(too_long.showing(&shown)),
        Err(faults) => Err(faults.and(too_long).showing(&shown)),
    }
}

/// What is longer than any member may be.
fn too_long(draft: &ApplicantDraft) -> ApplicantFaults {
    let mut faults = ApplicantFaults::new();
    for (param, text) in draft.texts().filter(|(_, text)| text.chars().nth(LONGEST_MEMBER).is_some()) {
        faults.add(param, Message::TooLong { most: LONGEST_MEMBER }, Some(text));
    }
    faults
}

/// The names of the parameters that an application with this draft, of which nothing is wrong so far, still needs, in order. One that is
/// there may be among them: terms that were not accepted.
#[must_use]
pub fn missing(draft: &ApplicantDraft, now: Timestamp) -> Vec<&'static str> {
    let needed = check(draft, today(draft, now), Lang::default()).err().unwrap_or_default();
    ApplicantDraft::PARAMS.iter().copied().filter(|param| needed.has(param)).collect()
}

/// The day where the applicant lives. Without a province it is that of British Columbia, where a day begins last: a document that has
/// expired by it has expired in every province. A birth of the last hours is not past by it, and nobody is of age by then.
fn today(draft: &ApplicantDraft, now: Timestamp) -> CalendarDate {
    let province = present(&draft.province).and_then(|text| Province::parse(text).ok());
    province.unwrap_or(Province::BritishColumbia).today(now)
}

struct Examination {
    faults: ApplicantFaults,
    /// Whether everything is to be there.
    whole: bool,
}

impl Examination {
    /// The value of a parameter that may be absent.
    fn optional<T>(
        &mut self,
        param: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Message>,
    ) -> Option<T> {
        let text = present(member)?;
        parse(text).map_err(|message| self.faults.add(param, message, Some(text))).ok()
    }

    /// The value of a parameter that a whole application has.
    fn needed<T>(
        &mut self,
        param: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Message>,
    ) -> Option<T> {
        if self.whole && present(member).is_none() {
            self.faults.add(param, Message::Required, None);
        }
        self.optional(param, member, parse)
    }
}

fn examine(
    draft: &ApplicantDraft,
    today: CalendarDate,
    lang: Lang,
    whole: bool,
) -> (Option<Applicant>, ApplicantFaults) {
    let mut at = Examination { faults: ApplicantFaults::new(), whole };
    // Read ahead of their turn, since rules of parameters before them depend on them.
    let province = present(&draft.province).and_then(|text| Province::parse(text).ok());

    let salutation = at.optional("salutation", &draft.salutation, |text| choice(Salutation::parse(text)));
    let first_name = at.needed("first_name", &draft.first_name, |text| name(text, longest::FIRST_NAME));
    let middle_name = at.optional("middle_name", &draft.middle_name, |text| line(text, longest::FIRST_NAME));
    let last_name = at.needed("last_name", &draft.last_name, |text| name(text, longest::LAST_NAME));
    let dob = at.needed("dob", &draft.dob, |text| birth(text, today, province));
    let email = at.needed("email", &draft.email, email);
    let phone_number = at.needed("phone_number", &draft.phone_number, |text| {
        NorthAmericanNumber::parse(text).map_err(|_| Message::PhoneNumber)
    });
    let address_1 = at.needed("address_1", &draft.address_1, |text| line(text, longest::ADDRESS_1));
    let address_2 = at.optional("address_2", &draft.address_2, |text| line(text, longest::ADDRESS_2));
    let city = at.needed("city", &draft.city, |text| name(text, longest::CITY));
    let province = at.needed("province", &draft.province, |text| {
        Province::parse(text).map_err(|_| Message::Choice { group: GroupKey::Provinces })
    });
    let postal_code = at.needed("postal_code", &draft.postal_code, |text| postal_code(text, province));
    let housing_type = at.needed("housing_type", &draft.housing_type, |text| choice(HousingType::parse(text)));
    let housing_payment = at.needed("housing_payment", &draft.housing_payment, amount);
    let occupation = at.needed("occupation_id", &draft.occupation_id, |text| choice(Occupation::parse(text)));
    let employer = at.optional("employer", &draft.employer, |text| line(text, longest::EMPLOYER));
    if whole && occupation.is_some_and(Occupation::has_employer) && present(&draft.employer).is_none() {
        at.faults.add("employer", Message::RequiredForOccupation, None);
    }
    let annual_income = at.needed("annual_income", &draft.annual_income, amount);
    let government_id = government_id(&mut at, draft, today);
    let security_question =
        at.needed("security_qid", &draft.security_qid, |text| choice(SecurityQuestion::parse(text)));
    let security_answer = at.needed("security_answer", &draft.security_answer, |text| {
        line(text, longest::ANSWER).and_then(long_enough).map(Secret::new)
    });
    let preferred_language = at.optional("preferred_language", &draft.preferred_language, |text| {
        Lang::parse_preferred(text).map_err(|_| Message::Language)
    });
    let account_type = at.optional("account_type", &draft.account_type, |text| {
        AccountType::parse(text).map_err(|_| Message::AccountType)
    });
    if whole {
        match draft.tos_agreement {
            Some(true) => {}
            Some(false) => at.faults.add("tos_agreement", Message::TermsNotAccepted, Some("false")),
            None => at.faults.add("tos_agreement", Message::Required, None),
        }
    }
    let in_force = province.and_then(|province| terms::in_force(today, province, lang).ok()).map(|terms| terms.version);
    let accepted = at.optional("tos_version", &draft.tos_version, |text| terms_version(text, province, in_force));
    if whole && province.is_some() && in_force.is_none() {
        // Before the first terms nobody can accept any.
        at.faults.add("tos_version", Message::TermsVersion { version: None }, None);
    }
    let widget_session_id = at.optional("widget_session_id", &draft.widget_session_id, |text| {
        Uuid::parse_str(text).map_err(|_| Message::Guid)
    });
    // That the merchant has it is for whoever knows the merchant to ask.
    let external_location_id = at.optional("external_location_id", &draft.external_location_id, |text| {
        LocationId::parse(text).map_err(|_| Message::LocationId { most: LocationId::LONGEST })
    });

    let Examination { faults, .. } = at;
    if !faults.is_empty() {
        return (None, faults);
    }
    // Each of these is there in a whole application: an absent one is a fault.
    let assembled = (|| {
        Some(Applicant {
            salutation,
            first_name: first_name?,
            middle_name,
            last_name: last_name?,
            dob: dob?,
            email: email?,
            phone_number: phone_number?,
            address: Address {
                address_1: address_1?,
                address_2,
                city: city?,
                province: province?,
                postal_code: postal_code?,
            },
            housing_type: housing_type?,
            housing_payment: housing_payment?,
            occupation: occupation?,
            employer,
            annual_income: annual_income?,
            government_id: government_id?,
            security_question: security_question?,
            security_answer: security_answer?,
            preferred_language: preferred_language.unwrap_or(lang),
            account_type: account_type.unwrap_or_default(),
            terms: accepted.or(in_force)?,
            widget_session_id,
            external_location_id,
        })
    })();
    (assembled, faults)
}

fn choice<T>(read: Result<T, UnknownChoice>) -> Result<T, Message> {
    read.map_err(|unknown| Message::Choice { group: unknown.group })
}

/// A text of one line, without the white space around it.
fn line(text: &str, most: usize) -> Result<String, Message> {
    if text.chars().any(char::is_control) {
        Err(Message::ControlCharacter)
    } else if text.chars().nth(most).is_some() {
        Err(Message::TooLong { most })
    } else {
        Ok(text.to_owned())
    }
}

/// A line that has a letter, of whatever script.
fn name(text: &str, most: usize) -> Result<String, Message> {
    let name = line(text, most)?;
    if name.chars().any(char::is_alphabetic) { Ok(name) } else { Err(Message::NoLetter) }
}

/// An answer that is not guessed by its first letter.
fn long_enough(answer: String) -> Result<String, Message> {
    const LEAST: usize = 2;
    if answer.chars().count() < LEAST { Err(Message::TooShort { least: LEAST }) } else { Ok(answer) }
}

fn email(text: &str) -> Result<Email, Message> {
    if text.chars().nth(LONGEST_EMAIL).is_some() {
        return Err(Message::TooLong { most: LONGEST_EMAIL });
    }
    Email::parse(text).map_err(|_| Message::Email)
}

/// A day of birth of somebody who is of age in `province`; without one, of anybody.
fn birth(text: &str, today: CalendarDate, province: Option<Province>) -> Result<CalendarDate, Message> {
    let dob = CalendarDate::parse(text).ok().filter(|dob| *dob < today).ok_or(Message::PastDate)?;
    if has_turned(LONGEST_LIFE, dob, today) {
        return Err(Message::TooLongAgo { years: LONGEST_LIFE });
    }
    match province {
        Some(province) if !has_turned(province.majority(), dob, today) => Err(Message::UnderAge { province }),
        _ => Ok(dob),
    }
}

/// Whether who was born on `dob` is `years` old on `today`.
fn has_turned(years: u8, dob: CalendarDate, today: CalendarDate) -> bool {
    today.whole_years_since(dob) >= u32::from(years)
}

fn postal_code(text: &str, province: Option<Province>) -> Result<CanadianPostalCode, Message> {
    let code = CanadianPostalCode::parse(text).map_err(|_| Message::PostalCode)?;
    match province {
        Some(province) if !code.is_in(province) => Err(Message::PostalCodeProvince { province }),
        _ => Ok(code),
    }
}

/// An amount of Canadian dollars, zero or more.
fn amount(text: &str) -> Result<Money, Message> {
    let dollars = CurrencyCode::parse("CAD").map_err(|_| Message::Amount)?;
    let range = Message::AmountRange { most: LARGEST_AMOUNT };
    let amount = Money::parse(text, dollars).map_err(|_| Message::Amount)?;
    if (0..=i64::from(LARGEST_AMOUNT) * 100).contains(&amount.minor()) { Ok(amount) } else { Err(range) }
}

fn government_id(at: &mut Examination, draft: &ApplicantDraft, today: CalendarDate) -> Option<GovernmentId> {
    let document = at.needed("govid_type", &draft.govid_type, |text| choice(GovernmentDocument::parse(text)));
    let issuer = at.needed("govid_issued_by", &draft.govid_issued_by, |text| {
        let issuer = Issuer::parse(text);
        match document {
            Some(document) => {
                issuer.ok().filter(|issuer| document.is_issued_by(*issuer)).ok_or(Message::Issuer { document })
            }
            None => choice(issuer),
        }
    });
    let number = at.needed("govid_number", &draft.govid_number, |text| {
        let formed = (3..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-'))
            && text.bytes().any(|byte| byte.is_ascii_digit());
        if formed { Ok(Secret::new(text.to_owned())) } else { Err(Message::GovidNumber) }
    });
    let expiry = at.needed("govid_expiry", &draft.govid_expiry, |text| {
        CalendarDate::parse(text).ok().filter(|expiry| *expiry > today).ok_or(Message::FutureDate)
    });
    Some(GovernmentId { document: document?, issuer: issuer?, number: number?, expiry: expiry? })
}

/// A version that exists and, where the province is known, is in force there.
fn terms_version(
    text: &str,
    province: Option<Province>,
    in_force: Option<TermsVersion>,
) -> Result<TermsVersion, Message> {
    let wrong = Message::TermsVersion { version: in_force };
    match TermsVersion::parse(text) {
        Ok(version) if province.is_none() || in_force == Some(version) => Ok(version),
        _ => Err(wrong),
    }
}
