//! Markdown to HTML that is safe to show, and to plain text.
//!
//! Two walls: comrak in safe mode, which knows no raw HTML, then ammonia with a short list of what may
//! stand there at all. Between them the tree is made small: what nests deeper than anybody writes is
//! flattened and a table that unfolds into a hundred thousand cells is text, because both turned 64 KiB
//! into seconds of work.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use comrak::nodes::{AstNode, NodeHeading, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::mentions::{self, Known};

/// Deepest nesting of blocks and spans that is kept.
pub const DEEPEST: usize = 20;
/// Largest table that is drawn, in cells.
const CELLS: usize = 5_000;

/// HTML that went through the walls of this module; templates show it without escaping. There is no
/// other way to make one than [`render`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SanitizedHtml(String);

impl SanitizedHtml {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SanitizedHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SanitizedHtml {}

/// What may stand in rendered text. No pictures: they become links.
const TAGS: [&str; 22] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

static WALL: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut wall = ammonia::Builder::empty();
    wall.add_tags(TAGS)
        // "Empty" means no tags only: a title on everything and an align on cells were still let through.
        .tag_attributes([("a", ["href"].into()), ("ol", ["start"].into())].into())
        .generic_attributes(HashSet::new())
        .url_schemes(["http", "https", "mailto"].into())
        // Within this site only to a colleague, which is what a mention becomes.
        .url_relative(ammonia::UrlRelative::Custom(Box::new(to_a_colleague)))
        .link_rel(Some("nofollow noopener noreferrer"))
        .strip_comments(true);
    wall
});

fn to_a_colleague(url: &str) -> Option<Cow<'_, str>> {
    let id = url.strip_prefix("/people/")?;
    (!id.is_empty() && id.len() < 19 && id.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(Cow::Borrowed(url))
}

fn options(text: &str) -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.table = largest_table(text) <= CELLS;
    // A new line is a new line: people type into a field, they do not set text.
    options.render.hardbreaks = true;
    // Raw HTML is shown as it was typed: "<5 days" is something people write.
    options.render.escape = true;
    options
}

/// The most cells a table of this text could unfold into: a row is filled up to the width of the head.
fn largest_table(text: &str) -> usize {
    let mut widest = 0;
    let mut rows = 0;
    for line in text.lines() {
        widest = widest.max(line.bytes().filter(|byte| *byte == b'|').count() + 1);
        rows += 1;
    }
    // Without a bar a table has one column and nothing to fill up.
    if widest < 2 { 0 } else { widest * rows }
}

/// Renders Markdown as HTML that holds only paragraphs, headings (h2 to h4), lists, quotes, code,
/// emphasis, tables and links to http, https and mailto.
pub fn render(text: &str) -> SanitizedHtml {
    render_with(text, &Known::default())
}

/// As [`render`], with the mentions of people who are known as links to them.
pub fn render_with(text: &str, known: &Known) -> SanitizedHtml {
    if text.trim().is_empty() {
        return SanitizedHtml::default();
    }
    if let Some(html) = plain_paragraphs(text) {
        return SanitizedHtml(html);
    }
    through_the_walls(text, known)
}

fn through_the_walls(text: &str, known: &Known) -> SanitizedHtml {
    let options = options(text);
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    tame(&arena, root);
    mentions::link(&arena, root, known);
    let mut html = String::with_capacity(text.len() * 2);
    if comrak::format_html(root, &options, &mut html).is_err() {
        // Writing into a String does not fail; if it did, escaped text is still true.
        return SanitizedHtml(ammonia::clean_text(text));
    }
    SanitizedHtml(WALL.clean(&html).to_string())
}

/// The HTML of a text of plain sentences, which is what most people type: paragraphs of letters, digits and
/// marks that mean nothing in Markdown or HTML. `None` for any other text. The walls say the same of it, and
/// take a twentieth of an insight's page to do so.
fn plain_paragraphs(text: &str) -> Option<String> {
    let mut html = String::with_capacity(text.len() + 16);
    for paragraph in text.split("\n\n") {
        let mut last = '\n';
        for c in paragraph.chars() {
            let plain = match c {
                // Nothing a list, a heading or code begins with.
                _ if last == '\n' => c.is_alphabetic() || matches!(c, '"' | '“' | '('),
                ' ' => last != ' ',
                '-' => last.is_alphanumeric(),
                '.' | ',' | ';' | '?' | '(' | ')' | '%' | '\'' | '"' | '’' | '“' | '”' | '…' | '€' => {
                    true
                }
                _ => c.is_alphanumeric(),
            };
            if !plain {
                return None;
            }
            last = c;
        }
        // An empty paragraph was more than one blank line.
        if last == '\n' || last == ' ' {
            return None;
        }
        html.push_str("<p>");
        html.push_str(paragraph);
        html.push_str("</p>\n");
    }
    // "www.example.com" becomes a link.
    (!text.contains("www.")).then_some(html)
}

/// Makes the tree one that [`WALL`] keeps and a page can hold: shallow, headings under the page's own,
/// pictures as links.
fn tame<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>) {
    let mut waiting: Vec<(&'a AstNode<'a>, usize, bool)> =
        root.children().map(|child| (child, 1, false)).collect();
    while let Some((node, depth, in_link)) = waiting.pop() {
        let mut inside_link = in_link;
        let mut flatten = depth >= DEEPEST && node.first_child().is_some();
        {
            let mut ast = node.data_mut();
            match &mut ast.value {
                NodeValue::Heading(NodeHeading { level, .. }) => *level = (*level).clamp(2, 4),
                NodeValue::Link(_) => inside_link = true,
                NodeValue::Image(link) if !in_link => {
                    let link = link.clone();
                    ast.value = NodeValue::Link(link);
                    inside_link = true;
                }
                NodeValue::Image(_) => flatten = true,
                // A list holds nothing but items and a table nothing but rows: what is in them goes.
                NodeValue::Item(_) | NodeValue::TableRow(_) => flatten = false,
                _ => {}
            }
        }
        if flatten {
            flatten_to_text(arena, node);
        } else {
            waiting.extend(node.children().map(|child| (child, depth + 1, inside_link)));
        }
    }
}

/// Replaces what is inside a node by its text.
fn flatten_to_text<'a>(arena: &'a Arena<'a>, node: &'a AstNode<'a>) {
    let mut text = String::new();
    gather(node, &mut text);
    let children: Vec<_> = node.children().collect();
    for child in children {
        child.detach();
    }
    let is_picture = matches!(node.data().value, NodeValue::Image(_));
    if is_picture {
        node.data_mut().value = NodeValue::Text(text.trim().to_owned().into());
        return;
    }
    let text = arena.alloc(NodeValue::Text(text.trim().to_owned().into()).into());
    if node.data().value.contains_inlines() || !node.data().value.block() {
        node.append(text);
        return;
    }
    // Whatever block it was, as a paragraph it may stand where it stood and hold the text.
    node.data_mut().value = NodeValue::Paragraph;
    node.append(text);
}

/// Looks at the tree of a text as it is rendered.
pub(super) fn with_tree(text: &str, look: impl for<'a> FnOnce(&'a AstNode<'a>)) {
    let options = options(text);
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    tame(&arena, root);
    look(root);
}

/// The text without its marks: for the search index, excerpts and titles. Blocks are lines of their own.
pub fn plain(text: &str) -> String {
    let options = options(text);
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut plain = String::with_capacity(text.len());
    gather(root, &mut plain);
    plain.trim().to_owned()
}

/// Adds the text under a node, in order, without recursion: a hostile tree is as deep as it is long.
fn gather<'a>(node: &'a AstNode<'a>, into: &mut String) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        let ast = node.data();
        match &ast.value {
            NodeValue::Text(text) => into.push_str(text),
            NodeValue::Code(code) => into.push_str(&code.literal),
            NodeValue::HtmlInline(html) => into.push_str(html),
            NodeValue::SoftBreak | NodeValue::LineBreak => into.push('\n'),
            NodeValue::CodeBlock(code) => {
                end_line(into);
                into.push_str(&code.literal);
            }
            NodeValue::HtmlBlock(html) => {
                end_line(into);
                into.push_str(&html.literal);
            }
            NodeValue::TableCell if into.is_empty() || into.ends_with(['\n', ' ']) => {}
            NodeValue::TableCell => into.push(' '),
            value if value.block() => end_line(into),
            _ => {}
        }
        waiting.extend(node.reverse_children());
    }
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
