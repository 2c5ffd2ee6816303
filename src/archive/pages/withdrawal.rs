//! Taking an insight out of the archive, and putting it back.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::archive::insight::{self, Insight};
use crate::archive::store;
use crate::archive::telling;
use crate::error::AppResult;
use crate::review::store::texts;
use crate::text::one_line;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

/// Longest reason, in characters.
const REASON: usize = 300;

/// Why somebody withdraws. "Undo" after sharing sends nothing.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WithdrawalForm {
    reason: String,
}

impl WithdrawalForm {
    fn check(&self, needed: bool) -> Result<String, FieldErrors> {
        match one_line(&self.reason, REASON) {
            Ok(reason) if reason.is_empty() && needed => {
                Err(FieldErrors::one("reason", "Say why, in a few words"))
            }
            Ok(reason) => Ok(reason),
            Err(why) => Err(FieldErrors::one("reason", why)),
        }
    }
}

#[derive(Template)]
#[template(path = "archive/withdraw.html")]
struct WithdrawPage {
    page: Page,
    insight: Insight,
    reason: String,
    errors: FieldErrors,
    /// Its author, within ten minutes: it never was.
    undo: bool,
}

async fn read(app: &App, member: &Member, id: i64) -> AppResult<Insight> {
    let viewer = member.person.clone();
    app.db
        .read(move |c| {
            let insight = store::insight(c, &viewer, id)?;
            insight::may_withdraw(&viewer, &insight)?;
            Ok(insight)
        })
        .await
}

/// `GET /insights/{id}/withdrawal`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let insight = read(&app, &member, id.into_inner()).await?;
    let undo = insight.can_be_undone(&member, member.actor.at);
    let title = if undo { "Take an insight back" } else { "Withdraw an insight" };
    let page = Page::new(&req, &member, Place::Archive, title);
    let errors = FieldErrors::new();
    page::show(&WithdrawPage { page, insight, reason: String::new(), errors, undo }, &req)
}

/// `POST /insights/{id}/withdrawal`: with a reason; its author needs none within ten minutes of sharing,
/// for then it never was.
pub async fn withdraw(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<WithdrawalForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let insight = read(&app, &member, id).await?;
    let undo = insight.can_be_undone(&member, member.actor.at);
    let reason = match form.check(!undo) {
        Ok(reason) => reason,
        Err(errors) => {
            let page = Page::new(&req, &member, Place::Archive, "Error: Withdraw an insight");
            return page::show_again(
                &WithdrawPage { page, insight, reason: form.reason, errors, undo },
                &req,
            );
        }
    };
    app.db
        .write(move |c| {
            // Read again: what was read before stood outside this transaction.
            let insight = store::insight(c, &member.person, id)?;
            insight::may_withdraw(&member.person, &insight)?;
            if undo {
                telling::not_shared(c, id)?;
            }
            store::withdraw(c, &member.actor, &insight, &reason, undo)?;
            texts::gone(c, member.actor.at, id)
        })
        .await?;
    let restore = format!("/insights/{id}/restoration");
    let flash = if undo {
        Flash::with_undo("Taken back, as if it had never been shared.", restore)
    } else {
        Flash::with_undo("Withdrawn. It stands in no list any more; its address says why.", restore)
    };
    page::see_other_saying(&app, "/", &flash.saying("Restore it"))
}

/// The button that puts it back.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RestorationForm {}

/// `POST /insights/{id}/restoration`
pub async fn restore(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    Form(RestorationForm {}): Form<RestorationForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let policy = app.config.policy.review;
    app.db
        .write(move |c| {
            let insight = store::insight(c, &member.person, id)?;
            insight::may_restore(&member.person, &insight)?;
            store::restore(c, &member.actor, &insight)?;
            texts::look_around(c, member.actor.at, id, &policy)?;
            Ok(())
        })
        .await?;
    page::see_other_saying(&app, &format!("/insights/{id}"), &Flash::say("Back in the archive, as it was."))
}
