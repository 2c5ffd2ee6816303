//! What the ledger does by itself.

use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::jobs::{Every, Job, Times};
use crate::ledger::store;

/// Each night: whether every balance is the sum of its entries.
pub const CHECK: Job =
    Job { name: "ledger check", every: Every::DayAt(3, 30), lease_minutes: 30, run: run_check, reads: None };

fn run_check(c: &mut Conn, _: &Times) -> AppResult<String> {
    let check = store::check(c)?;
    if check.is_whole() {
        return Ok(check.to_string());
    }
    // Fails, and with it is told in the log each five minutes, until somebody looks.
    Err(AppError::Internal(format!("the ledger is not whole: {check}")))
}
