//! The elements of a bounded XML text. Prefixes are dropped: operators differ in them, and no two elements that are read
//! differ in nothing else.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::AcknowledgementFault;

/// How deep elements may be nested: those of an acknowledgement and of its frame are five deep.
const DEEPEST: usize = 20;
/// The most elements: an acknowledgement and its frame have some fifty.
const MOST_ELEMENTS: usize = 20_000;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its name without the prefix.
    pub(super) name: String,
    /// The text between its tags that is not in an element of its own.
    pub(super) text: String,
    /// Its elements.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first of its elements of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The outermost elements of `xml`: the frame and the document behind it, or more of them.
pub(super) fn read(xml: &str) -> Result<Vec<Element>, AcknowledgementFault> {
    let mut reader = Reader::from_str(xml);
    // All that is open, from a root of roots on.
    let mut open = vec![Element::default()];
    let mut count = 0;
    loop {
        let event = reader.read_event();
        if matches!(event, Ok(Event::Start(_) | Event::Empty(_))) {
            count += 1;
            if count > MOST_ELEMENTS {
                return Err(AcknowledgementFault::TooMany { most: MOST_ELEMENTS });
            }
        }
        let at = || AcknowledgementFault::Xml { position: reader.buffer_position() };
        match event.map_err(|_| at())? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(AcknowledgementFault::TooDeep { most: DEEPEST });
                }
                open.push(element(&start).ok_or_else(at)?);
            }
            Event::Empty(start) => {
                let element = element(&start).ok_or_else(at)?;
                open.last_mut().ok_or_else(at)?.children.push(element);
            }
            Event::End(_) => {
                let element = open.pop().ok_or_else(at)?;
                open.last_mut().ok_or_else(at)?.children.push(element);
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|_| at())?;
                if open.len() == 1 && !text.trim().is_empty() {
                    return Err(at());
                }
                push(&mut open, &text);
            }
            Event::CData(text) => push(&mut open, &text.decode().map_err(|_| at())?),
            Event::GeneralRef(reference) => {
                let character = character(&reference).ok_or(AcknowledgementFault::Entity)?;
                push(&mut open, &character);
            }
            Event::DocType(doctype) if doctype.contains(&b'[') => return Err(AcknowledgementFault::Declarations),
            Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => {
                return match open.pop() {
                    Some(roots) if open.is_empty() => Ok(roots.children),
                    _ => Err(at()),
                };
            }
        }
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = str::from_utf8(start.local_name().into_inner()).ok()?.to_owned();
    Some(Element { name, ..Element::default() })
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The character that a reference stands for: one of the five of XML, or one by its number.
fn character(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_predefined_entity(&reference.decode().ok()?).map(str::to_owned),
        Err(_) => None,
    }
}
