//! The reports of the demo company's past months, and the traces of who looked at figures.

use chrono::{NaiveTime, Timelike};
use diesel::prelude::*;

use super::hours::Hours;
use crate::accounts::person::{Actor, Role};
use crate::db::Conn;
use crate::db::schema::people;
use crate::error::AppResult;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::policy::ReportPolicy;
use crate::reports::periods;
use crate::reports::store::baselines;
use crate::reports::store::freezing::{self, Wish};
use crate::reports::store::kept::{self, New};

/// Days on which the Chief Customer Officer looked, counted back from today, and at what.
const LOOKED: [(u64, &[Kind]); 6] = [
    (1, &[Kind::Figures, Kind::Rows]),
    (4, &[Kind::Figures]),
    (8, &[Kind::Figures, Kind::Export]),
    (11, &[Kind::Figures, Kind::Rows, Kind::Report]),
    (22, &[Kind::Figures]),
    (40, &[Kind::Figures, Kind::Report]),
];

/// Months of which there are reports.
const MONTHS: usize = 3;

/// Makes the reports of the last months as the job would have made them: in the night after each.
///
/// # Errors
/// What the database refuses.
pub fn make(c: &mut Conn, hours: Hours) -> AppResult<()> {
    let today = hours.today();
    let Some(first) = readings::first_event_day(c)? else { return Ok(()) };
    let last = periods::month_before(today);
    // The first weeks in which people opened something, as the job would have marked them in the night after.
    let percent = ReportPolicy::default().baseline_percent;
    let start = baselines::first_weeks(c, hours.calendar, today, percent)?;
    if let Some(start) = start.filter(|start| start.to <= last.from) {
        let wish = Wish { period: start, segment: None };
        let frozen = freezing::freeze(c, wish, hours.calendar)?;
        let made_at = hours.calendar.start_of(start.to) + chrono::Duration::hours(4);
        let new = New { month: None, wish, made_by: None, made_at, frozen: &frozen };
        if let Some(id) = kept::keep(c, &new)? {
            baselines::mark(c, id, None, made_at)?;
        }
    }
    let mut months = vec![last];
    while months.len() < MONTHS && months[0].from > start.map_or(first, |start| start.from) {
        months.insert(0, months[0].previous());
    }
    for period in months {
        if period.to <= first {
            continue;
        }
        let wish = Wish { period, segment: None };
        let frozen = freezing::freeze(c, wish, hours.calendar)?;
        let night = period.to.and_time(NaiveTime::MIN.with_hour(3).unwrap_or(NaiveTime::MIN));
        let made_at = hours.calendar.to_utc(night);
        kept::keep(c, &New { month: Some(period.from), wish, made_by: None, made_at, frozen: &frozen })?;
    }
    let officer: Option<(i64, i64, bool)> = people::table
        .filter(people::role.eq(Role::Cco.name()))
        .order(people::id)
        .select((people::id, people::department_id, people::manager))
        .first(c)
        .optional()?;
    let Some((person_id, department_id, manager)) = officer else { return Ok(()) };
    for (ago, kinds) in LOOKED {
        let day = hours.working_from(hours.ago(ago));
        let at = hours.calendar.start_of(day) + chrono::Duration::hours(10);
        if at >= hours.now {
            continue;
        }
        for kind in kinds {
            looks::keep(
                c,
                &Actor { person_id, department_id, manager, at, day },
                *kind,
                &[looks::EVERYBODY],
            )?;
        }
    }
    Ok(())
}
