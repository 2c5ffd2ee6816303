//! What every page shows around its content, and how a page becomes an answer.

use std::sync::{Arc, OnceLock};

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::App;
use super::flash::Flash;
use crate::accounts::person::Person;
use crate::error::{AppError, AppResult};

/// The places of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Feed,
    Requests,
    Archive,
    /// Sharing an insight.
    Share,
    Flow,
    Review,
    Admin,
    You,
    Notices,
    Elsewhere,
}

/// The frame of a page: `layout/base.html` reads it as `page`.
pub struct Page {
    /// In front of " - Tradewind" in the window's title.
    pub title: String,
    /// Which place of the navigation is marked.
    pub place: Place,
    /// Who looks at it; nobody on the sign-in page.
    pub person: Option<Person>,
    /// What the last page did.
    pub flash: Option<Flash>,
    /// "light", "dark", or "" for the device's.
    pub theme: &'static str,
    /// Whether single keys act.
    pub keys: bool,
    /// This page's own path and query, for forms that come back to it.
    pub path: String,
    /// What stands in the search field of the top bar.
    pub query: String,
    /// Whether this is the demo company.
    pub demo: bool,
    /// Whether there are credits in this company.
    pub credits: bool,
    /// How old what it shows is, in a sentence, where that is to be said.
    pub as_of: Option<String>,
}

impl Page {
    /// The frame of a page for somebody signed in.
    pub fn new(req: &HttpRequest, person: &Person, place: Place, title: impl Into<String>) -> Page {
        Page::outside(req, title).seen_by(person, place)
    }

    /// The frame of a page that was begun for a visitor, for somebody signed in.
    pub fn seen_by(self, person: &Person, place: Place) -> Page {
        Page { person: Some(person.clone()), place, ..self }
    }

    /// The frame of a page for a visitor.
    pub fn outside(req: &HttpRequest, title: impl Into<String>) -> Page {
        let app = req.app_data::<actix_web::web::Data<App>>();
        Page {
            title: title.into(),
            place: Place::Elsewhere,
            person: None,
            flash: Flash::of(req),
            theme: super::choices::theme(req),
            keys: super::choices::keys_act(req),
            path: req.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            query: String::new(),
            demo: app.is_some_and(|app| app.demo),
            credits: app.is_some_and(|app| app.config.policy.credits.on),
            as_of: super::flow_reader::as_of(req),
        }
    }

    /// Whether `place` is the marked one.
    pub fn is_at(&self, place: Place) -> bool {
        self.place == place
    }
}

/// Renders a page with status 200. A shown flash is removed from the visitor's cookies.
///
/// # Errors
/// 500 when the template fails.
pub fn show(page: &impl Template, req: &HttpRequest) -> AppResult<HttpResponse> {
    show_with(StatusCode::OK, page, req)
}

/// Renders a form again, with what is wrong with it: status 422.
///
/// # Errors
/// 500 when the template fails.
pub fn show_again(page: &impl Template, req: &HttpRequest) -> AppResult<HttpResponse> {
    show_with(StatusCode::UNPROCESSABLE_ENTITY, page, req)
}

/// Renders a page with a status of its own.
///
/// # Errors
/// 500 when the template fails.
pub fn show_with(status: StatusCode, page: &impl Template, req: &HttpRequest) -> AppResult<HttpResponse> {
    answer(status, page.render()?, req)
}

/// Answers with a page that was rendered where it was read: what it is made of is given back by the thread that
/// took it, which for the thirty insights of the feed was a twelfth of the whole.
///
/// # Errors
/// 500 when the notice of the last page cannot be taken down.
pub fn show_rendered(html: String, req: &HttpRequest) -> AppResult<HttpResponse> {
    answer(StatusCode::OK, html, req)
}

fn answer(status: StatusCode, html: String, req: &HttpRequest) -> AppResult<HttpResponse> {
    let mut response = HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(html);
    if req.cookie(super::flash::COOKIE).is_some() {
        let mut gone =
            actix_web::cookie::Cookie::build(super::flash::COOKIE, "").path("/").http_only(true).finish();
        gone.make_removal();
        response.add_cookie(&gone).map_err(|error| AppError::Internal(error.to_string()))?;
    }
    Ok(response)
}

/// Sends the visitor on with 303, after a POST or to the sign-in page.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// Sends the visitor on with a message for the next page.
///
/// # Errors
/// 500 when the message cannot become a cookie.
pub fn see_other_saying(app: &App, location: &str, flash: &Flash) -> AppResult<HttpResponse> {
    let mut response = see_other(location);
    response
        .add_cookie(&flash.cookie(app.config.is_secure()))
        .map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(response)
}

tokio::task_local! {
    static FRAME: Arc<Frame>;
}

/// What an error page needs to look like the other pages, gathered while the request is answered.
#[derive(Debug, Default)]
pub struct Frame {
    theme: &'static str,
    keys: bool,
    /// Where the visitor came for; "/" for a form.
    path: String,
    demo: bool,
    credits: bool,
    person: OnceLock<Person>,
}

impl Frame {
    /// What is known of a request before it is answered.
    pub fn of(req: &HttpRequest) -> Frame {
        let path = match *req.method() {
            Method::GET | Method::HEAD => req.uri().path_and_query().map_or("/", |path| path.as_str()),
            _ => "/",
        };
        let app = req.app_data::<actix_web::web::Data<App>>();
        Frame {
            theme: super::choices::theme(req),
            keys: super::choices::keys_act(req),
            path: path.to_owned(),
            demo: app.is_some_and(|app| app.demo),
            credits: app.is_some_and(|app| app.config.policy.credits.on),
            person: OnceLock::new(),
        }
    }

    /// That of the request being answered; an empty one outside a request.
    pub fn current() -> Arc<Frame> {
        FRAME.try_with(Clone::clone).unwrap_or_default()
    }

    /// Who it turned out to be.
    pub fn meet(&self, person: &Person) {
        self.person.get_or_init(|| person.clone());
    }

    /// Answers a request with this as its frame.
    pub async fn around<T>(self: Arc<Frame>, answer: impl Future<Output = T>) -> T {
        FRAME.scope(self, answer).await
    }
}

/// A page that says what happened and what to do, without internals.
#[derive(Template)]
#[template(path = "errors/error.html")]
pub struct ErrorPage<'a> {
    page: Page,
    status: u16,
    heading: &'a str,
    sentence: &'a str,
    /// A page that may be what was meant: its address and its name.
    instead: Option<(&'a str, &'a str)>,
    request_id: String,
}

impl ErrorPage<'_> {
    /// The answer that shows it.
    pub fn respond(status: StatusCode, heading: &str, sentence: &str) -> HttpResponse {
        ErrorPage::respond_with(status, heading, sentence, None)
    }

    /// The answer that shows it, with a page that may be what was meant.
    pub fn respond_with(
        status: StatusCode,
        heading: &str,
        sentence: &str,
        instead: Option<(&str, &str)>,
    ) -> HttpResponse {
        let frame = Frame::current();
        let page = ErrorPage {
            page: Page {
                title: heading.to_owned(),
                place: Place::Elsewhere,
                person: frame.person.get().cloned(),
                flash: None,
                theme: frame.theme,
                keys: frame.keys,
                path: if frame.path.is_empty() { "/".into() } else { frame.path.clone() },
                query: String::new(),
                demo: frame.demo,
                credits: frame.credits,
                as_of: None,
            },
            instead,
            status: status.as_u16(),
            heading,
            sentence,
            request_id: super::boundary::request_id(),
        };
        // An error page that fails to render still says what it can.
        let html = page.render().unwrap_or_else(|_| heading.to_owned());
        HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .body(html)
    }
}
