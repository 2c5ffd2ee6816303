//! `/unsubscribe/{token}`: no more mail, without signing in. A GET changes nothing, since mail scanners
//! open links; a POST is enough by itself, since mail programs send one (RFC 8058) in whichever form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::error::AppResult;
use crate::notices::store::unsubscribe;
use crate::web::App;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "notices/unsubscribe.html")]
struct UnsubscribePage {
    page: Page,
    token: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Asked,
    Stopped,
    /// No such link: mangled on its way, or older than a year.
    Unknown,
}

fn answer(req: &HttpRequest, token: &str, state: State) -> AppResult<HttpResponse> {
    let (status, title) = match state {
        State::Asked => (StatusCode::OK, "No more mail?"),
        State::Stopped => (StatusCode::OK, "No more mail"),
        State::Unknown => (StatusCode::NOT_FOUND, "This link does not work"),
    };
    let page = UnsubscribePage { page: Page::outside(req, title), token: token.to_owned(), state };
    page::show_with(status, &page, req)
}

/// `GET /unsubscribe/{token}`. Changes nothing.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (sought, now) = (token.clone(), app.clock.now());
    let known = app.db.read(move |c| Ok(unsubscribe::look(c, &sought, now)?)).await?.is_some();
    answer(&req, &token, if known { State::Asked } else { State::Unknown })
}

/// `POST /unsubscribe/{token}`, with any body or none.
pub async fn stop(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (sought, now) = (token.clone(), app.clock.now());
    let stopped = app.db.write(move |c| Ok(unsubscribe::stop(c, &sought, now)?)).await?.is_some();
    answer(&req, &token, if stopped { State::Stopped } else { State::Unknown })
}
