//! `/flow/accesses`: how often each insight was opened, by the readers' department. Counts only: fewer
//! than five people are never told apart.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::{Filters, FlowQuery};
use super::numbers::{counted, grouped, shown};
use super::rows::{self, about, list_query, narrowed, next_page};
use super::tables;
use crate::accounts::guard::Officer;
use crate::db::{Conn, FlowReader};
use crate::error::AppResult;
use crate::flow::merge::{self, Cell, Merged};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, People, Question};
use crate::flow::period::in_words;
use crate::flow::scope::Scope;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::rows::{self as store, Contribution, Narrow, Openings, PAGE};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/accesses.html")]
struct AccessesPage {
    page: Page,
    query: String,
    csv: String,
    about: String,
    /// All of them together, or why that is not told.
    total: String,
    rows: Vec<AccessRow>,
    next: Option<String>,
}

/// Openings of an insight, by departments of at least five readers.
struct AccessRow {
    contribution: Contribution,
    day: String,
    openings: String,
    /// `Sales: 12 by 7 people`.
    cells: Vec<String>,
}

/// The insights of a page with what may be told of their openings.
pub(super) struct Found {
    pub insights: Vec<(Contribution, Merged)>,
    pub loaded: Loaded,
}

/// The insights that could be opened in a period, newest first, one more than a page holds, with their
/// openings by the people of a scope.
pub(super) fn load(
    c: &mut Conn,
    question: Question,
    narrow: &Narrow,
    scope: &Scope,
    managers: bool,
) -> AppResult<Found> {
    crate::flow::store::retention::rows_are_there(c, question.period)?;
    let insights = store::contributions(c, narrow)?;
    let ids: Vec<i64> = insights.iter().map(|contribution| contribution.id).collect();
    let loaded = Loaded::new(c, question)?;
    let tells = !managers || loaded.tells_managers();
    let openings = if tells { store::openings(c, question.period, &ids, managers)? } else { Vec::new() };
    let merged = |insight: i64| match tells {
        true => merged(&openings, insight, scope, &loaded, managers),
        false => Merged::Few,
    };
    let insights = insights.into_iter().map(|insight| (merged(insight.id), insight)).map(|(m, i)| (i, m));
    Ok(Found { insights: insights.collect(), loaded })
}

/// Openings in cells that may be told. Managers are never told by department.
fn merged(openings: &[Openings], insight: i64, scope: &Scope, loaded: &Loaded, managers: bool) -> Merged {
    let inside = |department: i64| scope.departments.as_ref().is_none_or(|ids| ids.contains(&department));
    merge::merge(openings.iter().filter(|o| o.insight_id == insight && inside(o.department_id)).map(|o| {
        let place = loaded.grouping.place_of(o.department_id).filter(|_| !managers);
        (place.unwrap_or(usize::MAX), o.person_id, o.count)
    }))
}

/// What a list of openings is narrowed to: the scope is that of the readers, so any insight may be in it.
pub(super) fn narrow(filters: &Filters, typed: &FlowQuery) -> AppResult<Narrow> {
    rows::narrow(filters, &Scope::default(), &FlowQuery { managers: String::new(), ..typed.clone() }, true)
}

/// The openings of a scope, the same figure as on the flow page where it is there.
fn total(c: &mut Conn, loaded: &Loaded, scope: &Scope, key: &str, managers: bool) -> AppResult<Figure> {
    let people = People::of(c, &loaded.question)?;
    let inside = |department: i64| scope.departments.as_ref().is_none_or(|ids| ids.contains(&department));
    let whom = match (loaded.grouping.with_key(key), managers) {
        (None, true) if key.is_empty() => Whom::Managers,
        (None, false) if key.is_empty() => Whom::All,
        _ => Whom::Department(scope.name.clone()),
    };
    let all = if managers && !key.is_empty() { Vec::new() } else { loaded.figures(&people) };
    if let Some(figure) = tables::find(&all, "C2", "", &whom) {
        return Ok(figure.clone());
    }
    let of_these = loaded.figures_of(
        &whom,
        &people,
        |row| inside(row.department_id) && (row.manager || !managers),
        |stay| inside(stay.department_id) && (stay.manager || !managers),
    );
    tables::find(&of_these, "C2", "", &whom)
        .cloned()
        .ok_or_else(|| crate::error::AppError::Internal("a scope without C2".into()))
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::department_of(&typed.department)]).await?;
    let (filters, question, scope) = narrowed(&app, &flow, &officer, &typed).await?;
    let scope = scope.told(typed.managers == "yes")?;
    let narrow = narrow(&filters, &typed)?;
    let managers = typed.managers == "yes";
    let (of_readers, key) = (scope.clone(), typed.department.clone());
    let (mut found, total) = flow
        .read(move |c| {
            let found = load(c, question, &narrow, &of_readers, managers)?;
            let total = total(c, &found.loaded, &of_readers, &key, managers)?;
            Ok((found, total))
        })
        .await?;
    let last = found.insights.get(PAGE - 1).map(|(contribution, _)| contribution.cursor());
    let next = next_page(found.insights.len(), last, "accesses", &filters, &typed);
    found.insights.truncate(PAGE);
    let loaded = &found.loaded;
    let page = AccessesPage {
        page: Page::new(&req, &officer, Place::Flow, "Insights opened"),
        about: about(&filters, &scope, &typed),
        total: match total.numerator {
            Some(count) => counted(count as i64, "opening", "openings"),
            None => shown(&total).value,
        },
        csv: format!("/flow/csv/accesses?{}", list_query(&filters, &typed)),
        query: filters.query(),
        rows: found
            .insights
            .into_iter()
            .map(|(contribution, merged)| AccessRow {
                day: in_words(contribution.day),
                openings: match &merged {
                    Merged::None => "0".into(),
                    Merged::Few => "under 5 people".into(),
                    Merged::Cells(cells) => grouped(cells.iter().map(|cell| cell.openings).sum()),
                },
                cells: cells(&merged, loaded, managers),
                contribution,
            })
            .collect(),
        next,
    };
    page::show(&page, &req)
}

/// What may be told, department by department: `Sales: 12 by 7 people`.
pub(super) fn cells(merged: &Merged, loaded: &Loaded, managers: bool) -> Vec<String> {
    let Merged::Cells(cells) = merged else { return Vec::new() };
    cells
        .iter()
        .map(|cell| {
            let people = counted(cell.people as i64, "person", "people");
            let whom = if managers { "Managers".to_owned() } else { together(&names(cell, loaded)) };
            format!("{whom}: {} by {people}", grouped(cell.openings))
        })
        .collect()
}

/// The departments of a cell.
pub(super) fn names<'a>(cell: &Cell, loaded: &'a Loaded) -> Vec<&'a str> {
    let group = |place: &usize| loaded.grouping.groups.get(*place).map_or("Elsewhere", |g| g.name.as_str());
    cell.places.iter().map(group).collect()
}

/// Departments that are told together, the first two by name.
fn together(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other} together"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more together", rest.len()),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_departments_are_told_in_few_words() {
        assert_eq!(together(&["Sales"]), "Sales");
        assert_eq!(together(&["Sales", "Service/North"]), "Sales and Service/North together");
        assert_eq!(together(&["A", "B", "C", "D"]), "A, B and 2 more together");
    }
}
