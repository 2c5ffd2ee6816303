//! Whom a request wants: whose department was asked, who follows what it is about, who has shared about
//! it. Asked from both ends: the requests for a person, and the people for a request.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text, Timestamp};

use crate::accounts::person::Person;
use crate::db::{self, Conn};
use crate::text::fold;

/// Why a request is wanted from somebody; at least one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Why {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Their department, or one above it, was asked.
    #[diesel(sql_type = Bool)]
    pub asked: bool,
    /// They follow its customer, segment or one of its topics.
    #[diesel(sql_type = Bool)]
    pub followed: bool,
    /// They have shared about its customer or one of its topics, or often about its segment.
    #[diesel(sql_type = Bool)]
    pub shared: bool,
}

impl Why {
    /// In words, the strongest reason first.
    pub fn words(&self) -> &'static str {
        match (self.asked, self.shared, self.followed) {
            (true, true, _) => "your department was asked, and you have shared about it",
            (true, ..) => "your department was asked",
            (_, true, _) => "you have shared about it",
            _ => "you follow it",
        }
    }
}

/// The open requests that are wanted from somebody, those that fit best first, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn wanted_for(c: &mut Conn, person: &Person, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Why>> {
    sql_query(db::wanted::LIST)
        .bind::<Text, _>(fold(&person.department))
        .bind::<BigInt, _>(person.id)
        .bind::<Timestamp, _>(now)
        .bind::<BigInt, _>(limit)
        .load(c)
}

/// How many [`wanted_for`] finds: the number in the navigation.
///
/// # Errors
/// What the database says.
pub fn wanted_count(c: &mut Conn, person: &Person, now: NaiveDateTime) -> QueryResult<i64> {
    db::wanted::count(c, person.id, &fold(&person.department), now)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The same from the other end: people for the request $1, who has shared about it first, then who
/// follows it, then who leads an asked department.
const PEOPLE: &str = "SELECT id FROM (SELECT p.id, p.manager, \
     EXISTS (SELECT 1 FROM request_departments rd JOIN departments d ON d.id = rd.department_id \
         LEFT JOIN departments s ON s.id = d.succeeded_by \
         WHERE rd.request_id = $1 AND substr(o.folded_path || '/', 1, \
             length(COALESCE(s.folded_path, d.folded_path)) + 1) \
             = COALESCE(s.folded_path, d.folded_path) || '/') AS asked, \
     p.id IN (SELECT f.person_id FROM follows f JOIN requests r ON r.id = $1 \
         WHERE (f.kind = 'customer' AND f.object_id = r.customer_id) \
         OR (f.kind = 'segment' AND f.object_id = r.segment_id) \
         OR (f.kind = 'topic' AND f.object_id IN \
             (SELECT rt.tag_id FROM request_tags rt WHERE rt.request_id = $1))) AS followed, \
     (p.id IN (SELECT i.author_id FROM insights i JOIN requests r ON r.customer_id = i.customer_id \
         WHERE r.id = $1 AND i.withdrawn_at IS NULL) \
      OR p.id IN (SELECT i.author_id FROM request_tags rt JOIN insight_tags it ON it.tag_id = rt.tag_id \
         JOIN insights i ON i.id = it.insight_id WHERE rt.request_id = $1 AND i.withdrawn_at IS NULL) \
      OR p.id IN (SELECT i.author_id FROM insights i JOIN requests r ON r.segment_id = i.segment_id \
         WHERE r.id = $1 AND i.withdrawn_at IS NULL GROUP BY i.author_id HAVING COUNT(*) >= 3)) AS shared \
     FROM people p JOIN departments o ON o.id = p.department_id WHERE p.disabled_at IS NULL \
     AND p.id <> (SELECT r.asker_id FROM requests r WHERE r.id = $1)) w \
     WHERE asked OR followed OR shared \
     ORDER BY CASE WHEN shared THEN 4 ELSE 0 END + CASE WHEN followed THEN 2 ELSE 0 END \
     + CASE WHEN asked THEN 2 ELSE 0 END + CASE WHEN asked AND manager THEN 1 ELSE 0 END DESC, id LIMIT $2";

/// Who may know the answer to a request, the likeliest first, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn people(c: &mut Conn, id: i64, limit: i64) -> QueryResult<Vec<i64>> {
    let found: Vec<Found> = sql_query(PEOPLE).bind::<BigInt, _>(id).bind::<BigInt, _>(limit).load(c)?;
    Ok(found.into_iter().map(|found| found.id).collect())
}
