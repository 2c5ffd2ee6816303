//! What notices do by themselves: making up mail, and forgetting what is old. Sending is not a job but
//! [`super::post`]: it must not hold a transaction while it speaks to a server.

use super::store::{composing, outbox, reading, unsubscribe};
use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};

/// Each minute: the mail that is due.
pub const COMPOSE: Job =
    Job { name: "mail", every: Every::Minutes(1), lease_minutes: 10, run: compose, reads: None };

/// Each day: old notices, old mail, links that no longer work.
pub const SWEEP: Job =
    Job { name: "notice sweep", every: Every::DayAt(3, 20), lease_minutes: 30, run: sweep, reads: None };

fn compose(c: &mut Conn, times: &Times) -> AppResult<String> {
    let config = &times.config;
    if config.mail.is_none() {
        let waited = composing::forget(c)?;
        return Ok(if waited == 0 { String::new() } else { format!("{waited} notices wait for no mail") });
    }
    let policy = &config.policy.notices;
    let made = composing::compose(c, times.now, times.calendar, policy, &config.public_url)?;
    Ok(if made == 0 { String::new() } else { format!("{made} mails made up") })
}

fn sweep(c: &mut Conn, times: &Times) -> AppResult<String> {
    let notices = reading::sweep(c, times.now)?;
    let mails = outbox::sweep(c, times.now)?;
    let links = unsubscribe::sweep(c, times.now)?;
    Ok(format!("{notices} notices, {mails} mails and {links} links removed"))
}
