//! The door through which pages of the flow read, as an argument of their handlers, and the cookie that lets
//! everybody see what they have just done though a replica lags behind.

use std::pin::Pin;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};

use super::{App, token};
use crate::db::{FlowReader, Position};
use crate::error::{AppError, AppResult};

/// The cookie's name. It holds a place in the database's log, such as `16/B374D848`: nothing about anybody.
pub const COOKIE: &str = "written";
/// It lives so much longer than the replica may be behind.
const LONGER: time::Duration = time::Duration::minutes(1);

/// How old what a page shows is.
struct Age(Duration);

impl FromRequest for FlowReader {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<FlowReader>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let Some(app) = req.app_data::<web::Data<App>>() else {
                return Err(AppError::Internal("no application state".into()));
            };
            let written = req.cookie(COOKIE).and_then(|cookie| cookie.value().parse::<Position>().ok());
            let reader = app.db.flow_reader(written).await;
            if let Some(age) = reader.age() {
                req.extensions_mut().insert(Age(age));
            }
            Ok(reader)
        })
    }
}

/// How old what a page shows is, in a sentence; nothing where it is of now.
pub fn as_of(req: &HttpRequest) -> Option<String> {
    let age = req.extensions().get::<Age>()?.0;
    let app = req.app_data::<web::Data<App>>()?;
    let minutes = age.as_secs() / 60;
    let then = app.clock.now() - chrono::Duration::minutes(i64::try_from(minutes).ok()?);
    let then = app.calendar().local(then).format("%H:%M");
    let ago = match minutes {
        0 => "less than a minute ago".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes if minutes < 120 => format!("{minutes} minutes ago"),
        minutes => format!("{} hours ago", minutes / 60),
    };
    Some(format!(
        "This page is as of {then}, {ago}. What happened since is not in it yet: load it again in a little while."
    ))
}

/// After a writing request of somebody signed in: where the database stands now, so that their next pages are
/// not read from a replica that has not come so far. Costs nothing where no replica is set.
///
/// # Errors
/// Those of the handler.
pub async fn middleware<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let app = match *req.method() {
        Method::POST => req.app_data::<web::Data<App>>().filter(|app| app.db.has_replica()).cloned(),
        _ => None,
    };
    let secure = app.as_ref().is_some_and(|app| app.config.is_secure());
    let app = app.filter(|_| req.cookie(token::session_cookie_name(secure)).is_some());
    let mut answer = next.call(req).await?;
    if let Some(app) = app.filter(|_| answer.status().is_success() || answer.status().is_redirection()) {
        let cookie = cookie(&app, app.db.position().await);
        answer.response_mut().add_cookie(&cookie).map_err(|error| AppError::Internal(error.to_string()))?;
    }
    Ok(answer)
}

fn cookie(app: &App, position: Position) -> Cookie<'static> {
    let behind = app.config.replica_patience.most_behind;
    let behind = time::Duration::try_from(behind).unwrap_or(time::Duration::HOUR);
    Cookie::build(COOKIE, position.to_string())
        .path("/")
        .http_only(true)
        .secure(app.config.is_secure())
        .same_site(SameSite::Lax)
        .max_age(behind + LONGER)
        .finish()
}
