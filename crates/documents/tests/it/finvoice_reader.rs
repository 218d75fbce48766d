//! A Finvoice message as another library reads it. The character set is read by a table of its own, too.

use roxmltree::{Document, Node};

/// A message in its two parts.
pub(crate) struct Message {
    pub(crate) frame_text: String,
    pub(crate) document_text: String,
}

impl Message {
    /// Takes it apart: the document begins with the only XML declaration.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text: String = bytes.iter().map(|byte| character(*byte)).collect();
        let place = text.find("<?xml ").unwrap();
        assert!(text.starts_with("<SOAP-ENV:Envelope "), "{text}");
        Self { frame_text: text[..place].to_owned(), document_text: text[place..].to_owned() }
    }

    pub(crate) fn frame(&self) -> Parsed<'_> {
        Parsed(Document::parse(&self.frame_text).unwrap())
    }

    pub(crate) fn document(&self) -> Parsed<'_> {
        Parsed(Document::parse(&self.document_text).unwrap_or_else(|error| panic!("{error}: {}", self.document_text)))
    }
}

/// ISO/IEC 8859-15:1999.
fn character(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        other => char::from(other),
    }
}

/// A part that is well-formed.
pub(crate) struct Parsed<'a>(Document<'a>);

impl<'a> Parsed<'a> {
    pub(crate) fn root(&self) -> Element<'_, 'a> {
        Element(self.0.root_element())
    }
}

/// An element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'n, 'a>(Node<'n, 'a>);

impl<'n, 'a> Element<'n, 'a> {
    /// The elements at `path`, whose names are without prefixes.
    pub(crate) fn nodes(self, path: &str) -> Vec<Self> {
        path.split('/').fold(vec![self], |found, name| {
            let children = found.iter().flat_map(|element| element.0.children());
            children.filter(|child| child.tag_name().name() == name).map(Self).collect()
        })
    }

    /// Their texts.
    pub(crate) fn all(self, path: &str) -> Vec<String> {
        self.nodes(path).into_iter().map(|element| element.0.text().unwrap_or_default().to_owned()).collect()
    }

    /// The text of the one at `path`, if there is one; never more.
    pub(crate) fn one(self, path: &str) -> Option<String> {
        let mut all = self.all(path);
        assert!(all.len() <= 1, "{path}: {all:?}");
        all.pop()
    }

    /// The attribute of the first element at `path`.
    pub(crate) fn attribute(self, path: &str, name: &str) -> Option<&'n str> {
        let node = self.nodes(path).first()?.0;
        node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
    }
}

/// The number `text`, which has a decimal comma and at most `scale` decimals, in 10^`scale`ths.
pub(crate) fn number(text: &str, scale: usize) -> i64 {
    let (whole, decimals) = text.split_once(',').unwrap_or((text, ""));
    assert!(!text.contains('.') && decimals.len() <= scale, "{text}");
    format!("{whole}{decimals:0<scale$}").parse().unwrap()
}
