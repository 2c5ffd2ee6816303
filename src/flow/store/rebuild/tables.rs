//! The rows of each roll-up: how they are read in the order of their keys, written and removed.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::sums::{ActivityKey, ActivitySums, FlowKey};
use super::{activity_daily, first_accesses, flow_daily, insight_readers, person_daily};
use crate::db::Conn;
use crate::db::quick::{Day, Moment};
use crate::each_db;

/// A row of a roll-up.
pub(super) trait Rollup: Copy + PartialEq {
    const TABLE: &'static str;
    type Key: Ord;

    fn key(&self) -> Self::Key;

    /// Whether it is more than zeros.
    fn says_something(&self) -> bool;

    /// Whether the table has no row at all.
    fn is_empty(c: &mut Conn) -> QueryResult<bool>;

    /// Removes the row of its key.
    fn remove(&self, c: &mut Conn) -> QueryResult<()>;

    /// Writes rows whose keys are not there: COPY on PostgreSQL; on SQLite one prepared statement a row.
    fn add(rows: Vec<Self>, c: &mut Conn) -> QueryResult<()>;
}

macro_rules! rollup {
    ($row:ty, $table:ident, |$one:ident| $key:expr, $key_type:ty, $says:expr) => {
        impl Rollup for $row {
            const TABLE: &'static str = stringify!($table);
            type Key = $key_type;

            fn key(&self) -> Self::Key {
                let $one = self;
                $key
            }

            fn says_something(&self) -> bool {
                let says: fn(&Self) -> bool = $says;
                says(self)
            }

            fn is_empty(c: &mut Conn) -> QueryResult<bool> {
                Ok(!diesel::select(diesel::dsl::exists(
                    $table::table.select(true.into_sql::<diesel::sql_types::Bool>()),
                ))
                .get_result::<bool>(c)?)
            }

            fn remove(&self, c: &mut Conn) -> QueryResult<()> {
                each_db!(c, c => diesel::delete($table::table.find(self.key())).execute(c)).map(|_| ())
            }

            fn add(rows: Vec<Self>, c: &mut Conn) -> QueryResult<()> {
                match c {
                    Conn::Postgres(c) => {
                        diesel::copy_from($table::table).from_insertable(rows).execute(c)?;
                    }
                    Conn::Sqlite(c) => {
                        for row in rows {
                            diesel::insert_into($table::table).values(row).execute(c)?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
}

/// The first opening of an insight by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = first_accesses, treat_none_as_default_value = false)]
pub(super) struct First {
    pub insight_id: i64,
    pub person_id: i64,
    pub from_department_id: i64,
    pub to_department_id: i64,
    pub segment_id: i64,
    pub manager: bool,
    pub at: Moment,
    pub day: Day,
    pub last_at: Moment,
}

rollup!(First, first_accesses, |one| (one.insight_id, one.person_id), (i64, i64), |_| true);

impl First {
    /// Those of some insights, the first and the last of them.
    pub fn each(c: &mut Conn, of: (i64, i64), mut take: impl FnMut(First)) -> QueryResult<()> {
        use first_accesses as t;
        let rows = t::table
            .filter(t::insight_id.ge(of.0).and(t::insight_id.le(of.1)))
            .order((t::insight_id, t::person_id));
        each_db!(c, c => {
            for row in rows.load_iter::<First, DefaultLoadingMode>(c)? {
                take(row?);
            }
        });
        Ok(())
    }

    /// Those of days before the line.
    pub fn before(c: &mut Conn, of: (i64, i64), line: NaiveDate) -> QueryResult<Vec<First>> {
        use first_accesses as t;
        let rows = t::table
            .filter(t::insight_id.ge(of.0).and(t::insight_id.le(of.1)))
            .filter(t::day.lt(line))
            .order((t::insight_id, t::person_id));
        each_db!(c, c => rows.load(c))
    }
}

/// The counts of a department on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = activity_daily, treat_none_as_default_value = false)]
pub(super) struct Activity {
    pub day: NaiveDate,
    pub department_id: i64,
    pub manager: bool,
    pub segment_id: i64,
    pub contributions: i64,
    pub accesses: i64,
    pub uses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

rollup!(
    Activity,
    activity_daily,
    |one| (one.day, one.department_id, one.manager, one.segment_id),
    (NaiveDate, i64, bool, i64),
    |one| one.contributions != 0
        || one.accesses != 0
        || one.uses != 0
        || one.searches != 0
        || one.zero_result_searches != 0
);

impl Activity {
    pub fn rows(sums: HashMap<ActivityKey, ActivitySums>) -> Vec<Activity> {
        let mut rows: Vec<Activity> = sums
            .into_iter()
            .map(|((day, department_id, manager, segment_id), of)| Activity {
                day,
                department_id,
                manager,
                segment_id,
                contributions: of.contributions,
                accesses: of.accesses,
                uses: of.uses,
                searches: of.searches,
                zero_result_searches: of.zero_result_searches,
            })
            .filter(Rollup::says_something)
            .collect();
        rows.sort_unstable_by_key(Rollup::key);
        rows
    }

    pub fn each(c: &mut Conn, take: &mut dyn FnMut(Activity)) -> QueryResult<()> {
        use activity_daily as t;
        let rows = t::table.order((t::day, t::department_id, t::manager, t::segment_id));
        rows.load::<Activity>(c)?.into_iter().for_each(take);
        Ok(())
    }
}

/// First openings between two departments on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = flow_daily, treat_none_as_default_value = false)]
pub(super) struct Flow {
    pub from_department_id: i64,
    pub to_department_id: i64,
    pub day: NaiveDate,
    pub segment_id: i64,
    pub first_accesses: i64,
}

rollup!(
    Flow,
    flow_daily,
    |one| (one.from_department_id, one.to_department_id, one.day, one.segment_id),
    FlowKey,
    |one| one.first_accesses != 0
);

impl Flow {
    pub fn rows(sums: HashMap<FlowKey, i64>) -> Vec<Flow> {
        let mut rows: Vec<Flow> = sums
            .into_iter()
            .map(|((from_department_id, to_department_id, day, segment_id), first_accesses)| Flow {
                from_department_id,
                to_department_id,
                day,
                segment_id,
                first_accesses,
            })
            .filter(Rollup::says_something)
            .collect();
        rows.sort_unstable_by_key(Rollup::key);
        rows
    }

    pub fn each(c: &mut Conn, take: &mut dyn FnMut(Flow)) -> QueryResult<()> {
        use flow_daily as t;
        let rows = t::table
            .order((t::from_department_id, t::to_department_id, t::day, t::segment_id))
            .select((t::from_department_id, t::to_department_id, t::day, t::segment_id, t::first_accesses));
        rows.load::<Flow>(c)?.into_iter().for_each(take);
        Ok(())
    }
}

/// How many people of a department have opened an insight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = insight_readers, treat_none_as_default_value = false)]
pub(super) struct Readers {
    pub insight_id: i64,
    pub department_id: i64,
    pub readers: i32,
}

rollup!(Readers, insight_readers, |one| (one.insight_id, one.department_id), (i64, i64), |one| one.readers
    != 0);

impl Readers {
    pub fn rows(sums: HashMap<(i64, i64), i32>) -> Vec<Readers> {
        let mut rows: Vec<Readers> = sums
            .into_iter()
            .map(|((insight_id, department_id), readers)| Readers { insight_id, department_id, readers })
            .filter(Rollup::says_something)
            .collect();
        rows.sort_unstable_by_key(Rollup::key);
        rows
    }

    pub fn each(c: &mut Conn, take: &mut dyn FnMut(Readers)) -> QueryResult<()> {
        use insight_readers as t;
        let rows = t::table.order((t::insight_id, t::department_id));
        each_db!(c, c => {
            for row in rows.load_iter::<Readers, DefaultLoadingMode>(c)? {
                take(row?);
            }
        });
        Ok(())
    }
}

/// What somebody did on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = person_daily, treat_none_as_default_value = false)]
pub(super) struct Person {
    pub person_id: i64,
    pub day: Day,
    pub segment_id: i64,
    pub contributions: i64,
    pub accesses: i64,
}

rollup!(Person, person_daily, |one| (one.person_id, one.day, one.segment_id), (i64, Day, i64), |one| one
    .contributions
    != 0
    || one.accesses != 0);

impl Person {
    /// Those of some people, the first and the last of them.
    pub fn each(c: &mut Conn, of: (i64, i64), mut take: impl FnMut(Person)) -> QueryResult<()> {
        use person_daily as t;
        let rows = t::table.filter(t::person_id.ge(of.0).and(t::person_id.le(of.1))).order((
            t::person_id,
            t::day,
            t::segment_id,
        ));
        each_db!(c, c => {
            for row in rows.load_iter::<Person, DefaultLoadingMode>(c)? {
                take(row?);
            }
        });
        Ok(())
    }
}
