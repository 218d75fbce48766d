//! How many files the system lets this process have open.

/// The soft limit, as Linux tells it (proc(5)); `None` elsewhere, and where there is none.
#[must_use]
pub fn open_file_limit() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

fn parse(limits: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// As many connections as wanted, or as the system has files for: half of its limit stays for everything else, up to 128. Running out
/// of files would stop the database as well.
pub(crate) fn connections_within(limit: Option<u64>, wanted: usize) -> usize {
    let Some(limit) = limit else { return wanted };
    let rest = limit - (limit / 2).min(128);
    usize::try_from(rest).map_or(wanted, |rest| rest.clamp(1, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_soft_limit_of_the_kernel() {
        let text = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
        assert_eq!(parse(text), Some(1024));
        assert_eq!(parse("Max open files            unlimited            unlimited            files\n"), None);
    }

    #[test]
    fn connections_leave_files_for_the_rest() {
        assert_eq!(connections_within(None, 4096), 4096);
        assert_eq!(connections_within(Some(1_048_576), 4096), 4096);
        assert_eq!(connections_within(Some(1024), 4096), 896);
        assert_eq!(connections_within(Some(64), 4096), 32);
        assert_eq!(connections_within(Some(0), 4096), 1);
    }
}
