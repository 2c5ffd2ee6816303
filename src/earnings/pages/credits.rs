//! `/me/credits`: what somebody holds, every line of how it came to that, and how to earn more.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{credits, terms};
use crate::accounts::guard::Member;
use crate::clock::Calendar;
use crate::earnings::store::{self, Raterly};
use crate::earnings::week::Week;
use crate::error::AppResult;
use crate::ledger::store::{self as ledger, Line};
use crate::ledger::{Account, Reason};
use crate::policy::{CreditPolicy, RequestPolicy};
use crate::requests::store::{Called, called};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;
use crate::web::when;

/// Lines of a page.
const PAGE: usize = 30;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CreditsQuery {
    after: String,
}

/// A line of the account, in words.
struct Row {
    at: when::Moment,
    words: String,
    link: Option<String>,
    /// What it is about: address and title of the insights that were paid, and of the request.
    about: Vec<(String, String)>,
    /// "+3" or "−12".
    amount: String,
    gain: bool,
    balance: i64,
}

impl Row {
    fn of(
        line: Line,
        requests: &BTreeMap<i64, Called>,
        calendar: Calendar,
        now: chrono::NaiveDateTime,
    ) -> Row {
        let today = calendar.day(now);
        let words = match (line.reason, line.reversed) {
            (Reason::Reversal { .. }, Some(reversed)) => {
                format!("Taken back: {}", lower_first(&in_words(reversed, today)))
            }
            (reason, _) => in_words(reason, today),
        };
        let reason = line.reversed.unwrap_or(line.reason);
        Row {
            at: when::moment(calendar, line.at, now),
            words,
            link: link_of(reason),
            about: about(reason, requests),
            amount: signed(line.amount),
            gain: line.amount > 0,
            balance: line.balance,
        }
    }
}

fn in_words(reason: Reason, today: chrono::NaiveDate) -> String {
    match reason {
        Reason::Welcome => "To begin with, as everybody gets".to_owned(),
        Reason::Earned { week } => {
            format!("New readers of your insights, {}", Week::of(week).words(today))
        }
        Reason::FirstRatings { day } => {
            format!("First ratings, until {}", when::day(day, today))
        }
        Reason::Bounty { .. } => "Offered for the answer to your request".to_owned(),
        Reason::CoFunding { .. } => "Added to what a colleague's request offers".to_owned(),
        Reason::Award { .. } => "For your answer, chosen by whoever asked".to_owned(),
        Reason::AutoAward { .. } => "For your answer, the best valued when the time was up".to_owned(),
        Reason::Refund { .. } => "Given back: the request ended without paying an answer".to_owned(),
        Reason::Reversal { .. } => "Taken back".to_owned(),
        Reason::Correction => "Corrected by hand".to_owned(),
    }
}

fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn link_of(reason: Reason) -> Option<String> {
    match reason {
        Reason::Welcome => Some("#earn".to_owned()),
        Reason::Earned { week } => Some(format!("/me/credits/{}", Week::of(week))),
        Reason::FirstRatings { day } => Some(format!("/me/credits/{}#ratings", Week::of(day))),
        _ => None,
    }
}

/// The request a line is about, after the answers it paid.
fn about(reason: Reason, requests: &BTreeMap<i64, Called>) -> Vec<(String, String)> {
    let Some((id, request)) = reason.request().and_then(|id| Some((id, requests.get(&id)?))) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    if matches!(reason, Reason::Award { .. } | Reason::AutoAward { .. }) {
        links.extend(request.paid.iter().map(|(id, title)| (format!("/insights/{id}"), title.clone())));
    }
    links.push((format!("/requests/{id}"), request.question.clone()));
    links
}

/// With a true minus sign, which is as wide as the plus.
fn signed(amount: i64) -> String {
    if amount < 0 { format!("\u{2212}{}", amount.unsigned_abs()) } else { format!("+{amount}") }
}

#[derive(Template)]
#[template(path = "earnings/credits.html")]
struct CreditsPage {
    page: Page,
    balance: i64,
    rows: Vec<Row>,
    first: bool,
    older: Option<String>,
    ratings: Raterly,
    terms: CreditPolicy,
    requests: RequestPolicy,
    /// First ratings of this week that can still earn.
    left: i64,
}

impl CreditsPage {
    fn held(&self) -> String {
        credits(self.balance)
    }

    /// What a first rating earns.
    fn for_a_rating(&self) -> String {
        credits(self.terms.rater_credit)
    }

    /// What a reader of another department earns an author at full value.
    fn for_a_reader(&self) -> i64 {
        self.terms.earn_factor * self.terms.other_department
    }

    /// The lower bound at which nothing is earned yet, in stars.
    fn floor(&self) -> String {
        stars(self.terms.earn_floor)
    }

    /// And that at which it earns in full.
    fn full(&self) -> String {
        stars(self.terms.earn_floor + self.terms.earn_span)
    }
}

fn stars(hundredths: i64) -> String {
    let text = format!("{:.2}", hundredths as f64 / 100.0);
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

/// `GET /me/credits`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    Query(query): Query<CreditsQuery>,
) -> AppResult<HttpResponse> {
    let terms = terms(&app)?;
    let after = Cursor::parse(&query.after, 1)?;
    let first = after.is_none();
    let (person, now, calendar) = (member.actor.person_id, member.actor.at, app.calendar());
    let since = calendar.start_of(Week::of(member.actor.day).monday());
    let (balance, (lines, next), requests, ratings) = app
        .db
        .read(move |c| {
            let balance = ledger::balance(c, Account::Person(person))?;
            let lines = ledger::lines(c, person, after.as_ref(), PAGE)?;
            let mut ids: Vec<i64> =
                lines.0.iter().filter_map(|line| line.reversed.unwrap_or(line.reason).request()).collect();
            ids.sort_unstable();
            ids.dedup();
            let requests = called(c, person, &ids)?;
            Ok((balance, lines, requests, store::raterly(c, person, since)?))
        })
        .await?;
    let shown = CreditsPage {
        page: Page::new(&req, &member, Place::You, "Your credits"),
        balance,
        rows: lines.into_iter().map(|line| Row::of(line, &requests, calendar, now)).collect(),
        first,
        older: next.map(|next| format!("/me/credits?after={next}")),
        left: (terms.rater_weekly - ratings.since).max(0),
        ratings,
        terms,
        requests: app.config.policy.requests,
    };
    page::show(&shown, &req)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_and_those_about_something_a_link() {
        let day = "2026-11-04".parse().expect("a day");
        let today = "2026-11-20".parse().expect("a day");
        for (reason, words, link) in [
            (
                Reason::Earned { week: "2026-11-02".parse().expect("a day") },
                "New readers of your insights, 2 to 8 November",
                Some("/me/credits/2026-W45"),
            ),
            (
                Reason::FirstRatings { day },
                "First ratings, until 4 November",
                Some("/me/credits/2026-W45#ratings"),
            ),
            (Reason::Bounty { request: 7 }, "Offered for the answer to your request", None),
            (Reason::Correction, "Corrected by hand", None),
        ] {
            assert_eq!((in_words(reason, today).as_str(), link_of(reason).as_deref()), (words, link));
        }
        let known = Called { question: "Who prints?".into(), paid: vec![(5, "The night shift".into())] };
        let requests = BTreeMap::from([(7, known)]);
        let request = ("/requests/7".to_owned(), "Who prints?".to_owned());
        let answer = ("/insights/5".to_owned(), "The night shift".to_owned());
        for (reason, links) in [
            (Reason::Bounty { request: 7 }, vec![request.clone()]),
            (Reason::Refund { request: 7 }, vec![request.clone()]),
            (Reason::Award { request: 7 }, vec![answer, request]),
            (Reason::Bounty { request: 8 }, vec![]),
            (Reason::Welcome, vec![]),
        ] {
            assert_eq!(about(reason, &requests), links, "{reason:?}");
        }
        assert_eq!(
            (signed(3), signed(-12), stars(300), stars(275)),
            ("+3".into(), "\u{2212}12".into(), "3.0".into(), "2.75".into())
        );
        assert_eq!(lower_first("Über"), "über");
    }
}
