//! The rows behind the numbers. Contributions are signed; of accesses and searches there are counts only.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::accesses;
use super::filters::{Filters, FlowQuery};
use super::numbers::{counted, grouped};
use crate::accounts::guard::Officer;
use crate::db::{Conn, FlowReader};
use crate::error::AppResult;
use crate::flow::groups;
use crate::flow::merge::{self, Merged};
use crate::flow::metrics::{Loaded, Question};
use crate::flow::period::in_words;
use crate::flow::scope::Scope;
use crate::flow::steps::Steps;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::flow::store::rows::{self, AllMissed, Contribution, Missed, Narrow, PAGE, Searchers};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

#[derive(Template)]
#[template(path = "flow/contributions.html")]
struct ContributionsPage {
    page: Page,
    query: String,
    csv: String,
    about: String,
    rows: Vec<ContributionRow>,
    next: Option<String>,
}

struct ContributionRow {
    contribution: Contribution,
    day: String,
}

/// What every list begins with: the question and the scope.
pub(super) async fn narrowed(
    app: &App,
    flow: &FlowReader,
    officer: &Officer,
    typed: &FlowQuery,
) -> AppResult<(Filters, Question, Scope)> {
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(typed, officer.actor.day, first)?;
    let question = filters.question(app);
    let key = typed.department.clone();
    let scope = if key.is_empty() {
        Scope::default()
    } else {
        flow.read(move |c| {
            let loaded = Loaded::new(c, question)?;
            Scope::of(&loaded, &key)
        })
        .await?
    };
    Ok((filters, question, scope))
}

/// `/flow/contributions`: the insights themselves.
pub async fn contributions(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::department_of(&typed.department)]).await?;
    let (filters, _, scope) = narrowed(&app, &flow, &officer, &typed).await?;
    let narrow = narrow(&filters, &scope, &typed, false)?;
    let mut found = flow.read(move |c| Ok(rows::contributions(c, &narrow)?)).await?;
    let last = found.get(PAGE - 1).map(Contribution::cursor);
    let next = next_page(found.len(), last, "contributions", &filters, &typed);
    found.truncate(PAGE);
    let page = ContributionsPage {
        page: Page::new(&req, &officer, Place::Flow, "Insights shared"),
        about: about(&filters, &scope, &typed),
        csv: format!("/flow/csv/contributions?{}", list_query(&filters, &typed)),
        query: filters.query(),
        rows: found
            .into_iter()
            .map(|contribution| ContributionRow { day: in_words(contribution.day), contribution })
            .collect(),
        next,
    };
    page::show(&page, &req)
}

/// What a list is narrowed to.
pub(super) fn narrow(
    filters: &Filters,
    scope: &Scope,
    typed: &FlowQuery,
    earlier_too: bool,
) -> AppResult<Narrow> {
    Ok(Narrow {
        period: filters.period,
        segment: filters.segment,
        departments: scope.departments.clone(),
        managers: typed.managers == "yes",
        earlier_too,
        judged: None,
        after: Cursor::parse(&typed.after, 2)?,
    })
}

/// The query of this list, without its page.
pub(super) fn list_query(filters: &Filters, typed: &FlowQuery) -> String {
    let mut query = filters.query();
    // Keys are letters, digits and hyphens; anything else was no key.
    if !typed.department.is_empty() && typed.department.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    {
        query.push_str(&format!("&department={}", typed.department));
    }
    if typed.managers == "yes" {
        query.push_str("&managers=yes");
    }
    if typed.enough == "no" {
        query.push_str("&enough=no");
    }
    query
}

/// The address of the page after one of which `found` rows were loaded and `last` is the last shown.
pub(super) fn next_page(
    found: usize,
    last: Option<Cursor>,
    list: &str,
    filters: &Filters,
    typed: &FlowQuery,
) -> Option<String> {
    let cursor = last.filter(|_| found > PAGE)?;
    Some(format!("/flow/{list}?{}&after={cursor}", list_query(filters, typed)))
}

/// `Sales, managers, 2 Nov to 29 Nov 2026`.
pub(super) fn about(filters: &Filters, scope: &Scope, typed: &FlowQuery) -> String {
    let mut parts = Vec::new();
    if !scope.name.is_empty() {
        parts.push(scope.name.clone());
    }
    if typed.managers == "yes" {
        parts.push("managers".into());
    }
    if filters.segment.is_some() {
        parts.push("one segment".into());
    }
    parts.push(filters.in_words());
    parts.join(", ")
}

#[derive(Template)]
#[template(path = "flow/searches.html")]
struct SearchesPage {
    page: Page,
    query: String,
    csv: String,
    about: String,
    rows: Vec<SearchRow>,
    /// `11 searches`, by fewer than five people each or of days that are not told yet; empty for none.
    others: String,
    /// The days of which words are told; empty for none.
    days: String,
}

/// Words that found nothing, with the departments as far as five people of them searched.
struct SearchRow {
    words: String,
    searches: String,
    people: String,
    cells: Vec<String>,
}

/// How many people, as far as that may be told.
pub(super) fn people(count: usize) -> String {
    if (count as u64) < groups::FEWEST_PEOPLE { "under 5".into() } else { grouped(count as i64) }
}

/// `/flow/searches`: the words that found nothing.
pub async fn searches(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::department_of(&typed.department)]).await?;
    let (filters, question, scope) = narrowed(&app, &flow, &officer, &typed).await?;
    let scope = scope.told(typed.managers == "yes")?;
    let managers = typed.managers == "yes";
    let departments = scope.departments.clone();
    let (found, loaded) = flow
        .read(move |c| {
            let loaded = Loaded::new(c, question)?;
            let found = missed(c, &loaded, Searchers { departments: departments.as_deref(), managers })?;
            Ok((found, loaded))
        })
        .await?;
    let page = SearchesPage {
        page: Page::new(&req, &officer, Place::Flow, "Searches that found nothing"),
        about: about(&filters, &scope, &typed),
        csv: format!("/flow/csv/searches?{}", list_query(&filters, &typed)),
        query: filters.query(),
        others: match found.others {
            0 => String::new(),
            count => counted(count, "search", "searches"),
        },
        days: found.days.map(accesses::days_in_words).unwrap_or_default(),
        rows: found.known.into_iter().take(200).map(|missed| search_row(missed, &loaded, managers)).collect(),
    };
    page::show(&page, &req)
}

/// Words that found nothing, as far as they may be told; nothing of managers who may not be told apart.
pub(super) fn missed(c: &mut Conn, loaded: &Loaded, of: Searchers) -> AppResult<AllMissed> {
    if of.managers && !loaded.tells_managers() {
        return Ok(AllMissed::default());
    }
    let steps = Steps::of_searches(c, loaded, of.managers)?;
    Ok(rows::missed(c, loaded.question.period, of, &steps)?)
}

/// Who searched these words, in cells that may be told. Managers are never told by department.
pub(super) fn by_place(missed: &Missed, loaded: &Loaded, managers: bool) -> Merged {
    merge::merge(missed.by.iter().map(|(department, person, count)| {
        let place = loaded.grouping.place_of(*department).filter(|_| !managers);
        (place.unwrap_or(usize::MAX), *person, *count)
    }))
}

fn search_row(missed: Missed, loaded: &Loaded, managers: bool) -> SearchRow {
    SearchRow {
        cells: accesses::cells(&by_place(&missed, loaded, managers), loaded, managers),
        searches: grouped(missed.searches),
        people: people(missed.people),
        words: missed.words,
    }
}
