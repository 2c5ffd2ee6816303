//! Cross-site protection: a writing request must come from a page of this site. `Sec-Fetch-Site` says so
//! where the browser sends it, else `Origin` does; no hidden token stands beside them.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};

use super::App;
use crate::error::AppError;

/// What a request says of where it comes from.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    fetch_site: Option<&'a str>,
    origin: Option<&'a str>,
    has_session: bool,
}

/// Whether a writing request is ours. Without both headers it is no browser's doing; with our cookie and
/// neither header it is refused all the same: an old browser would be the only one to send it.
fn is_ours(said: Said<'_>, public_url: &str) -> bool {
    match (said.fetch_site, said.origin) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == public_url,
        (None, None) => !said.has_session,
    }
}

/// Refuses writing requests that come from elsewhere, and methods nobody serves.
pub async fn middleware<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let refused = match *req.method() {
        Method::GET => None,
        Method::POST => {
            let text =
                |name| req.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
            let said = Said {
                fetch_site: text(header::HeaderName::from_static("sec-fetch-site")),
                origin: text(header::ORIGIN),
                has_session: req.cookie(crate::web::token::SESSION).is_some()
                    || req.cookie(crate::web::token::SECURE_SESSION).is_some(),
            };
            let ours =
                req.app_data::<web::Data<App>>().is_some_and(|app| is_ours(said, &app.config.public_url));
            (!ours).then(|| {
                AppError::Forbidden(
                    "The request came from another site. Open the page here and send it again.",
                )
                .error_response()
            })
        }
        // TRACE and unknown methods would reach the default service.
        _ => Some(
            actix_web::HttpResponse::MethodNotAllowed()
                .insert_header((header::ALLOW, "GET, HEAD, POST"))
                .finish(),
        ),
    };
    match refused {
        Some(response) => Ok(req.into_response(response).map_into_right_body()),
        None => Ok(next.call(req).await?.map_into_left_body()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_write() {
        let home = "https://insights.example.com";
        for (fetch_site, origin, has_session, ours) in [
            (Some("same-origin"), None, true, true),
            (Some("same-origin"), Some("null"), true, true),
            (Some("same-site"), Some(home), true, false),
            (Some("cross-site"), Some(home), true, false),
            (Some("none"), None, true, false),
            (None, Some(home), true, true),
            (None, Some("https://insights.example.com.evil.example"), true, false),
            (None, Some("http://insights.example.com"), true, false),
            (None, Some("null"), false, false),
            (None, None, true, false),
            (None, None, false, true),
        ] {
            let said = Said { fetch_site, origin, has_session };
            assert_eq!(is_ours(said, home), ours, "{said:?}");
        }
    }
}
