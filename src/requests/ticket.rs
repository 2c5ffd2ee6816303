//! A request in a list, as one person sees it: feed, lists and the pages of customers, segments and
//! topics draw the same tickets with `requests/_ticket.html`.

use chrono::NaiveDateTime;

use crate::accounts::person::Person;
use crate::archive::insight::department_of;
use crate::clock::Calendar;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::error::AppResult;
use crate::requests::request::State;
use crate::requests::store::{self, Listed, Why};
use crate::web::ago::ago;

/// A request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: i64,
    pub question: String,
    /// Credits; 0 where it carries none.
    pub bounty: i64,
    pub asker: Named,
    /// The first part of the asker's department.
    pub department: String,
    /// "3 days left", "waits for its award", "awarded 4 days ago".
    pub clock: String,
    /// Under three days left.
    pub is_urgent: bool,
    /// It can be answered.
    pub is_open: bool,
    /// "no answer yet", "2 answers".
    pub answers: String,
    /// Why it is wanted from the viewer; empty where that is not the question.
    pub because: &'static str,
}

/// A ticket for a request of a list.
pub fn ticket(one: Listed, now: NaiveDateTime, calendar: Calendar, why: Option<&Why>) -> Ticket {
    let is_open = one.state == State::Open && now < one.closes_at;
    let clock = match one.state {
        State::Open if is_open => left(one.closes_at, now),
        State::Open => "waits for its award".to_owned(),
        State::Cancelled => format!("taken back {}", ended(&one, now, calendar)),
        State::Expired => format!("ended {}", ended(&one, now, calendar)),
        State::Awarded | State::AutoAwarded => format!("awarded {}", ended(&one, now, calendar)),
    };
    Ticket {
        id: one.id,
        question: one.question,
        bounty: one.bounty,
        asker: one.asker,
        department: department_of(&one.department).to_owned(),
        clock,
        is_urgent: is_open && (one.closes_at - now).num_days() < 3,
        is_open,
        answers: match one.answers {
            0 => "no answer yet".into(),
            1 => "1 answer".into(),
            n => format!("{n} answers"),
        },
        because: why.map_or("", |why| why.words()),
    }
}

fn ended(one: &Listed, now: NaiveDateTime, calendar: Calendar) -> String {
    let words = ago(one.closed_at.unwrap_or(one.closes_at), now, calendar).words;
    // A date is "on" a day; everything else is said as it is.
    if words.starts_with(|c: char| c.is_ascii_digit()) && !words.ends_with("ago") {
        format!("on {words}")
    } else {
        words
    }
}

/// How long until `end`, in whole days, hours or minutes.
pub fn left(end: NaiveDateTime, now: NaiveDateTime) -> String {
    let minutes = (end - now).num_minutes().max(0);
    match minutes {
        0 => "less than a minute left".into(),
        1 => "1 minute left".into(),
        2..60 => format!("{minutes} minutes left"),
        60..120 => "1 hour left".into(),
        120..1440 => format!("{} hours left", minutes / 60),
        1440..2880 => "1 day left".into(),
        _ => format!("{} days left", minutes / 1440),
    }
}

/// What is wanted from somebody, those that fit best first, and how many there are altogether.
///
/// # Errors
/// What the database says.
pub fn wanted(
    c: &mut Conn,
    person: &Person,
    now: NaiveDateTime,
    calendar: Calendar,
    limit: usize,
) -> AppResult<Vec<Ticket>> {
    let whys = store::wanted_for(c, person, now, i64::try_from(limit).unwrap_or(i64::MAX))?;
    let mut tickets = Vec::with_capacity(whys.len());
    for part in whys.chunks(crate::db::fragments::FEW) {
        let ids: Vec<i64> = part.iter().map(|why| why.id).collect();
        for one in store::about_few(c, &ids)? {
            let why = part.iter().find(|why| why.id == one.id);
            tickets.push(ticket(one, now, calendar, why));
        }
    }
    Ok(tickets)
}

/// The tickets of a few requests, in the order of the ids.
///
/// # Errors
/// What the database says.
pub fn of_few(c: &mut Conn, ids: &[i64], now: NaiveDateTime, calendar: Calendar) -> AppResult<Vec<Ticket>> {
    Ok(store::about_few(c, ids)?.into_iter().map(|one| ticket(one, now, calendar, None)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_said_as_people_say_it() {
        let at = |text: &str| text.parse::<NaiveDateTime>().expect("a time");
        let end = at("2026-11-16T09:00:00");
        for (now, words) in [
            ("2026-11-02T09:00:00", "14 days left"),
            ("2026-11-14T09:00:00", "2 days left"),
            ("2026-11-14T09:00:01", "1 day left"),
            ("2026-11-15T10:00:00", "23 hours left"),
            ("2026-11-16T07:30:00", "1 hour left"),
            ("2026-11-16T08:01:00", "59 minutes left"),
            ("2026-11-16T08:59:00", "1 minute left"),
            ("2026-11-16T08:59:40", "less than a minute left"),
        ] {
            assert_eq!(left(end, at(now)), words, "{now}");
        }
    }
}
