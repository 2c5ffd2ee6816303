//! What stands near an insight: the same customer, then a shared tag, then the same segment.

use diesel::prelude::*;

use crate::archive::insight::Insight;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::schema::{departments, insight_tags, insights};
use crate::each_db;

/// An insight nearby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    pub id: i64,
    pub title: String,
    /// The path of the author's department when it was shared.
    pub department: String,
}

/// The newest insights near this one, the nearest kind first, at most `limit`.
///
/// Asked kind by kind along an index and only until there are enough: one question with OR sorts a whole
/// segment.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, viewer: i64, insight: &Insight, limit: usize) -> QueryResult<Vec<Near>> {
    let mut found: Vec<(i64, String, String)> = Vec::new();
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    // One more than wanted: the insight itself may be among them.
    macro_rules! newest {
        ($condition:expr) => {{
            let newest = insights::table
                .inner_join(departments::table)
                .filter($condition)
                .filter(visible_to(viewer))
                .order((insights::contributed_at.desc(), insights::id.desc()))
                .limit(wanted * 2 + 1)
                .select((insights::id, insights::title, departments::path));
            each_db!(&mut *c, c => newest.load::<(i64, String, String)>(c))?
        }};
    }
    if let Some(customer) = &insight.customer {
        add(&mut found, newest!(insights::customer_id.eq(customer.id)), insight.id);
    }
    for tag in &insight.tags {
        if found.len() >= limit {
            break;
        }
        // The newest ids of the tag, which are the newest insights but for imports: a popular tag is not
        // sorted as a whole.
        let newest_of_tag = insight_tags::table
            .filter(insight_tags::tag_id.eq(tag.id))
            .order(insight_tags::insight_id.desc())
            .limit(wanted * 4)
            .select(insight_tags::insight_id);
        add(&mut found, newest!(insights::id.eq_any(newest_of_tag)), insight.id);
    }
    if let Some(segment) = insight.segment.as_ref().filter(|_| found.len() < limit) {
        add(&mut found, newest!(insights::segment_id.eq(segment.id)), insight.id);
    }
    found.truncate(limit);
    Ok(found.into_iter().map(|(id, title, department)| Near { id, title, department }).collect())
}

fn add(found: &mut Vec<(i64, String, String)>, more: Vec<(i64, String, String)>, own: i64) {
    for row in more {
        if row.0 != own && !found.iter().any(|(id, _, _)| *id == row.0) {
            found.push(row);
        }
    }
}
