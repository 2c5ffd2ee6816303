//! The pages of customers, segments and topics: everything that is known, before a meeting.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;

use super::follows::{self, Kind};
use super::store::{self, Named};
use crate::accounts::guard::Member;
use crate::archive::store::about::{self, Extent, Knower, Known};
use crate::archive::store::listing::{self, Filter, Order};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::market::lot::{self, Lot};
use crate::requests::store as requests;
use crate::requests::ticket::{Ticket, ticket};
use crate::text::{fold, one_line};
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::flash::Flash;
use crate::web::form::{Form, Query};
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Customers on a page of the list.
const PAGE: usize = 60;
/// Topics and segments beside the list.
const BESIDE: i64 = 40;
/// People named as knowing more.
const KNOWERS: i64 = 12;
/// Open requests beside the insights.
const ASKED: usize = 5;

/// What a page is about, by the first part of its address.
struct About(Kind);

impl FromRequest for About {
    type Error = AppError;
    type Future = Ready<AppResult<About>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let first = req.path().split('/').nth(1);
        let kind = Kind::ALL.into_iter().find(|kind| Some(kind.path()) == first);
        ready(kind.map(About).ok_or(AppError::NotFound))
    }
}

fn named(c: &mut Conn, kind: Kind, id: i64) -> AppResult<Named> {
    Ok(match kind {
        Kind::Customer => store::customer_of(c, id)?,
        Kind::Segment => store::segment_of(c, id)?,
        Kind::Topic => store::tag_of(c, id)?,
    })
}

/// The open requests about it.
fn requests_about(kind: Kind, id: i64) -> requests::Filter {
    let open = requests::Filter { answerable: Some(true), ..requests::Filter::default() };
    match kind {
        Kind::Customer => requests::Filter { customer: Some(id), ..open },
        Kind::Segment => requests::Filter { segment: Some(id), ..open },
        Kind::Topic => requests::Filter { tag: Some(id), ..open },
    }
}

/// The insights about it.
fn insights_about(kind: Kind, id: i64) -> Filter {
    match kind {
        Kind::Customer => Filter { customer: Some(id), ..Filter::default() },
        Kind::Segment => Filter { segment: Some(id), ..Filter::default() },
        Kind::Topic => Filter { tag: Some(id), ..Filter::default() },
    }
}

/// Its name in the address of the archive.
fn archive_field(kind: Kind) -> &'static str {
    match kind {
        Kind::Customer => "customer",
        Kind::Segment => "segment",
        Kind::Topic => "tag",
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct AboutQuery {
    order: String,
    after: String,
}

/// What is on the page besides the insights.
struct Beside {
    extent: Extent,
    knowers: Vec<Knower>,
    tags: Vec<Known>,
    customers: Vec<Known>,
    /// Open requests about it.
    asked: Vec<Ticket>,
    /// The viewer follows it.
    is_followed: bool,
}

#[derive(Template)]
#[template(path = "customers/about.html")]
struct AboutPage {
    page: Page,
    kind: Kind,
    named: Named,
    beside: Beside,
    latest: Option<When>,
    lots: Vec<Lot>,
    /// Most valued first, not newest first.
    by_value: bool,
    older: Option<String>,
    first: bool,
    /// The form for sharing, with the name in it.
    share: String,
    /// The form for asking, with the name in it.
    ask: String,
    /// The same insights in the archive, to be searched and narrowed.
    archive: String,
    /// When it was printed.
    printed: String,
}

impl AboutPage {
    fn address(&self) -> String {
        format!("/{}/{}", self.kind.path(), self.named.id)
    }
}

/// `GET /customers/{id}`, `/segments/{id}`, `/topics/{id}`.
async fn about(
    app: web::Data<App>,
    member: Member,
    About(kind): About,
    req: HttpRequest,
    id: web::Path<i64>,
    Query(query): Query<AboutQuery>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let by_value = match query.order.as_str() {
        "" => false,
        "valued" => true,
        _ => return Err(AppError::BadRequest("The order is the newest or the most valued first.".into())),
    };
    let order = if by_value { Order::Valued } else { Order::Newest };
    let after = Cursor::parse(&query.after, order.cursor_parts())?;
    let first = after.is_none();
    let (viewer, now, calendar) = (member.actor.person_id, member.actor.at, app.calendar());
    let (named, slice, lots, beside) = app
        .db
        .read(move |c| {
            let named = named(c, kind, id)?;
            let filter = insights_about(kind, id);
            let slice = listing::slice(c, viewer, &filter, order, after.as_ref())?;
            let lots = lot::lots(c, viewer, &slice.ids, &[], now, calendar)?;
            let extent = about::extent(c, viewer, &filter)?;
            let knowers = about::knowers(c, viewer, &filter, KNOWERS)?;
            let mut tags = about::tags_of(c, viewer, &filter, BESIDE)?;
            tags.retain(|tag| kind != Kind::Topic || tag.id != id);
            let customers = match kind {
                Kind::Customer => Vec::new(),
                _ => about::customers_of(c, viewer, &filter)?,
            };
            let (open, _) =
                requests::listed(c, &requests_about(kind, id), requests::Order::Ending, now, None)?;
            let asked = open.into_iter().take(ASKED).map(|one| ticket(one, now, calendar, None)).collect();
            let is_followed = follows::follows_it(c, viewer, kind, id)?;
            Ok((named, slice, lots, Beside { extent, knowers, tags, customers, asked, is_followed }))
        })
        .await?;
    // Everything it had was withdrawn: it looks as if it had never been.
    if beside.extent.insights == 0 && beside.asked.is_empty() && kind != Kind::Segment {
        return Err(AppError::NotFound);
    }
    let here = format!("/{}/{id}", kind.path());
    let older = slice.next.map(|next| {
        if by_value { format!("{here}?order=valued&after={next}") } else { format!("{here}?after={next}") }
    });
    let about = AboutPage {
        page: Page::new(&req, &member, Place::Archive, named.name.clone()),
        latest: beside.extent.latest.map(|at| ago(at, now, calendar)),
        share: with_its_name("/insights/new", kind, &named),
        ask: with_its_name("/requests/new", kind, &named),
        archive: format!("/archive?{}={id}", archive_field(kind)),
        printed: calendar.local(now).format("%-d %B %Y").to_string(),
        kind,
        named,
        beside,
        lots,
        by_value,
        older,
        first,
    };
    page::show(&about, &req)
}

/// A form with the name filled in.
fn with_its_name(form: &str, kind: Kind, named: &Named) -> String {
    let field = match kind {
        Kind::Customer => "customer",
        Kind::Segment => "segment",
        Kind::Topic => "tags",
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("{form}?{}", query.append_pair(field, &named.name).finish())
}

/// The button that follows something, or no longer.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FollowingForm {
    /// "stop", or anything else to follow.
    #[serde(rename = "do")]
    act: String,
}

/// `POST /customers/{id}/following` and so on.
async fn follow(
    app: web::Data<App>,
    member: Member,
    About(kind): About,
    id: web::Path<i64>,
    Form(form): Form<FollowingForm>,
) -> AppResult<HttpResponse> {
    let (id, actor, stop) = (id.into_inner(), member.actor, form.act == "stop");
    let named = app
        .db
        .write(move |c| {
            let named = named(c, kind, id)?;
            if stop {
                follows::unfollow(c, actor.person_id, kind, id)?;
            } else {
                follows::follow(c, actor.person_id, kind, id, actor.at)?;
            }
            Ok(named)
        })
        .await?;
    let said = if stop {
        format!("You do not follow {} any more.", named.name)
    } else {
        format!("You follow {}: requests about it come to you.", named.name)
    };
    page::see_other_saying(&app, &format!("/{}/{id}", kind.path()), &Flash::say(said))
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct ListQuery {
    q: String,
    after: String,
}

/// A customer of the list.
struct Row {
    known: Known,
    latest: When,
}

#[derive(Template)]
#[template(path = "customers/list.html")]
struct ListPage {
    page: Page,
    words: String,
    problem: Option<String>,
    customers: Vec<Row>,
    segments: Vec<Known>,
    topics: Vec<Known>,
    first: bool,
    more: Option<String>,
}

async fn list(
    app: web::Data<App>,
    member: Member,
    req: HttpRequest,
    Query(query): Query<ListQuery>,
) -> AppResult<HttpResponse> {
    let after = Cursor::parse(&query.after, 1)?;
    let (words, problem) = match one_line(&query.q, 80) {
        Ok(words) => (words, None),
        Err(problem) => (query.q.trim().chars().take(80).collect(), Some(problem)),
    };
    let (viewer, now, calendar) = (member.actor.person_id, member.actor.at, app.calendar());
    let (folded, first) = (fold(&words), after.is_none());
    let (customers, next, segments, topics) = app
        .db
        .read(move |c| {
            let (customers, next) = about::customers_page(c, viewer, &folded, after.as_ref(), PAGE)?;
            let segments = about::segments_named(c, viewer, &folded, BESIDE)?;
            let topics = about::tags_named(c, viewer, &folded, BESIDE)?;
            Ok((customers, next, segments, topics))
        })
        .await?;
    let more = next.map(|next| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !words.is_empty() {
            query.append_pair("q", &words);
        }
        query.append_pair("after", &next.to_string());
        format!("/customers?{}", query.finish())
    });
    let status = if problem.is_some() {
        actix_web::http::StatusCode::UNPROCESSABLE_ENTITY
    } else {
        actix_web::http::StatusCode::OK
    };
    let list = ListPage {
        page: Page::new(&req, &member, Place::Archive, "Customers and topics"),
        words,
        problem,
        customers: customers
            .into_iter()
            .map(|known| Row {
                latest: known.latest.map(|at| ago(at, now, calendar)).unwrap_or_default(),
                known,
            })
            .collect(),
        segments,
        topics,
        first,
        more,
    };
    page::show_with(status, &list, &req)
}

/// `GET /customers`, `/customers/{id}`, `/segments/{id}`, `/topics/{id}`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/customers", web::get().to(list))
        .route("/customers/{id:\\d+}", web::get().to(about))
        .route("/segments/{id:\\d+}", web::get().to(about))
        .route("/topics/{id:\\d+}", web::get().to(about))
        .route("/customers/{id:\\d+}/following", web::post().to(follow))
        .route("/segments/{id:\\d+}/following", web::post().to(follow))
        .route("/topics/{id:\\d+}/following", web::post().to(follow));
}
