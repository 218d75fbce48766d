//! The resident memory of this process.

/// Bytes of memory that are in use now, as Linux tells it (proc(5), `VmRSS`); `None` elsewhere.
pub(crate) fn resident_bytes() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_line_of_the_kernel() {
        assert_eq!(parse("VmHWM:\t   9000 kB\nVmRSS:\t    8120 kB\n"), Some(8120 * 1024));
        assert_eq!(parse("Name: x\n"), None);
    }
}
