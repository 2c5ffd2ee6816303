//! `ratings`: who rated what, and the value that follows in the same transaction.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::recompute::{self, Cells, Why};
use super::values::Epoch;
use super::{queue, values};
use crate::accounts::person::Actor;
use crate::archive::insight::is_one_sentence;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{
    departments, first_accesses, insight_authors, insights, raters, ratings, value_reveals,
};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow;
use crate::market::rating::{self, Standing};

/// A person's own rating of an insight.
pub fn of(c: &mut Conn, insight_id: i64, person_id: i64) -> QueryResult<Option<i32>> {
    ratings::table
        .filter(ratings::insight_id.eq(insight_id).and(ratings::person_id.eq(person_id)))
        .select(ratings::value)
        .first(c)
        .optional()
}

/// What stands between a person and rating an insight.
struct Facts {
    /// Of the text that is there now.
    version: i32,
    /// It is read whole in any list.
    one_sentence: bool,
    author_department: String,
    standing: Standing,
    /// They asked to see the number.
    revealed: bool,
}

fn facts(c: &mut Conn, actor: &Actor, insight_id: i64) -> AppResult<Facts> {
    let is_author = exists(
        insight_authors::table
            .filter(insight_authors::insight_id.eq(insight_id))
            .filter(insight_authors::person_id.eq(actor.person_id)),
    );
    let has_opened = exists(
        first_accesses::table
            .filter(first_accesses::insight_id.eq(insight_id))
            .filter(first_accesses::person_id.eq(actor.person_id)),
    );
    let revealed = exists(
        value_reveals::table
            .filter(value_reveals::insight_id.eq(insight_id))
            .filter(value_reveals::person_id.eq(actor.person_id)),
    );
    let asked = insights::table
        .inner_join(departments::table)
        .filter(insights::id.eq(insight_id))
        .filter(visible_to(actor.person_id))
        .select((
            (insights::version, insights::title, insights::body, insights::quote),
            departments::folded_path,
            (is_author, has_opened, revealed),
        ));
    type Row = ((i32, String, String, String), String, (bool, bool, bool));
    let (text, author_department, (is_author, has_opened, revealed)) =
        each_db!(c, c => asked.first::<Row>(c))?;
    let (version, title, body, quote) = text;
    Ok(Facts {
        version,
        one_sentence: is_one_sentence(&title, &body, &quote),
        author_department,
        standing: Standing { is_author, has_opened },
        revealed,
    })
}

/// How a rating was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// This person's first of this insight.
    First,
    /// In place of another.
    Changed,
    /// They had said so already.
    Same,
}

/// Takes a rating as the pages do: of the text that is there now, and an insight of one sentence, which
/// is read whole wherever it stands, counts as opened by it.
///
/// # Errors
/// As [`put`].
pub fn rate(c: &mut Conn, actor: &Actor, insight_id: i64, value: i32) -> AppResult<Taken> {
    let mut facts = facts(c, actor, insight_id)?;
    if facts.one_sentence && !facts.standing.is_author {
        flow::store::record_access(c, actor, insight_id)?;
        facts.standing.has_opened = true;
    }
    let version = facts.version;
    store(c, actor, insight_id, &facts, version, value, true)
}

/// Stores a person's rating of the `version` they read, in place of their earlier one, and recomputes the
/// insight's value with the leniencies in force. `blind` says that the page did not show the number; that
/// they asked for it, or could see it because they had rated before, is found here.
///
/// # Errors
/// 404 when the insight is not there for them, 403 when they may not rate it.
pub fn put(
    c: &mut Conn,
    actor: &Actor,
    insight_id: i64,
    version: i32,
    value: i32,
    blind: bool,
) -> AppResult<()> {
    let facts = facts(c, actor, insight_id)?;
    store(c, actor, insight_id, &facts, version, value, blind).map(|_| ())
}

/// One row is locked, so that two nodes compute one after the other; eight small statements on indexed
/// rows, whatever the size of the archive.
fn store(
    c: &mut Conn,
    actor: &Actor,
    insight_id: i64,
    facts: &Facts,
    version: i32,
    value: i32,
    blind: bool,
) -> AppResult<Taken> {
    rating::may_rate(facts.standing)?;
    let epoch = values::epoch(c)?;
    let stored = lock_due(c, insight_id, &epoch, actor.at)?;
    let own =
        ratings::table.filter(ratings::insight_id.eq(insight_id).and(ratings::person_id.eq(actor.person_id)));
    let given = own.select((ratings::value, ratings::version, ratings::blind, ratings::department_id));
    let before: Option<(i32, i32, bool, i64)> = each_db!(&mut *c, c => given.first(c).optional())?;
    if before.is_some_and(|(same, read, ..)| same == value && read == version) {
        return Ok(Taken::Same);
    }
    let blind = rating::is_blind(
        blind,
        facts.revealed,
        before.map(|(_, _, blind, _)| blind),
        stored.has_number(&epoch.policy),
    );
    let judged = (
        ratings::department_id.eq(actor.department_id),
        ratings::manager.eq(actor.manager),
        ratings::value.eq(value),
        ratings::version.eq(version),
        ratings::blind.eq(blind),
        ratings::at.eq(actor.at),
        ratings::day.eq(actor.day),
    );
    if before.is_some() {
        let change = Prepared(diesel::update(own).set(judged).returning(ratings::person_id));
        each_db!(&mut *c, c => change.execute(c))?;
    } else {
        let new = (
            ratings::insight_id.eq(insight_id),
            ratings::person_id.eq(actor.person_id),
            ratings::first_at.eq(actor.at),
            judged,
        );
        each_db!(&mut *c, c => diesel::insert_into(ratings::table).values(new).execute(c))?;
        count_rating(c, actor.person_id, 1)?;
    }
    let moved = before.is_some_and(|(.., department_id)| department_id != actor.department_id);
    let cells = if moved { Cells::All } else { Cells::Of(actor.person_id) };
    follow(c, insight_id, facts, (&epoch, &stored), cells, actor.at)?;
    Ok(if before.is_some() { Taken::Changed } else { Taken::First })
}

/// Takes a person's rating back. Where they could see the number because of it, that is kept as a reveal:
/// a rating they give later is not blind.
///
/// # Errors
/// 404 when the insight is not there for them or they have not rated it.
pub fn withdraw(c: &mut Conn, actor: &Actor, insight_id: i64) -> AppResult<()> {
    let facts = facts(c, actor, insight_id)?;
    let epoch = values::epoch(c)?;
    let stored = lock_due(c, insight_id, &epoch, actor.at)?;
    if stored.has_number(&epoch.policy) {
        values::reveal(c, actor, insight_id)?;
    }
    let own =
        ratings::table.filter(ratings::insight_id.eq(insight_id).and(ratings::person_id.eq(actor.person_id)));
    if diesel::delete(own).execute(c)? == 0 {
        return Err(AppError::NotFound);
    }
    count_rating(c, actor.person_id, -1)?;
    follow(c, insight_id, &facts, (&epoch, &stored), Cells::All, actor.at)
}

/// Locks an insight's value. Where what is shown of it is seven days old and no refit came by, it catches
/// up before the rating: afterwards the rating alone would move it.
fn lock_due(c: &mut Conn, insight_id: i64, epoch: &Epoch, now: NaiveDateTime) -> AppResult<values::Stored> {
    let stored = values::lock_or_start(c, insight_id)?;
    if !stored.shown().is_due(&epoch.policy, now) {
        return Ok(stored);
    }
    recompute::many(c, &[insight_id], |_| Why::Due, now)?;
    Ok(values::lock_or_start(c, insight_id)?)
}

/// What follows from a changed rating: the insight's value now, the leniencies soon.
fn follow(
    c: &mut Conn,
    insight_id: i64,
    facts: &Facts,
    locked: (&Epoch, &values::Stored),
    cells: Cells,
    now: NaiveDateTime,
) -> AppResult<()> {
    recompute::after_rating(c, insight_id, &facts.author_department, locked, cells, now)?;
    Ok(queue::changed(c, insight_id)?)
}

/// Keeps the number of a rater's ratings, on which the doubt about their leniency rests; the leniency
/// itself is the queue's and the refit's.
fn count_rating(c: &mut Conn, person_id: i64, change: i32) -> QueryResult<()> {
    let new = (raters::person_id.eq(person_id), raters::leniency.eq(0.0), raters::ratings.eq(change.max(0)));
    each_db!(c, c => Prepared(diesel::insert_into(raters::table)
        .values(new)
        .on_conflict(raters::person_id)
        .do_update()
        .set(raters::ratings.eq(raters::ratings + change))
        .returning(raters::person_id))
        .execute(c))
    .map(|_| ())
}

/// A rating as files bring it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = ratings, treat_none_as_default_value = false)]
pub struct Given {
    pub insight_id: i64,
    pub person_id: i64,
    pub department_id: i64,
    pub manager: bool,
    pub value: i32,
    /// Of the insight.
    pub version: i32,
    pub blind: bool,
    pub first_at: NaiveDateTime,
    pub at: NaiveDateTime,
    /// The company's day of `at`.
    pub day: chrono::NaiveDate,
}

/// Stores many ratings, each in place of an earlier one of the same person and insight. Values and
/// leniencies do not follow: call [`super::refit::refit`] in the same transaction. Who may rate, and that
/// a rating implies an access, is the caller's to see to; an author's own rating is stored but never
/// counts.
pub fn put_many(c: &mut Conn, given: &[Given]) -> QueryResult<()> {
    use diesel::upsert::excluded;
    // 10 columns: under the 32,766 parameters of SQLite.
    for part in given.chunks(2_000) {
        each_db!(c, c => diesel::insert_into(ratings::table)
            .values(part)
            .on_conflict((ratings::insight_id, ratings::person_id))
            .do_update()
            .set((
                ratings::department_id.eq(excluded(ratings::department_id)),
                ratings::manager.eq(excluded(ratings::manager)),
                ratings::value.eq(excluded(ratings::value)),
                ratings::version.eq(excluded(ratings::version)),
                ratings::blind.eq(excluded(ratings::blind)),
                ratings::at.eq(excluded(ratings::at)),
                ratings::day.eq(excluded(ratings::day)),
            ))
            .execute(c))?;
    }
    Ok(())
}
