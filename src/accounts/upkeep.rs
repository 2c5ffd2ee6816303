//! What a job tidies up now and then.

use chrono::{NaiveDate, NaiveDateTime};

use super::session::{self, Lifetime};
use super::{attempts, audit, links, store, submission};
use crate::db::Conn;
use crate::error::AppResult;

/// Removes ended sessions, failures that no longer count, old links and old idempotency keys, and shuts
/// out whoever has left by `today`. Returns what it did in words.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime, today: NaiveDate, lifetime: Lifetime) -> AppResult<String> {
    let sessions = session::sweep(c, now, lifetime)?;
    let failures = attempts::sweep(c, now)?;
    let links = links::sweep(c, now)?;
    let keys = submission::sweep(c, now)?;
    let left = store::disable_leavers(c, now, today)?;
    for id in &left {
        audit::record(c, None, now, "disabled", &format!("person:{id}"), "has left")?;
    }
    Ok(format!(
        "{sessions} sessions, {failures} failed sign-ins, {links} links and {keys} form keys removed; {} people have left",
        left.len()
    ))
}
