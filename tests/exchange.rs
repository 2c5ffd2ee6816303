//! Import and export: what comes in, what is refused and why, and that what goes out comes in again as
//! the same archive.

mod cells;
mod commands;
mod files;
mod page;
mod real;
mod rules;
