//! What people are told: that an insight of theirs was used, that somebody needs what they know, that a
//! colleague mentioned them. In the product at once, by mail in the rhythm each of them chose.
//!
//! Whoever makes something happen calls [`store::tell`] in the same transaction. A [`Notice`] never names
//! a rater, and a use that was signed by the department only stays so.

pub mod gather;
pub mod jobs;
mod kind;
pub mod letter;
mod pages;
pub mod post;
mod rhythm;
pub mod store;

use chrono::NaiveDateTime;

pub use kind::Kind;
pub use pages::routes;
pub use rhythm::Rhythm;

/// Something to tell one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whom. Somebody disabled is told nothing.
    pub person_id: i64,
    pub kind: Kind,
    pub about: About,
    /// A plain sentence without its full stop, such as `Ann Sample (Sales) used “Title”`: what is told
    /// where this event stands alone.
    pub text: String,
    /// Names the event, once for each person, such as `use:7:12`: the same one tells once.
    pub key: String,
    /// The department where it happened, where that may be said; lets several events be told as
    /// "3 colleagues in Sales used …".
    pub department: Option<String>,
    /// UTC.
    pub at: NaiveDateTime,
}

/// The thing a notice is about. Unread notices of one kind about one thing are gathered in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `insight:7`.
    pub thing: String,
    /// Its title, or the question of a request.
    pub title: String,
    /// Where the line leads: a path of this site.
    pub path: String,
}

impl About {
    /// An insight.
    pub fn insight(id: i64, title: impl Into<String>) -> About {
        About { thing: format!("insight:{id}"), title: title.into(), path: format!("/insights/{id}") }
    }

    /// A request.
    pub fn request(id: i64, title: impl Into<String>) -> About {
        About { thing: format!("request:{id}"), title: title.into(), path: format!("/requests/{id}") }
    }

    /// Leads somewhere else, such as to one remark.
    #[must_use]
    pub fn leading_to(self, path: impl Into<String>) -> About {
        About { path: path.into(), ..self }
    }
}
