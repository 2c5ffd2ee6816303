//! What ratings said at a time: for figures of a period, which are as of its end.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::merged::Merged;
use super::standing::Standings;
use super::voices::Voices;
use super::{refit, state, values};
use crate::db::Conn;
use crate::db::schema::insights;
use crate::flow::metrics::worth::{Judged, Rated, Worth};
use crate::market::fit::{self, Rating};
use crate::market::value::{Judgement, estimate};

/// Ratings of an insight's first so many days do not know how it ripened.
const EARLY: Duration = Duration::days(30);

/// Fits the ratings given before `end` with the constants then in force. Nothing is stored. A rating changed
/// since then counts from its change on; one that was voided or an insight that was merged since then is so
/// for any time.
///
/// # Errors
/// What the database says.
pub fn as_of(c: &mut Conn, end: NaiveDateTime) -> QueryResult<Worth> {
    let standings = Standings::all(c)?;
    let voices = Voices::load(c, &standings)?;
    let merged = Merged::all(c)?;
    let (mut ratings, mut rated): (Vec<Rating>, Vec<Rated>) = (Vec::new(), Vec::new());
    refit::each_counted(c, &voices, &standings, &merged, Some(end), |counted| {
        ratings.push(counted.rating);
        rated.push(Rated {
            insight_id: counted.rating.item,
            person_id: counted.rating.rater,
            stars: counted.rating.stars as u8,
            first_at: counted.first_at,
            at: counted.at,
        });
    })?;
    let params = values::epoch_at(c, end)?.params();
    let fit = fit::fit(&params, ratings.clone());
    let about: HashMap<i64, (i64, NaiveDateTime)> = insights::table
        .filter(insights::contributed_at.lt(end))
        .select((insights::id, (insights::department_id, insights::contributed_at)))
        .load::<(i64, (i64, NaiveDateTime))>(c)?
        .into_iter()
        .collect();
    let mut early: HashMap<i64, Vec<Judgement>> = HashMap::new();
    for (rating, given) in ratings.iter().zip(&rated) {
        let Some((_, contributed_at)) = about.get(&rating.item) else { continue };
        let Ok(rater) = fit.raters.binary_search_by_key(&rating.rater, |rater| rater.id) else { continue };
        if given.at < *contributed_at + EARLY {
            early.entry(rating.item).or_default().push(Judgement {
                department: rating.department,
                stars: rating.stars,
                leniency: fit.raters[rater].leniency,
                history: fit.raters[rater].ratings,
            });
        }
    }
    let judged = fit
        .items
        .iter()
        .map(|(insight_id, all)| {
            let home = about.get(insight_id).and_then(|(department, _)| {
                let own = voices.of_department(*department);
                all.departments.iter().find(|view| view.department == own).map(|view| view.value)
            });
            Judged {
                insight_id: *insight_id,
                raters: all.raters,
                value: all.value,
                lower: all.lower,
                home,
                early: early.get(insight_id).map(|judgements| estimate(&params, judgements).value),
            }
        })
        .collect();
    rated.sort_unstable_by_key(|rated| (rated.insight_id, rated.person_id));
    Ok(Worth { judged, rated, pending_error: state::health(c)?.bound })
}
