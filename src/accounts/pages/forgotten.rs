//! `/forgotten`: a link to a new password by mail, where mail is sent. The answer is the same whether
//! somebody of this e-mail exists or not.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::store::State;
use crate::accounts::{address, link_requests, person, store};
use crate::error::{AppError, AppResult};
use crate::notices::store::outbox;
use crate::web::App;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/forgotten.html")]
struct ForgottenPage {
    page: Page,
    email: String,
    /// Whether it was asked for: then the page says what happens next.
    asked: bool,
    errors: FieldErrors,
}

fn shown(req: &HttpRequest, email: &str, asked: bool, errors: FieldErrors) -> ForgottenPage {
    let title = match (asked, errors.is_empty()) {
        (true, _) => "Look into your mail",
        (false, true) => "Forgotten your password?",
        (false, false) => "Error: Forgotten your password?",
    };
    ForgottenPage { page: Page::outside(req, title), email: email.to_owned(), asked, errors }
}

/// `GET /forgotten`; there is no such page where no mail is sent.
pub async fn show(req: HttpRequest, app: web::Data<App>) -> AppResult<HttpResponse> {
    if app.mail().is_none() {
        return Err(AppError::NotFound);
    }
    page::show(&shown(&req, "", false, FieldErrors::new()), &req)
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForgottenForm {
    email: String,
}

/// `POST /forgotten`. The mail goes to the stored address, never to a typed one.
pub async fn ask(
    req: HttpRequest,
    app: web::Data<App>,
    Form(form): Form<ForgottenForm>,
) -> AppResult<HttpResponse> {
    if app.mail().is_none() {
        return Err(AppError::NotFound);
    }
    let email = match person::email_of(&form.email) {
        Ok(email) => email,
        Err(why) => {
            let errors = FieldErrors::one("email", why);
            return page::show_again(&shown(&req, &form.email, false, errors), &req);
        }
    };
    let (from, now, sought) =
        (address::of(&req, &app.config.trusted_proxies), app.clock.now(), email.clone());
    app.db
        .write(move |c| {
            if !link_requests::note(c, &sought, &from, now)? {
                return Ok(());
            }
            match store::person_by_email(c, &sought)? {
                Some(person) if person.state() != State::Disabled => outbox::put_link(c, person.id, now),
                _ => Ok(()),
            }
        })
        .await?;
    page::show(&shown(&req, &email, true, FieldErrors::new()), &req)
}
