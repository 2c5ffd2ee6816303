//! An insight in a list, as one person sees it: `archive/_lot.html` draws it. Feed, archive and the pages
//! of customers, segments and topics show the same lots.

use crate::archive::insight::{Source, department_of, is_one_sentence};
use crate::archive::markdown;
use crate::archive::snippet::{self, Piece};
use crate::clock::Calendar;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::error::AppResult;
use crate::market::shown::{self, ValueView};
use crate::market::store::lots::{self, LotRow};
use crate::market::store::values;
use crate::policy::ValuePolicy;
use crate::web::ago::{When, ago};

/// How much of a quote or text a list shows, in characters: what is longer has to be opened.
pub const EXCERPT: usize = 140;
/// How much is shown around a found word.
const SNIPPET: usize = 200;

/// An insight in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    pub id: i64,
    /// The title, with the words marked that were searched.
    pub title: Vec<Piece>,
    /// The beginning of the customer's words; empty if there are none or a snippet is shown.
    pub quote: String,
    /// The beginning of the text, or the place in it that was found.
    pub text: Vec<Piece>,
    pub author: Named,
    /// The first part of the department's path at the time.
    pub department: String,
    pub at: When,
    /// How the author knows; empty for "another way".
    pub source: &'static str,
    pub customer: Option<Named>,
    pub tags: Vec<Named>,
    pub value: ValueView,
    /// The viewer is one of its authors.
    pub is_own: bool,
    /// The viewer has opened it, or it is read whole here, and it is not theirs.
    pub can_rate: bool,
    /// The viewer has said that they used it.
    pub used: bool,
}

/// The lots of at most thirty ids, in their order. With `terms` their words are marked and a snippet
/// stands for the excerpt.
///
/// # Errors
/// What the database says.
pub fn lots(
    c: &mut Conn,
    viewer: i64,
    ids: &[i64],
    terms: &[String],
    now: chrono::NaiveDateTime,
    calendar: Calendar,
) -> AppResult<Vec<Lot>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = lots::rows(c, viewer, ids)?;
    let policy = values::policy(c)?;
    let mut lots: Vec<Lot> = rows.into_iter().map(|row| lot(&policy, row, terms, now, calendar)).collect();
    if !terms.is_empty() {
        for (insight, words) in crate::db::search::texts(c, ids)? {
            if let Some(lot) = lots.iter_mut().find(|lot| lot.id == insight) {
                let snippet = snippet::around(&words, terms, SNIPPET);
                // A word found in the title or a name only: the excerpt says more than any other place.
                if snippet.iter().any(|piece| piece.marked) {
                    lot.text = snippet;
                    lot.quote.clear();
                }
            }
        }
    }
    Ok(lots)
}

fn lot(
    policy: &ValuePolicy,
    row: LotRow,
    terms: &[String],
    now: chrono::NaiveDateTime,
    calendar: Calendar,
) -> Lot {
    let LotRow { text, author, mut department, customer, tags, shown, viewer } = row;
    department.truncate(department_of(&department).len());
    let is_own = viewer.is_author;
    let whole = is_one_sentence(&text.title, &text.body, &text.quote);
    let excerpt = if text.quote.is_empty() { beginning(&text.body) } else { String::new() };
    let source = match Source::named(&text.source) {
        None | Some(Source::Other) => "",
        Some(source) => source.title(),
    };
    Lot {
        id: text.id,
        title: snippet::whole(text.title, terms),
        quote: snippet::beginning(words_said(&text.quote), EXCERPT),
        text: if excerpt.is_empty() { Vec::new() } else { vec![Piece { text: excerpt, marked: false }] },
        author: author.into(),
        department,
        at: ago(text.contributed_at.0, now, calendar),
        source,
        customer: customer.map(Named::from),
        tags: lots::named(tags.as_deref().unwrap_or_default()),
        value: ValueView {
            insight_id: text.id,
            ..shown::view(policy, &shown.unwrap_or_default(), viewer.rating, is_own, viewer.revealed)
        },
        is_own,
        can_rate: !is_own && (whole || viewer.opened),
        used: viewer.used,
    }
}

/// The customer's words without the line that says who spoke, where there is one: the page of the insight
/// has it.
fn words_said(quote: &str) -> &str {
    let names_speaker = |line: &str| line.starts_with(['—', '–']) || line.starts_with("--");
    let end = quote.match_indices('\n').find(|(at, _)| names_speaker(&quote[at + 1..]));
    end.map_or(quote, |(at, _)| &quote[..at])
}

/// The beginning of a Markdown text as plain words. Most texts hold no sign of Markdown; those that do
/// go through the parser.
fn beginning(body: &str) -> String {
    let body = below_heading(body);
    // By bytes: a search for many letters or for two at once reads the text letter by letter.
    let list = body.starts_with(|c: char| c.is_ascii_digit())
        || body.match_indices('-').any(|(at, _)| body[at + 1..].starts_with(' '));
    let plain = !list && !body.bytes().any(|byte| b"*_`#[<>|\\~&".contains(&byte));
    if plain {
        snippet::beginning(body, EXCERPT)
    } else {
        snippet::beginning(&markdown::plain(body), EXCERPT)
    }
}

/// The text without the headings it opens with: run together with the first sentence they would read as
/// part of it.
fn below_heading(body: &str) -> &str {
    let mut rest = body.trim_start();
    while rest.starts_with('#') && rest.trim_start_matches('#').starts_with(' ') {
        match rest.split_once('\n') {
            Some((_, below)) if !below.trim().is_empty() => rest = below.trim_start(),
            _ => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_ends_before_the_line_that_says_who_spoke() {
        for (quote, said) in [
            ("They are late.", "They are late."),
            ("They are late.\n— a buyer, Kent", "They are late."),
            ("They are late.\n– a buyer", "They are late."),
            ("They are late.\n-- a buyer\n— or two", "They are late."),
            ("One\n- two\n— a buyer", "One\n- two"),
            ("They – she said — are late.\nAgain.", "They – she said — are late.\nAgain."),
            ("\n— a buyer", ""),
            ("", ""),
        ] {
            assert_eq!(words_said(quote), said, "{quote:?}");
        }
    }

    #[test]
    fn an_excerpt_begins_below_the_first_heading() {
        for (body, excerpt) in [
            ("## What we heard\n\nEleven invoices.", "Eleven invoices."),
            ("# A\n## B\nText", "Text"),
            ("# Only a heading", "Only a heading"),
            ("# Only\n\n", "Only"),
            ("#invoice is late", "#invoice is late"),
            ("Plain text", "Plain text"),
            ("Well-known", "Well-known"),
            ("- one\n- two", "one two"),
            ("They *never* call", "They never call"),
            ("A `late` \\_ line", "A late _ line"),
            ("", ""),
        ] {
            assert_eq!(beginning(body), excerpt, "{body:?}");
        }
    }
}
