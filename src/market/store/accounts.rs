//! `value_accounts`: how shown values came about, as of their last move.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, insight_values, insights, value_accounts};
use crate::market::account::Account;

/// What the page about an insight's value needs beside the value.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub title: String,
    /// When the shown value last moved.
    pub moved_at: Option<NaiveDateTime>,
    /// How it came about; the departments in it have their present names. `None` while nothing is shown.
    pub account: Option<Account>,
}

/// What there is to tell of an insight's value. Who may see it is the caller's to see to.
///
/// # Errors
/// What the database says; [`diesel::NotFound`] where nobody has started a value.
pub fn told(c: &mut Conn, insight_id: i64) -> QueryResult<Told> {
    let (title, moved_at, text): (String, Option<NaiveDateTime>, Option<String>) = insights::table
        .inner_join(insight_values::table)
        .left_join(value_accounts::table.on(value_accounts::insight_id.eq(insights::id)))
        .filter(insights::id.eq(insight_id))
        .select((insights::title, insight_values::shown_at, value_accounts::account.nullable()))
        .first(c)?;
    // What another version of the program wrote and this one cannot read is made again with the next move.
    let mut account: Option<Account> = moved_at.and(text).and_then(|text| serde_json::from_str(&text).ok());
    for voice in account.iter_mut().flat_map(|account| &mut account.voices) {
        let name: Option<String> = departments::table
            .filter(departments::folded_path.eq(&voice.name))
            .select(departments::path)
            .first(c)
            .optional()?;
        if let Some(name) = name {
            voice.name = name;
        }
    }
    Ok(Told { title, moved_at, account })
}
