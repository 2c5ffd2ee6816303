//! People. What takes somebody's rights away ends their sessions in the same transaction.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::memberships;
use crate::accounts::handle;
use crate::accounts::links;
use crate::accounts::person::Role;
use crate::accounts::session;
use crate::db::Conn;
use crate::db::schema::{departments, people};
use crate::error::{AppError, AppResult};
use crate::text::fold;

/// Somebody to be added. E-mail and name are as read by [`crate::accounts::person::email_of`] and
/// [`crate::text::one_line`].
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub department_id: i64,
    pub manager: bool,
    /// Empty: has always been here.
    pub joined_on: Option<NaiveDate>,
    /// The first day on which they are no longer here.
    pub left_on: Option<NaiveDate>,
    pub password_hash: Option<String>,
}

/// A person's row.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct PersonRow {
    pub id: i64,
    pub email: String,
    pub folded_email: String,
    pub name: String,
    pub folded_name: String,
    /// How colleagues mention them, without the `@`; theirs for good.
    pub handle: String,
    #[diesel(deserialize_as = String)]
    pub role: Role,
    pub department_id: i64,
    pub manager: bool,
    /// Empty until an invitation is accepted.
    pub password_hash: Option<String>,
    pub joined_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    pub disabled_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    /// Notices they have not read.
    pub unread_notices: i32,
}

/// Whether somebody can come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// Has not chosen a password yet.
    Invited,
    Disabled,
}

impl PersonRow {
    /// Whether they can come in.
    pub fn state(&self) -> State {
        match (&self.disabled_at, &self.password_hash) {
            (Some(_), _) => State::Disabled,
            (None, None) => State::Invited,
            (None, Some(_)) => State::Active,
        }
    }
}

/// Shows no hash.
impl std::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonRow").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Adds somebody with their first membership. Whoever has left by `today` cannot come in.
///
/// # Errors
/// A unique violation when the e-mail is taken.
pub fn add_person(c: &mut Conn, new: &NewPerson, now: NaiveDateTime, today: NaiveDate) -> AppResult<i64> {
    let gone = new.left_on.is_some_and(|day| day <= today);
    let handle = free_handle(c, &handle::of_email(&new.email))?;
    let id = diesel::insert_into(people::table)
        .values((
            people::email.eq(&new.email),
            people::folded_email.eq(fold(&new.email)),
            people::name.eq(&new.name),
            people::folded_name.eq(fold(&new.name)),
            people::handle.eq(handle),
            people::role.eq(new.role.name()),
            people::department_id.eq(new.department_id),
            people::manager.eq(new.manager),
            people::password_hash.eq(&new.password_hash),
            people::joined_on.eq(new.joined_on),
            people::left_on.eq(new.left_on),
            people::disabled_at.eq(gone.then_some(now)),
            people::created_at.eq(now),
        ))
        .returning(people::id)
        .get_result::<i64>(c)?;
    memberships::open(c, id, new.department_id, new.manager, new.joined_on)?;
    Ok(id)
}

/// The handle, or the first of `ann2`, `ann3` … that nobody has.
fn free_handle(c: &mut Conn, wished: &str) -> QueryResult<String> {
    let mut handle = wished.to_owned();
    let mut number = 1;
    while diesel::select(diesel::dsl::exists(people::table.filter(people::handle.eq(&handle))))
        .get_result::<bool>(c)?
    {
        number += 1;
        handle = format!("{wished}{number}");
    }
    Ok(handle)
}

/// Somebody by their handle.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Called {
    pub id: i64,
    pub handle: String,
    pub name: String,
    /// Whether they can come in; who has left is still named by old texts.
    pub is_here: bool,
}

/// Who is called so. Handles as [`crate::accounts::handle::in_text`] finds them; a page's worth at most.
///
/// # Errors
/// What the database says.
pub fn by_handles(c: &mut Conn, handles: &[String]) -> QueryResult<Vec<Called>> {
    if handles.is_empty() {
        return Ok(Vec::new());
    }
    people::table
        .filter(people::handle.eq_any(handles))
        .select((people::id, people::handle, people::name, people::disabled_at.is_null()))
        .order(people::id)
        .load(c)
}

/// Everybody of this name, however it is written, who can come in; a few at most.
///
/// # Errors
/// What the database says.
pub fn by_name(c: &mut Conn, name: &str) -> QueryResult<Vec<Called>> {
    people::table
        .filter(people::folded_name.eq(fold(name)))
        .filter(people::disabled_at.is_null())
        .select((people::id, people::handle, people::name, people::disabled_at.is_null()))
        .order(people::id)
        .limit(5)
        .load(c)
}

/// Those who lead people of these departments and can come in, with their department: so many at most.
///
/// # Errors
/// What the database says.
pub fn managers_of(
    c: &mut Conn,
    departments: &[i64],
    most: i64,
) -> QueryResult<Vec<(String, String, String)>> {
    people::table
        .inner_join(departments::table)
        .filter(people::department_id.eq_any(departments.to_vec()))
        .filter(people::manager.eq(true))
        .filter(people::disabled_at.is_null())
        .select((people::name, people::handle, departments::path))
        .order((departments::path, people::name, people::id))
        .limit(most)
        .load(c)
}

/// Counts notices that somebody got (above 0) or has read (below 0).
///
/// # Errors
/// What the database says.
pub fn count_unread(c: &mut Conn, id: i64, more: i32) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set(people::unread_notices.eq(people::unread_notices + more))
        .execute(c)
        .map(|_| ())
}

/// The person with this id.
///
/// # Errors
/// `NotFound` when there is none.
pub fn person(c: &mut Conn, id: i64) -> QueryResult<PersonRow> {
    people::table.find(id).first(c)
}

/// The person with this e-mail, however it is written.
///
/// # Errors
/// What the database says.
pub fn person_by_email(c: &mut Conn, email: &str) -> AppResult<Option<PersonRow>> {
    Ok(people::table.filter(people::folded_email.eq(fold(email))).first(c).optional()?)
}

/// Everybody, disabled ones too, with the path of their department; for comparing with a list.
///
/// # Errors
/// What the database says.
pub fn people(c: &mut Conn) -> QueryResult<Vec<(PersonRow, String)>> {
    people::table
        .inner_join(departments::table)
        .select((people::all_columns, departments::path))
        .order(people::id)
        .load(c)
}

/// Which people a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name or the e-mail.
    pub words: String,
    /// Only this department.
    pub department: Option<i64>,
    /// Only this state.
    pub state: Option<State>,
    /// The last person of the page before.
    pub after: Option<i64>,
}

/// People with the paths of their departments, by name, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn people_of(c: &mut Conn, filter: &Filter, limit: i64) -> QueryResult<Vec<(PersonRow, String)>> {
    let mut query = people::table
        .inner_join(departments::table)
        .select((people::all_columns, departments::path))
        .order((people::folded_name, people::id))
        .limit(limit)
        .into_boxed();
    let words = fold(&filter.words);
    if !words.is_empty() {
        let part = format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query = query.filter(
            people::folded_name
                .like(part.clone())
                .escape('\\')
                .or(people::folded_email.like(part).escape('\\')),
        );
    }
    if let Some(department) = filter.department {
        query = query.filter(people::department_id.eq(department));
    }
    query = match filter.state {
        None => query,
        Some(State::Disabled) => query.filter(people::disabled_at.is_not_null()),
        Some(State::Active) => {
            query.filter(people::disabled_at.is_null()).filter(people::password_hash.is_not_null())
        }
        Some(State::Invited) => {
            query.filter(people::disabled_at.is_null()).filter(people::password_hash.is_null())
        }
    };
    if let Some(after) = filter.after {
        let last = people::table
            .find(after)
            .select(people::folded_name)
            .first::<String>(c)
            .optional()?
            .unwrap_or_default();
        query = query.filter(
            people::folded_name.gt(last.clone()).or(people::folded_name.eq(last).and(people::id.gt(after))),
        );
    }
    query.load(c)
}

/// The names of these people, by id.
///
/// # Errors
/// What the database says.
pub fn names(c: &mut Conn, ids: &[i64]) -> QueryResult<std::collections::HashMap<i64, String>> {
    let rows = people::table
        .filter(people::id.eq_any(ids))
        .select((people::id, people::name))
        .load::<(i64, String)>(c)?;
    Ok(rows.into_iter().collect())
}

/// Whether there is anybody at all.
///
/// # Errors
/// What the database says.
pub fn anybody(c: &mut Conn) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(people::table.select(people::id))).get_result(c)
}

/// How many administrators there are besides this person who are not disabled. The rows stay locked until
/// the transaction ends: two administrators who disable each other at the same moment take turns, and the
/// second is refused.
///
/// # Errors
/// What the database says.
pub fn administrators_besides(c: &mut Conn, id: i64) -> QueryResult<usize> {
    let administrators =
        people::table.filter(people::role.eq(Role::Admin.name())).filter(people::disabled_at.is_null());
    let all = diesel::update(administrators).set(people::role.eq(Role::Admin.name())).execute(c)?;
    let own: i64 = administrators.filter(people::id.eq(id)).count().get_result(c)?;
    Ok(all - usize::from(own > 0))
}

/// What the last administrator is told.
const LAST: &str = "This is the last administrator. Make somebody else administrator first.";

/// From `today` on the person belongs there. Nothing happens where nothing changes.
///
/// # Errors
/// 404 when there is no such person.
pub fn move_person(
    c: &mut Conn,
    id: i64,
    department_id: i64,
    manager: bool,
    today: NaiveDate,
) -> AppResult<()> {
    let changed = diesel::update(
        people::table
            .find(id)
            .filter(people::department_id.ne(department_id).or(people::manager.ne(manager))),
    )
    .set((people::department_id.eq(department_id), people::manager.eq(manager)))
    .execute(c)?;
    if changed > 0 {
        memberships::change(c, id, department_id, manager, today)?;
    }
    Ok(())
}

/// Gives a person another role and ends their sessions, so that nothing open goes on with the old one.
///
/// # Errors
/// 403 when this would take away the last administrator.
pub fn set_role(c: &mut Conn, id: i64, role: Role) -> AppResult<()> {
    let before = person(c, id)?.role;
    if before == role {
        return Ok(());
    }
    if before == Role::Admin && administrators_besides(c, id)? == 0 {
        return Err(AppError::Forbidden(LAST));
    }
    diesel::update(people::table.find(id)).set(people::role.eq(role.name())).execute(c)?;
    session::end_all(c, id, None)?;
    Ok(())
}

/// Corrects a name.
///
/// # Errors
/// What the database says.
pub fn rename(c: &mut Conn, id: i64, name: &str) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set((people::name.eq(name), people::folded_name.eq(fold(name))))
        .execute(c)
        .map(|_| ())
}

/// Notes when somebody will leave, or that they will not. [`disable_leavers`] acts on it.
///
/// # Errors
/// What the database says.
pub fn set_left_on(c: &mut Conn, id: i64, left_on: Option<NaiveDate>) -> QueryResult<()> {
    diesel::update(people::table.find(id)).set(people::left_on.eq(left_on)).execute(c).map(|_| ())
}

/// Corrects the day since which somebody is here: the first membership begins with it. Where that had ended by
/// then, nothing is written and the day on which it did is returned: who moved was here before.
///
/// # Errors
/// What the database says.
pub fn set_joined_on(c: &mut Conn, id: i64, joined_on: NaiveDate) -> QueryResult<Option<NaiveDate>> {
    let moved_on = memberships::begin_first(c, id, joined_on)?;
    if moved_on.is_none() {
        diesel::update(people::table.find(id)).set(people::joined_on.eq(joined_on)).execute(c)?;
    }
    Ok(moved_on)
}

/// Corrects an e-mail; links sent to the old one stop working.
///
/// # Errors
/// A unique violation when it is taken.
pub fn set_email(c: &mut Conn, id: i64, email: &str, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set((people::email.eq(email), people::folded_email.eq(fold(email))))
        .execute(c)?;
    links::kill(c, id, now)
}

/// Sets a password, ends the sessions of the person (but for the one kept) and all their links.
///
/// # Errors
/// What the database says.
pub fn set_password(
    c: &mut Conn,
    id: i64,
    hash: &str,
    kept_session: Option<&str>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    diesel::update(people::table.find(id)).set(people::password_hash.eq(hash)).execute(c)?;
    session::end_all(c, id, kept_session)?;
    links::kill(c, id, now)
}

/// Replaces the hash a sign-in was checked against, by itself or a stronger one. `false` where the
/// password was changed or the person disabled since: then nobody may be signed in. The row stays locked
/// until the transaction ends, so a change waits for the new session and then ends it.
///
/// # Errors
/// What the database says.
pub fn upgrade_password(c: &mut Conn, id: i64, checked: &str, hash: &str) -> QueryResult<bool> {
    let row = people::table
        .find(id)
        .filter(people::password_hash.eq(checked))
        .filter(people::disabled_at.is_null());
    diesel::update(row).set(people::password_hash.eq(hash)).execute(c).map(|rows| rows == 1)
}

/// Shuts somebody out from now on: ends their sessions and links. They have left as of today, unless a
/// day is known.
///
/// # Errors
/// 403 when this is the last administrator, 404 when there is no such person.
pub fn disable(c: &mut Conn, id: i64, now: NaiveDateTime, today: NaiveDate) -> AppResult<()> {
    let row = person(c, id)?;
    if row.disabled_at.is_some() {
        return Ok(());
    }
    if row.role == Role::Admin && administrators_besides(c, id)? == 0 {
        return Err(AppError::Forbidden(LAST));
    }
    let left_on = row.left_on.filter(|day| *day <= today).unwrap_or(today);
    diesel::update(people::table.find(id))
        .set((people::disabled_at.eq(now), people::left_on.eq(left_on)))
        .execute(c)?;
    session::end_all(c, id, None)?;
    links::kill(c, id, now)?;
    Ok(())
}

/// Lets somebody in again.
///
/// # Errors
/// What the database says.
pub fn enable(c: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set((people::disabled_at.eq(None::<NaiveDateTime>), people::left_on.eq(None::<NaiveDate>)))
        .execute(c)
        .map(|_| ())
}

/// Shuts out whoever has left by `today`; a job runs it. The last administrator stays. Returns their ids.
///
/// # Errors
/// What the database says.
pub fn disable_leavers(c: &mut Conn, now: NaiveDateTime, today: NaiveDate) -> AppResult<Vec<i64>> {
    let leavers = people::table
        .filter(people::left_on.le(today))
        .filter(people::disabled_at.is_null())
        .select(people::id)
        .load::<i64>(c)?;
    let mut disabled = Vec::new();
    for id in leavers {
        match disable(c, id, now, today) {
            Ok(()) => disabled.push(id),
            Err(AppError::Forbidden(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(disabled)
}
