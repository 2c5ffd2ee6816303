//! The figure of an obstacle over whole weeks, by the definitions and with the suppression of the flow pages.
//! Whole weeks only, once a week: two numbers a day apart would tell what a few people did on that day.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::target::{Flow, Target};
use crate::clock::{Calendar, monday};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::flow::groups::View;
use crate::flow::headcount::Headcount;
use crate::flow::metrics::definitions::{Made, Unit, definition};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{self, Loaded, People, Question};
use crate::flow::period::{Period, in_words};
use crate::flow::statistics::bootstrap::{self, Stream};
use crate::flow::store::figures::{ask, is_known, kept};
use crate::flow::store::{pairs, readings};
use crate::flow::tables;
use crate::web::charts::{Ink, Line, Lines};

/// From more people than this on, the interval of a flow comes from drawing them, as that of C2.
const ENOUGH_PEOPLE: usize = 30;
/// Weeks before the opening that the chart shows.
const WEEKS_BEFORE: u64 = 8;
/// What the title of a chart ends with whose points are each over several weeks.
const UP_TO_SUNDAYS: &str = "over the weeks up to each Sunday";
/// Weeks of the longest chart.
const MOST_WEEKS: usize = 52;

/// The whole weeks before a day that a figure is measured over.
pub fn weeks_before(day: NaiveDate, weeks: i64) -> Period {
    let to = monday(day);
    let from = to.checked_sub_days(Days::new(7 * weeks.unsigned_abs())).unwrap_or(to);
    Period { from, to }
}

fn question(period: Period, calendar: Calendar) -> Question {
    Question { period, segment: None, view: View::default(), calendar }
}

/// The figure of a target over a period; none while its interval waits to be computed from the events, for
/// which it is asked.
///
/// # Errors
/// What the database says.
pub fn measure(
    c: &mut Conn,
    target: &Target,
    period: Period,
    calendar: Calendar,
    now: NaiveDateTime,
) -> AppResult<Option<Figure>> {
    match target {
        Target::Flow(flow) => Ok(Some(flow_figure(c, flow, period, calendar)?)),
        Target::Metric { id, part, whom } => {
            let night = kept(c, period)?;
            if night.computed_at.is_none() && needs_night(id, whom) {
                if !is_known(c, period)? {
                    ask(c, period, now)?;
                }
                return Ok(None);
            }
            let question = question(period, calendar);
            let loaded = Loaded::new(c, question)?;
            let mut figures = loaded.figures(&People::of(c, &question)?);
            figures.extend(metrics::indices_of(&loaded.matrix(c, false)?));
            figures.push(metrics::coverage(c, &question)?);
            metrics::refine(&mut figures, &night.figures);
            figures.extend(night.figures.into_iter().filter(|figure| !metrics::is_refinement(figure)));
            let found = figures.into_iter().find(|figure| target.fits(figure));
            let unit = definition(id).map_or(Unit::Count, |d| d.unit());
            Ok(Some(found.unwrap_or_else(|| Figure::unknown(id, part.clone(), whom.clone(), unit))))
        }
    }
}

/// First openings across all departments together, a person a month: what a flow is compared with, since it may have
/// risen for no other reason than that all did. None where it is not told, or no longer known.
///
/// # Errors
/// What the database says.
pub fn crossing(c: &mut Conn, period: Period, calendar: Calendar) -> AppResult<Option<f64>> {
    let loaded = match Loaded::new(c, question(period, calendar)) {
        Err(AppError::NoLonger { .. }) => return Ok(None),
        loaded => loaded?,
    };
    let exposure = loaded.headcount(|_| true).exposure(period);
    let count = loaded.matrix(c, false)?.crossing();
    Ok(count.filter(|_| exposure > 0.0).map(|count| count as f64 / exposure))
}

/// Whether a figure, or its interval, is computed from the events by a job.
fn needs_night(id: &str, whom: &Whom) -> bool {
    match definition(id).map(|definition| definition.made) {
        Some(Made::FromSums) => false,
        // Only everybody's comes from draws of the people.
        Some(Made::IntervalByNight) => *whom == Whom::All,
        _ => true,
    }
}

/// First openings there of what was shared here, a person of the reading department a month. Withheld where
/// the flow page withholds the cell.
fn flow_figure(c: &mut Conn, flow: &Flow, period: Period, calendar: Calendar) -> AppResult<Figure> {
    let unknown = || Figure::unknown("C7", "", Whom::All, Unit::PerPersonMonth);
    let loaded = Loaded::new(c, question(period, calendar))?;
    let place = |key: &str| loaded.grouping.with_key(key);
    let (Some(from), Some(to)) = (place(&flow.from_key), place(&flow.to_key)) else { return Ok(unknown()) };
    let matrix = loaded.matrix(c, false)?;
    let Some(count) = matrix.shown(from, to) else { return Ok(unknown().unless(true)) };
    let givers = loaded.grouping.departments_of(from);
    let takers = loaded.grouping.departments_of(to);
    let inside: Vec<_> = loaded
        .stays
        .iter()
        .filter(|stay| takers.contains(&stay.department_id) && stay.days_in(period) > 0)
        .collect();
    let headcount = Headcount::of(inside.iter().copied(), period);
    let figure = Figure { id: "C7", ..Figure::rate("C2", Whom::All, count as i64, headcount, period) };
    let figure = Figure { version: unknown().version, ..figure };
    let mut people: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for stay in &inside {
        people.entry(stay.person_id).or_default().0 += stay.days_in(period);
    }
    for (person, opened) in pairs::first_openings(c, period, &givers, &takers)? {
        people.entry(person).or_default().1 += opened;
    }
    if people.len() <= ENOUGH_PEOPLE || count == 0 {
        return Ok(figure);
    }
    let people: Vec<(i64, i64)> = people.into_values().collect();
    let stream =
        Stream::of(&["C7", &flow.from_key, &flow.to_key, &period.from.to_string(), &period.to.to_string()]);
    let interval = bootstrap::interval(people.len(), stream, |times| {
        let (days, opened) =
            people.iter().zip(times).fold((0, 0), |(days, opened), ((there, some), times)| {
                (days + there * i64::from(*times), opened + some * i64::from(*times))
            });
        let exposure = Headcount { person_days: days, at_end: 0 }.exposure(period);
        (exposure > 0.0).then(|| opened as f64 / exposure)
    });
    Ok(match interval {
        Some(ends) => figure.within(Some(ends)).of(people.len()),
        None => figure,
    })
}

/// The chart of an obstacle as it was last drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weeks {
    /// The Monday of each position.
    pub mondays: Vec<NaiveDate>,
    pub lines: Lines,
}

impl Weeks {
    /// Whether each week stands for itself, not for several up to it: its sentence says so.
    pub fn by_week(&self) -> bool {
        !self.lines.title.ends_with(UP_TO_SUNDAYS)
    }

    /// The position of a day; none outside of the chart.
    pub fn place(&self, day: NaiveDate) -> Option<usize> {
        let week = monday(day);
        self.mondays.iter().position(|known| *known == week)
    }
}

/// The figure week by week, from some weeks before the opening up to `end` (a Monday, exclusive), where sums
/// give it; `measured` are the numbers over several weeks, which stand in where they do not.
///
/// # Errors
/// What the database says.
pub fn weeks(
    c: &mut Conn,
    target: &Target,
    opened_on: NaiveDate,
    end: NaiveDate,
    calendar: Calendar,
    measured: &[(NaiveDate, Figure)],
) -> AppResult<Weeks> {
    let first = monday(opened_on).checked_sub_days(Days::new(7 * WEEKS_BEFORE)).unwrap_or(opened_on);
    let began = readings::first_day(c)?.map_or(first, monday);
    let Some(period) = Period::new(first.max(began), end) else { return Ok(Weeks::default()) };
    let mut mondays: Vec<NaiveDate> = period.weeks().iter().map(|week| week.monday).collect();
    if mondays.len() > MOST_WEEKS {
        mondays.drain(..mondays.len() - MOST_WEEKS);
    }
    let period = Period { from: mondays[0], to: end };
    let values = match target {
        Target::Flow(flow) => flow_weeks(c, flow, period, calendar)?,
        Target::Metric { id, whom, .. } if matches!(*id, "C1" | "C2") => {
            verb_weeks(c, usize::from(*id == "C2"), *whom == Whom::Managers, period, calendar)?
        }
        Target::Metric { .. } => None,
    };
    let (values, title) = match values {
        Some(values) => (values, format!("{}, week by week", target.name())),
        None => (
            mondays
                .iter()
                .map(|week| {
                    let after = week.checked_add_days(Days::new(7)).unwrap_or(*week);
                    measured.iter().find(|(to, _)| *to == after).and_then(|(_, figure)| figure.value)
                })
                .collect(),
            format!("{}, {UP_TO_SUNDAYS}", target.name()),
        ),
    };
    // The axis begins at 0.
    if values.iter().flatten().any(|value| *value < 0.0) || values.iter().flatten().count() < 2 {
        return Ok(Weeks::default());
    }
    Ok(Weeks {
        lines: Lines {
            title,
            points: mondays.iter().map(|week| in_words(*week)).collect(),
            marks: month_marks(&mondays),
            series: vec![Line { name: String::new(), ink: Ink::Given, values }],
        },
        mondays,
    })
}

/// First openings a week; none where the flow page withholds their sum, to which they would add up.
fn flow_weeks(
    c: &mut Conn,
    flow: &Flow,
    period: Period,
    calendar: Calendar,
) -> AppResult<Option<Vec<Option<f64>>>> {
    let loaded = Loaded::new(c, question(period, calendar))?;
    let place = |key: &str| loaded.grouping.with_key(key);
    let (Some(from), Some(to)) = (place(&flow.from_key), place(&flow.to_key)) else { return Ok(None) };
    if loaded.matrix(c, false)?.shown(from, to).is_none() {
        return Ok(None);
    }
    let (givers, takers) = (loaded.grouping.departments_of(from), loaded.grouping.departments_of(to));
    let spans = pairs::weekly(c, period, None, &givers, &takers)?;
    Ok(Some(spans.iter().flat_map(|span| std::iter::repeat_n(span.a_week(), span.weeks)).collect()))
}

fn verb_weeks(
    c: &mut Conn,
    verb: usize,
    managers: bool,
    period: Period,
    calendar: Calendar,
) -> AppResult<Option<Vec<Option<f64>>>> {
    let question = question(period, calendar);
    let loaded = Loaded::new(c, question)?;
    let figures = loaded.figures(&People::of(c, &question)?);
    let mut weeks = loaded.weeks(c, None)?;
    tables::withhold_weeks(&mut weeks, &figures);
    let values =
        weeks.iter().map(|week| if managers { week.managers[verb].value } else { week.all[verb].value });
    Ok(Some(values.collect()))
}

/// The weeks in which a month begins, about six of them.
fn month_marks(mondays: &[NaiveDate]) -> Vec<(usize, String)> {
    let month = |day: NaiveDate| (day.year(), day.month());
    let begins = |at: usize| at == 0 || month(mondays[at - 1]) != month(mondays[at]);
    let mut marks: Vec<(usize, String)> = (0..mondays.len())
        .filter(|at| begins(*at))
        .map(|at| (at, mondays[at].format("%b").to_string()))
        .collect();
    // The first is half a month at best: it goes where the second would touch it.
    if marks.len() > 2 && marks[1].0 < 3 {
        marks.remove(0);
    }
    let step = marks.len().div_ceil(7).max(1);
    marks.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_weeks_end_with_the_last_sunday() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (today, from, to) in [
            ("2026-11-25", "2026-10-26", "2026-11-23"),
            ("2026-11-23", "2026-10-26", "2026-11-23"),
            ("2026-11-29", "2026-10-26", "2026-11-23"),
        ] {
            assert_eq!(weeks_before(day(today), 4), Period { from: day(from), to: day(to) }, "{today}");
        }
    }
}
