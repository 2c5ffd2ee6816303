//! Whether the rows that a list of openings does not tell follow from its total: of the company, of every department
//! that has lists of its own, and of managers, over all periods that are offered.

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::NaiveDate;

use super::facts::Decide;
use super::lists::{Looked, scopes};
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::metrics::{Loaded, Question};
use crate::flow::period::Period;
use crate::flow::rest::Rest;
use crate::flow::steps::Steps;
use crate::flow::store::retention::{self, Grain};
use crate::flow::store::rows;

/// What decides which row is withheld with those of few people: [`Rest::joining`]. Tests of this check bring others.
pub type Joining = fn(&Rest<i64>) -> Option<i64>;

/// Looks at the lists until the time is over.
///
/// # Errors
/// What the database says.
pub fn findings(
    c: &mut Conn,
    base: &Loaded,
    periods: &BTreeSet<(NaiveDate, NaiveDate)>,
    (decide, joining): (Decide, Joining),
    until: Instant,
) -> AppResult<Looked> {
    let mut looked = Looked::default();
    for (from, to) in periods {
        let period = Period { from: *from, to: *to };
        if !matches!(retention::grain(c, period), Ok(Grain::Events)) {
            continue;
        }
        let question = Question { period, segment: None, view: View::default(), ..base.question };
        let whole = base.about(c, question)?;
        let apart = decide(&whole.departments, &whole.stays, period);
        let of_managers = apart.managers;
        let told = scopes(&whole.seen(View::default(), apart));
        let everybody = std::iter::once(None);
        let lists: Vec<Option<BTreeSet<i64>>> =
            everybody.chain(told.into_iter().map(|ids| Some(ids.into_iter().collect()))).collect();
        for managers in [false, true] {
            let lists: &[_] = match managers {
                false => &lists,
                true if of_managers => &lists[..1],
                true => &[],
            };
            let steps = Steps::of_openings(c, &whole, managers)?;
            // What a page looks at, and all there is.
            let mut rests = vec![(Rest::default(), Rest::default()); lists.len()];
            rows::each_opened(c, period, None, managers, &steps, |looked, insight, openings| {
                for ((page, all), of) in rests.iter_mut().zip(lists) {
                    let inside = |department: i64| of.as_ref().is_none_or(|of| of.contains(&department));
                    let row = openings.iter().filter(|one| inside(one.department_id));
                    let row = row.map(|one| (one.person_id, one.count));
                    if !page.is_settled(looked) {
                        page.add(&insight, row.clone());
                    }
                    all.add(&insight, row);
                }
                rests.iter().all(|(_, all)| all.is_enough()) || Instant::now() > until
            })?;
            if Instant::now() > until {
                return Ok(looked);
            }
            looked.lists += rests.len();
            looked.findings +=
                rests.iter().filter(|(page, all)| all.tells_of_few() && joining(page).is_none()).count();
        }
    }
    Ok(looked)
}
