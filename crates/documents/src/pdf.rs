//! From sheets to the bytes of a PDF.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use domain::Timestamp;
use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use time::OffsetDateTime;

use crate::error::DocumentError;
use crate::lines::{Ink, POINT, Style};
use crate::sheet::{HEIGHT, Layer, Mark, PartId, Role, Shape, Sheets, WIDTH};

/// What a file tells of itself.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) author: String,
    /// Its language tag.
    pub(crate) language: &'static str,
    pub(crate) made_at: Timestamp,
}

/// The rules that the file follows: none of them asks for another version of PDF than the other.
static RULES: LazyLock<Configuration> = LazyLock::new(|| {
    ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .unwrap_or_default()
});

/// The grey of [`Ink::Grey`]: 7:1 on white.
const GREY: u8 = 85;

/// Writes the file.
pub(crate) fn write(sheets: &Sheets, about: About) -> Result<Vec<u8>, DocumentError> {
    let settings = SerializeSettings { configuration: *RULES, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let mut contents = vec![Vec::new(); sheets.parts.len()];
    for sheet in &sheets.sheets {
        let size = PageSettings::from_wh(WIDTH / POINT, HEIGHT / POINT).unwrap_or_default();
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        // What follows on each other in one part is tagged once.
        for marks in sheet.chunk_by(|one, other| one.layer == other.layer) {
            draw_tagged(&mut surface, marks, &mut contents);
        }
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(about.title.clone(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);
    document.set_tag_tree(tag_tree(sheets, &contents, about.language));
    document.set_metadata(
        Metadata::new()
            .title(about.title)
            .authors(vec![about.author])
            .language(about.language.to_owned())
            .creator("Tallystick".to_owned())
            .creation_date(date_time(about.made_at)),
    );
    document.finish().map_err(|error| DocumentError::Pdf(error.to_string()))
}

fn date_time(at: Timestamp) -> DateTime {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(at.month().into())
        .day(at.day())
        .hour(at.hour())
        .minute(at.minute())
        .second(at.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn draw_tagged(surface: &mut Surface<'_>, marks: &[Mark], contents: &mut [Vec<Identifier>]) {
    let Some(first) = marks.first() else { return };
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    let (tag, part) = match first.layer {
        Layer::Part(part) => (ContentTag::Span(SpanTag::empty()), Some(part)),
        Layer::Decoration => (artifact(ArtifactType::Layout), None),
        Layer::Header => (artifact(ArtifactType::Header), None),
        Layer::Footer => (artifact(ArtifactType::Footer), None),
    };
    let identifier = surface.start_tagged(tag);
    for mark in marks {
        draw(surface, &mark.shape);
    }
    surface.end_tagged();
    if let Some(PartId(place)) = part {
        contents[place].push(identifier);
    }
}

fn fill(surface: &mut Surface<'_>, ink: u8) {
    surface.set_fill(Some(Fill { paint: luma::Color::new(ink).into(), ..Fill::default() }));
}

fn draw(surface: &mut Surface<'_>, shape: &Shape) {
    match shape {
        Shape::Text { x, y, style, text } => draw_text(surface, *x, *y, *style, text),
        Shape::Area { x, y, width, height, ink } => {
            fill(surface, *ink);
            draw_areas(surface, std::iter::once((*x, *y, *width, *height)));
        }
        Shape::Bars { x, y, module, height, symbol } => {
            fill(surface, 0);
            draw_areas(
                surface,
                symbol
                    .bars
                    .iter()
                    .map(|bar| (x + f32::from(bar.at) * module, *y, f32::from(bar.width) * module, *height)),
            );
        }
    }
}

fn draw_areas(surface: &mut Surface<'_>, areas: impl Iterator<Item = (f32, f32, f32, f32)>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in areas {
        if let Some(area) = Rect::from_xywh(x / POINT, y / POINT, width / POINT, height / POINT) {
            path.push_rect(area);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn draw_text(surface: &mut Surface<'_>, x: f32, y: f32, style: Style, text: &str) {
    let face = style.weight.face();
    let glyphs: Vec<KrillaGlyph> = text
        .char_indices()
        .map(|(place, character)| {
            let glyph = face.glyph(character);
            let range = place..place + character.len_utf8();
            KrillaGlyph::new(GlyphId::new(u32::from(glyph.id)), glyph.advance, 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    fill(surface, if style.ink == Ink::Grey { GREY } else { 0 });
    surface.draw_glyphs(Point::from_xy(x / POINT, y / POINT), &glyphs, face.font.clone(), text, style.size, false);
}

/// The parts as a tree, with what was drawn of each.
fn tag_tree(sheets: &Sheets, contents: &[Vec<Identifier>], language: &str) -> TagTree {
    let mut roots = Vec::new();
    let mut children = vec![Vec::new(); sheets.parts.len()];
    for (place, part) in sheets.parts.iter().enumerate() {
        match part.parent {
            Some(PartId(parent)) => children[parent].push(place),
            None => roots.push(place),
        }
    }
    let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
    for root in roots {
        tree.push(tag_group(root, sheets, &children, contents));
    }
    tree
}

fn tag_group(place: usize, sheets: &Sheets, children: &[Vec<usize>], contents: &[Vec<Identifier>]) -> TagGroup {
    let own = contents[place].iter().copied().map(Node::Leaf);
    let parts = children[place].iter().map(|child| Node::Group(tag_group(*child, sheets, children, contents)));
    TagGroup::with_children(tag(&sheets.parts[place].role), own.chain(parts).collect())
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Title(title) => Tag::Hn(NonZeroU16::MIN, Some(title.clone())).into(),
        Role::Section => Tag::Section.into(),
        Role::Paragraph => Tag::P.into(),
        Role::Table => Tag::Table.into(),
        Role::TableHead => Tag::THead.into(),
        Role::TableBody => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(what) => Tag::Figure(Some(what.clone())).into(),
    }
}
