//! Who did something in the period.

use std::collections::HashSet;

use diesel::QueryResult;

use super::question::Question;
use crate::db::Conn;
use crate::flow::store::readings::{self, Active, PersonSum};
use crate::flow::store::retention;

/// Who did something in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub contributed: HashSet<i64>,
    pub accessed: HashSet<i64>,
}

impl People {
    /// Asks the index about everybody.
    ///
    /// # Errors
    /// What the database says.
    pub fn of(c: &mut Conn, question: &Question) -> QueryResult<People> {
        let mut people = People::default();
        let forgotten = retention::line(c)?.is_some_and(|line| question.period.from < line);
        if forgotten {
            people.accessed = stand_ins(c, question)?;
        }
        for Active { person_id, contributed, accessed } in
            readings::active(c, question.period, question.segment)?
        {
            if contributed {
                people.contributed.insert(person_id);
            }
            if accessed {
                people.accessed.insert(person_id);
            }
        }
        Ok(people)
    }

    pub(super) fn from_sums<'a>(sums: impl Iterator<Item = &'a PersonSum>) -> People {
        let mut people = People::default();
        for sum in sums {
            if sum.contributions > 0 {
                people.contributed.insert(sum.person_id);
            }
            if sum.accesses > 0 {
                people.accessed.insert(sum.person_id);
            }
        }
        people
    }
}

/// As many people of each department as opened something in a month of which counts remain: who they are is
/// not known any more, and no figure asks.
fn stand_ins(c: &mut Conn, question: &Question) -> QueryResult<HashSet<i64>> {
    let readers = retention::month_readers_of(c, question.period, question.segment)?;
    let mut there: Vec<_> = readings::stays(c, question.calendar)?;
    there.retain(|stay| stay.is_at_end_of(question.period));
    there.sort_by_key(|stay| stay.person_id);
    let mut people = HashSet::new();
    for (department, manager, count) in readers {
        let of_group =
            there.iter().filter(|stay| (stay.department_id, stay.manager) == (department, manager));
        people.extend(of_group.map(|stay| stay.person_id).take(usize::try_from(count).unwrap_or(0)));
    }
    Ok(people)
}
