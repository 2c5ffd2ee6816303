//! Every figure there is about a period.

use chrono::{NaiveDate, NaiveDateTime};

use super::events;
use super::figure::Figure;
use super::loaded::Loaded;
use super::people::People;
use super::question::Question;
use super::worth::WorthAt;
use super::{coverage, definitions, indices_of};
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::matrix::Matrix;
use crate::flow::period::{Period, USUAL_WEEKS};
use crate::flow::store::readings::{self, PersonSum};
use crate::flow::store::retention::Grain;
use crate::flow::store::{figures, own, shapes};

/// What was counted altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    /// On the last day.
    pub people: u64,
    pub contributions: i64,
    pub accesses: i64,
    /// Ratings given in the period that count at present.
    pub ratings: i64,
}

/// Every figure there is, for the command line and for reports.
pub struct Everything {
    pub loaded: Loaded,
    pub population: Population,
    pub figures: Vec<Figure>,
    /// Those of them that pages read from the night before, and the intervals they bring to others.
    pub night: Vec<Figure>,
    pub matrix: Matrix,
}

/// Computes them all: what the pages compute, and what they read from the night before. Reads every event
/// up to the end of the period, so it takes seconds to a minute: for the command line and for a report that
/// is frozen, on a connection of its own. `worth_at` is `market::store::worth::as_of`.
///
/// A report stores [`Figure`]s as JSON, each with its id, part, version, group, value, unit, interval, `n` and
/// why it is withheld, and reads them again as they were; names and words come from
/// [`definitions::definition`].
///
/// # Errors
/// What the database says.
pub fn everything(c: &mut Conn, question: Question, worth_at: WorthAt) -> AppResult<Everything> {
    let loaded = Loaded::new(c, question)?;
    let sums = readings::people_sums(c, question.period)?;
    let chosen = |sum: &&PersonSum| question.segment.is_none_or(|id| id == sum.segment_id);
    let is_month = loaded.grain == Grain::Counts;
    let people = match is_month {
        true => People::of(c, &question)?,
        false => People::from_sums(sums.iter().filter(chosen)),
    };
    let mut figures = loaded.figures(&people);
    let of_segment = |c: &mut Conn, id: i64| match is_month {
        true => People::of(c, &Question { segment: Some(id), ..question }),
        false => Ok(People::from_sums(sums.iter().filter(move |sum| sum.segment_id == id))),
    };
    for (id, rates) in loaded.segment_rates(|id| Ok(of_segment(c, id)?.accessed))? {
        let whom = rates[0].whom.clone();
        let withheld = rates[1].suppressed;
        figures.extend(rates);
        let [sharers, mut readers] = loaded.active(&whom, &of_segment(c, id)?, |_| true);
        if withheld {
            readers.suppress();
        }
        figures.extend([sharers, readers]);
    }
    let matrix = loaded.matrix(c, true)?;
    figures.extend(indices_of(&matrix));
    figures.push(coverage(c, &question)?);
    let mut night = match is_month {
        // They were kept when the month was turned into counts, of the whole company only.
        true if question.segment.is_none() => figures::kept(c, question.period)?.figures,
        true => Vec::new(),
        false => events::by_night(c, &loaded, &sums, matrix.tells_totals(), worth_at, false)?.figures,
    };
    in_order(&mut night);
    refine(&mut figures, &night);
    figures.extend(night.iter().filter(|figure| !is_refinement(figure)).cloned());
    in_order(&mut figures);
    let all = loaded.sums(|_| true);
    let population = Population {
        people: loaded.headcount(|_| true).at_end,
        contributions: all.contributions,
        accesses: all.accesses,
        ratings: readings::ratings_given(c, question.period)?,
    };
    Ok(Everything { loaded, population, figures, night, matrix })
}

/// Whether a figure of the night only brings its interval to one that is computed from sums.
pub fn is_refinement(figure: &Figure) -> bool {
    matches!(figure.id, "C1" | "C2" | "C8" | "C9")
}

/// Gives figures the intervals that the night found for them, as long as the numbers are still the same.
pub fn refine(figures: &mut [Figure], night: &[Figure]) {
    for figure in figures.iter_mut().filter(|figure| figure.value.is_some()) {
        let same = |known: &&Figure| {
            let close = known.value.zip(figure.value).is_some_and(|(a, b)| (a - b).abs() < 1e-12);
            close && known.id == figure.id && known.part == figure.part && known.whom == figure.whom
        };
        if let Some(known) = night.iter().filter(|known| is_refinement(known)).find(same) {
            (figure.low, figure.high, figure.n) = (known.low, known.high, known.n);
        }
    }
}

/// Computes what the pages read from the night before, and keeps it.
///
/// # Errors
/// What the database says.
pub fn compute_and_keep(
    c: &mut Conn,
    question: Question,
    worth_at: WorthAt,
    now: NaiveDateTime,
) -> AppResult<Vec<Figure>> {
    let loaded = Loaded::new(c, question)?;
    let sums = readings::people_sums(c, question.period)?;
    let tells_totals = loaded.matrix(c, false)?.tells_totals();
    let mut night = events::by_night(c, &loaded, &sums, tells_totals, worth_at, true)?;
    in_order(&mut night.figures);
    figures::keep(c, question.period, now, &night.figures)?;
    shapes::keep_insights(c, question.period, "C20", &night.under_read)?;
    shapes::keep_shapes(c, question.period, &night.shapes)?;
    let first = readings::first_day(c)?;
    if first.is_some_and(|first| question.period == usual(question.calendar.day(now)).since(first)) {
        own::keep(c, question.period, &night.own)?;
    }
    Ok(night.figures)
}

/// The period that a page shows unless it is told otherwise.
fn usual(today: NaiveDate) -> Period {
    Period::last_weeks(USUAL_WEEKS, today.pred_opt().unwrap_or(today))
}

/// In the order of the definitions; a stable sort keeps groups in theirs.
fn in_order(figures: &mut [Figure]) {
    figures.sort_by_key(|figure| definitions::DEFINITIONS.iter().position(|d| d.id == figure.id));
}
