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
use crate::flow::metrics::worth::{Judged, Rated, Worth};
use crate::market::fit;
use crate::market::value::{Judgement, Params, estimate};

/// Ratings of an insight's first so many days do not know how it ripened.
const EARLY: Duration = Duration::days(30);

/// The department an insight was shared from, and when, by its id and in the order of ids.
type About = (i64, (i64, NaiveDateTime));

/// Times at which ratings are fitted at once: each takes a hundred bytes a rating.
const SIDE_BY_SIDE: usize = 2;

/// Fits the ratings given before each of these times with the constants then in force. Nothing is stored. A rating
/// changed since then counts from its change on; one that was voided or an insight that was merged since then is
/// so for any time.
///
/// # Errors
/// What the database says.
pub fn as_of(
    c: &mut Conn,
    ends: &[NaiveDateTime],
    take: &mut dyn FnMut(NaiveDateTime, Worth),
) -> QueryResult<()> {
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
    let about = &about;
    for few in ends.chunks(SIDE_BY_SIDE) {
        let mut asked = Vec::with_capacity(few.len());
        for end in few {
            let params = values::epoch_at(c, *end)?.params();
            let mut counted: Vec<Counted> = Vec::with_capacity(all.len());
            let given = all.iter().filter(|given| given.at < *end).copied();
            refit::counted_of(given, &merged, |one| counted.push(one));
            asked.push((*end, params, counted));
        }
        let found: Vec<_> = std::thread::scope(|scope| {
            let voices = &voices;
            let running: Vec<_> = asked
                .into_iter()
                .map(|(end, params, counted)| {
                    scope.spawn(move || judged(&params, counted, (about, end), voices))
                })
                .collect();
            running
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
                .collect()
        });
        for (end, (judged, rated)) in few.iter().zip(found) {
            take(*end, Worth { judged, rated, pending_error });
        }
    }
    Ok(())
}

/// Of ratings given before a time what they say of each insight, and they themselves in order.
fn judged(
    params: &Params,
    mut counted: Vec<Counted>,
    (about, end): (&[About], NaiveDateTime),
    voices: &Voices,
) -> (Vec<Judged>, Vec<Rated>) {
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
    let judged = fit
        .items
        .iter()
        .map(|(insight_id, all)| {
            let home = about(*insight_id).and_then(|(department, _)| {
                let own = voices.of_department(department);
                all.departments.iter().find(|view| view.department == own).map(|view| view.value)
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
        .collect();
    let mut rated: Vec<Rated> = counted
        .into_iter()
        .map(|one| Rated {
            insight_id: one.rating.item,
            person_id: one.rating.rater,
            stars: one.rating.stars as u8,
            first_at: one.first_at,
            at: one.at,
        })
        .collect();
    rated.sort_unstable_by_key(|rated| (rated.insight_id, rated.person_id));
    (judged, rated)
}
