//! `/flow`: where is information stuck?

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::controls::{Controls, controls};
use super::early::{needed, too_early};
use super::figures::Board;
use super::filters::{Filters, FlowQuery};
use super::keys::{KeyFigure, keys};
use super::lines::{self, Done, Line};
use super::load::{self, Overview, is_whole};
use super::numbers::{counted, grouped};
use super::panels::{GapRow, WaitRow, gap_rows, group_rows, segment_rows, waits};
use super::sentence::{Answer, asked_in_vain, compared, first_sentence, instead, rule};
use super::stuck::{self, Asked};
use super::tables::{self, Cell, GroupRow, WeekChart};
use super::under_read::{self, Brief};
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::period::in_words;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::flow::unblock::{Stuck, Why};
use crate::obstacles::obstacle::Obstacle;
use crate::obstacles::store::register;
use crate::obstacles::target::Target;
use crate::policy::StuckPolicy;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

/// In the place of a sum that would give a cell away.
const NOT_TOLD: &str = "–";
/// Flows of the list of what to unblock.
const LINES: usize = 5;

#[derive(Template)]
#[template(path = "flow/overview.html")]
struct OverviewPage {
    page: Page,
    /// Why there is nothing to see yet; empty when there is.
    too_early: String,
    /// What there must be before there is, and whether it is there.
    needed: Vec<(String, bool)>,
    answer: Answer,
    controls: Controls,
    /// For links: the same period, segment and level.
    query: String,
    query_of_any_segment: String,
    /// The same for the whole company.
    query_of_all: String,
    period: String,
    /// "compared with 1 Mar 2026 to 31 May 2026", or why with nothing.
    compared: String,
    /// Where there is something to compare with, if this has nothing: an address and its words.
    instead: Option<(String, String)>,
    /// The department this is inside of, or empty.
    inside: String,
    names: Vec<GroupName>,
    rows: Vec<MatrixRow>,
    received: Vec<String>,
    withheld: bool,
    sums_withheld: bool,
    unblock: Unblock,
    gaps: Vec<GapRow>,
    figures: Vec<KeyFigure>,
    /// Whether the figures of the night could not be read.
    night_failed: bool,
    weeks: [WeekChart; 2],
    weeks_csv: String,
    groups: Vec<GroupRow>,
    segments: Vec<GroupRow>,
    /// None where it could not be read.
    under_read: Option<Brief>,
    waits: Vec<WaitRow>,
    board: Board,
    /// Whether the page is about a part of the company.
    /// Whether only insights of a segment are counted.
    has_segment: bool,
    is_narrowed: bool,
}

struct GroupName {
    name: String,
    short: String,
}

struct MatrixRow {
    name: String,
    cells: Vec<MatrixCell>,
    given: String,
}

/// A cell, and how many requests keep it stuck.
struct MatrixCell {
    cell: Cell,
    open: Option<usize>,
}

/// What to unblock first.
#[derive(Default)]
struct Unblock {
    lines: Vec<Line>,
    /// Flows that are stuck beside those.
    more: usize,
    /// Everything open in one sentence; empty where nothing is.
    sentence: String,
    href: String,
    /// Whether it could not be read.
    failed: bool,
    /// The settings in words: "at least 5 requests older than a week".
    rule: String,
    /// What is in the register: "3 obstacles to be removed, 1 overdue".
    obstacles: String,
    /// Where no flow is stuck in this view, but one is between larger departments: which, and its page.
    above: Option<(String, String)>,
}

/// Shows the page. Its first panels need the roll-ups; each of the others fails alone.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Figures, &[looks::EVERYBODY]).await?;
    let today = officer.actor.day;
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, today, first)?;
    let question = filters.question(&app);
    let policy = app.config.policy.stuck;
    let now = officer.actor.at;
    let against = filters.against(first);
    let mut overview = flow.read(move |c| Overview::at_once(c, question, against)).await?;
    let kept = flow.read(move |c| load::night(c, question, against)).await;
    let night_failed = kept.is_err();
    overview.take(kept.unwrap_or_default());
    let asked = flow.read(move |c| stuck::load(c, question.period, now)).await.ok();
    let found = asked.as_ref().map(|asked| asked.stuck(&overview.loaded, &policy)).unwrap_or_default();
    let groups = overview.loaded.grouping.groups.clone();
    let listed = found.clone();
    let done = flow.read(move |c| Done::load(c, &listed, &groups)).await.ok();
    let view = question;
    let under_read = flow.read(move |c| under_read::brief(c, view.period)).await.ok();
    let asked = asked.filter(|_| done.is_some());
    let register = flow.read(|c| register::list(c, None)).await.unwrap_or_default();
    let parts = Parts { filters: &filters, first, policy, managers: typed.managers == "yes", today };
    let mut shown = render(
        Page::new(&req, &officer, Place::Flow, "Where is information stuck?"),
        &overview,
        &parts,
        &found,
    );
    shown.night_failed = night_failed;
    shown.under_read = under_read;
    match (&asked, &done) {
        (Some(asked), Some(done)) => fill(&mut shown, &overview, &parts, asked, &found, done),
        _ => shown.unblock.failed = true,
    }
    with_obstacles(&mut shown.unblock, &register, &found, &overview, today);
    page::show(&shown, &req)
}

/// What every part of the page follows.
struct Parts<'a> {
    filters: &'a Filters,
    first: Option<chrono::NaiveDate>,
    policy: StuckPolicy,
    managers: bool,
    today: chrono::NaiveDate,
}

fn render(page: Page, overview: &Overview, parts: &Parts<'_>, found: &[Stuck]) -> OverviewPage {
    let loaded = &overview.loaded;
    let filters = parts.filters;
    let calendar = loaded.question.calendar;
    let groups = &loaded.grouping.groups;
    // Inside a department its own name goes without saying.
    let above = loaded.grouping.root.as_ref().map_or_else(String::new, |root| format!("{root}/"));
    let names: Vec<&str> =
        groups.iter().map(|group| group.name.strip_prefix(&above).unwrap_or(&group.name)).collect();
    let query = filters.query();
    let cells = tables::cells(&overview.matrix, &names, |from, to| {
        format!("/flow/{}/{}?{query}", groups[from].key, groups[to].key)
    });
    let sum = |sum: Option<u64>| sum.map_or_else(|| NOT_TOLD.into(), |sum| grouped(sum as i64));
    let rows = cells
        .into_iter()
        .enumerate()
        .map(|(from, cells)| MatrixRow {
            name: names[from].to_owned(),
            cells: cells.into_iter().enumerate().map(|(to, cell)| marked(cell, from, to, found)).collect(),
            given: sum(overview.matrix.given(from)),
        })
        .collect();
    let size = overview.matrix.size();
    let is_told = |at: usize| overview.matrix.given(at).is_some() && overview.matrix.received(at).is_some();
    let sums_withheld = !(0..size).all(is_told);
    let withheld = (0..size).any(|from| (0..size).any(|to| overview.matrix.withheld(from, to).is_some()));
    OverviewPage {
        too_early: too_early(overview, filters, parts.first),
        needed: needed(overview, filters, parts.first),
        answer: first_sentence(overview),
        controls: controls(filters, parts.managers, loaded),
        query_of_any_segment: filters.query_of_any_segment(),
        query_of_all: Filters { root: None, level: None, segment: None, ..filters.clone() }.query(),
        inside: loaded.grouping.root.clone().unwrap_or_default(),
        period: period(filters),
        compared: compared(filters, parts.first, !overview.before.is_empty()),
        instead: instead(filters, parts.first, !overview.before.is_empty()),
        names: names
            .iter()
            .map(|name| GroupName { name: (*name).to_owned(), short: tables::abbreviated(name) })
            .collect(),
        rows,
        received: (0..size).map(|to| sum(overview.matrix.received(to))).collect(),
        withheld,
        sums_withheld,
        unblock: Unblock::default(),
        gaps: gap_rows(overview, &query),
        figures: keys(overview, filters, parts.managers),
        night_failed: false,
        weeks: tables::week_charts(&overview.weeks),
        weeks_csv: format!("/flow/csv/weeks?{query}"),
        groups: group_rows(overview, filters, &query),
        segments: segment_rows(overview),
        under_read: None,
        waits: Vec::new(),
        board: Board::new(&overview.figures, &overview.kept, filters, is_whole(&loaded.question), calendar),
        has_segment: filters.segment.is_some(),
        is_narrowed: overview.is_narrowed(),
        page,
        query,
    }
}

/// `2 Nov 2026 to 24 Nov 2026, 23 days` where the last of the weeks is not over.
fn period(filters: &Filters) -> String {
    let days = filters.period.days();
    match filters.weeks {
        Some(_) if days % 7 != 0 => format!("{}, {}", filters.in_words(), counted(days, "day", "days")),
        _ => filters.in_words(),
    }
}

/// Puts what is in the register beside the flows that are stuck.
fn with_obstacles(
    unblock: &mut Unblock,
    register: &[Obstacle],
    found: &[Stuck],
    overview: &Overview,
    today: chrono::NaiveDate,
) {
    let left: Vec<&Obstacle> = register.iter().filter(|one| !one.content.state.is_over()).collect();
    let late = left.iter().filter(|one| one.is_overdue(today)).count();
    let groups = &overview.loaded.grouping.groups;
    for (line, stuck) in unblock.lines.iter_mut().zip(found) {
        let keys = (&groups[stuck.from].key, &groups[stuck.to].key);
        let hurts = |one: &&&Obstacle| matches!(&one.target, Target::Flow(flow) if (&flow.from_key, &flow.to_key) == keys);
        line.obstacle = left.iter().find(hurts).map(|one| {
            let late = if one.is_overdue(today) { ", overdue" } else { "" };
            (one.id, format!("Its obstacle, {}{late}", one.content.state.title().to_lowercase()))
        });
    }
    unblock.obstacles = match (left.len(), late) {
        (0, _) => "The register of obstacles".into(),
        (left, 0) => format!("{} to be removed", counted(left as i64, "obstacle", "obstacles")),
        (left, late) => {
            format!("{} to be removed, {late} overdue", counted(left as i64, "obstacle", "obstacles"))
        }
    };
}

/// A stuck flow is marked with what waits.
fn marked(mut cell: Cell, from: usize, to: usize, found: &[Stuck]) -> MatrixCell {
    let stuck = found.iter().find(|one| (one.from, one.to) == (from, to) && one.why != Why::Slow);
    if let Some(one) = stuck {
        cell.class = "is-stuck";
        cell.title =
            format!("{}; stuck: {} wait", cell.title, counted(one.old as i64, "request", "requests"));
    }
    MatrixCell { cell, open: stuck.map(|one| one.old) }
}

/// Puts in what is asked in vain: a flow that is stuck comes before one that is thin.
fn fill(
    page: &mut OverviewPage,
    overview: &Overview,
    parts: &Parts<'_>,
    asked: &Asked,
    found: &[Stuck],
    done: &Done,
) {
    let loaded = &overview.loaded;
    let groups = &loaded.grouping.groups;
    let on = |at| in_words(loaded.question.calendar.day(at));
    page.unblock = Unblock {
        lines: found.iter().take(LINES).map(|one| lines::line(one, groups, done, &page.query, on)).collect(),
        more: found.len().saturating_sub(LINES),
        sentence: asked.sentence(&parts.policy),
        href: format!("/flow/requests?{}", page.query),
        rule: rule(&parts.policy),
        ..Unblock::default()
    };
    // What waits today is no answer about a month that is over.
    let is_of_now = loaded.question.period.to >= parts.today;
    if let Some(worst) = found.first().filter(|_| is_of_now) {
        page.answer = asked_in_vain(worst, loaded, asked, &parts.policy);
    }
    let above = if found.is_empty() { asked.stuck_above(loaded, &parts.policy) } else { None };
    if let Some((seen, worst)) = above.as_ref().and_then(|(seen, stuck)| Some((seen, stuck.first()?))) {
        let groups = &seen.grouping.groups;
        let (from, to) = (&groups[worst.from], &groups[worst.to]);
        let filters = Filters { root: None, level: Some(seen.grouping.level), ..parts.filters.clone() };
        page.unblock.above = Some((
            format!("{} to {}", from.name, to.name),
            format!("/flow/{}/{}?{}", from.key, to.key, filters.query()),
        ));
        // Inside a department the first sentence is about that.
        if is_of_now && loaded.grouping.root.is_none() {
            page.answer = asked_in_vain(worst, seen, asked, &parts.policy);
        }
    }
    page.waits = waits(asked, loaded, &page.query);
}
