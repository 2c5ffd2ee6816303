//! Files in and out: an archive moves between installations and systems as four CSV files. Reads
//! strictly, tells everything that is wrong with its place, and writes all or nothing.

pub mod cell;
pub mod export;
pub mod formula;
pub mod import;
pub mod problem;
pub mod progress;
pub mod record;
pub mod report;
pub mod rows;
pub mod sheet;
