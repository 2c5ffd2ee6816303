//! `/flow/requests`: what is asked and not answered, and since when. A request is signed by who asked it and
//! open to everybody, so nothing is withheld here.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{Duration, NaiveDateTime};

use super::filters::{Filters, FlowQuery};
use super::numbers::counted;
use crate::accounts::guard::Officer;
use crate::archive::insight::department_of;
use crate::error::AppResult;
use crate::flow::metrics::Loaded;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::requests::store::{Unanswered, unanswered};
use crate::requests::ticket::left;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

/// From so many old requests on, a flow is stuck.
pub(super) const STUCK: usize = 5;
/// Days after which a request is old.
const OLD_DAYS: i64 = 7;
/// Requests that are looked at.
const MOST: i64 = 1_000;
/// Pairs on the overview.
const PAIRS: usize = 4;

/// What one group asks of another and nobody has answered.
pub(super) struct Pair {
    /// Who is asked, by name and place.
    pub from: String,
    /// Who asks.
    pub to: String,
    pub places: (usize, usize),
    pub sentence: String,
    pub href: String,
    pub old: usize,
}

/// What is asked and not answered, now.
#[derive(Default)]
pub(super) struct Demand {
    /// "11 open requests without an answer", with the age of the oldest.
    pub sentence: String,
    pub href: String,
    /// Those most asked in vain first.
    pub pairs: Vec<Pair>,
}

impl Demand {
    /// What the database knows, by the groups of the page.
    pub(super) fn of(all: &[Unanswered], loaded: &Loaded, query: &str, now: NaiveDateTime) -> Demand {
        let age = |one: &Unanswered| (now - one.asked_at).num_days();
        let Some(oldest) = all.iter().map(age).max() else {
            return Demand::default();
        };
        let old = all.iter().filter(|one| is_old(one, now)).count();
        let sentence = format!(
            "{} without an answer, {} older than a week; the oldest has waited {}.",
            counted(all.len() as i64, "open request", "open requests"),
            if old == 0 { "none".to_owned() } else { old.to_string() },
            counted(oldest, "day", "days"),
        );
        let groups = &loaded.grouping.groups;
        let mut pairs: Vec<Pair> = Vec::new();
        for (to, asking) in groups.iter().enumerate() {
            for (from, asked) in groups.iter().enumerate() {
                let of_pair: Vec<&Unanswered> = all
                    .iter()
                    .filter(|one| loaded.grouping.place_of(one.department.id) == Some(to))
                    .filter(|one| one.asked.iter().any(|d| loaded.grouping.place_of(d.id) == Some(from)))
                    .collect();
                let Some(oldest) = of_pair.iter().map(|one| age(one)).max() else { continue };
                let old = of_pair.iter().filter(|one| is_old(one, now)).count();
                pairs.push(Pair {
                    sentence: format!(
                        "{} without an answer, {old} older than a week, the oldest {}.",
                        counted(of_pair.len() as i64, "request", "requests"),
                        counted(oldest, "day", "days"),
                    ),
                    href: format!("/flow/requests?{query}&asked={}&department={}", asked.key, asking.key),
                    from: asked.name.clone(),
                    to: asking.name.clone(),
                    places: (from, to),
                    old,
                });
            }
        }
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.old), pair.from.clone(), pair.to.clone()));
        Demand { sentence, href: format!("/flow/requests?{query}"), pairs }
    }

    /// The pairs of the overview's list.
    pub(super) fn worst(&self) -> &[Pair] {
        self.pairs.get(..PAIRS).unwrap_or(&self.pairs)
    }

    /// How many old requests keep this flow stuck; nothing where it is not.
    pub(super) fn stuck(&self, from: usize, to: usize) -> Option<usize> {
        self.pairs
            .iter()
            .find(|pair| pair.places == (from, to))
            .map(|pair| pair.old)
            .filter(|old| *old >= STUCK)
    }
}

fn is_old(one: &Unanswered, now: NaiveDateTime) -> bool {
    now - one.asked_at >= Duration::days(OLD_DAYS)
}

/// What there is, for [`Demand::of`].
pub(super) fn load(c: &mut crate::db::Conn, now: NaiveDateTime) -> diesel::QueryResult<Vec<Unanswered>> {
    unanswered(c, now, MOST)
}

#[derive(Template)]
#[template(path = "flow/requests.html")]
struct RequestsPage {
    page: Page,
    query: String,
    /// "Operations asks Support"; empty for all.
    about: String,
    rows: Vec<Row>,
}

struct Row {
    one: Unanswered,
    /// "Support, Sales/North".
    asked: String,
    waited: String,
    left: String,
    is_old: bool,
}

impl Row {
    fn department(&self) -> &str {
        department_of(&self.one.department.name)
    }
}

/// Shows the list.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
    Query(asked): Query<AskedQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::department_of(&typed.department)]).await?;
    let first = app.db.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, officer.actor.day, first)?;
    let question = filters.question(&app);
    let now = officer.actor.at;
    let (all, loaded) = app.db.read(move |c| Ok((load(c, now)?, Loaded::new(c, question)?))).await?;
    let (to, from) = (loaded.grouping.with_key(&typed.department), loaded.grouping.with_key(&asked.asked));
    let name = |place: Option<usize>| {
        place.and_then(|place| loaded.grouping.groups.get(place)).map(|group| group.name.clone())
    };
    let about = match (name(to), name(from)) {
        (Some(to), Some(from)) => format!("{to} asks {from}"),
        (Some(to), None) => format!("{to} asks"),
        (None, Some(from)) => format!("{from} is asked"),
        (None, None) => String::new(),
    };
    let rows = all
        .into_iter()
        .filter(|one| to.is_none() || loaded.grouping.place_of(one.department.id) == to)
        .filter(|one| from.is_none() || one.asked.iter().any(|d| loaded.grouping.place_of(d.id) == from))
        .map(|one| Row {
            asked: one.asked.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", "),
            waited: counted((now - one.asked_at).num_days(), "day", "days"),
            left: if now < one.closes_at { left(one.closes_at, now) } else { "its time has passed".into() },
            is_old: is_old(&one, now),
            one,
        })
        .collect();
    let page = Page::new(&req, &officer, Place::Flow, "Asked and not answered");
    page::show(&RequestsPage { page, query: filters.query(), about, rows }, &req)
}

/// Who is asked, by the key of a group.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AskedQuery {
    asked: String,
}
