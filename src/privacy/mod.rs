//! Whether what is told stays about groups: a nightly attempt to work single people out of everything the
//! pages tell, and the thresholds of what is shown, which one person alone cannot lower.

pub mod counts;
pub mod facts;
pub mod jobs;
pub mod lists;
pub mod pages;
pub mod ratings;
pub mod reasons;
pub mod recover;
pub mod rests;
pub mod shapes;
pub mod stars;
pub mod steps;
pub mod store;
pub mod tables;
pub mod trials;

pub use self::pages::routes;
