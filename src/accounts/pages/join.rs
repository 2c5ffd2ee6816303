//! `/join/{token}`: an invited person chooses a name and a password.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door::{self, Addressee};
use super::reset::check_pair;
use crate::accounts::links::{self, Purpose};
use crate::accounts::{audit, store, strength};
use crate::error::AppResult;
use crate::text;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::{App, token};

#[derive(Template)]
#[template(path = "accounts/join.html")]
struct JoinPage {
    page: Page,
    token: String,
    email: String,
    department: String,
    /// The name as typed; not called `name`, since a macro of the template has a parameter of that name.
    called: String,
    errors: FieldErrors,
}

impl JoinPage {
    fn new(
        req: &HttpRequest,
        token: &str,
        invited: Addressee,
        called: String,
        errors: FieldErrors,
    ) -> JoinPage {
        JoinPage {
            page: Page::outside(
                req,
                if errors.is_empty() { "Join Tradewind" } else { "Error: Join Tradewind" },
            ),
            token: token.to_owned(),
            email: invited.person.email,
            department: invited.department,
            called,
            errors,
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JoinForm {
    name: String,
    password: String,
    again: String,
}

impl JoinForm {
    /// The name, if all is well so far.
    fn check(&self) -> Result<String, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = text::one_line(&self.name, 120).unwrap_or_else(|why| {
            errors.add("name", why);
            String::new()
        });
        if name.is_empty() && errors.is_empty() {
            errors.add("name", "Write your name as colleagues know it");
        }
        check_pair(&self.password, &self.again, &mut errors);
        errors.or(name)
    }
}

/// `GET /join/{token}`. Changes nothing: mail programs open links before people do.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let Some(invited) = door::addressee(&app, Purpose::Invitation, &token).await? else {
        return door::dead_link(&req);
    };
    let name = invited.person.name.clone();
    page::show(&JoinPage::new(&req, &token, invited, name, FieldErrors::new()), &req)
}

/// `POST /join/{token}`.
pub async fn join(
    req: HttpRequest,
    app: web::Data<App>,
    link: web::Path<String>,
    Form(form): Form<JoinForm>,
) -> AppResult<HttpResponse> {
    let Some(invited) = door::addressee(&app, Purpose::Invitation, &link).await? else {
        return door::dead_link(&req);
    };
    let name = match form.check() {
        Ok(name) => name,
        Err(errors) => {
            return page::show_again(&JoinPage::new(&req, &link, invited, form.name, errors), &req);
        }
    };
    let about = [name.as_str(), &invited.person.name, &invited.person.email];
    let hash = match strength::choose(&app, &form.password, &about).await? {
        Ok(hash) => hash,
        Err(why) => {
            let errors = FieldErrors::one("password", why);
            return page::show_again(&JoinPage::new(&req, &link, invited, form.name, errors), &req);
        }
    };
    let fresh = token::fresh()?;
    let (started, sought, now) = (fresh.clone(), link.clone(), app.clock.now());
    let (welcome, renamed) = (name.clone(), name != invited.person.name);
    let credits = app.config.policy.credits;
    let old = door::own_session(&req, &app);
    let done = app
        .db
        .write(move |c| {
            let Some(Some(id)) = links::take(c, Purpose::Invitation, &sought, now)? else {
                return Ok(false);
            };
            if renamed {
                store::rename(c, id, &name)?;
            }
            store::set_password(c, id, &hash, None, now)?;
            audit::record(c, Some(id), now, "joined", &format!("person:{id}"), "")?;
            door::start_afresh(c, &credits, &started, id, old.as_deref(), now)?;
            Ok(true)
        })
        .await?;
    if !done {
        return door::dead_link(&req);
    }
    let flash = Flash::say(format!(
        "Welcome, {welcome}. What did a customer tell you last? One sentence is enough to begin."
    ));
    door::let_in(&app, page::see_other_saying(&app, "/", &flash)?, fresh)
}
