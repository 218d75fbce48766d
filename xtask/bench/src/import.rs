//! Clients that are made by `client import`, and their keys.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write};
use std::path::Path;

use crate::body::{self, BusinessCode};
use crate::fault::Fault;
use crate::program::Program;

/// A bank account for those who send invoices.
const ACCOUNT: &str = "FI2112345600000785";

/// Makes the clients of `csv` as those of the partner, and writes their keys into `keys`, one a line. What it writes meanwhile goes into
/// `directory`, and away again.
pub(crate) fn import(
    program: &Program,
    database: &str,
    partner: &str,
    csv: &str,
    directory: &Path,
    keys: &mut impl Write,
) -> Result<(), Fault> {
    let count = csv.lines().count() - 1;
    let (rows, credentials) = (directory.join("clients.csv"), directory.join("credentials.csv"));
    let failed = || Fault::system(format!("write into {}", directory.display()));
    fs::write(&rows, csv).map_err(failed())?;
    program.json(&[
        "client",
        "import",
        "--database",
        database,
        "--partner",
        partner,
        "--output",
        &credentials.to_string_lossy(),
        &rows.to_string_lossy(),
    ])?;
    let made = take_keys(&credentials, keys).map_err(failed())?;
    if made != count {
        let said = format!("it made {made} clients of {count}");
        return Err(Fault::Program { program: "tallystick client import".to_owned(), said });
    }
    fs::remove_file(&credentials).and_then(|()| fs::remove_file(&rows)).map_err(failed())
}

/// Clients without a bank account.
pub(crate) fn csv(codes: impl Iterator<Item = BusinessCode>) -> String {
    lines(body::CSV_HEADER, codes.map(|code| body::csv_row(&code)))
}

/// Clients with one.
pub(crate) fn csv_with_account(codes: impl Iterator<Item = BusinessCode>) -> String {
    let rows = codes.map(|code| format!("{},{ACCOUNT}", body::csv_row(&code)));
    lines(&format!("{},ibanAccount", body::CSV_HEADER), rows)
}

fn lines(header: &str, rows: impl Iterator<Item = String>) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        text.push_str(&row);
        text.push('\n');
    }
    text
}

/// Moves the keys of a credentials file into `keys`, and gives their number.
fn take_keys(credentials: &Path, keys: &mut impl Write) -> std::io::Result<usize> {
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

    fn codes() -> impl Iterator<Item = BusinessCode> {
        BusinessCode::after(0).take(50)
    }

    #[test]
    fn rows_have_different_codes() {
        let text = csv(codes());
        let mut codes: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 50);
    }

    #[test]
    fn an_account_stands_in_its_column() {
        let text = csv_with_account(codes());
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let place = lines.next().unwrap().iter().position(|name| *name == "ibanAccount").unwrap();
        assert!(lines.all(|row| row.get(place) == Some(&ACCOUNT) && row.len() == place + 1));
    }
}
