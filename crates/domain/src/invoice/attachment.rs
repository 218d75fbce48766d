//! Files that go with an invoice.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::draft::AttachmentDraft;
use super::report::{Element, Member, Report, present};
use crate::distribution::DistributionMethod;
use crate::fault_code::{NOT_COMBINABLE, TOO_MANY};
use crate::pdf_file;
use crate::text::LONGEST_LINE;

/// The most attachments of an invoice.
pub const MOST_ATTACHMENTS: usize = 10;

/// The most bytes of all attachments of an invoice together, before Base64: 10 MiB.
pub const MOST_ATTACHMENT_BYTES: usize = 10 * 1024 * 1024;

/// The standard alphabet (RFC 4648 section 4), with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file that goes with an invoice: a PDF as far as [`crate::pdf_file`] looks.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, as sent, which ends in `.pdf`. No two of an invoice are the same but for case.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.name, self.content.len())
    }
}

const LIST: &str = "invoice.attachments";

pub(super) fn read(
    drafts: &[AttachmentDraft],
    method: Option<DistributionMethod>,
    report: &mut Report,
) -> Vec<Attachment> {
    if method == Some(DistributionMethod::EInvoice) && !drafts.is_empty() {
        // They would be messages of their own, and the buyer would miss them if they were left out.
        let message = "Files do not go with an e-invoice: leave them out, or send it by EMAIL or PRINT";
        report.add(LIST, NOT_COMBINABLE, message);
        return Vec::new();
    }
    if drafts.len() > MOST_ATTACHMENTS {
        let message = format!("An invoice has {MOST_ATTACHMENTS} attachments at most: leave some out");
        report.add(Element(LIST, MOST_ATTACHMENTS), TOO_MANY, message);
        return Vec::new();
    }
    // Told before anything is decoded, so that too much is never held in memory twice.
    let least: usize = drafts.iter().map(|draft| least_size(present(&draft.content).unwrap_or_default())).sum();
    if least > MOST_ATTACHMENT_BYTES {
        too_large(report);
        return Vec::new();
    }
    let mut attachments = Vec::with_capacity(drafts.len());
    let mut names = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let at = Element(LIST, place);
        let name = name(at, draft, &mut names, report);
        let content = content(at, draft, report);
        if let (Some(name), Some(content)) = (name, content) {
            attachments.push(Attachment { name, content });
        }
    }
    if attachments.iter().map(|attachment| attachment.content.len()).sum::<usize>() > MOST_ATTACHMENT_BYTES {
        too_large(report);
    }
    attachments
}

fn too_large(report: &mut Report) {
    report.add(
        LIST,
        "attachments_too_large",
        format!(
            "The attachments of an invoice have {} MiB together at most: leave some out",
            MOST_ATTACHMENT_BYTES >> 20
        ),
    );
}

/// The bytes that `text` stands for, less what padding may take off: white space is not counted.
fn least_size(text: &str) -> usize {
    let characters = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').count();
    characters / 4 * 3
}

/// Names that Windows takes for devices, whatever follows their first full stop.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// The name; `before` has those of the attachments before it in lower case, and gets this one.
fn name(at: Element, draft: &AttachmentDraft, before: &mut Vec<String>, report: &mut Report) -> Option<String> {
    let at = Member(at, "name");
    let name = report.needed(at, "An attachment needs a file name", &draft.name, LONGEST_LINE)?;
    // What no file system of recipients takes, or what leads out of a folder.
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let stem = name.len().checked_sub(4).and_then(|end| name.split_at_checked(end));
    let fits = stem.is_some_and(|(stem, end)| end.eq_ignore_ascii_case(".pdf") && !stem.trim().is_empty())
        && !name.starts_with(['.', ' '])
        && !name.contains(odd)
        && !name.split('.').next().is_some_and(|start| DEVICES.iter().any(|device| device.eq_ignore_ascii_case(start)))
        // File systems count bytes.
        && name.len() <= LONGEST_LINE;
    if !fits {
        report.add(
            at,
            "file_name_format",
            "The file name is not valid: write it like specification.pdf, without a folder, a line break and \
             : * ? \" < > |, in at most 255 bytes",
        );
        return None;
    }
    let folded = name.to_lowercase();
    if before.contains(&folded) {
        report.add(at, "duplicate_file_name", "Another attachment has this name: give each its own");
        return None;
    }
    before.push(folded);
    Some(name)
}

fn content(at: Element, draft: &AttachmentDraft, report: &mut Report) -> Option<Vec<u8>> {
    let at = Member(at, "content");
    let text = report.given(at, "An attachment needs its content in Base64", &draft.content)?;
    let decoded = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        // In lines, as MIME writes it.
        BASE64.decode(text.split_ascii_whitespace().collect::<String>())
    } else {
        BASE64.decode(text)
    };
    let Ok(bytes) = decoded else {
        report.add(at, "attachment_encoding", "The content is not in Base64: encode the file by RFC 4648 section 4");
        return None;
    };
    match pdf_file::check(&bytes) {
        Ok(()) => Some(bytes),
        Err(fault) => {
            report.fault(at, &fault);
            None
        }
    }
}
