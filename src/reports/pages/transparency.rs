//! `/transparency`: what leadership sees of one's own department, and who looked.

use std::collections::{BTreeMap, HashSet};

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{Days, NaiveDate};
use serde::Deserialize;

use crate::accounts::guard::Member;
use crate::accounts::person::Role;
use crate::error::{AppError, AppResult};
use crate::flow::groups::View;
use crate::flow::metrics::definitions::definition;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, People, Question};
use crate::flow::numbers::{Shown, counted, grouped, shown};
use crate::flow::period::{Period, in_words};
use crate::flow::store::looks::{self, EVERYBODY, Kind, Look};
use crate::flow::store::readings;
use crate::flow::tables;
use crate::market::agreed::THRESHOLDS;
use crate::market::store::{agreed, values};
use crate::privacy::store::checks::{self, Check};
use crate::reports::frozen::Row as FrozenRow;
use crate::reports::store::kept;
use crate::reports::{periods, words};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::when;

/// The period a flow page shows unless it is told otherwise.
const WEEKS: u64 = 26;
/// Days of the log on a page.
const LOG_DAYS: u64 = 91;
/// Takings-out that are told.
const TAKEN: i64 = 20;

/// Which days of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// Only days before this one.
    before: String,
}

#[derive(Template)]
#[template(path = "reports/transparency.html")]
struct TransparencyPage {
    page: Page,
    department: String,
    /// The group it is shown as part of.
    group: String,
    is_group: bool,
    period: String,
    /// Why nothing is shown; empty where something is.
    nothing: String,
    figures: Vec<FigureLine>,
    gives: Vec<Partner>,
    reads: Vec<Partner>,
    /// The last report of a month: its name and its figures of the group.
    report: Option<(String, Vec<FigureLine>)>,
    log: Vec<LogLine>,
    log_since: String,
    older: Option<String>,
    /// When and what was taken out by whoever runs the server.
    taken: Vec<(when::Moment, String)>,
    /// The last nightly check, in sentences; empty before the first.
    check: Vec<String>,
    /// Whether it found anything.
    is_alarmed: bool,
    /// What protects raters, in sentences.
    thresholds: Vec<String>,
    /// For so many days it is remembered who opened what.
    kept_days: i64,
}

struct FigureLine {
    id: String,
    name: String,
    value: String,
    interval: String,
}

struct Partner {
    name: String,
    amount: String,
}

/// What one person looked at on one day.
struct LogLine {
    day: String,
    iso: String,
    name: String,
    role: &'static str,
    what: String,
}

/// What the database says.
struct Found {
    loaded: Loaded,
    department: String,
    place: usize,
    figures: Vec<Figure>,
    gives: Vec<(String, Option<u64>)>,
    reads: Vec<(String, Option<u64>)>,
    report: Option<(String, Vec<FrozenRow>)>,
    looks: Vec<Look>,
    names: BTreeMap<i64, String>,
    taken: Vec<(chrono::NaiveDateTime, String)>,
    check: Option<Check>,
    thresholds: Vec<String>,
}

/// Shows it: to everybody, about the department they are in.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    Query(typed): Query<LogQuery>,
) -> AppResult<HttpResponse> {
    let today = member.actor.day;
    let tomorrow = today.succ_opt().unwrap_or(today);
    let before = match typed.before.as_str() {
        "" => tomorrow,
        text => text.parse::<NaiveDate>().map_err(|_| {
            AppError::BadRequest(format!(
                "In this address before is \"{text}\"; it must be a day such as 2026-11-02."
            ))
        })?,
    };
    let since = before.checked_sub_days(Days::new(LOG_DAYS)).unwrap_or(before);
    let (own, calendar) = (member.department_id, app.calendar());
    let found = app
        .db
        .read(move |c| {
            let first = readings::first_day(c)?;
            let period = Period::last_weeks(WEEKS, today.pred_opt().unwrap_or(today));
            let period = first.map_or(period, |first| period.since(first));
            let question = Question { period, segment: None, view: View::default(), calendar };
            let loaded = Loaded::new(c, question)?;
            let figures = loaded.figures(&People::of(c, &question)?);
            let matrix = loaded.matrix(c, false)?;
            let place = loaded.grouping.place_of(own).unwrap_or(usize::MAX);
            let groups = &loaded.grouping.groups;
            let pairs = |of: &dyn Fn(usize) -> Option<u64>| -> Vec<(String, Option<u64>)> {
                if place >= groups.len() {
                    return Vec::new();
                }
                (0..groups.len()).map(|at| (groups[at].name.clone(), of(at))).collect()
            };
            let gives = pairs(&|to| matrix.shown(place, to));
            let reads = pairs(&|from| matrix.shown(from, place));
            let group = groups.get(place).map(|group| format!("department:{}", group.name));
            let report = match kept::latest_month(c)? {
                Some((period, frozen)) => {
                    let rows = frozen.figures.into_iter().filter(|row| Some(&row.group) == group.as_ref());
                    Some((periods::name(period), rows.collect()))
                }
                None => None,
            };
            let departments = readings::departments(c)?;
            let path = departments.iter().find(|d| d.id == own).map(|d| d.path.clone()).unwrap_or_default();
            let related = |other: &str| {
                let inside =
                    |outer: &str, inner: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
                inside(&path, other) || inside(other, &path)
            };
            let about: HashSet<i64> = departments.iter().filter(|d| related(&d.path)).map(|d| d.id).collect();
            let looks = looks::looks(c, &about, since, before)?;
            let taken = looks::unprotected(c, TAKEN)?;
            let names = departments.into_iter().map(|d| (d.id, d.path)).collect();
            let check = checks::last(c)?;
            let policy = values::policy(c)?;
            let mut thresholds: Vec<String> =
                THRESHOLDS.iter().map(|one| format!("{}: {}", one.title, (one.of)(&policy))).collect();
            for change in agreed::changes(c)?.iter().filter(|change| change.is_open()) {
                thresholds.push(format!("proposed and not yet agreed: {}", change.sentence()));
            }
            Ok(Found {
                loaded,
                department: path,
                place,
                figures,
                gives,
                reads,
                report,
                looks,
                names,
                taken,
                check,
                thresholds,
            })
        })
        .await?;
    let older = (!found.looks.is_empty()).then(|| format!("/transparency?before={since}#log"));
    page::show(
        &render(
            Page::new(&req, &member, Place::You, "What leadership sees"),
            found,
            &app,
            member.actor.at,
            (since, older),
        ),
        &req,
    )
}

fn render(
    page: Page,
    found: Found,
    app: &App,
    now: chrono::NaiveDateTime,
    (since, older): (NaiveDate, Option<String>),
) -> TransparencyPage {
    let period = found.loaded.question.period;
    let group = found.loaded.grouping.groups.get(found.place).map(|group| group.name.clone());
    let name = group.clone().unwrap_or_default();
    let whom = Whom::Department(name.clone());
    let nothing = match &group {
        None => "Nobody was in your department in this period, so there is nothing about it.".to_owned(),
        Some(_) if tables::find(&found.figures, "C1", "", &whom).is_some_and(|f| f.suppressed) => {
            "Fewer than five people were in it in this period, so nothing of it is shown.".to_owned()
        }
        Some(_) => String::new(),
    };
    let line = |id: &str, part: &str, seen: Shown| FigureLine {
        id: id.to_owned(),
        name: definition(id).map_or_else(|| id.to_owned(), |definition| words::figure(definition, part)),
        value: seen.value,
        interval: seen.interval,
    };
    let partner = |(name, amount): (String, Option<u64>)| Partner {
        name,
        amount: amount.map_or_else(|| "under 5".into(), |n| grouped(n as i64)),
    };
    let visible = nothing.is_empty();
    TransparencyPage {
        kept_days: app.config.policy.retention.days,
        page,
        is_group: name == found.department,
        department: found.department,
        group: name,
        period: format!("{} to {}", in_words(period.from), in_words(period.last_day())),
        figures: found
            .figures
            .iter()
            .filter(|figure| visible && figure.whom == whom)
            .map(|figure| line(figure.id, &figure.part, shown(figure)))
            .collect(),
        gives: found.gives.into_iter().filter(|_| visible).map(partner).collect(),
        reads: found.reads.into_iter().filter(|_| visible).map(partner).collect(),
        report: found.report.map(|(month, rows)| {
            let rows = rows.into_iter().map(|row| FigureLine {
                id: row.id,
                name: row.name,
                value: row.shown.value,
                interval: row.shown.interval,
            });
            (month, rows.collect())
        }),
        log: log(&found.looks, &found.names, app.calendar().day(now)),
        log_since: in_words(since),
        older,
        taken: found
            .taken
            .into_iter()
            .map(|(at, action)| {
                let what = match action.as_str() {
                    looks::PRINTED => "figures without the protection of small groups",
                    _ => "who opened and who rated what",
                };
                (when::day_of(app.calendar(), at, now), what.to_owned())
            })
            .collect(),
        is_alarmed: found.check.as_ref().is_some_and(|check| check.findings > 0),
        check: found.check.as_ref().map(|check| checked(check, app, now)).unwrap_or_default(),
        thresholds: found.thresholds,
        nothing,
    }
}

/// The last check: when, how much was tried, what was found in which kind of numbers; never what could be worked out.
fn checked(check: &Check, app: &App, now: chrono::NaiveDateTime) -> Vec<String> {
    let tried = format!(
        "Last tried {}: {} sums of openings and searches over {} periods, {} cells of tables, {} lists of single insights and {} shown values were combined; and {} days between which ratings are told, {} points of curves, {} halves of trials and {} numbers of reasons for not sharing.",
        when::day_of(app.calendar(), check.at, now).words,
        grouped(check.sums),
        grouped(check.periods),
        grouped(check.cells),
        grouped(check.lists),
        grouped(check.insights),
        grouped(check.rounds),
        grouped(check.points),
        grouped(check.halves),
        grouped(check.reasons),
    );
    let found = match check.findings {
        0 => "Nothing about fewer people than may be told of could be worked out.".to_owned(),
        1 => "One number tells of fewer people than it may. Administrators and the customer office know."
            .to_owned(),
        more => format!(
            "{} numbers tell of fewer people than they may. Administrators and the customer office know.",
            grouped(more)
        ),
    };
    let place = (!check.found_in.is_empty()).then(|| format!("They are among these: {}.", check.found_in));
    let cut = (!check.complete).then(|| "Time ran out before everything was tried.".to_owned());
    [tried, found].into_iter().chain(place).chain(cut).collect()
}

/// What somebody looked at on a day, and how often, by department.
type About = Vec<(i64, Vec<(Kind, i32)>)>;

/// The log, one line for each person and day.
fn log(looks: &[Look], names: &BTreeMap<i64, String>, today: NaiveDate) -> Vec<LogLine> {
    let mut lines: Vec<(NaiveDate, String, Role, About)> = Vec::new();
    for look in looks {
        let same = lines.last().is_some_and(|(day, name, ..)| *day == look.day && *name == look.name);
        if !same {
            lines.push((look.day, look.name.clone(), look.role, Vec::new()));
        }
        if let Some((.., about)) = lines.last_mut() {
            match about.iter_mut().find(|(department, _)| *department == look.department_id) {
                Some((_, kinds)) => kinds.push((look.kind, look.times)),
                None => about.push((look.department_id, vec![(look.kind, look.times)])),
            }
        }
    }
    lines
        .into_iter()
        .map(|(day, name, role, about)| {
            // Nobody else sees figures of a department but who leads it.
            let leads = about.iter().flat_map(|(_, kinds)| kinds).any(|(kind, _)| *kind != Kind::Obstacle);
            let what: Vec<String> = about
                .into_iter()
                .map(|(department, mut kinds)| {
                    kinds.sort();
                    let kinds: Vec<String> = kinds
                        .into_iter()
                        .map(|(kind, times)| match (kind, times) {
                            (Kind::Export, 2..) => counted(times.into(), "file", "files"),
                            _ => kind.words().to_owned(),
                        })
                        .collect();
                    let of = match department {
                        EVERYBODY => "the whole company",
                        id => names.get(&id).map_or("a department", String::as_str),
                    };
                    format!("{} of {of}", kinds.join(", "))
                })
                .collect();
            LogLine {
                day: when::day(day, today),
                iso: day.to_string(),
                name,
                role: if role == Role::Employee && leads { "Manager" } else { role.title() },
                what: what.join("; "),
            }
        })
        .collect()
}
