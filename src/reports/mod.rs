//! What leadership is told: reports of a period, frozen as they were made, mailed, printed, and kept. And
//! what everybody may know about that: which figures are about them, who looked, and what is kept of whom.

pub mod board;
pub mod frozen;
pub mod inventory;
pub mod jobs;
mod letter;
mod pages;
pub mod periods;
pub mod sheets;
pub mod store;
mod words;

pub use pages::routes;
