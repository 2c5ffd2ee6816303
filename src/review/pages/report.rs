//! Reporting an insight, and saying of one's own that it still holds.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::archive::insight::Insight;
use crate::archive::store as archive;
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::review::case::ReportReason;
use crate::review::store::{reports, stale};
use crate::text::many_lines;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

/// Longest explanation, in bytes.
const LONGEST: usize = 2 * 1024;

/// Why somebody reports an insight.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportForm {
    reason: String,
    words: String,
}

impl ReportForm {
    fn check(&self) -> Result<(ReportReason, String), FieldErrors> {
        let mut errors = FieldErrors::new();
        let reason = ReportReason::named(&self.reason);
        if reason.is_none() {
            errors.add("reason", "Choose what is wrong with it");
        }
        let words = many_lines(&self.words, LONGEST).unwrap_or_else(|why| {
            errors.add("words", why);
            String::new()
        });
        if reason == Some(ReportReason::Other) && words.trim().is_empty() && errors.is_empty() {
            errors.add("words", "Say in a few words what is wrong");
        }
        errors.or((reason.unwrap_or(ReportReason::Other), words))
    }
}

#[derive(Template)]
#[template(path = "review/report.html")]
struct ReportPage {
    page: Page,
    insight: Insight,
    form: ReportForm,
    errors: FieldErrors,
}

/// What may be reported: something in the archive that is not one's own.
fn reportable(c: &mut Conn, member: &Member, id: i64) -> AppResult<Insight> {
    let insight = archive::insight(c, &member.person, id)?;
    if insight.withdrawn.is_some() {
        return Err(AppError::Conflict("This insight was withdrawn already."));
    }
    if insight.is_own {
        return Err(AppError::Forbidden("It is your own insight: you can edit or withdraw it yourself."));
    }
    Ok(insight)
}

/// `GET /insights/{id}/report`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let (id, reader) = (id.into_inner(), member.clone());
    let insight = app.db.read(move |c| reportable(c, &reader, id)).await?;
    let page = Page::new(&req, &member, Place::Archive, "Report an insight");
    page::show(&ReportPage { page, insight, form: ReportForm::default(), errors: FieldErrors::new() }, &req)
}

/// `POST /insights/{id}/report`: opens a case for the curators, or joins the one that is open. A second
/// report by the same person changes nothing.
pub async fn report(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<ReportForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (reason, words) = match form.check() {
        Ok(fine) => fine,
        Err(errors) => {
            let reader = member.clone();
            let insight = app.db.read(move |c| reportable(c, &reader, id)).await?;
            let page = Page::new(&req, &member, Place::Archive, "Error: Report an insight");
            return page::show_again(&ReportPage { page, insight, form, errors }, &req);
        }
    };
    let new = app
        .db
        .write(move |c| {
            reportable(c, &member, id)?;
            reports::report(c, &member.actor, id, reason, &words)
        })
        .await?;
    let flash = if new {
        Flash::say("Thank you. A curator looks at it; nobody else learns that you reported it.")
    } else {
        Flash::say("You have reported it already. A curator looks at it.")
    };
    page::see_other_saying(&app, &format!("/insights/{id}"), &flash)
}

/// The button that says that an insight still holds.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmForm {}

/// `POST /insights/{id}/confirmation`: its author, or a curator.
pub async fn confirm(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    Form(ConfirmForm {}): Form<ConfirmForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    app.db
        .write(move |c| {
            let insight = archive::insight(c, &member.person, id)?;
            stale::confirm(c, &member.actor, &member.person, &insight)
        })
        .await?;
    let flash = Flash::say("Thank you. Whoever reads it knows that it still holds.");
    page::see_other_saying(&app, &format!("/insights/{id}"), &flash)
}
