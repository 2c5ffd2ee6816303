//! `/review`: what waits for a curator, oldest first, by kind; what is watched; what was decided.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::words;
use crate::accounts::guard::Curator;
use crate::accounts::person::Person;
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::review::case::{Kind, State};
use crate::review::store::cases::{self, Case, Counts, Which};
use crate::review::store::{deciding, titles};
use crate::text::capital;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;
use crate::web::when::{self, Moment};

/// Cases on a page.
const PAGE: usize = 25;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct QueueQuery {
    /// A kind, "watched", "done", or nothing for all open ones.
    show: String,
    after: String,
}

/// A tab above the list.
struct Tab {
    url: String,
    name: &'static str,
    cases: i64,
    chosen: bool,
}

/// A case in the list.
struct Line {
    id: i64,
    kind: &'static str,
    /// What it is about, in a few words.
    subject: String,
    /// What speaks for it, or what was decided.
    line: String,
    at: Moment,
    /// A decision that can be taken back.
    can_undo: bool,
}

#[derive(Template)]
#[template(path = "review/queue.html")]
struct QueuePage {
    page: Page,
    tabs: Vec<Tab>,
    lines: Vec<Line>,
    /// The finding in a sentence.
    sentence: String,
    which: Which,
    older: Option<String>,
    first: bool,
}

fn which(show: &str) -> AppResult<Which> {
    match show {
        "" => Ok(Which::Open(None)),
        "watched" => Ok(Which::Watched),
        "done" => Ok(Which::Done),
        kind => match Kind::named(kind) {
            Some(kind) => Ok(Which::Open(Some(kind))),
            None => Err(AppError::BadRequest("There is no such queue. Go back to the review.".into())),
        },
    }
}

/// `GET /review`
pub async fn list(
    app: web::Data<App>,
    req: HttpRequest,
    curator: Curator,
    Query(query): Query<QueueQuery>,
) -> AppResult<HttpResponse> {
    let which = which(&query.show)?;
    let after = match Cursor::parse(&query.after, 2)? {
        Some(cursor) => {
            let (micros, id) = (cursor.0[0], cursor.0[1]);
            let at = chrono::DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc());
            at.map(|at| (at, id))
        }
        None => None,
    };
    let (calendar, now) = (app.calendar(), curator.actor.at);
    let person = curator.person.clone();
    let (counts, mut found, subjects, own) = app
        .db
        .read(move |c| {
            let counts = cases::counts(c)?;
            let found = cases::list(c, which, after, PAGE as i64 + 1)?;
            let subjects = subjects(c, &found)?;
            let own = own(c, &person, &found)?;
            Ok((counts, found, subjects, own))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = found.last().filter(|_| more).map(|last| {
        let at =
            if which == Which::Done { last.decided_at.unwrap_or(last.opened_at) } else { last.opened_at };
        format!("/review?show={}&after={}.{}", query.show, at.and_utc().timestamp_micros(), last.id)
    });
    let oldest = found.first().map(|case| case.opened_at);
    let lines = found
        .into_iter()
        .map(|case| {
            let is_own = own.contains(&case.id);
            let subject = subjects.get(&case.id).cloned().unwrap_or_default();
            let at =
                if which == Which::Done { case.decided_at.unwrap_or(case.opened_at) } else { case.opened_at };
            Line {
                id: case.id,
                kind: case.kind.title(),
                subject: if is_own { "A case you are part of".into() } else { subject },
                line: if is_own { "Another curator decides it.".into() } else { line(&case) },
                at: when::moment(calendar, at, now),
                can_undo: !is_own
                    && case.state == State::Done
                    && case.decision.is_some_and(|decision| decision.can_be_undone()),
            }
        })
        .collect();
    let queue = QueuePage {
        page: Page::new(&req, &curator, Place::Review, "Review"),
        tabs: tabs(&counts, &query.show),
        lines,
        sentence: sentence(&counts, which, oldest, now),
        which,
        older,
        first: query.after.is_empty(),
    };
    page::show(&queue, &req)
}

fn line(case: &Case) -> String {
    match (case.state, case.decision) {
        (State::Done | State::Watched, Some(decision)) => {
            let by = case.decided_by.as_ref().map_or("by itself".to_owned(), |by| format!("by {}", by.name));
            let past = capital(decision.past(case.kind));
            match case.reason.as_str() {
                "" => format!("{past} {by}"),
                reason => format!("{past} {by}: {reason}"),
            }
        }
        _ => words::evidence(&case.evidence),
    }
}

/// What each case is about.
fn subjects(c: &mut Conn, found: &[Case]) -> AppResult<HashMap<i64, String>> {
    let mut subjects = HashMap::new();
    for case in found {
        let said = match (case.insight_id, case.other_id) {
            (Some(first), Some(other)) => {
                format!("“{}” and “{}”", titles::insight(c, first)?, titles::insight(c, other)?)
            }
            (Some(first), None) if case.remark_id.is_some() => {
                format!("A remark on “{}”", titles::insight(c, first)?)
            }
            (Some(first), None) => format!("“{}”", titles::insight(c, first)?),
            _ => words::names(
                &cases::parties(c, case.id)?.into_iter().map(|party| party.1).collect::<Vec<_>>(),
            ),
        };
        subjects.insert(case.id, said);
    }
    Ok(subjects)
}

/// Which of them the curator is part of.
fn own(c: &mut Conn, person: &Person, found: &[Case]) -> AppResult<Vec<i64>> {
    let mut own = Vec::new();
    for case in found {
        if deciding::is_part(c, person, case)? {
            own.push(case.id);
        }
    }
    Ok(own)
}

fn tabs(counts: &Counts, show: &str) -> Vec<Tab> {
    let tab = |name: &'static str, value: &str, cases: i64| Tab {
        url: if value.is_empty() { "/review".into() } else { format!("/review?show={value}") },
        name,
        cases,
        chosen: show == value,
    };
    let mut tabs = vec![tab("All", "", counts.all_open())];
    // An empty queue needs no tab, unless one looks at it.
    tabs.extend(
        Kind::ALL
            .into_iter()
            .filter(|kind| counts.of(*kind) > 0 || show == kind.name())
            .map(|kind| tab(kind.title(), kind.name(), counts.of(kind))),
    );
    if counts.watched > 0 || show == "watched" {
        tabs.push(tab("Watched", "watched", counts.watched));
    }
    tabs.push(tab("Done", "done", counts.done));
    tabs
}

fn sentence(counts: &Counts, which: Which, oldest: Option<NaiveDateTime>, now: NaiveDateTime) -> String {
    match which {
        Which::Open(kind) => {
            let cases = kind.map_or(counts.all_open(), |kind| counts.of(kind));
            let waits = match cases {
                0 => return "Nothing waits for a curator.".into(),
                1 => "One case waits".to_owned(),
                n => format!("{n} cases wait"),
            };
            match oldest.map_or(0, |at| (now - at).num_days()) {
                0 => format!("{waits}, the oldest since today."),
                1 => format!("{waits}, the oldest since yesterday."),
                days => format!("{waits}, the oldest for {days} days."),
            }
        }
        Which::Watched => {
            "These people count as one department, or are kept an eye on, until somebody decides.".into()
        }
        Which::Done => "What was decided, the latest first. Most of it can be taken back.".into(),
    }
}
