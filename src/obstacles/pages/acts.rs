//! What is done to an obstacle: its state, what was done about it, and taking a change back.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::show::{self, Typed};
use super::{id_of, seen, viewer};
use crate::accounts::audit;
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::error::{AppError, AppResult};
use crate::obstacles::obstacle::{self, Content, State, WORDS};
use crate::obstacles::store::history::{self, Kind};
use crate::obstacles::store::register::{self, Change, Outcome};
use crate::obstacles::store::telling;
use crate::text::one_line;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page;

/// Somebody else was faster.
const MEANWHILE: &str = "Somebody changed this obstacle while you looked at it. Look at it again.";

/// A new state.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateForm {
    state: String,
    reason: String,
    version: String,
}

/// `POST /obstacles/{id}/state`
pub async fn state(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<String>,
    Form(form): Form<StateForm>,
) -> AppResult<HttpResponse> {
    let (id, viewer, actor) = (id_of(&id)?, viewer(&member), member.actor);
    let now = app.db.read(move |c| seen(c, id, viewer)).await?;
    let typed = |errors: FieldErrors| Typed {
        reason: form.reason.clone(),
        state: form.state.clone(),
        errors,
        ..Typed::default()
    };
    let (Some(to), Ok(version)) = (State::named(&form.state), form.version.parse::<i32>()) else {
        let errors = FieldErrors::one("state", "Choose the new state.");
        return show::again(&app, &req, &member, id, typed(errors)).await;
    };
    if version != now.version {
        return Err(AppError::Conflict(MEANWHILE));
    }
    obstacle::may_change(now.content.state, to, viewer.is_officer)?;
    let reason = match one_line(&form.reason, WORDS) {
        Ok(reason) if reason.is_empty() && obstacle::needs_reason(now.content.state, to) => {
            let why = "Say why in a sentence: whoever reads this later was not there.";
            return show::again(&app, &req, &member, id, typed(FieldErrors::one("reason", why))).await;
        }
        Ok(reason) => reason,
        Err(why) => {
            return show::again(&app, &req, &member, id, typed(FieldErrors::one("reason", why))).await;
        }
    };
    app.db
        .write(move |c| {
            let before = seen(c, id, viewer)?;
            let content = Content { state: to, ..before.content };
            let change = Change { id, seen: version, kind: Kind::State, words: &reason, content: &content };
            match register::change(c, &actor, &change)? {
                Outcome::Changed => {
                    let after = register::obstacle_of(c, id)?;
                    let what = format!("now {}", to.title().to_lowercase());
                    Ok(telling::changed(c, &after, &actor, &what)?)
                }
                Outcome::Same => Ok(()),
                Outcome::Stale => Err(AppError::Conflict(MEANWHILE)),
            }
        })
        .await?;
    let path = format!("/obstacles/{id}");
    let undo = format!("{path}/reversal");
    page::see_other_saying(&app, &path, &Flash::with_undo(format!("{}.", to.title()), undo))
}

/// What was done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoneForm {
    key: String,
    words: String,
    /// The day it was done on.
    done: String,
}

/// `POST /obstacles/{id}/actions`: once for each form. The chart marks its day.
pub async fn done(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<String>,
    Form(form): Form<DoneForm>,
) -> AppResult<HttpResponse> {
    let (id, viewer, actor) = (id_of(&id)?, viewer(&member), member.actor);
    app.db.read(move |c| seen(c, id, viewer)).await?;
    let mut errors = FieldErrors::new();
    let words = match one_line(&form.words, WORDS) {
        Ok(words) if words.is_empty() => {
            errors.add("words", "Say in a sentence what was done.");
            words
        }
        Ok(words) => words,
        Err(why) => {
            errors.add("words", why);
            String::new()
        }
    };
    let day = match form.done.trim().parse::<NaiveDate>() {
        Ok(day) if day > actor.day => {
            errors.add("done", "That day is still to come. Write down what was done when it is done.");
            day
        }
        Ok(day) => day,
        Err(_) => {
            errors.add("done", "Write the day as year-month-day, such as 2026-11-30.");
            actor.day
        }
    };
    if !errors.is_empty() {
        let typed = Typed { words: form.words, done: form.done, errors, ..Typed::default() };
        return show::again(&app, &req, &member, id, typed).await;
    }
    let key = form.key;
    let location = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let obstacle = seen(c, id, viewer)?;
                history::note(c, id, Kind::Acted, &actor, day, &words, None, None)?;
                let object = format!("obstacle:{id}");
                let on = format!("on {day}");
                audit::record(c, Some(actor.person_id), actor.at, "acted on", &object, &on)?;
                if obstacle.content.state == State::Open {
                    let content = Content { state: State::Acting, ..obstacle.content.clone() };
                    let change = Change {
                        id,
                        seen: obstacle.version,
                        kind: Kind::State,
                        words: "",
                        content: &content,
                    };
                    register::change(c, &actor, &change)?;
                }
                let after = register::obstacle_of(c, id)?;
                telling::changed(c, &after, &actor, &words)?;
                Ok(format!("/obstacles/{id}"))
            })
        })
        .await?;
    page::see_other_saying(&app, &location, &Flash::say("Written down. The chart marks the day."))
}

/// The button that takes the latest change back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReversalForm {
    /// The change as it was seen; without it the latest of one's own a moment ago.
    event: String,
}

/// `POST /obstacles/{id}/reversal`: the latest change, as long as it is the latest.
pub async fn take_back(
    app: web::Data<App>,
    member: Member,
    id: web::Path<String>,
    Form(form): Form<ReversalForm>,
) -> AppResult<HttpResponse> {
    let (id, viewer, actor) = (id_of(&id)?, viewer(&member), member.actor);
    let is_there = app
        .db
        .write(move |c| {
            let now = seen(c, id, viewer)?;
            let changes = |kind: Kind| matches!(kind, Kind::Opened | Kind::Changed | Kind::State);
            let all = history::events(c, id)?;
            let latest = all.into_iter().find(|event| changes(event.kind) || event.kind == Kind::TakenBack);
            let latest = latest
                .filter(|event| changes(event.kind))
                .filter(|event| match form.event.as_str() {
                    "" => event.by_id == Some(actor.person_id),
                    seen => seen == event.id.to_string(),
                })
                .ok_or(AppError::Conflict(
                    "That is no longer the latest change. Look at the obstacle again.",
                ))?;
            let Some(before) = latest.before else {
                if !viewer.is_officer {
                    return Err(AppError::Forbidden("Only the customer office takes an obstacle back."));
                }
                register::take_back(c, &actor, id, now.version)?;
                return Ok(false);
            };
            if before.state != now.content.state {
                obstacle::may_change(now.content.state, before.state, viewer.is_officer)?;
            }
            if !viewer.is_officer
                && (before.owner_id, before.due_on) != (now.content.owner_id, now.content.due_on)
            {
                return Err(AppError::Forbidden(
                    "Only the customer office changes who sees to it, and by when.",
                ));
            }
            let change = Change { id, seen: now.version, kind: Kind::TakenBack, words: "", content: &before };
            match register::change(c, &actor, &change)? {
                Outcome::Changed => {
                    let after = register::obstacle_of(c, id)?;
                    if now.content.owner_id == before.owner_id {
                        telling::changed(c, &after, &actor, "the last change was taken back")?;
                    } else {
                        telling::assigned(c, &after, &actor)?;
                    }
                    Ok(true)
                }
                Outcome::Same => Ok(true),
                Outcome::Stale => Err(AppError::Conflict(MEANWHILE)),
            }
        })
        .await?;
    if is_there {
        let path = format!("/obstacles/{id}");
        page::see_other_saying(&app, &path, &Flash::say("Taken back: it is as it was before."))
    } else {
        page::see_other_saying(
            &app,
            "/obstacles",
            &Flash::say("Taken back: the obstacle is not in the register."),
        )
    }
}
