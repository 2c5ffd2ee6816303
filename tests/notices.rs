//! Notices: what people are told, once, on their page and by mail.

mod mail;
mod mentions;
mod pages;
mod sending;
mod telling;
mod tls;

use crate::support::*;

/// What stands on somebody's page: sentence, number of events, and whether it was read.
async fn lines(app: &TestApp, person_id: i64) -> Vec<(String, i32, bool)> {
    use diesel::prelude::*;
    use tradewind::db::schema::notices;
    app.ask(move |c| {
        Ok(notices::table
            .filter(notices::person_id.eq(person_id))
            .order(notices::id)
            .select((notices::text, notices::events, notices::read_at.is_not_null()))
            .load(c)?)
    })
    .await
}

/// The sentences on somebody's page.
async fn sentences(app: &TestApp, person_id: i64) -> Vec<String> {
    lines(app, person_id).await.into_iter().map(|(text, ..)| text).collect()
}

/// The number in the bell.
async fn unread(app: &TestApp, person_id: i64) -> i32 {
    app.ask(move |c| Ok(tradewind::accounts::store::person(c, person_id)?.unread_notices)).await
}

/// Says that somebody used an insight, as its page does.
async fn uses(who: &Visitor, insight: i64, note: &str, sign: &str) -> Answer {
    who.get(&format!("/insights/{insight}")).await.expect(200);
    who.post(&format!("/insights/{insight}/use"), &[("note", note), ("sign", sign)]).await.expect(303)
}
