//! What the database has to say for `/flow`, and for its files.

use chrono::Days;
use diesel::QueryResult;

use super::tables;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::matrix::{FEWEST_READERS, Matrix};
use crate::flow::metrics::figure::Figure;
use crate::flow::metrics::{self, Loaded, People, Question, WeekSums};
use crate::flow::period::Period;
use crate::flow::store::figures::{Kept, kept};
use crate::flow::store::readings;

/// What the database has to say for this page.
pub(super) struct Overview {
    pub loaded: Loaded,
    pub figures: Vec<Figure>,
    pub segments: Vec<(i64, [Figure; 2])>,
    pub matrix: Matrix,
    pub weeks: Vec<WeekSums>,
    pub before: Vec<Figure>,
    /// What the night has left of the period; nothing where only a part of the company is looked at.
    pub kept: Kept,
    /// The same of the period it is compared with.
    pub kept_before: Kept,
}

impl Overview {
    /// Reads roll-ups and what is kept, so it takes as long with ten times the accesses.
    pub(super) fn load(c: &mut Conn, question: Question, against: Option<Period>) -> AppResult<Overview> {
        let mut overview = Overview::at_once(c, question, against)?;
        overview.take(night(c, question, against)?);
        Ok(overview)
    }

    /// What follows from roll-ups.
    pub(super) fn at_once(c: &mut Conn, question: Question, against: Option<Period>) -> AppResult<Overview> {
        let loaded = Loaded::new(c, question)?;
        let mut figures = loaded.figures(&People::of(c, &question)?);
        let matrix = loaded.matrix(c, false)?;
        figures.extend(metrics::indices_of(&matrix));
        figures.push(metrics::coverage(c, &question)?);
        let segments =
            loaded.segment_rates(|id| readings::segment_readers(c, question.period, id, FEWEST_READERS))?;
        let mut weeks = loaded.weeks(c, None)?;
        tables::withhold_weeks(&mut weeks, &figures);
        let before = match against {
            Some(period) => {
                let before = Question { period, ..question };
                let earlier = loaded.about(c, before)?;
                let people = People::of(c, &before)?;
                // An archive that hardly anybody opened, or only towards the end, is nothing to compare with.
                if hardly_read(c, &before)? {
                    Vec::new()
                } else {
                    let mut figures = earlier.figures(&people);
                    figures.extend(metrics::indices(&earlier.flows(c)?));
                    // Not C13: what was rated by then is known only from all ratings there are.
                    figures
                }
            }
            None => Vec::new(),
        };
        let (kept, kept_before) = (Kept::default(), Kept::default());
        Ok(Overview { loaded, figures, segments, matrix, weeks, before, kept, kept_before })
    }

    /// Adds what the night has left. Where a part of the company is looked at, only the intervals of what is told of
    /// everybody: one number has one interval.
    pub(super) fn take(&mut self, (kept, kept_before): (Kept, Kept)) {
        metrics::refine(&mut self.figures, &kept.figures);
        metrics::refine(&mut self.before, &kept_before.figures);
        if self.is_narrowed() {
            return;
        }
        let nothing = self.before.is_empty();
        (self.kept, self.kept_before) = (kept, if nothing { Kept::default() } else { kept_before });
    }

    /// Whether it is about a part of the company.
    pub(super) fn is_narrowed(&self) -> bool {
        !is_whole(&self.loaded.question)
    }
}

/// Whether fewer than five people opened anything in the first quarter of a period, two weeks at least: from an
/// archive that was only then filled or made known, every figure has risen.
fn hardly_read(c: &mut Conn, question: &Question) -> QueryResult<bool> {
    let period = question.period;
    let quarter = Days::new((period.days() / 4).max(14).unsigned_abs());
    let begins = period.from.checked_add_days(quarter).and_then(|end| period.until(end)).unwrap_or(period);
    let readers = People::of(c, &Question { period: begins, segment: None, ..*question })?.accessed;
    Ok((readers.len() as u64) < FEWEST_READERS)
}

/// What the night has left of a period and of the one it is compared with; nothing of a segment.
pub(super) fn night(c: &mut Conn, question: Question, against: Option<Period>) -> AppResult<(Kept, Kept)> {
    if question.segment.is_some() {
        return Ok(Default::default());
    }
    let before = against.map(|period| kept(c, period)).transpose()?.unwrap_or_default();
    Ok((kept(c, question.period)?, before))
}

/// Whether a question is about the whole company as the night sees it.
pub(super) fn is_whole(question: &Question) -> bool {
    question.segment.is_none() && question.view == View::default()
}
