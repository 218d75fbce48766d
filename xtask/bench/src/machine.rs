//! What the numbers were measured on.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread;

use crate::fault::Fault;
use crate::sample::Sample;
use crate::stopwatch::Stopwatch;

/// How often the disk is asked.
const SYNCS: usize = 200;

/// One line: cores, memory, kernel, and how long the disk takes to keep 4 KiB.
pub(crate) fn line(directory: &Path) -> Result<String, Fault> {
    let cores = thread::available_parallelism().map_err(Fault::system("count the cores"))?;
    let sync = sync_times(directory)?;
    Ok(format!(
        "{cores} cores ({}), {} GiB of memory, Linux {}, fdatasync of 4 KiB {:.2} ms (median; 99 of 100 below {:.2} ms)",
        processor().unwrap_or_else(|| "unknown".to_owned()),
        memory().unwrap_or(0),
        kernel(),
        sync.0,
        sync.1,
    ))
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = kibibytes.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes.div_ceil(1024 * 1024))
}

/// The version, without what its builder added.
fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.split(['-', '+']).next().unwrap_or_default().trim().to_owned()
}

/// How busy the processors were, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busy {
    /// Time of all processors, in ticks of the kernel.
    all: u64,
    /// Of it not idle.
    busy: u64,
    /// Of it ours: of this process and of those that it has started and that have ended.
    ours: u64,
}

impl Busy {
    /// Up to now; `None` where the kernel does not tell.
    pub(crate) fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// Reads the first line of `/proc/stat` and `/proc/PID/stat` (proc(5)).
    fn parse(machine: &str, process: &str) -> Option<Self> {
        let line = machine.lines().next()?.strip_prefix("cpu ")?;
        let times: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is in these already.
        let all = times.get(..8)?.iter().sum();
        // The name of the process stands in parentheses. Behind it the state is the 3rd field; the 14th to 17th are the times.
        let fields: Vec<&str> = process.rsplit_once(')')?.1.split_whitespace().collect();
        let ours = fields.get(11..15)?.iter().filter_map(|word| word.parse::<u64>().ok()).sum();
        Some(Self { all, busy: all - times[3] - times[4], ours })
    }

    /// The part of all processors' time since `earlier` that went to others, in percent.
    pub(crate) fn others_since(self, earlier: Self) -> f64 {
        let busy = (self.busy - earlier.busy).saturating_sub(self.ours - earlier.ours);
        #[expect(clippy::cast_precision_loss, reason = "ticks of a machine's life stay below 2^53")]
        let part = busy as f64 / (self.all - earlier.all).max(1) as f64;
        part * 100.0
    }
}

/// Median and 99th percentile in milliseconds of appending 4 KiB to a file and having the disk keep it, as a commit does.
fn sync_times(directory: &Path) -> Result<(f64, f64), Fault> {
    let path = directory.join("sync");
    let failed = || Fault::system(format!("write {}", path.display()));
    let mut file = File::create(&path).map_err(failed())?;
    let mut sample = Sample::default();
    for _ in 0..SYNCS {
        let watch = Stopwatch::start();
        file.write_all(&[7; 4096]).map_err(failed())?;
        file.sync_data().map_err(failed())?;
        sample.add(watch.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(&path).map_err(failed())?;
    Ok((sample.median(), sample.at(0.99)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_took_is_what_is_neither_idle_nor_ours() {
        let process =
            |ticks: u32| format!("7 (a b) c) S 1 7 7 0 -1 0 0 0 0 0 {ticks} {ticks} {ticks} {ticks} 20 0 1 0 5");
        let before = Busy::parse("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1\n", &process(10)).unwrap();
        // 1000 ticks on: 500 idle or waiting, 400 ours.
        let after = Busy::parse("cpu  400 50 250 1150 150 0 0 0 0 0\n", &process(110)).unwrap();
        assert!((after.others_since(before) - 10.0).abs() < 1e-9, "{}", after.others_since(before));
        assert!(Busy::parse("", &process(1)).is_none());
        assert!(Busy::now().is_some());
    }
}
