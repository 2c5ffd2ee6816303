//! The department tree. A row is one path during one time; events keep the row they were written with.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::memberships;
use crate::accounts::department::{DepartmentPath, is_below};
use crate::db::Conn;
use crate::db::schema::{departments, people};
use crate::each_db;
use crate::error::{AppError, AppResult};

/// A department at a path during a time.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct DepartmentRow {
    pub id: i64,
    pub path: String,
    pub folded_path: String,
    pub opened_on: NaiveDate,
    /// The first day on which it was no longer there; empty while it is.
    pub closed_on: Option<NaiveDate>,
    /// What it became when it was renamed or moved.
    pub succeeded_by: Option<i64>,
    /// Whether the outermost department above it may be told by itself where readers are counted.
    pub told_alone: bool,
}

/// An open department with the people in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub row: DepartmentRow,
    /// Not disabled, in this department itself.
    pub people: i64,
    /// Not disabled, here and below.
    pub people_below: i64,
}

impl Branch {
    /// The last name of the path.
    pub fn name(&self) -> &str {
        self.row.path.rsplit('/').next().unwrap_or(&self.row.path)
    }

    /// How deep it lies; 1 is outermost.
    pub fn level(&self) -> usize {
        self.row.path.split('/').count()
    }
}

/// Those of these departments that stand otherwise: whether each is told by itself where readers of an insight are
/// counted.
///
/// # Errors
/// What the database says.
pub fn told_otherwise(c: &mut Conn, alone: &[(i64, bool)]) -> QueryResult<Vec<(i64, bool)>> {
    let known: Vec<(i64, bool)> =
        departments::table.select((departments::id, departments::told_alone)).load(c)?;
    Ok(alone.iter().filter(|one| !known.contains(one)).copied().collect())
}

/// Notes which departments are told by themselves where readers of an insight are counted.
///
/// # Errors
/// What the database says.
pub fn tell_alone(c: &mut Conn, alone: &[(i64, bool)]) -> QueryResult<()> {
    for (id, alone) in alone {
        diesel::update(departments::table.find(*id)).set(departments::told_alone.eq(*alone)).execute(c)?;
    }
    Ok(())
}

/// The open department at that path, opened if there is none, the ones above it too.
///
/// # Errors
/// 400 with the reason when this is no path.
pub fn department(c: &mut Conn, path: &str, today: NaiveDate) -> AppResult<i64> {
    let parsed = DepartmentPath::parse(path)
        .map_err(|why| AppError::BadRequest(format!("Department \"{path}\": {why}.")))?;
    Ok(open_department(c, &parsed, today)?)
}

/// As [`department`], for a path that was read already.
///
/// # Errors
/// What the database says.
pub fn open_department(c: &mut Conn, path: &DepartmentPath, today: NaiveDate) -> QueryResult<i64> {
    if let Some(id) = open_at(c, &path.folded())? {
        return Ok(id);
    }
    let mut id = 0;
    for above in path.line() {
        id = match open_at(c, &above.folded())? {
            Some(id) => id,
            None => insert(c, &above, today)?,
        };
    }
    Ok(id)
}

fn open_at(c: &mut Conn, folded: &str) -> QueryResult<Option<i64>> {
    departments::table
        .filter(departments::folded_path.eq(folded))
        .filter(departments::closed_on.is_null())
        .select(departments::id)
        .first(c)
        .optional()
}

fn insert(c: &mut Conn, path: &DepartmentPath, today: NaiveDate) -> QueryResult<i64> {
    let row = (
        departments::path.eq(path.as_str()),
        departments::folded_path.eq(path.folded()),
        departments::opened_on.eq(today),
    );
    each_db!(c, c => diesel::insert_into(departments::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    // Where another transaction was faster, its row is there now.
    departments::table
        .filter(departments::folded_path.eq(path.folded()))
        .filter(departments::closed_on.is_null())
        .select(departments::id)
        .first(c)
}

/// The department row with this id, open or closed.
///
/// # Errors
/// `NotFound` when there is none.
pub fn department_of(c: &mut Conn, id: i64) -> QueryResult<DepartmentRow> {
    departments::table.find(id).first(c)
}

/// The paths of these departments, by id.
///
/// # Errors
/// What the database says.
pub fn paths(c: &mut Conn, ids: &[i64]) -> QueryResult<std::collections::HashMap<i64, String>> {
    let rows = departments::table
        .filter(departments::id.eq_any(ids))
        .select((departments::id, departments::path))
        .load::<(i64, String)>(c)?;
    Ok(rows.into_iter().collect())
}

/// The open departments in the order of the tree, each above those below it.
///
/// # Errors
/// What the database says.
pub fn departments(c: &mut Conn) -> QueryResult<Vec<Branch>> {
    let mut rows: Vec<DepartmentRow> = departments::table.filter(departments::closed_on.is_null()).load(c)?;
    // By names, not by bytes of the whole path: "Care/A" stands before "Care Plus".
    rows.sort_by(|a, b| a.folded_path.split('/').cmp(b.folded_path.split('/')));
    let counts: std::collections::HashMap<i64, i64> = people::table
        .filter(people::disabled_at.is_null())
        .group_by(people::department_id)
        .select((people::department_id, diesel::dsl::count_star()))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect();
    let own = |row: &DepartmentRow| counts.get(&row.id).copied().unwrap_or(0);
    Ok(rows
        .iter()
        .map(|row| Branch {
            people: own(row),
            people_below: rows
                .iter()
                .filter(|other| other.id == row.id || is_below(&other.folded_path, &row.folded_path))
                .map(own)
                .sum(),
            row: row.clone(),
        })
        .collect())
}

/// Renames or moves a department with everything below it: each row is closed today and a new one opened
/// that succeeds it, and the people follow with a membership from today. Returns the new row's id.
///
/// # Errors
/// 409 when it is closed already, 400 with the reason when the new path lies below the old one or is
/// taken.
pub fn relocate(c: &mut Conn, id: i64, to: &DepartmentPath, today: NaiveDate) -> AppResult<i64> {
    let old = department_of(c, id)?;
    if old.closed_on.is_some() {
        return Err(AppError::Conflict("This department was renamed, moved or closed meanwhile."));
    }
    let folded = to.folded();
    if is_below(&folded, &old.folded_path) {
        return Err(AppError::BadRequest("A department cannot be moved below itself".into()));
    }
    if old.path == to.as_str() {
        return Ok(id);
    }
    if folded != old.folded_path && open_at(c, &folded)?.is_some() {
        return Err(AppError::BadRequest("There is a department at this path already".into()));
    }
    let below: Vec<DepartmentRow> = departments::table
        .filter(departments::closed_on.is_null())
        .order(departments::id)
        .load::<DepartmentRow>(c)?
        .into_iter()
        .filter(|row| row.id == id || is_below(&row.folded_path, &old.folded_path))
        .collect();
    let moved: Vec<i64> = below.iter().map(|row| row.id).collect();
    diesel::update(departments::table.filter(departments::id.eq_any(&moved)))
        .set(departments::closed_on.eq(today))
        .execute(c)?;
    let levels = old.path.split('/').count();
    for row in &below {
        let rest: Vec<&str> = row.path.split('/').skip(levels).collect();
        let path = [&[to.as_str()], rest.as_slice()].concat().join("/");
        let path = DepartmentPath::parse(&path).map_err(AppError::BadRequest)?;
        let successor = open_department(c, &path, today)?;
        diesel::update(departments::table.find(row.id))
            .set(departments::succeeded_by.eq(successor))
            .execute(c)?;
        let members = people::table
            .filter(people::department_id.eq(row.id))
            .select((people::id, people::manager))
            .load::<(i64, bool)>(c)?;
        diesel::update(people::table.filter(people::department_id.eq(row.id)))
            .set(people::department_id.eq(successor))
            .execute(c)?;
        for (person, manager) in members {
            memberships::change(c, person, successor, manager, today)?;
        }
    }
    Ok(open_at(c, &folded)?.unwrap_or(id))
}

/// Closes a department in which nobody is and which has none below it.
///
/// # Errors
/// 400 with the reason when it is not empty.
pub fn close(c: &mut Conn, id: i64, today: NaiveDate) -> AppResult<()> {
    let row = department_of(c, id)?;
    let branches = departments(c)?;
    if branches.iter().any(|other| is_below(&other.row.folded_path, &row.folded_path)) {
        return Err(AppError::BadRequest("Close or move the departments below it first".into()));
    }
    if branches.iter().any(|branch| branch.row.id == id && branch.people > 0) {
        return Err(AppError::BadRequest("Move its people to another department first".into()));
    }
    diesel::update(departments::table.find(id).filter(departments::closed_on.is_null()))
        .set(departments::closed_on.eq(today))
        .execute(c)?;
    Ok(())
}
