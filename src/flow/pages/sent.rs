//! `/flow/sent`: what was sent to which department, and what managers were asked about.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::DateTime;
use serde::Deserialize;

use super::numbers::counted;
use super::rows::people;
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::period::in_words;
use crate::flow::store::rows;
use crate::flow::store::sending::{self, Reason};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Rows of a page: more than one sending has.
const PAGE: usize = 200;

/// Where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SentQuery {
    after: String,
}

#[derive(Template)]
#[template(path = "flow/sent.html")]
struct SentPage {
    page: Page,
    sendings: Vec<Sending>,
    next: Option<String>,
}

/// What one press of a button sent.
struct Sending {
    /// "9 insights".
    what: String,
    department: String,
    why: &'static str,
    day: String,
    /// Who sent it, or that it happened by itself.
    by: String,
    /// How many people it told; empty where that was not written down.
    told: String,
    things: Vec<Thing>,
}

struct Thing {
    /// Empty where it is not in the archive any more.
    title: String,
    href: String,
    told: String,
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<SentQuery>,
) -> AppResult<HttpResponse> {
    let before = Cursor::parse(&typed.after, 1)?
        .and_then(|Cursor(at)| DateTime::from_timestamp_micros(*at.first()?))
        .map(|at| at.naive_utc());
    let (found, titles, questions) = flow
        .read(move |c| {
            let found = sending::all(c, before, PAGE as i64 + 1)?;
            let of = |kind: &str| -> Vec<i64> {
                found.iter().filter(|row| row.kind == kind).map(|row| row.thing).collect()
            };
            let insights = rows::by_ids(c, &of("insight"))?.into_iter();
            let titles: HashMap<i64, String> =
                insights.filter(|one| !one.is_withdrawn()).map(|one| (one.id, one.title)).collect();
            let questions: HashMap<i64, String> =
                sending::questions(c, &of("request"))?.into_iter().collect();
            Ok((found, titles, questions))
        })
        .await?;
    let calendar = app.calendar();
    // One sending tells of many things at the same time: a page ends between two of them.
    let last = found.get(PAGE).map(|next| next.at);
    let whole: Vec<&sending::Row> = match last {
        Some(last) if found.iter().any(|row| row.at > last) => {
            found.iter().filter(|row| row.at > last).collect()
        }
        _ => found.iter().collect(),
    };
    let next = last
        .and_then(|_| whole.last())
        .map(|row| format!("/flow/sent?after={}", Cursor(vec![row.at.and_utc().timestamp_micros()])));
    let thing = |row: &sending::Row| {
        let (titles, path) = match row.kind.as_str() {
            "request" => (&questions, "requests"),
            _ => (&titles, "insights"),
        };
        Thing {
            title: titles.get(&row.thing).cloned().unwrap_or_default(),
            href: format!("/{path}/{}", row.thing),
            told: people(usize::try_from(row.people).unwrap_or(0)),
        }
    };
    let sendings = whole
        .chunk_by(|one, other| one.is_with(other))
        .filter_map(|together| {
            let row = together.first()?;
            let (one, many) =
                if row.kind == "request" { ("request", "requests") } else { ("insight", "insights") };
            Some(Sending {
                what: counted(together.len() as i64, one, many),
                department: row.department.clone(),
                why: Reason::named(&row.reason).map_or("", Reason::words),
                day: in_words(calendar.day(row.at)),
                by: row.by.clone().unwrap_or_else(|| "by itself".into()),
                told: row.together.map_or_else(String::new, |all| people(usize::try_from(all).unwrap_or(0))),
                things: together.iter().map(|row| thing(row)).collect(),
            })
        })
        .collect();
    let page = Page::new(&req, &officer, Place::Flow, "What was sent");
    page::show(&SentPage { page, sendings, next }, &req)
}
