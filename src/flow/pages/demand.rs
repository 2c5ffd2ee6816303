//! `/flow/requests`: what is asked and not answered, and since when. A request is signed by who asked it and
//! open to everybody, so nothing is withheld here.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::{Filters, FlowQuery};
use super::numbers::counted;
use super::stuck;
use crate::accounts::guard::Officer;
use crate::archive::insight::department_of;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::metrics::Loaded;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::requests::store::Unanswered;
use crate::requests::ticket::left;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

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
    /// Insights in the archive that may answer it.
    known: usize,
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
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
    Query(asked): Query<AskedQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::department_of(&typed.department)]).await?;
    let first = flow.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, officer.actor.day, first)?;
    let question = filters.question(&app);
    let now = officer.actor.at;
    let old = app.config.policy.stuck.days;
    let (all, loaded) =
        flow.read(move |c| Ok((stuck::load(c, question.period, now)?, Loaded::new(c, question)?))).await?;
    let only_old = asked.old == "yes";
    let (to, from) = (loaded.grouping.with_key(&typed.department), loaded.grouping.with_key(&asked.asked));
    let name = |place: Option<usize>| {
        place.and_then(|place| loaded.grouping.groups.get(place)).map(|group| group.name.clone())
    };
    let about = match (name(to), name(from)) {
        (Some(to), Some(from)) => format!("{to} asks, and {from} could answer"),
        (Some(to), None) => format!("{to} asks"),
        (None, Some(from)) => format!("{from} could answer"),
        (None, None) => String::new(),
    };
    let about = match only_old {
        true if about.is_empty() => format!("Older than {}", counted(old, "day", "days")),
        true => format!("{about}, older than {}", counted(old, "day", "days")),
        false => about,
    };
    let rows = all
        .open
        .iter()
        .filter(|one| to.is_none() || loaded.grouping.place_of(one.department.id) == to)
        .filter(|one| from.is_none_or(|from| all.could_answer(&loaded, one, from)))
        .filter(|one| !only_old || all.age(one) >= old)
        .map(|one| Row {
            asked: one.asked.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", "),
            waited: counted(all.age(one), "day", "days"),
            left: if now < one.closes_at { left(one.closes_at, now) } else { "its time has passed".into() },
            is_old: all.age(one) >= old,
            known: all.matches.iter().filter(|found| found.request == one.id).count(),
            one: one.clone(),
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
    /// `yes` for those that have waited long.
    old: String,
}
