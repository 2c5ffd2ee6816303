//! C17 and C18: what is asked, and how often and how soon somebody answers.

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;
use super::waits::hours;
use crate::flow::headcount::Headcount;
use crate::flow::statistics::survival::{Curve, Wait};
use crate::flow::store::histories::Asked;
use chrono::Duration;

/// A request has so long to be filled, in days.
const TO_FILL: i64 = 21;

/// Of the requests opened in the period.
pub(super) fn figures(study: &Study<'_>, asked: &[Asked]) -> Vec<Figure> {
    let mut figures = opened(study, asked);
    figures.extend(filled(study, asked));
    figures
}

/// C17's requests, of everybody, of managers and of each group of departments.
fn opened(study: &Study<'_>, asked: &[Asked]) -> Vec<Figure> {
    let loaded = study.loaded;
    let of = |whom: Whom, count: usize, headcount: Headcount| {
        let figure = Figure::rate("C17", whom, count as i64, headcount, study.period());
        Figure { part: "requests".into(), ..figure }.unless_small(
            headcount,
            study.period(),
            loaded.question.view.unsuppressed,
        )
    };
    let managers = asked.iter().filter(|one| one.manager).count();
    let mut figures = vec![
        of(Whom::All, asked.len(), loaded.headcount(|_| true)),
        of(Whom::Managers, managers, loaded.headcount(|stay| stay.manager)),
    ];
    for (place, group) in loaded.grouping.groups.iter().enumerate() {
        let inside = |one: &&Asked| loaded.grouping.place_of(one.department_id) == Some(place);
        let count = asked.iter().filter(inside).count();
        figures.push(of(Whom::Department(group.name.clone()), count, group.headcount));
    }
    figures
}

/// C18.
fn filled(study: &Study<'_>, asked: &[Asked]) -> [Figure; 2] {
    let end = study.reads.end;
    // What became of it later is not known at the end.
    let closed = |one: &Asked| one.closed_at.filter(|at| *at < end);
    let is = |one: &Asked, state: &str| closed(one).is_some() && one.state == state;
    let awarded = |one: &Asked| is(one, "awarded") || is(one, "auto_awarded");
    let is_due = |one: &&Asked| one.asked_at <= end - Duration::days(TO_FILL);
    let due: Vec<&Asked> = asked.iter().filter(is_due).filter(|one| !is(one, "cancelled")).collect();
    let in_time = |one: &&&Asked| {
        awarded(one) && closed(one).is_some_and(|at| at <= one.asked_at + Duration::days(TO_FILL))
    };
    let rate = Figure::share(
        "C18",
        "fill_rate",
        Whom::All,
        due.iter().filter(in_time).count() as i64,
        due.len() as i64,
        study.fewest(),
    );
    let waits: Vec<Wait> = asked
        .iter()
        .map(|one| Wait {
            time: hours(closed(one).unwrap_or(end) - one.asked_at) / 24.0,
            happened: awarded(one),
        })
        .collect();
    let (n, happened) = (waits.len(), waits.iter().filter(|wait| wait.happened).count());
    let median = Curve::new(waits).map(|curve| curve.median());
    let excluded = asked.iter().filter(|one| !is_due(one)).count() as i64;
    [Figure { excluded, ..rate }, Figure::wait("C18", "time_to_fill", Unit::Days, median, (n, happened))]
}
