//! `/setup/{token}`: the first administrator, once, on an empty database.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door;
use crate::accounts::department::DepartmentPath;
use crate::accounts::links::{self, Purpose};
use crate::accounts::person::{Role, email_of};
use crate::accounts::{audit, store, strength};
use crate::error::AppResult;
use crate::text;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::{App, token};

#[derive(Template)]
#[template(path = "accounts/setup.html")]
struct SetupPage {
    page: Page,
    token: String,
    form: SetupForm,
    errors: FieldErrors,
}

impl SetupPage {
    fn new(req: &HttpRequest, token: &str, form: SetupForm, errors: FieldErrors) -> SetupPage {
        let title = if errors.is_empty() { "Set up Tradewind" } else { "Error: Set up Tradewind" };
        SetupPage { page: Page::outside(req, title), token: token.to_owned(), form, errors }
    }
}

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SetupForm {
    name: String,
    email: String,
    department: String,
    password: String,
    again: String,
}

struct Setup {
    name: String,
    email: String,
    department: DepartmentPath,
}

impl SetupForm {
    fn check(&self) -> Result<Setup, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = text::one_line(&self.name, 120)
            .and_then(|name| if name.is_empty() { Err("Write your name".into()) } else { Ok(name) });
        let email = email_of(&self.email);
        let department = DepartmentPath::parse(&self.department);
        for (field, problem) in [
            ("name", name.as_ref().err()),
            ("email", email.as_ref().err()),
            ("department", department.as_ref().err()),
        ] {
            if let Some(problem) = problem {
                errors.add(field, problem.clone());
            }
        }
        super::reset::check_pair(&self.password, &self.again, &mut errors);
        match (name, email, department) {
            (Ok(name), Ok(email), Ok(department)) => errors.or(Setup { name, email, department }),
            _ => Err(errors),
        }
    }
}

/// `GET /setup/{token}`. Changes nothing.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (sought, now) = (token.clone(), app.clock.now());
    let link = app.db.read(move |c| links::look(c, Purpose::Setup, &sought, now)).await?;
    if link.is_none() {
        return door::dead_link(&req);
    }
    page::show(&SetupPage::new(&req, &token, SetupForm::default(), FieldErrors::new()), &req)
}

/// `POST /setup/{token}`.
pub async fn set_up(
    req: HttpRequest,
    app: web::Data<App>,
    link: web::Path<String>,
    Form(form): Form<SetupForm>,
) -> AppResult<HttpResponse> {
    let (sought, now) = (link.clone(), app.clock.now());
    // Looked at before anything is hashed: a stranger without a link costs nothing.
    if app.db.read(move |c| links::look(c, Purpose::Setup, &sought, now)).await?.is_none() {
        return door::dead_link(&req);
    }
    let setup = match form.check() {
        Ok(setup) => setup,
        Err(errors) => return page::show_again(&SetupPage::new(&req, &link, form, errors), &req),
    };
    let hash = match strength::choose(&app, &form.password, &[&setup.name, &setup.email]).await? {
        Ok(hash) => hash,
        Err(why) => {
            let errors = FieldErrors::one("password", why);
            return page::show_again(&SetupPage::new(&req, &link, form, errors), &req);
        }
    };
    let fresh = token::fresh()?;
    let (started, sought, today) = (fresh.clone(), link.clone(), app.calendar().day(now));
    let credits = app.config.policy.credits;
    let old = door::own_session(&req, &app);
    let done = app
        .db
        .write(move |c| {
            if links::take(c, Purpose::Setup, &sought, now)?.is_none() {
                return Ok(false);
            }
            let department_id = store::open_department(c, &setup.department, today)?;
            let new = store::NewPerson {
                email: setup.email.clone(),
                name: setup.name.clone(),
                role: Role::Admin,
                department_id,
                manager: false,
                joined_on: Some(today),
                left_on: None,
                password_hash: Some(hash.clone()),
            };
            let id = store::add_person(c, &new, now, today)?;
            audit::record(c, Some(id), now, "set up Tradewind", "company:1", "first administrator")?;
            door::start_afresh(c, &credits, &started, id, old.as_deref(), now)?;
            Ok(true)
        })
        .await?;
    if !done {
        return door::dead_link(&req);
    }
    let flash = Flash::say("Tradewind is yours. Now invite the people who talk to customers.");
    door::let_in(&app, page::see_other_saying(&app, "/admin/people", &flash)?, fresh)
}
