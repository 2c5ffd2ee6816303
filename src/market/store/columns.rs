//! Values written to PostgreSQL and ratings read from it, many at once: an array for each column, and one statement
//! however many rows there are. The text of a long statement with a place for each number costs more than its rows,
//! and so does handing over two million of them one by one.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamp};

use super::refit::GivenRow;
use super::values::{self, Row};
use super::voices::Voices;
use crate::db::quick::Moment;
use crate::market::value::Estimate;

/// Insights whose cells are settled at once.
const INSIGHTS: usize = 10_000;

/// Makes the cells those of the fit. Those that differ are written and no others, so that the insight of each is not
/// looked for anew.
pub(super) fn settle_cells(
    c: &mut PgConnection,
    voices: &Voices,
    estimates: &[(i64, Estimate)],
) -> QueryResult<()> {
    let mut from = i64::MIN;
    let mut parts = estimates.chunks(INSIGHTS).peekable();
    loop {
        let part = parts.next().unwrap_or_default();
        let until = match (parts.peek(), part.last()) {
            (Some(_), Some((last, _))) => *last,
            _ => i64::MAX,
        };
        let (mut ids, mut names, mut counts, mut sums) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (insight_id, estimate) in part {
            for view in &estimate.departments {
                ids.push(*insight_id);
                names.push(voices.names.get(view.department as usize).map_or("", String::as_str));
                counts.push(values::count(view.raters));
                sums.push(view.sum);
            }
        }
        diesel::sql_query(
            "DELETE FROM value_cells c WHERE c.insight_id >= $1 AND c.insight_id <= $2 AND NOT EXISTS \
             (SELECT 1 FROM UNNEST($3, $4) AS n(insight_id, voice) \
              WHERE n.insight_id = c.insight_id AND n.voice = c.voice)",
        )
        .bind::<BigInt, _>(from)
        .bind::<BigInt, _>(until)
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<Text>, _>(&names)
        .execute(c)?;
        diesel::sql_query(
            "INSERT INTO value_cells AS c (insight_id, voice, n, sum) SELECT * FROM UNNEST($1, $2, $3, $4) \
             ON CONFLICT (insight_id, voice) DO UPDATE SET n = excluded.n, sum = excluded.sum \
             WHERE c.n <> excluded.n OR c.sum <> excluded.sum",
        )
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<Text>, _>(&names)
        .bind::<Array<Integer>, _>(&counts)
        .bind::<Array<Double>, _>(&sums)
        .execute(c)?;
        if until == i64::MAX {
            return Ok(());
        }
        from = until + 1;
    }
}

/// Replaces the values of many insights.
pub(super) fn put_values(c: &mut PgConnection, rows: &[Row]) -> QueryResult<()> {
    fn all<T>(rows: &[Row], of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    diesel::sql_query(
        "INSERT INTO insight_values \
         (insight_id, uses, contributed_at, raters, departments, epoch_id, value, sd, lower, \
         lower_hundredths, enough_since, label, computed_at, shown_tenths, shown_low_tenths, \
         shown_high_tenths, shown_label, shown_raters, shown_at) \
         SELECT * FROM UNNEST \
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
         ON CONFLICT (insight_id) DO UPDATE SET \
         raters = excluded.raters, departments = excluded.departments, epoch_id = excluded.epoch_id, \
         value = excluded.value, sd = excluded.sd, lower = excluded.lower, lower_hundredths = \
         excluded.lower_hundredths, enough_since = excluded.enough_since, label = excluded.label, \
         computed_at = excluded.computed_at, shown_tenths = excluded.shown_tenths, shown_low_tenths = \
         excluded.shown_low_tenths, shown_high_tenths = excluded.shown_high_tenths, shown_label = \
         excluded.shown_label, shown_raters = excluded.shown_raters, shown_at = excluded.shown_at",
    )
    .bind::<Array<BigInt>, _>(all(rows, |row| row.insight_id))
    .bind::<Array<Integer>, _>(all(rows, |row| row.uses))
    .bind::<Array<Timestamp>, _>(all(rows, |row| row.contributed_at))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.raters))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.departments))
    .bind::<Array<BigInt>, _>(all(rows, |row| row.change.epoch_id))
    .bind::<Array<Double>, _>(all(rows, |row| row.change.value))
    .bind::<Array<Double>, _>(all(rows, |row| row.change.sd))
    .bind::<Array<Double>, _>(all(rows, |row| row.change.lower))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.lower_hundredths))
    .bind::<Array<Nullable<Timestamp>>, _>(all(rows, |row| row.change.enough_since))
    .bind::<Array<Text>, _>(all(rows, |row| row.change.label))
    .bind::<Array<Timestamp>, _>(all(rows, |row| row.change.computed_at))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.shown_tenths))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.shown_low_tenths))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.shown_high_tenths))
    .bind::<Array<Text>, _>(all(rows, |row| row.change.shown_label))
    .bind::<Array<Integer>, _>(all(rows, |row| row.change.shown_raters))
    .bind::<Array<Nullable<Timestamp>>, _>(all(rows, |row| row.change.shown_at))
    .execute(c)
    .map(|_| ())
}

#[derive(QueryableByName)]
struct Ratings {
    #[diesel(sql_type = Array<BigInt>)]
    ids: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    insights: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    people: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    departments: Vec<i64>,
    #[diesel(sql_type = Array<Integer>)]
    stars: Vec<i32>,
    #[diesel(sql_type = Array<Timestamp>)]
    firsts: Vec<NaiveDateTime>,
    #[diesel(sql_type = Array<Timestamp>)]
    lasts: Vec<NaiveDateTime>,
}

/// The next ratings after an id, in the order of ids; none where there are no more.
pub(super) fn ratings_after(c: &mut PgConnection, id: i64, at_once: i64) -> QueryResult<Vec<GivenRow>> {
    // Arrays are in the order of the rows they are made from.
    let found = diesel::sql_query(
        "SELECT array_agg(id) AS ids, array_agg(insight_id) AS insights, array_agg(person_id) AS people, \
                array_agg(department_id) AS departments, array_agg(value) AS stars, \
                array_agg(first_at) AS firsts, array_agg(at) AS lasts \
         FROM (SELECT id, insight_id, person_id, department_id, value, first_at, at FROM ratings \
               WHERE id > $1 ORDER BY id LIMIT $2) AS r HAVING COUNT(*) > 0",
    )
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(at_once)
    .get_result::<Ratings>(c)
    .optional()?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let Ratings { ids, insights, people, departments, stars, firsts, lasts } = found;
    let what = ids.into_iter().zip(insights).zip(people).zip(departments);
    let how = stars.into_iter().zip(firsts).zip(lasts);
    let row = |((((id, insight), person), department), ((stars, first), last))| {
        (id, insight, person, department, stars, Moment(first), Moment(last))
    };
    Ok(what.zip(how).map(row).collect())
}
