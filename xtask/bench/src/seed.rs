//! Databases with many clients. They are made once, through the program's own import, and kept for the next run.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::body::{self, BusinessCode};
use crate::fault::Fault;
use crate::program::{Program, sqlite};
use crate::stopwatch::Stopwatch;

/// The clients belong to this many partners.
const PARTNERS: u32 = 10;

/// A database with clients, and their keys.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    /// The database file; its master key stands next to it.
    pub(crate) file: PathBuf,
    /// The keys of its clients, one a line.
    pub(crate) keys: PathBuf,
    /// How many clients there are.
    pub(crate) clients: u32,
}

impl Seeded {
    /// The database of `clients` clients: that of an earlier run, or a new one where there is none or the migrations have changed.
    pub(crate) fn get(program: &Program, clients: u32) -> Result<Self, Fault> {
        let directory = program.directory.join(format!("clients-{clients}"));
        let seeded = Self { file: directory.join("bench.db"), keys: directory.join("keys"), clients };
        let marker = directory.join("contents");
        let contents = contents(clients)?;
        if fs::read_to_string(&marker).is_ok_and(|found| found == contents) {
            return Ok(seeded);
        }
        drop(fs::remove_dir_all(&directory));
        let failed = || Fault::system(format!("make {}", directory.display()));
        fs::create_dir_all(&directory).map_err(failed())?;
        let watch = Stopwatch::start();
        seeded.fill(program, &directory)?;
        println!("a database of {clients} clients was made in {:.0} s", watch.elapsed().as_secs_f64());
        // Last, so that an interrupted run leaves none that counts.
        fs::write(&marker, contents).map_err(failed())?;
        Ok(seeded)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        sqlite(&self.file)
    }

    /// The key of one client.
    pub(crate) fn one_key(&self) -> Result<String, Fault> {
        let failed = || Fault::system(format!("read {}", self.keys.display()));
        let mut line = String::new();
        BufReader::new(File::open(&self.keys).map_err(failed())?).read_line(&mut line).map_err(failed())?;
        Ok(line.trim().to_owned())
    }

    fn fill(&self, program: &Program, directory: &Path) -> Result<(), Fault> {
        let (rows, credentials) = (directory.join("clients.csv"), directory.join("credentials.csv"));
        let failed = || Fault::system(format!("write into {}", directory.display()));
        let mut keys = OpenOptions::new();
        let keys = keys.create_new(true).write(true).mode(0o600).open(&self.keys).map_err(failed())?;
        let mut keys = BufWriter::new(keys);
        for number in 0..PARTNERS {
            let code = format!("BENCH{number}");
            println!("importing {} clients of partner {} of {PARTNERS}", self.clients / PARTNERS, number + 1);
            program.add_partner(&self.url(), &code)?;
            fs::write(&rows, csv(self.clients / PARTNERS)).map_err(failed())?;
            let (rows, credentials) = (rows.to_string_lossy(), credentials.to_string_lossy());
            let url = self.url();
            program.json(&[
                "client",
                "import",
                "--database",
                &url,
                "--partner",
                &code,
                "--output",
                &credentials,
                &rows,
            ])?;
            let made = take_keys(Path::new(&*credentials), &mut keys).map_err(failed())?;
            if made != self.clients / PARTNERS {
                let said = format!("it made {made} clients of {}", self.clients / PARTNERS);
                return Err(Fault::Program { program: "tallystick client import".to_owned(), said });
            }
            fs::remove_file(Path::new(&*credentials)).map_err(failed())?;
        }
        keys.flush().map_err(failed())?;
        fs::remove_file(&rows).map_err(failed())?;
        // A server seals the audit trail at its shut-down, so that no later one has that to do while it is measured.
        println!("sealing the audit trail");
        program.serve(&self.url(), &[])?.stop()
    }
}

/// What a database depends on.
fn contents(clients: u32) -> Result<String, Fault> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/store/migrations/sqlite");
    let failed = || Fault::system(format!("read {}", directory.display()));
    let entries = fs::read_dir(&directory).map_err(failed())?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed())?;
    files.sort();
    let mut text = format!("{clients} clients\n");
    for file in files {
        text.push_str(&fs::read_to_string(&file).map_err(failed())?);
    }
    Ok(text)
}

fn csv(rows: u32) -> String {
    let mut text = format!("{}\n", body::CSV_HEADER);
    for code in BusinessCode::after(0).take(rows as usize) {
        writeln!(text, "{}", body::csv_row(&code)).expect("a String takes every text");
    }
    text
}

/// Moves the keys of a credentials file into `keys`, and gives their number.
fn take_keys(credentials: &Path, keys: &mut impl std::io::Write) -> std::io::Result<u32> {
    let mut lines = BufReader::new(File::open(credentials)?).lines();
    let header = lines.next().transpose()?.unwrap_or_default();
    let column = header.split(',').position(|name| name == "apiAccessToken").ok_or(std::io::ErrorKind::InvalidData)?;
    let mut count = 0;
    for line in lines {
        // No name among ours has a comma or a quote.
        let line = line?;
        writeln!(keys, "{}", line.split(',').nth(column).ok_or(std::io::ErrorKind::InvalidData)?)?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_depends_on_its_size_and_the_migrations() {
        assert!(contents(7).unwrap().contains("CREATE TABLE client"));
        assert_ne!(contents(7).unwrap(), contents(8).unwrap());
    }

    #[test]
    fn rows_have_different_codes() {
        let text = csv(50);
        let mut codes: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 50);
    }
}
