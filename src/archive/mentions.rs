//! `@ann.sample` in a text: whom it names, and the link it becomes.
//!
//! A mention is what somebody typed, kept as typed, and resolved when it is shown. Handles never change
//! hands, so an old text goes on naming the same person. Unknown handles stay text, code is left alone.

use std::collections::HashMap;

use comrak::Arena;
use comrak::nodes::{AstNode, NodeLink, NodeValue};

use super::markdown;
use crate::accounts::{self, handle};
use crate::db::Conn;

/// Most people that one text can tell.
pub const MOST: usize = 10;
/// Most handles that are looked up for one page.
const LOOKED_UP: usize = 200;

/// Whom the handles on a page name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(HashMap<String, i64>);

impl Known {
    /// Looks up every handle in these texts, in one question; in none where nobody typed an `@`.
    ///
    /// # Errors
    /// What the database says.
    pub fn of<'a>(c: &mut Conn, texts: impl IntoIterator<Item = &'a str>) -> diesel::QueryResult<Known> {
        let mut handles: Vec<String> = texts
            .into_iter()
            .filter(|text| text.contains('@'))
            .flat_map(handle::in_text)
            .map(|(_, handle)| handle)
            .collect();
        handles.sort_unstable();
        handles.dedup();
        handles.truncate(LOOKED_UP);
        let found = accounts::store::by_handles(c, &handles)?;
        Ok(Known(found.into_iter().map(|person| (person.handle, person.id)).collect()))
    }

    /// The parts of a plain text, in order: what stands there, and whom it mentions.
    pub fn parts<'a>(&self, text: &'a str) -> Vec<(&'a str, Option<i64>)> {
        let mut parts = Vec::new();
        let mut from = 0;
        for (range, handle) in handle::in_text(text) {
            let Some(id) = self.0.get(&handle) else { continue };
            if range.start > from {
                parts.push((&text[from..range.start], None));
            }
            parts.push((&text[range.clone()], Some(*id)));
            from = range.end;
        }
        if from < text.len() {
            parts.push((&text[from..], None));
        }
        parts
    }
}

/// Makes links of the mentions in a tree: in text only, never in code or inside another link.
pub(super) fn link<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, known: &Known) {
    if known.0.is_empty() {
        return;
    }
    for node in texts_of(root) {
        let NodeValue::Text(text) = node.data().value.clone() else { continue };
        let parts = known.parts(&text);
        if parts.iter().all(|(_, id)| id.is_none()) {
            continue;
        }
        for (part, id) in parts {
            let words = arena.alloc(NodeValue::Text(part.to_owned().into()).into());
            match id {
                None => node.insert_before(words),
                Some(id) => {
                    let to = NodeLink { url: format!("/people/{id}"), title: String::new() };
                    let link = arena.alloc(NodeValue::Link(Box::new(to)).into());
                    link.append(words);
                    node.insert_before(link);
                }
            }
        }
        node.detach();
    }
}

/// The texts of a tree that are neither code nor part of a link, in order, without recursion.
fn texts_of<'a>(root: &'a AstNode<'a>) -> Vec<&'a AstNode<'a>> {
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        match &node.data().value {
            NodeValue::Text(_) => found.push(node),
            NodeValue::Link(_) | NodeValue::Image(_) => {}
            _ => waiting.extend(node.reverse_children()),
        }
    }
    found
}

/// The handles that a Markdown text mentions, each once, in order, at most [`MOST`].
pub fn in_markdown(text: &str) -> Vec<String> {
    if !text.contains('@') {
        return Vec::new();
    }
    let mut handles = Vec::new();
    markdown::with_tree(text, |root| {
        for node in texts_of(root) {
            if let NodeValue::Text(text) = &node.data().value {
                handles.extend(handle::in_text(text).into_iter().map(|(_, handle)| handle));
            }
        }
    });
    few(handles)
}

/// The handles that a plain text mentions, each once, in order, at most [`MOST`].
pub fn in_plain(text: &str) -> Vec<String> {
    few(handle::in_text(text).into_iter().map(|(_, handle)| handle).collect())
}

fn few(handles: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for handle in handles {
        if !once.contains(&handle) {
            once.push(handle);
        }
    }
    once.truncate(MOST);
    once
}
