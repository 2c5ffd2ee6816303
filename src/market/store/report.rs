//! Every insight with its value, for the command line: as it is stored, or computed with other constants.

use diesel::prelude::*;

use super::merged::Merged;
use super::refit;
use super::standing::Standings;
use super::values;
use super::voices::Voices;
use crate::db::Conn;
use crate::db::schema::{insight_values, insights};
use crate::error::AppResult;
use crate::market::fit;
use crate::market::label::{Label, label};
use crate::market::report::ValueRow;
use crate::market::value::{Params, estimate};

/// What is stored, in the order in which it was shared first; undone insights are not there.
pub fn stored(c: &mut Conn) -> QueryResult<Vec<ValueRow>> {
    type Row = (String, i32, i32, f64, f64, f64, String);
    let rows: Vec<Row> = insight_values::table
        .inner_join(insights::table)
        .filter(insights::undone.eq(false))
        .order(insights::id)
        .select((
            insights::reference,
            insight_values::raters,
            insight_values::departments,
            insight_values::value,
            insight_values::sd,
            insight_values::lower,
            insight_values::label,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .map(|(reference, n, departments, value, sd, lower, label)| ValueRow {
            reference,
            n: usize::try_from(n).unwrap_or_default(),
            departments: usize::try_from(departments).unwrap_or_default(),
            value,
            sd,
            lower,
            label: Label::named(&label).unwrap_or(Label::Early),
        })
        .collect())
}

/// The constants in force, changed by `pairs` such as `lambda_u=3,mu=3.2`.
///
/// # Errors
/// The inner error is a sentence for whoever typed the pairs.
pub fn params(c: &mut Conn, pairs: &str) -> AppResult<Result<Params, String>> {
    Ok(values::params(c)?.with(pairs))
}

/// What a fit with these constants would say of the ratings in the database; nothing is stored. Labels
/// are those of a first fit, without the grace that a label in force enjoys.
pub fn computed(c: &mut Conn, params: &Params) -> AppResult<Vec<ValueRow>> {
    let policy = values::policy(c)?;
    let standings = Standings::all(c)?;
    let voices = Voices::load(c, &standings)?;
    let merged = Merged::all(c)?;
    let (ratings, _) = refit::counted(c, &voices, &standings, &merged)?;
    let rated = fit::fit(params, ratings).items;
    let unrated = estimate(params, &[]);
    let all: Vec<(i64, String, i64)> = insights::table
        .filter(insights::undone.eq(false))
        .order(insights::id)
        .select((insights::id, insights::reference, insights::department_id))
        .load(c)?;
    Ok(all
        .into_iter()
        .map(|(id, reference, department_id)| {
            let estimate = rated.binary_search_by_key(&id, |(id, _)| *id).map_or(&unrated, |at| &rated[at].1);
            ValueRow {
                reference,
                n: estimate.raters,
                departments: estimate.departments.len(),
                value: estimate.value,
                sd: estimate.sd,
                lower: estimate.lower,
                label: label(&policy, estimate, Some(voices.of_department(department_id)), None),
            }
        })
        .collect())
}
