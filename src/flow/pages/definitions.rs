//! `/flow/metrics`: what each figure is, and a page for each.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::figures::{Board, FigureRow, by_theme};
use super::filters::{Filters, FlowQuery};
use super::keys::{behind, missing};
use super::load::{Overview, is_whole};
use super::numbers::counted;
use crate::accounts::guard::Member;
use crate::db::FlowReader;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::{DEFINITIONS, Definition, Made, definition};
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::flow::unblock::Why;
use crate::policy::StuckPolicy;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/definitions.html")]
struct DefinitionsPage {
    page: Page,
    themes: Vec<(&'static str, Vec<&'static Definition>)>,
    /// The words of what is stuck.
    stuck: Vec<(&'static str, String)>,
}

/// Shows the page to anybody: what is counted about people is no secret to them.
pub async fn show(req: HttpRequest, app: web::Data<App>, member: Member) -> AppResult<HttpResponse> {
    let page = Page::new(&req, &member, Place::Flow, "What the figures mean");
    let stuck = words_of_stuck(&app.config.policy.stuck);
    page::show(&DefinitionsPage { page, themes: by_theme(&DEFINITIONS), stuck }, &req)
}

/// What is said of flows that are stuck ([`crate::flow::unblock`]), with the numbers that are set here.
fn words_of_stuck(policy: &StuckPolicy) -> Vec<(&'static str, String)> {
    let StuckPolicy { requests, days, found_percent, trust_raters, trust_value, slow_days } = *policy;
    vec![
        (
            "Stuck",
            format!(
                "One department asks, another could answer and does not: at least {} that nobody has answered for {}. It could \
                 answer if it was asked by name, or shared an insight near the request. How few people read something makes no flow \
                 stuck.",
                counted(requests, "request", "requests"),
                counted(days, "day", "days")
            ),
        ),
        (
            "Near",
            "An insight is near a request, and may answer it, if it is about the same customer or topic, or has two in five of \
             the words that say what is asked, at least two where there are three."
                .into(),
        ),
        (
            "Trusted",
            format!(
                "An insight whose value at least {} gave it, and which shows {trust_value} stars or more.",
                counted(trust_raters, "rater", "raters")
            ),
        ),
        (
            "Found",
            "An insight is found in a department if at least five people of it have opened it: of fewer nothing is told.".into(),
        ),
        (
            Why::NotFound.words(),
            format!(
                "For at least half of what is asked there is something near, some of it is trusted, and of that the department that \
                 asks has found less than {found_percent} %. Send it there."
            ),
        ),
        (
            Why::NotTrusted.words(),
            "For at least half of what is asked there is something near, and none of it is trusted. Ask for ratings, or for a \
             better answer."
                .into(),
        ),
        (
            Why::NotKnown.words(),
            "For less than half of what is asked there is anything near; or what is near and trusted was found, and they ask on. \
             Ask the managers of the department that could know."
                .into(),
        ),
        (
            Why::Slow.words(),
            format!(
                "It is answered, at least {} in the period, but half of the answers took longer than {}.",
                counted(requests, "time", "times"),
                counted(slow_days, "day", "days")
            ),
        ),
    ]
}

#[derive(Template)]
#[template(path = "flow/definition.html")]
struct DefinitionPage {
    page: Page,
    definition: &'static Definition,
    /// When it is computed, in words.
    made: &'static str,
    before: Option<&'static Definition>,
    next: Option<&'static Definition>,
    /// Its numbers, for whoever may see them.
    now: Option<Now>,
}

/// What a figure is in a period.
struct Now {
    period: String,
    query: String,
    rows: Vec<FigureRow>,
    /// Where the rows behind it stand; empty where nothing is listed.
    behind: String,
    /// Why there is no number.
    missing: &'static str,
}

/// `/flow/metrics/{metric}`: one of them, as the link in the help of a figure leads to it. Whoever sees the flow
/// of the company finds the numbers of the period they came from, too.
pub async fn one(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    member: Member,
    metric: web::Path<String>,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    let definition = definition(&metric).ok_or(AppError::NotFound)?;
    let at = DEFINITIONS.iter().position(|other| other.id == definition.id).unwrap_or_default();
    let made = match definition.made {
        Made::FromSums => "From daily sums, whenever the page is opened.",
        Made::IntervalByNight => {
            "From daily sums, whenever the page is opened; its interval each night, or when somebody asks for the period."
        }
        Made::ByNight => {
            "From the events, each night for the usual periods, or when somebody asks for a period."
        }
    };
    let now = if member.role.sees_flow() {
        Some(now(&app, &flow, &member, definition, &typed).await?)
    } else {
        None
    };
    let page = Page::new(&req, &member, Place::Flow, definition.name);
    let before = at.checked_sub(1).and_then(|at| DEFINITIONS.get(at));
    let next = DEFINITIONS.get(at + 1);
    page::show(&DefinitionPage { page, definition, made, before, next, now }, &req)
}

async fn now(
    app: &web::Data<App>,
    flow: &FlowReader,
    member: &Member,
    definition: &Definition,
    typed: &FlowQuery,
) -> AppResult<Now> {
    looks::note(app, member.actor, Kind::Figures, &[looks::EVERYBODY]).await?;
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(typed, member.actor.day, first)?;
    let question = filters.question(app);
    let overview = flow.read(move |c| Overview::load(c, question, None)).await?;
    let board =
        Board::new(&overview.figures, &overview.kept, &filters, is_whole(&question), question.calendar);
    let rows: Vec<FigureRow> =
        board.themes.into_iter().flat_map(|theme| theme.rows).filter(|row| row.id == definition.id).collect();
    Ok(Now {
        period: filters.in_words(),
        behind: behind(definition.id, &filters.query()),
        missing: if rows.is_empty() { missing(&overview) } else { "" },
        query: filters.query(),
        rows,
    })
}
