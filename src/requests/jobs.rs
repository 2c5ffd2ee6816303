//! What requests do by themselves.

use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, MORE, Times};
use crate::requests::store;

/// Every five minutes: requests whose time and grace have passed are awarded or refunded, and askers told
/// of an end that is near.
pub const CLOCK: Job = Job {
    name: "request clock",
    every: Every::Minutes(5),
    lease_minutes: 15,
    run: move_the_clock,
    reads: None,
};

fn move_the_clock(c: &mut Conn, times: &Times) -> AppResult<String> {
    let (awarded, refunded) = store::tick(c, times.now, times.calendar, &times.config.policy)?;
    Ok(format!("{awarded} requests awarded by their ratings, {refunded} ended without an award"))
}

/// Every ten minutes: what the archive has for the requests that nobody has answered.
pub const MATCHES: Job =
    Job { name: "request matches", every: Every::Minutes(10), lease_minutes: 30, run: compare, reads: None };

fn compare(c: &mut Conn, times: &Times) -> AppResult<String> {
    let (compared, more) = store::compare(c, times.now)?;
    if compared == 0 {
        return Ok(String::new());
    }
    Ok(format!("{}{compared} requests compared with the archive", if more { MORE } else { "" }))
}
