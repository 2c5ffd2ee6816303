//! C13: how far to trust what is said about value.

use diesel::QueryResult;

use super::figure::{FEWEST_FOR_A_SHARE, Figure, Whom};
use super::question::Question;
use crate::db::Conn;
use crate::flow::store::readings;

/// C13 at the end of the period.
///
/// # Errors
/// What the database says.
pub fn coverage(c: &mut Conn, question: &Question) -> QueryResult<Figure> {
    let to = question.period.to;
    let end = (to, question.calendar.start_of(to));
    let found = readings::coverage(c, end, question.segment, |at| question.calendar.day(at))?;
    let fewest = question.fewest(FEWEST_FOR_A_SHARE);
    let figure = Figure::share("C13", "", Whom::All, found.covered, found.old_enough, fewest);
    Ok(Figure { excluded: found.too_young, ..figure })
}
