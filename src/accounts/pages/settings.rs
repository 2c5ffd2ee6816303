//! `/settings`: one's own account.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door;
use super::reset::check_pair;
use crate::accounts::attempts::Tries;
use crate::accounts::guard::Member;
use crate::accounts::{address, audit, password, session, store, strength};
use crate::error::AppResult;
use crate::notices::store::outbox;
use crate::notices::store::wishes::{self, Wishes};
use crate::notices::{Kind, Rhythm};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/settings.html")]
struct SettingsPage {
    page: Page,
    member: Member,
    /// Whether there is a password to change; a role of the demo company has none.
    has_password: bool,
    /// Live sessions besides this one.
    elsewhere: i64,
    /// Whether mail is sent at all.
    mails: bool,
    wishes: Wishes,
    errors: FieldErrors,
}

async fn load(req: &HttpRequest, app: &App, member: &Member, errors: FieldErrors) -> AppResult<SettingsPage> {
    let (id, own, now) = (member.id, member.session.clone(), member.actor.at);
    let lifetime = session::Lifetime { idle: app.config.session_idle, total: app.config.session_total };
    let (has_password, elsewhere, wishes) = app
        .db
        .read(move |c| {
            Ok((
                store::person(c, id)?.password_hash.is_some(),
                session::count_besides(c, id, &own, now, lifetime)?,
                wishes::of(c, id)?,
            ))
        })
        .await?;
    let title = if errors.is_empty() { "Settings" } else { "Error: Settings" };
    let page = Page::new(req, member, Place::You, title);
    let mails = app.mail().is_some();
    Ok(SettingsPage { page, member: member.clone(), has_password, elsewhere, mails, wishes, errors })
}

/// `GET /settings`.
pub async fn show(req: HttpRequest, app: web::Data<App>, member: Member) -> AppResult<HttpResponse> {
    page::show(&load(&req, &app, &member, FieldErrors::new()).await?, &req)
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordForm {
    current: String,
    password: String,
    again: String,
}

/// `POST /settings/password`. Asks for the current password, with the same patience as the sign-in page:
/// a machine left open does not give away the account.
pub async fn change_password(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    Form(form): Form<PasswordForm>,
) -> AppResult<HttpResponse> {
    let refuse =
        async |errors: FieldErrors| page::show_again(&load(&req, &app, &member, errors).await?, &req);
    let mut errors = FieldErrors::new();
    if form.current.is_empty() {
        errors.add("current", "Write the password you have now");
    }
    check_pair(&form.password, &form.again, &mut errors);
    if !errors.is_empty() {
        return refuse(errors).await;
    }
    let now = member.actor.at;
    let tries = Tries::new(&member.email, &address::of(&req, &app.config.trusted_proxies));
    let turn = password::turn(&app).await?;
    let (id, counted) = (member.id, tries.clone());
    let (wait, stored) =
        app.db.read(move |c| Ok((counted.wait(c, now)?, store::person(c, id)?.password_hash))).await?;
    if let Some(seconds) = wait {
        let errors = FieldErrors::one("current", format!("Too many wrong tries. Wait {seconds} seconds."));
        let page = load(&req, &app, &member, errors).await?;
        let mut response = page::show_with(StatusCode::TOO_MANY_REQUESTS, &page, &req)?;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let given = if form.current.len() <= strength::MOST { form.current.clone() } else { String::new() };
    let (right, turn) = password::verify_in_turn(&app, turn, given, stored.clone()).await?;
    let (Some(_), Some(stored)) = (right, stored) else {
        app.db.write(move |c| Ok(tries.failed(c, now)?)).await?;
        drop(turn);
        return refuse(FieldErrors::one("current", "This is not your password")).await;
    };
    drop(turn);
    let hash = match strength::choose(&app, &form.password, &[&member.name, &member.email]).await? {
        Ok(hash) => hash,
        Err(why) => return refuse(FieldErrors::one("password", why)).await,
    };
    let own = member.session.clone();
    let public_url = app.mail().map(|_| app.config.public_url.clone());
    let changed = app
        .db
        .write(move |c| {
            // Nobody changed it meanwhile: the check above was of the password that is replaced.
            if !store::upgrade_password(c, id, &stored, &hash)? {
                return Ok(false);
            }
            store::set_password(c, id, &hash, Some(&own), now)?;
            tries.succeeded(c)?;
            audit::record(c, Some(id), now, "changed their own password", &format!("person:{id}"), "")?;
            if let Some(url) = &public_url {
                outbox::put_account(c, id, None, "your password was changed", url, now)?;
            }
            Ok(true)
        })
        .await?;
    if !changed {
        return refuse(FieldErrors::one("current", "Your password was changed meanwhile")).await;
    }
    let flash = Flash::say("Your password is changed, and you are signed out everywhere else.");
    page::see_other_saying(&app, "/settings", &flash)
}

/// How often mail comes, and about what.
#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailForm {
    rhythm: String,
    /// What is ticked.
    kind: Vec<String>,
}

impl MailForm {
    fn check(&self) -> Result<Wishes, FieldErrors> {
        let Some(rhythm) = Rhythm::named(&self.rhythm) else {
            return Err(FieldErrors::one("rhythm", "Choose how often"));
        };
        let is_ticked = |kind: &Kind| self.kind.iter().any(|name| name == kind.name());
        Ok(Wishes { rhythm, muted: Kind::ALL.into_iter().filter(|kind| !is_ticked(kind)).collect() })
    }
}

/// `POST /settings/mail`.
pub async fn change_mail(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    Form(form): Form<MailForm>,
) -> AppResult<HttpResponse> {
    let wishes = match form.check() {
        Ok(wishes) => wishes,
        Err(errors) => return page::show_again(&load(&req, &app, &member, errors).await?, &req),
    };
    let (id, now, rhythm) = (member.id, member.actor.at, wishes.rhythm);
    app.db.write(move |c| Ok(wishes::set(c, id, &wishes, now)?)).await?;
    let said = match rhythm {
        Rhythm::Never => "No mail about notices from now on. They stand on your page.",
        _ => "Saved.",
    };
    page::see_other_saying(&app, "/settings#mail", &Flash::say(said))
}

/// `POST /settings/sign-out`: ends every session of this person, this one too.
pub async fn sign_out_everywhere(app: web::Data<App>, member: Member) -> AppResult<HttpResponse> {
    let (id, now) = (member.id, member.actor.at);
    app.db
        .write(move |c| {
            session::end_all(c, id, None)?;
            Ok(audit::record(c, Some(id), now, "signed out everywhere", &format!("person:{id}"), "")?)
        })
        .await?;
    door::let_out(
        &app,
        page::see_other_saying(&app, "/sign-in", &Flash::say("You are signed out on every device."))?,
    )
}
