//! `/obstacles`: the register, and why people did not share.

use std::collections::{BTreeSet, HashMap};

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::metrics::{Loaded, Question};
use crate::flow::numbers::{counted, grouped};
use crate::flow::store::looks::{self, Kind};
use crate::obstacles::measure::weeks_before;
use crate::obstacles::obstacle::{Obstacle, State};
use crate::obstacles::reasons::{self, Count};
use crate::obstacles::store::{measures, reasons as store, register};
use crate::obstacles::words::{self, Moved};
use crate::web::App;
use crate::web::page::{self, Page, Place};
use crate::web::when;

#[derive(Template)]
#[template(path = "obstacles/list.html")]
struct ListPage {
    page: Page,
    is_officer: bool,
    sentence: String,
    /// To be done, then over.
    parts: Vec<(&'static str, Vec<Row>)>,
    unshared: Vec<UnsharedRow>,
}

struct Row {
    id: i64,
    description: String,
    target: String,
    owner: String,
    owner_is_here: bool,
    due: String,
    due_iso: String,
    is_overdue: bool,
    state: &'static str,
    state_name: &'static str,
    /// The number, and its unit.
    was: (String, &'static str),
    is: (String, &'static str),
    moved: &'static str,
    is_better: bool,
    is_worse: bool,
}

/// A group of departments, and how many of it gave which reason.
struct UnsharedRow {
    group: String,
    people: String,
    reasons: Vec<(String, String)>,
}

/// `GET /obstacles`
pub async fn show(app: web::Data<App>, req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    let is_officer = member.role.sees_flow();
    let (today, calendar) = (member.actor.day, app.calendar());
    let owner = (!is_officer).then_some(member.person.id);
    let weeks = app.config.policy.obstacles.weeks;
    let (about, rows, unshared) = app
        .db
        .read(move |c| {
            let (mut about, mut rows) = (BTreeSet::new(), Vec::new());
            for obstacle in register::list(c, owner)? {
                about.extend(obstacle.target.departments());
                rows.push(row(c, &obstacle, today)?);
            }
            let told = if is_officer { unshared(c, (today, weeks), calendar)? } else { Vec::new() };
            Ok((about, rows, told))
        })
        .await?;
    let (kind, about) = match is_officer {
        true => (Kind::Figures, vec![looks::EVERYBODY]),
        false => (Kind::Obstacle, about.into_iter().collect()),
    };
    looks::note(&app, member.actor, kind, &about).await?;
    let sentence = sentence(&rows, is_officer);
    let (to_do, over): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| State::named(row.state_name).is_some_and(|state| !state.is_over()));
    let parts = [("To be removed", to_do), ("Removed or accepted", over)];
    let parts = parts.into_iter().filter(|(_, rows)| !rows.is_empty()).collect();
    let place = if is_officer { Place::Flow } else { Place::You };
    let page = Page::new(&req, &member, place, "Obstacles");
    page::show(&ListPage { page, is_officer, sentence, parts, unshared }, &req)
}

fn row(c: &mut Conn, obstacle: &Obstacle, today: chrono::NaiveDate) -> AppResult<Row> {
    let (before, now) = measures::before_and_now(c, obstacle.id)?;
    let less = obstacle.target.less_is_better();
    let moved = match (&before, &now) {
        (Some(before), Some(now)) => Some(words::moved(before, now, less)),
        _ => None,
    };
    Ok(Row {
        id: obstacle.id,
        description: obstacle.content.description.clone(),
        target: obstacle.target.name(),
        owner: obstacle.owner.clone(),
        owner_is_here: obstacle.owner_is_here,
        due: when::day(obstacle.content.due_on, today),
        due_iso: obstacle.content.due_on.to_string(),
        is_overdue: obstacle.is_overdue(today),
        state: obstacle.content.state.title(),
        state_name: obstacle.content.state.name(),
        was: before.map_or_else(|| ("being computed".into(), ""), |before| words::parts(&before.figure)),
        is: now.map_or_else(|| ("not yet".into(), ""), |now| words::parts(&now.figure)),
        moved: moved.map_or("", Moved::word),
        is_better: moved == Some(Moved::Better),
        is_worse: moved == Some(Moved::Worse),
    })
}

fn sentence(rows: &[Row], is_officer: bool) -> String {
    if rows.is_empty() {
        return if is_officer {
            "Nothing is recorded yet. An obstacle has somebody who sees to it, a plan and a day; its figure is measured before and after.".into()
        } else {
            "None is yours to see to.".into()
        };
    }
    let of = |state: State| rows.iter().filter(|row| row.state_name == state.name()).count();
    let overdue = rows.iter().filter(|row| row.is_overdue).count();
    let mut parts = Vec::new();
    for (count, words) in [
        (of(State::Open), "open"),
        (of(State::Acting), "being acted on"),
        (of(State::Removed), "removed"),
        (of(State::Accepted), "accepted"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let late = if overdue > 0 { format!("; {overdue} overdue") } else { String::new() };
    format!("{}: {}{late}.", counted(rows.len() as i64, "obstacle", "obstacles"), parts.join(", "))
}

/// Why people did not share, as far as it may be told.
fn unshared(
    c: &mut Conn,
    (today, weeks): (chrono::NaiveDate, i64),
    calendar: Calendar,
) -> AppResult<Vec<UnsharedRow>> {
    let answers = store::finished(c, today)?;
    if answers.is_empty() {
        return Ok(Vec::new());
    }
    let question =
        Question { period: weeks_before(today, weeks), segment: None, view: View::default(), calendar };
    let loaded = Loaded::new(c, question)?;
    let groups = &loaded.grouping.groups;
    // A department that is in no group any more stands with the others.
    let elsewhere = groups.len();
    let mut names: HashMap<usize, String> =
        groups.iter().enumerate().map(|(at, group)| (at, group.name.clone())).collect();
    names.insert(elsewhere, "Departments of before".into());
    let counts: Vec<Count> = answers
        .into_iter()
        .map(|(month, department, reason, people)| {
            let place = loaded.grouping.place_of(department).unwrap_or(elsewhere);
            Count { month, place, reason, people }
        })
        .collect();
    Ok(reasons::told(&counts, store::since(today))
        .into_iter()
        .map(|told| UnsharedRow {
            group: match told.places.as_slice() {
                [one] => names.remove(one).unwrap_or_default(),
                several => format!("{} small groups together", several.len()),
            },
            people: grouped(told.people as i64),
            reasons: told
                .cells
                .into_iter()
                .map(|(reasons, people)| {
                    let words: Vec<&str> = reasons.iter().map(|reason| reason.title()).collect();
                    (words.join(", or "), grouped(people as i64))
                })
                .collect(),
        })
        .collect())
}
