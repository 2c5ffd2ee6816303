//! ratings.csv: the last rating of a person and insight holds. A rating says that the insight was opened
//! before: where no access says so, one is added at its time.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::events::{STEP, both, own_insight, too_early};
use super::{Failed, Run, Source};
use crate::db::Conn;
use crate::db::schema::ratings;
use crate::error::AppResult;
use crate::exchange::record::{RATINGS, RatingRecord};
use crate::exchange::report::RatingTally;
use crate::exchange::sheet;
use crate::flow::store::openings::{self, Opening};
use crate::market::store::ratings::Given;

/// Reads the ratings and decides what counts of them and of the openings.
pub(super) fn check(run: &mut Run<'_>, source: Option<&Source>, mut openings: Vec<Opening>) -> AppResult<()> {
    let given = match source {
        Some(source) => read(run, source)?,
        None => Vec::new(),
    };
    openings.extend(given.iter().map(|rating| Opening {
        insight_id: rating.insight_id,
        person_id: rating.person_id,
        department_id: rating.department_id,
        manager: rating.manager,
        at: rating.at,
        day: rating.day,
        implied: true,
    }));
    run.progress.at("comparing accesses", 0, 1);
    let counting = openings::what_counts(run.c, openings)?;
    let accesses = &mut run.report.accesses;
    accesses.implied = counting.implied;
    accesses.new = counting.counted.len() as u64 - counting.implied;
    accesses.same = counting.already;
    accesses.too_soon = counting.too_soon;
    accesses.too_old = counting.too_old;
    run.plan.openings = counting.counted;
    run.progress.at("comparing ratings", 0, 1);
    let own = run.report.ratings.own;
    let (plan, tally) = what_holds(run.c, given)?;
    run.report.ratings = RatingTally { own, ..tally };
    run.plan.ratings = plan;
    Ok(())
}

fn read(run: &mut Run<'_>, source: &Source) -> AppResult<Vec<Given>> {
    let Some(bytes) = run.bytes(&RATINGS, source) else {
        return Ok(Vec::new());
    };
    let (today, all) = (run.options.today, bytes.len() as u64);
    let mut given = Vec::new();
    let mut failed = Failed::default();
    let (mut own, mut rows) = (0, 0);
    let (c, names, progress) = (&mut *run.c, &mut run.names, &mut *run.progress);
    let notes = &mut run.report.notes;
    let seen = sheet::read(
        &RATINGS,
        &bytes,
        &mut run.report.problems,
        |row| {
            let record = RatingRecord::read(row, today);
            let department = names.department(row, RatingRecord::DEPARTMENT);
            let (Some(record), Ok(department)) = (record, department) else {
                return;
            };
            let (who, what) = (names.person(record.rater), failed.keep(names.insight(c, record.insight)));
            let Some(what) = what else {
                return;
            };
            let Some((who, what)) = both(row, (1, who), (0, what)) else {
                return;
            };
            if record.at < what.contributed_at {
                too_early(row, 3, &what);
            } else if what.authors.contains(&who.id) {
                own += 1;
                notes.add(own_insight(RATINGS.file, record.line, "rater", record.rater));
            } else {
                given.push(Given {
                    insight_id: what.id,
                    person_id: who.id,
                    department_id: department.unwrap_or(who.department_id),
                    manager: record.manager.unwrap_or(who.manager),
                    value: record.value,
                    version: what.version,
                    blind: record.blind,
                    first_at: record.at,
                    at: record.at,
                    day: today.calendar.day(record.at),
                });
            }
        },
        |done| {
            rows += 1;
            if rows % STEP == 0 {
                progress.at("reading ratings.csv", done as u64, all);
            }
        },
    );
    failed.into_result()?;
    run.check_rows(&RATINGS, seen.rows);
    run.report.ratings_seen = Some(seen);
    run.report.ratings.own = own;
    Ok(given)
}

/// What the database says of somebody's rating.
#[derive(Queryable)]
struct Known {
    person_id: i64,
    department_id: i64,
    manager: bool,
    value: i32,
    blind: bool,
    at: NaiveDateTime,
    day: NaiveDate,
}

/// The ratings to be written: of each person and insight the last, unless it is there or an even later
/// one is.
fn what_holds(c: &mut Conn, mut given: Vec<Given>) -> AppResult<(Vec<Given>, RatingTally)> {
    // A stable sort: of two at the same instant the later line holds.
    given.sort_by_key(|rating| (rating.insight_id, rating.person_id, rating.at));
    let (mut plan, mut tally) = (Vec::new(), RatingTally::default());
    for of_insight in given.chunk_by(|a, b| a.insight_id == b.insight_id) {
        let known = match of_insight.first() {
            Some(first) if first.insight_id > 0 => known(c, first.insight_id)?,
            _ => HashMap::new(),
        };
        for of_person in of_insight.chunk_by(|a, b| a.person_id == b.person_id) {
            let (Some(first), Some(last)) = (of_person.first(), of_person.last()) else {
                continue;
            };
            tally.replaced += of_person.len() as u64 - 1;
            let rating = Given { first_at: first.at, ..*last };
            match known.get(&last.person_id) {
                None => tally.new += 1,
                Some(known) if last.at < known.at => {
                    tally.older += 1;
                    continue;
                }
                Some(known) if is_same(&rating, known) => {
                    tally.same += 1;
                    continue;
                }
                Some(_) => tally.changed += 1,
            }
            plan.push(rating);
        }
    }
    Ok((plan, tally))
}

fn is_same(rating: &Given, known: &Known) -> bool {
    (rating.department_id, rating.manager, rating.value, rating.blind, rating.at, rating.day)
        == (known.department_id, known.manager, known.value, known.blind, known.at, known.day)
}

fn known(c: &mut Conn, insight_id: i64) -> QueryResult<HashMap<i64, Known>> {
    let rows = ratings::table
        .filter(ratings::insight_id.eq(insight_id))
        .select((
            ratings::person_id,
            ratings::department_id,
            ratings::manager,
            ratings::value,
            ratings::blind,
            ratings::at,
            ratings::day,
        ))
        .load::<Known>(c)?;
    Ok(rows.into_iter().map(|row| (row.person_id, row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_counts_once() {
        let at = |minute| {
            "2026-01-05T09:00:00".parse::<NaiveDateTime>().expect("a time")
                + chrono::Duration::minutes(minute)
        };
        let given = |person_id, minute, value| Given {
            insight_id: 0,
            person_id,
            department_id: 1,
            manager: false,
            value,
            version: 1,
            blind: true,
            first_at: at(minute),
            at: at(minute),
            day: at(minute).date(),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("empty.db").display());
        let mut sqlite = Conn::open(&address.parse().expect("an address")).expect("a database");
        let (plan, tally) = what_holds(
            &mut sqlite,
            vec![given(2, 0, 1), given(1, 20, 4), given(1, 0, 2), given(1, 20, 5), given(1, 10, 3)],
        )
        .expect("no question");
        let kept: Vec<_> = plan.iter().map(|r| (r.person_id, r.value, r.first_at, r.at)).collect();
        assert_eq!(kept, [(1, 5, at(0), at(20)), (2, 1, at(0), at(0))]);
        assert_eq!(tally, RatingTally { new: 2, replaced: 3, ..RatingTally::default() });
    }
}
