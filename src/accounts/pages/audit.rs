//! `/admin/audit`: who changed what, newest first.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::audit::{self, Entry};
use crate::accounts::guard::Admin;
use crate::accounts::store;
use crate::error::AppResult;
use crate::review::case::Decision;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Rows on a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "accounts/audit.html")]
struct AuditPage {
    page: Page,
    lines: Vec<Line>,
    next: Option<String>,
    is_first: bool,
}

/// One row as a sentence: actor, action, object, detail.
struct Line {
    /// The company's wall clock, for people.
    when: String,
    /// UTC, for programs.
    at: String,
    actor: String,
    action: String,
    /// Label and, where there is a page, its address; empty where the action says it all.
    object: Option<(String, Option<String>)>,
    detail: String,
}

/// What one does to nobody else: the sentence needs no object.
const ALONE: [&str; 4] =
    ["set up Tradewind", "joined", "changed their own password", "signed out everywhere"];

/// Names of the people and paths of the departments that a page of the log speaks of.
struct Names {
    people: HashMap<i64, String>,
    departments: HashMap<i64, String>,
}

fn id_of(object: &str, kind: &str) -> Option<i64> {
    object.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

impl Line {
    fn new(entry: Entry, names: &Names, calendar: crate::clock::Calendar) -> Line {
        let name = |id: i64| names.people.get(&id).cloned().unwrap_or_else(|| format!("person {id}"));
        let object = if ALONE.contains(&entry.action.as_str()) {
            None
        } else if let Some(id) = id_of(&entry.object, "person") {
            let label = if entry.actor_id == Some(id) { "themselves".into() } else { name(id) };
            Some((label, Some(format!("/admin/people/{id}"))))
        } else if let Some(id) = id_of(&entry.object, "department") {
            let label = names.departments.get(&id).cloned().unwrap_or_else(|| format!("department {id}"));
            Some((label, Some(format!("/admin/departments/{id}"))))
        } else if let Some(id) = id_of(&entry.object, "insight") {
            Some((format!("insight {id}"), Some(format!("/insights/{id}"))))
        } else {
            Some((entry.object.replace(':', " "), None))
        };
        Line {
            when: calendar.local(entry.at).format("%-d %b %Y, %H:%M").to_string(),
            at: entry.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            actor: entry.actor_id.map_or_else(|| "The command line".into(), name),
            action: entry.action,
            object,
            detail: match Decision::named(&entry.detail) {
                Some(decision) if entry.object.starts_with("case:") => decision.logged().to_owned(),
                _ => entry.detail,
            },
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    after: String,
}

/// `GET /admin/audit`.
pub async fn list(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Query(query): Query<AuditQuery>,
) -> AppResult<HttpResponse> {
    let before = Cursor::parse(&query.after, 1)?.and_then(|cursor| cursor.0.first().copied());
    let (mut entries, names) = app
        .db
        .read(move |c| {
            let entries = audit::list(c, before, PAGE + 1)?;
            let about = |kind: &str| -> Vec<i64> {
                entries.iter().filter_map(|entry| id_of(&entry.object, kind)).collect()
            };
            let mut people = about("person");
            people.extend(entries.iter().filter_map(|entry| entry.actor_id));
            let departments = about("department");
            let names =
                Names { people: store::names(c, &people)?, departments: store::paths(c, &departments)? };
            Ok((entries, names))
        })
        .await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let next = entries.last().filter(|_| more).map(|entry| format!("/admin/audit?after={}", entry.id));
    let calendar = app.calendar();
    let lines = entries.into_iter().map(|entry| Line::new(entry, &names, calendar)).collect();
    let page = Page::new(&req, &admin, Place::Admin, "Audit log");
    page::show(&AuditPage { page, lines, next, is_first: before.is_none() }, &req)
}
