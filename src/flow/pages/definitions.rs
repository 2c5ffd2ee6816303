//! `/flow/metrics`: what each figure is.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::flow::metrics::definitions::{DEFINITIONS, Definition};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/definitions.html")]
struct DefinitionsPage {
    page: Page,
    definitions: &'static [Definition],
}

/// Shows the page to anybody: what is counted about people is no secret to them.
pub async fn show(req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    let page = Page::new(&req, &member, Place::Flow, "What the figures mean");
    page::show(&DefinitionsPage { page, definitions: &DEFINITIONS }, &req)
}
