//! Why there is no document.

/// A document could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The PDF could not be written. The input can't be the cause: it is a fault of ours.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
}
