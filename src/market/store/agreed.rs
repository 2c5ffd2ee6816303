//! `privacy_thresholds`: proposals to lower a threshold, what was decided, and what a node's settings
//! raised.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::values;
use crate::accounts::audit;
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::privacy_thresholds as t;
use crate::error::{AppError, AppResult};
use crate::market::agreed::{THRESHOLDS, Threshold, threshold};
use crate::policy::ValuePolicy;

/// A change, proposed or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: i64,
    pub name: String,
    pub was: i64,
    pub value: i64,
    /// None: raised by the settings of a node.
    pub proposed_by: Option<i64>,
    pub proposed_at: NaiveDateTime,
    pub reason: String,
    pub decided_by: Option<i64>,
    /// None while it waits for the second person.
    pub decided_at: Option<NaiveDateTime>,
    pub agreed: bool,
    pub told_up_to: i64,
}

impl Change {
    /// `ratings from which the number of a value is shown: 4 instead of 5`.
    pub fn sentence(&self) -> String {
        let title = threshold(&self.name).map_or(self.name.as_str(), |threshold| threshold.title);
        format!("{title}: {} instead of {}", self.value, self.was)
    }

    /// Whether it waits for the second person.
    pub fn is_open(&self) -> bool {
        self.decided_at.is_none()
    }
}

type Columns = (
    (t::id, t::name, t::was, t::value, t::proposed_by, t::proposed_at),
    (t::reason, t::decided_by, t::decided_at, t::agreed, t::told_up_to),
);
const COLUMNS: Columns = (
    (t::id, t::name, t::was, t::value, t::proposed_by, t::proposed_at),
    (t::reason, t::decided_by, t::decided_at, t::agreed, t::told_up_to),
);
type Row = (
    (i64, String, i64, i64, Option<i64>, NaiveDateTime),
    (String, Option<i64>, Option<NaiveDateTime>, bool, i64),
);

fn change(row: Row) -> Change {
    let (
        (id, name, was, value, proposed_by, proposed_at),
        (reason, decided_by, decided_at, agreed, told_up_to),
    ) = row;
    Change {
        id,
        name,
        was,
        value,
        proposed_by,
        proposed_at,
        reason,
        decided_by,
        decided_at,
        agreed,
        told_up_to,
    }
}

/// All changes, newest first.
///
/// # Errors
/// What the database says.
pub fn changes(c: &mut Conn) -> QueryResult<Vec<Change>> {
    let rows = t::table.order(t::id.desc()).select(COLUMNS).load::<Row>(c)?;
    Ok(rows.into_iter().map(change).collect())
}

/// What a threshold may not be below: what was agreed last, or its default.
///
/// # Errors
/// What the database says.
pub fn least(c: &mut Conn, of: &Threshold) -> QueryResult<i64> {
    let agreed: Option<i64> = t::table
        .filter(t::name.eq(of.name).and(t::agreed.eq(true)))
        .order(t::id.desc())
        .select(t::value)
        .first(c)
        .optional()?;
    Ok(agreed.unwrap_or_else(|| of.usual()))
}

/// The policy a node's settings ask for, with no threshold below what is agreed: that is kept, and said in
/// the log. What the settings raise is the new agreement: to lower it again takes two.
///
/// # Errors
/// What the database says.
pub fn held(c: &mut Conn, asked: ValuePolicy, now: NaiveDateTime) -> QueryResult<ValuePolicy> {
    let in_force = values::policy(c)?;
    let mut policy = asked;
    for threshold in &THRESHOLDS {
        let (asked, least) = ((threshold.of)(&asked), least(c, threshold)?);
        if asked < least {
            tracing::warn!(
                setting = threshold.name,
                asked,
                kept = least,
                "to lower this threshold takes two people; it is kept"
            );
            policy = threshold.with(policy, least);
        } else if asked > least && asked > (threshold.of)(&in_force) {
            diesel::insert_into(t::table)
                .values((
                    (t::name.eq(threshold.name), t::was.eq(least), t::value.eq(asked), t::agreed.eq(true)),
                    (t::proposed_at.eq(now), t::decided_at.eq(Some(now)), t::reason.eq("")),
                    t::told_up_to.eq(i64::MAX),
                ))
                .execute(c)?;
        }
    }
    Ok(policy)
}

/// Proposes to lower a threshold.
///
/// # Errors
/// 400 for a threshold or value that is none, 409 while another proposal about it waits.
pub fn propose(c: &mut Conn, actor: &Actor, name: &str, value: i64, reason: &str) -> AppResult<()> {
    let Some(threshold) = threshold(name) else {
        return Err(AppError::BadRequest("There is no such threshold.".into()));
    };
    let least = least(c, threshold)?;
    if value >= least || value < threshold.floor {
        return Err(AppError::BadRequest(format!(
            "It is {least} now: what is proposed must be lower, and {} at least. The settings raise it.",
            threshold.floor
        )));
    }
    let waits = t::table.filter(t::name.eq(name).and(t::decided_at.is_null()));
    if diesel::select(diesel::dsl::exists(waits)).get_result(c)? {
        return Err(AppError::Conflict("A proposal about this threshold waits for an answer already."));
    }
    diesel::insert_into(t::table)
        .values((
            (t::name.eq(name), t::was.eq(least), t::value.eq(value), t::agreed.eq(false)),
            (t::proposed_by.eq(Some(actor.person_id)), t::proposed_at.eq(actor.at), t::reason.eq(reason)),
            t::told_up_to.eq(i64::MAX),
        ))
        .execute(c)?;
    let detail = format!("{name} from {least} to {value}: {reason}");
    Ok(audit::record(
        c,
        Some(actor.person_id),
        actor.at,
        "proposed to lower a privacy threshold",
        "privacy",
        &detail,
    )?)
}

/// The second person's answer.
///
/// # Errors
/// 404 where nothing waits, 409 for whoever proposed it.
pub fn decide(c: &mut Conn, actor: &Actor, id: i64, agreed: bool) -> AppResult<()> {
    let row = t::table.find(id).filter(t::decided_at.is_null()).select(COLUMNS).first::<Row>(c).optional()?;
    let change = row.map(change).ok_or(AppError::NotFound)?;
    if agreed && change.proposed_by == Some(actor.person_id) {
        return Err(AppError::Conflict("Lowering a threshold takes two people, and you proposed it."));
    }
    let told_up_to = if agreed { 0 } else { i64::MAX };
    let decided = diesel::update(t::table.find(id).filter(t::decided_at.is_null()))
        .set((
            t::decided_by.eq(Some(actor.person_id)),
            t::decided_at.eq(Some(actor.at)),
            t::agreed.eq(agreed),
            t::told_up_to.eq(told_up_to),
        ))
        .execute(c)?;
    if decided != 1 {
        return Err(AppError::Conflict("Somebody else answered it in this moment."));
    }
    let action =
        if agreed { "agreed to lower a privacy threshold" } else { "refused to lower a privacy threshold" };
    let detail = format!("{} from {} to {}", change.name, change.was, change.value);
    Ok(audit::record(c, Some(actor.person_id), actor.at, action, "privacy", &detail)?)
}

/// The oldest agreed change of which not everybody was told.
///
/// # Errors
/// What the database says.
pub fn untold(c: &mut Conn) -> QueryResult<Option<Change>> {
    let row = t::table
        .filter(t::agreed.eq(true).and(t::told_up_to.lt(i64::MAX)))
        .order(t::id)
        .select(COLUMNS)
        .first::<Row>(c)
        .optional()?;
    Ok(row.map(change))
}

/// Everybody up to this id was told.
///
/// # Errors
/// What the database says.
pub fn told(c: &mut Conn, id: i64, up_to: i64) -> QueryResult<()> {
    diesel::update(t::table.find(id)).set(t::told_up_to.eq(up_to)).execute(c).map(|_| ())
}
