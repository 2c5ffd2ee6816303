//! What can go wrong, one variant per thing a visitor can be told.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::web::page::ErrorPage;

/// The result of everything a request can do.
pub type AppResult<T> = Result<T, AppError>;

/// Why a request was not answered with what it asked for. Validation is not among them: wrong input is
/// a value that leads back to the form.
#[derive(Debug)]
pub enum AppError {
    /// 404: there is no such thing, or not for this person (the two look the same).
    NotFound,
    /// 303 to the sign-in page, which leads back to `back_to`.
    SignIn { back_to: String },
    /// 403 with the reason.
    Forbidden(&'static str),
    /// 403 with the reason, and a page that is open instead.
    ForbiddenBut { why: &'static str, href: String, words: &'static str },
    /// 400 with what is wrong and what would be right.
    BadRequest(String),
    /// 409 with what happened meanwhile and what to do.
    Conflict(&'static str),
    /// 409: an account does not hold the credits that a payment takes.
    NotEnough { balance: i64, needed: i64 },
    /// 410: it was turned into counts; what remains, and where that is.
    NoLonger { why: String, href: Option<String> },
    /// 413: more than is taken.
    TooLarge(&'static str),
    /// 429 with the seconds to wait.
    TooMany { seconds: u32 },
    /// 503: no connection in time, the deadline passed, the disk is full. Trying again is right.
    Busy,
    /// 500: the database said something nobody expected.
    Database(DieselError),
    /// 500: a template failed.
    Render(askama::Error),
    /// 500: anything else nobody expected, with a note for the log.
    Internal(String),
}

impl AppError {
    /// Whether the database refused because a row with these values is there already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, AppError::Database(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// What the visitor reads: a heading and a sentence.
    fn words(&self) -> (&'static str, String) {
        match self {
            AppError::NotFound => (
                "There is nothing here",
                "The address may be mistyped, or what was here is gone. The archive can be searched.".into(),
            ),
            AppError::SignIn { .. } => ("Sign in", "Sign in to go on.".into()),
            AppError::Forbidden(why) => ("That is not open to you", (*why).into()),
            AppError::ForbiddenBut { why, .. } => ("That is not open to you", (*why).into()),
            AppError::BadRequest(why) => ("That could not be read", why.clone()),
            AppError::Conflict(why) => ("That does not go any more", (*why).into()),
            AppError::NotEnough { balance, needed } => (
                "Not enough credits",
                format!(
                    "This takes {needed} credits and the balance is {balance}. Nothing was paid. Choose a \
                     smaller amount, or earn some first: your page shows how under Credits."
                ),
            ),
            AppError::NoLonger { why, .. } => ("No longer available", why.clone()),
            AppError::TooLarge(why) => ("That is too much at once", (*why).into()),
            AppError::TooMany { seconds } => (
                "Too many tries",
                format!("Wait {seconds} seconds, then try again."),
            ),
            AppError::Busy => (
                "Busy at the moment",
                "Nothing was lost. Wait a few seconds and try again.".into(),
            ),
            AppError::Database(_) | AppError::Render(_) | AppError::Internal(_) => (
                "Something went wrong here",
                "It has been noted. Try again; if it happens again, give your administrator the request number below.".into(),
            ),
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AppError::Database(error) => write!(f, "database: {error}"),
            AppError::Render(error) => write!(f, "template: {error}"),
            AppError::Internal(note) => write!(f, "{note}"),
            other => write!(f, "{}: {}", other.words().0, other.words().1),
        }
    }
}

impl std::error::Error for AppError {}

impl From<DieselError> for AppError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => AppError::NotFound,
            other if is_passing(&other) => {
                tracing::error!(error = %other, "the database cannot serve at the moment");
                AppError::Busy
            }
            other => AppError::Database(other),
        }
    }
}

/// Whether the database will work again without a change to the request: the server was stopped, the
/// disk is full, a statement ran out of time.
fn is_passing(error: &DieselError) -> bool {
    const SIGNS: [&str; 8] = [
        "database or disk is full",
        "disk I/O error",
        "attempt to write a readonly database",
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "the database system is",
        "canceling statement due to",
    ];
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        ) => true,
        DieselError::DatabaseError(_, info) => SIGNS.iter().any(|sign| info.message().contains(sign)),
        _ => false,
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        AppError::Render(error)
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            AppError::NotFound => StatusCode::NOT_FOUND,
            AppError::SignIn { .. } => StatusCode::SEE_OTHER,
            AppError::Forbidden(_) | AppError::ForbiddenBut { .. } => StatusCode::FORBIDDEN,
            AppError::BadRequest(_) => StatusCode::BAD_REQUEST,
            AppError::Conflict(_) | AppError::NotEnough { .. } => StatusCode::CONFLICT,
            AppError::NoLonger { .. } => StatusCode::GONE,
            AppError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            AppError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            AppError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            AppError::Database(_) | AppError::Render(_) | AppError::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// Logs a 500 once, with its cause, and shows a page without internals.
    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "request failed");
        }
        if let AppError::SignIn { back_to } = self {
            let location = crate::web::back_to::sign_in_url(back_to);
            return crate::web::page::see_other(&location);
        }
        let (heading, sentence) = self.words();
        let instead = match self {
            AppError::ForbiddenBut { href, words, .. } => Some((href.as_str(), *words)),
            AppError::NoLonger { href: Some(href), .. } => Some((href.as_str(), "The whole month")),
            _ => None,
        };
        let mut response = ErrorPage::respond_with(status, heading, &sentence, instead);
        let wait = match self {
            AppError::Busy => Some(2),
            AppError::TooMany { seconds } => Some(*seconds),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
