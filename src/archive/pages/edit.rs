//! Correcting an insight. Two people who edit at once both see both versions.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{Choices, ContributeForm};
use super::preview::Preview;
use crate::accounts::guard::Member;
use crate::archive::insight::{self, Insight};
use crate::archive::mentions::Known;
use crate::archive::store;
use crate::archive::store::versions::{self, Version};
use crate::archive::telling::{self, By, Told};
use crate::error::{AppError, AppResult};
use crate::review::personal::{Found, said_of};
use crate::review::store::texts;
use crate::text::one_line;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when::{self, Moment};

/// Longest "what changed", in characters.
const REASON: usize = 200;

#[derive(Template)]
#[template(path = "archive/edit.html")]
struct EditPage {
    page: Page,
    id: i64,
    form: ContributeForm,
    choices: Choices,
    errors: FieldErrors,
    /// What somebody else kept meanwhile.
    theirs: Option<Theirs>,
    preview: Option<Preview>,
    /// What the preview says about personal data.
    personal: String,
}

struct Theirs {
    version: Version,
    at: Moment,
}

/// `GET /insights/{id}/edit`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let viewer = member.person.clone();
    let (insight, choices) = app
        .db
        .read(move |c| {
            let insight = store::insight(c, &viewer, id)?;
            insight::may_edit(&viewer, &insight)?;
            Ok((insight, Choices::load(c)?))
        })
        .await?;
    let page = Page::new(&req, &member, Place::Archive, format!("Edit “{}”", insight.title));
    let form = ContributeForm::of(&insight);
    let (errors, personal) = (FieldErrors::new(), String::new());
    page::show(&EditPage { page, id, form, choices, errors, theirs: None, preview: None, personal }, &req)
}

/// What became of an edit.
enum Outcome {
    /// What of personal data is in it now, and whom it told.
    Kept(Vec<Found>, Told),
    /// Nothing was changed.
    Same,
    /// Somebody else kept a version meanwhile.
    Stale(Box<Insight>),
}

/// `POST /insights/{id}/edit`
pub async fn keep(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<ContributeForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let Ok(version) = form.version.parse::<i32>() else {
        return Err(AppError::BadRequest(
            "The version that was edited is missing. Open the form again.".into(),
        ));
    };
    let checked = form.check(member.actor.day).and_then(|draft| match one_line(&form.reason, REASON) {
        Ok(reason) => Ok((draft, reason)),
        Err(why) => Err(FieldErrors::one("reason", why)),
    });
    let (draft, reason) = match checked {
        Ok(fine) => fine,
        Err(errors) => return again(&app, &req, &member, id, form, errors).await,
    };
    if form.act == "preview" {
        let (viewer, body) = (member.person.clone(), draft.body.clone());
        let (choices, mentions) = app
            .db
            .read(move |c| {
                insight::may_edit(&viewer, &store::insight(c, &viewer, id)?)?;
                Ok((Choices::load(c)?, Known::of(c, [body.as_str()])?))
            })
            .await?;
        let preview = Some(Preview::of(&draft, &mentions));
        let personal = said_of(&texts::personal_in(&draft));
        let page = Page::new(&req, &member, Place::Archive, "Preview of an edit");
        let errors = FieldErrors::new();
        return page::show(
            &EditPage { page, id, form, choices, errors, theirs: None, preview, personal },
            &req,
        );
    }
    let (actor, person) = (member.actor, member.person.clone());
    let (policy, text) = (app.config.policy.review, draft.clone());
    let alike =
        app.db.read(move |c| Ok(texts::alike_to(c, actor.person_id, &text, Some(id), &policy)?)).await?;
    let outcome = app
        .db
        .write(move |c| {
            let before = store::insight(c, &person, id)?;
            insight::may_edit(&person, &before)?;
            if before.version != version {
                return Ok(Outcome::Stale(Box::new(before)));
            }
            if before.draft().says_the_same_as(&draft) {
                return Ok(Outcome::Same);
            }
            if store::edit(c, &actor, &before, &draft, &reason)? {
                let insight = store::insight(c, &person, id)?;
                let told = telling::mentioned_in_insight(c, &By::name(&person), &insight, &actor)?;
                Ok(Outcome::Kept(texts::look(c, actor.at, id, &alike)?, told))
            } else {
                Ok(Outcome::Stale(Box::new(store::insight(c, &person, id)?)))
            }
        })
        .await;
    let path = format!("/insights/{id}");
    match outcome {
        Ok(Outcome::Kept(found, told)) => {
            let said = format!("Saved as a new version.{} {}", told.sentence(), said_of(&found));
            page::see_other_saying(&app, &path, &Flash::say(said.trim_end()))
        }
        Ok(Outcome::Same) => page::see_other_saying(&app, &path, &Flash::say("Nothing was changed.")),
        Ok(Outcome::Stale(now)) => both(&app, &req, &member, *now, form).await,
        // Withdrawn meanwhile: what was typed is kept all the same.
        Err(AppError::Conflict(why)) => {
            let choices = app.db.read(Choices::load).await?;
            let page = Page::new(&req, &member, Place::Archive, "Error: Edit an insight");
            let errors = FieldErrors::one("text", why);
            page::show_with(
                StatusCode::CONFLICT,
                &EditPage {
                    page,
                    id,
                    form,
                    choices,
                    errors,
                    theirs: None,
                    preview: None,
                    personal: String::new(),
                },
                &req,
            )
        }
        Err(error) => Err(error),
    }
}

/// The form with what is wrong with it.
async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    form: ContributeForm,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let viewer = member.person.clone();
    let choices = app
        .db
        .read(move |c| {
            insight::may_edit(&viewer, &store::insight(c, &viewer, id)?)?;
            Choices::load(c)
        })
        .await?;
    let page = Page::new(req, member, Place::Archive, "Error: Edit an insight");
    page::show_again(
        &EditPage { page, id, form, choices, errors, theirs: None, preview: None, personal: String::new() },
        req,
    )
}

/// Both versions side by side: theirs as it stands, one's own in the form, which now saves on top.
async fn both(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    now: Insight,
    form: ContributeForm,
) -> AppResult<HttpResponse> {
    let (id, newest) = (now.id, now.version);
    let (choices, version) = app
        .db
        .read(move |c| Ok((Choices::load(c)?, versions::of(c, id, i32::MAX, 1)?.into_iter().next())))
        .await?;
    let theirs = version
        .map(|version| Theirs { at: when::moment(app.calendar(), version.at, member.actor.at), version });
    let form = ContributeForm { version: newest.to_string(), ..form };
    let page = Page::new(req, member, Place::Archive, "Error: Two edits at once");
    let errors = FieldErrors::new();
    let shown = EditPage { page, id, form, choices, errors, theirs, preview: None, personal: String::new() };
    page::show_with(StatusCode::CONFLICT, &shown, req)
}
