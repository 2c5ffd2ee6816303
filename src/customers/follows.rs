//! What somebody follows: a customer, a segment or a topic. Requests about it are wanted from them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::store::Named;
use crate::db::Conn;
use crate::db::schema::{customers, follows, segments, tags};
use crate::each_db;

/// What can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Customer,
    Segment,
    Topic,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Customer, Kind::Segment, Kind::Topic];

    /// What pages call it.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Customer => "Customer",
            Kind::Segment => "Segment",
            Kind::Topic => "Topic",
        }
    }

    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Customer => "customer",
            Kind::Segment => "segment",
            Kind::Topic => "topic",
        }
    }

    /// The first part of its address.
    pub const fn path(self) -> &'static str {
        match self {
            Kind::Customer => "customers",
            Kind::Segment => "segments",
            Kind::Topic => "topics",
        }
    }

    fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Begins to follow something; done twice, it is done once. Whether it is there, the caller knows.
///
/// # Errors
/// What the database says.
pub fn follow(c: &mut Conn, person_id: i64, kind: Kind, id: i64, at: NaiveDateTime) -> QueryResult<()> {
    let row = (
        follows::person_id.eq(person_id),
        follows::kind.eq(kind.name()),
        follows::object_id.eq(id),
        follows::at.eq(at),
    );
    each_db!(c, c => diesel::insert_into(follows::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))
    .map(|_| ())
}

/// Stops following something.
///
/// # Errors
/// What the database says.
pub fn unfollow(c: &mut Conn, person_id: i64, kind: Kind, id: i64) -> QueryResult<()> {
    diesel::delete(follows::table.find((person_id, kind.name(), id))).execute(c).map(|_| ())
}

/// Whether somebody follows something.
///
/// # Errors
/// What the database says.
pub fn follows_it(c: &mut Conn, person_id: i64, kind: Kind, id: i64) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(follows::table.find((person_id, kind.name(), id)))).get_result(c)
}

/// What somebody follows, by name, at most a hundred of each kind.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, person_id: i64) -> QueryResult<Vec<(Kind, Named)>> {
    let mut all: Vec<(String, i64, String)> = Vec::new();
    macro_rules! named {
        ($kind:expr, $table:ident) => {
            follows::table
                .inner_join($table::table.on($table::id.eq(follows::object_id)))
                .filter(follows::person_id.eq(person_id))
                .filter(follows::kind.eq($kind.name()))
                .order(($table::folded_name, $table::id))
                .select((follows::kind, $table::id, $table::name))
                .limit(100)
                .load::<(String, i64, String)>(c)?
        };
    }
    all.extend(named!(Kind::Customer, customers));
    all.extend(named!(Kind::Segment, segments));
    all.extend(named!(Kind::Topic, tags));
    Ok(all
        .into_iter()
        .filter_map(|(kind, id, name)| Some((Kind::named(&kind)?, Named { id, name })))
        .collect())
}
