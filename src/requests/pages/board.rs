//! `/requests`: what people want to know.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::ask::credits;
use crate::accounts::guard::Member;
use crate::customers::follows::{self, Kind};
use crate::customers::store::Named;
use crate::db::search;
use crate::error::{AppError, AppResult};
use crate::ledger::Account;
use crate::ledger::store::balance;
use crate::requests::store::{self, Filter, Order};
use crate::requests::ticket::{self, Ticket, ticket};
use crate::text::one_line;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Most requests under "Matches you": more nobody answers.
const MATCHES: usize = 60;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    tab: String,
    q: String,
    after: String,
}

/// The lists of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Matches,
    Ending,
    Bounty,
    Mine,
    Closed,
}

impl List {
    const ALL: [List; 5] = [List::Matches, List::Ending, List::Bounty, List::Mine, List::Closed];

    /// In the address.
    fn name(self) -> &'static str {
        match self {
            List::Matches => "",
            List::Ending => "ending",
            List::Bounty => "bounty",
            List::Mine => "mine",
            List::Closed => "closed",
        }
    }

    fn title(self) -> &'static str {
        match self {
            List::Matches => "Matches you",
            List::Ending => "Ending soon",
            List::Bounty => "Highest bounty",
            List::Mine => "Mine",
            List::Closed => "Answered and closed",
        }
    }

    fn url(self) -> String {
        if self == List::Matches { "/requests".into() } else { format!("/requests?tab={}", self.name()) }
    }
}

struct Tab {
    url: String,
    name: &'static str,
    count: i64,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "requests/board.html")]
struct BoardPage {
    page: Page,
    list: List,
    tabs: Vec<Tab>,
    /// What was searched; empty for a list.
    words: String,
    problem: Option<String>,
    tickets: Vec<Ticket>,
    more: Option<String>,
    first: bool,
    follows: Vec<(Kind, Named)>,
    /// What the viewer holds; nothing where credits are off.
    holds: Option<String>,
}

impl BoardPage {
    fn ask_url(&self) -> String {
        if self.words.is_empty() {
            return "/requests/new".into();
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &self.words);
        format!("/requests/new?{}", query.finish())
    }
}

/// `GET /requests`
pub async fn board(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Query(query): Query<BoardQuery>,
) -> AppResult<HttpResponse> {
    let list = List::ALL.into_iter().find(|list| list.name() == query.tab).ok_or_else(|| {
        AppError::BadRequest("There is no such list of requests. Go back to the first one.".into())
    })?;
    let after = Cursor::parse(&query.after, 2)?;
    let first = after.is_none();
    let (words, mut problem) = match one_line(&query.q, 400) {
        Ok(words) => (words, None),
        Err(why) => (String::new(), Some(why)),
    };
    let terms = search::terms(&words);
    if !words.is_empty() && terms.is_empty() {
        problem = Some("Write at least one letter or digit".into());
    }
    let (person, now, calendar) = (member.person.clone(), member.actor.at, app.calendar());
    let credits_on = app.config.policy.credits.on;
    let searching = !terms.is_empty();
    let refused = problem.is_some();
    let (tickets, next, follows, holds) = app
        .db
        .read(move |c| {
            let (tickets, next) = if refused {
                (Vec::new(), None)
            } else if !searching && list == List::Matches {
                (ticket::wanted(c, &person, now, calendar, MATCHES)?, None)
            } else {
                let open = Filter { answerable: Some(true), ..Filter::default() };
                let (filter, order) = match list {
                    _ if searching => (Filter { terms, ..Filter::default() }, Order::Moved),
                    List::Matches | List::Ending => (open, Order::Ending),
                    List::Bounty => (open, Order::Bounty),
                    List::Mine => (Filter { person: Some(person.id), ..Filter::default() }, Order::Moved),
                    List::Closed => (Filter { answerable: Some(false), ..Filter::default() }, Order::Moved),
                };
                let (rows, next) = store::listed(c, &filter, order, now, after.as_ref())?;
                (rows.into_iter().map(|one| ticket(one, now, calendar, None)).collect(), next)
            };
            let holds = balance(c, Account::Person(person.id))?;
            Ok((tickets, next, follows::of(c, person.id)?, holds))
        })
        .await?;
    let address = |after: &Cursor| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("tab", list.name()), ("q", words.as_str())] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &after.to_string());
        format!("/requests?{}", query.finish())
    };
    let status = if problem.is_some() {
        actix_web::http::StatusCode::UNPROCESSABLE_ENTITY
    } else {
        actix_web::http::StatusCode::OK
    };
    let shown = BoardPage {
        page: Page::new(&req, &member, Place::Requests, "Requests"),
        tabs: List::ALL
            .into_iter()
            .filter(|tab| credits_on || *tab != List::Bounty)
            .map(|tab| Tab {
                url: tab.url(),
                name: tab.title(),
                count: if tab == List::Matches { member.wanted } else { 0 },
                chosen: !searching && tab == list,
            })
            .collect(),
        more: next.as_ref().map(address),
        list,
        words,
        problem,
        tickets,
        first,
        follows,
        holds: credits_on.then(|| credits(holds)),
    };
    page::show_with(status, &shown, &req)
}
