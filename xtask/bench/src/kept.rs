//! Databases that are kept from one run to the next, because making them takes long.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::stopwatch::Stopwatch;

/// The file that says what a directory holds.
const MARKER: &str = "contents";

/// Has `make` fill `directory` anew, unless an earlier run did and it has the same `contents` since. Then the database `file` is read once, so
/// that it is in the page cache of the system: that is what is measured, and not the disk.
pub(crate) fn get(
    directory: &Path,
    file: &Path,
    contents: &str,
    make: impl FnOnce() -> Result<(), Fault>,
) -> Result<(), Fault> {
    let marker = directory.join(MARKER);
    if fs::read_to_string(&marker).is_ok_and(|found| found == contents) {
        return read_through(file);
    }
    drop(fs::remove_dir_all(directory));
    let failed = || Fault::system(format!("make {}", directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    let watch = Stopwatch::start();
    make()?;
    let what = contents.split(',').next().unwrap_or_default();
    println!("a database of {what} was made in {:.0} s", watch.elapsed().as_secs_f64());
    // Last, so that an interrupted run leaves none that counts.
    fs::write(&marker, contents).map_err(failed())
}

fn read_through(file: &Path) -> Result<(), Fault> {
    let failed = || Fault::system(format!("read {}", file.display()));
    let mut file = File::open(file).map_err(failed())?;
    std::io::copy(&mut file, &mut std::io::sink()).map(drop).map_err(failed())
}

/// What a database depends on: what is put into it, as `1000 clients, edition 2`, and the migrations.
pub(crate) fn contents(what: &str) -> Result<String, Fault> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/store/migrations/sqlite");
    let failed = || Fault::system(format!("read {}", directory.display()));
    let entries = fs::read_dir(&directory).map_err(failed())?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed())?;
    files.sort();
    let mut text = format!("{what}\n");
    for file in files {
        text.push_str(&fs::read_to_string(&file).map_err(failed())?);
    }
    Ok(text)
}

/// A new file for its owner only.
pub(crate) fn secret_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn a_database_depends_on_what_is_put_into_it_and_the_migrations() {
        assert!(contents("7 clients").unwrap().contains("CREATE TABLE client"));
        assert_ne!(contents("7 clients").unwrap(), contents("8 clients").unwrap());
    }

    #[test]
    fn what_is_there_is_not_made_again() {
        let directory = env::temp_dir().join(format!("tallystick-bench-kept-{}", process::id()));
        let file = directory.join("bench.db");
        let made = |contents: &str| {
            let mut made = false;
            get(&directory, &file, contents, || {
                made = true;
                fs::write(&file, "database").map_err(Fault::system("write"))
            })
            .unwrap();
            made
        };
        assert!(made("7 clients"));
        assert!(!made("7 clients"));
        assert!(made("8 clients"));
        fs::remove_dir_all(&directory).unwrap();
    }
}
