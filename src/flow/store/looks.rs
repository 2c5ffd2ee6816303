//! Who looked at figures about whom: one row for each person, department, kind of page and day, for
//! everybody to read. What this node has written down today it neither reads nor writes again, but for files: each is
//! counted, since a thousand of them are no glance.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::person::{Actor, Role};
use crate::db::Conn;
use crate::db::schema::{audit_log, flow_looks, people};
use crate::each_db;
use crate::error::AppResult;
use crate::web::App;

/// What somebody looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A page of figures.
    Figures,
    /// The rows behind a figure.
    Rows,
    /// A file.
    Export,
    /// A report.
    Report,
    /// The figure of an obstacle, by whoever has to remove it.
    Obstacle,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Figures, Kind::Rows, Kind::Export, Kind::Report, Kind::Obstacle];

    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Figures => "figures",
            Kind::Rows => "rows",
            Kind::Export => "export",
            Kind::Report => "report",
            Kind::Obstacle => "obstacle",
        }
    }

    /// As the page says it.
    pub const fn words(self) -> &'static str {
        match self {
            Kind::Figures => "figures",
            Kind::Rows => "the rows behind a figure",
            Kind::Export => "a file",
            Kind::Report => "a report",
            Kind::Obstacle => "an obstacle’s figure",
        }
    }

    /// Whether each time counts, not the first of a day only.
    const fn is_counted(self) -> bool {
        matches!(self, Kind::Export)
    }

    fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// In the place of a department: the whole company.
pub const EVERYBODY: i64 = 0;

/// The department a group's key begins with; [`EVERYBODY`] for a group without one of its own.
pub fn department_of(key: &str) -> i64 {
    key.split('-').next().and_then(|id| id.parse().ok()).filter(|id| *id > 0).unwrap_or(EVERYBODY)
}

/// Notes that somebody looks at figures about these departments; the first time on a day costs a write,
/// every other time nothing. A file is counted each time.
///
/// # Errors
/// What the database says: who looks is noted before anything is shown.
pub async fn note(app: &App, actor: Actor, kind: Kind, departments: &[i64]) -> AppResult<()> {
    let new: Vec<i64> = departments
        .iter()
        .copied()
        .filter(|department| {
            kind.is_counted() || !app.noted.knows(actor.day, &key(actor.person_id, kind, *department))
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let rows = new.clone();
    app.db.write(move |c| Ok(keep(c, &actor, kind, &rows)?)).await?;
    for department in new {
        app.noted.remember(actor.day, key(actor.person_id, kind, department));
    }
    Ok(())
}

fn key(person_id: i64, kind: Kind, department: i64) -> String {
    format!("{person_id} {} {department}", kind.name())
}

/// Writes them down, in the caller's transaction; those that are there stay as they are, or count one more.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, actor: &Actor, kind: Kind, departments: &[i64]) -> QueryResult<()> {
    for department in departments {
        let row = (
            flow_looks::day.eq(actor.day),
            flow_looks::department_id.eq(*department),
            flow_looks::person_id.eq(actor.person_id),
            flow_looks::kind.eq(kind.name()),
            flow_looks::at.eq(actor.at),
        );
        let new = each_db!(&mut *c, c => diesel::insert_into(flow_looks::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
        if new == 0 && kind.is_counted() {
            let key = (actor.day, *department, actor.person_id, kind.name());
            diesel::update(flow_looks::table.find(key))
                .set(flow_looks::times.eq(flow_looks::times + 1))
                .execute(c)?;
        }
    }
    Ok(())
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub day: NaiveDate,
    pub department_id: i64,
    pub name: String,
    pub role: Role,
    pub kind: Kind,
    /// How often that day; 1 for what is not counted.
    pub times: i32,
}

/// Who looked at figures of these departments or of everybody, since a day (inclusive) and before another,
/// newest first.
///
/// # Errors
/// What the database says.
pub fn looks(
    c: &mut Conn,
    departments: &HashSet<i64>,
    since: NaiveDate,
    before: NaiveDate,
) -> QueryResult<Vec<Look>> {
    type Row = (NaiveDate, i64, String, String, String, i32);
    let rows: Vec<Row> = flow_looks::table
        .inner_join(people::table)
        .filter(flow_looks::day.ge(since))
        .filter(flow_looks::day.lt(before))
        .order((
            flow_looks::day.desc(),
            people::name,
            flow_looks::person_id,
            flow_looks::department_id,
            flow_looks::kind,
        ))
        .select((
            flow_looks::day,
            flow_looks::department_id,
            people::name,
            people::role,
            flow_looks::kind,
            flow_looks::times,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .filter(|row| row.1 == EVERYBODY || departments.contains(&row.1))
        .filter_map(|(day, department_id, name, role, kind, times)| {
            let (role, kind) = (Role::named(&role)?, Kind::named(&kind)?);
            Some(Look { day, department_id, name, role, kind, times })
        })
        .collect())
}

/// What whoever runs the server took out without the protection of small groups: when, and what.
///
/// # Errors
/// What the database says.
pub fn unprotected(c: &mut Conn, limit: i64) -> QueryResult<Vec<(chrono::NaiveDateTime, String)>> {
    // By the index on the object: these actions have two.
    audit_log::table
        .filter(audit_log::object.eq_any(["flow", "archive"]))
        .filter(audit_log::action.eq_any([PRINTED, EXPORTED]))
        .order(audit_log::id.desc())
        .limit(limit)
        .select((audit_log::at, audit_log::action))
        .load(c)
}

/// What the audit log says of figures printed without suppression.
pub const PRINTED: &str = "printed without suppression";
/// What it says of accesses and ratings that were exported.
pub const EXPORTED: &str = "exported accesses and ratings, unsuppressed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_its_department() {
        for (key, department) in
            [("12", 12), ("12-rest", 12), ("rest", 0), ("elsewhere", 0), ("", 0), ("-3", 0)]
        {
            assert_eq!(department_of(key), department, "{key:?}");
        }
    }
}
