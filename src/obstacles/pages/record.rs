//! `/obstacles/new`: recording an obstacle, from a figure or a flow with one click.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::form::{self, ObstacleForm};
use crate::accounts::guard::Officer;
use crate::accounts::{store as accounts, submission};
use crate::error::{AppError, AppResult};
use crate::flow::groups::subtree;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::readings;
use crate::obstacles::measure::{measure, weeks_before};
use crate::obstacles::obstacle::{Content, State};
use crate::obstacles::store::{measures, register, telling};
use crate::obstacles::target::{self, Target};
use crate::obstacles::words;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};

/// Managers that the form names.
const MANAGERS: i64 = 16;

/// What it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewQuery {
    metric: String,
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "obstacles/new.html")]
struct NewPage {
    page: Page,
    form: ObstacleForm,
    /// `Service to Sales`; empty where a metric is to be chosen.
    flow: String,
    /// What its figure is: "0.59 a person a month, likely 0.36 to 0.88"; empty with the name.
    figure: String,
    /// Both ends of it.
    ends: (String, String),
    /// Who leads people there: name, handle, department.
    managers: Vec<(String, String, String)>,
    metrics: Vec<(String, String)>,
    weeks: i64,
    errors: FieldErrors,
}

/// `GET /obstacles/new`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    officer: Officer,
    Query(typed): Query<NewQuery>,
) -> AppResult<HttpResponse> {
    let id = officer.person.id;
    let handle = app.db.read(move |c| Ok(accounts::person(c, id)?.handle)).await?;
    let form = ObstacleForm {
        key: submission::fresh_key()?,
        metric: typed.metric,
        from: typed.from,
        to: typed.to,
        ..ObstacleForm::suggested(officer.actor.day, &handle)
    };
    let page = load(&app, &req, &officer, form, FieldErrors::new()).await?;
    page::show(&page, &req)
}

async fn load(
    app: &App,
    req: &HttpRequest,
    officer: &Officer,
    form: ObstacleForm,
    errors: FieldErrors,
) -> AppResult<NewPage> {
    let target = flow_of(app, officer, &form).await?;
    let flow = target.as_ref().map_or_else(String::new, Target::name);
    let ends = match &target {
        Some(Target::Flow(flow)) => (flow.from_name.clone(), flow.to_name.clone()),
        _ => Default::default(),
    };
    let (figure, managers) = match target {
        Some(target) => about(app, officer, target).await?,
        None => Default::default(),
    };
    let title = if errors.is_empty() { "Record an obstacle" } else { "Error: Record an obstacle" };
    Ok(NewPage {
        page: Page::new(req, officer, Place::Flow, title),
        flow,
        figure,
        ends,
        managers,
        metrics: target::choices(),
        weeks: app.config.policy.obstacles.weeks,
        form,
        errors,
    })
}

/// What the figure of a flow is over the weeks that will be kept, and who leads people at its ends.
async fn about(
    app: &App,
    officer: &Officer,
    target: Target,
) -> AppResult<(String, Vec<(String, String, String)>)> {
    if !matches!(target, Target::Flow(_)) {
        return Ok(Default::default());
    }
    let keys = target.departments();
    looks::note(app, officer.actor, Kind::Figures, &keys).await?;
    let (now, calendar) = (officer.actor.at, app.calendar());
    let period = weeks_before(officer.actor.day, app.config.policy.obstacles.weeks);
    app.db
        .read(move |c| {
            let figure = measure(c, &target, period, calendar, now)?;
            let words = figure.map_or_else(String::new, |figure| match words::interval(&figure) {
                likely if likely.is_empty() => words::value(&figure),
                likely => format!("{}, likely {likely}", words::value(&figure)),
            });
            let all = readings::departments(c)?;
            let inside: Vec<i64> =
                keys.iter().filter_map(|key| Some(subtree(&all, *key)?.1)).flatten().collect();
            Ok((words, accounts::managers_of(c, &inside, MANAGERS)?))
        })
        .await
}

/// The flow that a form names; none where it names none.
async fn flow_of(app: &App, officer: &Officer, form: &ObstacleForm) -> AppResult<Option<Target>> {
    if form.from.is_empty() && form.to.is_empty() {
        return Ok(None);
    }
    let (from, to, calendar) = (form.from.clone(), form.to.clone(), app.calendar());
    let when = (officer.actor.day, app.config.policy.obstacles.weeks);
    let flow = app.db.read(move |c| form::flow(c, (&from, &to), when, calendar)).await?;
    flow.map(Some).ok_or(AppError::NotFound)
}

/// `POST /obstacles`: once for each form.
pub async fn keep(
    app: web::Data<App>,
    req: HttpRequest,
    officer: Officer,
    Form(form): Form<ObstacleForm>,
) -> AppResult<HttpResponse> {
    let (actor, key) = (officer.actor, form.key.clone());
    let target = match flow_of(&app, &officer, &form).await? {
        Some(flow) => Some(flow),
        None => Target::of_code(&form.metric),
    };
    let meant = form.check(actor.day, None);
    let (target, meant) = match (target, meant) {
        (Some(target), Ok(meant)) => (target, meant),
        (target, meant) => {
            let mut errors = FieldErrors::new();
            if target.is_none() {
                errors.add("metric", "Choose the figure that it hurts.");
            }
            for (field, message) in meant.err().unwrap_or_default().iter() {
                errors.add(field, message);
            }
            let page = load(&app, &req, &officer, form, errors).await?;
            return page::show_again(&page, &req);
        }
    };
    let typed = meant.owner.clone();
    let owner_id = match app.db.read(move |c| form::owner(c, &typed)).await? {
        Ok(id) => id,
        Err(errors) => {
            let page = load(&app, &req, &officer, form, errors).await?;
            return page::show_again(&page, &req);
        }
    };
    let content = Content {
        description: meant.description,
        action: meant.action,
        owner_id,
        due_on: meant.due_on,
        state: State::Open,
    };
    let (calendar, weeks) = (app.calendar(), app.config.policy.obstacles.weeks);
    let location = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let id = register::open(c, &actor, &target, &content)?;
                let obstacle = register::obstacle_of(c, id)?;
                telling::assigned(c, &obstacle, &actor)?;
                // A flow is there at once; what takes the events waits for the job.
                let period = weeks_before(actor.day, weeks);
                measures::one(c, &obstacle, period, actor.at, calendar)?;
                Ok(format!("/obstacles/{id}"))
            })
        })
        .await?;
    let undo = format!("{location}/reversal");
    page::see_other_saying(&app, &location, &Flash::with_undo("The obstacle is recorded.", undo))
}
