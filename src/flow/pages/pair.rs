//! `/flow/{from}/{to}`: one flow.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::filters::{Filters, FlowQuery};
use super::lines::{self, Done, Line};
use super::numbers::{counted, grouped, lasting};
use super::rows::people;
use super::stuck;
use crate::accounts::guard::Officer;
use crate::clock::monday;
use crate::db::{Conn, FlowReader};
use crate::error::{AppError, AppResult};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::matrix::Matrix;
use crate::flow::metrics::Loaded;
use crate::flow::period::in_words;
use crate::flow::spans::Span;
use crate::flow::steps::Steps;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::pairs;
use crate::flow::store::readings;
use crate::flow::store::retention::{self, Grain};
use crate::flow::store::rows::{self, Contribution, Narrow, PAGE};
use crate::flow::store::sending;
use crate::flow::unblock::Stuck;
use crate::policy::StuckPolicy;
use crate::requests::store::{Match, Unanswered};
use crate::web::App;
use crate::web::charts::{self, Ink, Series, Svg};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/pair.html")]
struct PairPage {
    page: Page,
    query: String,
    period: String,
    from: String,
    to: String,
    /// Link to the other direction; none where it is the same.
    reverse: Option<String>,
    /// Where an obstacle to this flow is recorded.
    obstacle: String,
    from_href: String,
    to_href: String,
    contributions: String,
    sentence: String,
    deck: String,
    chart: Option<Svg>,
    weeks: Vec<(String, String)>,
    insights: Vec<InsightRow>,
    more: bool,
    /// Why it is stuck and what to do; none where it is not.
    stuck: Option<Line>,
    /// Open requests of the one that the other could answer.
    /// How many would be told of what is marked, in words.
    audience: String,
    /// Whether there is anything to be marked.
    has_marks: bool,
    open: Vec<OpenRow>,
    /// What the one shared that comes near them, and who opened it.
    near: Vec<NearRow>,
    /// Requests of the one that the other answered, in the period.
    answered: Vec<AnsweredRow>,
    /// Neither traffic nor demand.
    is_nothing: bool,
}

struct OpenRow {
    id: i64,
    question: String,
    waited: String,
    is_old: bool,
    /// How many insights of the other come near.
    near: usize,
}

/// An insight that comes near a request.
struct NearRow {
    contribution: Contribution,
    day: String,
    readers: String,
    sent: String,
    /// Whether it is among those that the button sends.
    goes: bool,
}

struct AnsweredRow {
    id: i64,
    question: String,
    took: String,
}

struct InsightRow {
    contribution: Contribution,
    day: String,
    readers: String,
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    path: web::Path<(String, String)>,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, officer.actor.day, first)?;
    let question = filters.question(&app);
    let keys = path.into_inner();
    let about = [looks::department_of(&keys.0), looks::department_of(&keys.1)];
    looks::note(&app, officer.actor, Kind::Figures, &about).await?;
    let query = filters.query();
    let period = filters.in_words();
    let (policy, now) = (app.config.policy.stuck, officer.actor.at);
    let (mut found, page_parts) = flow
        .read(move |c| {
            let loaded = Loaded::new(c, question)?;
            let place = |key: &str| loaded.grouping.with_key(key).ok_or(AppError::NotFound);
            let (from, to) = (place(&keys.0)?, place(&keys.1)?);
            let matrix = loaded.matrix(c, false)?;
            let givers = loaded.grouping.departments_of(from);
            let takers = loaded.grouping.departments_of(to);
            let spans = pairs::weekly(c, question.period, question.segment, &givers, &takers)?;
            let found = rows::contributions(
                c,
                &Narrow {
                    period: question.period,
                    segment: question.segment,
                    departments: Some(givers),
                    managers: false,
                    earlier_too: false,
                    judged: None,
                    after: None,
                },
            )?;
            let ids: Vec<i64> = found.iter().map(|contribution| contribution.id).collect();
            let steps = Steps::of_openings(c, &loaded, false)?;
            let readers = rows::readers_of(c, &ids, &takers, question.period, &steps)?;
            let rows_are_there = retention::grain(c, question.period)? == Grain::Events;
            let demand = Demand::load(c, &loaded, (from, to), &policy, now)?;
            Ok((found, (loaded, matrix, from, to, spans, (readers, rows_are_there), demand)))
        })
        .await?;
    let (loaded, matrix, from, to, spans, (readers, rows_are_there), demand) = page_parts;
    let groups = &loaded.grouping.groups;
    let (giver, taker) = (&groups[from], &groups[to]);
    let shown = matrix.shown(from, to);
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    // A single one that is not told would be what the others leave of the flow.
    let few = |id: &i64| (readers.get(id).copied().unwrap_or(0) as u64) < FEWEST_PEOPLE;
    let ids: Vec<i64> = found.iter().map(|contribution| contribution.id).collect();
    let lonely = ids.iter().filter(|id| few(id)).count() == 1;
    let second = ids.iter().copied().filter(|id| lonely && !few(id)).min_by_key(|id| readers.get(id));
    let page = PairPage {
        page: Page::new(&req, &officer, Place::Flow, format!("{} to {}", giver.name, taker.name)),
        from: giver.name.clone(),
        to: taker.name.clone(),
        reverse: (from != to).then(|| format!("/flow/{}/{}?{query}", taker.key, giver.key)),
        obstacle: format!("/obstacles/new?from={}&to={}", giver.key, taker.key),
        from_href: format!("/flow/departments/{}?{query}", giver.key),
        to_href: format!("/flow/departments/{}?{query}", taker.key),
        contributions: format!("/flow/contributions?{query}&department={}", giver.key),
        sentence: sentence(&matrix, from, to),
        deck: deck(&matrix, from, to, &giver.name, &taker.name),
        // The weeks of a withheld number would add up to it.
        chart: shown.map(|_| chart(&spans, &giver.name, &taker.name)),
        weeks: if shown.is_some() {
            spans.iter().map(|span| (span.name(), grouped(span.first_openings))).collect()
        } else {
            Vec::new()
        },
        insights: found
            .into_iter()
            .map(|contribution| InsightRow {
                day: in_words(contribution.day),
                // The readers of each would add up to what is withheld.
                readers: match shown {
                    // Of a month that was turned into counts nobody knows who read what.
                    Some(_) if !rows_are_there => "no longer kept".into(),
                    Some(_) if second == Some(contribution.id) => people(0),
                    Some(_) => people(readers.get(&contribution.id).copied().unwrap_or(0) as usize),
                    None => "not shown".into(),
                },
                contribution,
            })
            .collect(),
        more,
        is_nothing: demand.open.is_empty() && demand.stuck.is_none() && matrix.shown(from, to) == Some(0),
        stuck: demand.stuck.as_ref().map(|one| {
            lines::line(one, groups, &demand.done, &query, |at| in_words(question.calendar.day(at)))
        }),
        audience: demand.audience,
        has_marks: demand.near.iter().any(|row| row.goes),
        open: demand.open,
        near: demand.near,
        answered: demand.answered,
        query,
        period,
    };
    page::show(&page, &req)
}

/// What the one asks of the other.
struct Demand {
    stuck: Option<Stuck>,
    /// How many would be told of what is marked, in words.
    audience: String,
    done: Done,
    open: Vec<OpenRow>,
    near: Vec<NearRow>,
    answered: Vec<AnsweredRow>,
}

impl Demand {
    fn load(
        c: &mut Conn,
        loaded: &Loaded,
        (from, to): (usize, usize),
        policy: &StuckPolicy,
        now: NaiveDateTime,
    ) -> AppResult<Demand> {
        let question = loaded.question;
        let asked = stuck::load(c, question.period, now)?;
        let place = |department: i64| loaded.grouping.place_of(department);
        let stuck = asked.stuck(loaded, policy).into_iter().find(|one| (one.from, one.to) == (from, to));
        let done = Done::load(c, stuck.as_slice(), &loaded.grouping.groups)?;
        let waiting: Vec<&Unanswered> = asked
            .open
            .iter()
            .filter(|one| from != to && place(one.department.id) == Some(to))
            .filter(|one| asked.could_answer(loaded, one, from))
            .collect();
        let mine = |one: &&Match| place(one.department) == Some(from);
        let mut ids: Vec<i64> = asked
            .matches
            .iter()
            .filter(mine)
            .filter(|found| waiting.iter().any(|one| one.id == found.request))
            .map(|found| found.insight)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let known = asked.found_by(loaded, to);
        let goes = stuck.as_ref().map(|one| lines::insights_to_send(one, &loaded.grouping.groups, &done));
        let goes = goes.unwrap_or_default();
        let audience = match loaded.grouping.groups.get(to).map(|group| looks::department_of(&group.key)) {
            Some(department) if !goes.is_empty() => would_be_told(sending::audience(c, &goes, department)?),
            _ => String::new(),
        };
        let mut near: Vec<NearRow> = rows::by_ids(c, &ids)?
            .into_iter()
            .map(|contribution| NearRow {
                day: in_words(contribution.day),
                readers: if known.contains(&contribution.id) { "five people and more" } else { "under 5" }
                    .into(),
                sent: done.sent_on(contribution.id).map_or_else(String::new, |at| {
                    format!("sent on {}", in_words(question.calendar.day(at)))
                }),
                goes: goes.contains(&contribution.id),
                contribution,
            })
            .collect();
        // Those that would be sent, then those that are not opened.
        near.sort_by_key(|row| {
            (!row.goes, known.contains(&row.contribution.id), std::cmp::Reverse(row.contribution.id))
        });
        Ok(Demand {
            open: waiting
                .iter()
                .map(|one| OpenRow {
                    id: one.id,
                    question: one.question.clone(),
                    waited: counted(asked.age(one), "day", "days"),
                    is_old: asked.age(one) >= policy.days,
                    near: asked.matches.iter().filter(mine).filter(|found| found.request == one.id).count(),
                })
                .collect(),
            answered: asked
                .answered
                .iter()
                .filter(|one| place(one.asking) == Some(to) && from != to)
                .filter(|one| {
                    place(one.answering) == Some(from) || one.asked.iter().any(|id| place(*id) == Some(from))
                })
                .take(PAGE)
                .map(|one| AnsweredRow {
                    id: one.request,
                    question: one.question.clone(),
                    took: lasting((one.at - one.asked_at).num_seconds() as f64 / 3600.0),
                })
                .collect(),
            stuck,
            audience,
            done,
            near,
        })
    }
}

/// How many that would be, as far as it may be told.
fn would_be_told(people: usize) -> String {
    match people as u64 {
        0..FEWEST_PEOPLE => "That would be fewer than five people now.".into(),
        people => format!("That would be {people} people now."),
    }
}

fn sentence(matrix: &Matrix, from: usize, to: usize) -> String {
    match matrix.shown(from, to) {
        None => "Too few readers to count.".into(),
        Some(0) => "Nothing was opened.".into(),
        Some(amount) => format!("{}.", counted(amount as i64, "first opening", "first openings")),
    }
}

fn deck(matrix: &Matrix, from: usize, to: usize, giver: &str, taker: &str) -> String {
    let is_shown = matrix.shown(from, to).is_some();
    let Some(expected) = matrix.expected(from, to) else {
        return if is_shown { String::new() } else { "A flow is shown from five readers on.".into() };
    };
    if !is_shown {
        return format!(
            "A flow is shown from five readers on. By how much {giver} gives and {taker} receives, about {} first openings would be expected.",
            grouped(expected.round() as i64)
        );
    }
    let found = matrix.flows.get(from, to);
    let ratio = if expected > 0.0 { found / expected } else { 1.0 };
    let how = match ratio {
        r if r < 0.5 => "far fewer than",
        r if r < 0.85 => "fewer than",
        r if r <= 1.15 => "about as many as",
        r if r <= 2.0 => "more than",
        _ => "far more than",
    };
    format!(
        "That is {how} the {} to be expected by how much {giver} gives and {taker} receives altogether.",
        grouped(expected.round() as i64)
    )
}

fn chart(spans: &[Span], giver: &str, taker: &str) -> Svg {
    let mut values: Vec<Option<f64>> = Vec::new();
    let mut points: Vec<String> = Vec::new();
    for span in spans {
        values.extend(std::iter::repeat_n(span.a_week(), span.weeks));
        points.extend(std::iter::repeat_n(span.name(), span.weeks));
    }
    let on = |day| in_words(day);
    let marks: Vec<(usize, String)> = match (spans.first(), spans.last(), values.len()) {
        (Some(first), _, 1) => vec![(0, on(first.days.from))],
        (Some(first), Some(last), weeks) => {
            vec![(0, on(first.days.from)), (weeks - 1, on(monday(last.days.last_day())))]
        }
        _ => Vec::new(),
    };
    let title = format!("First openings a week from {giver} to {taker}");
    charts::line(&title, &points, &marks, &[Series { name: "opened", ink: Ink::Given, values: &values }])
}
