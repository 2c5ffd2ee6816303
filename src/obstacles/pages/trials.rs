//! Starting and stopping a trial.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Days;
use serde::Deserialize;

use super::id_of;
use crate::accounts::guard::Officer;
use crate::accounts::submission;
use crate::error::{AppError, AppResult};
use crate::flow::groups::View;
use crate::flow::metrics::{Loaded, Question};
use crate::flow::store::readings;
use crate::obstacles::measure::weeks_before;
use crate::obstacles::obstacle::{Obstacle, WORDS};
use crate::obstacles::store::register;
use crate::obstacles::store::trials::{self as store, Candidate, New};
use crate::obstacles::target::Target;
use crate::obstacles::trial::FEWEST_INSIGHTS;
use crate::text::one_line;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};
use crate::web::token;

/// Which department.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TrialQuery {
    department: String,
}

/// What is to be sent where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrialForm {
    key: String,
    department: String,
    insight: Vec<String>,
}

#[derive(Template)]
#[template(path = "obstacles/trial.html")]
struct TrialPage {
    page: Page,
    obstacle: Obstacle,
    days: i64,
    fewest: usize,
    most: i64,
    from: String,
    departments: Vec<(String, String)>,
    department: String,
    candidates: Vec<(Candidate, bool)>,
    /// Why nothing can be sent there; empty where something can.
    why_not: String,
    key: String,
    errors: FieldErrors,
}

/// `GET /obstacles/{id}/trial`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    officer: Officer,
    id: web::Path<String>,
    Query(typed): Query<TrialQuery>,
) -> AppResult<HttpResponse> {
    let page = load(&app, &req, &officer, id_of(&id)?, typed.department, None, FieldErrors::new()).await?;
    page::show(&page, &req)
}

async fn load(
    app: &App,
    req: &HttpRequest,
    officer: &Officer,
    id: i64,
    typed: String,
    ticked: Option<Vec<String>>,
    errors: FieldErrors,
) -> AppResult<TrialPage> {
    let (today, calendar, policy) = (officer.actor.day, app.calendar(), app.config.policy.obstacles);
    type Parts = (Obstacle, String, Vec<(String, String)>, String, Vec<Candidate>, String);
    let (obstacle, from, departments, department, candidates, why_not): Parts = app
        .db
        .read(move |c| {
            let obstacle = register::obstacle_of(c, id)?;
            let period = weeks_before(today, policy.weeks);
            let question = Question { period, segment: None, view: View::default(), calendar };
            let loaded = Loaded::new(c, question)?;
            // A group that is what is left of a department has no address of its own to send to.
            let departments: Vec<(String, String)> = loaded
                .grouping
                .groups
                .iter()
                .filter(|group| group.key.parse::<i64>().is_ok())
                .map(|group| (group.key.clone(), group.name.clone()))
                .collect();
            let (givers, from_name, usual) = match &obstacle.target {
                Target::Flow(flow) => {
                    let place = loaded.grouping.with_key(&flow.from_key);
                    let ids = place.map_or_else(Vec::new, |place| loaded.grouping.departments_of(place));
                    (Some(ids), flow.from_name.clone(), flow.to_key.clone())
                }
                Target::Metric { .. } => (None, String::new(), String::new()),
            };
            let department = if typed.is_empty() { usual } else { typed };
            let mut candidates = Vec::new();
            let mut why_not = String::new();
            if let Ok(taker) = department.parse::<i64>() {
                match store::takers(c, taker, (calendar, today)) {
                    Ok(takers) => {
                        let days = Days::new(policy.trial_from_days.unsigned_abs());
                        let since = today.checked_sub_days(days).unwrap_or(today);
                        candidates = store::candidates(
                            c,
                            givers.as_deref(),
                            &takers,
                            (since, today),
                            policy.trial_insights,
                        )?;
                    }
                    Err(AppError::Conflict(why)) => why_not = why.to_owned(),
                    Err(error) => return Err(error),
                }
            }
            Ok((obstacle, from_name, departments, department, candidates, why_not))
        })
        .await?;
    let title = if errors.is_empty() { "Start a trial" } else { "Error: Start a trial" };
    Ok(TrialPage {
        page: Page::new(req, officer, Place::Flow, title),
        days: policy.trial_days,
        fewest: FEWEST_INSIGHTS,
        most: policy.trial_insights,
        candidates: candidates
            .into_iter()
            .map(|one| {
                let is_in = ticked.as_ref().is_none_or(|ticked| ticked.contains(&one.id.to_string()));
                (one, is_in)
            })
            .collect(),
        key: submission::fresh_key()?,
        obstacle,
        from,
        departments,
        department,
        why_not,
        errors,
    })
}

/// `POST /obstacles/{id}/trial`: once for each form.
pub async fn start(
    app: web::Data<App>,
    req: HttpRequest,
    officer: Officer,
    id: web::Path<String>,
    Form(form): Form<TrialForm>,
) -> AppResult<HttpResponse> {
    let id = id_of(&id)?;
    app.db.read(move |c| register::obstacle_of(c, id)).await?;
    let (actor, policy) = (officer.actor, app.config.policy.obstacles);
    let mut errors = FieldErrors::new();
    let department = form.department.parse::<i64>().ok();
    if department.is_none() {
        errors.add("department", "Choose the department to send them to.");
    }
    let insights: Vec<i64> = form.insight.iter().filter_map(|typed| typed.parse().ok()).collect();
    if insights.len() < FEWEST_INSIGHTS {
        errors.add(
            "insight",
            format!(
                "Choose at least {FEWEST_INSIGHTS}: six pairs are the fewest of which anything can be told. You chose {}.",
                insights.len()
            ),
        );
    } else if insights.len() as i64 > policy.trial_insights {
        errors.add("insight", format!("Choose at most {}.", policy.trial_insights));
    }
    let (Some(department_id), true) = (department, errors.is_empty()) else {
        let page = load(&app, &req, &officer, id, form.department, Some(form.insight), errors).await?;
        return page::show_again(&page, &req);
    };
    let all = app.db.read(|c| Ok(readings::departments(c)?)).await?;
    if !all.iter().any(|known| known.id == department_id) {
        return Err(AppError::NotFound);
    }
    let (key, seed, calendar) = (form.key, token::fresh()?, app.calendar());
    let location = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let new = New {
                    obstacle_id: id,
                    department_id,
                    insights: &insights,
                    seed: &seed,
                    days: policy.trial_days,
                    calendar,
                };
                store::start(c, &actor, &new)?;
                Ok(format!("/obstacles/{id}"))
            })
        })
        .await?;
    let text = "The trial runs. Half of the insights are sent, half wait.";
    page::see_other_saying(&app, &location, &Flash::say(text))
}

/// Why, and whether what waits is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StopForm {
    reason: String,
    send: String,
}

/// `POST /obstacles/{id}/trials/{trial}/stopping`
pub async fn stop(
    app: web::Data<App>,
    officer: Officer,
    path: web::Path<(String, String)>,
    Form(form): Form<StopForm>,
) -> AppResult<HttpResponse> {
    let (id, trial) = (id_of(&path.0)?, id_of(&path.1)?);
    app.db.read(move |c| register::obstacle_of(c, id)).await?;
    let reason = match one_line(&form.reason, WORDS) {
        Ok(reason) if reason.is_empty() => {
            return Err(AppError::BadRequest("Say why the trial is stopped, then stop it again.".into()));
        }
        Ok(reason) => reason,
        Err(why) => return Err(AppError::BadRequest(format!("{why}."))),
    };
    let (actor, and_send) = (officer.actor, form.send == "yes");
    app.db.write(move |c| store::stop(c, &actor, (id, trial), &reason, and_send)).await?;
    page::see_other_saying(&app, &format!("/obstacles/{id}"), &Flash::say("The trial is stopped."))
}
