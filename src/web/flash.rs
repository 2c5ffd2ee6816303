//! A message that survives one redirect: a short cookie, removed by the page that shows it.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cookie's name.
pub const COOKIE: &str = "flash";

/// A message and, perhaps, a form that takes back what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    /// One sentence.
    pub text: String,
    /// Where a POST undoes it.
    pub undo: Option<String>,
    /// What the button of `undo` says; empty for "Undo".
    #[serde(default)]
    pub undo_says: String,
    /// The page of the thing it tells of.
    #[serde(default)]
    pub open: Option<String>,
}

impl Flash {
    /// A message.
    pub fn say(text: impl Into<String>) -> Flash {
        Flash { text: text.into(), ..Flash::default() }
    }

    /// A message with a button that undoes what it tells of.
    pub fn with_undo(text: impl Into<String>, undo: impl Into<String>) -> Flash {
        Flash { text: text.into(), undo: Some(undo.into()), ..Flash::default() }
    }

    /// Names the button that undoes it, in the words the message uses.
    pub fn saying(self, undo_says: &str) -> Flash {
        Flash { undo_says: undo_says.to_owned(), ..self }
    }

    /// Adds a link to the thing it tells of.
    pub fn leading_to(self, path: impl Into<String>) -> Flash {
        Flash { open: Some(path.into()), ..self }
    }

    /// The cookie that carries it to the next page.
    pub fn cookie(&self, secure: bool) -> Cookie<'static> {
        let json = serde_json::to_string(self).unwrap_or_default();
        Cookie::build(COOKIE, URL_SAFE_NO_PAD.encode(json))
            .path("/")
            .http_only(true)
            .secure(secure)
            .same_site(SameSite::Lax)
            .max_age(time::Duration::minutes(1))
            .finish()
    }

    /// The message the last page left for this one.
    pub fn of(req: &HttpRequest) -> Option<Flash> {
        let cookie = req.cookie(COOKIE)?;
        let json = URL_SAFE_NO_PAD.decode(cookie.value()).ok()?;
        let flash: Flash = serde_json::from_slice(&json).ok()?;
        // The cookie is the visitor's own, but a button must not lead away from here.
        let ours = |path: &String| crate::web::back_to::safe(path) == *path;
        Some(Flash { undo: flash.undo.filter(ours), open: flash.open.filter(ours), ..flash })
    }
}
