//! `/help/privacy`: what is recorded about people, and who sees what of it.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "help/privacy.html")]
struct PrivacyPage {
    page: Page,
}

/// Shows the page.
pub async fn show(req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    page::show(
        &PrivacyPage { page: Page::new(&req, &member, Place::Elsewhere, "What is recorded about you") },
        &req,
    )
}
