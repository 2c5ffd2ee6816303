//! What ratings say as of a time. Features know each other in one order, and the market comes after the
//! flow: whoever asks for figures brings `market::store::worth::as_of` along.

use chrono::NaiveDateTime;
use diesel::QueryResult;

use crate::db::Conn;

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
    /// What the author's own department sees in it, if it has rated.
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
    /// Rated insights, by id.
    pub judged: Vec<Judged>,
    /// By insight and person.
    pub rated: Vec<Rated>,
    /// At present: no leniency is further from the solution than this, in stars.
    pub pending_error: f64,
}

/// Asks the market what was said at each of these times, one after the other: there are too many ratings to be held
/// for all of them.
pub type WorthAt = fn(&mut Conn, &[NaiveDateTime], &mut dyn FnMut(NaiveDateTime, Worth)) -> QueryResult<()>;
