//! What operators answer to Finvoice messages: Finvoiceack 1.0 and 2.0 (Finvoice Implementation Guidelines, chapter 21).
//!
//! The operators of the forwarding service answer only where a message can't be forwarded or delivered; others say of
//! each that they have it (code 1). An answer has a transport frame in front of it as invoices have, and files hold one
//! or several.
//!
//! What comes is not trusted. It is bounded in size and depth before anything is made of it, no entity is declared or
//! fetched, and every text is cut and cleaned. The document type that version 1.0 has in the Guidelines (chapter 21.1.6)
//! names a file and declares nothing: it is passed over and never opened. One with declarations is refused.

mod fault;
mod text;
mod tree;

use domain::text::is_blank;

pub use fault::AcknowledgementFault;
use tree::Element;

/// The most bytes of what is read: an acknowledgement has some 4 KiB.
const MOST_BYTES: usize = 1024 * 1024;
/// The most characters of an identifier, as the schema has it.
const LONGEST_ID: usize = 98;
/// The most characters of a text that are kept.
const LONGEST_TEXT: usize = 500;
/// The most further errors of a message that are kept: there are ten attachments at most.
const MOST_ERRORS: usize = 20;
/// The code of a message that goes on its way (chapter 21.2).
const ACCEPTED: i64 = 1;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinvoiceAcknowledgement {
    /// The identifier of the message that is acknowledged, as we gave it: at most 98 characters.
    pub message_id: String,
    /// Whether it goes on its way.
    pub verdict: FinvoiceVerdict,
    /// The code of the reason (chapter 21.2): 1 of an accepted message, 2 where the receiver is not found, and so on.
    pub code: i64,
    /// The reason in the operator's words, on one line and at most 500 characters; perhaps nothing.
    pub reason: String,
    /// What else it says, at most 20: of version 2.0.
    pub errors: Vec<ReportedError>,
}

/// Whether a message was accepted. What the reason says counts; further errors only explain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinvoiceVerdict {
    /// The operator has it and goes on with it. Whether the buyer gets it is not said.
    Accepted,
    /// The operator does nothing with it.
    Rejected,
}

/// A further error of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedError {
    /// Its code, mostly digits.
    pub code: String,
    /// It in words.
    pub text: String,
    /// Where in the message it is.
    pub location: Option<String>,
}

/// The acknowledgements in `bytes`, at least one, in their order; where one of them can't be understood, why.
///
/// # Errors
/// [`AcknowledgementFault`], when there is none, or `bytes` as a whole can't be read.
pub fn finvoice_acknowledgements(
    bytes: &[u8],
) -> Result<Vec<Result<FinvoiceAcknowledgement, AcknowledgementFault>>, AcknowledgementFault> {
    if bytes.len() > MOST_BYTES {
        return Err(AcknowledgementFault::TooLarge { most: MOST_BYTES });
    }
    let roots = tree::read(&text::decode(bytes)?)?;
    let found: Vec<_> = roots.iter().filter(|root| root.name == "Finvoiceack").map(read).collect();
    if found.is_empty() { Err(AcknowledgementFault::None) } else { Ok(found) }
}

fn read(root: &Element) -> Result<FinvoiceAcknowledgement, AcknowledgementFault> {
    let need = |path: &'static str| {
        let found = path.split('/').try_fold(root, |element, name| element.child(name));
        let text = found.map(|element| cleaned(&element.text, usize::MAX)).filter(|text| !is_blank(text));
        text.ok_or(AcknowledgementFault::Missing { path })
    };
    let message_id = need("Acknowledgement/MessageData/MessageId")?;
    if message_id.chars().count() > LONGEST_ID {
        return Err(AcknowledgementFault::LongIdentifier { most: LONGEST_ID });
    }
    let code = need("Acknowledgement/Reason/Code")?;
    let code: i64 = code.parse().map_err(|_| AcknowledgementFault::Code { code: cleaned(&code, 20) })?;
    let reason = root.child("Acknowledgement").and_then(|element| element.child("Reason"));
    let errors = root.children.iter().filter(|child| child.name == "Error").take(MOST_ERRORS);
    Ok(FinvoiceAcknowledgement {
        message_id,
        verdict: if code == ACCEPTED { FinvoiceVerdict::Accepted } else { FinvoiceVerdict::Rejected },
        code,
        reason: reason.map(texts).unwrap_or_default(),
        errors: errors.map(error).collect(),
    })
}

fn error(element: &Element) -> ReportedError {
    let member = |name| element.child(name).map(|child| cleaned(&child.text, LONGEST_TEXT));
    ReportedError {
        code: member("Code").unwrap_or_default(),
        text: texts(element),
        location: member("Location").filter(|location| !location.is_empty()),
    }
}

/// The texts of `element`, of which there may be two.
fn texts(element: &Element) -> String {
    let texts = element.children.iter().filter(|child| child.name == "Text").map(|child| child.text.as_str());
    cleaned(&texts.collect::<Vec<_>>().join(" "), LONGEST_TEXT)
}

/// `text` on one line, without control characters and what turns the direction of text, and cut after `most`
/// characters.
fn cleaned(text: &str, most: usize) -> String {
    let harmful = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text.chars().map(|c| if harmful(c) { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
