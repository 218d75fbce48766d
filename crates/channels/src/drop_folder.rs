//! Documents put into a folder: the drop of a printer, or of an e-invoice operator.
//!
//! The folder is flat, which is what printers' pick-up jobs expect. A document has the files `ID-1.pdf`, `ID-2.pdf` … and the manifest
//! `ID.json`, which comes last and names each file with its size and SHA-256. Whoever collects waits for a manifest, takes the files that
//! it names, and removes the manifest first or last, as it likes. Names that begin with a dot are ours.
//!
//! Everything is written below `.tmp` in the folder, under a lock that all processes share, and only then renamed into its place. What a
//! process that died has left there is removed by the next that has the lock.

mod channel;
mod config;
pub(crate) mod place;

pub use channel::{DropChannel, is_same};
pub use config::DropConfig;
