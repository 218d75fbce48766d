//! Creditors in the operator's hands: listed, shown, with their history. What the partner sees, for any partner.

use domain::agreement::Agreement;
use domain::identifier::{ClientIdentifier, PartnerId};

use super::{Creditor, CreditorError, CreditorPage, CreditorQuery, HistoryPage, HistoryQuery};
use crate::{AdminError, Core};

impl From<CreditorError> for AdminError {
    fn from(error: CreditorError) -> Self {
        match error {
            CreditorError::NotFound => Self::NotFound("such creditor".to_owned()),
            CreditorError::Invalid { wire, rules } => {
                Self::Invalid(wire.into_vec().into_iter().chain(rules.into_vec()).collect())
            }
            CreditorError::Store(error) => Self::Store(error),
            CreditorError::Stale | CreditorError::AgreementTaken(_) | CreditorError::Idempotency(_) => {
                Self::State(error.to_string())
            }
        }
    }
}

impl Core {
    /// A page of the creditors of a partner.
    ///
    /// # Errors
    /// When there is no such partner, the query is wrong, or the database fails.
    pub async fn creditors_of(&self, partner_code: &str, query: &CreditorQuery) -> Result<CreditorPage, AdminError> {
        let partner = store::partner::by_code(&mut self.db().reader().await?, partner_code).await?;
        let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {partner_code}")))?.partner;
        Ok(self.creditors(partner, query).await?)
    }

    /// A creditor of whichever partner, with its agreements.
    ///
    /// # Errors
    /// When there is no such creditor, or the database fails.
    pub async fn any_creditor(&self, client: ClientIdentifier) -> Result<(Creditor, Vec<Agreement>), AdminError> {
        let partner = self.partner_of(client).await?;
        Ok((self.creditor(partner, client).await?, self.agreements(partner, client).await?.list))
    }

    /// A page of the history of a creditor of whichever partner, newest first.
    ///
    /// # Errors
    /// When there is no such creditor, the query is wrong, or the database fails.
    pub async fn history_of(&self, client: ClientIdentifier, query: &HistoryQuery) -> Result<HistoryPage, AdminError> {
        let partner = self.partner_of(client).await?;
        Ok(self.creditor_history(partner, client, query).await?)
    }

    async fn partner_of(&self, client: ClientIdentifier) -> Result<PartnerId, AdminError> {
        let row = store::client::by_number(&mut self.db().reader().await?, client).await?;
        Ok(row.ok_or_else(|| AdminError::NotFound(format!("creditor {client}")))?.partner)
    }
}
