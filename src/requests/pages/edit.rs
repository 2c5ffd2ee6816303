//! Correcting the words of a request.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::ask::{AskForm, Choices};
use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::requests::request::Refusal;
use crate::requests::store;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "requests/edit.html")]
struct EditPage {
    page: Page,
    id: i64,
    form: AskForm,
    choices: Choices,
    errors: FieldErrors,
}

/// `GET /requests/{id}/edit`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (person, now, policy) = (member.person.clone(), member.actor.at, app.config.policy);
    let (form, choices) = app
        .db
        .read(move |c| {
            let standing = store::standing(c, id, now, &policy.play)?;
            standing
                .may_edit(person.id, person.role.curates(), now, &policy.requests)
                .map_err(Refusal::error)?;
            let request = store::request(c, id)?;
            let department: Vec<String> =
                request.departments.iter().map(|department| department.id.to_string()).collect();
            let choices = Choices::load(c, &department)?;
            let name = |named: Option<crate::customers::store::Named>| {
                named.map(|named| named.name).unwrap_or_default()
            };
            let form = AskForm {
                question: request.question,
                why: request.why,
                segment: name(request.segment),
                customer: name(request.customer),
                tags: request.tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>().join(", "),
                department,
                ..AskForm::default()
            };
            Ok((form, choices))
        })
        .await?;
    let page = Page::new(&req, &member, Place::Requests, "Correct a request");
    page::show(&EditPage { page, id, form, choices, errors: FieldErrors::new() }, &req)
}

/// `POST /requests/{id}/edit`
pub async fn keep(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<AskForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (person, now, policy) = (member.person.clone(), member.actor.at, app.config.policy);
    let ticked = form.department.clone();
    let choices = app
        .db
        .read(move |c| {
            let standing = store::standing(c, id, now, &policy.play)?;
            standing
                .may_edit(person.id, person.role.curates(), now, &policy.requests)
                .map_err(Refusal::error)?;
            Choices::load(c, &ticked)
        })
        .await?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let page = Page::new(&req, &member, Place::Requests, "Error: Correct a request");
            return page::show_again(&EditPage { page, id, form, choices, errors }, &req);
        }
    };
    let (actor, curates) = (member.actor, member.role.curates());
    app.db
        .write(move |c| store::edit(c, &actor, curates, id, &draft, &policy)?.map_err(Refusal::error))
        .await?;
    page::see_other_saying(&app, &format!("/requests/{id}"), &Flash::say("Corrected."))
}
