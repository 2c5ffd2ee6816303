//! Segments, customers and tags. Two names that differ in case or in Unicode form only are one: the
//! folded name is unique, the name shown is the one first written.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
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
    segments::table.select(segments::name).order((segments::folded_name, segments::id)).limit(500).load(c)
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
        // A segment of the same name is another thing.
        segment(&mut conn, "Ottermoor Foods", None, now).expect("a segment");
        assert_eq!(segment_names(&mut conn), Ok(vec!["Ottermoor Foods".to_owned()]));
        assert_ne!(customer(&mut conn, "Ottermoor", None, now), Ok(first));
        // Composed and decomposed letters are the same name.
        let cafe = tag(&mut conn, "caf\u{e9}", None, now).expect("a tag");
        assert_eq!(tag(&mut conn, "cafe\u{301}", None, now), Ok(cafe));
    }
}
