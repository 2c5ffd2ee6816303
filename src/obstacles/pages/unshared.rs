//! `/not-shared`: "I did not share because …", said without a name.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::obstacles::reasons::Reason;
use crate::obstacles::store::reasons as store;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "obstacles/unshared.html")]
struct UnsharedPage {
    page: Page,
    department: String,
    has_told: bool,
    errors: FieldErrors,
}

/// What was chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnsharedForm {
    reason: String,
}

/// `GET /not-shared`
pub async fn ask(app: web::Data<App>, req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    page::show(&load(&app, &req, &member, FieldErrors::new()).await?, &req)
}

async fn load(app: &App, req: &HttpRequest, member: &Member, errors: FieldErrors) -> AppResult<UnsharedPage> {
    let actor = member.actor;
    let has_told = app.db.read(move |c| Ok(store::has_told(c, &actor)?)).await?;
    Ok(UnsharedPage {
        page: Page::new(req, member, Place::You, "Why I did not share"),
        department: member.person.department.clone(),
        has_told,
        errors,
    })
}

/// `POST /not-shared`: pressed twice it counts once. No key of a form is kept: it would lead to a person.
pub async fn tell(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Form(form): Form<UnsharedForm>,
) -> AppResult<HttpResponse> {
    let Some(reason) = Reason::named(&form.reason) else {
        let errors = FieldErrors::one("reason", "Choose the reason that weighed most.");
        return page::show_again(&load(&app, &req, &member, errors).await?, &req);
    };
    let actor = member.actor;
    let is_new = app.db.write(move |c| Ok(store::tell(c, &actor, reason)?)).await?;
    let text = if is_new {
        "Thank you. It is counted, without your name."
    } else {
        "You have told a reason this month already; it counts once."
    };
    page::see_other_saying(&app, "/not-shared", &Flash::say(text))
}
