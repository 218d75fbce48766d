//! Has the numbering plans of telephones loaded before the first body is read: on a thread that may wait, because the rules read numbers where
//! other requests are served. A server that nobody has sent a body spends no memory on them.

use domain::telephone::Telephone;
use tokio::sync::OnceCell;

/// Waits until they are loaded.
pub(crate) async fn loaded() {
    static LOADED: OnceCell<()> = OnceCell::const_new();
    // Should that thread panic, the first number that is read loads them.
    LOADED.get_or_init(async || drop(tokio::task::spawn_blocking(Telephone::load_plans).await)).await;
}
