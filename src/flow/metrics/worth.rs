//! What ratings say as of a time. Features know each other in one order, and the market comes after the
//! flow: whoever asks for figures brings `market::store::worth::as_of` along.

use chrono::NaiveDateTime;
use diesel::QueryResult;

use crate::clock::Calendar;
use crate::db::Conn;
use crate::flow::rounds::Rounds;

/// An insight as its ratings judge it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub insight_id: i64,
    /// Raters that count.
    pub raters: usize,
    /// Stars, unrounded.
    pub value: f64,
    /// The value is above this nine times in ten.
    pub lower: f64,
    /// What the author's own department sees in it, if as many of it have rated as may be told of.
    pub home: Option<f64>,
    /// Its value by the ratings of its first 30 days alone, if there are any.
    pub early: Option<f64>,
}

/// A rating that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    pub insight_id: i64,
    pub person_id: i64,
    /// 1 to 5.
    pub stars: u8,
    /// When this person first rated it, and when the rating that counts was given. UTC.
    pub first_at: NaiveDateTime,
    pub at: NaiveDateTime,
}

/// What all ratings given before a time say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worth {
    /// Rated insights, by id: what was said when the last round was over.
    pub judged: Vec<Judged>,
    /// By insight and person.
    pub rated: Vec<Rated>,
    /// Which ratings may be told apart.
    pub rounds: Rounds,
    /// At present: no leniency is further from the solution than this, in stars.
    pub pending_error: f64,
}

/// What is asked of ratings.
#[derive(Clone, Copy, Debug)]
pub struct AsOf<'a> {
    /// What was said at each of these times.
    pub ends: &'a [NaiveDateTime],
    pub calendar: Calendar,
    /// Whether nobody is to be protected: what was said at the very time, and any department's view.
    pub exactly: bool,
}

/// Asks the market, of one time after the other: there are too many ratings to be held for all of them.
pub type WorthAt = fn(&mut Conn, AsOf<'_>, &mut dyn FnMut(NaiveDateTime, Worth)) -> QueryResult<()>;
