//! Databases with many clients of one partner. They are made once, through the program's own import, and kept for the next run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::body::BusinessCode;
use crate::fault::Fault;
use crate::import;
use crate::kept::{self, secret_file};
use crate::pages::{self, PAGE};
use crate::program::{Program, sqlite};

/// The partner of all clients.
const PARTNER: &str = "PORTFOLIO";

/// The clients are imported in this many parts, so that whoever waits sees how far it is.
const PARTS: u32 = 10;

/// The member that holds the items of a page.
const LIST: &str = "creditors";

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
        let contents = kept::contents(&format!("{clients} clients, edition {EDITION}"))?;
        kept::get(&directory, &seeded.file, &contents, || seeded.fill(program, &directory))?;
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
        let failed = || Fault::system(format!("write into {}", directory.display()));
        let mut keys = BufWriter::new(secret_file(&self.keys).map_err(failed())?);
        let mut codes = BusinessCode::after(0);
        let part = self.clients / PARTS;
        for number in 1..=PARTS {
            println!("importing {part} clients, part {number} of {PARTS}");
            let csv = import::csv(codes.by_ref().take(part as usize));
            import::import(program, &self.url(), PARTNER, &csv, directory, &mut keys)?;
        }
        keys.flush().map_err(failed())
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
        let pages = pages::walk(url, key, &address(""), (LIST, PAGE))?;
        let by_agreement: Vec<_> =
            (0..identifiers(self.clients)).map(|number| address(&format!("&agreement=A-{number:05}"))).collect();
        pages::full(url, key, by_agreement.last().map_or("", String::as_str), LIST)?;
        let failed = |path: &Path| Fault::system(format!("write {}", path.display()));
        fs::write(&self.pages_by_name, pages.join("\n")).map_err(failed(&self.pages_by_name))?;
        fs::write(&self.pages_by_agreement, by_agreement.join("\n")).map_err(failed(&self.pages_by_agreement))
    }
}

/// The identifiers of the agreements of so many clients: each is that of a page of them, each of whom has it in another system.
const fn identifiers(clients: u32) -> u32 {
    clients / PAGE
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
