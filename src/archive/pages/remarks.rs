//! Remarks under an insight: adding one, taking one back.

use actix_web::{HttpRequest, HttpResponse, web};

use super::show;
use crate::accounts::guard::Member;
use crate::accounts::{audit, submission};
use crate::archive::store::{self, remarks};
use crate::archive::telling::{self, By, Told};
use crate::error::{AppError, AppResult};
use crate::review::personal::{self, said_of};
use crate::review::store::texts;
use crate::text::many_lines;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page;

/// Longest remark, in bytes.
const LONGEST: usize = 8 * 1024;

/// A remark as it was typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemarkForm {
    key: String,
    remark: String,
}

impl RemarkForm {
    fn check(&self) -> Result<String, FieldErrors> {
        match many_lines(&self.remark, LONGEST) {
            Ok(text) if text.trim().is_empty() => {
                Err(FieldErrors::one("remark", "Write what you know about it"))
            }
            Ok(text) => Ok(text),
            Err(why) => Err(FieldErrors::one("remark", why)),
        }
    }
}

/// `POST /insights/{id}/remarks`
pub async fn add(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<RemarkForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let text = match form.check() {
        Ok(text) => text,
        Err(errors) => return show::again(&app, &req, &member, id, form.remark, errors).await,
    };
    let key = form.key;
    let found = personal::find(&text);
    let (location, told) = app
        .db
        .write(move |c| {
            let mut told = Told::default();
            let location = submission::once(c, member.id, &key, member.actor.at, |c| {
                let insight = store::insight(c, &member.person, id)?;
                if insight.withdrawn.is_some() {
                    return Err(AppError::Conflict("This insight was withdrawn meanwhile."));
                }
                let remark = remarks::add(c, &member.actor, id, &text)?;
                texts::look_at_remark(c, member.actor.at, id, remark)?;
                told = telling::remarked(c, &By::name(&member), &insight, remark, &text, &member.actor)?;
                Ok(format!("/insights/{id}#remark-{remark}"))
            })?;
            Ok((location, told))
        })
        .await?;
    let said = format!("Your remark stands below the insight.{} {}", told.sentence(), said_of(&found));
    page::see_other_saying(&app, &location, &Flash::say(said.trim_end()))
}

/// The button that takes a remark back.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TakeBack {}

/// `POST /insights/{id}/remarks/{remark}/withdrawal`: its author, or a curator (then it is in the audit
/// log).
pub async fn withdraw(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(i64, i64)>,
    Form(TakeBack {}): Form<TakeBack>,
) -> AppResult<HttpResponse> {
    let (id, remark) = path.into_inner();
    app.db
        .write(move |c| {
            store::insight(c, &member.person, id)?;
            let author = remarks::author(c, id, remark)?;
            if author != member.id && !member.role.curates() {
                return Err(AppError::Forbidden("Only who wrote a remark and curators can take it back."));
            }
            remarks::withdraw(c, id, remark, member.actor.at)?;
            texts::remark_gone(c, member.actor.at, remark)?;
            telling::not_remarked(c, remark)?;
            if author != member.id {
                let object = format!("remark:{remark}");
                audit::record(c, Some(member.id), member.actor.at, "withdrew", &object, "")?;
            }
            Ok(())
        })
        .await?;
    page::see_other_saying(&app, &format!("/insights/{id}#remarks"), &Flash::say("The remark is gone."))
}
