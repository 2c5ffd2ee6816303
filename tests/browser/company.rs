//! The demo company in front of a browser, on a morning that is always the same: what stands on its pages
//! depends on the day, and a test that knows them must not depend on the day it is run on.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use tokio::sync::oneshot;
use tradewind::JOBS;
use tradewind::clock::{Calendar, Clock};
use tradewind::config::Config;
use tradewind::db::{Conn, DatabaseUrl, Db};
use tradewind::demo;
use tradewind::demo::hours::Hours;
use tradewind::demo::story::Scale;
use tradewind::web::{App, server};

use crate::support::temporary_folder;

/// When every journey begins: a Wednesday.
fn morning() -> NaiveDateTime {
    "2026-11-25T10:00:00".parse().expect("a time")
}

/// The whole demo company, made once: making it takes longer than most journeys.
fn company() -> &'static [u8] {
    static COMPANY: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = temporary_folder();
        let file = folder.path().join("demo.db");
        let hours = Hours { calendar: Calendar { zone: chrono_tz::UTC }, now: morning() };
        demo::file::make(&file, Scale::FULL, hours, &|_| {}).expect("a demo company");
        std::fs::read(&file).expect("its file")
    });
    &COMPANY
}

/// A node with the demo company in a folder of its own, and its sign-in links. Its clock runs on from
/// [`morning`]; it stops with this value.
pub struct Demo {
    url: String,
    links: Vec<(&'static str, String, String)>,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl Demo {
    /// Serves a copy of the company.
    pub fn start() -> Demo {
        let folder = temporary_folder();
        let file = folder.path().join("demo.db").display().to_string();
        std::fs::write(&file, company()).expect("a copy");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let mut conn = Conn::open(&DatabaseUrl::Sqlite(file.clone())).expect("the copy");
        let links = demo::make::links(&mut conn, &url, morning()).expect("one link per role");
        let (stop, stopped) = oneshot::channel();
        let public_url = url.clone();
        std::thread::spawn(move || {
            actix_rt::System::new().block_on(async move {
                let app = node(&file, &public_url);
                actix_rt::spawn(run_on(app.clock.clone()));
                let stopped = async move { drop(stopped.await) };
                server::serve_until(stopped, app, listener, |_| {}, JOBS).await.expect("a node");
            });
        });
        Demo { url, links, _stop: stop, _folder: folder }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The sign-in link of a role.
    pub fn link(&self, role: &str) -> String {
        let found = self.links.iter().find(|(name, ..)| *name == role);
        found.map_or_else(|| panic!("no link for {role}: {:?}", self.links), |(.., link)| link.clone())
    }
}

/// The node, as `tradewind demo` would open it, but for its clock.
fn node(file: &str, public_url: &str) -> App {
    let settings = [("DATABASE_URL", format!("sqlite:{file}")), ("PUBLIC_URL", public_url.to_owned())];
    let config =
        Config::from_pairs(settings.map(|(name, value)| (name.to_owned(), value))).expect("settings");
    let db = Db::open(config.database_url.clone(), config.limits()).expect("the copy");
    let mut app = App::new(db, config, Clock::at(morning()), false);
    app.demo = true;
    app
}

/// Has the clock of a node go on as clocks do.
async fn run_on(clock: Clock) {
    let (begun, morning) = (Instant::now(), clock.now());
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        clock.set(morning + chrono::Duration::from_std(begun.elapsed()).unwrap_or_default());
    }
}
