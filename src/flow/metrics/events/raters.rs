//! What ratings given before the end of a period say, as far as its figures need it: there are too many to be
//! held for each of several ends. What is told of stars is told in whole rounds ([`crate::flow::rounds`]).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use super::super::figure::Figure;
use super::super::question::Question;
use super::super::worth::{Judged, Rated, Worth};
use super::history::weight;
use super::quality;
use super::reads::Few;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::period::Period;
use crate::flow::rounds::Rounds;
use crate::flow::store::histories::Shared;

/// Insights with fewer raters than have a number need to be so many to weigh as they do together.
const FEWEST_TOGETHER: usize = 10;

/// What is said of the insights rated before an end.
#[derive(Default)]
pub(super) struct Judgements {
    /// By id.
    all: Vec<Judged>,
    /// What an insight weighs that few have rated; none where nobody needs to be protected.
    few_weigh: Option<f64>,
    /// At present: no leniency is further from the solution than this, in stars.
    pub pending_error: f64,
}

impl Judgements {
    fn new(worth: Worth, exactly: bool) -> (Judgements, Vec<Rated>, Rounds) {
        let few_weigh = (!exactly).then(|| few_weigh(&worth));
        let judged = Judgements { all: worth.judged, few_weigh, pending_error: worth.pending_error };
        (judged, worth.rated, worth.rounds)
    }

    /// What is said of an insight.
    pub fn of(&self, insight_id: i64) -> Option<&Judged> {
        let at = self.all.binary_search_by_key(&insight_id, |judged| judged.insight_id).ok()?;
        self.all.get(at)
    }

    /// What a first opening of an insight weighs. Whoever picks a day on which it alone was opened learns it: so
    /// it tells no more of a lower bound than a shown value does, and of an insight that shows none only what such
    /// insights weigh together.
    pub fn weight(&self, insight_id: i64) -> f64 {
        match (self.of(insight_id), self.few_weigh) {
            (None, _) => 0.0,
            (Some(judged), None) => weight(judged.lower),
            (Some(judged), Some(few_weigh)) if is_rated_by_few(judged) => few_weigh,
            (Some(judged), Some(_)) => weight((judged.lower * 10.0).round() / 10.0),
        }
    }
}

fn is_rated_by_few(judged: &Judged) -> bool {
    (judged.raters as u64) < FEWEST_PEOPLE
}

/// The mean weight of insights that show no number, to a hundredth; nothing where they, or those who rated them,
/// are few.
fn few_weigh(worth: &Worth) -> f64 {
    let few = || worth.judged.iter().filter(|judged| is_rated_by_few(judged));
    let count = few().count();
    let mut raters = Few::default();
    for judged in few() {
        let first = worth.rated.partition_point(|rating| rating.insight_id < judged.insight_id);
        let own = worth.rated[first..].iter().take_while(|rating| rating.insight_id == judged.insight_id);
        own.for_each(|rating| raters.add(rating.person_id));
        if raters.len() as u64 >= FEWEST_PEOPLE {
            break;
        }
    }
    if count < FEWEST_TOGETHER || (raters.len() as u64) < FEWEST_PEOPLE {
        return 0.0;
    }
    let sum: f64 = few().map(|judged| weight(judged.lower)).sum();
    (sum / count as f64 * 100.0).round() / 100.0
}

/// What the single ratings say.
pub(super) struct Raters {
    /// C14.
    pub reliability: Figure,
    /// C22.
    pub quality: Vec<Figure>,
    /// The rounds that lie in the period, if any does.
    pub told: Option<Period>,
    /// When each insight shared in the period was first rated.
    pub first_rated: HashMap<i64, NaiveDateTime>,
    /// Who rated insights shared in the period.
    pub of_new: Few,
}

/// Of ratings before the ends of these questions, which is one.
pub(super) fn of_end(worth: Worth, shared: &[Shared], questions: &[Question]) -> (Judgements, Vec<Raters>) {
    let exactly = questions.iter().all(|question| question.view.unsuppressed);
    let (judged, rated, rounds) = Judgements::new(worth, exactly);
    let raters =
        questions.iter().map(|question| Raters::of((&rated, &rounds), &judged, shared, question)).collect();
    (judged, raters)
}

impl Raters {
    fn of(
        (rated, rounds): (&[Rated], &Rounds),
        judged: &Judgements,
        shared: &[Shared],
        question: &Question,
    ) -> Raters {
        let Question { period, calendar, .. } = *question;
        let (from, end) = (calendar.start_of(period.from), calendar.start_of(period.to));
        let told = rounds.inside(period);
        let span = told.map(|told| (calendar.start_of(told.from), calendar.start_of(told.to)));
        let given: Vec<&Rated> = rated
            .iter()
            .filter(|rating| span.is_some_and(|(from, to)| from <= rating.at && rating.at < to))
            .collect();
        let is_untold = given.is_empty() && rated.iter().any(|rating| rating.at >= from);
        let new: HashSet<i64> = shared
            .iter()
            .filter(|one| one.contributed_at < end && period.holds(one.day))
            .map(|one| one.id)
            .collect();
        let mut first_rated: HashMap<i64, NaiveDateTime> = HashMap::new();
        let mut of_new = Few::default();
        for same in rated.chunk_by(|a, b| a.insight_id == b.insight_id) {
            let Some(id) = same.first().map(|rating| rating.insight_id).filter(|id| new.contains(id)) else {
                continue;
            };
            first_rated.extend(same.iter().map(|rating| rating.first_at).min().map(|at| (id, at)));
            same.iter().for_each(|rating| of_new.add(rating.person_id));
        }
        let over = rounds.over_by(period.to).map(|day| calendar.start_of(day));
        Raters {
            reliability: quality::reliability(question, told, &given, is_untold),
            quality: quality::by_month(question, over, (shared, rated), judged),
            told,
            first_rated,
            of_new,
        }
    }
}
