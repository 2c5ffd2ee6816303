//! `/flow/coverage`: which insights have ratings enough to trust what is said about value, and which not.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::FlowQuery;
use super::numbers::{counted, grouped};
use super::rows::{list_query, narrowed, next_page};
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::metrics::{self, Question};
use crate::flow::period::in_words;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::flow::store::rows::{self as store, Contribution, Narrow, PAGE};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

#[derive(Template)]
#[template(path = "flow/coverage.html")]
struct CoveragePage {
    page: Page,
    query: String,
    csv: String,
    period: String,
    summary: String,
    too_young: String,
    /// Whether the list is of those with enough ratings.
    enough: bool,
    rows: Vec<CoverageRow>,
    next: Option<String>,
}

struct CoverageRow {
    contribution: Contribution,
    day: String,
}

/// The insights of one of the two lists, newest first, one more than a page holds.
pub(super) fn load(
    c: &mut crate::db::Conn,
    question: Question,
    enough: bool,
    after: Option<Cursor>,
) -> AppResult<Vec<Contribution>> {
    let end = question.calendar.start_of(question.period.to);
    // The newest that are old enough come first.
    let limit = end - chrono::Duration::days(readings::OLD_ENOUGH_DAYS);
    let oldest = || Cursor(vec![limit.and_utc().timestamp_micros(), i64::MAX]);
    let narrow = Narrow {
        period: question.period,
        segment: question.segment,
        departments: None,
        managers: false,
        earlier_too: true,
        judged: Some((enough, end)),
        after: Some(after.filter(|after| after.0.first() <= oldest().0.first()).unwrap_or_else(oldest)),
    };
    Ok(store::contributions(c, &narrow)?)
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::EVERYBODY]).await?;
    let (filters, question, _) = narrowed(&app, &flow, &officer, &typed).await?;
    let enough = typed.enough != "no";
    let after = Cursor::parse(&typed.after, 2)?;
    let (mut found, figure) = flow
        .read(move |c| Ok((load(c, question, enough, after.clone())?, metrics::coverage(c, &question)?)))
        .await?;
    let last = found.get(PAGE - 1).map(Contribution::cursor);
    let next = next_page(found.len(), last, "coverage", &filters, &typed);
    found.truncate(PAGE);
    let count = |part: Option<f64>| part.unwrap_or(0.0) as i64;
    let page = CoveragePage {
        page: Page::new(&req, &officer, Place::Flow, "Insights with enough ratings to trust"),
        period: filters.in_words(),
        summary: format!(
            "{} of {} had ratings enough at the end of this period",
            grouped(count(figure.numerator)),
            counted(count(figure.denominator), "insight", "insights"),
        ),
        too_young: match figure.excluded {
            0 => String::new(),
            young => format!("{} younger than 14 days left out.", counted(young, "insight", "insights")),
        },
        csv: format!("/flow/csv/coverage?{}", list_query(&filters, &typed)),
        query: filters.query(),
        enough,
        rows: found
            .into_iter()
            .map(|contribution| CoverageRow { day: in_words(contribution.day), contribution })
            .collect(),
        next,
    };
    page::show(&page, &req)
}
