//! Requests: somebody asks for what nobody has written down, puts credits on it, and pays whoever
//! answers with an insight. [`request`] is the state machine, [`store`] its tables, [`near`] finds what
//! the archive knows already.

pub mod jobs;
pub mod near;
pub mod request;
pub mod store;
pub mod ticket;
