//! `/flow/departments/{key}`: one department, for the customer office and, about their own, for managers.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::{Filters, FlowQuery};
use super::load;
use super::numbers::{Shown, counted, grouped, lasting, shown};
use super::stuck::{self, Asked};
use super::tables::{self, WeekChart};
use crate::accounts::guard::Member;
use crate::db::{Conn, FlowReader};
use crate::error::{AppError, AppResult};
use crate::flow::groups::{FEWEST_FOR_A_MANAGER, FEWEST_PEOPLE, Group};
use crate::flow::headcount::Headcount;
use crate::flow::matrix::Matrix;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{self, Loaded, People, WeekSums};
use crate::flow::period::{Period, WEEKS};
use crate::flow::scope::Scope;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::{readings, rows};
use crate::requests::store::FirstAnswer;
use crate::web::App;
use crate::web::charts::{self, Ink, Svg};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

/// Topics of the list.
const TOPICS: i64 = 8;

#[derive(Template)]
#[template(path = "flow/department.html")]
struct DepartmentPage {
    page: Page,
    name: String,
    period: String,
    key: String,
    /// The usual periods, and which of them it is.
    choices: Vec<(u64, bool)>,
    query: String,
    /// Narrows lists to this department; managers have no lists.
    narrow: String,
    is_officer: bool,
    /// Why there is nothing to see; empty when there is.
    too_small: String,
    people: String,
    figures: Vec<FigureRow>,
    gives: Vec<PartnerRow>,
    reads: Vec<PartnerRow>,
    weeks: Option<[WeekChart; 2]>,
    asks: Asks,
    topics: Vec<TopicRow>,
}

/// What the department asks and answers. Requests are signed and open to everybody: nothing is withheld.
#[derive(Default)]
struct Asks {
    /// Its open requests without an answer, and since when the oldest waits.
    open: String,
    open_href: String,
    /// Open requests of others that it could answer.
    wanted: String,
    wanted_href: String,
    /// Half of its requests were answered within this.
    until: String,
    /// How soon it answered others.
    answers: String,
}

struct TopicRow {
    id: i64,
    name: String,
    count: String,
    bar: Svg,
}

struct FigureRow {
    name: &'static str,
    here: Shown,
    company: Shown,
    href: String,
}

struct PartnerRow {
    name: String,
    amount: String,
    href: String,
}

struct Found {
    scope: Scope,
    loaded: Loaded,
    headcount: Headcount,
    figures: Vec<Figure>,
    matrix: Matrix,
    place: usize,
    weeks: Vec<WeekSums>,
    asked: Asked,
    topics: Vec<TopicRow>,
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    member: Member,
    path: web::Path<String>,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    let key = path.into_inner();
    let is_officer = member.role.sees_flow();
    let is_own = member.manager && key == member.department_id.to_string();
    if !is_officer && !is_own {
        return Err(AppError::NotFound);
    }
    looks::note(&app, member.actor, Kind::Figures, &[looks::department_of(&key)]).await?;
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let mut filters = Filters::read(&typed, member.actor.day, first)?;
    if !is_officer {
        // Their own department and nothing finer or narrower.
        filters = Filters { segment: None, level: None, root: None, ..filters };
    }
    let question = filters.question(&app);
    let now = member.actor.at;
    let found = flow
        .read(move |c| {
            let mut loaded = Loaded::new(c, question)?;
            let scope = Scope::of(&loaded, &key)?;
            let ids = scope.departments.clone().unwrap_or_default();
            let headcount = loaded.headcount(|stay| ids.contains(&stay.department_id));
            let place = match loaded.grouping.with_key(&key) {
                Some(place) => place,
                None => {
                    let group =
                        Group { key: key.clone(), name: scope.name.clone(), headcount, has_parts: false };
                    let (grouping, place) = loaded.grouping.with_apart(group, &ids);
                    loaded.grouping = grouping;
                    place
                }
            };
            let people = People::of(c, &question)?;
            let mut figures = loaded.figures_of(
                &Whom::Department(scope.name.clone()),
                &people,
                |row| ids.contains(&row.department_id),
                |stay| ids.contains(&stay.department_id),
            );
            figures.extend(loaded.figures_of(&Whom::All, &people, |_| true, |_| true));
            // The company's number has the same interval here as on the page above.
            let (night, _) = load::night(c, question, None)?;
            metrics::refine(&mut figures, &night.figures);
            let matrix = loaded.matrix(c, false)?;
            let weeks = loaded.weeks(c, Some(&ids))?;
            let asked = stuck::load(c, question.period, now)?;
            let topics = topics(c, question.period, &ids)?;
            Ok(Found { scope, headcount, figures, matrix, place, weeks, loaded, asked, topics })
        })
        .await?;
    page::show(&render(&req, &member, &filters, found, is_officer), &req)
}

fn topics(c: &mut Conn, period: Period, departments: &[i64]) -> AppResult<Vec<TopicRow>> {
    let counts = rows::topics(c, period, departments, TOPICS)?;
    let ids: Vec<i64> = counts.iter().map(|(id, _)| *id).collect();
    let names = rows::topic_names(c, &ids)?;
    let top = counts.iter().map(|(_, count)| *count).max().unwrap_or(1);
    Ok(counts
        .into_iter()
        .filter_map(|(id, count)| {
            let name = names.iter().find(|(of, _)| *of == id)?.1.clone();
            let bar = charts::bar(count as f64, top as f64, Ink::Given);
            Some(TopicRow { id, name, count: counted(count, "insight", "insights"), bar })
        })
        .collect())
}

/// What it asks and answers, in words.
fn asks(found: &Found, query: &str, key: &str, is_officer: bool) -> Asks {
    let (asked, loaded, place) = (&found.asked, &found.loaded, found.place);
    let of = |department: i64| loaded.grouping.place_of(department) == Some(place);
    let own: Vec<i64> =
        asked.open.iter().filter(|one| of(one.department.id)).map(|one| asked.age(one)).collect();
    let wanted = asked
        .open
        .iter()
        .filter(|one| !of(one.department.id) && asked.could_answer(loaded, one, place))
        .count();
    let median = |mut hours: Vec<f64>| {
        hours.sort_by(f64::total_cmp);
        hours.get(hours.len() / 2).copied().map(|middle| (hours.len(), lasting(middle)))
    };
    let took = |one: &FirstAnswer| (one.at - one.asked_at).num_seconds() as f64 / 3600.0;
    let until = median(asked.answered.iter().filter(|one| of(one.asking)).map(took).collect());
    let answers = median(asked.answered.iter().filter(|one| of(one.answering)).map(took).collect());
    let href = |name: &str| {
        if is_officer { format!("/flow/requests?{query}&{name}={key}") } else { String::new() }
    };
    Asks {
        open: match own.iter().max() {
            Some(oldest) => format!(
                "{} without an answer; the oldest has waited {}.",
                counted(own.len() as i64, "open request", "open requests"),
                counted(*oldest, "day", "days")
            ),
            None => "No open request waits for an answer.".into(),
        },
        open_href: href("department"),
        wanted: match wanted {
            0 => "Nobody waits for what it could answer.".into(),
            many => {
                format!("{} of others that it could answer.", counted(many as i64, "request", "requests"))
            }
        },
        wanted_href: href("asked"),
        until: until.map_or_else(
            || "None of its requests was answered in this period.".into(),
            |(many, time)| {
                format!(
                    "{}, half of them within {time}.",
                    counted(many as i64, "was answered", "were answered")
                )
            },
        ),
        answers: answers.map_or_else(
            || "It answered none first in this period.".into(),
            |(many, time)| format!("It answered {many} first, half of them within {time}."),
        ),
    }
}

fn render(
    req: &HttpRequest,
    member: &Member,
    filters: &Filters,
    mut found: Found,
    is_officer: bool,
) -> DepartmentPage {
    let topics = std::mem::take(&mut found.topics);
    let found = &found;
    let query = filters.query();
    let name = found.scope.name.clone();
    let groups = &found.loaded.grouping.groups;
    let key = &groups[found.place].key;
    let size = found.headcount.for_anonymity(filters.period);
    let fewest = if is_officer { FEWEST_PEOPLE } else { FEWEST_FOR_A_MANAGER } as f64;
    let too_small = if size < fewest {
        format!("Figures are shown from {fewest} people on, so that nobody's own can be read off them.")
    } else if found.scope.is_hidden {
        "Fewer than five people are or were in a department beside it. So that none of them can be worked out, it is told only together with that one."
            .to_owned()
    } else {
        String::new()
    };
    let partner = |other: usize, from: usize, to: usize| {
        let amount = found.matrix.shown(from, to).map_or_else(|| "under 5".into(), |n| grouped(n as i64));
        let href = if is_officer {
            format!("/flow/{}/{}?{query}", groups[from].key, groups[to].key)
        } else {
            String::new()
        };
        PartnerRow { name: groups[other].name.clone(), amount, href }
    };
    let visible = too_small.is_empty();
    let others = 0..if visible { groups.len() } else { 0 };
    DepartmentPage {
        page: Page::new(req, member, Place::Flow, name.clone()),
        period: filters.in_words(),
        key: key.clone(),
        choices: WEEKS.iter().map(|weeks| (*weeks, filters.weeks == Some(*weeks))).collect(),
        narrow: if is_officer { format!("&department={key}") } else { String::new() },
        is_officer,
        people: charts::short((found.headcount.mean(filters.period) * 10.0).round() / 10.0),
        figures: if visible { figure_rows(found, &name, &query, key, is_officer) } else { Vec::new() },
        gives: others.clone().map(|to| partner(to, found.place, to)).collect(),
        reads: others.map(|from| partner(from, from, found.place)).collect(),
        weeks: visible.then(|| tables::week_charts(&found.weeks)),
        asks: if visible { asks(found, &query, key, is_officer) } else { Asks::default() },
        topics: if visible { topics } else { Vec::new() },
        name,
        query,
        too_small,
    }
}

fn figure_rows(found: &Found, name: &str, query: &str, key: &str, is_officer: bool) -> Vec<FigureRow> {
    let rows = [
        ("Insights shared, a person a month", "C1", "", "contributions"),
        ("Insights opened, a person a month", "C2", "", "accesses"),
        ("People who shared", "C3", "", "people"),
        ("People who opened something", "C4", "", "people"),
        ("Searches that found nothing", "C17", "zero_results", "searches"),
    ];
    rows.into_iter()
        .map(|(label, id, part, list)| {
            let about =
                |whom: &Whom| tables::find(&found.figures, id, part, whom).map(shown).unwrap_or_default();
            FigureRow {
                name: label,
                here: about(&Whom::Department(name.to_owned())),
                company: about(&Whom::All),
                href: if is_officer {
                    format!("/flow/{list}?{query}&department={key}")
                } else {
                    // No rows for a manager, but what it means.
                    format!("/flow/metrics/{id}")
                },
            }
        })
        .collect()
}
