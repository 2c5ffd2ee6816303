//! Forms: strict decoding, and errors that lead back to the field.

use std::fmt;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::error::AppError;

/// Largest form that is read. The longest insight is 64 KiB of text, three times that when every byte is
/// escaped; actix's own default of 16 KiB would refuse honest ones.
const LARGEST: usize = 256 * 1024;

/// A submitted form. Refuses with 400 what is not UTF-8, contains NUL, repeats a field, or (with
/// `deny_unknown_fields` on `T`) has a field nobody asked for; with 415 what is not a form.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = AppError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form =
            req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(
                |value| {
                    value
                        .split(';')
                        .next()
                        .unwrap_or("")
                        .trim()
                        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
                },
            );
        let body = web::Payload::from_request(req, payload);
        Box::pin(async move {
            if !is_form {
                return Err(AppError::BadRequest("Send this as a form.".into()));
            }
            let body = body.await.map_err(|_| AppError::BadRequest("The form could not be read.".into()))?;
            // actix has no time-out of its own for a slow body.
            let bytes =
                tokio::time::timeout(std::time::Duration::from_secs(30), body.to_bytes_limited(LARGEST))
                    .await
                    .map_err(|_| AppError::BadRequest("The form took too long to arrive.".into()))?
                    .map_err(|_| {
                        AppError::TooLarge(
                            "A form may have at most 256 KiB. Shorten the text and send it again.",
                        )
                    })?
                    .map_err(|_| AppError::BadRequest("The form could not be read.".into()))?;
            decode(&bytes).map(Form)
        })
    }
}

/// A form of one button, which sends nothing of its own.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nothing {}

/// The query of an address, decoded as strictly as a form; names nobody asked for are ignored, so that a
/// link survives what mail programs append to it.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(decode(req.query_string().as_bytes()).map(Query))
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    check_escapes(bytes)?;
    serde_html_form::from_bytes(bytes)
        .map_err(|error| AppError::BadRequest(format!("The form could not be read: {error}.")))
}

/// Refuses what decoders repair in silence: escapes that are not UTF-8 become U+FFFD, and NUL is stored
/// by SQLite and refused by PostgreSQL with an error of its own.
fn check_escapes(bytes: &[u8]) -> Result<(), AppError> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let hex = |digit: Option<u8>| digit.and_then(|d| char::from(d).to_digit(16));
        match (hex(rest.next()), hex(rest.next())) {
            (Some(high), Some(low)) => plain.push((high * 16 + low) as u8),
            _ => {
                return Err(AppError::BadRequest(
                    "The text has a broken escape (% without two hex digits).".into(),
                ));
            }
        }
    }
    if std::str::from_utf8(&plain).is_err() {
        return Err(AppError::BadRequest("The text is not UTF-8.".into()));
    }
    if plain.contains(&0) {
        return Err(AppError::BadRequest(
            "The text contains a NUL character. Remove it and send it again.".into(),
        ));
    }
    Ok(())
}

/// What is wrong with a form, by field: shown above the field and in the summary on top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// No error yet.
    pub fn new() -> FieldErrors {
        FieldErrors::default()
    }

    /// One error.
    pub fn one(field: &'static str, message: impl Into<String>) -> FieldErrors {
        FieldErrors(vec![(field, message.into())])
    }

    /// Adds what is wrong with a field and what would be right.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push((field, message.into()));
    }

    /// Whether the form is fine.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.as_str())
    }

    /// All of them, in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_str()))
    }

    /// `value` if nothing is wrong.
    pub fn or<T>(self, value: T) -> Result<T, FieldErrors> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(|(field, message)| format!("{field}: {message}")).collect();
        write!(f, "{}", all.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Login {
        email: String,
        password: String,
    }

    #[test]
    fn a_form_is_read_as_it_was_written_or_refused() {
        let login: Login = decode(b"email=a%40b.example&password=+x%20+").expect("a form");
        assert_eq!((login.email.as_str(), login.password.as_str()), ("a@b.example", " x  "));
        for wrong in [
            "email=a&email=b",
            "email[]=a",
            "role=admin",
            "email=%ff",
            "email=a%00b",
            "email=%4",
            "email=%zz",
        ] {
            assert!(decode::<Login>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
