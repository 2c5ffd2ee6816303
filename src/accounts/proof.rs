//! Is it still you? What gives somebody access or takes it away is done only by whoever gave their password
//! a few minutes ago: a machine left open does not make an administrator of whoever passes by.
//!
//! The question comes in answer to the form, with everything that was typed in it, so nothing is lost.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;

use super::attempts::Tries;
use super::guard::Member;
use super::{address, password, session, store, strength};
use crate::error::AppResult;
use crate::web::App;
use crate::web::form::FieldErrors;
use crate::web::page::{self, Page, Place};

/// For how long a password that was given counts.
const FRESH: Duration = Duration::minutes(10);

/// A form that waits for the password of whoever sent it.
#[derive(Template)]
#[template(path = "accounts/proof.html")]
struct ProofPage {
    page: Page,
    /// What was sent, and where to.
    action: String,
    fields: Vec<(&'static str, String)>,
    /// Where to leave it.
    back: String,
    errors: FieldErrors,
}

/// What is to be answered instead of doing what a form asks: the question for the password, unless it was
/// given lately or is `given` now. `fields` is what the form holds, `back` the page it stands on.
///
/// # Errors
/// What the database says.
pub async fn asked(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    given: &str,
    fields: Vec<(&'static str, String)>,
    back: &str,
) -> AppResult<Option<HttpResponse>> {
    let now = member.actor.at;
    if now - member.proved_at < FRESH {
        return Ok(None);
    }
    let show = |status: StatusCode, errors: FieldErrors| {
        let title = if errors.is_empty() { "Is it you?" } else { "Error: Is it you?" };
        let page = Page::new(req, member, Place::Admin, title);
        let (action, back) = (req.path().to_owned(), back.to_owned());
        page::show_with(status, &ProofPage { page, action, fields, back, errors }, req)
    };
    if given.is_empty() {
        return show(StatusCode::FORBIDDEN, FieldErrors::new()).map(Some);
    }
    let tries = Tries::new(&member.email, &address::of(req, &app.config.trusted_proxies));
    let turn = password::turn(app).await?;
    let (id, counted) = (member.id, tries.clone());
    let (wait, stored) =
        app.db.read(move |c| Ok((counted.wait(c, now)?, store::person(c, id)?.password_hash))).await?;
    if let Some(seconds) = wait {
        let errors = FieldErrors::one("proof", format!("Too many wrong tries. Wait {seconds} seconds."));
        let mut response = show(StatusCode::TOO_MANY_REQUESTS, errors)?;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(Some(response));
    }
    let given = if given.len() <= strength::MOST { given.to_owned() } else { String::new() };
    let (right, turn) = password::verify_in_turn(app, turn, given, stored).await?;
    if right.is_none() {
        app.db.write(move |c| Ok(tries.failed(c, now)?)).await?;
        drop(turn);
        let errors = FieldErrors::one("proof", "This is not your password");
        return show(StatusCode::UNPROCESSABLE_ENTITY, errors).map(Some);
    }
    drop(turn);
    let own = member.session.clone();
    app.db
        .write(move |c| {
            tries.succeeded(c)?;
            Ok(session::prove(c, &own, now)?)
        })
        .await?;
    Ok(None)
}
