//! Who is here: people, departments, sign-in, roles. Everything else asks this feature who acts.
//!
//! A person comes in by a password ([`password`], [`strength`], [`attempts`]) or by a link ([`links`]) and
//! then has a [`session`]; [`guard`] turns it into a [`person::Person`] for a handler. [`store`] keeps
//! people and the department tree with their history, [`feed`] brings both in step with the personnel
//! system, [`audit`] says who changed what, and [`proof`] asks for the password again before it is.

pub mod address;
pub mod attempts;
pub mod audit;
pub mod department;
pub mod feed;
pub mod guard;
pub mod handle;
pub mod jobs;
pub mod link_requests;
pub mod links;
mod pages;
pub mod password;
pub mod person;
pub mod proof;
pub mod seen;
pub mod session;
pub mod store;
pub mod strength;
pub mod submission;

pub use pages::routes;
