//! `/help/data`: what is kept of whom, table by table.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::reports::inventory::{Area, Kept, TABLES};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "help/data.html")]
struct DataPage {
    page: Page,
    areas: Vec<(&'static str, &'static str, Vec<&'static Kept>)>,
    tables: usize,
    of_people: usize,
}

/// Shows it to anybody: what is kept about people is no secret to them.
pub async fn show(req: HttpRequest, member: Member) -> AppResult<HttpResponse> {
    let areas = Area::ALL
        .into_iter()
        .map(|area| (area.key(), area.title(), TABLES.iter().filter(|kept| kept.area == area).collect()))
        .collect();
    let page = Page::new(&req, &member, Place::Elsewhere, "What is kept, of whom, and for how long");
    let of_people = TABLES.iter().filter(|kept| !kept.people.is_empty()).count();
    page::show(&DataPage { page, areas, tables: TABLES.len(), of_people }, &req)
}
