//! People, departments, sign-in: stories on both databases.

mod administration;
mod doors;
mod feed;
mod guessing;
mod history;
mod sessions;
mod way_back;

use crate::support::*;

/// A password nobody in a story has yet.
pub const FRESH: &str = "harbour violin antelope mustard";

/// Days of the story's calendar.
pub fn day(text: &str) -> chrono::NaiveDate {
    text.parse().expect("a day")
}

/// Signs in on a new browser; the answer and the browser.
pub async fn sign_in(app: &TestApp, email: &str, password: &str) -> (Answer, Visitor) {
    let browser = app.stranger();
    let answer = browser.post("/sign-in", &[("email", email), ("password", password)]).await;
    (answer, browser)
}
