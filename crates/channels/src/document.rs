//! Documents as files, for who prints them or carries them as e-invoices, whatever the channel.

use domain::Timestamp;
use futures_util::future::BoxFuture;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{Accepted, Attachment, Fault};

/// A way to hand documents over as files.
pub trait DocumentChannel: Send + Sync + 'static {
    /// Its name in the configuration.
    fn name(&self) -> &str;

    /// Hands one document over, and waits until the other side has it. [`Accepted`] holds the other side's identifier, or ours where it
    /// gives none.
    ///
    /// # Errors
    /// [`Fault`], which says whether to try again.
    fn send<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Accepted, Fault>>;

    /// Tries the way without handing a document over, and tells in one line what was found.
    ///
    /// # Errors
    /// [`Fault`], when it does not work.
    fn test(&self) -> BoxFuture<'_, Result<String, Fault>>;
}

/// A document to hand over.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Ours, the same at each try, so that the other side can drop a repeat.
    pub id: Uuid,
    /// Its files, the document itself first: one at least.
    pub files: Vec<Attachment>,
    /// What the other side must know of it.
    pub about: About,
}

impl std::fmt::Debug for Document {
    /// Without what it says and whom it is for.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").field("id", &self.id).field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// What the other side must know of a document, beside its files. It has to be the same at each try.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number.
    pub invoice_number: String,
    /// Who has sent it.
    pub seller: String,
    /// Who gets it.
    pub recipient: Addressee,
    /// When it was made.
    pub made_at: Timestamp,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DocumentKind {
    /// An invoice.
    Invoice,
    /// A credit note.
    CreditNote,
}

/// Who gets a document.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Addressee {
    /// The name.
    pub name: String,
    /// Where it is posted to; absent where it goes another way.
    pub address: Option<PostalAddress>,
}

/// Where a document is posted to.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    /// The street or box, in one line or more.
    pub lines: Vec<String>,
    /// The postal code.
    pub postal_code: String,
    /// The town.
    pub town: String,
    /// The country: ISO 3166-1 alpha-2.
    pub country: String,
    /// Its name, where the sender gave one.
    pub country_name: Option<String>,
}

/// What is written beside the files of a document, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest<'a> {
    pub(crate) id: Uuid,
    #[serde(flatten)]
    pub(crate) about: &'a About,
    pub(crate) files: Vec<ManifestFile<'a>>,
}

/// A file, as the manifest tells of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManifestFile<'a> {
    /// What it is called beside the manifest.
    name: String,
    /// What it is called by who made it.
    title: &'a str,
    content_type: &'a str,
    size: usize,
    /// In lower-case hexadecimal.
    sha256: String,
}

impl<'a> ManifestFile<'a> {
    /// Tells of `file`, which is called `name` there.
    pub(crate) fn new(name: String, file: &'a Attachment) -> Self {
        let hash = Sha256::digest(&file.bytes);
        Self {
            name,
            title: &file.name,
            content_type: &file.content_type,
            size: file.bytes.len(),
            sha256: hash.iter().map(|octet| format!("{octet:02x}")).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_json_that_a_printer_can_read() {
        let file = Attachment {
            name: "invoice-1001.pdf".into(),
            content_type: "application/pdf".into(),
            bytes: b"abc".into(),
        };
        let address = PostalAddress {
            lines: vec!["Mannerheimintie 1 A".to_owned(), "PL 7".to_owned()],
            postal_code: "00100".to_owned(),
            town: "Helsinki".to_owned(),
            country: "FI".to_owned(),
            country_name: None,
        };
        let about = About {
            kind: DocumentKind::CreditNote,
            invoice_number: "1001".to_owned(),
            seller: "Tally Oy".to_owned(),
            recipient: Addressee { name: "Maija \"M\" Äänekoski".to_owned(), address: Some(address) },
            made_at: Timestamp::parse_rfc3339("2026-11-21T12:00:00Z").unwrap(),
        };
        let files = vec![ManifestFile::new("a-1.pdf".to_owned(), &file)];
        let manifest = Manifest { id: Uuid::from_u128(7), about: &about, files };
        // The hash is that of FIPS 180-2, appendix B.1.
        let expected = serde_json::json!({
            "id": "00000000-0000-0000-0000-000000000007",
            "kind": "creditNote",
            "invoiceNumber": "1001",
            "seller": "Tally Oy",
            "recipient": {
                "name": "Maija \"M\" Äänekoski",
                "address": {
                    "lines": ["Mannerheimintie 1 A", "PL 7"], "postalCode": "00100", "town": "Helsinki", "country": "FI", "countryName": null,
                },
            },
            "madeAt": "2026-11-21T12:00:00.000Z",
            "files": [{
                "name": "a-1.pdf", "title": "invoice-1001.pdf", "contentType": "application/pdf", "size": 3,
                "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            }],
        });
        assert_eq!(serde_json::to_value(&manifest).unwrap(), expected);
    }
}
