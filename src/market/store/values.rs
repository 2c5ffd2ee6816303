//! `insight_values`, `value_epochs` and `value_reveals`: what the ratings say, and what is shown of it.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::columns;
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{insight_authors, insight_values, insights, ratings, value_epochs, value_reveals};
use crate::each_db;
use crate::market::label::Label;
use crate::market::shown::{self, Known, Shown, ShownRow, ValueView};
use crate::market::value::{Estimate, Params, estimate};
use crate::policy::ValuePolicy;

/// The epoch in force: what everything is computed with until the next one begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    pub id: i64,
    /// The common level, in stars.
    pub mu: f64,
    /// The company's constants when it began.
    pub policy: ValuePolicy,
}

impl Epoch {
    /// The constants of the model.
    pub fn params(&self) -> Params {
        Params::of(&self.policy, self.mu)
    }
}

/// The epoch in force. The first one is made with the schema, with the defaults.
pub fn epoch(c: &mut Conn) -> QueryResult<Epoch> {
    let last = value_epochs::table.order(value_epochs::id.desc()).select((
        value_epochs::id,
        value_epochs::mu,
        value_epochs::policy,
    ));
    let (id, mu, policy) = each_db!(c, c => last.first::<(i64, f64, String)>(c))?;
    Ok(Epoch { id, mu, policy: ValuePolicy::from_text(&policy) })
}

/// The epoch that was in force at a time, or the first one before there was any.
pub fn epoch_at(c: &mut Conn, at: NaiveDateTime) -> QueryResult<Epoch> {
    let (id, mu, policy): (i64, f64, String) = value_epochs::table
        .filter(value_epochs::started_at.lt(at).or(value_epochs::id.eq(1)))
        .order(value_epochs::id.desc())
        .select((value_epochs::id, value_epochs::mu, value_epochs::policy))
        .first(c)?;
    Ok(Epoch { id, mu, policy: ValuePolicy::from_text(&policy) })
}

/// The constants of the epoch in force, those of what is shown among them.
pub fn policy(c: &mut Conn) -> QueryResult<ValuePolicy> {
    Ok(epoch(c)?.policy)
}

/// The constants of the model in force.
pub fn params(c: &mut Conn) -> QueryResult<Params> {
    Ok(epoch(c)?.params())
}

#[derive(Clone, Copy, Insertable)]
#[diesel(table_name = insight_values, treat_none_as_default_value = false)]
struct NewValue {
    insight_id: i64,
    epoch_id: i64,
    value: f64,
    sd: f64,
    lower: f64,
    lower_hundredths: i32,
    computed_at: NaiveDateTime,
    contributed_at: NaiveDateTime,
}

/// Opens the row of a new insight: not rated, not used.
pub fn start(c: &mut Conn, insight_id: i64, contributed_at: NaiveDateTime) -> QueryResult<()> {
    start_many(c, &[(insight_id, contributed_at)])
}

/// Opens the rows of many insights (id and time of contribution); those that are there stay as they are.
pub fn start_many(c: &mut Conn, new: &[(i64, NaiveDateTime)]) -> QueryResult<()> {
    let epoch = epoch(c)?;
    let unrated = estimate(&epoch.params(), &[]);
    // 7 columns: well under the 32,766 parameters of SQLite and the 65,535 of PostgreSQL.
    for part in new.chunks(2_000) {
        let rows: Vec<NewValue> = part
            .iter()
            .map(|&(insight_id, contributed_at)| NewValue {
                insight_id,
                epoch_id: epoch.id,
                value: unrated.value,
                sd: unrated.sd,
                lower: unrated.lower,
                lower_hundredths: hundredths(unrated.lower),
                computed_at: contributed_at,
                contributed_at,
            })
            .collect();
        each_db!(c, c => diesel::insert_into(insight_values::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// Counts a use (`change` 1) or takes it back (-1).
pub fn count_use(c: &mut Conn, insight_id: i64, change: i32) -> QueryResult<()> {
    diesel::update(insight_values::table.find(insight_id))
        .set(insight_values::uses.eq(insight_values::uses + change))
        .execute(c)
        .map(|_| ())
}

/// Notes that a person asked to see the number without rating; their later rating is not blind. Nothing
/// is noted, and `false` returned, where there is no number to see.
pub fn reveal(c: &mut Conn, actor: &Actor, insight_id: i64) -> QueryResult<bool> {
    let row = shown_row(c, insight_id)?;
    if !row.has_number(&policy(c)?) {
        return Ok(false);
    }
    let new = (
        value_reveals::insight_id.eq(insight_id),
        value_reveals::person_id.eq(actor.person_id),
        value_reveals::at.eq(actor.at),
    );
    each_db!(c, c => diesel::insert_into(value_reveals::table)
        .values(new)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(true)
}

/// What is shown of an insight's value.
pub fn shown_row(c: &mut Conn, insight_id: i64) -> QueryResult<ShownRow> {
    insight_values::table.find(insight_id).select(ShownRow::as_select()).first(c)
}

/// The values that `$which` picks, as `$person` sees them: by id, with the person's own rating, reveal and
/// authorship.
macro_rules! seen_by {
    ($person:expr, $which:expr) => {
        insight_values::table
            .left_join(
                ratings::table.on(ratings::insight_id
                    .eq(insight_values::insight_id)
                    .and(ratings::person_id.eq($person))),
            )
            .left_join(
                value_reveals::table.on(value_reveals::insight_id
                    .eq(insight_values::insight_id)
                    .and(value_reveals::person_id.eq($person))),
            )
            .left_join(
                insight_authors::table.on(insight_authors::insight_id
                    .eq(insight_values::insight_id)
                    .and(insight_authors::person_id.eq($person))),
            )
            .filter($which)
            .select((
                insight_values::insight_id,
                ShownRow::as_select(),
                ratings::value.nullable(),
                value_reveals::person_id.nullable(),
                insight_authors::person_id.nullable(),
            ))
    };
}

type Seen = (i64, ShownRow, Option<i32>, Option<i64>, Option<i64>);

fn view_of(policy: &ValuePolicy, (id, row, own, revealed, author): Seen) -> (i64, ValueView) {
    let view = shown::view(policy, &row, own, author.is_some(), revealed.is_some());
    (id, ValueView { insight_id: id, ..view })
}

/// An insight's value as `person_id` sees it. Picks by `=`: with a list of ids SQLite keeps no prepared
/// statement, and this stands on the page that is opened most.
pub fn view_for(c: &mut Conn, insight_id: i64, person_id: i64) -> QueryResult<ValueView> {
    let this = insight_values::insight_id.eq(insight_id);
    let seen = each_db!(&mut *c, c => seen_by!(person_id, this).first::<Seen>(c))?;
    Ok(view_of(&policy(c)?, seen).1)
}

/// The values of the insights of a list as `person_id` sees them, by insight.
pub fn views_for(c: &mut Conn, insight_ids: &[i64], person_id: i64) -> QueryResult<HashMap<i64, ValueView>> {
    let seen =
        seen_by!(person_id, insight_values::insight_id.eq_any(insight_ids.to_vec())).load::<Seen>(c)?;
    let policy = policy(c)?;
    Ok(seen.into_iter().map(|seen| view_of(&policy, seen)).collect())
}

/// A stored value: the estimate and what is shown of it.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Stored {
    pub raters: i32,
    pub value: f64,
    pub sd: f64,
    pub label: String,
    pub shown_tenths: i32,
    pub shown_low_tenths: i32,
    pub shown_high_tenths: i32,
    pub shown_label: String,
    pub shown_raters: i32,
    pub shown_at: Option<NaiveDateTime>,
}

/// The columns of a [`Stored`], in its order.
pub(super) const STORED: (
    insight_values::raters,
    insight_values::value,
    insight_values::sd,
    insight_values::label,
    insight_values::shown_tenths,
    insight_values::shown_low_tenths,
    insight_values::shown_high_tenths,
    insight_values::shown_label,
    insight_values::shown_raters,
    insight_values::shown_at,
) = (
    insight_values::raters,
    insight_values::value,
    insight_values::sd,
    insight_values::label,
    insight_values::shown_tenths,
    insight_values::shown_low_tenths,
    insight_values::shown_high_tenths,
    insight_values::shown_label,
    insight_values::shown_raters,
    insight_values::shown_at,
);

impl Stored {
    pub fn label(&self) -> Label {
        Label::named(&self.label).unwrap_or(Label::Early)
    }

    /// Whether there is a number to see, for whoever may see it.
    pub fn has_number(&self, policy: &ValuePolicy) -> bool {
        shown::has_number(policy, self.raters, self.shown_raters, self.shown_tenths)
    }

    pub fn known(&self) -> Known {
        Known { raters: self.raters, value: self.value, sd: self.sd, label: self.label() }
    }

    pub fn shown(&self) -> Shown {
        Shown {
            tenths: self.shown_tenths,
            low_tenths: self.shown_low_tenths,
            high_tenths: self.shown_high_tenths,
            label: Label::named(&self.shown_label).unwrap_or(Label::Early),
            raters: self.shown_raters,
            at: self.shown_at,
        }
    }
}

/// The stored value of an insight, locked until the end of the transaction: two nodes that take ratings
/// of the same insight compute one after the other. SQLite has the write lock already.
pub(super) fn lock(c: &mut Conn, insight_id: i64) -> QueryResult<Stored> {
    let row = insight_values::table.find(insight_id).select(STORED);
    match c {
        Conn::Sqlite(c) => row.first(c),
        Conn::Postgres(c) => row.for_update().first(c),
    }
}

/// As [`lock`]; an insight that came without a row gets one.
pub(super) fn lock_or_start(c: &mut Conn, insight_id: i64) -> QueryResult<Stored> {
    if let Some(stored) = lock(c, insight_id).optional()? {
        return Ok(stored);
    }
    let contributed_at: NaiveDateTime =
        insights::table.find(insight_id).select(insights::contributed_at).first(c)?;
    start(c, insight_id, contributed_at)?;
    lock(c, insight_id)
}

/// Everything about a value that ratings decide.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = insight_values, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Change {
    pub(super) raters: i32,
    pub(super) departments: i32,
    pub(super) epoch_id: i64,
    pub(super) value: f64,
    pub(super) sd: f64,
    pub(super) lower: f64,
    pub(super) lower_hundredths: i32,
    pub(super) enough_since: Option<NaiveDateTime>,
    pub(super) label: &'static str,
    pub(super) computed_at: NaiveDateTime,
    pub(super) shown_tenths: i32,
    pub(super) shown_low_tenths: i32,
    pub(super) shown_high_tenths: i32,
    pub(super) shown_label: &'static str,
    pub(super) shown_raters: i32,
    pub(super) shown_at: Option<NaiveDateTime>,
}

/// The row's new content for an estimate and what is shown of it.
pub(super) fn change(
    epoch_id: i64,
    estimate: &Estimate,
    enough_since: Option<NaiveDateTime>,
    label: Label,
    shown: &Shown,
    now: NaiveDateTime,
) -> Change {
    Change {
        raters: count(estimate.raters),
        departments: count(estimate.departments.len()),
        epoch_id,
        value: estimate.value,
        sd: estimate.sd,
        lower: estimate.lower,
        lower_hundredths: hundredths(estimate.lower),
        enough_since,
        label: label.name(),
        computed_at: now,
        shown_tenths: shown.tenths,
        shown_low_tenths: shown.low_tenths,
        shown_high_tenths: shown.high_tenths,
        shown_label: shown.label.name(),
        shown_raters: shown.raters,
        shown_at: shown.at,
    }
}

/// Stores a new estimate and what is shown from now on.
pub(super) fn put(c: &mut Conn, insight_id: i64, change: &Change) -> QueryResult<()> {
    let put = diesel::update(insight_values::table.find(insight_id)).set(change);
    each_db!(c, c => Prepared(put.returning(insight_values::insight_id)).execute(c)).map(|_| ())
}

/// A whole row.
#[derive(Insertable)]
#[diesel(table_name = insight_values, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub insight_id: i64,
    pub uses: i32,
    pub contributed_at: NaiveDateTime,
    #[diesel(embed)]
    pub change: Change,
}

/// Rows from which on they are written by column on PostgreSQL.
const MANY: usize = 100;

/// Replaces the values of many insights at once.
pub(super) fn put_many(c: &mut Conn, rows: &[Row]) -> QueryResult<()> {
    use diesel::upsert::excluded;
    use insight_values as v;
    if let (Conn::Postgres(c), true) = (&mut *c, rows.len() >= MANY) {
        return columns::put_values(c, rows);
    }
    each_db!(c, c => diesel::insert_into(v::table)
        .values(rows)
        .on_conflict(v::insight_id)
        .do_update()
        .set((
            v::raters.eq(excluded(v::raters)),
            v::departments.eq(excluded(v::departments)),
            v::epoch_id.eq(excluded(v::epoch_id)),
            v::value.eq(excluded(v::value)),
            v::sd.eq(excluded(v::sd)),
            v::lower.eq(excluded(v::lower)),
            v::lower_hundredths.eq(excluded(v::lower_hundredths)),
            v::enough_since.eq(excluded(v::enough_since)),
            v::label.eq(excluded(v::label)),
            v::computed_at.eq(excluded(v::computed_at)),
            v::shown_tenths.eq(excluded(v::shown_tenths)),
            v::shown_low_tenths.eq(excluded(v::shown_low_tenths)),
            v::shown_high_tenths.eq(excluded(v::shown_high_tenths)),
            v::shown_label.eq(excluded(v::shown_label)),
            v::shown_raters.eq(excluded(v::shown_raters)),
            v::shown_at.eq(excluded(v::shown_at)),
        ))
        .execute(c))
    .map(|_| ())
}

/// Stars in whole hundredths, rounded down: what credits are paid on.
pub fn hundredths(stars: f64) -> i32 {
    // A bound of exactly 3.5 stars that came out as 3.4999999999999996 is 350 hundredths.
    (100.0 * stars + 1e-9).floor() as i32
}

/// What credits and awards look at of an insight's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Settled {
    /// The lower bound of the value, in hundredths of a star, rounded down.
    pub lower_hundredths: i32,
    /// People whose ratings count.
    pub raters: i32,
    /// Their departments; a ring under review is one.
    pub departments: i32,
}

/// What credits and awards look at; `None` where nobody has started a value.
pub fn settled(c: &mut Conn, insight_id: i64) -> QueryResult<Option<Settled>> {
    insight_values::table
        .find(insight_id)
        .select((insight_values::lower_hundredths, insight_values::raters, insight_values::departments))
        .first(c)
        .optional()
}

/// A number of people as the tables hold it.
pub(super) fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
