//! Which open requests are wanted from somebody, as SQL: whose department was asked, who follows what it is
//! about, who has shared about it. Here and not with the requests, because the frame of every page counts
//! them for whoever looks at it.

use chrono::NaiveDateTime;
use diesel::dsl::{self, exists};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text, Timestamp};

use super::Conn;
use super::fragments::Prepared;
use super::schema::requests;
use crate::each_db;

/// Open requests for $2, with why; $1 is their department's folded path, $3 now (SQLite numbers them in the
/// order in which they appear). A department that was
/// renamed or moved is the one that came after it. Whoever asked, pays or has answered is not asked again.
macro_rules! wanted {
    () => {
        "SELECT r.id, r.closes_at, \
         EXISTS (SELECT 1 FROM request_departments rd JOIN departments d ON d.id = rd.department_id \
             LEFT JOIN departments s ON s.id = d.succeeded_by WHERE rd.request_id = r.id \
             AND substr($1 || '/', 1, length(COALESCE(s.folded_path, d.folded_path)) + 1) \
                 = COALESCE(s.folded_path, d.folded_path) || '/') AS asked, \
         EXISTS (SELECT 1 FROM follows f WHERE f.person_id = $2 AND ( \
             (f.kind = 'customer' AND f.object_id = r.customer_id) \
             OR (f.kind = 'segment' AND f.object_id = r.segment_id) \
             OR (f.kind = 'topic' AND f.object_id IN \
                 (SELECT rt.tag_id FROM request_tags rt WHERE rt.request_id = r.id)))) AS followed, \
         (EXISTS (SELECT 1 FROM insights i WHERE i.author_id = $2 AND i.withdrawn_at IS NULL \
             AND i.customer_id = r.customer_id) \
          OR EXISTS (SELECT 1 FROM request_tags rt JOIN insight_tags it ON it.tag_id = rt.tag_id \
             JOIN insights i ON i.id = it.insight_id \
             WHERE rt.request_id = r.id AND i.author_id = $2 AND i.withdrawn_at IS NULL) \
          OR (SELECT COUNT(*) FROM insights i WHERE i.author_id = $2 AND i.withdrawn_at IS NULL \
             AND i.segment_id = r.segment_id) >= 3) AS shared \
         FROM requests r WHERE r.state = 'open' AND r.closes_at > $3 AND r.asker_id <> $2 \
         AND NOT EXISTS (SELECT 1 FROM request_funders rf WHERE rf.request_id = r.id AND rf.person_id = $2) \
         AND NOT EXISTS (SELECT 1 FROM request_answers ra JOIN insights i ON i.id = ra.insight_id \
             WHERE ra.request_id = r.id AND ra.withdrawn_at IS NULL \
             AND (ra.person_id = $2 OR i.author_id = $2))"
    };
}

/// The requests with the reasons, those that fit best first; $4 is how many.
pub const LIST: &str = concat!(
    "SELECT id, asked, followed, shared FROM (",
    wanted!(),
    ") w WHERE asked OR followed OR shared ORDER BY CASE WHEN asked THEN 2 ELSE 0 END \
     + CASE WHEN followed THEN 1 ELSE 0 END + CASE WHEN shared THEN 2 ELSE 0 END DESC, closes_at, id LIMIT $4"
);
const COUNT: &str =
    concat!("SELECT COUNT(*) AS found FROM (", wanted!(), ") w WHERE asked OR followed OR shared");

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// Whether any request is open at all, as a condition of another query: where none is, nothing has to be counted.
pub fn any() -> Any {
    exists(requests::table.filter(requests::state.eq("open")))
}

/// The type of [`any`].
pub type Any = dsl::exists<dsl::Filter<requests::table, dsl::Eq<requests::state, &'static str>>>;

/// How many there are for a person in the department of that folded path.
///
/// # Errors
/// What the database says.
pub fn count(c: &mut Conn, person_id: i64, folded_path: &str, now: NaiveDateTime) -> QueryResult<i64> {
    let count = Prepared(
        sql_query(COUNT).bind::<Text, _>(folded_path).bind::<BigInt, _>(person_id).bind::<Timestamp, _>(now),
    );
    each_db!(c, c => count.get_result::<Count>(c)).map(|count| count.found)
}
