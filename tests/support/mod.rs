//! What the stories share: an application of their own on each database, visitors, and things made
//! beforehand. A module of tests begins with `use crate::support::*;`.

mod database;
mod make;
pub mod node;
mod postgres;
pub mod smtp;
mod visitor;

use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::{Service, ServiceResponse};
use chrono::{Duration, NaiveDateTime};
use tradewind::clock::Clock;
use tradewind::config::{Config, Hashing};
use tradewind::db::{Conn, Db};
use tradewind::error::AppResult;
use tradewind::web::App;

pub use database::{folder as temporary_folder, run_on_postgres, run_on_sqlite, template};
pub use make::{PASSWORD, password_hash};
pub use postgres::{Schema, left_out, postgres_url};
pub use visitor::{Answer, Visitor};

/// Tells a story on both databases, each time on a database of its own:
/// `on_both!(a_peer_rates_an_insight, |app| async move { … });`
/// makes the tests `a_peer_rates_an_insight::sqlite` and `a_peer_rates_an_insight::postgres`.
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, |$app:ident| $story:expr) => {
        mod $name {
            #[allow(unused_imports)] // a story may need nothing from outside
            use super::*;

            $(#[$meta])*
            #[test]
            fn sqlite() {
                $crate::support::run_on_sqlite(|$app: $crate::support::TestApp| $story);
            }

            $(#[$meta])*
            #[test]
            fn postgres() {
                $crate::support::run_on_postgres(|$app: $crate::support::TestApp| $story);
            }
        }
    };
}
pub(crate) use on_both;

/// When every story begins: a Monday.
pub fn beginning() -> NaiveDateTime {
    "2026-11-02T09:00:00".parse().expect("a time")
}

/// Where the application of a story is reached.
pub const PUBLIC_URL: &str = "http://test.example";

/// A boxed future that stays on its thread.
type LocalFuture<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;
type Door = Rc<dyn Fn(actix_http::Request) -> LocalFuture<Answer>>;

/// A node in process, without a socket; its clock stands still until [`TestApp::later`]. Dereferences to
/// the product's own [`App`], so `app.db`, `app.clock` and `app.calendar()` are those of a handler.
#[derive(Clone)]
pub struct TestApp {
    app: App,
    door: Door,
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    /// A node on the database at `url`, which has its schema.
    pub async fn open(url: &str, clock: Clock, adjust: impl FnOnce(&mut Config)) -> TestApp {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut config = Config::from_pairs([
            pair("DATABASE_URL", url),
            pair("PUBLIC_URL", PUBLIC_URL),
            pair("POOL", "4"),
        ])
        .expect("the settings of a story");
        config.hashing = Hashing::Cheap;
        adjust(&mut config);
        let mut db = Db::open(config.database_url.clone(), config.limits()).expect("a database");
        if let Some(url) = &config.replica_url {
            db = db.with_replica(url, config.replica_patience).expect("a replica");
        }
        let app = App::new(db, config, clock, false);
        let service = Rc::new(actix_web::test::init_service(tradewind::service!(app.clone())).await);
        let door: Door = Rc::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let response: ServiceResponse = match service.call(request).await {
                    Ok(response) => response,
                    // A handler that panicked leaves no request; its answer comes with the error.
                    Err(error) => {
                        let request = actix_web::test::TestRequest::default().to_http_request();
                        ServiceResponse::new(request, error.error_response())
                    }
                };
                Answer::of(response).await
            })
        });
        TestApp { app, door }
    }

    /// Another node on the same database and the same clock, with settings of its own.
    pub async fn node(&self, adjust: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::open(&self.full_url(), self.app.clock.clone(), adjust).await
    }

    /// The address of the database, as the setting takes it.
    pub fn full_url(&self) -> String {
        database::full_url(&self.app.config.database_url)
    }

    /// The time of the story, UTC.
    pub fn now(&self) -> NaiveDateTime {
        self.app.clock.now()
    }

    /// Moves the story's clock on.
    pub fn later(&self, minutes: i64) {
        self.app.clock.set(self.now() + Duration::minutes(minutes));
    }

    /// Moves the story's clock on by whole days.
    pub fn days_later(&self, days: i64) {
        self.later(days * 24 * 60);
    }

    /// Asks the database; fails the test if it refuses.
    #[track_caller]
    pub fn ask<T, F>(&self, question: F) -> impl Future<Output = T> + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let db = self.app.db.clone();
        let place = std::panic::Location::caller();
        async move {
            match db.read(question).await {
                Ok(answer) => answer,
                Err(error) => panic!("the database refused the question of {place}: {error}"),
            }
        }
    }

    /// Writes to the database as a handler does; fails the test if it refuses.
    #[track_caller]
    pub fn tell<T, F>(&self, work: F) -> impl Future<Output = T> + use<T, F>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let db = self.app.db.clone();
        let place = std::panic::Location::caller();
        async move {
            match db.write(work).await {
                Ok(answer) => answer,
                Err(error) => panic!("the database refused the write of {place}: {error}"),
            }
        }
    }

    /// The rows of a table, for "nothing was written".
    pub async fn count(&self, table: &str) -> i64 {
        use diesel::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Rows {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rows: i64,
        }
        let statement = format!("SELECT COUNT(*) AS rows FROM {table}");
        self.ask(move |c| Ok(diesel::sql_query(statement).get_result::<Rows>(c)?.rows)).await
    }

    /// Somebody without a session.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(self.clone(), None)
    }
}
