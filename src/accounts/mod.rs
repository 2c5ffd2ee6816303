//! Who is here: people, departments, sign-in, roles. Everything else asks this feature who acts.

pub mod guard;
pub mod person;
pub mod session;
