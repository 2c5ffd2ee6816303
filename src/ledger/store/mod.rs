//! The ledger's tables: transactions and entries, which are only ever added to, and the accounts with
//! their balances.

mod checking;
mod posting;
mod reading;
mod taking_back;

pub use checking::{Check, check, replay};
pub use posting::{Posted, post, post_all, welcome, welcome_all};
pub use reading::{Line, balance, issued, lines, posted};
pub use taking_back::{TakenBack, reverse, take_back};
