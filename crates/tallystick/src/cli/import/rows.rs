//! The rows of the file, read in a thread of their own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use domain::Fault;
use domain::client::ClientDraft;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::columns::{Columns, RowError};
use crate::cli::CommandError;

/// How many rows are read ahead.
const AHEAD: usize = 256;

/// A file that was opened, and its length in bytes.
pub(super) struct Source {
    pub(super) reader: Reader<BufReader<File>>,
    pub(super) bytes: u64,
    /// Whether its last line ends with a line feed.
    ends_line: bool,
}

/// One row: where it stands and what it says.
pub(super) struct Row {
    pub(super) line: u64,
    /// The byte at which it ends.
    pub(super) position: u64,
    pub(super) draft: Result<ClientDraft, Fault>,
}

/// By what a person knows a client: written beside its credentials.
pub(super) struct Name {
    pub(super) country_code: String,
    pub(super) business_code: String,
    pub(super) name: String,
}

impl Name {
    pub(super) fn of(draft: &ClientDraft) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            country_code: text(&draft.country_code),
            business_code: text(&draft.business_code),
            name: text(&draft.name),
        }
    }
}

pub(super) fn unreadable(path: &Path, error: &impl std::fmt::Display) -> CommandError {
    CommandError::ImportFile(format!("{}: {error}", path.display()))
}

/// Opens the file. What separates its fields shows in its first line.
pub(super) fn open(path: &Path) -> Result<Source, CommandError> {
    let failed = |error: std::io::Error| unreadable(path, &error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let bytes = file.get_ref().metadata().map_err(failed)?.len();
    let mut header = Vec::new();
    file.read_until(b'\n', &mut header).map_err(failed)?;
    let mut last = [b'\n'];
    if bytes > 0 {
        file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(failed)?;
    }
    file.rewind().map_err(failed)?;
    let mut builder = ReaderBuilder::new();
    // Every line ends at its line feed, so that lines are counted right; a carriage return before it stays in the last field, from
    // which it is trimmed.
    builder.delimiter(separator(&header)).terminator(Terminator::Any(b'\n')).flexible(true);
    Ok(Source { reader: builder.from_reader(file), bytes, ends_line: last == *b"\n" })
}

/// The separator that the header has most of; a comma when it has none.
fn separator(header: &[u8]) -> u8 {
    let count = |separator: u8| header.iter().filter(|byte| **byte == separator).count();
    // Of equals, the last one is taken.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// Reads the rows until the end, or until `stop`. The task tells why it could not read on.
pub(super) fn read(
    source: Source,
    columns: Columns,
    stop: Arc<AtomicBool>,
) -> (impl Stream<Item = Row>, JoinHandle<Result<(), String>>) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let stop_reading = Arc::clone(&stop);
    let task = tokio::task::spawn_blocking(move || {
        let mut reader = source.reader;
        let mut record = ByteRecord::new();
        while !stop_reading.load(Ordering::Relaxed)
            && reader.read_byte_record(&mut record).map_err(|e| e.to_string())?
        {
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                // A line that holds nothing but its carriage return.
                continue;
            }
            // Counted back from where the row ended: the reader's own idea of where it began includes empty lines before it.
            let end = reader.position();
            let cut_off = !source.ends_line && end.byte() >= source.bytes;
            let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            let row = Row {
                line: end.line().saturating_sub(breaks + u64::from(!cut_off)),
                position: end.byte(),
                draft: columns.draft(&record).map_err(|error| fault(&error)),
            };
            if sender.blocking_send(row).is_err() {
                break;
            }
        }
        Ok(())
    });
    // Rows that were read ahead are not begun after `stop`.
    let rows = stream::unfold((receiver, stop), async |(mut receiver, stop)| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        receiver.recv().await.map(|row| (row, (receiver, stop)))
    });
    (rows, task)
}

fn fault(error: &RowError) -> Fault {
    let (field, code) = match error {
        RowError::Length { .. } => ("row", "wrong_number_of_fields"),
        RowError::NotUtf8 { column } => (*column, "not_utf8"),
    };
    Fault { field: field.into(), code: code.into(), message: error.to_string().into() }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[test]
    fn the_header_tells_the_separator() {
        assert_eq!(separator(b"name,businessCode,email"), b',');
        assert_eq!(separator(b"name;businessCode;email"), b';');
        assert_eq!(separator(b"name\tbusinessCode"), b'\t');
        assert_eq!(separator(b"name"), b',');
    }

    /// The rows of a file with these lines below the header.
    async fn rows_of(lines: &[u8]) -> Vec<Row> {
        let header = "name,businessCode,postalAddress,postalCode,postalDistrict,countryCode,email,languageCode,currencyCode,primaryName";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.csv");
        std::fs::write(&path, [b"\xef\xbb\xbf", header.as_bytes(), lines].concat()).unwrap();
        let mut source = open(&path).unwrap();
        let columns = Columns::of(source.reader.byte_headers().unwrap()).unwrap();
        let (rows, task) = read(source, columns.with_service_type(Some("COOP".into())), Arc::default());
        let rows = rows.collect().await;
        task.await.unwrap().unwrap();
        rows
    }

    #[tokio::test]
    async fn rows_know_their_lines_and_wrong_ones_do_not_end_the_file() {
        let rows = rows_of(
            b"\n\"two\nlines\",1,a,00100,h,FI,e@x.fi,FI,EUR,p\nshort,row\n\
              \xff,1,a,00100,h,FI,e@x.fi,FI,EUR,p\n\nlast,1,a,00100,h,FI,e@x.fi,FI,EUR,p",
        )
        .await;
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4, 5, 7]);
        let first = rows[0].draft.as_ref().unwrap();
        assert_eq!(first.name.as_deref(), Some("two\nlines"));
        assert_eq!(first.service_type.as_deref(), Some("COOP"));
        assert_eq!(rows[1].draft.as_ref().unwrap_err().code, "wrong_number_of_fields");
        assert_eq!(rows[2].draft.as_ref().unwrap_err().field, "name");
        assert!(rows[3].draft.is_ok());
    }

    #[tokio::test]
    async fn lines_that_end_in_carriage_returns_count_alike() {
        let rows = rows_of(b"\r\na,1,a,00100,h,FI,e@x.fi,FI,EUR,\"p, q\"\r\n\r\nshort,row\r\n").await;
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(rows[0].draft.as_ref().unwrap().primary.name.as_deref(), Some("p, q"));
    }
}
