//! `/flow/metrics`: what each figure is, and a page for each.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::figures::by_theme;
use crate::accounts::guard::Member;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::{DEFINITIONS, Definition, Made, definition};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/definitions.html")]
struct DefinitionsPage {
    page: Page,
    themes: Vec<(&'static str, Vec<&'static Definition>)>,
}

/// Shows the page to anybody: what is counted about people is no secret to them.
pub async fn show(req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    let page = Page::new(&req, &member, Place::Flow, "What the figures mean");
    page::show(&DefinitionsPage { page, themes: by_theme(&DEFINITIONS) }, &req)
}

#[derive(Template)]
#[template(path = "flow/definition.html")]
struct DefinitionPage {
    page: Page,
    definition: &'static Definition,
    /// When it is computed, in words.
    made: &'static str,
    before: Option<&'static Definition>,
    next: Option<&'static Definition>,
}

/// `/flow/metrics/{metric}`: one of them, as the link in the help of a figure leads to it.
pub async fn one(req: HttpRequest, member: Member, metric: web::Path<String>) -> AppResult<HttpResponse> {
    let definition = definition(&metric).ok_or(AppError::NotFound)?;
    let at = DEFINITIONS.iter().position(|other| other.id == definition.id).unwrap_or_default();
    let made = match definition.made {
        Made::FromSums => "From daily sums, whenever the page is opened.",
        Made::IntervalByNight => {
            "From daily sums, whenever the page is opened; its interval each night, or when somebody asks for the period."
        }
        Made::ByNight => {
            "From the events, each night for the usual periods, or when somebody asks for a period."
        }
    };
    let page = Page::new(&req, &member, Place::Flow, definition.name);
    let before = at.checked_sub(1).and_then(|at| DEFINITIONS.get(at));
    page::show(&DefinitionPage { page, definition, made, before, next: DEFINITIONS.get(at + 1) }, &req)
}
