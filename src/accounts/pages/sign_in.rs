//! `/sign-in` and `/sign-out`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door;
use crate::accounts::attempts::Tries;
use crate::accounts::guard::Member;
use crate::accounts::store::PersonRow;
use crate::accounts::{address, password, session, store, strength};
use crate::error::AppResult;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};
use crate::web::{App, back_to, token};

/// The same words for an unknown address, a wrong password, somebody disabled and somebody who has not
/// joined yet.
const WRONG: &str = "This e-mail and this password do not belong together.";

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    page: Page,
    email: String,
    back_to: String,
    /// Whether a link to a new password comes by mail.
    mails: bool,
    errors: FieldErrors,
}

impl SignInPage {
    fn new(req: &HttpRequest, form: &SignInForm, errors: FieldErrors) -> SignInPage {
        let title = if errors.is_empty() { "Sign in" } else { "Error: Sign in" };
        SignInPage {
            page: Page::outside(req, title),
            email: form.email.clone(),
            back_to: back_to::safe(&form.back_to),
            mails: req.app_data::<web::Data<App>>().is_some_and(|app| app.mail().is_some()),
            errors,
        }
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInForm {
    email: String,
    password: String,
    back_to: String,
}

impl SignInForm {
    fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        if self.email.trim().is_empty() {
            errors.add("email", "Write your e-mail");
        }
        if self.password.is_empty() {
            errors.add("password", "Write your password");
        }
        errors.or(())
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Way {
    back_to: String,
}

/// `GET /sign-in`. Whoever is signed in goes on to where they wanted.
pub async fn show(
    req: HttpRequest,
    member: Option<Member>,
    Query(way): Query<Way>,
) -> AppResult<HttpResponse> {
    if member.is_some() {
        return Ok(page::see_other(&back_to::safe(&way.back_to)));
    }
    let form = SignInForm { back_to: way.back_to, ..SignInForm::default() };
    page::show(&SignInPage::new(&req, &form, FieldErrors::new()), &req)
}

/// `POST /sign-in`.
///
/// A try waits for its turn, looks at the failures counted so far, is hashed, and is counted before the
/// turn passes on. So a burst of tries at once is counted one by one, and costs the memory of few.
pub async fn sign_in(
    req: HttpRequest,
    app: web::Data<App>,
    Form(form): Form<SignInForm>,
) -> AppResult<HttpResponse> {
    if let Err(errors) = form.check() {
        return page::show_again(&SignInPage::new(&req, &form, errors), &req);
    }
    let now = app.clock.now();
    let tries = Tries::new(&form.email, &address::of(&req, &app.config.trusted_proxies));
    let turn = password::turn(&app).await?;
    let (email, counted) = (form.email.clone(), tries.clone());
    let (wait, person) =
        app.db.read(move |c| Ok((counted.wait(c, now)?, store::person_by_email(c, &email)?))).await?;
    if let Some(seconds) = wait {
        return too_many(&req, &form, seconds);
    }
    let may_enter = |person: &PersonRow| person.disabled_at.is_none();
    let stored = person.as_ref().and_then(|person| person.password_hash.clone());
    // Longer ones are nobody's password.
    let given = if form.password.len() <= strength::MOST { form.password.clone() } else { String::new() };
    let (checked, turn) = password::verify_in_turn(&app, turn, given, stored.clone()).await?;
    if let (Some(right), Some(person), Some(stored)) = (checked, person.filter(may_enter), stored) {
        let fresh = token::fresh()?;
        let (started, tries) = (fresh.clone(), tries.clone());
        let credits = app.config.policy.credits;
        let old = door::own_session(&req, &app);
        let entered = app
            .db
            .write(move |c| {
                let hash = right.stronger.as_deref().unwrap_or(&stored);
                if !store::upgrade_password(c, person.id, &stored, hash)? {
                    return Ok(false);
                }
                tries.succeeded(c)?;
                door::start_afresh(c, &credits, &started, person.id, old.as_deref(), now)?;
                Ok(true)
            })
            .await?;
        if entered {
            return door::let_in(&app, page::see_other(&back_to::safe(&form.back_to)), fresh);
        }
    }
    app.db.write(move |c| Ok(tries.failed(c, now)?)).await?;
    drop(turn);
    page::show_again(&SignInPage::new(&req, &form, FieldErrors::one("email", WRONG)), &req)
}

/// The sign-in page with the time to wait: 429.
fn too_many(req: &HttpRequest, form: &SignInForm, seconds: u32) -> AppResult<HttpResponse> {
    let wait = match seconds {
        1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let errors =
        FieldErrors::one("email", format!("Too many wrong tries from here. Wait {wait}, then try again."));
    let page = SignInPage::new(req, form, errors);
    let mut response = page::show_with(StatusCode::TOO_MANY_REQUESTS, &page, req)?;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

/// `POST /sign-out`. Also of a session that has ended: the button always leads out.
pub async fn sign_out(req: HttpRequest, app: web::Data<App>) -> AppResult<HttpResponse> {
    if let Some(digest) = door::own_session(&req, &app) {
        app.db.write(move |c| Ok(session::end(c, &digest)?)).await?;
    }
    door::let_out(&app, page::see_other("/sign-in"))
}
