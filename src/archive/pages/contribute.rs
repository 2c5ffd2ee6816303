//! Sharing an insight: the full form, its preview, and what both it and the composer send.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{self, Choices, ContributeForm};
use super::preview::Preview;
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::archive::insight::Source;
use crate::archive::mentions::Known;
use crate::archive::store;
use crate::archive::telling::Told;
use crate::customers;
use crate::error::AppResult;
use crate::review;
use crate::review::personal::said_of;
use crate::review::store::texts::{self, Alike};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "archive/contribute.html")]
struct ContributePage {
    page: Page,
    form: ContributeForm,
    choices: Choices,
    errors: FieldErrors,
    preview: Option<Preview>,
    /// Personal data in it, in words; empty for none.
    personal: String,
    /// What says nearly the same.
    same: Vec<Alike>,
}

/// What a link may fill in: a button in a CRM, a bookmarklet. Nothing is written before somebody sends
/// the form.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Prefill {
    title: String,
    text: String,
    quote: String,
    segment: String,
    customer: String,
    source: String,
    url: String,
    tags: String,
}

/// `GET /insights/new`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Query(fill): Query<Prefill>,
) -> AppResult<HttpResponse> {
    let person = member.id;
    let (choices, last) = app.db.read(move |c| Ok((Choices::load(c)?, store::last_used(c, person)?))).await?;
    // A source of another system's making is not an error of the person who follows the link.
    let source = Source::named(&fill.source).unwrap_or(last.source);
    let form = ContributeForm {
        key: submission::fresh_key()?,
        title: fill.title,
        text: fill.text,
        quote: fill.quote,
        segment: if fill.segment.is_empty() { last.segment } else { fill.segment },
        customer: fill.customer,
        source: source.name().to_owned(),
        tags: fill.tags,
        url: fill.url,
        ..ContributeForm::default()
    };
    let page = Page::new(&req, &member, Place::Share, "Share an insight");
    let (errors, personal, same) = (FieldErrors::new(), String::new(), Vec::new());
    page::show(&ContributePage { page, form, choices, errors, preview: None, personal, same }, &req)
}

/// `POST /insights`, from the composer and from the full form.
pub async fn share(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Form(form): Form<ContributeForm>,
) -> AppResult<HttpResponse> {
    let draft = match form.check(member.actor.day) {
        Err(errors) => return again(&app, &req, &member, form, errors).await,
        Ok(draft) => draft,
    };
    let (named, quick) = (!draft.customer.is_empty(), form.quick == "yes");
    let (draft, meant) = app
        .db
        .read(move |c| {
            let mut draft = draft;
            form::recognise(c, &mut draft, quick)?;
            let meant = if named { customers::store::customer_meant_by(c, &draft.customer)? } else { None };
            Ok((draft, meant))
        })
        .await?;
    let policy = app.config.policy.review;
    let found = texts::personal_in(&draft);
    if form.act == "preview" {
        let (viewer, text) = (member.id, draft.clone());
        let (choices, same, mentions) = app
            .db
            .read(move |c| {
                let alike = texts::alike_to(c, viewer, &text, None, &policy)?;
                let same = texts::identical(&alike, &policy);
                Ok((Choices::load(c)?, same, Known::of(c, [text.body.as_str()])?))
            })
            .await?;
        let personal = said_of(&found);
        let preview = Some(Preview::of(&draft, &mentions));
        let page = Page::new(&req, &member, Place::Share, "Preview");
        let errors = FieldErrors::new();
        return page::show(&ContributePage { page, form, choices, errors, preview, personal, same }, &req);
    }
    let (viewer, key, text) = (member.id, form.key.clone(), draft.clone());
    let (alike, sent) = app
        .db
        .read(move |c| {
            let alike = texts::alike_to(c, viewer, &text, None, &policy)?;
            // Pressed twice: what says the same is what the first press shared. Asked second, since the
            // first press may become visible in between.
            Ok((alike, !key.is_empty() && submission::find(c, viewer, &key)?.is_some()))
        })
        .await?;
    if form.anyway != "yes" && !sent {
        let same = texts::identical(&alike, &policy);
        if !same.is_empty() {
            let choices = app.db.read(Choices::load).await?;
            let page = Page::new(&req, &member, Place::Share, "Is it the same?");
            let (errors, personal) = (FieldErrors::new(), said_of(&found));
            let shown = ContributePage { page, form, choices, errors, preview: None, personal, same };
            return page::show_again(&shown, &req);
        }
    }
    let also = match (draft.customer.as_str(), meant) {
        ("", _) => String::new(),
        (customer, Some(known)) => {
            format!(" {customer} is a new customer here. If you meant {known}, open it to edit it.")
        }
        _ if named => String::new(),
        (customer, None) => format!(" It stands on the page of {customer}."),
    };
    let (actor, person, key) = (member.actor, member.person.clone(), form.key);
    let (path, told) = app
        .db
        .write(move |c| {
            let mut told = Told::default();
            let path = submission::once(c, actor.person_id, &key, actor.at, |c| {
                let (id, names) = review::store::publish(c, &person, &actor, &draft, &alike)?;
                told = names;
                Ok(format!("/insights/{id}"))
            })?;
            Ok((path, told))
        })
        .await?;
    let told = told.sentence();
    let said = if found.is_empty() {
        format!("Shared.{also} Your colleagues can read it now; for ten minutes you can take it back.{told}")
    } else {
        format!("Shared.{also} {} Open it to edit it, or take it back.{told}", said_of(&found))
    };
    let flash = Flash::with_undo(said, format!("{path}/withdrawal")).saying("Take it back");
    page::see_other_saying(&app, "/", &flash.leading_to(path))
}

/// The full form with everything that was typed, whichever form it came from.
async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    form: ContributeForm,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let choices = app.db.read(Choices::load).await?;
    let page = Page::new(req, member, Place::Share, "Error: Share an insight");
    let (personal, same) = (String::new(), Vec::new());
    page::show_again(&ContributePage { page, form, choices, errors, preview: None, personal, same }, req)
}
