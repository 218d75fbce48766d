//! The columns of the file: the members of the body of `POST /client`, flat.

use csv::ByteRecord;
use domain::client::{ClientDraft, ContactDraft, ContactRole};

use crate::cli::CommandError;

/// Where a column goes.
type Place = fn(&mut ClientDraft) -> &mut Option<String>;

/// Each column: its name, the path of the member that faults name, and its place.
const COLUMNS: [(&str, &str, Place); 29] = [
    ("serviceType", "service.type", |draft| &mut draft.service_type),
    ("name", "client.name", |draft| &mut draft.name),
    ("businessCode", "client.businessCode", |draft| &mut draft.business_code),
    ("vatRegNbr", "client.vatRegNbr", |draft| &mut draft.vat_reg_nbr),
    ("postalAddress", "client.postalAddress", |draft| &mut draft.postal_address),
    ("postalCode", "client.postalCode", |draft| &mut draft.postal_code),
    ("postalDistrict", "client.postalDistrict", |draft| &mut draft.postal_district),
    ("countryCode", "client.countryCode", |draft| &mut draft.country_code),
    ("telephone", "client.telephone", |draft| &mut draft.telephone),
    ("email", "client.email", |draft| &mut draft.email),
    ("website", "client.website", |draft| &mut draft.website),
    ("languageCode", "client.languageCode", |draft| &mut draft.language_code),
    ("currencyCode", "client.currencyCode", |draft| &mut draft.currency_code),
    ("ibanAccount", "client.ibanAccount", |draft| &mut draft.iban_account),
    ("bic", "client.bic", |draft| &mut draft.bic),
    ("bankgiro", "client.bankgiro", |draft| &mut draft.bankgiro),
    ("plusgiro", "client.plusgiro", |draft| &mut draft.plusgiro),
    ("primaryName", "contacts.primary.name", |draft| &mut primary(draft).name),
    ("primaryTelephone", "contacts.primary.telephone", |draft| &mut primary(draft).telephone),
    ("primaryMobile", "contacts.primary.mobile", |draft| &mut primary(draft).mobile),
    ("primaryEmail", "contacts.primary.email", |draft| &mut primary(draft).email),
    ("technicalName", "contacts.technical.name", |draft| &mut technical(draft).name),
    ("technicalTelephone", "contacts.technical.telephone", |draft| &mut technical(draft).telephone),
    ("technicalMobile", "contacts.technical.mobile", |draft| &mut technical(draft).mobile),
    ("technicalEmail", "contacts.technical.email", |draft| &mut technical(draft).email),
    ("accountantName", "contacts.accountant.name", |draft| &mut accountant(draft).name),
    ("accountantTelephone", "contacts.accountant.telephone", |draft| &mut accountant(draft).telephone),
    ("accountantMobile", "contacts.accountant.mobile", |draft| &mut accountant(draft).mobile),
    ("accountantEmail", "contacts.accountant.email", |draft| &mut accountant(draft).email),
];

/// Columns without which no row could be right; `serviceType` may also come from the command line.
const NEEDED: [&str; 10] = [
    "name",
    "businessCode",
    "postalAddress",
    "postalCode",
    "postalDistrict",
    "countryCode",
    "email",
    "languageCode",
    "currencyCode",
    "primaryName",
];

fn primary(draft: &mut ClientDraft) -> &mut ContactDraft {
    draft.contact_mut(ContactRole::Primary)
}

fn technical(draft: &mut ClientDraft) -> &mut ContactDraft {
    draft.contact_mut(ContactRole::Technical)
}

fn accountant(draft: &mut ClientDraft) -> &mut ContactDraft {
    draft.contact_mut(ContactRole::Accountant)
}

/// The columns of one file, in its order.
pub(super) struct Columns {
    names: Vec<&'static str>,
    places: Vec<Place>,
    service_type: Option<String>,
}

/// Why a row is no row of the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum RowError {
    #[error(
        "the row has {found} fields, the header names {expected} columns: a separator or quote is missing or too many"
    )]
    Length { found: usize, expected: usize },
    #[error("the text is not UTF-8: save the file as UTF-8")]
    NotUtf8 { column: &'static str },
}

impl Columns {
    /// The columns that `header` names.
    pub(super) fn of(header: &ByteRecord) -> Result<Self, CommandError> {
        let mut columns = Self { names: Vec::new(), places: Vec::new(), service_type: None };
        for name in header {
            let name = String::from_utf8_lossy(name);
            let name = name.trim();
            let Some((known, _, place)) = COLUMNS.iter().find(|(known, ..)| *known == name) else {
                let known: Vec<_> = COLUMNS.iter().map(|(name, ..)| *name).collect();
                // Cut: a file that was named by mistake may hold anything.
                let name: String = name.chars().take(24).collect();
                let reason = format!("line 1: there is no column `{name}`; the columns are {}", known.join(", "));
                return Err(CommandError::ImportFile(reason));
            };
            if columns.names.contains(known) {
                return Err(CommandError::ImportFile(format!("line 1: the column `{known}` is there twice")));
            }
            columns.names.push(known);
            columns.places.push(*place);
        }
        let missing: Vec<_> = NEEDED.into_iter().filter(|needed| !columns.names.contains(needed)).collect();
        if missing.is_empty() {
            Ok(columns)
        } else {
            Err(CommandError::ImportFile(format!("line 1: the header lacks the columns {}", missing.join(", "))))
        }
    }

    /// What the rows get as their service when they name none.
    pub(super) fn with_service_type(self, service_type: Option<String>) -> Self {
        Self { service_type, ..self }
    }

    /// The client of one row.
    pub(super) fn draft(&self, record: &ByteRecord) -> Result<ClientDraft, RowError> {
        if record.len() != self.places.len() {
            return Err(RowError::Length { found: record.len(), expected: self.places.len() });
        }
        let mut draft = ClientDraft::default();
        for ((field, place), column) in record.iter().zip(&self.places).zip(&self.names) {
            let text = std::str::from_utf8(field).map_err(|_| RowError::NotUtf8 { column })?.trim();
            if !text.is_empty() {
                *place(&mut draft) = Some(text.to_owned());
            }
        }
        if draft.service_type.is_none() {
            draft.service_type.clone_from(&self.service_type);
        }
        Ok(draft)
    }
}

/// The column that a fault is about; a path that no column has stays as it is.
pub(super) fn name_of_path(path: &str) -> String {
    let column = COLUMNS.iter().find(|(_, known, _)| *known == path).map(|(name, ..)| *name);
    column.unwrap_or_else(|| path.strip_prefix("contacts.").unwrap_or(path)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_place_of_its_own() {
        for (i, (_, path, place)) in COLUMNS.iter().enumerate() {
            let mut draft = ClientDraft::default();
            *place(&mut draft) = Some("x".into());
            for (j, (.., other)) in COLUMNS.iter().enumerate() {
                assert_eq!(other(&mut draft).is_some(), i == j, "{path}");
            }
        }
    }

    #[test]
    fn a_fault_of_every_needed_member_names_a_column() {
        let faults = domain::client::check(&ClientDraft::default(), domain::Environment::Sandbox).unwrap_err();
        for fault in faults.as_slice().iter().filter(|fault| fault.field != "service.partnerCode") {
            let column = name_of_path(&fault.field);
            assert!(column == "primary" || COLUMNS.iter().any(|(name, ..)| *name == column), "{}", fault.field);
        }
    }

    #[test]
    fn the_header_is_checked_as_a_whole() {
        let of = |header: &[&str]| Columns::of(&ByteRecord::from(header.to_vec())).err().map(|error| error.to_string());
        assert_eq!(of(&NEEDED), None);
        assert!(of(&["name", "color"]).unwrap().contains("`color`"));
        assert!(of(&["name", "name"]).unwrap().contains("twice"));
        assert!(of(&["name"]).unwrap().contains("businessCode"));
    }
}
