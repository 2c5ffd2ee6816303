//! Who did something in the period.

use std::collections::HashSet;

use diesel::QueryResult;

use super::question::Question;
use crate::db::Conn;
use crate::flow::headcount::everybody;
use crate::flow::store::{active, readings, retention};

/// Who did something in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub contributed: HashSet<i64>,
    pub accessed: HashSet<i64>,
}

impl People {
    /// Joins the sets of the period's days ([`active`]).
    ///
    /// # Errors
    /// What the database says.
    pub fn of(c: &mut Conn, question: &Question) -> QueryResult<People> {
        let forgotten = retention::line(c)?.is_some_and(|line| question.period.from < line);
        let mut accessed = if forgotten { stand_ins(c, question)? } else { HashSet::new() };
        let active = active::of(c, question.period, question.segment)?;
        accessed.extend(active.accessed.iter());
        Ok(People { contributed: active.contributed.iter().collect(), accessed })
    }
}

/// As many people of each department as opened something in a month of which counts remain: who they are is
/// not known any more, and no figure asks.
fn stand_ins(c: &mut Conn, question: &Question) -> QueryResult<HashSet<i64>> {
    let readers = retention::month_readers_of(c, question.period, question.segment)?;
    let there = everybody(&readings::stays(c, question.calendar)?, question.period);
    let mut people = HashSet::new();
    for (department, manager, count) in readers {
        let of_group =
            there.iter().filter(|stay| (stay.department_id, stay.manager) == (department, manager));
        people.extend(of_group.map(|stay| stay.person_id).take(usize::try_from(count).unwrap_or(0)));
    }
    Ok(people)
}
