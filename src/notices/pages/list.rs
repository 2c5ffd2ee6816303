//! `/notifications`: what happened, the unread first.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, NaiveDateTime};

use crate::accounts::guard::Member;
use crate::error::{AppError, AppResult};
use crate::notices::store::reading::{self, CURSOR, Shown, Which};
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing, Query};
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;
use crate::web::visit;

/// Lines on a page.
const PAGE: usize = 30;

#[derive(Template)]
#[template(path = "notices/list.html")]
struct ListPage {
    page: Page,
    unread: Vec<(Shown, When)>,
    read: Vec<(Shown, When)>,
    /// Unread lines altogether, on other pages too.
    all_unread: i32,
    /// What was told until then is marked by "mark all": microseconds, UTC.
    until: i64,
    older: Option<String>,
    is_first: bool,
    /// Whether mail is sent at all.
    mails: bool,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct ListQuery {
    after: String,
}

/// `GET /notifications`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    Query(query): Query<ListQuery>,
) -> AppResult<HttpResponse> {
    let after = Cursor::parse(&query.after, CURSOR)?;
    let is_first = after.is_none();
    let (id, now, calendar) = (member.id, member.actor.at, app.calendar());
    let (lines, next) = app.db.read(move |c| Ok(reading::page(c, id, after.as_ref(), PAGE)?)).await?;
    let dated = lines.into_iter().map(|line| {
        let when = ago(line.at, now, calendar);
        (line, when)
    });
    let (unread, read): (Vec<_>, Vec<_>) = dated.partition(|(line, _)| line.unread);
    let shown = ListPage {
        page: Page::new(&req, &member, Place::Notices, "Notifications"),
        unread,
        read,
        all_unread: member.unread,
        until: now.and_utc().timestamp_micros(),
        older: next.map(|next| format!("/notifications?after={next}")),
        is_first,
        mails: app.mail().is_some(),
    };
    page::show(&shown, &req)
}

/// `GET /notifications/{id}`: leads to what the line is about and marks it as read, where somebody really
/// opens it. It is one's own mark, and can be set again by nothing but another event.
pub async fn open(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let (person, id, now) = (member.id, *id, member.actor.at);
    let path = if visit::counts(&req) {
        app.db
            .write(move |c| {
                let path = reading::path_of(c, person, id)?;
                reading::mark_read(c, person, Which::One(id), now)?;
                Ok(path)
            })
            .await?
    } else {
        app.db.read(move |c| Ok(reading::path_of(c, person, id)?)).await?
    };
    Ok(page::see_other(&path))
}

/// `POST /notifications/{id}/read`.
pub async fn mark_one(
    member: Member,
    app: web::Data<App>,
    id: web::Path<i64>,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let (person, id, now) = (member.id, *id, member.actor.at);
    app.db
        .write(move |c| {
            reading::path_of(c, person, id)?;
            Ok(reading::mark_read(c, person, Which::One(id), now)?)
        })
        .await?;
    Ok(page::see_other("/notifications"))
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllForm {
    /// When the page was shown, in microseconds since 1970.
    until: String,
}

/// `POST /notifications/read`: all that stood there when the page was shown.
pub async fn mark_all(
    member: Member,
    app: web::Data<App>,
    Form(form): Form<AllForm>,
) -> AppResult<HttpResponse> {
    let until: NaiveDateTime = match form.until.parse().ok().and_then(DateTime::from_timestamp_micros) {
        Some(at) => at.naive_utc(),
        None => return Err(AppError::BadRequest("The page was not sent whole. Open it again.".into())),
    };
    let (person, now) = (member.id, member.actor.at);
    let marked = app.db.write(move |c| Ok(reading::mark_read(c, person, Which::Until(until), now)?)).await?;
    let said = if marked == 0 { "Nothing was unread." } else { "All marked as read." };
    page::see_other_saying(&app, "/notifications", &Flash::say(said))
}
