//! `/reset/{token}`: a new password for somebody who forgot the old one.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door::{self, Addressee};
use crate::accounts::links::{self, Purpose};
use crate::accounts::{audit, store, strength};
use crate::error::AppResult;
use crate::notices::store::outbox;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/reset.html")]
struct ResetPage {
    page: Page,
    token: String,
    email: String,
    errors: FieldErrors,
}

impl ResetPage {
    fn new(req: &HttpRequest, token: &str, email: String, errors: FieldErrors) -> ResetPage {
        let title = if errors.is_empty() { "A new password" } else { "Error: A new password" };
        ResetPage { page: Page::outside(req, title), token: token.to_owned(), email, errors }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResetForm {
    password: String,
    again: String,
}

/// Looks at a new password and its repetition; whether it is a good one is another question
/// ([`strength::choose`]).
pub fn check_pair(password: &str, again: &str, errors: &mut FieldErrors) {
    if password.is_empty() {
        errors.add("password", "Choose a password");
    } else if password != again {
        errors.add("again", "The two are not the same. Write the password once more");
    }
}

/// `GET /reset/{token}`. Changes nothing.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let Some(Addressee { person, .. }) = door::addressee(&app, Purpose::Reset, &token).await? else {
        return door::dead_link(&req);
    };
    page::show(&ResetPage::new(&req, &token, person.email, FieldErrors::new()), &req)
}

/// `POST /reset/{token}`. Ends every session; the new password is used at once on the sign-in page, so
/// that it is remembered.
pub async fn reset(
    req: HttpRequest,
    app: web::Data<App>,
    link: web::Path<String>,
    Form(form): Form<ResetForm>,
) -> AppResult<HttpResponse> {
    let Some(Addressee { person, .. }) = door::addressee(&app, Purpose::Reset, &link).await? else {
        return door::dead_link(&req);
    };
    let mut errors = FieldErrors::new();
    check_pair(&form.password, &form.again, &mut errors);
    if !errors.is_empty() {
        return page::show_again(&ResetPage::new(&req, &link, person.email, errors), &req);
    }
    let hash = match strength::choose(&app, &form.password, &[&person.name, &person.email]).await? {
        Ok(hash) => hash,
        Err(why) => {
            let errors = FieldErrors::one("password", why);
            return page::show_again(&ResetPage::new(&req, &link, person.email, errors), &req);
        }
    };
    let (sought, now) = (link.clone(), app.clock.now());
    let public_url = app.mail().map(|_| app.config.public_url.clone());
    let done = app
        .db
        .write(move |c| {
            let Some(Some(id)) = links::take(c, Purpose::Reset, &sought, now)? else {
                return Ok(false);
            };
            store::set_password(c, id, &hash, None, now)?;
            audit::record(
                c,
                Some(id),
                now,
                "changed their own password",
                &format!("person:{id}"),
                "by link",
            )?;
            if let Some(url) = &public_url {
                outbox::put_account(c, id, None, "your password was changed", url, now)?;
            }
            Ok(true)
        })
        .await?;
    if !done {
        return door::dead_link(&req);
    }
    page::see_other_saying(&app, "/sign-in", &Flash::say("Your password is changed. Sign in with it."))
}
