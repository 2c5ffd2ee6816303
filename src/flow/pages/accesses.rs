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
use crate::flow::groups::REST_OF_COMPANY;
use crate::flow::merge::{self, Cell, Merged};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, People, Question};
use crate::flow::period::{Period, in_words};
use crate::flow::rest::Rest;
use crate::flow::scope::Scope;
use crate::flow::steps::Steps;
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
    /// The days of which rows are told; empty for none.
    days: String,
    rows: Vec<AccessRow>,
    /// Whether a row of it is not told.
    withheld: bool,
    /// What is missing of the total, where all rows are on this page; empty for nothing.
    untold: String,
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

/// A list of the insights that could be opened in a period, with their openings by the people of a scope.
pub(super) struct List {
    pub loaded: Loaded,
    scope: Scope,
    managers: bool,
    /// Whether anything of it is told.
    tells: bool,
    steps: Steps,
    /// The insight that is withheld with those that few opened ([`crate::flow::rest`]).
    joining: Option<i64>,
}

impl List {
    /// The list of a question.
    pub fn new(c: &mut Conn, question: Question, scope: Scope, managers: bool) -> AppResult<List> {
        crate::flow::store::retention::rows_are_there(c, question.period)?;
        let loaded = Loaded::new(c, question)?;
        let tells = !managers || loaded.tells_managers();
        let steps = Steps::of_openings(c, &loaded, managers)?;
        let mut rest = Rest::default();
        if tells {
            let Question { period, segment, .. } = question;
            store::each_opened(c, period, segment, managers, &steps, |looked, insight, openings| {
                if rest.is_settled(looked) {
                    return true;
                }
                rest.add(&insight, inside(openings, &scope).map(|one| (one.person_id, one.count)));
                rest.is_enough()
            })?;
        }
        Ok(List { loaded, scope, managers, tells, steps, joining: rest.joining() })
    }

    /// The days of which rows are told, where there are any.
    pub fn days(&self) -> Option<Period> {
        self.steps.days(self.scope.departments.as_deref()).filter(|_| self.tells)
    }

    /// The openings of its scope, the same figure as on the flow page where it is there. `key` is what the scope was
    /// asked by.
    pub fn total(&self, c: &mut Conn, key: &str) -> AppResult<Figure> {
        let List { loaded, scope, managers, .. } = self;
        let managers = *managers;
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

    /// A page of it, newest first, one more than it holds.
    pub fn page(&self, c: &mut Conn, narrow: &Narrow) -> AppResult<Vec<(Contribution, Merged)>> {
        let insights = store::contributions(c, narrow)?;
        let told = insights.iter().map(|one| one.id).filter(|id| self.tells && self.joining != Some(*id));
        let told: Vec<i64> = told.collect();
        let openings = store::openings(c, self.loaded.question.period, &told, self.managers, &self.steps)?;
        Ok(insights
            .into_iter()
            .map(|insight| {
                let merged = self.merged(&openings, insight.id);
                (insight, merged)
            })
            .collect())
    }

    /// Openings in cells that may be told. Managers are never told by department.
    fn merged(&self, openings: &[Openings], insight: i64) -> Merged {
        let of_it = inside(openings, &self.scope).filter(|one| one.insight_id == insight);
        merge::merge(of_it.map(|one| {
            let place = self.loaded.grouping.place_of(one.department_id).filter(|_| !self.managers);
            (place.unwrap_or(usize::MAX), one.person_id, one.count)
        }))
    }
}

/// Those by people of a scope.
fn inside<'a>(openings: &'a [Openings], scope: &'a Scope) -> impl Iterator<Item = &'a Openings> {
    openings
        .iter()
        .filter(|one| scope.departments.as_ref().is_none_or(|ids| ids.contains(&one.department_id)))
}

/// What a list of openings is narrowed to: the scope is that of the readers, so any insight may be in it.
pub(super) fn narrow(filters: &Filters, typed: &FlowQuery) -> AppResult<Narrow> {
    rows::narrow(filters, &Scope::default(), &FlowQuery { managers: String::new(), ..typed.clone() }, true)
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
    let (list, mut found, total) = flow
        .read(move |c| {
            let list = List::new(c, question, of_readers, managers)?;
            let total = list.total(c, &key)?;
            let found = list.page(c, &narrow)?;
            Ok((list, found, total))
        })
        .await?;
    let last = found.get(PAGE - 1).map(|(contribution, _)| contribution.cursor());
    let next = next_page(found.len(), last, "accesses", &filters, &typed);
    found.truncate(PAGE);
    let loaded = &list.loaded;
    let is_all = next.is_none() && typed.after.is_empty();
    let told = found.iter().map(|(_, merged)| merged.openings()).sum();
    let page = AccessesPage {
        page: Page::new(&req, &officer, Place::Flow, "Insights opened"),
        about: about(&filters, &scope, &typed),
        total: match total.numerator {
            Some(count) => counted(count as i64, "opening", "openings"),
            None => shown(&total).value,
        },
        days: list.days().map(days_in_words).unwrap_or_default(),
        csv: format!("/flow/csv/accesses?{}", list_query(&filters, &typed)),
        query: filters.query(),
        untold: untold(total.numerator.filter(|_| is_all), told).map(grouped).unwrap_or_default(),
        withheld: found.iter().any(|(_, merged)| *merged == Merged::Few),
        rows: found
            .into_iter()
            .map(|(contribution, merged)| AccessRow {
                day: in_words(contribution.day),
                openings: match &merged {
                    Merged::Few => "under 5 people".into(),
                    Merged::Cells(_) => grouped(merged.openings()),
                },
                cells: cells(&merged, loaded, managers),
                contribution,
            })
            .collect(),
        next,
    };
    page::show(&page, &req)
}

/// What the rows of a list do not tell of its total: those of few people, and days that are not told yet.
pub(super) fn untold(total: Option<f64>, told: i64) -> Option<i64> {
    total.map(|total| total as i64 - told).filter(|rest| *rest > 0)
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

/// The days of which a list tells rows: `2 Nov 2026 to 15 Nov 2026`.
pub(super) fn days_in_words(days: Period) -> String {
    format!("{} to {}", in_words(days.from), in_words(days.last_day()))
}

/// The departments of a cell.
pub(super) fn names<'a>(cell: &Cell, loaded: &'a Loaded) -> Vec<&'a str> {
    let group =
        |place: &usize| loaded.grouping.groups.get(*place).map_or(REST_OF_COMPANY, |g| g.name.as_str());
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
