//! Why an acknowledgement can't be read.

/// What was received is no acknowledgement that can be read. Nothing of what was received is told but its code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgementFault {
    /// It is too large to be one.
    #[error("an acknowledgement has {most} bytes at most")]
    TooLarge {
        /// The most bytes.
        most: usize,
    },
    /// It is in a character set that is not known here.
    #[error("the acknowledgement is in none of UTF-8, ISO-8859-15, ISO-8859-1 and US-ASCII")]
    Encoding,
    /// It is no XML, or has elements without end.
    #[error("the acknowledgement is no XML: byte {position} of it can't be read")]
    Xml {
        /// Where in it, in UTF-8.
        position: u64,
    },
    /// It declares something, as entities.
    #[error("the acknowledgement has a document type with declarations, which are not read")]
    Declarations,
    /// It refers to an entity that XML does not have itself.
    #[error("the acknowledgement refers to an entity, which are not read")]
    Entity,
    /// Its elements are nested too deep.
    #[error("the elements of an acknowledgement are nested {most} deep at most")]
    TooDeep {
        /// The deepest.
        most: usize,
    },
    /// It has more elements than any number of acknowledgements that fits.
    #[error("an acknowledgement has {most} elements at most")]
    TooMany {
        /// The most elements.
        most: usize,
    },
    /// It is XML, but there is no `Finvoiceack` in it.
    #[error("there is no Finvoiceack in it")]
    None,
    /// It lacks what it is for.
    #[error("the acknowledgement has no {path}")]
    Missing {
        /// The path of the element.
        path: &'static str,
    },
    /// The identifier of the message is none.
    #[error("the identifier of a message has {most} characters at most")]
    LongIdentifier {
        /// The most characters.
        most: usize,
    },
    /// The code of the reason is no number.
    #[error("the code of the acknowledgement is no number: {code}")]
    Code {
        /// Its beginning.
        code: String,
    },
}
