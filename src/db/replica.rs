//! A replica of the PostgreSQL database, from which the pages of the flow are read where one is set: what it
//! shows may be a little old, and nothing is ever written to it.
//!
//! Whether it may be read is decided for each request, by asking it and the database itself how far they are.
//! It follows by the log, so "it has replayed what the database had written at noon" says that it shows
//! everything of before noon: exact, and right also for a database in which nothing happens. Where it does not
//! answer, is no replica of this database, has another schema or is too far behind, the database itself is read.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::migrate::{self, Schema};
use super::place::Place;
use super::readers::Readers;
use super::{Conn, DatabaseUrl, Db, Limits};
use crate::error::{AppError, AppResult};

/// A replica that did not answer is left alone for so long: nobody is to wait for it on every page.
const REST: Duration = Duration::from_secs(5);
/// How far the database was is remembered at most once in this time.
const SAMPLE: Duration = Duration::from_secs(1);
/// How often.
const SAMPLES: usize = 2048;

/// How old what is read of a replica may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From this age on the page says how old it is.
    pub tell_after: Duration,
    /// Beyond this age the database itself is read.
    pub most_behind: Duration,
}

/// A place in the log of a PostgreSQL cluster: whatever was committed before it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u64);

impl Position {
    /// Beyond every place: for a write of which it is not known where it stands.
    pub const BEYOND: Position = Position(u64::MAX);
}

/// As PostgreSQL writes it: `16/B374D848`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (high, low) = text.split_once('/').ok_or(())?;
        let part = |digits: &str| match digits {
            "" => Err(()),
            _ if !digits.bytes().all(|b| b.is_ascii_hexdigit()) => Err(()),
            _ => u32::from_str_radix(digits, 16).map(u64::from).map_err(|_| ()),
        };
        Ok(Position(part(high)? << 32 | part(low)?))
    }
}

/// Why a replica is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Silent,
    NoReplica,
    Foreign,
    OtherSchema,
    Behind,
}

impl Trouble {
    /// In the words of the log and of `/ready`.
    pub const fn words(self) -> &'static str {
        match self {
            Trouble::Silent => "does not answer",
            Trouble::NoReplica => "is not a replica: it does not follow any other server",
            Trouble::Foreign => "is a replica of another database",
            Trouble::OtherSchema => "has an older or newer schema",
            Trouble::Behind => "is too far behind",
        }
    }
}

/// The replica of a running node.
pub(super) struct Replica {
    readers: Readers,
    limits: Limits,
    patience: Patience,
    state: Mutex<State>,
    /// Reads it answered, and reads that were asked of the database itself after it.
    answered: AtomicU64,
    refused: AtomicU64,
}

#[derive(Default)]
struct State {
    /// How far the database was at some times, the latest last.
    samples: VecDeque<(Instant, Position)>,
    /// Until then it is not asked.
    rests_until: Option<Instant>,
    /// Whether its schema was found right since it last gave trouble.
    knows_schema: bool,
    /// What was logged last.
    told: Option<Trouble>,
}

/// How far the database itself is.
struct Main {
    at: Position,
    asked: Instant,
    identity: String,
}

/// What a replica says of itself.
struct Copy {
    follows: bool,
    replayed: Option<Position>,
    /// How long ago what it replayed last was committed.
    last_commit: Option<Duration>,
    identity: String,
    /// Where it was asked for; nothing in it where it has none of ours.
    schema: Option<Option<Schema>>,
}

#[derive(QueryableByName)]
struct MainRow {
    #[diesel(sql_type = Text)]
    at: String,
    #[diesel(sql_type = Text)]
    identity: String,
}

#[derive(QueryableByName)]
struct CopyRow {
    #[diesel(sql_type = Bool)]
    follows: bool,
    #[diesel(sql_type = Nullable<Text>)]
    replayed: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    millis: Option<i64>,
    #[diesel(sql_type = Text)]
    identity: String,
}

/// Which cluster, database and schema a connection leads to.
macro_rules! identity {
    () => {
        "(SELECT system_identifier FROM pg_control_system()) || ' ' || current_database() || ' ' \
         || COALESCE(current_schema(), '') AS identity"
    };
}

const ASK_MAIN: &str = concat!("SELECT pg_current_wal_lsn()::text AS at, ", identity!());
const ASK_COPY: &str = concat!(
    "SELECT pg_is_in_recovery() AS follows, pg_last_wal_replay_lsn()::text AS replayed, \
     (EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint AS millis, ",
    identity!()
);

fn ask_main(c: &mut Conn) -> AppResult<Main> {
    let Conn::Postgres(c) = c else { return Err(AppError::Internal("a file has no log".into())) };
    // Before it is asked: what it says holds for this time at the least.
    let asked = Instant::now();
    let row: MainRow = diesel::sql_query(ASK_MAIN).get_result(c)?;
    let at = row.at.parse().map_err(|()| AppError::Internal(format!("\"{}\" is no place", row.at)))?;
    Ok(Main { at, asked, identity: row.identity })
}

fn ask_copy(c: &mut Conn, and_schema: bool) -> AppResult<Copy> {
    let Conn::Postgres(c) = c else { return Err(AppError::Internal("a file is no replica".into())) };
    let row: CopyRow = diesel::sql_query(ASK_COPY).get_result(c)?;
    let schema = and_schema.then(|| migrate::state_of_replica(c).ok());
    Ok(Copy {
        follows: row.follows,
        replayed: row.replayed.and_then(|text| text.parse().ok()),
        last_commit: row.millis.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0))),
        identity: row.identity,
        schema,
    })
}

impl Replica {
    pub(super) fn start(url: &DatabaseUrl, limits: Limits, patience: Patience) -> Result<Replica, String> {
        // A page that the replica keeps waiting must still have time to be read from the database itself.
        let limits = Limits { deadline: limits.deadline / 2, ..limits };
        let readers = Readers::start_reading_only(&Place::of(url.clone()), limits.pool)?;
        Ok(Replica {
            readers,
            limits,
            patience,
            state: Mutex::default(),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old what it shows is, or why it is not to be read, and how far it is.
    async fn look(&self, db: &Db) -> Result<(Duration, Position), Trouble> {
        let knows_schema = {
            let state = self.state();
            if state.rests_until.is_some_and(|until| Instant::now() < until) {
                return Err(Trouble::Silent);
            }
            state.knows_schema
        };
        let found = match db.read(ask_main).await {
            Ok(main) => {
                self.sample(&main);
                let copy = self
                    .readers
                    .run(move |c| ask_copy(c, !knows_schema), self.limits.checkout, self.limits.deadline)
                    .await;
                copy.map_err(|_| Trouble::Silent).and_then(|copy| self.judge(&main, &copy))
            }
            // Without the database itself there is no session either: let it say so.
            Err(_) => return Err(Trouble::Silent),
        };
        self.tell(found.err());
        found
    }

    fn sample(&self, main: &Main) {
        let mut state = self.state();
        if state.samples.back().is_some_and(|(at, _)| main.asked.saturating_duration_since(*at) < SAMPLE) {
            return;
        }
        if state.samples.len() >= SAMPLES {
            state.samples.pop_front();
        }
        state.samples.push_back((main.asked, main.at));
    }

    fn judge(&self, main: &Main, copy: &Copy) -> Result<(Duration, Position), Trouble> {
        if !copy.follows {
            return Err(Trouble::NoReplica);
        }
        if copy.identity != main.identity {
            return Err(Trouble::Foreign);
        }
        if copy.schema.is_some_and(|schema| schema != Some(Schema::Current)) {
            return Err(Trouble::OtherSchema);
        }
        let replayed = copy.replayed.ok_or(Trouble::Behind)?;
        let age = if replayed >= main.at {
            Some(Duration::ZERO)
        } else {
            let state = self.state();
            let sampled = state.samples.iter().rev().find(|(_, at)| *at <= replayed);
            let sampled = sampled.map(|(asked, _)| asked.elapsed());
            // Its clock is not ours, and it looks old where nothing happens: only where there is no better.
            [sampled, copy.last_commit].into_iter().flatten().min()
        };
        match age {
            Some(age) if age <= self.patience.most_behind => Ok((age, replayed)),
            _ => Err(Trouble::Behind),
        }
    }

    /// Logs a change, once.
    fn tell(&self, trouble: Option<Trouble>) {
        let mut state = self.state();
        state.knows_schema = trouble.is_none() || (state.knows_schema && trouble == Some(Trouble::Behind));
        state.rests_until =
            (trouble == Some(Trouble::Silent)).then(|| Instant::now().checked_add(REST)).flatten();
        if state.told == trouble {
            return;
        }
        state.told = trouble;
        drop(state);
        match trouble {
            Some(trouble) => tracing::warn!(
                "flow pages are read from DATABASE_URL: the replica {}; looked at again on the next page",
                trouble.words()
            ),
            None => tracing::info!("flow pages are read from the replica"),
        }
    }
}

/// The door for pages of the flow: to the replica where there is one that may be read now, else to the
/// database itself. All of a page is read through one of these.
#[derive(Clone)]
pub struct FlowReader {
    db: Db,
    /// How old what the replica shows is; nothing where the database itself is read.
    age: Option<Duration>,
}

impl Db {
    /// Opens the door for a page of somebody whose last write stands at `written`: they are to see it.
    pub async fn flow_reader(&self, written: Option<Position>) -> FlowReader {
        let looked = match &self.replica {
            Some(replica) => replica.look(self).await.ok(),
            None => None,
        };
        let sees = looked.filter(|(_, replayed)| written.is_none_or(|written| written <= *replayed));
        FlowReader { db: self.clone(), age: sees.map(|(age, _)| age) }
    }

    /// Whether a replica is set.
    pub fn has_replica(&self) -> bool {
        self.replica.is_some()
    }

    /// Why the replica is not read at the moment; nothing where it is, or none is set.
    pub async fn replica_trouble(&self) -> Option<Trouble> {
        self.replica.as_ref()?.look(self).await.err()
    }

    /// Reads of pages that the replica answered, and those that the database itself was asked after it.
    pub fn replica_counts(&self) -> (u64, u64) {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        self.replica.as_ref().map_or((0, 0), |one| (count(&one.answered), count(&one.refused)))
    }

    /// How far the database is: whatever was answered before is before it. [`Position::BEYOND`] where it
    /// does not say.
    pub async fn position(&self) -> Position {
        self.read(ask_main).await.map_or(Position::BEYOND, |main| main.at)
    }

    /// Adds a replica to read the flow from. It need not answer yet.
    ///
    /// # Errors
    /// Says in a sentence why no thread could be started.
    pub fn with_replica(self, url: &DatabaseUrl, patience: Patience) -> Result<Db, String> {
        let replica = Replica::start(url, self.limits, patience)?;
        Ok(Db { replica: Some(std::sync::Arc::new(replica)), ..self })
    }
}

impl FlowReader {
    /// Runs a reading closure. What the replica refuses, the database itself is asked: a query that stood in
    /// the way of what it had to replay, or something that is not there yet.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Clone + Send + 'static,
    {
        if let (Some(replica), Some(_)) = (&self.db.replica, self.age) {
            let limits = replica.limits;
            match replica.readers.run(work.clone(), limits.checkout, limits.deadline).await {
                Ok(answer) => {
                    replica.answered.fetch_add(1, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => {
                    replica.refused.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(%error, "the replica refused a read");
                }
            }
        }
        self.db.read(work).await
    }

    /// How old what is read is, where the page is to say so.
    pub fn age(&self) -> Option<Duration> {
        let tell_after = self.db.replica.as_ref()?.patience.tell_after;
        self.age.filter(|age| *age > Duration::ZERO && *age >= tell_after)
    }

    /// The same for a file, which cannot say how old it is: it is never old.
    #[must_use]
    pub fn never_old(self) -> FlowReader {
        let age = self.age.filter(|_| self.age().is_none());
        FlowReader { age, ..self }
    }

    /// Whether the replica is read.
    pub fn is_replica(&self) -> bool {
        self.age.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for (text, place) in [
            ("0/0", Some(0)),
            ("16/B374D848", Some(0x16_B374_D848)),
            ("FFFFFFFF/FFFFFFFF", Some(u64::MAX)),
            ("0/100000000", None),
            ("1", None),
            ("/", None),
            ("+1/2", None),
            ("1/2/3", None),
            ("x/y", None),
        ] {
            assert_eq!(text.parse::<Position>().ok(), place.map(Position), "{text}");
        }
        assert_eq!(Position(0x16_B374_D848).to_string(), "16/B374D848");
        assert!("2/0".parse::<Position>() > "1/FFFFFFFF".parse::<Position>());
    }
}
