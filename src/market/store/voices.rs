//! The voices of the whole market: its departments, and the cases that have one voice while they are open.

use std::collections::HashMap;

use diesel::prelude::*;

use super::market_department;
use super::recompute::case_voice;
use super::standing::{Standing, Standings};
use crate::db::Conn;
use crate::db::schema::departments;

/// All voices, numbered in the order of their names.
pub(super) struct Voices {
    /// By number.
    pub names: Vec<String>,
    of_department: HashMap<i64, u32>,
    of_case: HashMap<i64, u32>,
}

impl Voices {
    pub(super) fn load(c: &mut Conn, standings: &Standings) -> QueryResult<Voices> {
        let rows: Vec<(i64, String)> =
            departments::table.select((departments::id, departments::folded_path)).load(c)?;
        let cases = standings.cases();
        let mut names: Vec<String> = rows
            .iter()
            .map(|(_, path)| market_department(path).to_owned())
            .chain(cases.iter().map(|id| case_voice(*id)))
            .collect();
        names.sort_unstable();
        names.dedup();
        let number =
            |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).unwrap_or_default() as u32;
        let of_department = rows.iter().map(|(id, path)| (*id, number(market_department(path)))).collect();
        let of_case = cases.iter().map(|id| (*id, number(&case_voice(*id)))).collect();
        Ok(Voices { of_department, of_case, names })
    }

    /// The number of a department's voice.
    pub(super) fn of_department(&self, department_id: i64) -> u32 {
        self.of_department.get(&department_id).copied().unwrap_or_default()
    }

    /// The number of a rating's voice; `None` when it does not count.
    pub(super) fn of(&self, department_id: i64, standing: Option<Standing>) -> Option<u32> {
        match standing {
            None => Some(self.of_department(department_id)),
            Some(Standing::Case(id)) => self.of_case.get(&id).copied(),
            Some(Standing::Out) => None,
        }
    }
}
