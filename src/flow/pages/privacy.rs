//! `/help/privacy`: what is recorded about people, and who sees what of it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::web::App;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "help/privacy.html")]
struct PrivacyPage {
    page: Page,
    /// For so many days it is remembered who opened what.
    days: i64,
}

/// Shows the page.
pub async fn show(req: HttpRequest, app: web::Data<App>, member: Member) -> AppResult<HttpResponse> {
    page::show(
        &PrivacyPage {
            page: Page::new(&req, &member, Place::Elsewhere, "What is recorded about you"),
            days: app.config.policy.retention.days,
        },
        &req,
    )
}
