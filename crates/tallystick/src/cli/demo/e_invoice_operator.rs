//! The demo's own e-invoice operator: it does what the other side of a drop does, so that e-invoices get an answer where there is nobody.
//! No other command has it.
//!
//! It says of each e-invoice in the folder that it goes on its way, or, where the receiver's address ends in `0001`, that there is no such
//! receiver. Unlike a real one it leaves the e-invoices where they are, for a person to look at.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use domain::{Clock as _, Timestamp};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;
use uuid::Uuid;

use super::folders::Folders;
use crate::system::SystemClock;

/// The pause between two looks into the folder.
const PAUSE: Duration = Duration::from_millis(500);

/// What the address of a receiver ends in that the operator does not know.
const UNKNOWN_RECEIVER: &str = "0001";

/// The operator at work.
pub(super) struct Operator {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Operator {
    pub(super) fn start(folders: &Folders) -> Self {
        let (stop, stopped) = watch::channel(());
        Self { stop, task: tokio::spawn(work(Desk::of(folders), stopped)) }
    }

    /// Ends it: nothing is written after that.
    pub(super) async fn stop(self) {
        drop(self.stop);
        // A panic was told when it came.
        let _ = self.task.await;
    }
}

/// What it works on.
struct Desk {
    e_invoices: PathBuf,
    acknowledgements: PathBuf,
    /// Not to be looked at again.
    answered: HashSet<Uuid>,
}

async fn work(mut desk: Desk, mut stopped: watch::Receiver<()>) {
    loop {
        let now = SystemClock.now();
        let worked = spawn_blocking(move || {
            let answered = desk.answer_all(now);
            (desk, answered)
        });
        let Ok((same, answered)) = worked.await else { return };
        desk = same;
        if let Err(error) = answered {
            tracing::warn!(%error, "the demo's e-invoice operator can't do its work, and has ended");
            return;
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = sleep(PAUSE) => {}
        }
    }
}

impl Desk {
    fn of(folders: &Folders) -> Self {
        Self {
            e_invoices: folders.e_invoices.clone(),
            acknowledgements: folders.acknowledgements.clone(),
            answered: HashSet::new(),
        }
    }

    /// Answers every e-invoice that has no answer yet. What was answered in an earlier run has been put away.
    fn answer_all(&mut self, now: Timestamp) -> io::Result<()> {
        for entry in fs::read_dir(&self.e_invoices)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| Uuid::try_parse(name.strip_suffix(".json")?).ok());
            let Some(id) = id.filter(|id| !self.answered.contains(id)) else { continue };
            let (file, to) = (format!("{id}.xml"), &self.acknowledgements);
            if ["", "done", "failed"].iter().all(|folder| !to.join(folder).join(&file).exists()) {
                let invoice = match fs::read(self.e_invoices.join(format!("{id}-1.xml"))) {
                    // A person has removed it.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    read => read?,
                };
                // Renamed when it is whole, as is asked of operators.
                let draft = to.join(format!("{file}.tmp"));
                fs::write(&draft, acknowledgement(id, is_known(&invoice), now))?;
                fs::rename(&draft, to.join(&file))?;
            }
            self.answered.insert(id);
        }
        Ok(())
    }
}

/// Whether no party of the frame has an address that is not known. Ours and those of operators end otherwise.
fn is_known(invoice: &[u8]) -> bool {
    let end = format!("{UNKNOWN_RECEIVER}</eb:PartyId>");
    !invoice.windows(end.len()).any(|found| found == end.as_bytes())
}

/// Finvoiceack 1.0 (Finvoice Implementation Guidelines, chapter 21).
fn acknowledgement(id: Uuid, is_known: bool, now: Timestamp) -> String {
    let (code, text) = if is_known { (1, "Accepted") } else { (2, "Receiver not found") };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by the demo's own operator. -->
<Finvoiceack Version="1.0" xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">
  <Acknowledgement>
    <MessageData><eb:MessageId>{id}</eb:MessageId><eb:Timestamp>{now}</eb:Timestamp></MessageData>
    <Reason><Code>{code}</Code><Text>{text}</Text></Reason>
  </Acknowledgement>
</Finvoiceack>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "<eb:To><eb:PartyId>003767890124</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>";
    const UNKNOWN: &str = "<eb:To><eb:PartyId>0037890123490001</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>";

    #[test]
    fn each_e_invoice_is_answered_once() {
        let directory = tempfile::tempdir().unwrap();
        let folders = Folders::below(directory.path().to_owned());
        folders.make().unwrap();
        let (from, to) = (&folders.e_invoices, &folders.acknowledgements);
        let ids = [1, 2, 3].map(Uuid::from_u128);
        for (id, content) in ids.iter().zip([KNOWN, UNKNOWN, KNOWN]) {
            fs::write(from.join(format!("{id}-1.xml")), content).unwrap();
        }
        // The third is still on its way: it has no manifest.
        for id in &ids[..2] {
            fs::write(from.join(format!("{id}.json")), "{}").unwrap();
        }
        let now = Timestamp::from_micros(0);
        Desk::of(&folders).answer_all(now).unwrap();
        let path = |id: &Uuid| to.join(format!("{id}.xml"));
        let code = |id: &Uuid| fs::read_to_string(path(id)).unwrap().contains("<Code>1</Code>");
        assert!(code(&ids[0]) && !code(&ids[1]));
        assert_eq!(fs::read_dir(to).unwrap().count(), 2);
        // It was read, and put away.
        fs::create_dir(to.join("done")).unwrap();
        fs::rename(path(&ids[0]), to.join("done").join(format!("{}.xml", ids[0]))).unwrap();
        Desk::of(&folders).answer_all(now).unwrap();
        assert!(!path(&ids[0]).exists());
    }
}
