//! A VFS of SQLite (<https://www.sqlite.org/vfs.html>) that writes the write-ahead log in large pieces.
//!
//! For each page of a commit SQLite asks the system twice, for the 24 bytes before a frame and for the page, which is a few hundred times for a
//! group of writes. Here they are gathered and go out together, before anybody may look for them: at the end of a commit, and before the log is
//! synced, read, measured or cut. That costs a connection that writes a quarter of its time less. What a transaction that is undone has left is
//! forgotten before its lock is given back, since others write in its place then.
//!
//! Nothing else is changed: the database, its locks and all other files are those of the VFS that SQLite has by default, and connections with and
//! without this one share a database. What is in the log after a crash is what would be there if the system had not come to write the frames of a
//! commit that nobody was told of.
//!
//! This is the one crate with unsafe code: SQLite calls these functions with its own pointers.

mod gathered;
mod vfs;

pub use vfs::{NotRegistered, name};
