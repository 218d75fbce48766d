//! What a name stands for, looked at before anything connects to it. The connection goes to the very addresses that were looked at, so a DNS
//! answer that changes between the look and the connection changes nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use domain::webhook::Reach;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync + 'static {
    /// The addresses of a host name.
    ///
    /// # Errors
    /// When the name is not found, or nobody answers.
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
        .boxed()
    }
}

/// Every address of the name is one that webhooks may not go to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads into the operator's network")]
pub(super) struct Inner;

/// Gives only the addresses that webhooks may go to.
pub(super) struct GuardedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) reach: Reach,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, reach) = (self.lookup.look_up(name.as_str().to_owned()), self.reach.clone());
        Box::pin(async move {
            let found = found.await?;
            let is_known = !found.is_empty();
            let outer: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| reach.has(*address))
                // The port is that of the URL.
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if outer.is_empty() && is_known {
                return Err(Inner.into());
            }
            Ok(Box::new(outer.into_iter()) as Addrs)
        })
    }
}
