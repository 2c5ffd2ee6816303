//! Who did something in the period.

use std::collections::HashSet;

use diesel::QueryResult;

use super::question::Question;
use crate::db::Conn;
use crate::flow::store::readings::{self, Active, PersonSum};

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
