//! `/obstacles/{id}`: an obstacle, its figure before and after, and what was done.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{id_of, seen, viewer};
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::error::AppResult;
use crate::flow::metrics::definitions::Unit;
use crate::flow::store::looks::{self, Kind as Look};
use crate::obstacles::measure::{Weeks, crossing};
use crate::obstacles::obstacle::{Content, Obstacle, State, Viewer, may_change};
use crate::obstacles::store::history::{Event, Kind};
use crate::obstacles::store::trials::{Member as Chosen, Trial};
use crate::obstacles::store::{history, measures, trials};
use crate::obstacles::target::Target;
use crate::obstacles::trial::{self, Difference, Half};
use crate::obstacles::words::{self, Measure};
use crate::web::App;
use crate::web::charts::{self, Svg, short};
use crate::web::form::FieldErrors;
use crate::web::page::{self, Page, Place};
use crate::web::when::{self, Moment};

/// What somebody typed into a form of this page that is shown again.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub state: String,
    pub reason: String,
    pub words: String,
    pub done: String,
    pub errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "obstacles/show.html")]
struct ShowPage {
    page: Page,
    obstacle: Obstacle,
    is_officer: bool,
    target: String,
    target_href: String,
    due: String,
    opened: String,
    is_overdue: bool,
    sentence: String,
    figures: Vec<FigureRow>,
    chart: Option<Svg>,
    /// What the numbers in the chart stand for.
    marks: Vec<(String, String)>,
    weeks: Vec<(String, String)>,
    /// What a point of the chart is.
    of_weeks: &'static str,
    states: Vec<(State, &'static str)>,
    trials: Vec<TrialPart>,
    events: Vec<EventRow>,
    key: String,
    typed: Typed,
}

struct FigureRow {
    when: &'static str,
    days: String,
    value: String,
    interval: String,
    count: String,
}

struct EventRow {
    id: i64,
    by: String,
    at: Moment,
    what: String,
    words: String,
    can_take_back: bool,
}

struct TrialPart {
    trial: Trial,
    sentence: String,
    days: String,
    halves: Vec<(&'static str, HalfRow)>,
    differences: Vec<(&'static str, String, String)>,
    notes: Vec<String>,
    insights: Vec<Chosen>,
}

struct HalfRow {
    insights: usize,
    openings: String,
    uses: i64,
}

/// `GET /obstacles/{id}`
pub async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let id = id_of(&id)?;
    let typed = Typed { done: member.actor.day.to_string(), ..Typed::default() };
    let page = load(&app, &req, &member, id, typed).await?;
    page::show(&page, &req)
}

/// The page with a form that was refused.
pub(super) async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    typed: Typed,
) -> AppResult<HttpResponse> {
    let done = if typed.done.is_empty() { member.actor.day.to_string() } else { typed.done.clone() };
    let page = load(app, req, member, id, Typed { done, ..typed }).await?;
    page::show_again(&page, req)
}

/// Everything there is about an obstacle.
struct Found {
    obstacle: Obstacle,
    before: Option<Measure>,
    now: Option<Measure>,
    /// What all flows together were in the same weeks, where it is about a flow.
    all: (Option<f64>, Option<f64>),
    weeks: Weeks,
    events: Vec<Event>,
    trials: Vec<(Trial, Vec<Chosen>)>,
}

async fn load(app: &App, req: &HttpRequest, member: &Member, id: i64, typed: Typed) -> AppResult<ShowPage> {
    let (viewer, calendar) = (viewer(member), app.calendar());
    let found = app
        .db
        .read(move |c| {
            let obstacle = seen(c, id, viewer)?;
            let (before, now) = measures::before_and_now(c, id)?;
            let mut all = Vec::new();
            for trial in trials::of(c, id)? {
                let members = trials::members(c, trial.id)?;
                all.push((trial, members));
            }
            let beside = match (&obstacle.target, &before, &now) {
                (Target::Flow(_), Some(before), Some(now)) => {
                    (crossing(c, before.period, calendar)?, crossing(c, now.period, calendar)?)
                }
                _ => (None, None),
            };
            Ok(Found {
                before,
                now,
                all: beside,
                weeks: measures::weeks(c, id)?,
                events: history::events(c, id)?,
                trials: all,
                obstacle,
            })
        })
        .await?;
    let kind = if viewer.is_officer { Look::Figures } else { Look::Obstacle };
    looks::note(app, member.actor, kind, &found.obstacle.target.departments()).await?;
    render(app, req, member, viewer, found, typed)
}

fn render(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    viewer: Viewer,
    found: Found,
    typed: Typed,
) -> AppResult<ShowPage> {
    let Found { obstacle, before, now, all, mut weeks, events, trials } = found;
    let unit = obstacle.target.unit();
    if unit == Unit::Share {
        // Nobody says 0.95 of the people.
        let values = weeks.lines.series.iter_mut().flat_map(|line| line.values.iter_mut());
        values.flatten().for_each(|value| *value *= 100.0);
    }
    let (today, calendar) = (member.actor.day, app.calendar());
    let (marks, places) = actions(&events, &weeks, today);
    let state = obstacle.content.state;
    let line = weeks.lines.series.first();
    let place = if viewer.is_officer { Place::Flow } else { Place::You };
    Ok(ShowPage {
        page: Page::new(req, member, place, obstacle.content.description.clone()),
        is_officer: viewer.is_officer,
        target: obstacle.target.name(),
        target_href: if viewer.is_officer { obstacle.target.href() } else { String::new() },
        due: when::day(obstacle.content.due_on, today),
        opened: when::day(obstacle.opened_on, today),
        is_overdue: obstacle.is_overdue(today),
        sentence: words::sentence(before.as_ref(), now.as_ref(), obstacle.target.less_is_better())
            + &before
                .as_ref()
                .zip(now.as_ref())
                .map_or_else(String::new, |(before, now)| words::beside(before, now, all)),
        figures: [("When it was opened", &before), ("Now", &now)]
            .into_iter()
            .filter_map(|(when, measure)| measure.as_ref().map(|measure| figure_row(when, measure)))
            .collect(),
        chart: line.is_some().then(|| charts::line_with_events(&weeks.lines, &places)),
        weeks: line.map_or_else(Vec::new, |line| {
            let percent = if unit == Unit::Share { "%" } else { "" };
            let value = |value: &Option<f64>| {
                value.map_or_else(|| "n/a".to_owned(), |value| format!("{}{percent}", short(value)))
            };
            weeks.lines.points.iter().cloned().zip(line.values.iter().map(value)).collect()
        }),
        of_weeks: obstacle.target.of_weeks(weeks.by_week()),
        marks,
        states: State::ALL
            .into_iter()
            .filter(|to| may_change(state, *to, viewer.is_officer).is_ok())
            .map(|to| (to, to.title()))
            .collect(),
        trials: trials.into_iter().map(|(trial, insights)| trial_part(trial, insights, today)).collect(),
        events: event_rows(&events, calendar, member, viewer),
        key: submission::fresh_key()?,
        obstacle,
        typed,
    })
}

fn figure_row(when: &'static str, measure: &Measure) -> FigureRow {
    FigureRow {
        when,
        days: words::days(measure.period),
        value: words::value(&measure.figure),
        interval: words::interval(&measure.figure),
        count: words::count(&measure.figure),
    }
}

/// The week of an action, counted from the first of the chart, and its number.
type Mark = (usize, String);

/// Whatever was done, numbered by day, and where it stands in the chart.
fn actions(events: &[Event], weeks: &Weeks, today: chrono::NaiveDate) -> (Vec<(String, String)>, Vec<Mark>) {
    let is_act = |event: &&Event| match event.kind {
        Kind::Acted | Kind::Trial => true,
        Kind::State => event.after.as_ref().is_some_and(|after| after.state.is_over()),
        _ => false,
    };
    let mut acts: Vec<&Event> = events.iter().filter(is_act).collect();
    acts.sort_by_key(|event| (event.day, event.id));
    let mut marks = Vec::new();
    let mut places: Vec<(usize, String)> = Vec::new();
    for (number, event) in acts.into_iter().enumerate() {
        let number = (number + 1).to_string();
        let what = match (&event.after, event.kind) {
            (Some(after), Kind::State) => format!("{}: {}", after.state.title(), event.words),
            _ => event.words.clone(),
        };
        marks.push((number.clone(), format!("{}: {what}", when::day(event.day, today))));
        if let Some(place) = weeks.place(event.day) {
            match places.last_mut().filter(|last| last.0 == place) {
                // Several of one week stand at one mark.
                Some(last) => last.1.push_str(&format!(", {number}")),
                None => places.push((place, number)),
            }
        }
    }
    (marks, places)
}

fn event_rows(
    events: &[Event],
    calendar: crate::clock::Calendar,
    member: &Member,
    viewer: Viewer,
) -> Vec<EventRow> {
    let changes = |kind: Kind| matches!(kind, Kind::Opened | Kind::Changed | Kind::State);
    let latest = events
        .iter()
        .find(|event| changes(event.kind) || event.kind == Kind::TakenBack)
        .filter(|event| changes(event.kind))
        .filter(|event| {
            viewer.is_officer || (event.kind != Kind::Opened && event.by_id == Some(viewer.person_id))
        })
        .map(|event| event.id);
    events
        .iter()
        .map(|event| EventRow {
            id: event.id,
            by: event.by.clone().unwrap_or_else(|| "By itself".into()),
            at: when::moment(calendar, event.at, member.actor.at),
            what: what(event),
            words: event.words.clone(),
            can_take_back: latest == Some(event.id),
        })
        .collect()
}

fn what(event: &Event) -> String {
    match event.kind {
        Kind::Opened => "recorded it".into(),
        Kind::Acted => "acted".into(),
        Kind::Trial if event.by.is_none() => "the trial ended".into(),
        Kind::Trial => "saw to a trial".into(),
        Kind::Changed => match (&event.before, &event.after) {
            (Some(before), Some(after)) => format!("changed {}", changed(before, after)),
            _ => "changed it".into(),
        },
        Kind::State => event.after.as_ref().map_or_else(String::new, |after| {
            format!("changed the state to “{}”", after.state.title().to_lowercase())
        }),
        Kind::TakenBack => "took the change before back".into(),
    }
}

fn changed(before: &Content, after: &Content) -> String {
    let parts = [
        (before.description != after.description, "the description"),
        (before.owner_id != after.owner_id, "who sees to it"),
        (before.action != after.action, "the plan"),
        (before.due_on != after.due_on, "the day"),
    ];
    let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    parts.join(", ")
}

fn trial_part(trial: Trial, insights: Vec<Chosen>, today: chrono::NaiveDate) -> TrialPart {
    use crate::obstacles::trial::State::{Finished, Running, Stopped};
    let sentence = match (&trial.state, &trial.outcome) {
        (Running, _) => format!(
            "It runs until {}. Numbers stand here when it has ended, not before: to look early and stop when they are liked finds what is not there.",
            when::day(trial.ends_on.pred_opt().unwrap_or(trial.ends_on), today)
        ),
        (Stopped, _) => format!("It was stopped, so nothing is compared. {}", trial.reason),
        (Finished, Some(outcome)) => trial::sentence(outcome, &trial.department),
        (Finished, None) => "It has ended.".into(),
    };
    let half = |half: Half| HalfRow {
        insights: half.insights,
        openings: half.openings.map_or_else(|| "under 5 people".into(), |openings| openings.to_string()),
        uses: half.uses,
    };
    let mut halves = Vec::new();
    let mut differences = Vec::new();
    let mut notes = Vec::new();
    if let Some(outcome) = &trial.outcome {
        if let (Some(at_once), Some(later)) = (outcome.at_once, outcome.later) {
            halves = vec![("Sent at once", half(at_once)), ("Waited", half(later))];
        }
        let row = |name: &'static str, difference: Option<Difference>| {
            let difference = difference?;
            let likely = match (difference.low, difference.high) {
                (Some(low), Some(high)) => format!("{} to {}", trial::signed(low), trial::signed(high)),
                _ => "too few pairs".into(),
            };
            Some((name, trial::signed(difference.mean), likely))
        };
        differences.extend(row("openings", outcome.openings));
        differences.extend(row("uses", outcome.uses));
        notes.push(format!("{} pairs are compared.", outcome.pairs));
        if outcome.gone > 0 {
            notes.push(format!(
                "{} withdrawn meanwhile; a pair of which one is gone is left out of the comparison.",
                crate::flow::numbers::counted(outcome.gone as i64, "insight was", "insights were")
            ));
        }
        if outcome.left_out > outcome.gone {
            notes.push(format!(
                "{} in no pair that is compared.",
                crate::flow::numbers::counted(outcome.left_out as i64, "insight is", "insights are")
            ));
        }
    }
    TrialPart {
        sentence,
        days: format!(
            "{} to {}",
            when::day(trial.started_on, today),
            when::day(trial.ends_on.pred_opt().unwrap_or(trial.ends_on), today)
        ),
        halves,
        differences,
        notes,
        insights,
        trial,
    }
}
