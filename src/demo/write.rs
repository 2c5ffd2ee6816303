//! Writes people, insights, openings and ratings into a database, through the same functions as an
//! import. The bench fills its databases with it too.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::story::{Deed, Rated};
use crate::accounts::person::Actor;
use crate::accounts::store::{self as accounts, NewPerson};
use crate::archive::draft::Draft;
use crate::archive::store as archive;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::insight_authors;
use crate::error::{AppError, AppResult};
use crate::flow::store::openings::{self, Opening};
use crate::flow::store::rebuild;
use crate::market::store::ratings::{self, Given};
use crate::market::store::{refit, values};

/// Somebody, where they are as they act.
#[derive(Clone, Copy, Debug)]
struct Place {
    person_id: i64,
    department_id: i64,
    manager: bool,
}

/// Writes a company in one transaction of the caller's. People and insights are known by their number in
/// the order in which they were added.
pub struct Writer<'a> {
    c: &'a mut Conn,
    calendar: Calendar,
    now: NaiveDateTime,
    /// The day from which departments exist.
    since: NaiveDate,
    departments: HashMap<String, i64>,
    people: Vec<Place>,
    insights: Vec<i64>,
    /// Names of segments, customers and topics that have come before.
    known: archive::Known,
}

impl<'a> Writer<'a> {
    /// A writer whose company exists since `since`.
    pub fn new(c: &'a mut Conn, calendar: Calendar, since: NaiveDate, now: NaiveDateTime) -> Writer<'a> {
        Writer {
            c,
            calendar,
            now,
            since,
            departments: HashMap::new(),
            people: Vec::new(),
            insights: Vec::new(),
            known: archive::Known::default(),
        }
    }

    /// The connection, for what else belongs into the transaction.
    pub fn conn(&mut self) -> &mut Conn {
        self.c
    }

    /// Adds somebody; `new.department_id` is replaced by that of the path. Returns their id.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn person(&mut self, path: &str, new: NewPerson) -> AppResult<i64> {
        let department_id = match self.departments.get(path) {
            Some(id) => *id,
            None => {
                let id = accounts::department(self.c, path, self.since)?;
                self.departments.insert(path.to_owned(), id);
                id
            }
        };
        let manager = new.manager;
        let new = NewPerson { department_id, ..new };
        let person_id = accounts::add_person(self.c, &new, self.now, self.calendar.day(self.now))?;
        self.people.push(Place { person_id, department_id, manager });
        Ok(person_id)
    }

    /// Shares an insight. Returns its id.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn insight(&mut self, author: usize, at: NaiveDateTime, draft: &Draft) -> AppResult<i64> {
        let actor = self.actor(author, at)?;
        let id = archive::share(self.c, &actor, draft)?;
        values::start(self.c, id, at)?;
        self.insights.push(id);
        Ok(id)
    }

    /// Shares many insights, by number of the author; the roll-ups follow with [`Writer::finish`].
    ///
    /// # Errors
    /// What the database refuses.
    pub fn insights(&mut self, new: &[(usize, NaiveDateTime, Draft)]) -> AppResult<()> {
        let shared = new
            .iter()
            .map(|(author, at, draft)| Ok((self.actor(*author, *at)?, draft)))
            .collect::<AppResult<Vec<_>>>()?;
        let ids = archive::share_many(self.c, &shared, &mut self.known)?;
        let started: Vec<(i64, NaiveDateTime)> =
            ids.iter().copied().zip(new.iter().map(|(_, at, _)| *at)).collect();
        values::start_many(self.c, &started)?;
        self.insights.extend(ids);
        Ok(())
    }

    /// Keeps the openings that count, in the order in which an import would.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn openings(&mut self, deeds: impl IntoIterator<Item = Deed>) -> AppResult<()> {
        let own: HashSet<(i64, i64)> = insight_authors::table
            .select((insight_authors::insight_id, insight_authors::person_id))
            .load(self.c)?
            .into_iter()
            .collect();
        let mut all = self.told(deeds)?;
        all.retain(|opening| !own.contains(&(opening.insight_id, opening.person_id)));
        let counting = openings::what_counts(self.c, all)?;
        Ok(openings::add_openings(self.c, &counting.counted, &mut |_| ())?)
    }

    /// Keeps first openings of what is known to be fresh, never an author's; the roll-ups follow with
    /// [`Writer::finish`].
    ///
    /// # Errors
    /// What the database refuses.
    pub fn fresh_openings(&mut self, deeds: impl IntoIterator<Item = Deed>) -> AppResult<()> {
        let all = self.told(deeds)?;
        Ok(openings::add_fresh(self.c, &all)?)
    }

    fn told(&self, deeds: impl IntoIterator<Item = Deed>) -> AppResult<Vec<Opening>> {
        deeds
            .into_iter()
            .map(|deed| {
                let actor = self.actor(deed.person, deed.at)?;
                Ok(Opening {
                    insight_id: self.id_of(deed.insight)?,
                    person_id: actor.person_id,
                    department_id: actor.department_id,
                    manager: actor.manager,
                    at: actor.at,
                    day: actor.day,
                    implied: false,
                })
            })
            .collect()
    }

    /// Keeps the ratings.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn ratings(&mut self, rated: &[Rated]) -> AppResult<()> {
        let given = rated
            .iter()
            .map(|rated| {
                let actor = self.actor(rated.deed.person, rated.deed.at)?;
                Ok(Given {
                    insight_id: self.id_of(rated.deed.insight)?,
                    person_id: actor.person_id,
                    department_id: actor.department_id,
                    manager: actor.manager,
                    value: rated.value,
                    version: 1,
                    blind: rated.blind,
                    first_at: actor.at,
                    at: actor.at,
                    day: actor.day,
                })
            })
            .collect::<AppResult<Vec<_>>>()?;
        Ok(ratings::put_many(self.c, &given)?)
    }

    /// Makes roll-ups and values follow; after the last event.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn finish(&mut self) -> AppResult<()> {
        rebuild::recompute(self.c)?;
        refit::refit(self.c, self.now)?;
        Ok(())
    }

    /// A person acting at that time.
    ///
    /// # Errors
    /// When there is nobody of that number.
    pub fn actor(&self, person: usize, at: NaiveDateTime) -> AppResult<Actor> {
        let place = self.people.get(person).ok_or_else(unknown)?;
        Ok(Actor {
            person_id: place.person_id,
            department_id: place.department_id,
            manager: place.manager,
            at,
            day: self.calendar.day(at),
        })
    }

    /// The id of an insight.
    ///
    /// # Errors
    /// When there is none of that number.
    pub fn id_of(&self, insight: usize) -> AppResult<i64> {
        self.insights.get(insight).copied().ok_or_else(unknown)
    }

    /// The ids of all insights, by number.
    pub fn ids(&self) -> &[i64] {
        &self.insights
    }
}

fn unknown() -> AppError {
    AppError::Internal("an event names somebody or something that was not written".into())
}
