//! `/`: what colleagues shared, to read, rate and use.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Datelike;

use super::form::Composer;
use crate::accounts::guard::Caller;
use crate::archive::store::listing::{self, Filter, Order};
use crate::archive::store::own::{self, Tally, UsedLately};
use crate::error::{AppError, AppResult};
use crate::market::lot::{self, Lot};
use crate::policy::CreditPolicy;
use crate::requests::ticket::{self, Ticket};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// How many insights the margin names as used lately.
const LATELY: usize = 5;
/// Bytes that a page of thirty insights has room in: a text that grows to them is copied as often again.
const LENGTH: usize = 60 << 10;
/// How many requests stand in the margin.
const ASKED: usize = 3;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct FeedQuery {
    order: String,
    after: String,
}

/// The orders of the feed: the name in the address, and on the tab.
const ORDERS: [(&str, &str, Order); 3] = [
    ("", "New", Order::Newest),
    ("valued", "Most valued", Order::Valued),
    ("to-rate", "To rate", Order::ToRate),
];

/// A tab above the list.
struct Tab {
    url: String,
    name: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "archive/feed.html")]
struct FeedPage {
    page: Page,
    composer: Composer,
    tabs: Vec<Tab>,
    order: Order,
    lots: Vec<Lot>,
    /// Where older insights are.
    older: Option<String>,
    /// Whether this is the first page.
    first: bool,
    /// The month's name.
    month: String,
    tally: Tally,
    lately: Vec<UsedLately>,
    /// What is wanted from this person.
    asked: Vec<Ticket>,
    /// What a rating earns.
    terms: CreditPolicy,
}

impl FeedPage {
    /// Whether there is a first thing this person has not done yet.
    fn is_new_here(&self) -> bool {
        !(self.tally.ever_shared && self.tally.ever_rated && self.tally.ever_used)
    }
}

impl FeedQuery {
    /// The order with its name, and where to go on.
    fn check(&self) -> AppResult<(&'static str, Order, Option<Cursor>)> {
        let (name, _, order) =
            ORDERS.into_iter().find(|(name, ..)| *name == self.order).ok_or_else(|| {
                AppError::BadRequest("The feed has the orders New, Most valued and To rate.".into())
            })?;
        Ok((name, order, Cursor::parse(&self.after, order.cursor_parts())?))
    }
}

async fn feed(
    app: web::Data<App>,
    caller: Caller,
    req: HttpRequest,
    Query(query): Query<FeedQuery>,
) -> AppResult<HttpResponse> {
    let (name, order, after) = match query.check() {
        Ok(asked) => asked,
        Err(error) => return Err(caller.refuse(error).await),
    };
    let (now, calendar) = (caller.now(), app.calendar());
    let first = after.is_none();
    let today = calendar.day(now);
    let month = today.with_day(1).unwrap_or(today);
    let frame = Page::outside(&req, "Feed");
    let terms = app.config.policy.credits;
    let (_, html) = caller
        .read(move |c, member| {
            let viewer = member.id;
            let slice = listing::slice(c, viewer, &Filter::default(), order, after.as_ref())?;
            let feed = FeedPage {
                page: frame.seen_by(member, Place::Feed),
                lots: lot::lots(c, viewer, &slice.ids, &[], now, calendar)?,
                composer: Composer::load(c, viewer)?,
                tabs: ORDERS
                    .into_iter()
                    .map(|(tab, title, _)| Tab { url: address(tab, None), name: title, chosen: tab == name })
                    .collect(),
                order,
                older: slice.next.as_ref().map(|next| address(name, Some(next))),
                first,
                month: month.format("%B").to_string(),
                tally: own::tally(c, viewer, calendar.start_of(month))?,
                lately: own::used_lately(c, viewer, LATELY)?,
                // Most are wanted from nobody in particular: the number is known already.
                asked: if member.wanted > 0 {
                    ticket::wanted(c, member, now, calendar, ASKED)?
                } else {
                    Vec::new()
                },
                terms,
            };
            let mut html = String::with_capacity(LENGTH);
            feed.render_into(&mut html)?;
            Ok(html)
        })
        .await?;
    page::show_rendered(html, &req)
}

/// The address of an order of the feed, from `after` on.
fn address(name: &str, after: Option<&Cursor>) -> String {
    match (name, after) {
        ("", None) => "/".to_owned(),
        ("", Some(after)) => format!("/?after={after}"),
        (name, None) => format!("/?order={name}"),
        (name, Some(after)) => format!("/?order={name}&after={after}"),
    }
}

/// `GET /`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/", web::get().to(feed));
}
