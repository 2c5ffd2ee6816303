//! How many people of each department have opened an insight: kept beside it, so that no page walks its
//! openings.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::insight_readers;

/// Insight, department of the readers at the time, and how many, of these insights.
///
/// # Errors
/// What the database says.
pub fn readers(c: &mut Conn, of_insights: &[i64]) -> QueryResult<Vec<(i64, i64, i32)>> {
    insight_readers::table
        .filter(insight_readers::insight_id.eq_any(of_insights.to_vec()))
        .filter(insight_readers::readers.gt(0))
        .select((insight_readers::insight_id, insight_readers::department_id, insight_readers::readers))
        .load(c)
}
