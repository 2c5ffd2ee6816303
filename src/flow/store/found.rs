//! How many people of a department found an insight that may answer something: kept beside the insight, so
//! that no page walks its openings.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer};

use crate::db::Conn;
use crate::db::schema::{insight_readers, request_matches};
use crate::flow::matrix::FEWEST_READERS;

const COUNT: &str = "INSERT INTO insight_readers (insight_id, department_id, readers) \
     SELECT f.insight_id, f.to_department_id, \
         CAST(CASE WHEN SUM(f.readers) > $1 THEN $1 ELSE SUM(f.readers) END AS INTEGER) \
     FROM (SELECT insight_id, to_department_id, 1 AS readers FROM first_accesses WHERE insight_id = $2 \
           UNION ALL \
           SELECT insight_id, department_id, readers FROM insight_reads WHERE insight_id = $2 AND readers > 0) f \
     GROUP BY f.insight_id, f.to_department_id";

/// Counts the readers of an insight anew, by department and up to five: sums of these reach five exactly
/// where five people read, and say nothing beyond.
///
/// # Errors
/// What the database says.
pub fn count_readers(c: &mut Conn, insight_id: i64) -> QueryResult<()> {
    diesel::delete(insight_readers::table.filter(insight_readers::insight_id.eq(insight_id))).execute(c)?;
    sql_query(COUNT)
        .bind::<Integer, _>(FEWEST_READERS as i32)
        .bind::<BigInt, _>(insight_id)
        .execute(c)
        .map(|_| ())
}

/// Forgets the counts of insights that no open request is compared with any more.
///
/// # Errors
/// What the database says.
pub fn forget_readers(c: &mut Conn) -> QueryResult<()> {
    let matched = request_matches::table.select(request_matches::insight_id);
    diesel::delete(insight_readers::table.filter(insight_readers::insight_id.ne_all(matched)))
        .execute(c)
        .map(|_| ())
}

/// Insight, department and readers up to five, of these insights.
///
/// # Errors
/// What the database says.
pub fn readers(c: &mut Conn, of_insights: &[i64]) -> QueryResult<Vec<(i64, i64, i32)>> {
    insight_readers::table
        .filter(insight_readers::insight_id.eq_any(of_insights.to_vec()))
        .select((insight_readers::insight_id, insight_readers::department_id, insight_readers::readers))
        .load(c)
}
