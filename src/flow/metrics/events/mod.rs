//! Figures that no sum gives: from the events, one by one. Computed by night or by hand
//! ([`super::nightly`]), never for a page that waits.

mod ages;
mod brokers;
mod demand;
mod health;
mod idle;
mod quality;
mod reach;
mod reads;
mod shapes;
mod spread;
mod valuable;
mod waits;

use std::collections::HashSet;

use diesel::QueryResult;

use self::reads::Reads;
use super::figure::{FEWEST_FOR_A_SHARE, Figure};
use super::inequality::inequality;
use super::loaded::Loaded;
use super::shape::Shape;
use super::small::is_few;
use super::worth::{Worth, WorthAt};
use crate::db::Conn;
use crate::flow::period::Period;
use crate::flow::statistics::bootstrap::Stream;
use crate::flow::store::own::Own;
use crate::flow::store::readings::PersonSum;

/// What all of them need.
struct Study<'a> {
    loaded: &'a Loaded,
    reads: Reads,
    worth: Worth,
    /// How many people opened something in the period.
    opened_by: usize,
}

impl Study<'_> {
    fn period(&self) -> Period {
        self.loaded.question.period
    }

    /// From how many things on a share is more than a count.
    fn fewest(&self) -> u64 {
        self.loaded.question.fewest(FEWEST_FOR_A_SHARE)
    }

    /// Whether a figure that comes from so many people must not be told.
    fn hides(&self, people: usize) -> bool {
        !self.loaded.question.view.unsuppressed && is_few(people)
    }
}

/// The draws of a figure: the same for the same period, whenever it is computed.
pub(super) fn draws(metric: &str, period: Period) -> Stream {
    Stream::of(&[metric, &period.from.to_string(), &period.to.to_string()])
}

/// What the night computes of a period.
#[derive(Default)]
pub(super) struct Night {
    pub figures: Vec<Figure>,
    /// The insights behind C20, by id.
    pub under_read: Vec<i64>,
    pub shapes: Vec<Shape>,
    /// What each person may see of themselves, and nobody else.
    pub own: Vec<Own>,
}

/// Everything that is computed by night, of the whole company. Within a segment there is hardly any: it is
/// about people and departments, and a segment is not. `tells_totals` says whether all flow together may be
/// told; shapes are left out unless `with_shapes`.
pub(super) fn by_night(
    c: &mut Conn,
    loaded: &Loaded,
    sums: &[PersonSum],
    tells_totals: bool,
    worth_at: WorthAt,
    with_shapes: bool,
) -> QueryResult<Night> {
    let question = loaded.question;
    let mut figures = inequality(loaded, sums);
    if question.segment.is_some() {
        return Ok(Night { figures, ..Night::default() });
    }
    let end = question.calendar.start_of(question.period.to);
    let worth = worth_at(c, end)?;
    let reads = Reads::load(c, loaded, &worth)?;
    let opened_by: HashSet<i64> =
        sums.iter().filter(|sum| sum.accesses > 0).map(|sum| sum.person_id).collect();
    let study = Study { loaded, reads, worth, opened_by: opened_by.len() };
    figures.extend(spread::rates(loaded, sums));
    figures.extend(spread::indices(&study, tells_totals));
    figures.extend(reach::figures(&study));
    let (between, own) = brokers::figures(c, &study)?;
    figures.extend(between);
    figures.extend(waits::figures(&study));
    figures.push(quality::reliability(&study));
    figures.extend(ages::figures(&study));
    figures.extend(demand::figures(c, &study)?);
    figures.extend(valuable::figures(&study));
    let idle = idle::Idle::find(c, &study)?;
    figures.extend(idle.figures(&study));
    figures.extend(quality::by_month(&study));
    figures.extend(health::figures(c, &study)?);
    let everybody = loaded.headcount(|_| true);
    let figures = figures
        .into_iter()
        .map(|figure| figure.unless_small(everybody, question.period, question.view.unsuppressed))
        .collect();
    let shapes = if with_shapes { shapes::all(c, &study, sums)? } else { Vec::new() };
    Ok(Night { figures, under_read: idle.under_read, shapes, own })
}
