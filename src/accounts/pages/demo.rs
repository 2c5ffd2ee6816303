//! `/demo/{token}`: one button that signs in as a role of the demo company. The links are printed by
//! `tradewind demo` and exist nowhere else.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door::{self, Addressee};
use crate::accounts::links::{self, Purpose};
use crate::accounts::person::Role;
use crate::accounts::session;
use crate::accounts::store::{self, PersonRow};
use crate::error::AppResult;
use crate::web::form::{Form, Nothing};
use crate::web::page::{self, Page, Place};
use crate::web::{App, token};

#[derive(Template)]
#[template(path = "accounts/demo.html")]
struct DemoPage {
    page: Page,
    token: String,
    person: PersonRow,
    department: String,
}

impl DemoPage {
    /// As what: a manager is an employee who leads people.
    fn title(&self) -> &'static str {
        match self.person.role {
            Role::Employee if self.person.manager => "Manager",
            role => role.title(),
        }
    }

    /// What this role comes for, in a sentence.
    fn errand(&self) -> &'static str {
        match self.person.role {
            Role::Employee if self.person.manager => {
                "You do what every employee does, and see what your own department gives and takes."
            }
            Role::Employee => {
                "You share what customers tell you, and find what colleagues know before a meeting."
            }
            Role::Curator => "You do what every employee does, and keep the archive good.",
            Role::Cco => {
                "You see how what the company knows about its customers flows, and where it is stuck."
            }
            Role::Admin => "You manage people, departments and imports.",
        }
    }
}

/// `GET /demo/{token}`. Changes nothing.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let Some(Addressee { person, department }) = door::addressee(&app, Purpose::Demo, &token).await? else {
        return door::dead_link(&req);
    };
    let page = Page::outside(&req, "Look around");
    page::show(&DemoPage { page, token: token.into_inner(), person, department }, &req)
}

/// `POST /demo/{token}`.
pub async fn enter(
    req: HttpRequest,
    app: web::Data<App>,
    link: web::Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let fresh = token::fresh()?;
    let (started, now) = (fresh.clone(), app.clock.now());
    let credits = app.config.policy.credits;
    let old = door::own_session(&req, &app);
    // Nobody has a password here that could be asked for again.
    let proved = now + app.config.session_total;
    let role = app
        .db
        .write(move |c| {
            let Some(Some(id)) = links::take(c, Purpose::Demo, &link, now)? else {
                return Ok(None);
            };
            door::start_afresh(c, &credits, &started, id, old.as_deref(), now)?;
            session::prove(c, &token::digest(&started), proved)?;
            Ok(Some(store::person(c, id)?.role))
        })
        .await?;
    match role {
        None => door::dead_link(&req),
        Some(role) => {
            let location = if role.sees_flow() { "/flow" } else { "/" };
            door::let_in(&app, page::see_other(location), fresh)
        }
    }
}
