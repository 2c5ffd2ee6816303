//! Passwords: argon2id in PHC strings. A hash takes 46 MiB for a moment, so hashes take turns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::OwnedSemaphorePermit;

use crate::config::Hashing;
use crate::error::{AppError, AppResult};
use crate::web::App;

/// How long a request waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(2);

/// A hash of nobody's password, of the same cost as a real one: an unknown address takes as long as a
/// known one.
const NOBODYS: &str = "$bm9ib2R5cy1wYXNzd29yZA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Memory in KiB, passes, lanes.
const fn cost(hashing: Hashing) -> (u32, u32, u32) {
    match hashing {
        Hashing::Full => (47_104, 1, 1),
        Hashing::Cheap => (8, 1, 1),
    }
}

fn argon2(hashing: Hashing) -> AppResult<Argon2<'static>> {
    let (memory, passes, lanes) = cost(hashing);
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|error| AppError::Internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a password, of the bytes as they are: not trimmed, not folded. Blocks for some 50 ms
/// at full cost.
///
/// # Errors
/// When the operating system has no randomness for the salt.
pub fn hash(password: &str, hashing: Hashing) -> AppResult<String> {
    let hash: PasswordHash = argon2(hashing)?
        .hash_password(password.as_bytes())
        .map_err(|error| AppError::Internal(format!("argon2: {error}")))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that was hashed. Without a stored hash the answer is no, after the same
/// work. Blocks as [`hash`] does.
pub fn verify(password: &str, stored: Option<&str>, hashing: Hashing) -> bool {
    let (memory, passes, lanes) = cost(hashing);
    let nobodys = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}{NOBODYS}");
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(&nobodys)) else {
        return false;
    };
    // The costs are the stored hash's own.
    let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    right && stored.is_some()
}

/// Whether a stored hash costs less than a new one would: then it is replaced when its owner signs in.
pub fn is_weaker(stored: &str, hashing: Hashing) -> bool {
    let (memory, passes, _) = cost(hashing);
    let Ok(hash) = PasswordHash::new(stored) else {
        return true;
    };
    let Ok(params) = Params::try_from(&hash) else {
        return true;
    };
    hash.algorithm.as_str() != "argon2id"
        || u64::from(params.m_cost()) * u64::from(params.t_cost()) < u64::from(memory) * u64::from(passes)
}

/// A turn to hash, for as long as it is held. Without turns forty sign-ins at once took 806 MB.
///
/// # Errors
/// [`AppError::Busy`] after two seconds without a turn.
pub async fn turn(app: &App) -> AppResult<OwnedSemaphorePermit> {
    tokio::time::timeout(PATIENCE, app.hashing.clone().acquire_owned())
        .await
        .map_err(|_| AppError::Busy)?
        .map_err(|_| AppError::Busy)
}

/// Hashes in turn, off the threads that serve.
///
/// # Errors
/// [`AppError::Busy`] as in [`turn`]; what [`hash`] returns.
pub async fn hash_in_turn(app: &App, password: String) -> AppResult<String> {
    let turn = turn(app).await?;
    let hashing = app.config.hashing;
    count(app);
    in_background(turn, move || hash(&password, hashing)).await?
}

/// A password that was right.
#[derive(Clone, Debug)]
pub struct Right {
    /// A hash of today's cost, where the stored one was weaker.
    pub stronger: Option<String>,
}

/// Verifies while holding a turn, off the threads that serve; `None` when the password is wrong. The turn
/// comes back with the answer, so that a failure can be counted before the next try is looked at.
///
/// # Errors
/// [`AppError::Busy`] when the node is stopping.
pub async fn verify_in_turn(
    app: &App,
    turn: OwnedSemaphorePermit,
    password: String,
    stored: Option<String>,
) -> AppResult<(Option<Right>, OwnedSemaphorePermit)> {
    let hashing = app.config.hashing;
    count(app);
    actix_web::web::block(move || {
        let right = verify(&password, stored.as_deref(), hashing);
        let weaker = stored.is_some_and(|stored| is_weaker(&stored, hashing));
        let right =
            right.then(|| Right { stronger: weaker.then(|| hash(&password, hashing).ok()).flatten() });
        (right, turn)
    })
    .await
    .map_err(|_| AppError::Busy)
}

/// The turn goes along into the background: a visitor who hangs up does not free it while the memory is
/// still taken.
async fn in_background<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> AppResult<T> {
    actix_web::web::block(move || {
        let result = work();
        drop(turn);
        result
    })
    .await
    .map_err(|_| AppError::Busy)
}

fn count(app: &App) {
    app.hashes.fetch_add(1, Ordering::Relaxed);
}

/// How many hashes a node has begun; tests count them instead of measuring time.
pub fn counted(hashes: &AtomicU64) -> u64 {
    hashes.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_hash_is_what_owasp_asks_for() {
        let stored = hash("a quiet harbour at dawn", Hashing::Full).expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{stored}");
        assert!(verify("a quiet harbour at dawn", Some(&stored), Hashing::Full));
        assert!(!is_weaker(&stored, Hashing::Full));
    }

    #[test]
    fn a_password_is_its_bytes() {
        let password = "  Größe 🦦 und ein Blank ";
        let stored = hash(password, Hashing::Cheap).expect("a hash");
        assert!(verify(password, Some(&stored), Hashing::Cheap));
        for near in [password.trim(), &password.to_lowercase(), "", &password.replace('ö', "o\u{308}")] {
            assert!(!verify(near, Some(&stored), Hashing::Cheap), "{near:?}");
        }
    }

    #[test]
    fn nobodys_hash_is_a_real_one_and_never_right() {
        for hashing in [Hashing::Full, Hashing::Cheap] {
            let (memory, passes, lanes) = cost(hashing);
            let text = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}{NOBODYS}");
            let parsed = PasswordHash::new(&text).expect("a PHC string");
            let params = Params::try_from(&parsed).expect("parameters");
            assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (memory, passes, lanes));
            assert_eq!(parsed.hash.expect("an output").len(), 32);
            assert!(!verify("whatever", None, hashing));
        }
    }

    #[test]
    fn a_hash_made_cheaper_is_weaker() {
        let cheap = hash("a quiet harbour at dawn", Hashing::Cheap).expect("a hash");
        assert!(is_weaker(&cheap, Hashing::Full));
        assert!(!is_weaker(&cheap, Hashing::Cheap));
        assert!(is_weaker("plain text", Hashing::Cheap));
        assert!(!verify("plain text", Some("plain text"), Hashing::Cheap));
    }
}
