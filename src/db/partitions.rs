//! Accesses by month, on PostgreSQL: each month is a table of its own under `accesses`, made before its first
//! day and dropped when everything in it was turned into counts. Days without one go to `accesses_rest`, so no
//! opening ever waits for a table. SQLite keeps one table; every query has the same text on both.

use chrono::{Datelike, Months, NaiveDate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::Conn;
use super::schema::retention_line;
use crate::error::AppResult;

/// Months after the present one that have their table already.
const AHEAD: u32 = 2;
/// Any number will do, as long as nobody else takes it: nodes make tables one after the other.
const ADVISORY_LOCK: i64 = 0x7061_7274_6974_696f;

/// Makes the tables of this month and the next ones, and drops those of which everything is counts. Returns
/// how many it made and dropped; nothing on SQLite. Runs in a transaction of its caller.
///
/// # Errors
/// What the database says.
pub fn look_after(c: &mut Conn, today: NaiveDate) -> QueryResult<(usize, usize)> {
    let first = today.with_day(1).unwrap_or(today);
    let months = (0..=AHEAD).filter_map(|ahead| first.checked_add_months(Months::new(ahead)));
    let made = make(c, months)?;
    let line: Option<NaiveDate> =
        retention_line::table.find(1).select(retention_line::before_day).first(c).optional()?;
    let dropped = match line {
        Some(line) => drop_before(c, line)?,
        None => 0,
    };
    Ok((made, dropped))
}

/// [`look_after`] in a transaction of its own, for a node that begins.
///
/// # Errors
/// What the database says.
pub fn begin(c: &mut Conn, today: NaiveDate) -> AppResult<()> {
    match c {
        Conn::Sqlite(_) => Ok(()),
        c => super::in_write_transaction(c, |c| Ok(look_after(c, today).map(|_| ())?)),
    }
}

/// Makes the tables of these months (first days), where there are none; returns how many. A month of which
/// rows lie in `accesses_rest` stays there.
///
/// # Errors
/// What the database says.
pub fn make(c: &mut Conn, months: impl IntoIterator<Item = NaiveDate>) -> QueryResult<usize> {
    let Conn::Postgres(c) = c else { return Ok(0) };
    c.batch_execute(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))?;
    let mut made = 0;
    for month in months {
        let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
        let name = name(month);
        if is(c, &format!("SELECT to_regclass('{name}') IS NOT NULL AS is"))?
            || is(
                c,
                &format!(
                    "SELECT EXISTS (SELECT 1 FROM accesses_rest WHERE day >= '{month}' AND day < '{next}') AS is"
                ),
            )?
        {
            continue;
        }
        // Made aside and then attached: that way nobody who reads or writes accesses has to wait.
        c.batch_execute(&format!(
            "CREATE TABLE {name} (LIKE accesses INCLUDING DEFAULTS INCLUDING CONSTRAINTS); \
             ALTER TABLE accesses ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{next}')"
        ))?;
        made += 1;
    }
    Ok(made)
}

/// Drops the tables of months that end before the line and hold nothing any more.
fn drop_before(c: &mut Conn, line: NaiveDate) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let Conn::Postgres(c) = c else { return Ok(0) };
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
         WHERE i.inhparent = 'accesses'::regclass ORDER BY 1",
    )
    .load(c)?;
    let mut dropped = 0;
    for Table { name } in tables {
        let Some(next) = month_of(&name).and_then(|month| month.checked_add_months(Months::new(1))) else {
            continue;
        };
        if next <= line && !is(c, &format!("SELECT EXISTS (SELECT 1 FROM {name}) AS is"))? {
            c.batch_execute(&format!("DROP TABLE {name}"))?;
            dropped += 1;
        }
    }
    Ok(dropped)
}

fn name(month: NaiveDate) -> String {
    format!("accesses_{:04}_{:02}", month.year(), month.month())
}

/// The month whose table has this name.
fn month_of(name: &str) -> Option<NaiveDate> {
    let (year, month) = name.strip_prefix("accesses_")?.split_once('_')?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
}

fn is(c: &mut diesel::PgConnection, question: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        is: bool,
    }
    Ok(diesel::sql_query(question).get_result::<Answer>(c)?.is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_name_of_its_month() {
        let month = NaiveDate::from_ymd_opt(2026, 11, 1).expect("a month");
        assert_eq!(name(month), "accesses_2026_11");
        assert_eq!(month_of("accesses_2026_11"), Some(month));
        for other in ["accesses_rest", "accesses", "accesses_2026_13"] {
            assert_eq!(month_of(other), None, "{other}");
        }
    }
}
