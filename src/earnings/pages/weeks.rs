//! `/earnings`: the settled weeks, a button to settle one by hand, and how each amount came about. Of
//! insights, never of people.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{Account, credits, terms};
use crate::accounts::audit;
use crate::accounts::guard::Admin;
use crate::earnings::store::{self, WeekSum};
use crate::earnings::week::Week;
use crate::error::{AppError, AppResult};
use crate::ledger::store as ledger;
use crate::policy::CreditPolicy;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when;

/// Settled weeks on the page.
const PAGE: i64 = 26;
/// Weeks that can be chosen.
const CHOICE: usize = 12;

/// A settled week.
struct Row {
    week: Week,
    words: String,
    settled: when::Moment,
    sum: WeekSum,
}

/// A week that can be settled.
struct Choice {
    week: Week,
    words: String,
}

#[derive(Template)]
#[template(path = "earnings/weeks.html")]
struct WeeksPage {
    page: Page,
    rows: Vec<Row>,
    choices: Vec<Choice>,
    chosen: String,
    errors: FieldErrors,
    issued: i64,
    check: ledger::Check,
}

impl WeeksPage {
    async fn load(
        req: &HttpRequest,
        app: &App,
        admin: &Admin,
        chosen: String,
        errors: FieldErrors,
    ) -> AppResult<WeeksPage> {
        let (now, calendar, today) = (admin.actor.at, app.calendar(), admin.actor.day);
        let (weeks, issued, check) = app
            .db
            .read(|c| Ok((store::settled_weeks(c, PAGE)?, ledger::issued(c)?, ledger::check(c)?)))
            .await?;
        let mut choices = Vec::with_capacity(CHOICE);
        let mut week = Week::last_over(today);
        for _ in 0..CHOICE {
            choices.push(Choice { week, words: week.words(today) });
            week = week.before();
        }
        let rows = weeks
            .into_iter()
            .map(|sum| Row {
                week: sum.week,
                words: sum.week.words(today),
                settled: when::moment(calendar, sum.settled_at, now),
                sum,
            })
            .collect();
        let page = Page::new(req, admin, Place::Admin, "Earnings");
        Ok(WeeksPage { page, rows, choices, chosen, errors, issued, check })
    }
}

/// `GET /earnings`.
pub async fn list(req: HttpRequest, app: web::Data<App>, admin: Admin) -> AppResult<HttpResponse> {
    terms(&app)?;
    let page = WeeksPage::load(&req, &app, &admin, String::new(), FieldErrors::new()).await?;
    page::show(&page, &req)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SettleForm {
    week: String,
}

impl SettleForm {
    /// A week that is over on `today`.
    fn check(&self, today: chrono::NaiveDate) -> Result<Week, FieldErrors> {
        match Week::parse(&self.week) {
            Some(week) if week.end() <= today => Ok(week),
            Some(_) => Err(FieldErrors::one("week", "This week is not over yet. Choose an earlier one.")),
            None => Err(FieldErrors::one("week", "Choose the week to settle.")),
        }
    }
}

/// `POST /earnings`. Settling twice pays nothing twice, so this form needs no key.
pub async fn settle(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Form(form): Form<SettleForm>,
) -> AppResult<HttpResponse> {
    let policy = terms(&app)?;
    let (actor, calendar) = (admin.actor, app.calendar());
    let week = match form.check(actor.day) {
        Ok(week) => week,
        Err(errors) => {
            let page = WeeksPage::load(&req, &app, &admin, form.week, errors).await?;
            return page::show_again(&page, &req);
        }
    };
    let settled = app
        .db
        .write_alone(move |c| {
            let settled = store::settle_week(c, week, &policy, calendar, actor.at)?;
            if settled.insights > 0 {
                let detail = format!("{} to {} authors", credits(settled.credits), settled.authors);
                audit::record(
                    c,
                    Some(actor.person_id),
                    actor.at,
                    "settled the earnings of",
                    &format!("week:{week}"),
                    &detail,
                )?;
            }
            Ok(settled)
        })
        .await?;
    let words = week.words(actor.day);
    let said = if settled.insights == 0 {
        format!("{words}: nothing was left to settle. No insight had new readers that have not been counted.")
    } else {
        format!(
            "{words}: {} for {} of {} insights with new readers.",
            credits(settled.credits),
            settled.earning,
            settled.insights
        )
    };
    page::see_other_saying(&app, "/earnings", &Flash::say(said))
}

#[derive(Template)]
#[template(path = "earnings/settled.html")]
struct SettledPage {
    page: Page,
    words: String,
    account: Account,
    terms: CreditPolicy,
}

impl SettledPage {
    fn paid(&self) -> String {
        credits(self.account.paid)
    }

    fn untold(&self) -> String {
        credits(self.account.untold_paid)
    }
}

/// `GET /earnings/{week}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    week: web::Path<String>,
) -> AppResult<HttpResponse> {
    let terms = terms(&app)?;
    let week = Week::parse(&week).ok_or(AppError::NotFound)?;
    let value = app.config.policy.value;
    let explained = app.db.read(move |c| Ok(store::settled_insights(c, &value, week)?)).await?;
    let words = week.words(admin.actor.day);
    let page = Page::new(&req, &admin, Place::Admin, format!("Earnings, {words}"));
    page::show(&SettledPage { page, words, account: Account::of(&terms, explained), terms }, &req)
}
