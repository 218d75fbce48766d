//! Renewal of the key in use.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::{Future, ready};
use std::sync::Arc;

use reqwest::Method;

use crate::answers::Renewed;
use crate::client::{Client, parse};
use crate::error::{Error, RenewError};
use crate::exchange::Call;

impl Client {
    /// Renews the key in use and uses the new one from then on. A program that stores its key calls [`Client::renew_with`], which
    /// explains everything else: a new key that is only in memory is lost with the process.
    ///
    /// # Errors
    /// When the key was not renewed. The key in use is the same as before.
    pub async fn renew(&self) -> Result<Renewed, Error> {
        match self.renew_with(|_| ready(Ok::<(), Infallible>(()))).await {
            Ok(renewed) => Ok(renewed),
            Err(RenewError::Call(error)) => Err(error),
            Err(RenewError::Persist(never)) => match never {},
        }
    }

    /// Renews the key in use, has `persist` store the new one, and uses it from then on.
    ///
    /// ```no_run
    /// # struct Store;
    /// # impl Store { async fn save(&self, _: &str) -> std::io::Result<()> { Ok(()) } }
    /// # async fn run(client: tallystick_client::Client, store: Store) -> Result<(), Box<dyn std::error::Error>> {
    /// client.renew_with(async |renewed| store.save(renewed.api_access_token.expose()).await).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// **When.** Well before the expiry, by far more than your program may be down. Renewal works for an expired key too, but
    /// nothing else does; it does not work for a revoked one.
    ///
    /// **A lost answer.** The server changes state on this `GET`, but the old key goes on working for the overlap (15 minutes unless
    /// the operator chose otherwise), and renewing with the old key again inside it brings the *same* new key. So it is safe to
    /// repeat, and is retried like any read, always with the old key. If all tries fail, if `persist` fails, if the future is dropped or
    /// the process dies: the old key is still the one in use, and calling this again *inside the overlap* completes the renewal.
    ///
    /// **The order.** The new key is stored first and used after. So whatever a restarted program finds in its store works: the new
    /// key, or within the overlap the old one. Other calls go on with the old key meanwhile; a call that is refused because its
    /// key was replaced under it is tried again with the new one.
    ///
    /// **Many at once.** Renewals of one client (and its clones) wait for one another, and those that waited get the key that the
    /// first one brought, without a renewal of their own. Their `persist` is called with it too.
    ///
    /// **When the key is refused nevertheless** ([`Error::Unauthorized`] from any call, or
    /// [`Validity::Invalid`](crate::Validity::Invalid)):
    ///
    /// - Code `token_expired`: call this; it takes an expired key.
    /// - Another process that shares the store has renewed the key, and the overlap has passed. Read the store; if the key there is another one,
    ///   hand it to [`Client::set_api_key`] and go on. Do this before anything else.
    /// - The store has the same key: the renewal's answer was lost and nobody renewed again inside the overlap, or the key was
    ///   revoked. No call with this key helps. The partner retrieves the current key or makes a new one with its partner key
    ///   (`GET /creditors/{clientIdentifier}/credentials`, `POST …/credentials/rotate`), or asks the operator. With an overlap
    ///   configured as zero, every lost answer ends here.
    ///
    /// # Errors
    /// [`RenewError::Call`] when the key was not renewed, [`RenewError::Persist`] when `persist` failed. The key in use is the same as
    /// before in both cases.
    pub async fn renew_with<F, Fut, E>(&self, persist: F) -> Result<Renewed, RenewError<E>>
    where
        F: FnOnce(Renewed) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: StdError + 'static,
    {
        let asked_for = self.api_key();
        let mut last = self.keys.renewal.lock().await;
        let old = self.api_key();
        if !Arc::ptr_eq(&asked_for, &old)
            && let Some(renewed) = last.as_ref().filter(|renewed| renewed.api_access_token == *old)
        {
            let renewed = renewed.clone();
            persist(renewed.clone()).await.map_err(RenewError::Persist)?;
            return Ok(renewed);
        }
        let call = Call { key: Some(&old), ..Call::new(Method::GET, "/renew") };
        let renewed: Renewed = parse(&self.run(&call).await?)?;
        persist(renewed.clone()).await.map_err(RenewError::Persist)?;
        self.swap_api_key(&old, renewed.api_access_token.clone());
        *last = Some(renewed.clone());
        Ok(renewed)
    }
}
