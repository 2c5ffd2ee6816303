//! What files call by name and the database by number. What does not exist yet has a placeholder below
//! one, by which the plan speaks of it until it is written.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, insight_authors, insights, people};
use crate::error::AppResult;
use crate::exchange::cell;
use crate::exchange::sheet::Row;
use crate::text::fold;

/// The placeholder of the n-th new thing. Real ids begin at 1.
pub(super) fn placeholder(n: usize) -> i64 {
    i64::try_from(n).map_or(i64::MIN, |n| -n)
}

/// The place in the list of new things, for a placeholder.
pub(super) fn place(id: i64) -> Option<usize> {
    (id < 1).then(|| usize::try_from(-id).ok()).flatten()
}

/// Somebody a file may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub id: i64,
    pub department_id: i64,
    pub manager: bool,
}

/// An insight a file may name.
#[derive(Clone, Debug)]
pub(super) struct What {
    pub id: i64,
    pub contributed_at: NaiveDateTime,
    pub version: i32,
    pub authors: Vec<i64>,
}

/// A name that a file used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    There(T),
    /// Nobody knows it.
    Unknown,
    /// Its own row has problems, or its file could not be read: telling that again helps nobody.
    Doubtful,
}

/// The names known so far.
#[derive(Default)]
pub(super) struct Names {
    departments: HashMap<String, (i64, String)>,
    /// Paths as files write them.
    paths: HashMap<String, i64>,
    new_departments: Vec<String>,
    people: HashMap<String, Who>,
    addresses: HashMap<String, String>,
    insights: HashMap<String, Option<What>>,
    doubtful_people: HashSet<String>,
    doubtful_insights: HashSet<String>,
    /// Set where people.csv or insights.csv could not be read at all.
    pub people_unread: bool,
    pub insights_unread: bool,
}

impl Names {
    /// Loads what there are few of: departments and people. Insights are asked for one by one.
    pub fn load(c: &mut Conn) -> AppResult<Names> {
        let departments = departments::table
            .filter(departments::closed_on.is_null())
            .select((departments::folded_path, departments::id, departments::path))
            .load::<(String, i64, String)>(c)?;
        let people = people::table
            .select((people::folded_email, people::id, people::department_id, people::manager))
            .load::<(String, i64, i64, bool)>(c)?;
        Ok(Names {
            departments: departments.into_iter().map(|(folded, id, path)| (folded, (id, path))).collect(),
            people: people
                .into_iter()
                .map(|(folded, id, department_id, manager)| (folded, Who { id, department_id, manager }))
                .collect(),
            ..Names::default()
        })
    }

    /// How many departments will be opened, those above them not counted.
    pub fn new_departments(&self) -> usize {
        self.new_departments.len()
    }

    /// The path of a new department.
    pub fn new_department(&self, place: usize) -> Option<&str> {
        self.new_departments.get(place).map(String::as_str)
    }

    /// The department of a cell, new or there; `None` for an empty cell. `Err` after a problem.
    pub fn department(&mut self, row: &mut Row<'_>, column: usize) -> Result<Option<i64>, cell::Noted> {
        let text = row.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(id) = self.paths.get(text) {
            return Ok(Some(*id));
        }
        let path = cell::department(row, column)?.unwrap_or_default();
        let id = self.department_at(&path);
        self.paths.insert(path, id);
        Ok(Some(id))
    }

    /// The department at a path, new or there.
    pub fn department_at(&mut self, path: &str) -> i64 {
        let folded = path.split('/').map(fold).collect::<Vec<_>>().join("/");
        let new = &mut self.new_departments;
        self.departments
            .entry(folded)
            .or_insert_with(|| {
                new.push(path.to_owned());
                (placeholder(new.len() - 1), path.to_owned())
            })
            .0
    }

    /// How a department at that path is written, where it is written otherwise.
    pub fn other_spelling(&self, path: &str) -> Option<&str> {
        let folded = path.split('/').map(fold).collect::<Vec<_>>().join("/");
        self.departments.get(&folded).map(|(_, known)| known.as_str()).filter(|known| *known != path)
    }

    /// Somebody by their address, however it is written.
    pub fn person(&mut self, address: &str) -> Found<Who> {
        if !self.addresses.contains_key(address) {
            self.addresses.insert(address.to_owned(), fold(address));
        }
        let folded = self.addresses.get(address).map_or("", String::as_str);
        match self.people.get(folded) {
            Some(who) => Found::There(*who),
            None if self.people_unread || self.doubtful_people.contains(folded) => Found::Doubtful,
            None => Found::Unknown,
        }
    }

    /// Somebody new. Their address is not taken.
    pub fn add_person(&mut self, address: &str, who: Who) {
        self.people.insert(fold(address), who);
    }

    /// Somebody whose row has problems.
    pub fn doubt_person(&mut self, address: &str) {
        self.doubtful_people.insert(fold(address));
    }

    /// An insight by its reference.
    pub fn insight(&mut self, c: &mut Conn, reference: &str) -> AppResult<Found<What>> {
        if !self.insights.contains_key(reference) {
            let found = load_insight(c, reference)?;
            self.insights.insert(reference.to_owned(), found);
        }
        Ok(match self.insights.get(reference) {
            Some(Some(what)) => Found::There(what.clone()),
            _ if self.insights_unread || self.doubtful_insights.contains(reference) => Found::Doubtful,
            _ => Found::Unknown,
        })
    }

    /// A new insight. Its reference is not taken.
    pub fn add_insight(&mut self, reference: &str, what: What) {
        self.insights.insert(reference.to_owned(), Some(what));
    }

    /// An insight whose row has problems.
    pub fn doubt_insight(&mut self, reference: &str) {
        self.doubtful_insights.insert(reference.to_owned());
    }
}

fn load_insight(c: &mut Conn, reference: &str) -> AppResult<Option<What>> {
    let Some((id, contributed_at, version)) = insights::table
        .filter(insights::reference.eq(reference))
        .select((insights::id, insights::contributed_at, insights::version))
        .first::<(i64, NaiveDateTime, i32)>(c)
        .optional()?
    else {
        return Ok(None);
    };
    let authors = insight_authors::table
        .filter(insight_authors::insight_id.eq(id))
        .select(insight_authors::person_id)
        .load(c)?;
    Ok(Some(What { id, contributed_at, version, authors }))
}
