//! Values from the ratings as they stand, leniencies frozen: of one insight on the way of a rating, of
//! many after leniencies or standings changed.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::merged::Merged;
use super::standing::Standing;
use super::values::{self, Epoch, STORED, Stored};
use super::{market_department, settled};
use crate::db::Conn;
use crate::db::fragments::{FEW, Prepared, in_few};
use crate::db::schema::{departments, insight_values, insights, value_accounts, value_cells};
use crate::each_db;
use crate::error::AppResult;
use crate::market::account::account;
use crate::market::enough::Enough;
use crate::market::label::label;
use crate::market::shown::{Known, Shown};
use crate::market::value::{Estimate, Judgement, Params, estimate};

/// The counted ratings that `$which` picks, by insight and person: an author's own never counts, also
/// where somebody became an author after rating it. One with several standings comes several times.
macro_rules! judged {
    ($which:expr) => {{
        use $crate::db::schema::{departments, insight_authors, raters, rating_standings, ratings};
        ratings::table
            .inner_join(departments::table.on(departments::id.eq(ratings::department_id)))
            .left_join(raters::table.on(raters::person_id.eq(ratings::person_id)))
            .left_join(
                rating_standings::table.on(rating_standings::insight_id
                    .eq(ratings::insight_id)
                    .and(rating_standings::person_id.eq(ratings::person_id))),
            )
            .filter($which)
            .filter(diesel::dsl::not(diesel::dsl::exists(
                insight_authors::table
                    .filter(insight_authors::insight_id.eq(ratings::insight_id))
                    .filter(insight_authors::person_id.eq(ratings::person_id)),
            )))
            .order((ratings::insight_id, ratings::person_id))
            .select((
                (ratings::insight_id, ratings::person_id, ratings::value, ratings::at),
                departments::folded_path,
                (raters::leniency.nullable(), raters::ratings.nullable()),
                (rating_standings::case_id.nullable(), rating_standings::standing.nullable()),
            ))
    }};
}
pub(super) use judged;

/// A row of [`judged!`].
pub(super) type JudgedRow =
    ((i64, i64, i32, NaiveDateTime), String, (Option<f64>, Option<i32>), (Option<i64>, Option<String>));

/// A rating that counts.
#[derive(Clone, Debug)]
pub(super) struct Rated {
    pub insight_id: i64,
    pub person_id: i64,
    pub at: NaiveDateTime,
    /// The market's department at the time, or the case it is one with.
    pub voice: String,
    pub stars: f64,
    pub leniency: f64,
    /// Counted ratings of this rater, this one included.
    pub history: u32,
}

/// What stands before the number of a case in the name of its voice; no department has it in its name.
const CASE: char = '\u{1f}';

/// The voice of a case.
pub(super) fn case_voice(case_id: i64) -> String {
    format!("{CASE}{case_id}")
}

/// Folds the standings of each rating into one row, leaves out what does not count, and puts those of
/// merged insights to the one that stands for it. By insight and person.
pub(super) fn counted(rows: Vec<JudgedRow>, merged: &Merged) -> Vec<Rated> {
    let mut all: Vec<(Rated, Option<Standing>)> = Vec::with_capacity(rows.len());
    for ((insight_id, person_id, value, at), path, (leniency, history), (case_id, standing)) in rows {
        let standing = case_id.zip(standing).map(|(case_id, standing)| Standing::of(case_id, &standing));
        if let Some((known, before)) = all.last_mut()
            && (known.insight_id, known.person_id) == (insight_id, person_id)
        {
            *before = match (*before, standing) {
                (Some(one), Some(other)) => Some(one.with(other)),
                (one, other) => one.or(other),
            };
            continue;
        }
        let rated = Rated {
            insight_id,
            person_id,
            at,
            voice: market_department(&path).to_owned(),
            stars: f64::from(value),
            leniency: leniency.unwrap_or(0.0),
            history: u32::try_from(history.unwrap_or(1).max(1)).unwrap_or(1),
        };
        all.push((rated, standing));
    }
    let counting = all.into_iter().filter_map(|(rated, standing)| match standing {
        None => Some(rated),
        Some(Standing::Case(case_id)) => Some(Rated { voice: case_voice(case_id), ..rated }),
        Some(Standing::Out) => None,
    });
    if merged.is_empty() {
        return counting.collect();
    }
    let mut rated: Vec<Rated> = counting
        .map(|rated| Rated { insight_id: merged.kept(rated.insight_id), ..rated })
        .filter(|rated| !merged.is_author(rated.insight_id, rated.person_id))
        .collect();
    // Of two by one person the later is first, and stays.
    rated.sort_by(|a, b| (a.insight_id, a.person_id, b.at).cmp(&(b.insight_id, b.person_id, a.at)));
    rated.dedup_by_key(|rated| (rated.insight_id, rated.person_id));
    rated
}

/// The ratings that count for these insights, by insight and person.
pub(super) fn rated(c: &mut Conn, insight_ids: &[i64], merged: &Merged) -> QueryResult<Vec<Rated>> {
    let mut rows = Vec::new();
    for part in merged.with_merged(insight_ids).chunks(FEW) {
        rows.extend(judged!(in_few(crate::db::schema::ratings::insight_id, part)).load::<JudgedRow>(c)?);
    }
    Ok(counted(rows, merged))
}

/// What the counted ratings of an insight come to.
struct Computed {
    estimate: Estimate,
    judgements: Vec<Judgement>,
    /// The voices by their number.
    names: Vec<String>,
    /// The author's department.
    author: u32,
    enough_since: Option<NaiveDateTime>,
}

/// Voices are numbered in the order of their names, so that the same ratings give the same sums to the
/// last bit here and in the batch fit.
fn compute(params: &Params, rated: &[Rated], author_department: &str) -> Computed {
    let author_department = market_department(author_department);
    let mut names: Vec<&str> = rated.iter().map(|rated| rated.voice.as_str()).collect();
    names.push(author_department);
    names.sort_unstable();
    names.dedup();
    let number = |name: &str| names.binary_search(&name).unwrap_or_default() as u32;
    let judgements: Vec<Judgement> = rated
        .iter()
        .map(|rated| Judgement {
            department: number(&rated.voice),
            stars: rated.stars,
            leniency: rated.leniency,
            history: rated.history,
        })
        .collect();
    let mut enough = Enough::default();
    for rated in rated {
        enough.add(rated.voice.as_str(), rated.at);
    }
    Computed {
        estimate: estimate(params, &judgements),
        enough_since: enough.since(),
        author: number(author_department),
        judgements,
        names: names.into_iter().map(str::to_owned).collect(),
    }
}

impl Computed {
    /// What is known of the value, with its label.
    fn known(&self, epoch: &Epoch, before: &Stored) -> Known {
        Known {
            raters: values::count(self.estimate.raters),
            value: self.estimate.value,
            sd: self.estimate.sd,
            label: label(&epoch.policy, &self.estimate, Some(self.author), Some(before.label())),
        }
    }

    /// The account of how it came about, as text.
    fn account(&self, epoch: &Epoch) -> AppResult<String> {
        let names: Vec<Option<String>> =
            self.names.iter().map(|name| (!name.starts_with(CASE)).then(|| name.clone())).collect();
        let from = usize::try_from(epoch.policy.department_from).unwrap_or(usize::MAX);
        let account = account(&epoch.params(), &self.judgements, &self.estimate, &names, from);
        serde_json::to_string(&account)
            .map_err(|error| crate::error::AppError::Internal(format!("an account of a value: {error}")))
    }

    /// Voice, raters and sum of each cell.
    fn cells(&self) -> impl Iterator<Item = (&str, i32, f64)> {
        self.estimate.departments.iter().map(|view| {
            let name = self.names.get(view.department as usize).map_or("", String::as_str);
            (name, values::count(view.raters), view.sum)
        })
    }
}

/// Which cells of an insight a rating can have moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cells {
    /// The one of this person's voice.
    Of(i64),
    /// Any.
    All,
}

/// Computes and stores an insight's value after a rating of it changed. `stored` is locked.
pub(super) fn after_rating(
    c: &mut Conn,
    insight_id: i64,
    author_department: &str,
    (epoch, stored): (&Epoch, &Stored),
    cells: Cells,
    now: NaiveDateTime,
) -> AppResult<()> {
    let merged = Merged::of(c, insight_id)?;
    let rated = if merged.is_empty() {
        let judged = judged!(crate::db::schema::ratings::insight_id.eq(insight_id));
        let rows = each_db!(&mut *c, c => judged.load::<JudgedRow>(c))?;
        counted(rows, &merged)
    } else {
        rated(c, &[insight_id], &merged)?
    };
    let computed = compute(&epoch.params(), &rated, author_department);
    let after = computed.known(epoch, stored);
    let before = stored.shown();
    let shown = before.after_rating(&epoch.policy, &stored.known(), &after, now);
    let Computed { estimate, enough_since, .. } = &computed;
    let change = values::change(epoch.id, estimate, *enough_since, after.label, &shown, now);
    values::put(c, insight_id, &change)?;
    let own = match cells {
        Cells::Of(person) => rated.iter().find(|rated| rated.person_id == person).map(|rated| &rated.voice),
        Cells::All => None,
    };
    if own.is_none() {
        diesel::delete(value_cells::table.filter(value_cells::insight_id.eq(insight_id))).execute(c)?;
    }
    for (voice, n, sum) in computed.cells().filter(|(voice, ..)| own.is_none_or(|own| own == voice)) {
        put_cell(c, insight_id, voice, n, sum)?;
    }
    if shown != before {
        put_account(c, insight_id, &computed.account(epoch)?)?;
        settled::tell(c, epoch, insight_id, &before, &shown, now)?;
    }
    Ok(())
}

fn put_cell(c: &mut Conn, insight_id: i64, voice: &str, n: i32, sum: f64) -> QueryResult<()> {
    let row = (
        value_cells::insight_id.eq(insight_id),
        value_cells::voice.eq(voice),
        value_cells::n.eq(n),
        value_cells::sum.eq(sum),
    );
    each_db!(c, c => Prepared(diesel::insert_into(value_cells::table)
        .values(row)
        .on_conflict((value_cells::insight_id, value_cells::voice))
        .do_update()
        .set((value_cells::n.eq(n), value_cells::sum.eq(sum)))
        .returning(value_cells::insight_id))
        .execute(c))
    .map(|_| ())
}

fn put_account(c: &mut Conn, insight_id: i64, text: &str) -> QueryResult<()> {
    let row = (value_accounts::insight_id.eq(insight_id), value_accounts::account.eq(text));
    each_db!(c, c => Prepared(diesel::insert_into(value_accounts::table)
        .values(row)
        .on_conflict(value_accounts::insight_id)
        .do_update()
        .set(value_accounts::account.eq(text))
        .returning(value_accounts::insight_id))
        .execute(c))
    .map(|_| ())
}

/// Why values are computed again, which says whether what is shown may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Leniencies moved a little: what is shown stays.
    Leniencies,
    /// It has not moved for so long that it is due, or the nightly refit came by.
    Due,
    /// Somebody decided how so many of its ratings count: two and more are seen at once, one would give a
    /// rating away.
    Decided { ratings: i64 },
}

impl Why {
    fn shown(self, epoch: &Epoch, before: Shown, known: &Known, now: NaiveDateTime) -> Shown {
        match self {
            Why::Leniencies => before,
            Why::Due => before.after_refit(&epoch.policy, known, now),
            Why::Decided { ratings } if ratings >= epoch.policy.further_raters => {
                Shown::of(&epoch.policy, known, now)
            }
            Why::Decided { .. } => before.after_refit(&epoch.policy, known, now),
        }
    }
}

/// Computes and stores the values of many insights; those without a row yet are passed over.
pub(super) fn many(
    c: &mut Conn,
    insight_ids: &[i64],
    why: impl Fn(i64) -> Why,
    now: NaiveDateTime,
) -> AppResult<()> {
    let epoch = values::epoch(c)?;
    let merged = Merged::all(c)?;
    let mut sorted = insight_ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    for part in sorted.chunks(FEW) {
        part_of_many(c, part, &why, (&epoch, &merged), now)?;
    }
    Ok(())
}

/// Of at most [`FEW`] insights, in ascending order: locked in the order in which everybody locks them.
fn part_of_many(
    c: &mut Conn,
    ids: &[i64],
    why: &impl Fn(i64) -> Why,
    (epoch, merged): (&Epoch, &Merged),
    now: NaiveDateTime,
) -> AppResult<()> {
    let locked = insight_values::table
        .filter(in_few(insight_values::insight_id, ids))
        .order(insight_values::insight_id)
        .select((insight_values::insight_id, STORED, insight_values::uses, insight_values::contributed_at));
    let stored: Vec<(i64, Stored, i32, NaiveDateTime)> = match c {
        Conn::Sqlite(c) => locked.load(c)?,
        Conn::Postgres(c) => locked.for_update().load(c)?,
    };
    let computed = computed_of(c, ids, &epoch.params(), merged)?;
    diesel::delete(value_cells::table.filter(in_few(value_cells::insight_id, ids))).execute(c)?;
    let unrated = compute(&epoch.params(), &[], "");
    let mut rows = Vec::with_capacity(stored.len());
    let mut moves = Vec::new();
    for (insight_id, stored, uses, contributed_at) in &stored {
        let computed = computed.get(insight_id).unwrap_or(&unrated);
        let known = computed.known(epoch, stored);
        let before = stored.shown();
        let shown = why(*insight_id).shown(epoch, before, &known, now);
        rows.push(values::Row {
            insight_id: *insight_id,
            uses: *uses,
            contributed_at: *contributed_at,
            change: values::change(
                epoch.id,
                &computed.estimate,
                computed.enough_since,
                known.label,
                &shown,
                now,
            ),
        });
        for (voice, n, sum) in computed.cells() {
            put_cell(c, *insight_id, voice, n, sum)?;
        }
        if shown != before {
            put_account(c, *insight_id, &computed.account(epoch)?)?;
            moves.push((*insight_id, before, shown));
        }
    }
    values::put_many(c, &rows)?;
    for (insight_id, before, shown) in moves {
        settled::tell(c, epoch, insight_id, &before, &shown, now)?;
    }
    Ok(())
}

/// What the ratings of at most [`FEW`] insights come to.
fn computed_of(
    c: &mut Conn,
    ids: &[i64],
    params: &Params,
    merged: &Merged,
) -> QueryResult<HashMap<i64, Computed>> {
    let authors: Vec<(i64, String)> = insights::table
        .inner_join(departments::table)
        .filter(in_few(insights::id, ids))
        .select((insights::id, departments::folded_path))
        .load(c)?;
    let rated = rated(c, ids, merged)?;
    Ok(authors
        .into_iter()
        .map(|(id, path)| {
            let from = rated.partition_point(|rated| rated.insight_id < id);
            let to = rated.partition_point(|rated| rated.insight_id <= id);
            (id, compute(params, &rated[from..to], &path))
        })
        .collect())
}

/// Writes the accounts of insights whose shown value a refit has moved.
pub(super) fn put_accounts(
    c: &mut Conn,
    insight_ids: &[i64],
    (epoch, merged): (&Epoch, &Merged),
) -> AppResult<()> {
    for part in insight_ids.chunks(FEW) {
        let mut rows = Vec::with_capacity(part.len());
        for (id, computed) in computed_of(c, part, &epoch.params(), merged)? {
            rows.push((
                value_accounts::insight_id.eq(id),
                value_accounts::account.eq(computed.account(epoch)?),
            ));
        }
        diesel::delete(value_accounts::table.filter(in_few(value_accounts::insight_id, part))).execute(c)?;
        each_db!(c, c => diesel::insert_into(value_accounts::table).values(&rows).execute(c))?;
    }
    Ok(())
}
