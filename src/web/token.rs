//! Secrets that travel: session cookies and one-time links. 256 bits from the operating system; the
//! database holds only their SHA-256.

use actix_web::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use sha2::{Digest, Sha256};

/// The session cookie where the public address is plain http.
pub const SESSION: &str = "session";
/// The session cookie where it is https: a browser accepts the prefix only with Secure, Path=/ and no Domain.
pub const SECURE_SESSION: &str = "__Host-session";

/// A fresh token in URL-safe base64, 43 characters.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn fresh() -> Result<String, crate::error::AppError> {
    let mut bytes = [0_u8; 32];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| crate::error::AppError::Internal(format!("no randomness: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the database keeps of a token: SHA-256 in hex.
pub fn digest(token: &str) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    Sha256::digest(token.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The name of the session cookie.
pub fn session_cookie_name(secure: bool) -> &'static str {
    if secure { SECURE_SESSION } else { SESSION }
}

/// The cookie that holds a session's token. It lives as long as the browser: the server decides.
pub fn session_cookie(token: String, secure: bool) -> Cookie<'static> {
    Cookie::build(session_cookie_name(secure), token)
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .finish()
}
