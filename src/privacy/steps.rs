//! Whether two lists of openings, or of searched words, that begin or end on other days differ by what fewer than
//! five people did: of every group whose weeks decide, and of managers, over all periods that are looked at. It asks the events themselves who did something between two ends.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Instant;

use chrono::NaiveDate;
use diesel::QueryResult;

use super::facts::Decide;
use super::lists::Looked;
use super::store::between;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{FEWEST_PEOPLE, View};
use crate::flow::metrics::{Loaded, Question};
use crate::flow::period::Period;
use crate::flow::steps::{self, Steps};
use crate::flow::store::retention::{self, Grain};
use crate::flow::store::rows::Searchers;

/// What decides which days of a question lists tell, of everybody or of managers.
pub type Told = fn(&mut Conn, &Loaded, bool) -> QueryResult<Steps>;

/// The product has one of each; tests of this check bring others.
#[derive(Clone, Copy)]
pub struct Step {
    pub of_openings: Told,
    pub of_searches: Told,
}

impl Default for Step {
    fn default() -> Step {
        Step { of_openings: Steps::of_openings, of_searches: Steps::of_searches }
    }
}

/// Whose: whether managers only, and of which departments.
type Whose = (bool, Option<Vec<i64>>);

/// The days on which something that is told begins or ends.
#[derive(Default)]
struct Ends(BTreeMap<Whose, BTreeSet<NaiveDate>>);

impl Ends {
    fn add(&mut self, whose: Whose, told: Option<Period>) {
        if let Some(told) = told {
            self.0.entry(whose).or_default().extend([told.from, told.to]);
        }
    }

    /// Looks who did something between each two neighbours; others differ by more.
    fn findings(
        self,
        looked: &mut Looked,
        until: Instant,
        mut people: impl FnMut(Period, Searchers) -> QueryResult<HashSet<i64>>,
    ) -> QueryResult<()> {
        for ((managers, departments), ends) in self.0 {
            let ends: Vec<NaiveDate> = ends.into_iter().collect();
            for pair in ends.windows(2) {
                if Instant::now() > until {
                    return Ok(());
                }
                looked.lists += 1;
                let between = Period { from: pair[0], to: pair[1] };
                let people = people(between, Searchers { departments: departments.as_deref(), managers })?;
                looked.findings += usize::from((1..FEWEST_PEOPLE).contains(&(people.len() as u64)));
            }
        }
        Ok(())
    }
}

/// Looks at lists until the time is over.
///
/// # Errors
/// What the database says.
pub fn findings(
    c: &mut Conn,
    base: &Loaded,
    periods: impl Iterator<Item = Period>,
    (decide, step): (Decide, Step),
    until: Instant,
) -> AppResult<Looked> {
    let (mut openings, mut words) = (Ends::default(), Ends::default());
    for period in periods {
        if Instant::now() > until {
            break;
        }
        if !matches!(retention::grain(c, period), Ok(Grain::Events)) {
            continue;
        }
        let question = Question { period, segment: None, view: View::default(), ..base.question };
        let whole = base.about(c, question)?;
        let apart = decide(&whole.departments, &whole.stays, period);
        let tells_managers = apart.managers;
        let whole = whole.seen(View::default(), apart);
        let groups = steps::groups(&whole);
        for (ends, told) in [(&mut openings, step.of_openings), (&mut words, step.of_searches)] {
            let of_everybody = told(c, &whole, false)?;
            for departments in &groups {
                let days = departments.first().and_then(|one| of_everybody.told(*one));
                ends.add((false, Some(departments.clone())), days);
            }
            if tells_managers {
                ends.add((true, None), told(c, &whole, true)?.days(None));
            }
        }
    }
    let mut looked = Looked::default();
    openings.findings(&mut looked, until, |days, of| between::opened(c, days, of))?;
    words.findings(&mut looked, until, |days, of| {
        let mut people = between::searched_in_vain(c, days, of)?;
        if !people.is_empty() {
            // Among those who were there.
            people.extend(between::opened(c, days, of)?);
        }
        Ok(people)
    })?;
    Ok(looked)
}
