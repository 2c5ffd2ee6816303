//! What stands in the way of information: the figure it hurts, who sees to it and what is planned, and
//! whether the figure moved. With it honest trials of sending insights to a department, and what employees
//! say, without a name, of why they did not share.

pub mod jobs;
pub mod measure;
pub mod obstacle;
mod pages;
pub mod reasons;
pub mod store;
pub mod target;
pub mod trial;
pub mod words;

pub use pages::routes;
