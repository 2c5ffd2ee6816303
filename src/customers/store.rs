//! Segments, customers and tags. Two names that differ in case or in Unicode form only are one: the
//! folded name is unique, the name shown is the one first written.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{customers, segments, tags};
use crate::each_db;
use crate::text::fold;

/// One of the three, found by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: i64,
    /// As first written.
    pub name: String,
}

impl From<(i64, String)> for Named {
    fn from((id, name): (i64, String)) -> Named {
        Named { id, name }
    }
}

/// Writes the body shared by the three tables: find by the folded name, else insert, and find again where
/// another transaction was faster.
macro_rules! find_or_create {
    ($table:ident, $c:ident, $name:ident, $by:ident, $now:ident) => {{
        let folded = fold($name);
        let find = $table::table.filter($table::folded_name.eq(&folded)).select($table::id);
        if let Some(id) = find.first::<i64>($c).optional()? {
            return Ok(id);
        }
        each_db!($c, c => diesel::insert_into($table::table)
            .values((
                $table::name.eq($name),
                $table::folded_name.eq(&folded),
                $table::created_by.eq($by),
                $table::created_at.eq($now),
            ))
            .on_conflict($table::folded_name)
            .do_nothing()
            .execute(c))?;
        find.first($c)
    }};
}

/// The segment of that name, made if there is none. `by` is empty for an import.
///
/// # Errors
/// What the database says.
pub fn segment(c: &mut Conn, name: &str, by: Option<i64>, now: NaiveDateTime) -> QueryResult<i64> {
    find_or_create!(segments, c, name, by, now)
}

/// The customer of that name, made if there is none. `by` is empty for an import.
///
/// # Errors
/// What the database says.
pub fn customer(c: &mut Conn, name: &str, by: Option<i64>, now: NaiveDateTime) -> QueryResult<i64> {
    find_or_create!(customers, c, name, by, now)
}

/// The tag of that name, made if there is none. `by` is empty for an import.
///
/// # Errors
/// What the database says.
pub fn tag(c: &mut Conn, name: &str, by: Option<i64>, now: NaiveDateTime) -> QueryResult<i64> {
    find_or_create!(tags, c, name, by, now)
}

/// The segment with this id.
///
/// # Errors
/// `NotFound` when there is none.
pub fn segment_of(c: &mut Conn, id: i64) -> QueryResult<Named> {
    segments::table.find(id).select((segments::id, segments::name)).first::<(i64, String)>(c).map(Named::from)
}

/// The customer with this id.
///
/// # Errors
/// `NotFound` when there is none.
pub fn customer_of(c: &mut Conn, id: i64) -> QueryResult<Named> {
    customers::table
        .find(id)
        .select((customers::id, customers::name))
        .first::<(i64, String)>(c)
        .map(Named::from)
}

/// The tag with this id.
///
/// # Errors
/// `NotFound` when there is none.
pub fn tag_of(c: &mut Conn, id: i64) -> QueryResult<Named> {
    tags::table.find(id).select((tags::id, tags::name)).first::<(i64, String)>(c).map(Named::from)
}

/// All segments, by name.
///
/// # Errors
/// What the database says.
pub fn all_segments(c: &mut Conn) -> QueryResult<Vec<Named>> {
    let rows: Vec<(i64, String)> = segments::table
        .select((segments::id, segments::name))
        .order((segments::folded_name, segments::id))
        .limit(1000)
        .load(c)?;
    Ok(rows.into_iter().map(Named::from).collect())
}

/// The names of all segments, by name: what the forms offer.
///
/// # Errors
/// What the database says.
pub fn segment_names(c: &mut Conn) -> QueryResult<Vec<String>> {
    let names =
        segments::table.select(segments::name).order((segments::folded_name, segments::id)).limit(500);
    each_db!(c, c => Prepared(names).load(c))
}

/// The names of the customers, by name, at most `limit`: what the forms suggest.
///
/// # Errors
/// What the database says.
pub fn customer_names(c: &mut Conn, limit: i64) -> QueryResult<Vec<String>> {
    customers::table
        .select(customers::name)
        .order((customers::folded_name, customers::id))
        .limit(limit)
        .load(c)
}

/// The names of the customers first named last, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn latest_customers(c: &mut Conn, limit: i64) -> QueryResult<Vec<String>> {
    let names = customers::table.select(customers::name).order(customers::id.desc()).limit(limit);
    each_db!(c, c => Prepared(names).load(c))
}

/// The customer of that name as first written, if there is one.
///
/// # Errors
/// What the database says.
pub fn known_customer(c: &mut Conn, name: &str) -> QueryResult<Option<String>> {
    customers::table.filter(customers::folded_name.eq(fold(name))).select(customers::name).first(c).optional()
}

/// The customer somebody may have meant by a name that is new: one or two letters off.
///
/// # Errors
/// What the database says.
pub fn customer_meant_by(c: &mut Conn, name: &str) -> QueryResult<Option<String>> {
    let folded = fold(name);
    let length = folded.chars().count();
    // Of a short name one letter is much.
    let off = if length < 2 * SHORTEST { 1 } else { 2 };
    if length < SHORTEST {
        return Ok(None);
    }
    let known: Vec<(String, String)> =
        customers::table.select((customers::name, customers::folded_name)).order(customers::id).load(c)?;
    if known.iter().any(|(_, known)| *known == folded) {
        return Ok(None);
    }
    let distance = |known: &str| match known.chars().count().abs_diff(length) {
        more if more > off => usize::MAX,
        _ => strsim::damerau_levenshtein(known, &folded),
    };
    let nearest = known.iter().map(|(name, folded)| (distance(folded), name)).min_by_key(|(far, _)| *far);
    Ok(nearest.filter(|(far, _)| *far <= off).map(|(_, name)| name.clone()))
}

/// Whether there is a segment of that name.
///
/// # Errors
/// What the database says.
pub fn is_segment(c: &mut Conn, name: &str) -> QueryResult<bool> {
    let found = segments::table.filter(segments::folded_name.eq(fold(name)));
    diesel::select(diesel::dsl::exists(found)).get_result(c)
}

/// Characters of a text that are looked through for names.
const LOOKED_THROUGH: usize = 2000;
/// A shorter name is too likely to be a word.
const SHORTEST: usize = 4;

/// The known customers that a text names, as whole words; of a name inside a longer one only the longer.
///
/// # Errors
/// What the database says.
pub fn customers_named_in(c: &mut Conn, text: &str) -> QueryResult<Vec<String>> {
    let text: String = fold(text).chars().take(LOOKED_THROUGH).collect();
    // Without the name the text is shorter: the same on both databases, and no sign is special.
    let mut found: Vec<(String, String)> = customers::table
        .filter(
            sql::<Bool>("length(replace(")
                .bind::<Text, _>(&text)
                .sql(", folded_name, '')) < length(")
                .bind::<Text, _>(&text)
                .sql(")"),
        )
        .select((customers::name, customers::folded_name))
        .order(customers::id)
        .load(c)?;
    found.retain(|(_, folded)| folded.chars().count() >= SHORTEST && has_words(&text, folded));
    let longer = |name: &str| found.iter().any(|(_, other)| other != name && other.contains(name));
    Ok(found.iter().filter(|(_, folded)| !longer(folded)).map(|(name, _)| name.clone()).collect())
}

/// Whether the words stand in the text with no letter or digit directly before or behind them.
fn has_words(text: &str, words: &str) -> bool {
    let is_part = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
    text.match_indices(words).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + words.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{DatabaseUrl, migrate};

    #[test]
    fn a_name_is_one_thing_however_it_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("names.db");
        let url = format!("sqlite:{}", path.display()).parse::<DatabaseUrl>().expect("an address");
        let mut conn = Conn::open(&url).expect("a database");
        migrate::run(&mut conn).expect("the schema");
        let now = "2026-03-02T08:00:00".parse().expect("a time");
        let first = customer(&mut conn, "Ottermoor Foods", None, now).expect("a customer");
        assert_eq!(customer(&mut conn, "OTTERMOOR foods", None, now), Ok(first));
        assert_eq!(customer_of(&mut conn, first).map(|found| found.name), Ok("Ottermoor Foods".into()));
        for (text, named) in [
            ("Today OTTERMOOR FOODS called twice.", &["Ottermoor Foods"][..]),
            ("(Ottermoor Foods)", &["Ottermoor Foods"]),
            ("Ottermoor Foodstuffs called.", &[]),
            ("Nobody called.", &[]),
        ] {
            assert_eq!(customers_named_in(&mut conn, text).expect("names"), named, "{text}");
        }
        assert_eq!(known_customer(&mut conn, "ottermoor FOODS"), Ok(Some("Ottermoor Foods".into())));
        for (typed, meant) in [
            ("Otermoor Foods", Some("Ottermoor Foods")),
            ("ottermoor fodos", Some("Ottermoor Foods")),
            ("Ottermoor Foods", None),
            ("Ottermoor", None),
            ("Ann", None),
        ] {
            assert_eq!(customer_meant_by(&mut conn, typed), Ok(meant.map(str::to_owned)), "{typed}");
        }
        assert_eq!(is_segment(&mut conn, "Ottermoor Foods"), Ok(false));
        // A segment of the same name is another thing.
        segment(&mut conn, "Ottermoor Foods", None, now).expect("a segment");
        assert_eq!(segment_names(&mut conn), Ok(vec!["Ottermoor Foods".to_owned()]));
        assert_ne!(customer(&mut conn, "Ottermoor", None, now), Ok(first));
        // Composed and decomposed letters are the same name.
        let cafe = tag(&mut conn, "caf\u{e9}", None, now).expect("a tag");
        assert_eq!(tag(&mut conn, "cafe\u{301}", None, now), Ok(cafe));
    }
}
