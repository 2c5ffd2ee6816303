//! Full-text search: the only SQL that differs between the two databases. FTS5 with bm25 on SQLite,
//! tsvector with ts_rank on PostgreSQL; the words a person types are made into terms before either sees
//! them, so no operator of theirs is ever run.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, BoxableExpression, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};
use diesel::{QueryResult, RunQueryDsl, sql_query};
use unicode_normalization::UnicodeNormalization;

use super::fragments::{FEW, padded, push_few};
use super::schema::insights;
use super::{Conn, MultiBackend};

/// What is searched of an insight.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The title.
    pub title: &'a str,
    /// Quote and body as plain text.
    pub words: &'a str,
    /// Segment, customer and tags.
    pub names: &'a str,
}

/// Most terms of a search; more narrow nothing down.
pub const TERMS: usize = 12;

/// The terms of a search: runs of letters and digits without accents, at most [`TERMS`], each matched as
/// a prefix. Operators and wildcards of either engine are no letters, so none of them is left.
pub fn terms(words: &str) -> Vec<String> {
    bare(words)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|term| !term.is_empty())
        .take(TERMS)
        .map(|term| term.chars().take(40).collect())
        .collect()
}

/// Small letters without accents: how words are compared. FTS5 does the same to what it stores;
/// tsvector's "simple" keeps accents, so it is given this.
pub fn bare(text: &str) -> String {
    text.chars().flat_map(bare_letters).collect()
}

/// What becomes of one letter in [`bare`]: nothing for an accent, more than one for a few.
pub fn bare_letters(c: char) -> impl Iterator<Item = char> {
    // Almost every letter is ASCII: no table has to be asked about it.
    let ascii = c.is_ascii().then(|| c.to_ascii_lowercase());
    let other = (!c.is_ascii()).then(|| {
        std::iter::once(c)
            .nfd()
            .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
            .flat_map(char::to_lowercase)
    });
    ascii.into_iter().chain(other.into_iter().flatten())
}

/// The engine's own expression for "every term, as a prefix".
fn expression(conn: &Conn, terms: &[String]) -> String {
    match conn {
        Conn::Sqlite(_) => terms.iter().map(|term| format!("\"{term}\"*")).collect::<Vec<_>>().join(" AND "),
        Conn::Postgres(_) => terms.iter().map(|term| format!("'{term}':*")).collect::<Vec<_>>().join(" & "),
    }
}

/// Puts an insight into the index, or replaces what was there.
pub fn put(conn: &mut Conn, insight_id: i64, document: &Document<'_>) -> QueryResult<()> {
    remove(conn, insight_id)?;
    let statement = match conn {
        Conn::Sqlite(_) => "INSERT INTO insight_search (rowid, title, words, names) VALUES ($1, $2, $3, $4)",
        Conn::Postgres(_) => {
            "INSERT INTO insight_search (insight_id, title, words, names, document) VALUES ($1, $2, $3, $4, \
             setweight(to_tsvector('simple', $5), 'A') || setweight(to_tsvector('simple', $6), 'C') || \
             setweight(to_tsvector('simple', $7), 'B'))"
        }
    };
    let insert = sql_query(statement)
        .bind::<BigInt, _>(insight_id)
        .bind::<Text, _>(document.title)
        .bind::<Text, _>(document.words)
        .bind::<Text, _>(document.names);
    match conn {
        Conn::Sqlite(_) => insert.execute(conn),
        Conn::Postgres(_) => insert
            .bind::<Text, _>(words_of(document.title))
            .bind::<Text, _>(words_of(document.words))
            .bind::<Text, _>(words_of(document.names))
            .execute(conn),
    }
    .map(|_| ())
}

/// Takes an insight out of the index.
pub fn remove(conn: &mut Conn, insight_id: i64) -> QueryResult<()> {
    let statement = match conn {
        Conn::Sqlite(_) => "DELETE FROM insight_search WHERE rowid = $1",
        Conn::Postgres(_) => "DELETE FROM insight_search WHERE insight_id = $1",
    };
    sql_query(statement).bind::<BigInt, _>(insight_id).execute(conn).map(|_| ())
}

/// A text as [`terms`] sees it: bare words, one blank between them. The parser of "simple" would keep
/// `www.example.com/prices` and `self-service` as one word each, and none of their parts were found.
fn words_of(text: &str) -> String {
    bare(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether an insight contains every term: a condition on `insights`, for any query that has the table.
#[derive(Clone, Debug)]
pub struct Matching {
    sqlite: bool,
    expression: String,
}

/// The condition for terms made by [`terms`]. Ask for at least one term: without any it finds nothing.
pub fn matching(conn: &Conn, terms: &[String]) -> Matching {
    Matching { sqlite: conn.is_sqlite(), expression: expression(conn, terms) }
}

impl Expression for Matching {
    type SqlType = Bool;
}

impl<T: ?Sized> AppearsOnTable<T> for Matching where insights::id: AppearsOnTable<T> {}

impl<T: ?Sized> SelectableExpression<T> for Matching where insights::id: SelectableExpression<T> {}

impl ValidGrouping<()> for Matching {
    type IsAggregate = is_aggregate::No;
}

/// The text differs between the databases, which one type serves.
impl QueryId for Matching {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Matching
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(if self.sqlite {
            "insights.id IN (SELECT rowid FROM insight_search WHERE insight_search MATCH "
        } else {
            "insights.id IN (SELECT insight_id FROM insight_search WHERE document @@ to_tsquery('simple', "
        });
        out.push_bind_param::<Text, _>(&self.expression)?;
        out.push_sql(if self.sqlite { ")" } else { "))" });
        Ok(())
    }
}

/// A condition on `insights` of whatever shape.
pub type Condition = Box<dyn BoxableExpression<insights::table, MultiBackend, SqlType = Bool>>;

/// A [`Condition`] for queries that have other tables beside `insights`.
pub struct Fits(pub Condition);

impl Expression for Fits {
    type SqlType = Bool;
}

impl<T: ?Sized> AppearsOnTable<T> for Fits where insights::id: AppearsOnTable<T> {}

impl<T: ?Sized> SelectableExpression<T> for Fits where insights::id: SelectableExpression<T> {}

impl ValidGrouping<()> for Fits {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for Fits {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Fits {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

/// The search for the best hits.
struct Ranked<'a> {
    sqlite: bool,
    expression: String,
    condition: &'a Condition,
    limit: i64,
    offset: i64,
}

impl Query for Ranked<'_> {
    type SqlType = BigInt;
}

impl QueryId for Ranked<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Ranked<'_> {}

impl QueryFragment<MultiBackend> for Ranked<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(if self.sqlite {
            "SELECT insights.id FROM insight_search CROSS JOIN insights ON insights.id = insight_search.rowid \
             WHERE insight_search MATCH "
        } else {
            "SELECT insights.id FROM to_tsquery('simple', "
        });
        out.push_bind_param::<Text, _>(&self.expression)?;
        out.push_sql(if self.sqlite {
            " AND ("
        } else {
            ") AS query, insight_search JOIN insights ON insights.id = insight_search.insight_id \
             WHERE document @@ query AND ("
        });
        self.condition.walk_ast(out.reborrow())?;
        out.push_sql(if self.sqlite {
            ") ORDER BY bm25(insight_search, 4.0, 1.0, 2.0), insights.id DESC LIMIT "
        } else {
            ") ORDER BY ts_rank(document, query) DESC, insights.id DESC LIMIT "
        });
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(" OFFSET ");
        out.push_bind_param::<BigInt, _>(&self.offset)?;
        Ok(())
    }
}

/// The ids of the insights that contain every term and fulfil the condition, best first: `limit` of them
/// after the first `offset`. A word of the title weighs most, then names, then the text.
pub fn best(
    conn: &mut Conn,
    terms: &[String],
    condition: &Condition,
    limit: i64,
    offset: i64,
) -> QueryResult<Vec<i64>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let expression = expression(conn, terms);
    Ranked { sqlite: conn.is_sqlite(), expression, condition, limit, offset }.load(conn)
}

/// The ids of insights that contain any of the terms and fulfil the condition, best first, at most
/// `limit`: what stands near a whole sentence. Both engines put those first that contain more of it.
pub fn near(conn: &mut Conn, terms: &[String], condition: &Condition, limit: i64) -> QueryResult<Vec<i64>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let expression = match conn {
        Conn::Sqlite(_) => terms.iter().map(|term| format!("\"{term}\"*")).collect::<Vec<_>>().join(" OR "),
        Conn::Postgres(_) => terms.iter().map(|term| format!("'{term}':*")).collect::<Vec<_>>().join(" | "),
    };
    Ranked { sqlite: conn.is_sqlite(), expression, condition, limit, offset: 0 }.load(conn)
}

/// How many insights the terms find, whoever asks.
pub fn count(conn: &mut Conn, terms: &[String]) -> QueryResult<i64> {
    use diesel::QueryDsl;
    if terms.is_empty() {
        return Ok(0);
    }
    let matching = matching(conn, terms);
    insights::table.filter(matching).count().get_result(conn)
}

/// The searched texts of a few insights.
struct Texts {
    sqlite: bool,
    ids: [i64; FEW],
}

impl Query for Texts {
    type SqlType = (BigInt, Text);
}

impl QueryId for Texts {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Texts {}

impl QueryFragment<MultiBackend> for Texts {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(if self.sqlite {
            "SELECT rowid, words FROM insight_search WHERE rowid IN "
        } else {
            "SELECT insight_id, words FROM insight_search WHERE insight_id IN "
        });
        push_few(&self.ids, &mut out)
    }
}

/// Quote and body as plain text of at most [`FEW`] insights, by id: what a snippet is cut from.
pub fn texts(conn: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    Texts { sqlite: conn.is_sqlite(), ids: padded(ids) }.load(conn)
}

/// `words%` and `% words%` with the wildcards among the words literal: names that contain them at the
/// beginning of a word. `words` is folded ([`crate::text::fold`]); escape with a backslash.
pub fn name_patterns(words: &str) -> (String, String) {
    let literal: String = words
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain(std::iter::once(c)))
        .collect();
    (format!("{literal}%"), format!("% {literal}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_becomes_plain_words() {
        for (typed, found) in [
            ("Delivery times", vec!["delivery", "times"]),
            (
                "  NEAR(\"a\" b, 2) AND c* OR title:d ",
                vec!["near", "a", "b", "2", "and", "c", "or", "title", "d"],
            ),
            ("Müller's Café", vec!["muller", "s", "cafe"]),
            ("%_\\'; DROP TABLE insights;--", vec!["drop", "table", "insights"]),
            ("()*:&|!", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(terms(typed), found, "{typed}");
        }
        assert_eq!(terms(&"word ".repeat(50)).len(), TERMS);
    }

    #[test]
    fn wildcards_in_a_name_are_literal() {
        assert_eq!(name_patterns("50%_a\\b"), ("50\\%\\_a\\\\b%".into(), "% 50\\%\\_a\\\\b%".into()));
    }
}
