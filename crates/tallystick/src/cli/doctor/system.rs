//! What the machine must have: a clock that is right, and files enough.

use domain::{Clock as _, Timestamp};

use super::Findings;
use crate::config::Settings;
use crate::serve::open_file_limit;
use crate::system::SystemClock;

/// Files that a server needs besides its connections: the database, logs, listening sockets.
const OTHER_FILES: u64 = 64;

/// Nothing was recorded before this program was written.
const WRITTEN: &str = "2025-01-01T00:00:00Z";

/// Whether the clock tells a time that can be.
pub(super) fn clock(findings: &mut Findings) {
    let now = SystemClock.now();
    match Timestamp::parse_rfc3339(WRITTEN) {
        Some(written) if now < written => {
            let remedy = "set the clock, and keep it right with NTP: keys expire by it".to_owned();
            findings.fault("clock", format!("it is {now}, which can't be"), Some(remedy));
        }
        _ => findings.ok("clock", now.to_string()),
    }
}

/// Whether the system lets the process open a file for each connection.
pub(super) fn open_files(settings: &Settings, findings: &mut Findings) {
    let wanted = settings.server.max_connections as u64 + OTHER_FILES;
    match open_file_limit() {
        Some(limit) if limit < wanted => findings.warning(
            "open files",
            format!(
                "the system allows {limit}, so fewer than {} connections are taken",
                settings.server.max_connections
            ),
            format!("`ulimit -n {wanted}`, or LimitNOFILE={wanted} in the unit of systemd"),
        ),
        Some(limit) => findings.ok("open files", format!("{limit} allowed")),
        None => {}
    }
}
