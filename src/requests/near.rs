//! What the archive and the open requests know already about a question: words of it, not all of them.

use diesel::prelude::*;

use crate::archive::visible::visible_to;
use crate::db::schema::{insight_authors, insights, people, requests};
use crate::db::search::{self, Condition};
use crate::db::{Conn, fragments};
use crate::error::AppResult;

/// Insights that are looked at to find those that say most of a question.
const LOOKED_AT: i64 = fragments::FEW as i64;
/// Open requests that are looked at.
const REQUESTS: i64 = 500;

/// Words that say nothing about what a question is about.
const EMPTY: &str = "about after all and any anybody anyone are because been before but can could customer customers \
    did does ever for from get had has have her him his how into its know knows like many more most \
    much not now our ours out over say says she should some somebody someone than that the their \
    them then there they this those use was were what when where which while who whom why will with \
    would you";

/// The words of a question that say what it is about, without their plural, as beginnings of words.
pub fn terms(question: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for word in search::bare(question).split(|c: char| !c.is_alphanumeric()) {
        if word.chars().count() < 3 || EMPTY.split(' ').any(|empty| empty == word) {
            continue;
        }
        let stem = if word.chars().count() > 4 { word.strip_suffix('s').unwrap_or(word) } else { word };
        let stem: String = stem.chars().take(40).collect();
        if !terms.contains(&stem) {
            terms.push(stem);
        }
    }
    terms.truncate(search::TERMS);
    terms
}

/// How many of the terms a text has, each at the beginning of a word.
fn found(terms: &[String], text: &str) -> usize {
    let bare = search::bare(text);
    let words: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).collect();
    terms.iter().filter(|term| words.iter().any(|word| word.starts_with(term.as_str()))).count()
}

/// How many terms something must have to be near a question with so many: two in five, and more than one
/// where there are three.
fn enough(terms: usize) -> usize {
    match terms {
        0..=2 => 1,
        more => (more * 2).div_ceil(5).max(2),
    }
}

/// The insights that say most of a question, at most `limit`, those with most of its words first.
///
/// # Errors
/// What the database says.
pub fn insights(c: &mut Conn, viewer: i64, question: &str, limit: usize) -> AppResult<Vec<i64>> {
    let terms = terms(question);
    let condition: Condition = Box::new(visible_to(viewer));
    let ids = search::near(c, &terms, &condition, LOOKED_AT)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let titles: Vec<(i64, String)> = insights::table
        .filter(fragments::in_few(insights::id, &ids))
        .select((insights::id, insights::title))
        .load(c)?;
    let texts = search::texts(c, &ids)?;
    let of = |rows: &[(i64, String)], id: i64| {
        rows.iter().find(|(row, _)| *row == id).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let mut near: Vec<(usize, usize, i64)> = ids
        .iter()
        .enumerate()
        .map(|(place, id)| (found(&terms, &format!("{} {}", of(&titles, *id), of(&texts, *id))), place, *id))
        .filter(|(hits, ..)| *hits >= enough(terms.len()))
        .collect();
    near.sort_by_key(|(hits, place, _)| (std::cmp::Reverse(*hits), *place));
    Ok(near.into_iter().take(limit).map(|(.., id)| id).collect())
}

/// Open requests that ask much the same, at most `limit`, without the request `but`.
///
/// # Errors
/// What the database says.
pub fn requests(
    c: &mut Conn,
    question: &str,
    but: i64,
    now: chrono::NaiveDateTime,
    limit: usize,
) -> AppResult<Vec<i64>> {
    let terms = terms(question);
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let open: Vec<(i64, String)> = requests::table
        .filter(requests::state.eq("open"))
        .filter(requests::closes_at.gt(now))
        .filter(requests::id.ne(but))
        .order(requests::id.desc())
        .limit(REQUESTS)
        .select((requests::id, requests::words))
        .load(c)?;
    let mut near: Vec<(usize, i64)> = open
        .into_iter()
        .map(|(id, words)| (found(&terms, &words), id))
        .filter(|(hits, _)| *hits >= enough(terms.len()).max(2.min(terms.len())))
        .collect();
    near.sort_by_key(|(hits, id)| (std::cmp::Reverse(*hits), std::cmp::Reverse(*id)));
    Ok(near.into_iter().take(limit).map(|(_, id)| id).collect())
}

/// Somebody who has shared what stands near a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knower {
    pub id: i64,
    pub name: String,
}

/// Who shared these insights, in their order, each once, without `but`.
///
/// # Errors
/// What the database says.
pub fn knowers(c: &mut Conn, ids: &[i64], but: i64) -> AppResult<Vec<Knower>> {
    let rows: Vec<(i64, i64, String)> = insight_authors::table
        .inner_join(people::table)
        .filter(fragments::in_few(insight_authors::insight_id, ids))
        .filter(people::disabled_at.is_null())
        .filter(people::id.ne(but))
        .order((insight_authors::insight_id, people::id))
        .select((insight_authors::insight_id, people::id, people::name))
        .load(c)?;
    let mut knowers: Vec<Knower> = Vec::new();
    for insight in ids {
        for (_, id, name) in rows.iter().filter(|(row, ..)| row == insight) {
            if !knowers.iter().any(|known| known.id == *id) {
                knowers.push(Knower { id: *id, name: name.clone() });
            }
        }
    }
    Ok(knowers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_about_its_rare_words() {
        for (question, about) in [
            ("Why do the customers of ours print invoices?", vec!["print", "invoice"]),
            ("Invoices, INVOICE: the invoice!", vec!["invoice"]),
            ("Who knows what they say?", vec![]),
            ("Gas bus", vec!["gas", "bus"]),
            ("Café prices", vec!["cafe", "price"]),
        ] {
            assert_eq!(terms(question), about, "{question}");
        }
    }

    #[test]
    fn near_is_more_than_one_word_of_many() {
        for (terms, least) in [(0, 1), (1, 1), (2, 1), (3, 2), (5, 2), (6, 3), (12, 5)] {
            assert_eq!(enough(terms), least, "{terms}");
        }
        let terms = terms("Why do controllers print eleven invoices?");
        assert_eq!(found(&terms, "A controller reads eleven invoices as eleven suppliers"), 3);
        assert_eq!(found(&terms, "The misprinted page"), 0);
    }
}
