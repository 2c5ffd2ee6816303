//! `/me`: one's own balance of giving and getting, and what others can see of it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Datelike;

use crate::accounts::guard::Member;
use crate::archive::store::own::{self, OwnInsight, Tally};
use crate::clock::monday;
use crate::earnings::store::Raterly;
use crate::error::AppResult;
use crate::obstacles::store::register;
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;
use crate::{earnings, ledger};

/// Fewer readers than this are told as "under 5": with few, their author could guess who it was.
const FEWEST: i64 = 5;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct MeQuery {
    after: String,
}

/// One's own insight in the table.
struct Row {
    insight: OwnInsight,
    at: When,
}

impl Row {
    /// How many people opened it.
    fn readers(&self) -> String {
        match self.insight.readers.unwrap_or(0).max(0) {
            // That nobody did tells of nobody.
            0 => "0".into(),
            1..FEWEST => format!("under {FEWEST}"),
            readers => readers.to_string(),
        }
    }

    fn uses(&self) -> i32 {
        self.insight.uses.unwrap_or(0)
    }
}

#[derive(Template)]
#[template(path = "archive/me.html")]
struct MePage {
    page: Page,
    name: String,
    email: String,
    department: String,
    role: &'static str,
    id: i64,
    month: String,
    tally: Tally,
    rows: Vec<Row>,
    first: bool,
    older: Option<String>,
    /// What they hold, where there are credits.
    balance: Option<i64>,
    ratings: Raterly,
    sees_to_obstacles: bool,
}

async fn me(
    app: web::Data<App>,
    member: Member,
    req: HttpRequest,
    Query(query): Query<MeQuery>,
) -> AppResult<HttpResponse> {
    let after = Cursor::parse(&query.after, 2)?;
    let first = after.is_none();
    let (person, now, calendar) = (member.actor.person_id, member.actor.at, app.calendar());
    let month = member.actor.day.with_day(1).unwrap_or(member.actor.day);
    let (with_credits, monday) = (app.config.policy.credits.on, calendar.start_of(monday(member.actor.day)));
    let (tally, (insights, next), balance, ratings, sees_to_obstacles) = app
        .db
        .read(move |c| {
            let tally = own::tally(c, person, calendar.start_of(month))?;
            let balance = match with_credits {
                true => Some(ledger::store::balance(c, ledger::Account::Person(person))?),
                false => None,
            };
            let ratings = earnings::store::raterly(c, person, monday)?;
            let sees_to = register::sees_to_any(c, person)?;
            Ok((tally, own::insights_of(c, person, after.as_ref())?, balance, ratings, sees_to))
        })
        .await?;
    let me = MePage {
        page: Page::new(&req, &member, Place::You, "Your page"),
        name: member.name.clone(),
        email: member.email.clone(),
        department: member.department.clone(),
        role: member.role.title(),
        id: member.id,
        month: month.format("%B").to_string(),
        tally,
        rows: insights
            .into_iter()
            .map(|insight| Row { at: ago(insight.contributed_at, now, calendar), insight })
            .collect(),
        first,
        older: next.map(|next| format!("/me?after={next}")),
        balance,
        ratings,
        sees_to_obstacles,
    };
    page::show(&me, &req)
}

/// `GET /me`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/me", web::get().to(me));
}
