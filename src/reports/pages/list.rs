//! `/reports`: the reports there are, and one more for any period.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::show::made;
use crate::accounts::guard::Officer;
use crate::accounts::{audit, submission};
use crate::error::AppResult;
use crate::flow::period::Period;
use crate::flow::store::readings;
use crate::reports::periods;
use crate::reports::store::baselines;
use crate::reports::store::freezing::{self, Wish};
use crate::reports::store::kept::{self, Head, New};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Reports on a page.
const PAGE: usize = 24;
/// Days of the longest report: ten years.
const MOST_DAYS: i64 = 3653;

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    after: String,
}

/// The form, as typed. Days are both inclusive.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MakeForm {
    key: String,
    from: String,
    last: String,
    segment: String,
}

#[derive(Template)]
#[template(path = "reports/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    form: MakeForm,
    errors: FieldErrors,
    segments: Vec<(String, String)>,
    /// Of the people must open something for weeks to become the baseline.
    baseline_percent: i64,
}

struct Row {
    head: Head,
    /// Whether later ones are compared with it.
    is_baseline: bool,
    name: String,
    made: String,
}

/// `GET /reports`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    officer: Officer,
    Query(typed): Query<ListQuery>,
) -> AppResult<HttpResponse> {
    let after = Cursor::parse(&typed.after, 1)?.map(|cursor| cursor.0[0]);
    let (from, last) = usual(officer.actor.day);
    let form = MakeForm { from: from.to_string(), last: last.to_string(), ..MakeForm::default() };
    let page = load(&req, &app, &officer, after, form, FieldErrors::new()).await?;
    page::show(&page, &req)
}

/// What the form suggests: the month so far, or the last one on its first day.
fn usual(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let yesterday = today.pred_opt().unwrap_or(today);
    (yesterday.with_day(1).unwrap_or(yesterday), yesterday)
}

async fn load(
    req: &HttpRequest,
    app: &App,
    officer: &Officer,
    after: Option<i64>,
    form: MakeForm,
    errors: FieldErrors,
) -> AppResult<ListPage> {
    let (mut heads, segments, baseline) = app
        .db
        .read(move |c| {
            let heads = kept::list(c, after, PAGE as i64 + 1)?;
            Ok((heads, readings::segments(c)?, baselines::baseline(c)?.map(|baseline| baseline.report)))
        })
        .await?;
    let more = heads.len() > PAGE;
    heads.truncate(PAGE);
    let next = heads.last().filter(|_| more).map(|head| format!("/reports?after={}", head.id));
    let (calendar, now) = (app.calendar(), officer.actor.at);
    Ok(ListPage {
        page: Page::new(req, officer, Place::Flow, "Reports"),
        rows: heads
            .into_iter()
            .map(|head| Row {
                name: periods::name(head.period),
                made: made(&head, calendar, now),
                is_baseline: baseline == Some(head.id),
                head,
            })
            .collect(),
        next,
        is_first: after.is_none(),
        form: MakeForm { key: submission::fresh_key()?, ..form },
        errors,
        baseline_percent: app.config.policy.reports.baseline_percent,
        segments: segments.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
    })
}

impl MakeForm {
    /// What is wished for, as of `today`.
    fn check(&self, today: NaiveDate, segments: &[(i64, String)]) -> Result<Wish, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut day = |field: &'static str, text: &str| match text.trim().parse::<NaiveDate>() {
            Ok(day) => Some(day),
            Err(_) => {
                errors.add(field, "Write the day as year-month-day, such as 2026-11-02.");
                None
            }
        };
        let (from, last) = (day("from", &self.from), day("last", &self.last));
        let segment = match self.segment.as_str() {
            "" => None,
            typed => {
                let known = segments.iter().find(|(id, _)| id.to_string() == typed);
                if known.is_none() {
                    errors.add("segment", "There is no such segment any more. Choose another one.");
                }
                known.map(|(id, _)| *id)
            }
        };
        let mut period = None;
        if let (Some(from), Some(last)) = (from, last) {
            period = last.succ_opt().and_then(|to| Period::new(from, to));
            match period {
                None => errors.add("last", "The last day must not be before the first."),
                Some(_) if last >= today => {
                    errors.add("last", "Whole days are counted, so the last day is yesterday at the latest.");
                }
                Some(period) if period.days() > MOST_DAYS => {
                    errors.add("from", "A report covers ten years at most.");
                }
                Some(_) => {}
            }
        }
        match period {
            Some(period) if errors.is_empty() => Ok(Wish { period, segment }),
            _ => Err(errors),
        }
    }
}

/// `POST /reports`: makes one, once for each form.
pub async fn make(
    req: HttpRequest,
    app: web::Data<App>,
    officer: Officer,
    Form(form): Form<MakeForm>,
) -> AppResult<HttpResponse> {
    let (actor, calendar) = (officer.actor, app.calendar());
    let segments = app.db.read(|c| Ok(readings::segments(c)?)).await?;
    let wish = match form.check(actor.day, &segments) {
        Ok(wish) => wish,
        Err(errors) => {
            let page = load(&req, &app, &officer, None, form, errors).await?;
            return page::show_again(&page, &req);
        }
    };
    let key = form.key.clone();
    let known = app.db.read(move |c| submission::find(c, actor.person_id, &key)).await?;
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        return Ok(page::see_other(&known));
    }
    // Reading may take longer than a request may write: the numbers first, on a connection of their own.
    let frozen = app.db.read_alone(move |c| freezing::freeze(c, wish, calendar)).await?;
    let key = form.key;
    let location = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let new = New {
                    month: None,
                    wish,
                    made_by: Some(actor.person_id),
                    made_at: actor.at,
                    frozen: &frozen,
                };
                let Some(id) = kept::keep(c, &new)? else { return Ok("/reports".into()) };
                let object = format!("report:{id}");
                let detail = format!("from {} to {}", wish.period.from, wish.period.last_day());
                audit::record(c, Some(actor.person_id), actor.at, "made", &object, &detail)?;
                Ok(format!("/reports/{id}"))
            })
        })
        .await?;
    page::see_other_saying(&app, &location, &Flash::say("The report is made. It stays as it is."))
}
