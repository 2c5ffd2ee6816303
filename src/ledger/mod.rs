//! Credits: who holds how many, and by which transactions.
//!
//! [`transaction`] says what a transaction is, [`split`] divides whole credits, [`store`] posts, reads and
//! checks. Accounts belong to people, to requests (what is offered for an answer, the escrow) and to the
//! issuance, from which new credits come: it stands below zero by all that was ever issued.

pub mod jobs;
pub mod split;
pub mod store;
pub mod transaction;

pub use store::Posted;
pub use transaction::{Account, Reason, Transaction};
