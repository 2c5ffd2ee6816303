//! Many openings at once, for the import, the demo company and the bench.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{accesses, insight_authors, insights};
use crate::each_db;
use crate::flow::event::{BETWEEN_ACCESSES, Segment};

/// Rows a statement inserts: PostgreSQL takes 65,535 values in one, SQLite 32,766.
const BATCH: usize = 4_000;

/// Somebody opened an insight; department and flag are those of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub insight_id: i64,
    pub person_id: i64,
    pub department_id: i64,
    pub manager: bool,
    pub at: NaiveDateTime,
    /// The company's day of `at`.
    pub day: NaiveDate,
}

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Counted and written.
    pub counted: u64,
    /// There already, with the same person, insight and time.
    pub known: u64,
    /// Within half an hour of one that counts.
    pub too_soon: u64,
    /// By an author of the insight.
    pub own: u64,
}

#[derive(Insertable)]
#[diesel(table_name = accesses, treat_none_as_default_value = false)]
struct NewAccess {
    insight_id: i64,
    person_id: i64,
    department_id: i64,
    manager: bool,
    segment_id: i64,
    at: NaiveDateTime,
    day: NaiveDate,
}

/// Writes the openings that count, in any order, beside those that are there. The roll-ups are left
/// behind: call [`super::rebuild::recompute`] after the last.
///
/// # Errors
/// What the database refuses, such as an insight that is not there.
pub fn add_openings(c: &mut Conn, mut openings: Vec<Opening>) -> QueryResult<Taken> {
    let own: HashSet<(i64, i64)> = insight_authors::table
        .select((insight_authors::insight_id, insight_authors::person_id))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect();
    let segments: HashMap<i64, i64> = insights::table
        .select((insights::id, insights::segment_id))
        .load::<(i64, Option<i64>)>(c)?
        .into_iter()
        .map(|(id, segment)| (id, Segment(segment).key()))
        .collect();
    let mut counted = counted_before(c, &openings)?;
    openings.sort_unstable_by_key(|o| (o.at, o.insight_id, o.person_id));

    let mut taken = Taken::default();
    let mut rows = Vec::with_capacity(BATCH.min(openings.len()));
    for opening in openings {
        let pair = (opening.insight_id, opening.person_id);
        if own.contains(&pair) {
            taken.own += 1;
            continue;
        }
        let times = counted.entry(pair).or_default();
        if times.contains_key(&opening.at) {
            taken.known += 1;
            continue;
        }
        if is_near(times, opening.at) {
            taken.too_soon += 1;
            continue;
        }
        times.insert(opening.at, ());
        taken.counted += 1;
        rows.push(NewAccess {
            insight_id: opening.insight_id,
            person_id: opening.person_id,
            department_id: opening.department_id,
            manager: opening.manager,
            segment_id: segments.get(&opening.insight_id).copied().unwrap_or_default(),
            at: opening.at,
            day: opening.day,
        });
        if rows.len() == BATCH {
            insert(c, &rows)?;
            rows.clear();
        }
    }
    insert(c, &rows)?;
    Ok(taken)
}

type Times = BTreeMap<NaiveDateTime, ()>;

/// The openings that count already, of the pairs that come.
fn counted_before(c: &mut Conn, openings: &[Opening]) -> QueryResult<HashMap<(i64, i64), Times>> {
    let mut known: HashMap<(i64, i64), Times> =
        openings.iter().map(|o| ((o.insight_id, o.person_id), Times::new())).collect();
    let rows = accesses::table.select((accesses::insight_id, accesses::person_id, accesses::at)).load::<(
        i64,
        i64,
        NaiveDateTime,
    )>(c)?;
    for (insight, person, at) in rows {
        if let Some(times) = known.get_mut(&(insight, person)) {
            times.insert(at, ());
        }
    }
    Ok(known)
}

/// Whether one that counts lies less than half an hour before or after. After, too: an import may bring
/// openings from before those that are there, and none of these is ever taken away.
fn is_near(times: &Times, at: NaiveDateTime) -> bool {
    let before = times.range(..=at).next_back().is_some_and(|(last, ())| at - *last < BETWEEN_ACCESSES);
    let after = times.range(at..).next().is_some_and(|(next, ())| *next - at < BETWEEN_ACCESSES);
    before || after
}

fn insert(c: &mut Conn, rows: &[NewAccess]) -> QueryResult<()> {
    if !rows.is_empty() {
        each_db!(c, c => diesel::insert_into(accesses::table).values(rows).execute(c))?;
    }
    Ok(())
}
