//! What ratings given before the end of a period say, as far as its figures need it: there are too many to be
//! held for each of several ends.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use super::super::figure::Figure;
use super::super::question::Question;
use super::super::worth::{Judged, Rated, Worth};
use super::quality;
use super::reads::Few;
use crate::flow::store::histories::Shared;

/// What is said of the insights rated before an end.
#[derive(Default)]
pub(super) struct Judgements {
    /// By id.
    all: Vec<Judged>,
    /// At present: no leniency is further from the solution than this, in stars.
    pub pending_error: f64,
}

impl Judgements {
    /// What is said of an insight.
    pub fn of(&self, insight_id: i64) -> Option<&Judged> {
        let at = self.all.binary_search_by_key(&insight_id, |judged| judged.insight_id).ok()?;
        self.all.get(at)
    }
}

/// What the single ratings say.
pub(super) struct Raters {
    /// C14.
    pub reliability: Figure,
    /// When each insight shared in the period was first rated.
    pub first_rated: HashMap<i64, NaiveDateTime>,
    /// Who rated insights shared in the period, and who those whose early ratings are complete.
    pub of_new: Few,
    pub of_ripe: Few,
}

/// Of ratings before the ends of these questions, which is one.
pub(super) fn of_end(worth: Worth, shared: &[Shared], questions: &[Question]) -> (Judgements, Vec<Raters>) {
    let judged = Judgements { all: worth.judged, pending_error: worth.pending_error };
    let raters =
        questions.iter().map(|question| Raters::of(&worth.rated, &judged, shared, question)).collect();
    (judged, raters)
}

impl Raters {
    fn of(rated: &[Rated], judged: &Judgements, shared: &[Shared], question: &Question) -> Raters {
        let Question { period, calendar, .. } = *question;
        let (from, end) = (calendar.start_of(period.from), calendar.start_of(period.to));
        let given: Vec<&Rated> = rated.iter().filter(|rating| rating.at >= from).collect();
        let there = || shared.iter().filter(|one| one.contributed_at < end);
        let new: HashSet<i64> = there().filter(|one| period.holds(one.day)).map(|one| one.id).collect();
        let ripe: HashSet<i64> = quality::ripe(there(), judged, period, end).map(|(one, _)| one.id).collect();
        let mut first_rated: HashMap<i64, NaiveDateTime> = HashMap::new();
        let (mut of_new, mut of_ripe) = (Few::default(), Few::default());
        for same in rated.chunk_by(|a, b| a.insight_id == b.insight_id) {
            let Some(id) = same.first().map(|rating| rating.insight_id).filter(|id| new.contains(id)) else {
                continue;
            };
            first_rated.extend(same.iter().map(|rating| rating.first_at).min().map(|at| (id, at)));
            same.iter().for_each(|rating| of_new.add(rating.person_id));
            if ripe.contains(&id) {
                same.iter().for_each(|rating| of_ripe.add(rating.person_id));
            }
        }
        Raters { reliability: quality::reliability(question, &given), first_rated, of_new, of_ripe }
    }
}
