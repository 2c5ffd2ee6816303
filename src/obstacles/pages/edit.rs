//! Correcting an obstacle. Two who edit at once both see both versions.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{self, ObstacleForm};
use super::{id_of, seen, viewer};
use crate::accounts::guard::Member;
use crate::accounts::store as accounts;
use crate::error::{AppError, AppResult};
use crate::obstacles::obstacle::{Content, Obstacle, WORDS};
use crate::obstacles::store::history::Kind;
use crate::obstacles::store::register::{self, Change, Outcome};
use crate::obstacles::store::telling;
use crate::text::one_line;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when;

#[derive(Template)]
#[template(path = "obstacles/edit.html")]
struct EditPage {
    page: Page,
    id: i64,
    form: ObstacleForm,
    /// Whether everything may be changed, or the plan alone.
    is_officer: bool,
    errors: FieldErrors,
    /// What somebody else kept meanwhile.
    theirs: Option<Theirs>,
}

struct Theirs {
    description: String,
    owner: String,
    action: String,
    due: String,
    state: &'static str,
}

/// `GET /obstacles/{id}/edit`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (id, viewer) = (id_of(&id)?, viewer(&member));
    let (obstacle, handle) = app
        .db
        .read(move |c| {
            let obstacle = seen(c, id, viewer)?;
            let handle = accounts::person(c, obstacle.content.owner_id)?.handle;
            Ok((obstacle, handle))
        })
        .await?;
    let page = Page::new(&req, &member, Place::Flow, "Change an obstacle");
    let form = ObstacleForm::of(&obstacle, &handle);
    let (is_officer, errors) = (viewer.is_officer, FieldErrors::new());
    page::show(&EditPage { page, id, form, is_officer, errors, theirs: None }, &req)
}

/// `POST /obstacles/{id}/edit`
pub async fn keep(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<String>,
    Form(form): Form<ObstacleForm>,
) -> AppResult<HttpResponse> {
    let (id, viewer, actor) = (id_of(&id)?, viewer(&member), member.actor);
    let now = app.db.read(move |c| seen(c, id, viewer)).await?;
    let Ok(version) = form.version.parse::<i32>() else {
        return Err(AppError::BadRequest(
            "The version that was edited is missing. Open the form again.".into(),
        ));
    };
    let again = |form: ObstacleForm, errors: FieldErrors| {
        let page = Page::new(&req, &member, Place::Flow, "Error: Change an obstacle");
        EditPage { page, id, form, is_officer: viewer.is_officer, errors, theirs: None }
    };
    // Whoever sees to it changes the plan alone; the rest is as it stands.
    let typed = if viewer.is_officer {
        form.clone()
    } else {
        ObstacleForm {
            description: now.content.description.clone(),
            owner: "x".into(),
            due: now.content.due_on.to_string(),
            ..form.clone()
        }
    };
    let checked = typed.check(actor.day, Some(now.content.due_on)).and_then(|meant| {
        one_line(&form.reason, WORDS)
            .map(|reason| (meant, reason))
            .map_err(|why| FieldErrors::one("reason", why))
    });
    let (meant, reason) = match checked {
        Ok(fine) => fine,
        Err(errors) => return page::show_again(&again(form, errors), &req),
    };
    let owner_id = if viewer.is_officer {
        let name = meant.owner.clone();
        match app.db.read(move |c| form::owner(c, &name)).await? {
            Ok(id) => id,
            // Whoever has left may stay until somebody else is named.
            Err(errors) => return page::show_again(&again(form, errors), &req),
        }
    } else {
        now.content.owner_id
    };
    let outcome = app
        .db
        .write(move |c| {
            let before = seen(c, id, viewer)?;
            let content = Content {
                description: meant.description.clone(),
                action: meant.action.clone(),
                owner_id,
                due_on: meant.due_on,
                state: before.content.state,
            };
            let change = Change { id, seen: version, kind: Kind::Changed, words: &reason, content: &content };
            let outcome = register::change(c, &actor, &change)?;
            if outcome == Outcome::Changed {
                let after = register::obstacle_of(c, id)?;
                if before.content.owner_id == owner_id {
                    telling::changed(c, &after, &actor, "it was changed")?;
                } else {
                    telling::assigned(c, &after, &actor)?;
                }
            }
            Ok(outcome)
        })
        .await?;
    let path = format!("/obstacles/{id}");
    match outcome {
        Outcome::Changed => {
            let undo = format!("{path}/reversal");
            page::see_other_saying(&app, &path, &Flash::with_undo("Changed.", undo))
        }
        Outcome::Same => page::see_other_saying(&app, &path, &Flash::say("Nothing was changed.")),
        Outcome::Stale => {
            let now = app.db.read(move |c| seen(c, id, viewer)).await?;
            let form = ObstacleForm { version: now.version.to_string(), ..form };
            let page = Page::new(&req, &member, Place::Flow, "Error: Two changes at once");
            let theirs = Some(theirs(&now, actor.day));
            let errors = FieldErrors::new();
            let shown = EditPage { page, id, form, is_officer: viewer.is_officer, errors, theirs };
            page::show_with(StatusCode::CONFLICT, &shown, &req)
        }
    }
}

fn theirs(now: &Obstacle, today: chrono::NaiveDate) -> Theirs {
    Theirs {
        description: now.content.description.clone(),
        owner: now.owner.clone(),
        action: now.content.action.clone(),
        due: when::day(now.content.due_on, today),
        state: now.content.state.title(),
    }
}
