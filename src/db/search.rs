//! Full-text search: the only SQL that differs between the two databases. FTS5 with bm25 on SQLite,
//! tsvector with ts_rank on PostgreSQL; the words a person types are made into terms before either sees
//! them, so no operator of theirs is ever run.

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use super::Conn;

/// Marks the beginning of a found word in a snippet; a control character, so that no text contains it.
pub const MARK_START: char = '\u{2}';
/// Marks the end of a found word in a snippet.
pub const MARK_END: char = '\u{3}';

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

/// A found insight: its id, how well it fits (more is better; comparable within one search only) and the
/// place in its text with the words marked by [`MARK_START`] and [`MARK_END`].
#[derive(Clone, Debug, QueryableByName)]
pub struct Hit {
    #[diesel(sql_type = BigInt)]
    pub insight_id: i64,
    #[diesel(sql_type = diesel::sql_types::Double)]
    pub rank: f64,
    #[diesel(sql_type = Text)]
    pub snippet: String,
}

/// The terms of a search: runs of letters and digits, at most twelve, each matched as a prefix.
pub fn terms(words: &str) -> Vec<String> {
    words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|term| !term.is_empty())
        .take(12)
        .map(|term| term.chars().take(40).collect::<String>().to_lowercase())
        .collect()
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
             setweight(to_tsvector('simple', $2), 'A') || setweight(to_tsvector('simple', $4), 'B') || \
             setweight(to_tsvector('simple', $3), 'C'))"
        }
    };
    sql_query(statement)
        .bind::<BigInt, _>(insight_id)
        .bind::<Text, _>(document.title)
        .bind::<Text, _>(document.words)
        .bind::<Text, _>(document.names)
        .execute(conn)
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

/// The `limit` best hits for terms made by [`terms`], best first. Empty terms find nothing.
pub fn best(conn: &mut Conn, terms: &[String], limit: i64) -> QueryResult<Vec<Hit>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let expression = expression(conn, terms);
    let statement = match conn {
        Conn::Sqlite(_) => {
            "SELECT rowid AS insight_id, -bm25(insight_search, 4.0, 1.0, 2.0) AS rank, \
             snippet(insight_search, -1, char(2), char(3), '…', 24) AS snippet \
             FROM insight_search WHERE insight_search MATCH $1 ORDER BY bm25(insight_search, 4.0, 1.0, 2.0), rowid DESC LIMIT $2"
        }
        // The headline is costly: it is made for the rows that are shown, not for all that match.
        Conn::Postgres(_) => {
            "SELECT insight_id, rank, ts_headline('simple', title || ' … ' || words || ' … ' || names, query, \
             'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxWords=24, MinWords=12, MaxFragments=1') AS snippet \
             FROM (SELECT insight_id, ts_rank(document, query)::double precision AS rank, title, words, names, query \
                   FROM insight_search, to_tsquery('simple', $1) AS query WHERE document @@ query \
                   ORDER BY rank DESC, insight_id DESC LIMIT $2) AS found ORDER BY rank DESC, insight_id DESC"
        }
    };
    sql_query(statement).bind::<Text, _>(expression).bind::<BigInt, _>(limit).load(conn)
}

/// How many insights the terms find.
pub fn count(conn: &mut Conn, terms: &[String]) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        hits: i64,
    }
    if terms.is_empty() {
        return Ok(0);
    }
    let expression = expression(conn, terms);
    let statement = match conn {
        Conn::Sqlite(_) => "SELECT COUNT(*) AS hits FROM insight_search WHERE insight_search MATCH $1",
        Conn::Postgres(_) => {
            "SELECT COUNT(*) AS hits FROM insight_search WHERE document @@ to_tsquery('simple', $1)"
        }
    };
    sql_query(statement).bind::<Text, _>(expression).get_result::<Count>(conn).map(|found| found.hits)
}
