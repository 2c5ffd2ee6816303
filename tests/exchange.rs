//! Import and export: what comes in, what is refused and why, and that what goes out comes in again as
//! the same archive.

mod support;

#[path = "exchange/cells.rs"]
mod cells;
#[path = "exchange/commands.rs"]
mod commands;
#[path = "exchange/files.rs"]
mod files;
#[path = "exchange/page.rs"]
mod page;
#[path = "exchange/real.rs"]
mod real;
#[path = "exchange/rules.rs"]
mod rules;
