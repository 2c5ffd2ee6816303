//! What ratings said at a time: for figures of a period, which are as of its end.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::merged::Merged;
use super::refit::Counted;
use super::standing::Standings;
use super::voices::Voices;
use super::{refit, state, values};
use crate::db::Conn;
use crate::db::schema::insights;
use crate::flow::metrics::worth::{AsOf, Judged, Rated, Worth};
use crate::flow::rounds::Rounds;
use crate::market::fit;
use crate::market::value::{Judgement, Params, estimate};

/// Ratings of an insight's first so many days do not know how it ripened.
const EARLY: Duration = Duration::days(30);

/// The department an insight was shared from, and when, by its id and in the order of ids.
type About = (i64, (i64, NaiveDateTime));

/// Times at which ratings are fitted at once: each takes a hundred bytes a rating.
const SIDE_BY_SIDE: usize = 2;

/// Fits the ratings given before each of these times with the constants then in force: those of the rounds that
/// were over by then, unless it is asked exactly. Nothing is stored. A rating changed since then counts from its
/// change on; one that was voided or an insight that was merged since then is so for any time.
///
/// # Errors
/// What the database says.
pub fn as_of(c: &mut Conn, asked: AsOf<'_>, take: &mut dyn FnMut(NaiveDateTime, Worth)) -> QueryResult<()> {
    let AsOf { ends, calendar, exactly } = asked;
    let standings = Standings::all(c)?;
    let voices = Voices::load(c, &standings)?;
    let merged = Merged::all(c)?;
    let pending_error = state::health(c)?.bound;
    let about: Vec<About> = insights::table
        .order(insights::id)
        .select((insights::id, (insights::department_id, insights::contributed_at)))
        .load(c)?;
    let mut all = Vec::new();
    refit::each_given(c, &voices, &standings, ends.iter().max().copied(), |given| all.push(given))?;
    let rounds = match exactly {
        true => Rounds::any_day(),
        false => Rounds::of(all.iter().map(|given| (calendar.day(given.at), given.rating.rater))),
    };
    let counted = |until: NaiveDateTime| {
        let mut counted: Vec<Counted> = Vec::with_capacity(all.len());
        let given = all.iter().filter(|given| given.at < until).copied();
        refit::counted_of(given, &merged, |one| counted.push(one));
        counted
    };
    let about = &about;
    for few in ends.chunks(SIDE_BY_SIDE) {
        let mut asked = Vec::with_capacity(few.len());
        for end in few {
            let over = match exactly {
                true => Some(*end),
                false => rounds.over_by(calendar.day(*end)).map(|day| calendar.start_of(day)),
            };
            let epoch = values::epoch_at(c, over.unwrap_or(*end))?;
            let least = if exactly { 1 } else { usize::try_from(epoch.policy.department_from).unwrap_or(1) };
            let judged_by = over.filter(|over| over != end).map(counted);
            let nothing_yet = over.is_none();
            asked.push((*end, (epoch.params(), least), counted(*end), judged_by, nothing_yet));
        }
        let found: Vec<_> = std::thread::scope(|scope| {
            let voices = &voices;
            let running: Vec<_> = asked
                .into_iter()
                .map(|(end, policy, counted, judged_by, nothing_yet)| {
                    scope.spawn(move || {
                        let rated = rated(&counted);
                        let judged_by = if nothing_yet { Vec::new() } else { judged_by.unwrap_or(counted) };
                        (judged(&policy, judged_by, (about, end), voices), rated)
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
                .collect()
        });
        for (end, (judged, rated)) in few.iter().zip(found) {
            take(*end, Worth { judged, rated, rounds: rounds.clone(), pending_error });
        }
    }
    Ok(())
}

/// Ratings that count, in order.
fn rated(counted: &[Counted]) -> Vec<Rated> {
    let mut rated: Vec<Rated> = counted
        .iter()
        .map(|one| Rated {
            insight_id: one.rating.item,
            person_id: one.rating.rater,
            stars: one.rating.stars as u8,
            first_at: one.first_at,
            at: one.at,
        })
        .collect();
    rated.sort_unstable_by_key(|rated| (rated.insight_id, rated.person_id));
    rated
}

/// What ratings say of each insight that had been shared before a time. A department's view is told of `least`
/// raters and more.
fn judged(
    (params, least): &(Params, usize),
    mut counted: Vec<Counted>,
    (about, end): (&[About], NaiveDateTime),
    voices: &Voices,
) -> Vec<Judged> {
    let about = |insight: i64| {
        let at = about.binary_search_by_key(&insight, |(id, _)| *id).ok()?;
        Some(about[at].1).filter(|(_, contributed_at)| *contributed_at < end)
    };
    let fit = fit::fit(params, counted.iter().map(|one| one.rating).collect());
    // Of each insight as they were given: sums of the same numbers in another order end in other digits.
    counted.sort_by_key(|one| one.rating.item);
    let mut early_of: Vec<(i64, Vec<Judgement>)> = Vec::new();
    for same in counted.chunk_by(|a, b| a.rating.item == b.rating.item) {
        let Some(item) = same.first().map(|one| one.rating.item) else { continue };
        let Some((_, contributed_at)) = about(item) else { continue };
        let judgements: Vec<Judgement> = same
            .iter()
            .filter(|one| one.at < contributed_at + EARLY)
            .filter_map(|one| {
                let rater = fit.raters.binary_search_by_key(&one.rating.rater, |rater| rater.id).ok()?;
                Some(Judgement {
                    department: one.rating.department,
                    stars: one.rating.stars,
                    leniency: fit.raters[rater].leniency,
                    history: fit.raters[rater].ratings,
                })
            })
            .collect();
        if !judgements.is_empty() {
            early_of.push((item, judgements));
        }
    }
    fit.items
        .iter()
        .map(|(insight_id, all)| {
            let home = about(*insight_id).and_then(|(department, _)| {
                let own = voices.of_department(department);
                let own = all.departments.iter().find(|view| view.department == own);
                own.filter(|view| view.raters >= *least).map(|view| view.value)
            });
            let early = early_of.binary_search_by_key(insight_id, |(id, _)| *id).ok();
            Judged {
                insight_id: *insight_id,
                raters: all.raters,
                value: all.value,
                lower: all.lower,
                home,
                early: early.map(|at| estimate(params, &early_of[at].1).value),
            }
        })
        .collect()
}
