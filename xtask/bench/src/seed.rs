//! Databases with many clients of one partner. They are made once, through the program's own import, and kept for the next run.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use serde_json::Value;

use crate::body::{self, BusinessCode};
use crate::fault::Fault;
use crate::http;
use crate::program::{Program, sqlite};
use crate::stopwatch::Stopwatch;

/// The partner of all clients.
const PARTNER: &str = "PORTFOLIO";

/// The clients are imported in this many parts, so that whoever waits sees how far it is.
const PARTS: u32 = 10;

/// The clients that have one identifier, each in a system of its own; also the most of a page.
const PAGE: u32 = 100;

/// Counts up with what is put into a database otherwise than by the migrations.
const EDITION: u32 = 2;

/// An agreement for each client of the one partner. Those that share an identifier stand far apart, as clients do that came by and by.
const AGREEMENTS: &str = "INSERT INTO agreement (partner_id, client_id, system, identifier, valid_from, valid_to) \
    SELECT partner_id, client_id, printf('S%02d', place / ?1), printf('A-%05d', place % ?1), '2026-01-01', NULL \
    FROM (SELECT partner_id, client_id, row_number() OVER (ORDER BY client_id) - 1 AS place FROM client)";

/// A database with clients, and their keys.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    /// The database file; its master key stands next to it.
    pub(crate) file: PathBuf,
    /// The keys of its clients, one a line.
    pub(crate) keys: PathBuf,
    /// The key of their partner.
    partner_key: PathBuf,
    /// Every page of the list of creditors by name, as path and query, one a line.
    pub(crate) pages_by_name: PathBuf,
    /// The same, of the creditors of every agreement.
    pub(crate) pages_by_agreement: PathBuf,
    /// How many clients there are.
    pub(crate) clients: u32,
}

impl Seeded {
    /// The database of `clients` clients: that of an earlier run, or a new one where there is none or the migrations have changed.
    pub(crate) fn get(program: &Program, clients: u32) -> Result<Self, Fault> {
        let directory = program.directory.join(format!("clients-{clients}"));
        let seeded = Self {
            file: directory.join("bench.db"),
            keys: directory.join("keys"),
            partner_key: directory.join("partner-key"),
            pages_by_name: directory.join("pages-by-name"),
            pages_by_agreement: directory.join("pages-by-agreement"),
            clients,
        };
        let marker = directory.join("contents");
        let contents = contents(clients)?;
        if fs::read_to_string(&marker).is_ok_and(|found| found == contents) {
            seeded.read_through()?;
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

    /// Reads the file once, so that it is in the page cache of the system: that is what is measured, and not the disk.
    fn read_through(&self) -> Result<(), Fault> {
        let failed = || Fault::system(format!("read {}", self.file.display()));
        let mut file = File::open(&self.file).map_err(failed())?;
        std::io::copy(&mut file, &mut std::io::sink()).map(drop).map_err(failed())
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

    /// The key of the partner.
    pub(crate) fn partner_key(&self) -> Result<String, Fault> {
        let failed = Fault::system(format!("read {}", self.partner_key.display()));
        Ok(fs::read_to_string(&self.partner_key).map_err(failed)?.trim().to_owned())
    }

    fn fill(&self, program: &Program, directory: &Path) -> Result<(), Fault> {
        let failed = || Fault::system(format!("write into {}", directory.display()));
        let partner = program.add_partner(&self.url(), PARTNER)?;
        secret_file(&self.partner_key).and_then(|mut file| writeln!(file, "{}", partner.key)).map_err(failed())?;
        self.import(program, directory)?;
        println!("adding agreements");
        self.add_agreements()?;
        // A server seals the audit trail at its shut-down, so that no later one has that to do while it is measured.
        println!("listing the pages, and sealing the audit trail");
        let server = program.serve(&self.url(), &[])?;
        self.list_pages(server.url(), &partner.key)?;
        server.stop()
    }

    /// Makes the clients.
    fn import(&self, program: &Program, directory: &Path) -> Result<(), Fault> {
        let (rows, credentials) = (directory.join("clients.csv"), directory.join("credentials.csv"));
        let failed = || Fault::system(format!("write into {}", directory.display()));
        let mut keys = BufWriter::new(secret_file(&self.keys).map_err(failed())?);
        let mut codes = BusinessCode::after(0);
        let part = self.clients / PARTS;
        for number in 1..=PARTS {
            println!("importing {part} clients, part {number} of {PARTS}");
            fs::write(&rows, csv(codes.by_ref().take(part as usize))).map_err(failed())?;
            let (rows, credentials) = (rows.to_string_lossy(), credentials.to_string_lossy());
            let url = self.url();
            program.json(&[
                "client",
                "import",
                "--database",
                &url,
                "--partner",
                PARTNER,
                "--output",
                &credentials,
                &rows,
            ])?;
            let made = take_keys(Path::new(&*credentials), &mut keys).map_err(failed())?;
            if made != part {
                let said = format!("it made {made} clients of {part}");
                return Err(Fault::Program { program: "tallystick client import".to_owned(), said });
            }
            fs::remove_file(Path::new(&*credentials)).map_err(failed())?;
        }
        keys.flush().map_err(failed())?;
        fs::remove_file(&rows).map_err(failed())
    }

    /// Gives each client an agreement. No server runs yet.
    fn add_agreements(&self) -> Result<(), Fault> {
        let mut connection = Connection::open(&self.file)?;
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(AGREEMENTS, [identifiers(self.clients)])?;
        Ok(tx.commit()?)
    }

    /// Asks the server for every page by name, and for one by agreement, and writes down the addresses of all.
    fn list_pages(&self, url: &str, key: &str) -> Result<(), Fault> {
        let address = |query: &str| format!("/api/v1/partner/creditors?limit={PAGE}{query}");
        let (mut pages, mut query) = (String::new(), String::new());
        loop {
            let path = address(&query);
            let page = full_page(url, &path, key)?;
            writeln!(pages, "{path}").expect("a String takes every text");
            match page.get("nextCursor").and_then(Value::as_str) {
                Some(next) => query = format!("&cursor={next}"),
                None => break,
            }
        }
        let by_agreement: Vec<_> =
            (0..identifiers(self.clients)).map(|number| address(&format!("&agreement=A-{number:05}"))).collect();
        full_page(url, by_agreement.last().map_or("", String::as_str), key)?;
        let failed = |path: &Path| Fault::system(format!("write {}", path.display()));
        fs::write(&self.pages_by_name, pages).map_err(failed(&self.pages_by_name))?;
        fs::write(&self.pages_by_agreement, by_agreement.join("\n")).map_err(failed(&self.pages_by_agreement))
    }
}

/// The identifiers of the agreements of so many clients.
const fn identifiers(clients: u32) -> u32 {
    clients / PAGE
}

/// A page that must be full: else what is measured is not what it seems.
fn full_page(url: &str, path: &str, key: &str) -> Result<Value, Fault> {
    let page = http::json(url, path, key)?;
    match page.get("creditors").and_then(Value::as_array).map_or(0, Vec::len) {
        found if found == PAGE as usize => Ok(page),
        found => Err(Fault::Load { what: format!("a page has {found} creditors in place of {PAGE}") }),
    }
}

/// A new file for its owner only.
fn secret_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)
}

/// What a database depends on.
fn contents(clients: u32) -> Result<String, Fault> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/store/migrations/sqlite");
    let failed = || Fault::system(format!("read {}", directory.display()));
    let entries = fs::read_dir(&directory).map_err(failed())?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed())?;
    files.sort();
    let mut text = format!("{clients} clients, edition {EDITION}\n");
    for file in files {
        text.push_str(&fs::read_to_string(&file).map_err(failed())?);
    }
    Ok(text)
}

fn csv(codes: impl Iterator<Item = BusinessCode>) -> String {
    let mut text = format!("{}\n", body::CSV_HEADER);
    for code in codes {
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
    fn an_identifier_has_a_page_of_clients_in_as_many_systems() {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE client (partner_id, client_id); CREATE TABLE agreement \
            (partner_id, client_id, system, identifier, valid_from, valid_to, UNIQUE (partner_id, system, identifier));";
        connection.execute_batch(tables).unwrap();
        for client in 0..1_000 {
            connection.execute("INSERT INTO client VALUES (1, ?1)", [100_000 + client]).unwrap();
        }
        assert_eq!(connection.execute(AGREEMENTS, [identifiers(1_000)]).unwrap(), 1_000);
        let counted =
            "SELECT COUNT(*), COUNT(DISTINCT system), MIN(system), MAX(system) FROM agreement GROUP BY identifier";
        let mut statement = connection.prepare(counted).unwrap();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let counts: Vec<(u32, u32, String, String)> =
            statement.query_map([], read).unwrap().map(Result::unwrap).collect();
        assert_eq!(counts.len(), 10);
        assert!(counts.iter().all(|count| *count == (PAGE, PAGE, "S00".to_owned(), "S99".to_owned())), "{counts:?}");
    }

    #[test]
    fn rows_have_different_codes() {
        let text = csv(BusinessCode::after(0).take(50));
        let mut codes: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 50);
    }
}
