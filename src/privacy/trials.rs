//! Whether the halves of a trial tell what fewer than five people opened: by themselves, or with what is told of
//! the same days.

use std::collections::HashSet;

use super::facts::{self, Decide, Fact};
use super::recover;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{FEWEST_PEOPLE, subtree};
use crate::flow::metrics::Loaded;
use crate::flow::period::Period;
use crate::flow::store::pairs;
use crate::flow::store::retention::{self, Grain};
use crate::obstacles::store::trials::{self, Trial};
use crate::obstacles::trial::Outcome;

/// Trials that are looked at, the last ones.
const TRIALS: i64 = 20;

/// Halves that were looked at, and how many trials tell of too few.
///
/// # Errors
/// What the database says.
pub fn findings(c: &mut Conn, base: &Loaded, decide: Decide) -> AppResult<(usize, usize)> {
    let (mut halves, mut found) = (0, 0);
    for trial in trials::told(c, TRIALS)? {
        let Some(outcome) = &trial.outcome else { continue };
        let told = [(true, outcome.at_once), (false, outcome.later)];
        let told: Vec<bool> = told
            .into_iter()
            .filter(|(_, half)| half.is_some_and(|half| half.openings.is_some()))
            .map(|(at_once, _)| at_once)
            .collect();
        halves += told.len();
        // Who opened it is forgotten by then, and what was told could not be computed again.
        let period = Period { from: trial.started_on, to: trial.ends_on };
        if told.is_empty() || !matches!(retention::grain(c, period), Ok(Grain::Events)) {
            continue;
        }
        found += usize::from(tells_of_few(c, base, (&trial, outcome), &told, decide)?);
    }
    Ok((halves, found))
}

fn tells_of_few(
    c: &mut Conn,
    base: &Loaded,
    (trial, outcome): (&Trial, &Outcome),
    told: &[bool],
    decide: Decide,
) -> AppResult<bool> {
    let Some((_, departments)) = subtree(&base.departments, trial.department_id) else { return Ok(false) };
    let days = (trial.started_on, trial.ends_on);
    let members = trials::members(c, trial.id)?;
    for at_once in told {
        let ids: Vec<i64> =
            members.iter().filter(|one| one.at_once == *at_once).map(|one| one.insight_id).collect();
        let readers = pairs::readers_of_each(c, &ids, &departments, (Some(days.0), days.1))?;
        let people: HashSet<i64> = readers.into_values().flatten().collect();
        if (people.len() as u64) < FEWEST_PEOPLE {
            return Ok(true);
        }
    }
    if outcome.openings.is_some() && told.len() < 2 {
        // A difference gives away the half that is not told.
        return Ok(true);
    }
    // Of the same insights the lists tell by department whatever any period tells.
    let mut known = facts::of(c, base, Period { from: days.0, to: days.1 }, decide)?;
    let without = recover::findings(&known, &base.stays);
    known.insert(Fact::new(departments, false, days));
    Ok(recover::findings(&known, &base.stays) > without)
}
