//! Sharing an insight: the full form, its preview, and what both it and the composer send.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{Choices, ContributeForm};
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::archive::draft::Draft;
use crate::archive::insight::Source;
use crate::archive::markdown::{self, SanitizedHtml};
use crate::archive::store;
use crate::error::{AppError, AppResult};
use crate::market;
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
}

/// How it will look.
struct Preview {
    draft: Draft,
    body: SanitizedHtml,
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
    let page = Page::new(&req, &member, Place::Elsewhere, "Share an insight");
    page::show(&ContributePage { page, form, choices, errors: FieldErrors::new(), preview: None }, &req)
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
    if form.act == "preview" {
        let choices = app.db.read(Choices::load).await?;
        let preview = Some(Preview { body: markdown::render(&draft.body), draft });
        let page = Page::new(&req, &member, Place::Elsewhere, "Preview");
        let errors = FieldErrors::new();
        return page::show(&ContributePage { page, form, choices, errors, preview }, &req);
    }
    if form.key.len() > 100 {
        return Err(AppError::BadRequest("The key of the form is too long.".into()));
    }
    let (actor, key) = (member.actor, form.key);
    let path = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let id = store::share(c, &actor, &draft)?;
                market::store::values::start(c, id, actor.at)?;
                Ok(format!("/insights/{id}"))
            })
        })
        .await?;
    let flash = Flash::with_undo(
        "Shared. Your colleagues can read it now; for ten minutes you can take it back.",
        format!("{path}/withdrawal"),
    );
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
    let page = Page::new(req, member, Place::Elsewhere, "Error: Share an insight");
    page::show_again(&ContributePage { page, form, choices, errors, preview: None }, req)
}
