//! The client that sends an invoice, as the rules want it: kept in memory, since reading and checking it anew takes as long as the invoice, and
//! read again when its version has changed.

use std::sync::Arc;

use domain::Environment;
use domain::client::NewClient;
use domain::identifier::{ClientIdentifier, PartnerId, ReferencePrefix};
use quick_cache::sync::Cache;
use store::StoreError;

use crate::Core;
use crate::creditor::CreditorError;

/// The most clients that are kept.
const MOST: usize = 1_000;

/// A client that sends invoices.
pub(crate) struct KnownIssuer {
    version: i64,
    pub(crate) client: NewClient,
    pub(crate) reference_prefix: ReferencePrefix,
}

/// Those that have sent an invoice of late.
pub(crate) struct KnownIssuers(Cache<(PartnerId, ClientIdentifier), Arc<KnownIssuer>>);

impl Default for KnownIssuers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Core {
    /// The client as it is now.
    pub(crate) async fn issuer(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
    ) -> Result<Arc<KnownIssuer>, StoreError> {
        let name = (partner, client);
        if let Some(known) = self.issuers().0.get(&name) {
            let version = store::creditor::version(&mut self.db().reader().await?, partner, client).await?;
            if version == Some(known.version) {
                return Ok(known);
            }
        }
        let creditor = match self.creditor(partner, client).await {
            Ok(creditor) => creditor,
            Err(CreditorError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::unreadable("client", error)),
        };
        // What is kept was checked when it came. By the rules of sandbox, because it may have come there.
        let checked = domain::client::check(&creditor.data.client, Environment::Sandbox)
            .map_err(|_| StoreError::unreadable("client", "the kept data follow the rules no more"))?;
        let issuer = KnownIssuer {
            version: creditor.version,
            client: checked.client,
            reference_prefix: creditor.reference_prefix,
        };
        let issuer = Arc::new(issuer);
        self.issuers().0.insert(name, Arc::clone(&issuer));
        Ok(issuer)
    }
}
