//! Every version of an insight: who changed what, when and why.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::archive::diff::{self, Part};
use crate::archive::insight::Insight;
use crate::archive::store;
use crate::archive::store::versions::{self, Version};
use crate::error::AppResult;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;
use crate::web::when::{self, Moment};

/// How many versions stand on a page.
const PAGE: usize = 20;

#[derive(Template)]
#[template(path = "archive/history.html")]
struct HistoryPage {
    page: Page,
    insight: Insight,
    steps: Vec<Step>,
    /// The last version on this page, where older ones follow.
    older: Option<i32>,
}

/// A version and what it changed.
struct Step {
    version: Version,
    at: Moment,
    fields: Vec<Field>,
}

/// What changed in one part of an insight.
struct Field {
    name: &'static str,
    parts: Vec<Part>,
}

/// Where a page of versions begins.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct From {
    before: String,
}

/// `GET /insights/{id}/history`
pub async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Query(from): Query<From>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let before = Cursor::parse(&from.before, 1)?
        .and_then(|cursor| cursor.0.first().copied())
        .and_then(|version| i32::try_from(version).ok())
        .unwrap_or(i32::MAX);
    let viewer = member.person.clone();
    let (insight, mut found) = app
        .db
        .read(move |c| {
            let insight = store::insight(c, &viewer, id)?;
            // One more than shown: each is compared with the one before it.
            Ok((insight, versions::of(c, id, before, PAGE as i64 + 1)?))
        })
        .await?;
    let follows = (found.len() > PAGE).then(|| found.pop()).flatten();
    let older = follows.as_ref().and_then(|_| found.last()).map(|version| version.number);
    let compared: Vec<Option<Version>> = found.iter().skip(1).cloned().map(Some).chain([follows]).collect();
    let steps = found
        .into_iter()
        .zip(compared)
        .map(|(version, old)| Step {
            at: when::moment(app.calendar(), version.at, member.actor.at),
            fields: old.map(|old| changed(&old, &version)).unwrap_or_default(),
            version,
        })
        .collect();
    let page = Page::new(&req, &member, Place::Archive, format!("History of “{}”", insight.title));
    page::show(&HistoryPage { page, insight, steps, older }, &req)
}

fn changed(old: &Version, new: &Version) -> Vec<Field> {
    [
        ("Title", &old.title, &new.title),
        ("Customer’s words", &old.quote, &new.quote),
        ("Text", &old.body, &new.body),
        ("Facts", &old.details, &new.details),
    ]
    .into_iter()
    .map(|(name, old, new)| Field { name, parts: diff::words(old, new) })
    .filter(|field| !field.parts.is_empty())
    .collect()
}
