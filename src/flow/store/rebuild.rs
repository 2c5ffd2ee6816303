//! The roll-ups from the events: to replace them after an import, and to prove that they agree.
//!
//! The statements are the same on both databases. A roll-up row of zeros is the same as none: taking a
//! contribution back leaves one.
//!
//! Events before the line ([`super::retention`]) are gone. What the roll-ups say of the accesses of those days
//! is taken for the events themselves, so that a rebuild keeps it and still finds every other difference.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::retention::line;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::exclude_writers;
use crate::db::schema::{accesses, insights};

/// A roll-up, its columns, which of its rows say something, and the same rows from the events.
struct Rollup {
    table: &'static str,
    columns: &'static str,
    says_something: &'static str,
    /// Where [`BEFORE`] stands, the statement below is put, if there is a line.
    from_events: &'static str,
    /// What is kept of days before the line, from `{kept}`: its rows before it are rebuilt, too. Empty where
    /// nothing is kept, or where it stands in a table of its own.
    before: &'static str,
}

/// Stands in a statement where the rows before the line come in.
const BEFORE: &str = "/*before*/";
/// Stands where a part of the insights can be chosen.
const INSIGHTS: &str = "/*insights*/";

/// In the order in which they are made: the flow and the readers count first accesses.
const ROLLUPS: [Rollup; 5] = [
    Rollup {
        table: "first_accesses",
        columns: "insight_id, person_id, from_department_id, to_department_id, segment_id, manager, at, day, last_at",
        says_something: "1 = 1",
        from_events: "SELECT r.insight_id, r.person_id, i.department_id AS from_department_id, r.department_id AS to_department_id, r.segment_id, \
                             r.manager, r.at, r.day, r.last_at \
                      FROM (SELECT a.insight_id, a.person_id, a.department_id, a.segment_id, a.manager, a.at, a.day, \
                                   ROW_NUMBER() OVER (PARTITION BY a.insight_id, a.person_id ORDER BY a.at, a.id) AS place, \
                                   MAX(a.at) OVER (PARTITION BY a.insight_id, a.person_id) AS last_at \
                            FROM accesses a /*insights*/) r \
                      JOIN insights i ON i.id = r.insight_id \
                      WHERE r.place = 1 /*before*/",
        // Whoever came back since: the events say when last, the kept row that it was not the first time.
        before: "AND NOT EXISTS (SELECT 1 FROM {kept} k WHERE k.insight_id = r.insight_id AND k.person_id = r.person_id) \
                 UNION ALL \
                 SELECT k.insight_id, k.person_id, k.from_department_id, k.to_department_id, k.segment_id, \
                        k.manager, k.at, k.day, \
                        (SELECT MAX(a.at) FROM accesses a WHERE a.insight_id = k.insight_id AND a.person_id = k.person_id) \
                 FROM {kept} k",
    },
    Rollup {
        table: "activity_daily",
        columns: "day, department_id, manager, segment_id, contributions, accesses, uses, searches, zero_result_searches",
        says_something: "contributions <> 0 OR accesses <> 0 OR uses <> 0 OR searches <> 0 OR zero_result_searches <> 0",
        from_events: "SELECT day, department_id, manager, segment_id, CAST(SUM(contributions) AS BIGINT) AS contributions, \
                             CAST(SUM(accesses) AS BIGINT) AS accesses, CAST(SUM(uses) AS BIGINT) AS uses, \
                             CAST(SUM(searches) AS BIGINT) AS searches, CAST(SUM(zero_result_searches) AS BIGINT) AS zero_result_searches \
                      FROM (SELECT day, department_id, manager, COALESCE(segment_id, 0) AS segment_id, \
                                   1 AS contributions, 0 AS accesses, 0 AS uses, 0 AS searches, 0 AS zero_result_searches \
                            FROM insights WHERE NOT undone \
                            UNION ALL \
                            SELECT day, department_id, manager, segment_id, 0, 1, 0, 0, 0 FROM accesses \
                            UNION ALL \
                            SELECT u.day, u.department_id, u.manager, COALESCE(i.segment_id, 0), 0, 0, 1, 0, 0 \
                            FROM uses u JOIN insights i ON i.id = u.insight_id \
                            UNION ALL \
                            SELECT day, department_id, manager, 0, 0, 0, 0, 1, \
                                   CASE WHEN results = 0 THEN 1 ELSE 0 END FROM searches /*before*/) e \
                      GROUP BY day, department_id, manager, segment_id",
        before: "UNION ALL SELECT day, department_id, manager, segment_id, 0, accesses, 0, 0, 0 \
                 FROM {kept} k WHERE accesses <> 0",
    },
    Rollup {
        table: "flow_daily",
        columns: "from_department_id, to_department_id, day, segment_id, first_accesses",
        says_something: "first_accesses <> 0",
        from_events: "SELECT from_department_id, to_department_id, day, segment_id, CAST(SUM(firsts) AS BIGINT) AS first_accesses \
                      FROM (SELECT from_department_id, to_department_id, day, segment_id, 1 AS firsts FROM first_accesses \
                            /*before*/) e \
                      GROUP BY from_department_id, to_department_id, day, segment_id",
        before: "WHERE day > '1970-01-01' UNION ALL \
                 SELECT from_department_id, to_department_id, day, segment_id, first_accesses FROM {kept} k",
    },
    Rollup {
        table: "insight_readers",
        columns: "insight_id, department_id, readers",
        says_something: "readers <> 0",
        from_events: "SELECT insight_id, department_id, CAST(SUM(readers) AS INTEGER) AS readers \
                      FROM (SELECT insight_id, to_department_id AS department_id, 1 AS readers FROM first_accesses \
                            UNION ALL \
                            SELECT insight_id, department_id, readers FROM insight_reads WHERE readers <> 0) e \
                      GROUP BY insight_id, department_id",
        before: "",
    },
    Rollup {
        table: "person_daily",
        columns: "person_id, day, segment_id, contributions, accesses",
        says_something: "contributions <> 0 OR accesses <> 0",
        from_events: "SELECT person_id, day, segment_id, CAST(SUM(contributions) AS BIGINT) AS contributions, \
                             CAST(SUM(accesses) AS BIGINT) AS accesses \
                      FROM (SELECT author_id AS person_id, day, COALESCE(segment_id, 0) AS segment_id, \
                                   1 AS contributions, 0 AS accesses FROM insights WHERE NOT undone \
                            UNION ALL \
                            SELECT person_id, day, segment_id, 0, 1 FROM accesses) e \
                      GROUP BY person_id, day, segment_id",
        before: "",
    },
];

/// A roll-up that did not agree with the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub table: &'static str,
    /// Rows that were missing, too many, or had another number.
    pub rows: i64,
}

/// Compares every roll-up with the events and replaces those that differ. Nothing else writes meanwhile.
///
/// # Errors
/// What the database refuses.
pub fn check_and_mend(c: &mut Conn) -> QueryResult<Vec<Difference>> {
    exclude_writers(c, &EVENTS)?;
    let mut differences = Vec::new();
    for rollup in &ROLLUPS {
        let rows = differing_rows(c, rollup)?;
        if rows > 0 {
            differences.push(Difference { table: rollup.table, rows });
            replace(c, rollup)?;
        }
    }
    Ok(differences)
}

/// Replaces every roll-up by what the events say, after many events were added at once; what was kept of
/// figures is computed again.
///
/// # Errors
/// What the database refuses.
pub fn recompute(c: &mut Conn) -> QueryResult<()> {
    exclude_writers(c, &EVENTS)?;
    super::figures::ask_for_all_again(c)?;
    ROLLUPS.iter().try_for_each(|rollup| replace(c, rollup))
}

/// Whose writers wait while the roll-ups are made: those of the events they are made from.
const EVENTS: [&str; 9] = [
    "insights",
    "accesses",
    "uses",
    "searches",
    "first_accesses",
    "activity_daily",
    "flow_daily",
    "insight_readers",
    "person_daily",
];

fn differing_rows(c: &mut Conn, rollup: &Rollup) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let Rollup { table, columns, says_something, .. } = rollup;
    let line = line(c)?.filter(|_| !rollup.before.is_empty());
    let from_events = from_events(rollup, line.map(|line| kept_of(rollup, line)));
    let from_events = &format!("SELECT {columns} FROM ({from_events}) all_events");
    let kept = format!("SELECT {columns} FROM {table} WHERE {says_something}");
    let mut count = |left: &str, right: &str| {
        diesel::sql_query(format!("SELECT COUNT(*) AS rows FROM ({left} EXCEPT {right}) d"))
            .get_result::<Rows>(c)
            .map(|found| found.rows)
    };
    // A row with another number stands on both sides: the larger side is how many rows are wrong.
    Ok(count(from_events, &kept)?.max(count(&kept, from_events)?))
}

/// Openings read at a time.
const AT_ONCE: i64 = 10_000;

/// How many openings have another day than they would have in this time zone: TIME_ZONE was changed after
/// them. Events are never rewritten, so they keep it.
///
/// # Errors
/// What the database says.
pub fn of_another_zone(c: &mut Conn, calendar: Calendar) -> QueryResult<i64> {
    let (mut after, mut moved) = (0, 0);
    loop {
        let rows = accesses::table
            .filter(accesses::id.gt(after))
            .order(accesses::id)
            .limit(AT_ONCE)
            .select((accesses::id, accesses::at, accesses::day))
            .load::<(i64, NaiveDateTime, NaiveDate)>(c)?;
        moved += rows.iter().filter(|(_, at, day)| calendar.day(*at) != *day).count() as i64;
        match rows.last() {
            Some((id, ..)) => after = *id,
            None => return Ok(moved),
        }
    }
}

/// Insights whose openings are put in order at a time, so that twenty million need no memory of their size.
const AT_A_TIME: i64 = 2_000;

/// The conditions under which a roll-up is made part by part; one that is always true where it is made whole.
fn ranges(c: &mut Conn, rollup: &Rollup) -> QueryResult<Vec<String>> {
    if !rollup.from_events.contains(INSIGHTS) {
        return Ok(vec![String::new()]);
    }
    let last: Option<i64> = insights::table.select(diesel::dsl::max(insights::id)).first(c)?;
    Ok((0..=last.unwrap_or(0) / AT_A_TIME)
        .map(|at| {
            format!("WHERE a.insight_id >= {} AND a.insight_id < {}", at * AT_A_TIME, (at + 1) * AT_A_TIME)
        })
        .collect())
}

/// Rows of a roll-up of days before the line.
fn kept_of(rollup: &Rollup, line: NaiveDate) -> String {
    format!("(SELECT * FROM {} WHERE day < '{line}')", rollup.table)
}

/// The rows as the events say, those before the line from `kept`.
fn from_events(rollup: &Rollup, kept: Option<String>) -> String {
    let before = kept.map_or_else(String::new, |kept| rollup.before.replace("{kept}", &kept));
    rollup.from_events.replace(BEFORE, &before)
}

fn replace(c: &mut Conn, rollup: &Rollup) -> QueryResult<()> {
    let Rollup { table, columns, before, .. } = rollup;
    let line = line(c)?.filter(|_| !before.is_empty());
    let ranges = ranges(c, rollup)?;
    let mut run = |statement: String| diesel::sql_query(statement).execute(c);
    let Some(line) = line else {
        run(format!("DELETE FROM {table}"))?;
        let rows = from_events(rollup, None);
        for range in ranges {
            run(format!("INSERT INTO {table} ({columns}) {}", rows.replace(INSIGHTS, &range)))?;
        }
        return Ok(());
    };
    // What is kept is read while its table is emptied.
    run(format!("CREATE TEMPORARY TABLE kept_rows AS SELECT * FROM {table} WHERE day < '{line}'"))?;
    run(format!("DELETE FROM {table}"))?;
    run(format!("INSERT INTO {table} ({columns}) {}", from_events(rollup, Some("kept_rows".into()))))?;
    run("DROP TABLE kept_rows".into())?;
    Ok(())
}
