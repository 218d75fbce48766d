//! The report of a delivery as machines read it (RFC 3464).

use super::mime::Mail;
use super::{Bounce, NotABounce, Outcome, id};
use crate::fault::one_line;
use crate::smtp::is_enhanced;

/// The fields of one block, with names in lower case.
type Block = Vec<(String, String)>;

/// What became of one recipient.
struct Told {
    outcome: Outcome,
    status: Option<String>,
    diagnostic: Option<String>,
}

/// Reads `status`, the part of the kind message/delivery-status of `mail`.
pub(super) fn read(mail: &Mail<'_>, status: &str) -> Result<Bounce, NotABounce> {
    let blocks = blocks(status);
    let envelope = blocks.iter().find_map(|block| value(block, "original-envelope-id"));
    let id = id::of(mail, envelope).ok_or(NotABounce::NotOurs)?;
    // Each mail has one recipient. Where that stands for several, one that it does not reach is worth telling.
    let told = blocks.iter().filter_map(told).min_by_key(|told| told.outcome as u8).ok_or(NotABounce::Unclear)?;
    Ok(Bounce { id, outcome: told.outcome, status: told.status, diagnostic: told.diagnostic })
}

fn told(block: &Block) -> Option<Told> {
    let status = value(block, "status").and_then(|status| status.split_whitespace().next());
    let status = status.filter(|status| is_enhanced(status));
    let action = value(block, "action").and_then(|action| action.split_whitespace().next());
    let outcome = match action.map(str::to_ascii_lowercase).as_deref() {
        Some("failed") => Outcome::Failed,
        Some("delayed") => Outcome::Delayed,
        Some("delivered") => Outcome::Delivered,
        Some("relayed" | "expanded") => Outcome::Relayed,
        // Every report must have one; some do without.
        _ => match status?.as_bytes().first()? {
            b'5' => Outcome::Failed,
            b'4' => Outcome::Delayed,
            b'2' => Outcome::Delivered,
            _ => return None,
        },
    };
    // `smtp; 550 5.1.1 no such user`
    let diagnostic = value(block, "diagnostic-code").map(|text| text.split_once(';').map_or(text, |(_, text)| text));
    let diagnostic = diagnostic.map(one_line).filter(|text| !text.is_empty());
    let status = finer(status, diagnostic.as_deref());
    Some(Told { outcome, status, diagnostic })
}

/// `5.0.0` says nothing: then the code that the words hold is taken.
fn finer(status: Option<&str>, words: Option<&str>) -> Option<String> {
    let own = || {
        words?.split(|character: char| !(character.is_ascii_digit() || character == '.')).find(|word| is_status(word))
    };
    match status {
        Some(status) if !status.ends_with(".0.0") => Some(status),
        Some(status) => own().filter(|own| own.as_bytes().first() == status.as_bytes().first()).or(Some(status)),
        None => own(),
    }
    .map(str::to_owned)
}

/// Whether `word` is an enhanced status code, and not an address or a version.
pub(super) fn is_status(word: &str) -> bool {
    is_enhanced(word) && word.len() <= 7 && matches!(word.as_bytes(), [b'2' | b'4' | b'5', b'.', b'0'..=b'7', b'.', ..])
}

fn value<'a>(block: &'a Block, name: &str) -> Option<&'a str> {
    block.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// The first is of the mail, the others are one for each recipient; some servers leave out the first.
fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut block) = (Vec::new(), Block::new());
    for line in text.lines() {
        if line.trim().is_empty() {
            blocks.push(std::mem::take(&mut block));
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    blocks.push(block);
    blocks
}
