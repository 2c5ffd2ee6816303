//! Who is here: people, departments, sign-in, roles. Everything else asks this feature who acts.

pub mod audit;
pub mod department;
pub mod guard;
pub mod jobs;
pub mod links;
pub mod password;
pub mod person;
pub mod session;
pub mod store;
pub mod submission;
