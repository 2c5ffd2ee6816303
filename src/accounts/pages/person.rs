//! `/admin/people/{id}`: one account.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::people::{Entered, LinkPage, PersonForm};
use crate::accounts::guard::{Admin, Member};
use crate::accounts::person::{Actor, Role};
use crate::accounts::store::{self, Branch, Membership, PersonRow, State};
use crate::accounts::{audit, links, proof};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::notices::store::outbox;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/person.html")]
struct PersonPage {
    page: Page,
    person: PersonRow,
    history: Vec<Membership>,
    departments: Vec<Branch>,
    form: PersonForm,
    errors: FieldErrors,
    is_own: bool,
}

async fn load(
    req: &HttpRequest,
    app: &App,
    member: &Member,
    id: i64,
    refused: Option<(PersonForm, FieldErrors)>,
) -> AppResult<PersonPage> {
    let (person, history, departments) = app
        .db
        .read(move |c| Ok((store::person(c, id)?, store::memberships_of(c, id)?, store::departments(c)?)))
        .await?;
    let (form, errors) = refused.unwrap_or_else(|| {
        let form = PersonForm {
            key: String::new(),
            name: person.name.clone(),
            email: person.email.clone(),
            department: person.department_id.to_string(),
            role: person.role.name().into(),
            manager: if person.manager { "yes".into() } else { String::new() },
            proof: String::new(),
        };
        (form, FieldErrors::new())
    });
    let title = if errors.is_empty() { person.name.clone() } else { format!("Error: {}", person.name) };
    let page = Page::new(req, member, Place::Admin, title);
    let is_own = member.id == id;
    Ok(PersonPage { page, person, history, departments, form, errors, is_own })
}

/// `GET /admin/people/{id}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    page::show(&load(&req, &app, &admin, *id, None).await?, &req)
}

/// Writes what differs, each with its own audit row.
fn write_changes(
    c: &mut Conn,
    actor: &Actor,
    id: i64,
    entered: &Entered,
    public_url: Option<&str>,
) -> AppResult<usize> {
    let before = store::person(c, id)?;
    let object = format!("person:{id}");
    let mut changes: Vec<(&str, String)> = Vec::new();
    if before.name != entered.name {
        store::rename(c, id, &entered.name)?;
        changes.push(("changed the name of", String::new()));
    }
    if before.email != entered.email {
        store::set_email(c, id, &entered.email, actor.at)?;
        changes.push(("changed the e-mail of", String::new()));
    }
    if before.department_id != entered.department_id {
        let from = store::department_of(c, before.department_id)?.path;
        let to = store::department_of(c, entered.department_id)?;
        if to.closed_on.is_some() {
            return Err(AppError::Conflict("This department was renamed, moved or closed meanwhile."));
        }
        changes.push(("moved", format!("{from} to {}", to.path)));
    }
    if before.manager != entered.manager {
        let now = if entered.manager { "now a manager" } else { "no longer a manager" };
        changes.push(("changed the job of", now.to_owned()));
    }
    store::move_person(c, id, entered.department_id, entered.manager, actor.day)?;
    if before.role != entered.role {
        store::set_role(c, id, entered.role)?;
        changes.push(("changed the role of", format!("{} to {}", before.role.name(), entered.role.name())));
    }
    for (action, detail) in &changes {
        audit::record(c, Some(actor.person_id), actor.at, action, &object, detail)?;
    }
    if let Some(url) = public_url {
        tell_of_changes(c, &before, entered, url, actor.at)?;
    }
    Ok(changes.len())
}

/// Tells somebody by mail what changes how they get in and what they may do: a new address to the old
/// one, which is the only one that somebody else does not hold.
fn tell_of_changes(
    c: &mut Conn,
    before: &PersonRow,
    entered: &Entered,
    url: &str,
    at: NaiveDateTime,
) -> AppResult<()> {
    if before.state() != State::Active {
        return Ok(());
    }
    if before.email != entered.email {
        // Only the stored address: what was typed is the new one.
        let old = Some(before.email.clone());
        outbox::put_account(c, before.id, old, "an administrator changed your e-mail address", url, at)?;
    }
    if before.role != entered.role {
        let what = format!("your role is now {}", entered.role.title());
        outbox::put_account(c, before.id, None, &what, url, at)?;
    }
    Ok(())
}

/// `POST /admin/people/{id}`.
pub async fn change(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(form): Form<PersonForm>,
) -> AppResult<HttpResponse> {
    let (id, actor) = (*id, admin.actor);
    let current = app.db.read(move |c| Ok((store::person(c, id)?, store::departments(c)?))).await?;
    let entered = match form.check(&current.1) {
        Ok(entered) => entered,
        Err(errors) => {
            let page = load(&req, &app, &admin, id, Some((form, errors))).await?;
            return page::show_again(&page, &req);
        }
    };
    // How they get in, and what they may do; a name or a department is neither.
    let gives_access = current.0.email != entered.email || current.0.role != entered.role;
    let back = page_of(id);
    if gives_access
        && let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, form.fields(), &back).await?
    {
        return Ok(asked);
    }
    let public_url = app.mail().map(|_| app.config.public_url.clone());
    let written = app
        .db
        .write(move |c| {
            let taken = store::person_by_email(c, &entered.email)?.is_some_and(|other| other.id != id);
            if taken {
                return Ok(None);
            }
            write_changes(c, &actor, id, &entered, public_url.as_deref()).map(Some)
        })
        .await;
    let errors = match written {
        Ok(Some(changes)) => {
            let flash = Flash::say(if changes == 0 { "Nothing was changed." } else { "Saved." });
            return page::see_other_saying(&app, &format!("/admin/people/{id}"), &flash);
        }
        Ok(None) => FieldErrors::one("email", "Somebody with this e-mail is here already"),
        Err(AppError::Forbidden(why)) => FieldErrors::one("role", why),
        Err(error) => return Err(error),
    };
    let page = load(&req, &app, &admin, id, Some((form, errors))).await?;
    page::show_again(&page, &req)
}

fn page_of(id: i64) -> String {
    format!("/admin/people/{id}")
}

/// The buttons send nothing of their own.
#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Button {
    /// The password of whoever presses it, where it is asked for.
    proof: String,
}

/// `POST /admin/people/{id}/link`: a new invitation, or a reset link for somebody with a password. Shown
/// once, in the answer itself; the older one stops working.
pub async fn new_link(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(form): Form<Button>,
) -> AppResult<HttpResponse> {
    if let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, Vec::new(), &page_of(*id)).await? {
        return Ok(asked);
    }
    let (id, actor, public_url) = (*id, admin.actor, app.config.public_url.clone());
    let mails = app.mail().is_some();
    let (person, purpose, link) = app
        .db
        .write(move |c| {
            let person = store::person(c, id)?;
            if person.state() == State::Disabled {
                return Err(AppError::Conflict("This account is disabled. Enable it first."));
            }
            let (purpose, link) = links::invite_or_reset(c, id, &public_url, actor.at)?;
            audit::record(
                c,
                Some(actor.person_id),
                actor.at,
                "made a link for",
                &format!("person:{id}"),
                purpose.name(),
            )?;
            if mails {
                outbox::put_link(c, id, actor.at)?;
            }
            Ok((person, purpose, link))
        })
        .await?;
    let page = Page::new(&req, &admin, Place::Admin, "A new link");
    let mailed = mails.then_some(person.email);
    page::show(&LinkPage { page, person_id: id, name: person.name, purpose, link, mailed }, &req)
}

/// `POST /admin/people/{id}/disabling`.
pub async fn disable(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(form): Form<Button>,
) -> AppResult<HttpResponse> {
    if let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, Vec::new(), &page_of(*id)).await? {
        return Ok(asked);
    }
    let (id, actor) = (*id, admin.actor);
    let done = app
        .db
        .write(move |c| {
            if store::person(c, id)?.state() == State::Disabled {
                return Ok(());
            }
            store::disable(c, id, actor.at, actor.day)?;
            let object = format!("person:{id}");
            Ok(audit::record(c, Some(actor.person_id), actor.at, "disabled", &object, "")?)
        })
        .await;
    match done {
        Ok(()) => {
            let undo = format!("/admin/people/{id}/enabling");
            let flash = Flash::with_undo("Disabled and signed out everywhere.", undo);
            page::see_other_saying(&app, &format!("/admin/people/{id}"), &flash)
        }
        Err(AppError::Forbidden(why)) => {
            let mut page = load(&req, &app, &admin, id, None).await?;
            page.errors = FieldErrors::one("role", why);
            page::show_again(&page, &req)
        }
        Err(error) => Err(error),
    }
}

/// `POST /admin/people/{id}/enabling`.
pub async fn enable(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(form): Form<Button>,
) -> AppResult<HttpResponse> {
    if let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, Vec::new(), &page_of(*id)).await? {
        return Ok(asked);
    }
    let (id, actor) = (*id, admin.actor);
    app.db
        .write(move |c| {
            if store::person(c, id)?.state() != State::Disabled {
                return Ok(());
            }
            store::enable(c, id)?;
            let object = format!("person:{id}");
            Ok(audit::record(c, Some(actor.person_id), actor.at, "enabled", &object, "")?)
        })
        .await?;
    let flash = Flash::say("Enabled. The old password works again; if it is forgotten, make a new link.");
    page::see_other_saying(&app, &format!("/admin/people/{id}"), &flash)
}
