//! Cases: opened once for the same thing, read for the queue, closed.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{people, review_cases, review_decisions, review_people, review_ratings};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::review::case::{Decision, Evidence, Kind, State};

/// A case about to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    pub kind: Kind,
    /// What it is about, such as `duplicate:3:9`: while such a case is open there is no other.
    pub key: String,
    pub insight_id: Option<i64>,
    pub other_id: Option<i64>,
    pub remark_id: Option<i64>,
    pub evidence: Evidence,
    /// How much speaks for it.
    pub weight: u32,
    /// Whose ratings or awards it is about.
    pub people: Vec<i64>,
    /// Which ratings: insight and rater.
    pub ratings: Vec<(i64, i64)>,
    /// UTC.
    pub at: NaiveDateTime,
}

impl NewCase {
    /// A case about one insight.
    pub fn about(kind: Kind, insight_id: i64, evidence: Evidence, at: NaiveDateTime) -> NewCase {
        NewCase {
            kind,
            key: format!("{}:{insight_id}", kind.name()),
            insight_id: Some(insight_id),
            other_id: None,
            remark_id: None,
            evidence,
            weight: 0,
            people: Vec::new(),
            ratings: Vec::new(),
            at,
        }
    }
}

/// What became of a case that was to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is new.
    New(i64),
    /// There is one that is not decided; its evidence is the new one.
    Known(i64),
    /// It was decided, and nothing came up since.
    Settled,
}

/// Evidence that is so much more than at the last decision comes again.
const MORE: i32 = 3;

/// Opens a case, or renews the evidence of the one that is open. What a person decided comes again only
/// with more evidence; what closed by itself opens again.
///
/// # Errors
/// What the database says.
pub fn open(c: &mut Conn, new: &NewCase) -> AppResult<Opened> {
    let weight = i32::try_from(new.weight).unwrap_or(i32::MAX);
    // Another node may open it between our look and our writing: then we find it at the second look.
    for _ in 0..3 {
        let last = latest(c, &new.key)?;
        if let Some(last) = &last {
            if last.state != State::Done.name() {
                renew(c, last.id, new)?;
                return Ok(Opened::Known(last.id));
            }
            if !comes_again(new, last, weight)? {
                return Ok(Opened::Settled);
            }
        }
        let key = match &last {
            None => new.key.clone(),
            Some(last) => next_key(&new.key, &last.key),
        };
        let row = (
            review_cases::kind.eq(new.kind.name()),
            review_cases::key.eq(key),
            review_cases::insight_id.eq(new.insight_id),
            review_cases::other_id.eq(new.other_id),
            review_cases::remark_id.eq(new.remark_id),
            review_cases::evidence.eq(text_of(&new.evidence)?),
            review_cases::weight.eq(weight),
            review_cases::opened_at.eq(new.at),
            review_cases::updated_at.eq(new.at),
        );
        let id: Option<i64> = each_db!(c, c => diesel::insert_into(review_cases::table)
            .values(row)
            .on_conflict_do_nothing()
            .returning(review_cases::id)
            .get_result(c))
        .optional()?;
        if let Some(id) = id {
            name(c, id, new)?;
            return Ok(Opened::New(id));
        }
    }
    Err(AppError::Busy)
}

struct Last {
    id: i64,
    key: String,
    state: String,
    decision: String,
    evidence: String,
    weight: i32,
}

fn latest(c: &mut Conn, key: &str) -> QueryResult<Option<Last>> {
    review_cases::table
        .filter(review_cases::key.eq(key).or(review_cases::key.like(format!("{key}#%"))))
        .order(review_cases::id.desc())
        .select((
            review_cases::id,
            review_cases::key,
            review_cases::state,
            review_cases::decision,
            review_cases::evidence,
            review_cases::weight,
        ))
        .first::<(i64, String, String, String, String, i32)>(c)
        .optional()
        .map(|row| {
            row.map(|(id, key, state, decision, evidence, weight)| Last {
                id,
                key,
                state,
                decision,
                evidence,
                weight,
            })
        })
}

/// `stale:7`, `stale:7#2`, `stale:7#3`.
fn next_key(base: &str, last: &str) -> String {
    let times: u32 =
        last.strip_prefix(base).and_then(|rest| rest.strip_prefix('#')?.parse().ok()).unwrap_or(1);
    format!("{base}#{}", times + 1)
}

fn comes_again(new: &NewCase, last: &Last, weight: i32) -> AppResult<bool> {
    let by_itself = Decision::named(&last.decision).is_some_and(|decision| !decision.can_be_undone());
    Ok(match new.kind {
        // Each report is somebody who asks; a stale one is asked about when its caller says so.
        Kind::Reported | Kind::Stale => true,
        _ if by_itself => true,
        Kind::Personal => evidence_of(&last.evidence)? != new.evidence,
        Kind::Duplicate => false,
        Kind::Ring | Kind::Pair | Kind::Serial | Kind::RoundTrip => {
            weight >= last.weight.saturating_add(MORE)
        }
    })
}

/// Gives an open case the newest evidence, its people and ratings.
pub(super) fn renew(c: &mut Conn, id: i64, new: &NewCase) -> AppResult<()> {
    diesel::update(review_cases::table.find(id))
        .set((
            review_cases::kind.eq(new.kind.name()),
            review_cases::evidence.eq(text_of(&new.evidence)?),
            review_cases::weight.eq(i32::try_from(new.weight).unwrap_or(i32::MAX)),
            review_cases::updated_at.eq(new.at),
        ))
        .execute(c)?;
    name(c, id, new)
}

/// Writes down whose ratings a case is about, and which.
fn name(c: &mut Conn, id: i64, new: &NewCase) -> AppResult<()> {
    for person in &new.people {
        let row = (review_people::case_id.eq(id), review_people::person_id.eq(person));
        each_db!(c, c => diesel::insert_into(review_people::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    for part in new.ratings.chunks(5_000) {
        let rows: Vec<_> = part
            .iter()
            .map(|(insight, person)| {
                (
                    review_ratings::case_id.eq(id),
                    review_ratings::insight_id.eq(*insight),
                    review_ratings::person_id.eq(*person),
                )
            })
            .collect();
        each_db!(c, c => diesel::insert_into(review_ratings::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

fn text_of(evidence: &Evidence) -> AppResult<String> {
    serde_json::to_string(evidence).map_err(|error| AppError::Internal(error.to_string()))
}

fn evidence_of(text: &str) -> AppResult<Evidence> {
    serde_json::from_str(text).map_err(|error| AppError::Internal(format!("evidence of a case: {error}")))
}

/// A case as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: i64,
    pub kind: Kind,
    pub state: State,
    pub insight_id: Option<i64>,
    pub other_id: Option<i64>,
    pub remark_id: Option<i64>,
    pub evidence: Evidence,
    /// UTC.
    pub opened_at: NaiveDateTime,
    /// When its evidence was last renewed, UTC.
    pub updated_at: NaiveDateTime,
    /// The one in force.
    pub decision: Option<Decision>,
    /// In the curator's words.
    pub reason: String,
    /// Nobody where it closed by itself.
    pub decided_by: Option<Named>,
    /// UTC.
    pub decided_at: Option<NaiveDateTime>,
    /// Credits that could not be taken back.
    pub shortfall: i64,
}

type Row = (
    (i64, String, String, Option<i64>, Option<i64>, Option<i64>, String),
    (NaiveDateTime, NaiveDateTime, String, String, Option<NaiveDateTime>, i64),
    Option<(i64, String)>,
);

/// The columns of a case, with whoever decided it.
macro_rules! rows {
    () => {
        review_cases::table
            .left_join(people::table.on(review_cases::decided_by.eq(people::id.nullable())))
            .select((
                (
                    review_cases::id,
                    review_cases::kind,
                    review_cases::state,
                    review_cases::insight_id,
                    review_cases::other_id,
                    review_cases::remark_id,
                    review_cases::evidence,
                ),
                (
                    review_cases::opened_at,
                    review_cases::updated_at,
                    review_cases::decision,
                    review_cases::reason,
                    review_cases::decided_at,
                    review_cases::shortfall,
                ),
                (people::id, people::name).nullable(),
            ))
    };
}

fn case_of(row: Row) -> AppResult<Case> {
    let ((id, kind, state, insight_id, other_id, remark_id, evidence), rest, decided_by) = row;
    let (opened_at, updated_at, decision, reason, decided_at, shortfall) = rest;
    let unknown = |what: &str| AppError::Internal(format!("case {id} has no known {what}"));
    Ok(Case {
        id,
        kind: Kind::named(&kind).ok_or_else(|| unknown("kind"))?,
        state: State::named(&state).ok_or_else(|| unknown("state"))?,
        insight_id,
        other_id,
        remark_id,
        evidence: evidence_of(&evidence)?,
        opened_at,
        updated_at,
        decision: Decision::named(&decision),
        reason,
        decided_by: decided_by.map(Named::from),
        decided_at,
        shortfall,
    })
}

/// A case.
///
/// # Errors
/// 404 when there is none of that id.
pub fn case(c: &mut Conn, id: i64) -> AppResult<Case> {
    case_of(rows!().filter(review_cases::id.eq(id)).first::<Row>(c)?)
}

/// A case, locked until the end of the transaction: of two curators who decide at once the second sees the
/// decision of the first. SQLite has the write lock already.
pub(super) fn lock(c: &mut Conn, id: i64) -> AppResult<Case> {
    if let Conn::Postgres(c) = c {
        review_cases::table.find(id).select(review_cases::id).for_update().first::<i64>(c)?;
    }
    case(c, id)
}

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Nobody has decided; all kinds, or one.
    Open(Option<Kind>),
    /// Treated as one department.
    Watched,
    /// Decided, the latest first.
    Done,
}

/// A page of cases: open and watched ones from the oldest, decided ones from the latest. `after` is the
/// last of the page before, `limit` the most of this one.
///
/// # Errors
/// What the database says.
pub fn list(
    c: &mut Conn,
    which: Which,
    after: Option<(NaiveDateTime, i64)>,
    limit: i64,
) -> AppResult<Vec<Case>> {
    let (at, id) = match (after, which) {
        (Some(after), _) => after,
        (None, Which::Done) => (far(9999), i64::MAX),
        (None, _) => (far(1970), 0),
    };
    let rows: Vec<Row> = match which {
        Which::Done => rows!()
            .filter(review_cases::state.eq(State::Done.name()))
            .filter(
                review_cases::decided_at
                    .lt(at)
                    .or(review_cases::decided_at.eq(at).and(review_cases::id.lt(id))),
            )
            .order((review_cases::decided_at.desc(), review_cases::id.desc()))
            .limit(limit)
            .load(c)?,
        _ => {
            let (state, kind) = match which {
                Which::Open(kind) => (State::Open, kind.map_or("%", Kind::name)),
                _ => (State::Watched, "%"),
            };
            rows!()
                .filter(review_cases::state.eq(state.name()))
                .filter(review_cases::kind.like(kind))
                .filter(
                    review_cases::opened_at
                        .gt(at)
                        .or(review_cases::opened_at.eq(at).and(review_cases::id.gt(id))),
                )
                .order((review_cases::opened_at, review_cases::id))
                .limit(limit)
                .load(c)?
        }
    };
    rows.into_iter().map(case_of).collect()
}

/// A time before or after every case.
fn far(year: i32) -> NaiveDateTime {
    chrono::NaiveDate::from_ymd_opt(year, 1, 1)
        .map(|day| day.and_time(chrono::NaiveTime::MIN))
        .unwrap_or_default()
}

/// How many cases are open, by kind, and how many are watched and decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: HashMap<Kind, i64>,
    pub watched: i64,
    pub done: i64,
}

impl Counts {
    /// Of one kind.
    pub fn of(&self, kind: Kind) -> i64 {
        self.open.get(&kind).copied().unwrap_or_default()
    }

    /// Of all kinds.
    pub fn all_open(&self) -> i64 {
        self.open.values().sum()
    }
}

/// Counts all cases.
///
/// # Errors
/// What the database says.
pub fn counts(c: &mut Conn) -> QueryResult<Counts> {
    let rows: Vec<(String, String, i64)> = review_cases::table
        .group_by((review_cases::state, review_cases::kind))
        .select((review_cases::state, review_cases::kind, count_star()))
        .load(c)?;
    let mut counts = Counts::default();
    for (state, kind, cases) in rows {
        match (State::named(&state), Kind::named(&kind)) {
            (Some(State::Open), Some(kind)) => _ = counts.open.insert(kind, cases),
            (Some(State::Watched), _) => counts.watched += cases,
            (Some(State::Done), _) => counts.done += cases,
            _ => {}
        }
    }
    Ok(counts)
}

/// The oldest open case after this one (of its kind first, then of any), to go on with.
///
/// # Errors
/// What the database says.
pub fn next_open(c: &mut Conn, kind: Kind, but: i64) -> QueryResult<Option<i64>> {
    for kind in [kind.name(), "%"] {
        let next = review_cases::table
            .filter(review_cases::state.eq(State::Open.name()))
            .filter(review_cases::kind.like(kind))
            .filter(review_cases::id.ne(but))
            .order((review_cases::opened_at, review_cases::id))
            .select(review_cases::id)
            .first(c)
            .optional()?;
        if next.is_some() {
            return Ok(next);
        }
    }
    Ok(None)
}

/// Somebody a case is about: id, name, department.
pub type Party = (i64, String, String);

/// Whose ratings or awards a case is about, by name.
///
/// # Errors
/// What the database says.
pub fn parties(c: &mut Conn, id: i64) -> QueryResult<Vec<Party>> {
    use crate::db::schema::departments;
    review_people::table
        .inner_join(people::table.inner_join(departments::table))
        .filter(review_people::case_id.eq(id))
        .order((people::folded_name, people::id))
        .select((people::id, people::name, departments::path))
        .load(c)
}

/// The ids of those a case is about.
///
/// # Errors
/// What the database says.
pub fn people_of(c: &mut Conn, id: i64) -> QueryResult<Vec<i64>> {
    review_people::table
        .filter(review_people::case_id.eq(id))
        .order(review_people::person_id)
        .select(review_people::person_id)
        .load(c)
}

/// The ratings a case is about: insight and rater.
///
/// # Errors
/// What the database says.
pub fn ratings_of(c: &mut Conn, id: i64) -> QueryResult<Vec<(i64, i64)>> {
    review_ratings::table
        .filter(review_ratings::case_id.eq(id))
        .order((review_ratings::insight_id, review_ratings::person_id))
        .select((review_ratings::insight_id, review_ratings::person_id))
        .load(c)
}

/// A decision a case had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub decision: Decision,
    pub reason: String,
    /// Nobody where it closed by itself.
    pub by: Option<Named>,
    /// UTC.
    pub at: NaiveDateTime,
    /// When it was taken back, UTC.
    pub undone_at: Option<NaiveDateTime>,
}

/// Every decision of a case, the latest first.
///
/// # Errors
/// What the database says.
pub fn history(c: &mut Conn, id: i64) -> QueryResult<Vec<Past>> {
    type Row = (String, String, Option<(i64, String)>, NaiveDateTime, Option<NaiveDateTime>);
    let rows: Vec<Row> = review_decisions::table
        .left_join(people::table.on(review_decisions::person_id.eq(people::id.nullable())))
        .filter(review_decisions::case_id.eq(id))
        .order(review_decisions::id.desc())
        .select((
            review_decisions::decision,
            review_decisions::reason,
            (people::id, people::name).nullable(),
            review_decisions::at,
            review_decisions::undone_at,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .filter_map(|(decision, reason, by, at, undone_at)| {
            Decision::named(&decision).map(|decision| Past {
                decision,
                reason,
                by: by.map(Named::from),
                at,
                undone_at,
            })
        })
        .collect())
}

/// The row of the audit log: who decided what. The reason may name people, so it stays on the case.
fn audit(c: &mut Conn, actor: &Actor, action: &str, id: i64, decision: Decision) -> QueryResult<()> {
    let object = format!("case:{id}");
    crate::accounts::audit::record(c, Some(actor.person_id), actor.at, action, &object, decision.name())
}

/// Writes a decision down, on the case and in its history, and returns its id there. `actor` is missing
/// where it closes by itself.
pub(super) fn settle(
    c: &mut Conn,
    actor: Option<&Actor>,
    at: NaiveDateTime,
    id: i64,
    decision: Decision,
    reason: &str,
) -> QueryResult<i64> {
    let by = actor.map(|actor| actor.person_id);
    if let Some(actor) = actor {
        audit(c, actor, "decided", id, decision)?;
    }
    diesel::update(review_cases::table.find(id))
        .set((
            review_cases::state.eq(decision.leads_to().name()),
            review_cases::decision.eq(decision.name()),
            review_cases::reason.eq(reason),
            review_cases::decided_by.eq(by),
            review_cases::decided_at.eq(Some(at)),
        ))
        .execute(c)?;
    diesel::insert_into(review_decisions::table)
        .values((
            review_decisions::case_id.eq(id),
            review_decisions::decision.eq(decision.name()),
            review_decisions::reason.eq(reason),
            review_decisions::person_id.eq(by),
            review_decisions::at.eq(at),
        ))
        .returning(review_decisions::id)
        .get_result(c)
}

/// Opens a decided case again; its decision stays in the history as taken back. Returns that one's id.
pub(super) fn reopen(c: &mut Conn, actor: &Actor, id: i64, decision: Decision) -> QueryResult<i64> {
    audit(c, actor, "took back the decision of", id, decision)?;
    // The latest: one that was followed by another, as watching by voiding, was not taken back.
    let last: i64 = review_decisions::table
        .filter(review_decisions::case_id.eq(id))
        .filter(review_decisions::undone_at.is_null())
        .order(review_decisions::id.desc())
        .select(review_decisions::id)
        .first(c)?;
    diesel::update(review_decisions::table.find(last))
        .set((
            review_decisions::undone_at.eq(Some(actor.at)),
            review_decisions::undone_by.eq(Some(actor.person_id)),
        ))
        .execute(c)?;
    diesel::update(review_cases::table.find(id))
        .set((
            review_cases::state.eq(State::Open.name()),
            review_cases::decision.eq(""),
            review_cases::reason.eq(""),
            review_cases::decided_by.eq(None::<i64>),
            review_cases::decided_at.eq(None::<NaiveDateTime>),
            review_cases::shortfall.eq(0),
        ))
        .execute(c)?;
    Ok(last)
}

/// Notes what a reversal could not take back.
pub(super) fn note_shortfall(c: &mut Conn, id: i64, credits: i64) -> QueryResult<()> {
    diesel::update(review_cases::table.find(id))
        .set(review_cases::shortfall.eq(credits))
        .execute(c)
        .map(|_| ())
}

/// The undecided cases of some kinds about an insight, also as the other of two: ids and kinds.
pub(super) fn pending_of(c: &mut Conn, insight_id: i64, kinds: &[Kind]) -> QueryResult<Vec<(i64, Kind)>> {
    let rows: Vec<(i64, String)> = review_cases::table
        .filter(review_cases::insight_id.eq(Some(insight_id)).or(review_cases::other_id.eq(Some(insight_id))))
        .filter(review_cases::state.ne(State::Done.name()))
        .order(review_cases::id)
        .select((review_cases::id, review_cases::kind))
        .load(c)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, kind)| Kind::named(&kind).map(|kind| (id, kind)))
        .filter(|(_, kind)| kinds.contains(kind))
        .collect())
}

/// The undecided cases about a remark.
pub(super) fn pending_of_remark(c: &mut Conn, remark_id: i64) -> QueryResult<Vec<i64>> {
    review_cases::table
        .filter(review_cases::remark_id.eq(Some(remark_id)))
        .filter(review_cases::state.ne(State::Done.name()))
        .select(review_cases::id)
        .load(c)
}
