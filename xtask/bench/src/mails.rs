//! Invoices that go by mail: how the program is set up for it, and how they are posted and followed.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::calendar::CalendarDate;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::fault::Fault;
use crate::fresh::Template;
use crate::http;
use crate::invoice::{self, Method};
use crate::load::{self, Work};
use crate::messages::CHANNEL;
use crate::program::{Program, Server};
use crate::stopwatch::{self, Stopwatch};

/// The mails that are under way at once, as the channel comes.
pub(crate) const AT_ONCE: u32 = 8;

/// The connections that they are posted over.
const CONNECTIONS: u32 = 32;

/// The channel waits for the greeting of the server until all invoices are posted.
pub(crate) const PATIENT: &str = "connect-timeout = \"10m\"\n";

/// How long the last states may take to be recorded once every mail was taken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port of 127.0.0.1 whose connections are taken and never greeted. So the mails of a server that has it wait without having failed. A
/// mail server can have it after [`Held::release`].
#[derive(Debug)]
pub(crate) struct Held {
    listener: TcpListener,
    /// The port.
    pub(crate) port: u16,
}

impl Held {
    pub(crate) fn take() -> Result<Self, Fault> {
        let failed = || Fault::system("listen");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed())?;
        let port = listener.local_addr().map_err(failed())?.port();
        Ok(Self { listener, port })
    }

    /// Closes the connections that wait, and gives the port.
    pub(crate) fn release(self) -> u16 {
        drop(self.listener);
        self.port
    }
}

/// Writes a configuration that sends mail to the server at `port`, with further settings of the channel.
pub(crate) fn configure(program: &Program, port: u16, further: &str) -> Result<PathBuf, Fault> {
    let path = program.directory.join("mails.toml");
    fs::write(&path, configuration(port, further)).map_err(Fault::system(format!("write {}", path.display())))?;
    Ok(path)
}

fn configuration(port: u16, further: &str) -> String {
    format!(
        "[messages]\nmail-channel = \"{CHANNEL}\"\nmail-from = \"Bench Oy <bench@example.com>\"\n\
         operator-mail = \"operator@example.com\"\n\n[channels.{CHANNEL}]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         tls = \"none\"\nmessage-id-domain = \"example.com\"\nin-flight = {AT_ONCE}\n{further}"
    )
}

/// The body of an invoice of today, with the mark that `wrk/load.lua` replaces.
pub(crate) fn body(method: Method) -> Result<String, Fault> {
    Ok(invoice::json(method, today()?))
}

/// The day that the invoices are of.
pub(crate) fn today() -> Result<CalendarDate, Fault> {
    let today = stopwatch::today();
    CalendarDate::parse(&today).map_err(|_| Fault::Program { program: "the clock".to_owned(), said: today })
}

/// Posts invoices by mail until at least `count` were answered, and gives how many were.
pub(crate) fn post(server: &Server, template: &Template, count: u32) -> Result<u32, Fault> {
    let (keys, body) = (template.keys(), body(Method::Email)?);
    load::run_until(server.url(), count, CONNECTIONS, |first| Work::Invoice { keys: &keys, body: &body, first })
}

/// Waits until every invoice is known to be sent. Fails when one is missing, or did not arrive.
pub(crate) fn all_sent(url: &str, key: &str, count: u32) -> Result<(), Fault> {
    let watch = Stopwatch::start();
    // They may be of the day before by now.
    let address = format!("/api/v1/partner/distribution?limit=1&fromInvDate={}", today()?.days_before(1));
    loop {
        let page = http::json(url, &address, key)?;
        let number = |name: &str| page.pointer(&format!("/metaData/{name}")).and_then(Value::as_u64).unwrap_or(0);
        let (all, sent, failed) = (number("totalCount"), number("successfulCount"), number("failedCount"));
        if (all, sent) == (count.into(), count.into()) {
            return Ok(());
        }
        // A mail is taken just before its invoice is known to be sent.
        if watch.elapsed() > PATIENCE || failed > 0 {
            return Err(Fault::Load {
                what: format!("of {count} invoices {all} are listed, {sent} as sent and {failed} as failed"),
            });
        }
    }
}

/// What the database of a server that has ended holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Invoices.
    pub(crate) invoices: u32,
    /// Invoices with their way to the buyer.
    pub(crate) deliveries: u32,
    /// What waits to be sent.
    pub(crate) outbox: u32,
}

/// Counts what a server that has ended left in `file`.
pub(crate) fn count(file: &Path) -> Result<Counted, Fault> {
    let counts = "SELECT (SELECT COUNT(*) FROM invoice), \
        (SELECT COUNT(*) FROM invoice i JOIN distribution d ON d.partner_id = i.partner_id AND d.invoice_number = i.number \
            AND d.client_id = i.client_id AND d.invoice_id = i.invoice_id), \
        (SELECT COUNT(*) FROM outbox WHERE kind = 'invoice')";
    let read =
        |row: &rusqlite::Row<'_>| Ok(Counted { invoices: row.get(0)?, deliveries: row.get(1)?, outbox: row.get(2)? });
    Ok(open(file)?.query_row(counts, [], read)?)
}

/// The PDF of one of the invoices in the database at `url`, whose file is `file`, as the program mails it.
pub(crate) fn pdf(program: &Program, url: &str, file: &Path) -> Result<Vec<u8>, Fault> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (client, number) = open(file)?.query_row("SELECT client_id, number FROM invoice LIMIT 1", [], read)?;
    let output = file.with_file_name("invoice.pdf");
    program.json(&[
        "invoice",
        "pdf",
        "--database",
        url,
        "--client",
        &client.to_string(),
        &number.to_string(),
        "--output",
        &output.to_string_lossy(),
    ])?;
    fs::read(&output).map_err(Fault::system(format!("read {}", output.display())))
}

/// Opens a database to look into it.
fn open(file: &Path) -> Result<Connection, Fault> {
    Ok(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_settings_belong_to_the_channel() {
        let text = configuration(2525, PATIENT);
        assert!(
            text.contains("\nport = 2525\n") && text.ends_with("in-flight = 8\nconnect-timeout = \"10m\"\n"),
            "{text}"
        );
    }

    #[test]
    fn a_held_port_takes_connections_and_can_be_taken_over() {
        let held = Held::take().unwrap();
        let waiting = std::net::TcpStream::connect(("127.0.0.1", held.port)).unwrap();
        let port = held.release();
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
        drop(waiting);
    }
}
