//! What a request asks and what it paid, for whoever speaks of it elsewhere.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::in_few;
use crate::db::schema::{insights, request_answers, requests};

/// What a request asks, and which of somebody's insights it paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    pub question: String,
    /// Id and title of what was paid to them, without what has left the archive.
    pub paid: Vec<(i64, String)>,
}

/// The names of at most thirty requests, by id, for somebody who reads their account. Everybody may read
/// every request.
///
/// # Errors
/// What the database says.
pub fn called(c: &mut Conn, person_id: i64, ids: &[i64]) -> QueryResult<BTreeMap<i64, Called>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let questions: Vec<(i64, String)> = requests::table
        .filter(in_few(requests::id, ids))
        .select((requests::id, requests::question))
        .load(c)?;
    let paid: Vec<(i64, i64, String)> = request_answers::table
        .inner_join(insights::table)
        .filter(in_few(request_answers::request_id, ids))
        .filter(request_answers::credits.gt(0))
        .filter(insights::author_id.eq(person_id))
        .filter(visible_to(person_id))
        .order((request_answers::request_id, request_answers::credits.desc(), insights::id))
        .select((request_answers::request_id, insights::id, insights::title))
        .load(c)?;
    let mut called: BTreeMap<i64, Called> =
        questions.into_iter().map(|(id, question)| (id, Called { question, paid: Vec::new() })).collect();
    for (request, insight, title) in paid {
        if let Some(one) = called.get_mut(&request) {
            one.paid.push((insight, title));
        }
    }
    Ok(called)
}
