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
