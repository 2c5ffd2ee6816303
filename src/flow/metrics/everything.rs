//! Every figure there is about a period.

use chrono::{NaiveDate, NaiveDateTime};

use super::events::{self, Night, Wanted};
use super::figure::Figure;
use super::loaded::Loaded;
use super::people::People;
use super::question::Question;
use super::shape::Shape;
use super::worth::WorthAt;
use super::{coverage, definitions, indices_of};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::matrix::Matrix;
use crate::flow::period::{Period, USUAL_WEEKS};
use crate::flow::store::own::{self, Own};
use crate::flow::store::readings;
use crate::flow::store::retention::Grain;
use crate::flow::store::{figures, shapes};

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
    all(c, question, worth_at, false)
}

/// The same with the figures that a night has kept, where it has computed them after the end of the period: for
/// reports, which then tell what the pages tell and read no event.
///
/// # Errors
/// What the database says.
pub fn everything_kept(c: &mut Conn, question: Question, worth_at: WorthAt) -> AppResult<Everything> {
    let is_kept = question.segment.is_none()
        && question.view == View::default()
        && figures::is_whole(c, question.period, question.calendar)?;
    all(c, question, worth_at, is_kept)
}

fn all(c: &mut Conn, question: Question, worth_at: WorthAt, is_kept: bool) -> AppResult<Everything> {
    let loaded = Loaded::new(c, question)?;
    let is_month = loaded.grain == Grain::Counts;
    let mut figures = loaded.figures(&People::of(c, &question)?);
    let of_segment = |c: &mut Conn, id: i64| People::of(c, &Question { segment: Some(id), ..question });
    for (id, rates) in loaded.segment_rates(|id| Ok(of_segment(c, id)?.accessed))? {
        let whom = rates[0].whom.clone();
        let withheld = rates[1].suppressed;
        figures.extend(rates);
        let of_it = of_segment(c, id)?;
        let [sharers, mut readers] = loaded.active(&whom, &of_it, &loaded.counted(&of_it), |_| true);
        if withheld {
            readers.suppress();
        }
        figures.extend([sharers, readers]);
    }
    let matrix = loaded.matrix(c, true)?;
    figures.extend(indices_of(&matrix));
    figures.push(coverage(c, &question)?);
    let mut night = match is_month || is_kept {
        // Of a month that was turned into counts they are kept for good, of the whole company only.
        true if question.segment.is_none() => figures::kept(c, question.period)?.figures,
        true => Vec::new(),
        false => {
            let sums = readings::people_sums(c, question.period)?;
            let tells_totals = matrix.tells_totals();
            let wanted = Wanted { loaded: loaded.clone(), sums, tells_totals, with_own: false };
            events::by_night(c, &[wanted], worth_at, false)?.into_iter().flat_map(|one| one.figures).collect()
        }
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

/// What the pages read from the night before, of a period.
pub struct Computed {
    pub period: Period,
    calendar: Calendar,
    pub figures: Vec<Figure>,
    under_read: Vec<i64>,
    shapes: Vec<Shape>,
    /// What each person may see of themselves, of the period that a page shows unless it is told otherwise.
    own: Option<Vec<Own>>,
}

/// Computes what the pages read from the night before, of several periods in one pass over the events. Reads only.
///
/// # Errors
/// What the database says.
pub fn compute(
    c: &mut Conn,
    questions: &[Question],
    worth_at: WorthAt,
    now: NaiveDateTime,
) -> AppResult<Vec<Computed>> {
    let first = readings::first_day(c)?;
    let periods: Vec<Period> = questions.iter().map(|question| question.period).collect();
    let mut sums = readings::people_sums_of(c, &periods)?.into_iter();
    let mut wanted = Vec::with_capacity(questions.len());
    for question in questions {
        let loaded = Loaded::new(c, *question)?;
        let tells_totals = loaded.matrix(c, false)?.tells_totals();
        let usual = first.map(|first| usual(question.calendar.day(now)).since(first));
        let with_own = usual == Some(question.period);
        wanted.push(Wanted { loaded, sums: sums.next().unwrap_or_default(), tells_totals, with_own });
    }
    let Some(calendar) = questions.first().map(|question| question.calendar) else { return Ok(Vec::new()) };
    let nights = events::by_night(c, &wanted, worth_at, true)?;
    Ok(periods
        .into_iter()
        .zip(nights)
        .map(|(period, Night { mut figures, under_read, shapes, own })| {
            in_order(&mut figures);
            Computed { period, calendar, figures, under_read, shapes, own }
        })
        .collect())
}

impl Computed {
    /// Keeps it in the place of what there was.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep(&self, c: &mut Conn, now: NaiveDateTime) -> AppResult<()> {
        figures::keep(c, self.period, now, &self.figures)?;
        shapes::keep_insights(c, self.period, "C20", &self.under_read)?;
        shapes::keep_shapes(c, self.period, &self.shapes)?;
        let first = readings::first_day(c)?;
        let is_usual = first.is_some_and(|first| self.period == usual(self.calendar.day(now)).since(first));
        if let Some(own) = self.own.as_ref().filter(|_| is_usual) {
            own::keep(c, self.period, own)?;
        }
        Ok(())
    }
}

/// The period that a page shows unless it is told otherwise.
fn usual(today: NaiveDate) -> Period {
    Period::last_weeks(USUAL_WEEKS, today.pred_opt().unwrap_or(today))
}

/// Computes what the pages read from the night before, and keeps it.
///
/// # Errors
/// What the database says.
pub fn compute_and_keep(
    c: &mut Conn,
    questions: &[Question],
    worth_at: WorthAt,
    now: NaiveDateTime,
) -> AppResult<Vec<Computed>> {
    let computed = compute(c, questions, worth_at, now)?;
    computed.iter().try_for_each(|one| one.keep(c, now))?;
    Ok(computed)
}

/// In the order of the definitions; a stable sort keeps groups in theirs.
fn in_order(figures: &mut [Figure]) {
    figures.sort_by_key(|figure| definitions::DEFINITIONS.iter().position(|d| d.id == figure.id));
}
