//! `/me`: one's own balance of giving and getting, and what others can see of it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Datelike;

use crate::accounts::guard::Member;
use crate::archive::store::own::{self, OwnInsight, Tally};
use crate::archive::store::own_reading::{self, Reading};
use crate::clock::{Calendar, monday};
use crate::earnings::store::Raterly;
use crate::error::AppResult;
use crate::flow::numbers::{counted, grouped, percent};
use crate::flow::period::{Period, USUAL_WEEKS, in_words};
use crate::flow::store::own::{self as standing, Own};
use crate::obstacles::store::register;
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::charts::{self, Ink, Svg, short};
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
    /// Who uses what they shared: department, how often, and a bar.
    users: Vec<(String, String, Svg)>,
    reading: ReadingPart,
    standing: Option<Standing>,
    kept_days: i64,
}

/// What somebody reads, for themselves.
struct ReadingPart {
    sentence: String,
    /// Openings by week; decoration.
    spark: Svg,
    /// Department, how many insights of it, and a bar.
    from: Vec<(String, String, Svg)>,
    latest: Vec<(i64, String, When)>,
}

impl ReadingPart {
    fn of(reading: Reading, period: Period, now: chrono::NaiveDateTime, calendar: Calendar) -> ReadingPart {
        let weeks: Vec<Option<f64>> = period
            .weeks()
            .iter()
            .map(|week| {
                let inside = reading.days.iter().filter(|(day, _)| week.part.holds(*day));
                Some(inside.map(|(_, openings)| *openings as f64).sum())
            })
            .collect();
        let sentence = match reading.openings {
            0 => format!("You have opened nothing since {}.", in_words(period.from)),
            openings => format!(
                "You opened {}, {} since {}.",
                counted(reading.insights, "insight", "insights"),
                counted(openings, "time", "times"),
                in_words(period.from)
            ),
        };
        ReadingPart {
            sentence,
            spark: charts::spark(&weeks, Ink::Given),
            from: bars(reading.from),
            latest: reading
                .latest
                .into_iter()
                .map(|one| (one.id, one.title, ago(one.at, now, calendar)))
                .collect(),
        }
    }
}

/// Counts by department, each with a bar of the largest.
fn bars(counts: Vec<(String, i64)>) -> Vec<(String, String, Svg)> {
    let top = counts.first().map_or(1, |first| first.1).max(1) as f64;
    counts
        .into_iter()
        .map(|(name, count)| (name, grouped(count), charts::bar(count as f64, top, Ink::Given)))
        .collect()
}

/// Somebody's own C10, in sentences.
struct Standing {
    days: String,
    betweenness: String,
    constraint: String,
}

impl Standing {
    fn of(period: Period, own: Own) -> Standing {
        let about = if own.is_estimate { "about " } else { "" };
        Standing {
            days: format!("{} to {}", in_words(period.from), in_words(period.last_day())),
            betweenness: match own.betweenness {
                zero if zero <= 0.0 => "You are on no shortest way between two colleagues.".into(),
                part if part < 0.0005 => {
                    "You are on the shortest way between two colleagues for under 0.1% of all pairs.".into()
                }
                part => format!(
                    "You are on the shortest way between two colleagues for {about}{} of all pairs.",
                    percent(part)
                ),
            },
            constraint: own.constraint.map_or_else(String::new, |constraint| {
                format!(
                    "Your constraint is {}: near 0 where those you read and answer have nothing to do with each other, near 1 where they all do.",
                    short(constraint)
                )
            }),
        }
    }
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
    let period = Period::last_weeks(USUAL_WEEKS, member.actor.day);
    let (tally, (insights, next), balance, ratings, sees_to_obstacles, own) = app
        .db
        .read(move |c| {
            let tally = own::tally(c, person, calendar.start_of(month))?;
            let balance = match with_credits {
                true => Some(ledger::store::balance(c, ledger::Account::Person(person))?),
                false => None,
            };
            let ratings = earnings::store::raterly(c, person, monday)?;
            let sees_to = register::sees_to_any(c, person)?;
            let own = (
                own_reading::uses_by_department(c, person)?,
                own_reading::reading(c, person, calendar.start_of(period.from))?,
                standing::of(c, person)?,
            );
            Ok((tally, own::insights_of(c, person, after.as_ref())?, balance, ratings, sees_to, own))
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
        users: bars(own.0),
        reading: ReadingPart::of(own.1, period, now, calendar),
        standing: own.2.map(|(period, own)| Standing::of(period, own)),
        kept_days: app.config.policy.retention.days,
    };
    page::show(&me, &req)
}

/// `GET /me`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/me", web::get().to(me));
}
