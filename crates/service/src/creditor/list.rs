//! Lists of creditors and of changes, page by page.

use std::collections::BTreeSet;

use domain::agreement::{LONGEST_IDENTIFIER, LONGEST_SYSTEM, check_name};
use domain::business_code::{BusinessCode, BusinessCodeFault};
use domain::country::CountryCode;
use domain::creditor::{CreditorStatus, FieldChange};
use domain::fault_code::Coded;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::text::{AFTER_ALL, LONGEST_LINE, folded, is_blank};
use domain::{Faults, Timestamp};
use serde::Serialize;
use store::creditor::{Names, OfStatus, SummaryRow};
use store::{Reader, StoreError};
use uuid::Uuid;

use super::{CreditorError, status_of};
use crate::Core;
use crate::cursor::{BadCursor, Cursor};

/// What is asked for in a list of creditors. Its texts may hold anything; `None` and a blank one are absent.
#[derive(Clone, Debug)]
pub struct CreditorQuery {
    /// The beginning of a name, or a business code.
    pub search: Option<String>,
    /// A [`CreditorStatus`].
    pub status: Option<String>,
    /// The identifier of an agreement.
    pub agreement: Option<String>,
    /// The system of that agreement.
    pub system: Option<String>,
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

impl CreditorQuery {
    /// Every parameter that is wrong, for a caller that has found others wrong ahead of asking.
    #[must_use]
    pub fn faults(&self) -> Faults {
        check(self).err().unwrap_or_default()
    }
}

/// What is asked for in the history of a creditor.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// A creditor in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the member of the same name of a Creditor, or of the body of POST /client")]
pub struct CreditorSummary {
    #[serde(rename = "clientIdentifier")]
    pub client: ClientIdentifier,
    #[serde(rename = "confirmaFinanceCustomerCode")]
    pub customer_code: CustomerCode,
    #[serde(rename = "paymentReferencePrefix")]
    pub reference_prefix: ReferencePrefix,
    pub status: CreditorStatus,
    pub service_type: String,
    pub name: String,
    pub business_code: String,
    pub country_code: String,
    pub created_at: Timestamp,
    #[serde(rename = "updatedAt")]
    pub changed_at: Option<Timestamp>,
}

/// A page of creditors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditorPage {
    /// The creditors.
    pub creditors: Vec<CreditorSummary>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// A change in the history of a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedChange {
    /// When it was made.
    pub at: Timestamp,
    /// Who made it, in the form of [`domain::audit::Actor`].
    pub actor: String,
    /// The request it was made by; empty when there was none.
    pub request_id: String,
    /// What was changed.
    pub changes: Vec<FieldChange>,
}

/// A page of changes, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// The changes.
    pub changes: Vec<RecordedChange>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Which creditors, checked.
enum Wanted {
    Names { search: Option<String>, after: Option<(String, ClientIdentifier)> },
    Agreement { system: Option<String>, identifier: String, after: ClientIdentifier },
}

impl Wanted {
    /// Those with this agreement, which is there unless it has a fault.
    fn of_agreement(system: Option<String>, identifier: Option<String>, after: ClientIdentifier) -> Self {
        Self::Agreement { system, identifier: identifier.unwrap_or_default(), after }
    }
}

struct Checked {
    wanted: Wanted,
    status: OfStatus,
}

impl Core {
    /// A page of a partner's creditors: by name, or of those with an agreement by number.
    ///
    /// # Errors
    /// [`CreditorError::Invalid`] names every parameter that is wrong; [`CreditorError::Store`].
    pub async fn creditors(&self, partner: PartnerId, query: &CreditorQuery) -> Result<CreditorPage, CreditorError> {
        let Checked { wanted, status } = check(query).map_err(CreditorError::rules)?;
        let limit = query.limit;
        let mut reader = self.db().reader().await?;
        // One more than asked for tells whether there is more.
        let (mut rows, by_name) = match &wanted {
            Wanted::Names { search, after } => {
                let search = search.as_deref();
                (by_name(&mut reader, partner, search, after.as_ref(), status, limit + 1).await?, true)
            }
            Wanted::Agreement { system, identifier, after } => {
                let reader = &mut reader;
                let rows = match system {
                    None => {
                        store::creditor::page_by_agreement(reader, partner, identifier, status, *after, limit + 1)
                            .await?
                    }
                    Some(system) => {
                        let wanted = (system.as_str(), identifier.as_str());
                        let one = store::creditor::by_agreement_in_system(reader, partner, wanted, *after).await?;
                        one.into_iter().filter(|row| status.shows(&row.status)).collect()
                    }
                };
                (rows, false)
            }
        };
        drop(reader);
        let there_is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| there_is_more).map(|row| {
            if by_name { Cursor::Name(row.name_folded.clone(), row.client) } else { Cursor::Number(row.client) }
        });
        let creditors = rows.into_iter().map(summary).collect::<Result<_, StoreError>>()?;
        Ok(CreditorPage { creditors, next_cursor: next.as_ref().map(Cursor::to_text) })
    }

    /// A page of the changes of a creditor, newest first.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`], [`CreditorError::Invalid`] for a cursor of another list, or [`CreditorError::Store`].
    pub async fn creditor_history(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        query: &HistoryQuery,
    ) -> Result<HistoryPage, CreditorError> {
        let mut reader = self.db().reader().await?;
        store::creditor::by_id(&mut reader, partner, client).await?.ok_or(CreditorError::NotFound)?;
        let before = match query.cursor {
            None => Uuid::max(),
            Some(Cursor::Change(before)) => before,
            Some(_) => {
                let mut faults = Faults::new();
                faults.extend([BadCursor.into()]);
                return Err(CreditorError::rules(faults));
            }
        };
        let limit = query.limit;
        let mut rows = store::creditor::changes(&mut reader, partner, client, before, limit + 1).await?;
        drop(reader);
        let there_is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next_cursor = rows.last().filter(|_| there_is_more).map(|row| Cursor::Change(row.change).to_text());
        let changes = rows
            .into_iter()
            .map(|row| {
                let changes = serde_json::from_str(&row.changes)
                    .map_err(|error| StoreError::unreadable("client_change.changes", error))?;
                Ok(RecordedChange { at: row.at, actor: row.actor, request_id: row.request_id, changes })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(HistoryPage { changes, next_cursor })
    }
}

/// At most `limit` creditors whose name begins with `search` or whose business code it is, by name.
async fn by_name(
    reader: &mut Reader,
    partner: PartnerId,
    search: Option<&str>,
    after: Option<&(String, ClientIdentifier)>,
    status: OfStatus,
    limit: u32,
) -> Result<Vec<SummaryRow>, StoreError> {
    let prefix = search.map(folded).unwrap_or_default();
    // No name has this character, so every name with the prefix is before it.
    let before = format!("{prefix}{AFTER_ALL}");
    let first = (prefix.clone(), ClientIdentifier(0));
    let from = after.filter(|after| **after > first).unwrap_or(&first);
    let names = Names { after: (&from.0, from.1), before: &before };
    let mut rows = store::creditor::page(reader, partner, &names, status, limit).await?;
    if let Some(search) = search {
        let place = |row: &SummaryRow| (row.name_folded.clone(), row.client);
        let mut further = Vec::new();
        for code in spellings(search.trim()) {
            further.append(&mut store::creditor::by_business_code(reader, partner, &code).await?);
        }
        further.retain(|row| {
            status.shows(&row.status)
                && !row.name_folded.starts_with(&prefix)
                && after.is_none_or(|after| place(row) > *after)
        });
        // There are as many as countries at most, so they are sorted in here and cut with the page.
        rows.append(&mut further);
        rows.sort_by_cached_key(place);
        rows.truncate(limit as usize);
    }
    Ok(rows)
}

/// The countries whose business codes have a form of their own.
const FORMS: [&str; 5] = ["FI", "SE", "NO", "DK", "EE"];

/// The forms in which a business code that is written like this may be kept.
fn spellings(text: &str) -> BTreeSet<String> {
    let form = |country: &str| match BusinessCode::parse(text, CountryCode::parse(country).ok()?) {
        Ok(code) | Err(BusinessCodeFault::CheckDigit { code }) => Some(code.into_string()),
        Err(_) => None,
    };
    FORMS.into_iter().filter_map(form).chain([text.to_owned()]).collect()
}

fn present(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !is_blank(text))
}

fn check(query: &CreditorQuery) -> Result<Checked, Faults> {
    let mut faults = Faults::new();
    let mut name = |field: &'static str, text: &Option<String>, most: usize| {
        let text = present(text.as_deref())?;
        match check_name(text, most) {
            Ok(()) => Some(text.to_owned()),
            Err(fault) => {
                faults.add(field, fault.code(), fault.to_string());
                None
            }
        }
    };
    let search = name("search", &query.search, LONGEST_LINE);
    let agreement = name("agreement", &query.agreement, LONGEST_IDENTIFIER);
    let system = name("system", &query.system, LONGEST_SYSTEM);
    let status = match present(query.status.as_deref()).map(CreditorStatus::parse) {
        None => OfStatus::Any,
        Some(Ok(CreditorStatus::Active)) => OfStatus::Active,
        Some(Ok(CreditorStatus::Revoked)) => OfStatus::Revoked,
        Some(Err(fault)) => {
            faults.add("status", fault.code(), fault.to_string());
            OfStatus::Any
        }
    };
    let asks = |text: &Option<String>| present(text.as_deref()).is_some();
    if asks(&query.agreement) && asks(&query.search) {
        faults.add("search", "not_combinable", "Give `search` or `agreement`, not both");
    }
    if asks(&query.system) && !asks(&query.agreement) {
        faults.add("system", "not_combinable", "Give `agreement` as well, whose system this is");
    }
    // Which list it is goes by what was asked for, so that a cursor is not blamed for an agreement that is wrong.
    let wanted = match (asks(&query.agreement), query.cursor.clone()) {
        (true, None) => Some(Wanted::of_agreement(system, agreement, ClientIdentifier(0))),
        (true, Some(Cursor::Number(after))) => Some(Wanted::of_agreement(system, agreement, after)),
        (false, None) => Some(Wanted::Names { search, after: None }),
        (false, Some(Cursor::Name(name, client))) => Some(Wanted::Names { search, after: Some((name, client)) }),
        (_, Some(_)) => {
            faults.extend([BadCursor.into()]);
            None
        }
    };
    match wanted {
        Some(wanted) if faults.is_empty() => Ok(Checked { wanted, status }),
        _ => Err(faults),
    }
}

fn summary(row: SummaryRow) -> Result<CreditorSummary, StoreError> {
    Ok(CreditorSummary {
        status: status_of(&row.status)?,
        client: row.client,
        customer_code: row.customer_code,
        reference_prefix: row.reference_prefix,
        service_type: row.service_type,
        name: row.name,
        business_code: row.business_code,
        country_code: row.country_code,
        created_at: row.created_at,
        changed_at: row.changed_at.map(Timestamp::from_micros),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> CreditorQuery {
        CreditorQuery { search: None, status: None, agreement: None, system: None, limit: 100, cursor: None }
    }

    fn told(query: &CreditorQuery) -> Vec<(String, String)> {
        let faults = query.faults().into_vec().into_iter();
        faults.map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    fn pairs<const N: usize>(faults: [(&str, &str); N]) -> [(String, String); N] {
        faults.map(|(field, code)| (field.to_owned(), code.to_owned()))
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let query = CreditorQuery {
            search: some("a\0"),
            status: some("active"),
            agreement: some(&"x".repeat(129)),
            cursor: Some(Cursor::Sms(Uuid::max())),
            ..all()
        };
        let expected = pairs([
            ("search", "nul_character"),
            ("agreement", "too_long"),
            ("status", "unknown_status"),
            ("cursor", "cursor_invalid"),
        ]);
        assert_eq!(told(&query), expected);
    }

    #[test]
    fn a_cursor_fits_its_list_only() {
        let of_names = CreditorQuery { cursor: Some(Cursor::Number(ClientIdentifier(1))), ..all() };
        assert_eq!(told(&of_names), pairs([("cursor", "cursor_invalid")]));
        let of_agreement = CreditorQuery { agreement: Some("a".into()), ..of_names };
        assert_eq!(told(&of_agreement), []);
        let too_long = CreditorQuery { agreement: Some("a".repeat(129)), ..of_agreement };
        assert_eq!(told(&too_long), pairs([("agreement", "too_long")]), "the cursor is right");
    }

    #[test]
    fn a_business_code_is_found_however_it_is_written() {
        assert!(spellings("123456-7").contains("0123456-7"));
        assert!(spellings("5560160680").contains("556016-0680"));
        assert!(spellings("HRB 1234").contains("HRB 1234"));
    }
}
