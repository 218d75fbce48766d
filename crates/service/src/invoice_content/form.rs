//! The forms in which an invoice is kept, before it is sealed.
//!
//! Written is MessagePack, in which a structure is the list of its members: their names, which would come again in every row, and the time to
//! write and pack them, are saved. So a member is known by its place. A new one stands behind the others of its structure and has a
//! `#[serde(default)]`, and none is taken out; what was kept before is read as well then.
//!
//! What was kept in an older form stays in it until it is sealed anew, and is read by its first byte: JSON packed by LZ4, and JSON.

use domain::invoice::NewInvoice;
use zeroize::Zeroizing;

/// How MessagePack begins here: as no JSON does.
const MESSAGE_PACK: u8 = 2;

/// How packed JSON begins.
const PACKED_JSON: u8 = 1;

/// The bytes of the length before packed JSON, the least first.
const LENGTH_BYTES: usize = size_of::<u32>();

/// What a usual invoice takes without its rows, and what one of those does: so much room is made at once.
const ROOM: (usize, usize) = (640, 88);

/// The invoice, without its files, as it is kept.
///
/// # Errors
/// When a member can't be written: none of today's.
pub(super) fn write(invoice: &NewInvoice) -> Result<Zeroizing<Vec<u8>>, rmp_serde::encode::Error> {
    let mut content = Zeroizing::new(Vec::with_capacity(ROOM.0 + ROOM.1 * invoice.rows.len()));
    content.push(MESSAGE_PACK);
    rmp_serde::encode::write(&mut *content, invoice)?;
    Ok(content)
}

/// The invoice that was kept.
///
/// # Errors
/// What is wrong, without what stands there: errors are logged.
pub(super) fn read(content: &[u8]) -> Result<NewInvoice, &'static str> {
    match content.split_first() {
        Some((&MESSAGE_PACK, members)) => {
            rmp_serde::from_slice(members).map_err(|_| "it is no invoice in MessagePack that this program knows")
        }
        Some((&PACKED_JSON, packed)) => read_json(&unpack(packed)?),
        _ => read_json(content),
    }
}

fn read_json(json: &[u8]) -> Result<NewInvoice, &'static str> {
    serde_json::from_slice(json).map_err(|_| "it is no invoice in JSON that this program knows")
}

fn unpack(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let (length, packed) = content.split_first_chunk::<LENGTH_BYTES>().ok_or("its length is cut short")?;
    // As long as we said when we sealed it.
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| "it is too long for this machine")?;
    lz4_flex::block::decompress(packed, length).map(Zeroizing::new).map_err(|_| "it does not unpack")
}

#[cfg(test)]
mod tests;
