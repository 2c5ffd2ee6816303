//! `/admin/mail`: whether mail goes out, and what did not.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::audit;
use crate::accounts::guard::Admin;
use crate::error::{AppError, AppResult};
use crate::notices::letter;
use crate::notices::store::outbox::{self, Parcel, Purpose, Row};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::page::{self, Page, Place};

/// Mails of each sort that the page shows; the others are counted.
const MOST: i64 = 50;

#[derive(Template)]
#[template(path = "notices/mail.html")]
struct MailPage {
    page: Page,
    /// Server and sender, where mail is sent.
    server: Option<(String, String)>,
    /// Own address, for the test.
    own: String,
    waiting: i64,
    failed: i64,
    waiting_rows: Vec<Line>,
    failed_rows: Vec<Line>,
}

/// A mail with its times on the company's wall clock.
struct Line {
    row: Row,
    since: String,
    next: String,
}

/// `GET /admin/mail`.
pub async fn show(req: HttpRequest, app: web::Data<App>, admin: Admin) -> AppResult<HttpResponse> {
    let ((waiting, failed), waiting_rows, failed_rows) = app
        .db
        .read(|c| Ok((outbox::counts(c)?, outbox::rows(c, false, MOST)?, outbox::rows(c, true, MOST)?)))
        .await?;
    let calendar = app.calendar();
    let clock = |at| calendar.local(at).format("%-d %b, %H:%M").to_string();
    let lines = |rows: Vec<Row>| {
        rows.into_iter()
            .map(|row| Line { since: clock(row.created_at), next: clock(row.next_at), row })
            .collect()
    };
    let shown = MailPage {
        page: Page::new(&req, &admin, Place::Admin, "Mail"),
        server: app.mail().map(|mail| (mail.server(), mail.from.to_string())),
        own: admin.email.clone(),
        waiting,
        failed,
        waiting_rows: lines(waiting_rows),
        failed_rows: lines(failed_rows),
    };
    page::show(&shown, &req)
}

/// `POST /admin/mail/{id}/again`.
pub async fn again(
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let (id, now) = (*id, admin.actor.at);
    let changed = app.db.write(move |c| Ok(outbox::again(c, Some(id), now)?)).await?;
    if changed == 0 {
        return Err(AppError::NotFound);
    }
    page::see_other_saying(&app, "/admin/mail", &Flash::say("It is tried again within seconds."))
}

/// `POST /admin/mail/again`: all that failed, after the server was mended.
pub async fn all_again(
    app: web::Data<App>,
    admin: Admin,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let now = admin.actor.at;
    let changed = app.db.write(move |c| Ok(outbox::again(c, None, now)?)).await?;
    let said = match changed {
        0 => "Nothing had failed.".to_owned(),
        1 => "One mail is tried again.".to_owned(),
        many => format!("{many} mails are tried again."),
    };
    page::see_other_saying(&app, "/admin/mail", &Flash::say(said))
}

/// `POST /admin/mail/{id}/giving-up`.
pub async fn give_up(
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let (id, actor) = (*id, admin.actor);
    let changed = app
        .db
        .write(move |c| {
            let changed = outbox::give_up(c, id, actor.at)?;
            if changed > 0 {
                let object = format!("mail:{id}");
                audit::record(c, Some(actor.person_id), actor.at, "gave up", &object, "")?;
            }
            Ok(changed)
        })
        .await?;
    if changed == 0 {
        return Err(AppError::NotFound);
    }
    page::see_other_saying(&app, "/admin/mail", &Flash::say("It will not be sent."))
}

/// `POST /admin/mail/test`: a mail to oneself.
pub async fn test(
    app: web::Data<App>,
    admin: Admin,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    if app.mail().is_none() {
        return Err(AppError::Conflict("No mail server is set, so there is nothing to test."));
    }
    let letter = letter::test(&app.config.public_url);
    let (actor, own) = (admin.actor, admin.email.clone());
    let parcel = Parcel {
        person_id: actor.person_id,
        address: None,
        purpose: Purpose::Test,
        subject: letter.subject,
        body: letter.body,
        not_after: None,
        at: actor.at,
    };
    app.db.write(move |c| outbox::put(c, &parcel)).await?;
    let said =
        format!("A test mail to {own} is on its way. If it does not arrive, look here again in a minute.");
    page::see_other_saying(&app, "/admin/mail", &Flash::say(said))
}
