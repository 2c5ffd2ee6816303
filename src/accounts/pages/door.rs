//! What every way in and out shares: the session's cookie, the page of a dead link.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDateTime;

use crate::accounts::links::{self, Purpose};
use crate::accounts::session;
use crate::accounts::store::{self, PersonRow};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::ledger;
use crate::policy::CreditPolicy;
use crate::web::page::{self, Page, Place};
use crate::web::{App, token};

/// The digest of the session this browser has, live or not.
pub fn own_session(req: &HttpRequest, app: &App) -> Option<String> {
    let cookie = req.cookie(token::session_cookie_name(app.config.is_secure()))?;
    Some(token::digest(cookie.value()))
}

/// Starts a session under a token nobody knew before, and ends the one the browser came with: a planted
/// or a colleague's session goes on for nobody. Whoever comes in for the first time gets their first credits.
pub fn start_afresh(
    c: &mut Conn,
    credits: &CreditPolicy,
    token: &str,
    person_id: i64,
    old: Option<&str>,
    now: NaiveDateTime,
) -> AppResult<()> {
    if let Some(old) = old {
        session::end(c, old)?;
    }
    session::start(c, token, person_id, now)?;
    ledger::store::welcome(c, credits, person_id, now)
}

/// Gives the browser its new session.
pub fn let_in(app: &App, mut response: HttpResponse, token: String) -> AppResult<HttpResponse> {
    response
        .add_cookie(&token::session_cookie(token, app.config.is_secure()))
        .map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(response)
}

/// Takes the session's cookie away and makes the browser forget what it showed: the next person at this
/// machine who presses Back sees nothing.
pub fn let_out(app: &App, mut response: HttpResponse) -> AppResult<HttpResponse> {
    let mut gone = token::session_cookie(String::new(), app.config.is_secure());
    gone.make_removal();
    response.add_cookie(&gone).map_err(|error| AppError::Internal(error.to_string()))?;
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

/// Whom a link is for.
pub struct Addressee {
    pub person: PersonRow,
    /// The path of their department.
    pub department: String,
}

/// Whom a link of this purpose is for; nobody where it does not work. Changes nothing: mail programs open
/// links before people do.
pub async fn addressee(app: &App, purpose: Purpose, token: &str) -> AppResult<Option<Addressee>> {
    let (token, now) = (token.to_owned(), app.clock.now());
    app.db
        .read(move |c| {
            let Some(Some(id)) = links::look(c, purpose, &token, now)? else {
                return Ok(None);
            };
            let person = store::person(c, id)?;
            let department = store::department_of(c, person.department_id)?.path;
            Ok(Some(Addressee { person, department }))
        })
        .await
}

#[derive(Template)]
#[template(path = "accounts/dead_link.html")]
struct DeadLink {
    page: Page,
}

/// The page of a link that does not work: unknown, used, expired, replaced, of another purpose. They
/// look the same.
pub fn dead_link(req: &HttpRequest) -> AppResult<HttpResponse> {
    let page = Page::outside(req, "This link does not work any more");
    page::show_with(StatusCode::NOT_FOUND, &DeadLink { page }, req)
}
