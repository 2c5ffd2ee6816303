//! The outermost middleware: gives each request its id, catches a panic, turns the framework's own
//! errors into pages, and writes one log line per request.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError, web};

use self::panics::catch_unwind;
use super::App;
use super::page::{ErrorPage, Frame};
use crate::error::AppError;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request being answered, for its error page and its log lines; "-" outside a request.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_else(|_| "-".into())
}

/// Wraps everything else.
///
/// # Errors
/// Only for what has no request left to answer to (a panic); the error carries the finished answer.
pub async fn middleware<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id: String = super::token::fresh().map(|token| token.chars().take(12).collect()).unwrap_or_default();
    let secure = req.app_data::<web::Data<App>>().is_some_and(|app| app.config.is_secure());
    let started = std::time::Instant::now();
    let method = req.method().clone();
    let frame = Arc::new(Frame::of(req.request()));
    super::visit::route_head_as_get(&mut req);
    let answer = REQUEST_ID.scope(id.clone(), async move {
        let finish = |response: &mut HttpResponse, route: &str| {
            super::headers::add(response.headers_mut(), secure);
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
            }
            // The pattern, never the path or the query: those may name people and customers.
            tracing::info!(
                request_id = %id,
                %method,
                route,
                status = response.status().as_u16(),
                ms = started.elapsed().as_millis() as u64,
                "request"
            );
        };
        let error = match catch_unwind(next.call(req)).await {
            Ok(Ok(response)) => {
                let (request, response) = response.map_into_boxed_body().into_parts();
                let mut response = with_page(response);
                finish(&mut response, &request.match_pattern().unwrap_or_else(|| "-".into()));
                return Ok(ServiceResponse::new(request, response));
            }
            Ok(Err(error)) => error,
            Err(()) => AppError::Internal("a handler panicked".into()).into(),
        };
        let mut response = with_page(error.error_response());
        finish(&mut response, "-");
        Err(InternalError::from_response(error, response).into())
    });
    frame.around(answer).await
}

/// Gives an error of the framework itself, which would otherwise be a line of plain text, its page.
fn with_page(response: HttpResponse) -> HttpResponse {
    let Some(mut page) = page_for(response.status(), response.headers().get(header::CONTENT_TYPE)) else {
        return response;
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allow.clone());
    }
    page
}

/// The page for an error of the framework itself, which would otherwise be a line of plain text.
fn page_for(status: StatusCode, content_type: Option<&HeaderValue>) -> Option<HttpResponse> {
    if !(status.is_client_error() || status.is_server_error())
        || content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    {
        return None;
    }
    let (heading, sentence) = match status {
        StatusCode::NOT_FOUND => return Some(AppError::NotFound.error_response()),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("That is not how this works", "Use the buttons and links of the page.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("That is too much at once", "Shorten it and send it again."),
        StatusCode::URI_TOO_LONG => ("The address is too long", "Shorten it and try again."),
        _ if status.is_client_error() => ("That could not be read", "Go back and try it again."),
        _ => return None,
    };
    Some(ErrorPage::respond(status, heading, sentence))
}

/// `catch_unwind` for a future, polled in place.
mod panics {
    use std::future::poll_fn;
    use std::panic::{AssertUnwindSafe, catch_unwind as catch};
    use std::pin::pin;
    use std::task::Poll;

    /// The future's output, or `Err` if a poll of it panicked.
    pub async fn catch_unwind<F: Future>(future: F) -> Result<F::Output, ()> {
        let mut future = pin!(future);
        poll_fn(move |cx| {
            // The future is not polled again after a panic, so no broken state is seen.
            match catch(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
                Ok(Poll::Pending) => Poll::Pending,
                Err(_) => Poll::Ready(Err(())),
            }
        })
        .await
    }
}
