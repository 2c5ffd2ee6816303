//! What every page needs and no feature owns: forms, flash messages, cross-site protection, headers,
//! static files, paging.

pub mod ago;
pub mod assets;
pub mod back_to;
pub mod boundary;
pub mod charts;
pub mod choices;
pub mod flash;
pub mod flow_reader;
pub mod form;
pub mod formula;
pub mod headers;
pub mod health;
pub mod noted;
pub mod origin;
pub mod page;
pub mod paging;
pub mod server;
pub mod token;
pub mod visit;
pub mod when;

use crate::clock::{Calendar, Clock};
use crate::config::Config;
use crate::db::Db;

/// What a handler is given: the database, the settings, the time. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub config: std::sync::Arc<Config>,
    pub clock: Clock,
    /// How many password hashes run at once; forty at once took 806 MB and the server's life.
    pub hashing: std::sync::Arc<tokio::sync::Semaphore>,
    /// How many password hashes this node has begun.
    pub hashes: std::sync::Arc<std::sync::atomic::AtomicU64>,
    /// What this node has written down today already.
    pub noted: std::sync::Arc<noted::Noted>,
    /// Set when the node is told to stop: `/ready` turns red before the door closes.
    pub draining: std::sync::Arc<std::sync::atomic::AtomicBool>,
    /// Whether this database was made by `tradewind demo`.
    pub demo: bool,
}

impl App {
    /// Puts a node together.
    pub fn new(db: Db, config: Config, clock: Clock, demo: bool) -> App {
        let hashes = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        App {
            db,
            config: std::sync::Arc::new(config),
            clock,
            hashing: std::sync::Arc::new(tokio::sync::Semaphore::new(hashes)),
            hashes: std::sync::Arc::default(),
            noted: std::sync::Arc::default(),
            draining: std::sync::Arc::default(),
            demo,
        }
    }

    /// How mail is sent; nothing where none is set, and never by a demo company.
    pub fn mail(&self) -> Option<&crate::config::Mail> {
        self.config.mail.as_ref().filter(|_| !self.demo)
    }

    /// The company's calendar.
    pub fn calendar(&self) -> Calendar {
        Calendar { zone: self.config.time_zone }
    }
}
