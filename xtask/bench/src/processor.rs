//! How long a thread has had a core.

use std::fs;
use std::time::Duration;

/// What this thread has had of a core until now (Linux): the machine may be busy with something else.
pub(crate) fn processor_time() -> Result<Duration, String> {
    const FILE: &str = "/proc/thread-self/schedstat";
    let text = fs::read_to_string(FILE).map_err(|error| format!("could not read {FILE}: {error}"))?;
    let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| format!("{FILE} does not tell the time on a processor"))
}
