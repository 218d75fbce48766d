//! Addresses and contacts, of whichever party.

use super::{Address, Contact};
use crate::country::CountryCode;
use crate::email::Email;
use crate::invoice::draft::{AddressDraft, ContactDraft};
use crate::invoice::report::{Member, Report, present};
use crate::postal_code::PostalCode;
use crate::text::LONGEST_LINE;

/// What is said where an address or a party has no country.
pub(super) const COUNTRY: &str = "An address needs its country";

/// An address: all of it when `needed` or when any line of it is given; and its country, which may stand alone.
pub(super) fn address(
    party: &str,
    draft: &AddressDraft,
    needed: bool,
    fallback: Option<CountryCode>,
    report: &mut Report,
) -> (Option<CountryCode>, Option<Address>) {
    let at = |member| Member(party, member);
    let code_given = present(&draft.country_code).is_some();
    let country = if code_given {
        report.optional(at("address.countryCode"), &draft.country_code, CountryCode::parse)
    } else {
        fallback
    };
    let street2 = report.text(at("address.street2"), &draft.street2, LONGEST_LINE);
    let street3 = report.text(at("address.street3"), &draft.street3, LONGEST_LINE);
    let country_name = report.text(at("address.countryName"), &draft.country_name, LONGEST_LINE);
    if !needed && !has_lines(draft) {
        return (country, None);
    }
    let street = report.needed(at("address.street"), "An address needs its street or box", &draft.street, LONGEST_LINE);
    report.given(at("address.postalCode"), "An address needs its postal code", &draft.postal_code);
    let postal_code = country.and_then(|country| {
        report.optional(at("address.postalCode"), &draft.postal_code, |text| PostalCode::parse(text, country))
    });
    let postal_district = report.needed(
        at("address.postalDistrict"),
        "An address needs its postal district",
        &draft.postal_district,
        LONGEST_LINE,
    );
    if country.is_none() && !code_given {
        report.missing(at("address.countryCode"), COUNTRY);
    }
    let address = (|| {
        Some(Address {
            street: street?,
            street2,
            street3,
            postal_code: postal_code?,
            postal_district: postal_district?,
            country: country?,
            country_name,
        })
    })();
    (country, address)
}

/// Whether there is more of an address than its country.
pub(in crate::invoice) fn has_lines(draft: &AddressDraft) -> bool {
    let AddressDraft { street, street2, street3, postal_code, postal_district, country_code: _, country_name: _ } =
        draft;
    [street, street2, street3, postal_code, postal_district].into_iter().any(|line| present(line).is_some())
}

pub(super) fn is_blank_address(draft: &AddressDraft) -> bool {
    !has_lines(draft) && present(&draft.country_code).is_none() && present(&draft.country_name).is_none()
}

pub(super) fn contact(party: &str, draft: &ContactDraft, country: Option<CountryCode>, report: &mut Report) -> Contact {
    let at = |member| Member(party, member);
    Contact {
        person_name: report.text(at("contact.contactPerson.name"), &draft.person_name, LONGEST_LINE),
        person_email: report.optional(at("contact.contactPerson.email"), &draft.person_email, Email::parse),
        email: report.optional(at("contact.email"), &draft.email, Email::parse),
        phone: report.telephone(at("contact.phone"), &draft.phone, country),
    }
}

pub(super) fn is_blank_contact(draft: &ContactDraft) -> bool {
    let ContactDraft { person_name, person_email, email, phone } = draft;
    [person_name, person_email, email, phone].into_iter().all(|member| present(member).is_none())
}
