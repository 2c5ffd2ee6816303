//! `/flow`: where is information stuck?

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::demand::{self, Demand};
use super::figures::Board;
use super::filters::{Filters, FlowQuery};
use super::numbers::{self, Change, Shown, grouped, shown};
use super::tables::{self, Cell, GroupRow, WeekChart};
use crate::accounts::guard::Officer;
use crate::error::AppResult;
use crate::flow::answer;
use crate::flow::groups::View;
use crate::flow::matrix::Matrix;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{self, Loaded, People, WeekSums};
use crate::flow::period::WEEKS;
use crate::flow::store::figures::{Kept, kept};
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::web::App;
use crate::web::charts::{self, Ink, Svg, short};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

/// In the place of a sum that would give a cell away.
const NOT_TOLD: &str = "–";
/// Fewer days than this say nothing about a company.
const ENOUGH_DAYS: i64 = 28;

#[derive(Template)]
#[template(path = "flow/overview.html")]
struct OverviewPage {
    page: Page,
    /// Why there is nothing to see yet; empty when there is.
    too_early: String,
    answer: Answer,
    controls: Controls,
    /// For links: the same period, segment and level.
    query: String,
    query_of_any_segment: String,
    /// The same for the whole company.
    query_of_all: String,
    period: String,
    /// The department this is inside of, or empty.
    inside: String,
    names: Vec<GroupName>,
    rows: Vec<MatrixRow>,
    received: Vec<String>,
    withheld: bool,
    sums_withheld: bool,
    gaps: Vec<GapRow>,
    demand: Demand,
    figures: Vec<KeyFigure>,
    weeks: [WeekChart; 2],
    weeks_csv: String,
    groups: Vec<GroupRow>,
    segments: Vec<GroupRow>,
    board: Board,
    /// Whether the page is about a part of the company.
    is_narrowed: bool,
}

/// The first sentence: what is in front of, inside and behind its marked part.
#[derive(Default)]
struct Answer {
    before: String,
    marked: String,
    after: String,
    deck: String,
}

/// The choices of the form.
#[derive(Default)]
struct Controls {
    weeks: Vec<(String, String, bool)>,
    segments: Vec<(i64, String, bool)>,
    /// Level, how it reads, whether it is chosen.
    levels: Vec<(String, String, bool)>,
    from: String,
    to: String,
    root: String,
}

struct GroupName {
    name: String,
    short: String,
}

struct MatrixRow {
    name: String,
    cells: Vec<Cell>,
    given: String,
}

/// A pair that reads less than its size would let expect.
struct GapRow {
    from: String,
    to: String,
    sentence: String,
    href: String,
    contributions: String,
}

/// A number with everything that tells how far to trust it.
struct KeyFigure {
    name: String,
    id: &'static str,
    shown: Shown,
    unit: &'static str,
    change: Change,
    href: String,
    spark: Svg,
}

/// What the database has to say for this page.
pub(super) struct Overview {
    pub loaded: Loaded,
    pub figures: Vec<Figure>,
    pub segments: Vec<(i64, [Figure; 2])>,
    pub matrix: Matrix,
    pub weeks: Vec<WeekSums>,
    pub before: Vec<Figure>,
    /// What the night has left of the period; nothing where only a part of the company is looked at.
    pub kept: Kept,
}

impl Overview {
    /// Reads roll-ups and what is kept, so it takes as long with ten times the accesses.
    pub(super) fn load(
        c: &mut crate::db::Conn,
        question: metrics::Question,
        first: Option<chrono::NaiveDate>,
    ) -> AppResult<Overview> {
        let loaded = Loaded::new(c, question)?;
        let mut figures = loaded.figures(&People::of(c, &question)?);
        let matrix = loaded.matrix(c, false)?;
        figures.extend(metrics::indices_of(&matrix));
        figures.push(metrics::coverage(c, &question)?);
        let kept = if is_whole(&question) { kept(c, question.period)? } else { Kept::default() };
        metrics::refine(&mut figures, &kept.figures);
        let segments = loaded.segment_rates(|id| {
            readings::segment_readers(c, question.period, id, crate::flow::matrix::FEWEST_READERS)
        })?;
        let mut weeks = loaded.weeks(c, None)?;
        tables::withhold_weeks(&mut weeks, &figures);
        // Only a period that lies whole in the company's life compares.
        let before = question.before();
        let comparable = first.is_some_and(|first| first <= before.period.from);
        let before = if comparable {
            let earlier = loaded.about(c, before)?;
            let people = People::of(c, &before)?;
            let mut figures = earlier.figures(&people);
            if people.accessed.len() as u64 >= crate::flow::matrix::FEWEST_READERS {
                figures.extend(metrics::indices(&earlier.flows(c)?));
            }
            // Not C13: what was rated by then is known only from all ratings there are.
            figures
        } else {
            Vec::new()
        };
        Ok(Overview { loaded, figures, segments, matrix, weeks, before, kept })
    }
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Figures, &[looks::EVERYBODY]).await?;
    let today = officer.actor.day;
    let first = app.db.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, today, first)?;
    let question = filters.question(&app);
    let now = officer.actor.at;
    let (overview, asked) =
        app.db.read(move |c| Ok((Overview::load(c, question, first)?, demand::load(c, now)?))).await?;
    let demand = Demand::of(&asked, &overview.loaded, &filters.query(), now);
    let page = Page::new(&req, &officer, Place::Flow, "Where is information stuck?");
    let too_early = too_early(&overview, &filters, first);
    page::show(&render(page, &overview, &filters, too_early, demand), &req)
}

/// Whether a question is about the whole company as the night sees it.
fn is_whole(question: &metrics::Question) -> bool {
    question.segment.is_none() && question.view == View::default()
}

/// What is missing before the figures say something; empty when nothing is.
fn too_early(overview: &Overview, filters: &Filters, first: Option<chrono::NaiveDate>) -> String {
    let Some(first) = first else {
        return "Nothing has been shared or opened yet. Four weeks of both are needed.".into();
    };
    let last = filters.period.last_day();
    let days = (last - first.max(filters.period.from)).num_days() + 1;
    if days < ENOUGH_DAYS {
        return format!(
            "The first day with anything to count was {}. Figures need four weeks; there are {} days in this period.",
            crate::flow::period::in_words(first),
            days.max(0)
        );
    }
    let opened = tables::find(&overview.figures, "C2", "", &Whom::All).and_then(|f| f.numerator);
    match opened {
        Some(opened) if opened > 0.0 => String::new(),
        None if filters.segment.is_some() => {
            "Fewer than five people opened something about this segment in this period: nothing is shown about so few."
                .into()
        }
        None => {
            "Fewer than five people are here. Figures begin with the fifth, so that nobody's own are shown."
                .into()
        }
        _ => "Nothing was opened in this period.".into(),
    }
}

fn render(
    page: Page,
    overview: &Overview,
    filters: &Filters,
    too_early: String,
    demand: Demand,
) -> OverviewPage {
    let loaded = &overview.loaded;
    let calendar = loaded.question.calendar;
    let groups = &loaded.grouping.groups;
    // Inside a department its own name goes without saying.
    let above = loaded.grouping.root.as_ref().map_or_else(String::new, |root| format!("{root}/"));
    let names: Vec<&str> =
        groups.iter().map(|group| group.name.strip_prefix(&above).unwrap_or(&group.name)).collect();
    let query = filters.query();
    let mut cells = tables::cells(&overview.matrix, &names, |from, to| {
        format!("/flow/{}/{}?{query}", groups[from].key, groups[to].key)
    });
    for (from, row) in cells.iter_mut().enumerate() {
        for (to, cell) in row.iter_mut().enumerate() {
            if let Some(old) = demand.stuck(from, to) {
                cell.class = "is-stuck";
                cell.title = format!("{}; stuck: {old} requests have waited more than a week", cell.title);
            }
        }
    }
    let sum = |sum: Option<u64>| sum.map_or_else(|| NOT_TOLD.into(), |sum| grouped(sum as i64));
    let rows = cells
        .into_iter()
        .enumerate()
        .map(|(from, cells)| MatrixRow {
            name: names[from].to_owned(),
            cells,
            given: sum(overview.matrix.given(from)),
        })
        .collect();
    let size = overview.matrix.size();
    let is_told = |at: usize| overview.matrix.given(at).is_some() && overview.matrix.received(at).is_some();
    let sums_withheld = !(0..size).all(is_told);
    let withheld = (0..size).any(|from| (0..size).any(|to| overview.matrix.withheld(from, to).is_some()));
    OverviewPage {
        answer: asked_in_vain(&demand).unwrap_or_else(|| first_sentence(overview)),
        demand,
        controls: controls(filters, loaded),
        query_of_any_segment: filters.query_of_any_segment(),
        query_of_all: Filters { root: None, level: None, segment: None, ..filters.clone() }.query(),
        inside: loaded.grouping.root.clone().unwrap_or_default(),
        period: filters.in_words(),
        names: names
            .iter()
            .map(|name| GroupName { name: (*name).to_owned(), short: tables::abbreviated(name) })
            .collect(),
        rows,
        received: (0..size).map(|to| sum(overview.matrix.received(to))).collect(),
        withheld,
        sums_withheld,
        gaps: gap_rows(overview, &query),
        figures: key_figures(overview, &query),
        weeks: tables::week_charts(&overview.weeks),
        weeks_csv: format!("/flow/csv/weeks?{query}"),
        groups: group_rows(overview, filters, &query),
        segments: segment_rows(overview),
        board: Board::new(&overview.figures, &overview.kept, filters, is_whole(&loaded.question), calendar),
        is_narrowed: !is_whole(&loaded.question),
        page,
        too_early,
        query,
    }
}

/// A flow that is stuck comes before one that is thin.
fn asked_in_vain(demand: &Demand) -> Option<Answer> {
    let worst = demand.pairs.first().filter(|pair| pair.old >= demand::STUCK)?;
    Some(Answer {
        before: format!("{} asks {}, and ", worst.to, worst.from),
        marked: "nobody answers".into(),
        after: ".".into(),
        deck: worst.sentence.clone(),
    })
}

fn first_sentence(overview: &Overview) -> Answer {
    let groups = &overview.loaded.grouping.groups;
    let find = |id: &str, whom: &Whom| tables::find(&overview.figures, id, "", whom);
    let silo = find("C9", &Whom::All).and_then(|f| f.value);
    let inward = match silo {
        Some(silo) if silo >= 0.1 => {
            format!(
                " Altogether the company is inward-looking: {}, where 0 is chance.",
                numbers::signed(silo)
            )
        }
        Some(silo) => format!(
            " Altogether departments make little difference to who reads what: {}, where 0 is chance.",
            numbers::signed(silo)
        ),
        None => String::new(),
    };
    if let Some(gap) = answer::gaps(&overview.matrix).first() {
        let found = match gap.found {
            Some(found) => numbers::counted(found as i64, "first opening", "first openings"),
            None => "readers too few to count".into(),
        };
        return Answer {
            before: format!("{} shares, and ", groups[gap.from].name),
            marked: format!("{} hardly opens it", groups[gap.to].name),
            after: ".".into(),
            deck: format!(
                "By how much the one gives and the other receives, {} first openings would be expected; there were {found}.{inward}",
                grouped(gap.expected.round() as i64)
            ),
        };
    }
    let rates: Vec<Option<f64>> = groups
        .iter()
        .map(|group| find("C2", &Whom::Department(group.name.clone())).and_then(|f| f.value))
        .collect();
    let everybody = find("C2", &Whom::All).and_then(|f| f.value);
    if let Some((place, rate, all)) = answer::reads_least(groups, &rates, everybody) {
        return Answer {
            before: format!("{} ", groups[place].name),
            marked: "reads least".into(),
            after: ".".into(),
            deck: format!(
                "{} insights opened a person a month, against {} in the whole company.{inward}",
                short(rate),
                short(all)
            ),
        };
    }
    Answer {
        before: "No pair of departments that can be told stands out.".into(),
        deck: format!(
            "Where enough people read to tell, every department reads at least half of what its size would let expect.{inward}"
        ),
        ..Answer::default()
    }
}

fn controls(filters: &Filters, loaded: &Loaded) -> Controls {
    let mut weeks: Vec<(String, String, bool)> = WEEKS
        .iter()
        .map(|weeks| (weeks.to_string(), format!("Last {weeks} weeks"), filters.weeks == Some(*weeks)))
        .collect();
    if filters.weeks.is_none() {
        weeks.push(("dates".into(), filters.in_words(), true));
    }
    let segments =
        loaded.segments.iter().map(|(id, name)| (*id, name.clone(), filters.segment == Some(*id))).collect();
    let all = loaded.grouping.levels.clone();
    let mut levels = Vec::new();
    if all.end() > all.start() {
        levels.push((String::new(), "As many as fit".to_owned(), filters.level.is_none()));
        levels.extend(
            all.map(|level| (level.to_string(), format!("Level {level}"), filters.level == Some(level))),
        );
    }
    let own_dates = filters.weeks.is_none();
    Controls {
        weeks,
        segments,
        levels,
        from: if own_dates { filters.period.from.to_string() } else { String::new() },
        to: if own_dates { filters.period.to.to_string() } else { String::new() },
        root: filters.root.map_or_else(String::new, |root| root.to_string()),
    }
}

fn gap_rows(overview: &Overview, query: &str) -> Vec<GapRow> {
    let groups = &overview.loaded.grouping.groups;
    answer::gaps(&overview.matrix)
        .into_iter()
        .take(4)
        .map(|gap| {
            let expected = grouped(gap.expected.round() as i64);
            let (from, to) = (&groups[gap.from], &groups[gap.to]);
            GapRow {
                from: from.name.clone(),
                to: to.name.clone(),
                sentence: match gap.found {
                    Some(found) => format!(
                        "{} of about {expected} first openings to be expected.",
                        grouped(found as i64)
                    ),
                    None => format!(
                        "About {expected} first openings to be expected; the readers were too few to count."
                    ),
                },
                href: format!("/flow/{}/{}?{query}", from.key, to.key),
                contributions: format!("/flow/contributions?{query}&department={}", from.key),
            }
        })
        .collect()
}

fn key_figures(overview: &Overview, query: &str) -> Vec<KeyFigure> {
    let series = |whom: &Whom, verb: usize| -> Svg {
        let values: Vec<Option<f64>> = overview
            .weeks
            .iter()
            .map(
                |week| if *whom == Whom::Managers { week.managers[verb].value } else { week.all[verb].value },
            )
            .collect();
        charts::spark(&values, Ink::Given)
    };
    let all = [
        ("Managers shared", "C1", Whom::Managers, "a manager a month", "contributions", "&managers=yes"),
        ("Managers opened", "C2", Whom::Managers, "a manager a month", "accesses", "&managers=yes"),
        ("Everybody shared", "C1", Whom::All, "a person a month", "contributions", ""),
        ("Everybody opened", "C2", Whom::All, "a person a month", "accesses", ""),
        ("People who shared", "C3", Whom::All, "", "people", ""),
        ("People who opened something", "C4", Whom::All, "", "people", ""),
        ("Inward-looking, 0 by chance", "C9", Whom::All, "", "metrics#C9", ""),
        ("Searches that found nothing", "C17", Whom::All, "", "searches", ""),
        ("Insights with enough ratings to trust", "C13", Whom::All, "", "coverage", ""),
    ];
    all.into_iter()
        .filter_map(|(name, id, whom, unit, list, narrow)| {
            let part = if id == "C17" { "zero_results" } else { "" };
            let figure = tables::find(&overview.figures, id, part, &whom)?;
            let before = tables::find(&overview.before, id, part, &whom);
            let href = match list.split_once('#') {
                Some((page, anchor)) => format!("/flow/{page}?{query}#{anchor}"),
                None => format!("/flow/{list}?{query}{narrow}"),
            };
            let spark = match id {
                "C1" => series(&whom, 0),
                "C2" => series(&whom, 1),
                _ => Svg::default(),
            };
            let change = numbers::change(figure, before, "in the period before");
            Some(KeyFigure { name: name.into(), id, shown: shown(figure), unit, change, href, spark })
        })
        .collect()
}

fn group_rows(overview: &Overview, filters: &Filters, query: &str) -> Vec<GroupRow> {
    let loaded = &overview.loaded;
    let period = loaded.question.period;
    let tops = tables::tops(&overview.figures, |whom| !matches!(whom, Whom::Segment(_)));
    let row = |whom: Whom, people: f64, narrow: String, href: String, inside: String| GroupRow {
        narrow,
        href,
        inside,
        ..tables::group_row(&overview.figures, &whom, people, tops)
    };
    let mut rows = vec![
        row(Whom::All, loaded.headcount(|_| true).mean(period), String::new(), String::new(), String::new()),
        row(
            Whom::Managers,
            loaded.headcount(|stay| stay.manager).mean(period),
            "&managers=yes".into(),
            String::new(),
            String::new(),
        ),
    ];
    rows.extend(loaded.grouping.groups.iter().map(|group| {
        // A finer view begins with as many groups as fit.
        let root = group.key.parse().ok().filter(|_| group.has_parts);
        let inside = Filters { root, level: None, ..filters.clone() }.query();
        row(
            Whom::Department(group.name.clone()),
            group.headcount.mean(period),
            format!("&department={}", group.key),
            format!("/flow/departments/{}?{query}", group.key),
            root.map_or_else(String::new, |_: i64| format!("/flow?{inside}")),
        )
    }));
    rows
}

fn segment_rows(overview: &Overview) -> Vec<GroupRow> {
    let figures: Vec<Figure> = overview.segments.iter().flat_map(|(_, rates)| rates.clone()).collect();
    let tops = tables::tops(&figures, |_| true);
    let people = overview.loaded.headcount(|_| true).mean(overview.loaded.question.period);
    overview
        .segments
        .iter()
        .map(|(id, rates)| GroupRow {
            narrow: format!("&segment={id}"),
            href: if *id > 0 { format!("/segments/{id}") } else { String::new() },
            ..tables::group_row(&figures, &rates[0].whom, people, tops)
        })
        .collect()
}
