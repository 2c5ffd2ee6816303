//! What the curator of the demo company finds in the queue: a ring across departments, a pair, somebody who
//! rates one author all day, two who pay each other's answers (told with the requests), a duplicate,
//! personal data, old insights, reports. And, among them, a department of honest enthusiasts that must not
//! be found.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::company::GUIDES;
use super::content::Text;
use super::dice::Dice;
use super::hours::Hours;
use super::story::{Deed, Rated, Remarked, Shared, Story};
use super::write::Writer;
use crate::config::Config;
use crate::db::Conn;
use crate::db::schema::remarks;
use crate::error::{AppError, AppResult};
use crate::jobs::Times;
use crate::review::case::ReportReason;
use crate::review::store::{play, reports, stale, texts};

/// What the four of the ring share: department and three thin insights each.
const RING: [(&str, [&str; 3]); 4] = [
    (
        "Sales",
        [
            "Customers say our stand at the fair looked good",
            "Several buyers mentioned that they like the new letterhead",
            "A buyer told me that prices could always be lower",
        ],
    ),
    (
        "Support",
        [
            "Callers are friendlier on Fridays than on Mondays",
            "A caller said that waiting music is a matter of taste",
            "People who call before nine are often in a hurry",
        ],
    ),
    (
        "Product",
        [
            "Users like software that is easy to use",
            "Someone asked whether the grey could be a little lighter",
            "Customers want features and also fewer features",
        ],
    ),
    (
        "Operations",
        [
            "Customers prefer parcels that arrive undamaged",
            "Drivers report that traffic is heavier in the afternoon",
            "A goods-in clerk said our boxes are brown",
        ],
    ),
];

/// What the two of the pair share.
const PAIR: [(&str, [&str; 3]); 2] = [
    (
        "Marketing",
        [
            "Readers of the newsletter read the first paragraph first",
            "Visitors of the web page come from different countries",
            "Our slogan was repeated correctly by one visitor",
        ],
    ),
    (
        "Finance",
        [
            "Customers who pay early are pleasant to work with",
            "An accountant said that invoices come in many formats",
            "Reminder letters are rarely answered with thanks",
        ],
    ),
];

/// Insights from before the story, which nobody opened since.
const OLD: [(&str, u64, &str, &str); 2] = [
    (
        "Sales",
        470,
        "Wholesalers decide about service contracts in January only",
        "Their budget year begins in February. What is not on the table by mid January waits a year.",
    ),
    (
        "Support",
        410,
        "The hotline number on the machine plate is the old one",
        "Two callers read it off the plate and reached nobody. Plates are changed at the next service.",
    ),
];

/// Somebody of a division who was there all the time, whom no link leads to and who is not taken yet.
fn somebody(story: &Story, division: &str, taken: &[usize]) -> Option<usize> {
    let fits = |(at, worker): (usize, &super::company::Worker)| {
        let stayed = worker.joined_on.is_none() && worker.left_on.is_none();
        (at >= GUIDES.len()
            && !taken.contains(&at)
            && worker.division() == division
            && stayed
            && worker.shares == 0.0)
            .then_some(at)
    };
    story.people.iter().enumerate().find_map(fits)
}

/// Plants it all in a story that was told.
pub fn plant(story: &mut Story, hours: &Hours) {
    let mut dice = Dice::for_purpose("play");
    let mut taken = Vec::new();
    community(story, hours, &mut dice, &RING, &mut taken);
    community(story, hours, &mut dice, &PAIR, &mut taken);
    series(story, hours, &mut dice, &mut taken);
    enthusiasts(story, hours, &mut dice, &taken);
    archive(story, hours, &mut dice, &taken);
}

/// Adds an insight at the end of the list.
fn share(story: &mut Story, author: usize, at: NaiveDateTime, text: Text) -> usize {
    let index = story.insights.len();
    story.insights.push(Shared { reference: format!("EX-{:04}", index + 1), text, author, at });
    index
}

/// Somebody opens an insight and rates it, unless they have or it is their own.
fn rate(story: &mut Story, person: usize, insight: usize, at: NaiveDateTime, value: i32) {
    let known = story.ratings.iter().any(|one| (one.deed.person, one.deed.insight) == (person, insight));
    if known || story.insights.get(insight).is_none_or(|shared| shared.author == person || shared.at >= at) {
        return;
    }
    let opened = story.accesses.iter().any(|deed| {
        (deed.person, deed.insight) == (person, insight) && (deed.at - at).abs() < Duration::minutes(30)
    });
    if !opened {
        story.accesses.push(Deed { insight, person, at: at - Duration::minutes(2) });
    }
    story.ratings.push(Rated { deed: Deed { insight, person, at }, value, blind: true });
}

/// People who give each other's thin insights the best rating, whatever others think of them.
fn community(
    story: &mut Story,
    hours: &Hours,
    dice: &mut Dice,
    of: &[(&str, [&str; 3])],
    taken: &mut Vec<usize>,
) {
    let mut members = Vec::new();
    for (division, titles) in of {
        let Some(person) = somebody(story, division, taken) else { return };
        taken.push(person);
        members.push((person, *division, titles));
    }
    let mut shared = Vec::new();
    for (person, division, titles) in &members {
        for title in titles.iter() {
            let day = hours.working_from(hours.ago(dice.whole(25, 90) as u64));
            let at = hours.on(dice, day);
            shared.push((*person, share(story, *person, at, Text::planted(division, title, "", 2.0)), at));
        }
    }
    let honest: Vec<usize> = (GUIDES.len()..story.people.len())
        .filter(|at| !taken.contains(at) && story.people.get(*at).is_some_and(|one| one.rates > 0.2))
        .collect();
    for (author, insight, at) in &shared {
        for (person, ..) in &members {
            if person != author {
                let later = later(hours, dice, *at);
                rate(story, *person, *insight, later, 5);
            }
        }
        for _ in 0..9 {
            let (Some(person), value) =
                (honest.get(dice.index(honest.len())).copied(), dice.whole(1, 3) as i32)
            else {
                continue;
            };
            if story.people.get(person).is_some_and(|one| one.is_here(hours.calendar.day(*at))) {
                let later = later(hours, dice, *at);
                rate(story, person, *insight, later, value);
            }
        }
    }
    // They rate others as everybody does, so that the model knows that they are not simply generous.
    let others: Vec<(usize, NaiveDateTime, f64)> =
        story.insights.iter().enumerate().take(120).map(|(at, one)| (at, one.at, one.text.worth)).collect();
    for (person, ..) in &members {
        for _ in 0..10 {
            let Some((insight, at, worth)) = others.get(dice.index(others.len())).copied() else { continue };
            let later = later(hours, dice, at);
            if let Some(later) = hours.past(later) {
                rate(story, *person, insight, later, (worth - 0.3).round() as i32);
            }
        }
    }
}

/// Some hours to some days after something was shared.
fn later(hours: &Hours, dice: &mut Dice, at: NaiveDateTime) -> NaiveDateTime {
    let days = 0.3 + dice.exponential(5.0).min(20.0);
    hours.after(dice, at, days)
}

/// Somebody goes through everything one author has written, in two days of this week.
fn series(story: &mut Story, hours: &Hours, dice: &mut Dice, taken: &mut Vec<usize>) {
    let mut counts = vec![0_usize; story.people.len()];
    for shared in &story.insights {
        if hours.now - shared.at > Duration::days(7)
            && let Some(count) = counts.get_mut(shared.author)
        {
            *count += 1;
        }
    }
    let best =
        counts.iter().enumerate().skip(4).filter(|(at, _)| !taken.contains(at)).max_by_key(|(_, n)| **n);
    let (Some((author, _)), Some(rater)) = (best, somebody(story, "Support", taken)) else { return };
    taken.push(rater);
    let own: Vec<usize> = story
        .insights
        .iter()
        .enumerate()
        .filter(|(_, shared)| shared.author == author && hours.now - shared.at > Duration::days(7))
        .map(|(at, _)| at)
        .take(9)
        .collect();
    let begin = hours.now - Duration::days(3);
    for (at, insight) in own.into_iter().enumerate() {
        let minutes = 7 * at as i64 + if at < 4 { 0 } else { 1440 } + dice.whole(0, 3);
        rate(story, rater, insight, begin + Duration::minutes(minutes), 4);
    }
}

/// Ten people of Marketing who read whatever a colleague writes and are glad of most things, of others too.
fn enthusiasts(story: &mut Story, hours: &Hours, dice: &mut Dice, taken: &[usize]) {
    let marketing: HashSet<usize> = story
        .people
        .iter()
        .enumerate()
        .skip(4)
        .filter(|(at, one)| {
            one.division() == "Marketing" && !taken.contains(at) && one.is_here(hours.ago(150))
        })
        .map(|(at, _)| at)
        .collect();
    let mut glad: Vec<usize> = marketing.into_iter().collect();
    glad.sort_unstable();
    glad.truncate(10);
    for rated in story.ratings.iter_mut().filter(|rated| glad.contains(&rated.deed.person)) {
        rated.value = (rated.value + 1).min(5);
    }
    let own: Vec<(usize, NaiveDateTime)> = story
        .insights
        .iter()
        .enumerate()
        .filter(|(_, one)| glad.contains(&one.author) && one.text.worth > 2.5)
        .map(|(at, one)| (at, one.at))
        .collect();
    for (insight, at) in own {
        for person in glad.clone() {
            let later = later(hours, dice, at);
            let value = if dice.chance(0.8) { 5 } else { 4 };
            let is_here = story.people.get(person).is_some_and(|one| one.is_here(hours.calendar.day(later)));
            if let Some(later) = hours.past(later).filter(|_| is_here) {
                rate(story, person, insight, later, value);
            }
        }
    }
}

/// A duplicate, two texts with personal data, and two insights from before the story.
fn archive(story: &mut Story, hours: &Hours, dice: &mut Dice, taken: &[usize]) {
    let mut day = |ago: u64| hours.on(dice, hours.working_from(hours.ago(ago)));
    let (twice, phone, remark) = (day(9), day(6), day(5));
    let original = story
        .insights
        .iter()
        .position(|one| one.text.department == "Support" && one.text.body.len() > 60 && one.at < twice);
    if let (Some(original), Some(author)) = (original, somebody(story, "Operations", taken)) {
        let text = story.insights.get(original).map(|one| one.text.clone());
        if let Some(mut text) = text {
            text.title = format!("Heard again: {}", text.title);
            text.department = "Operations".to_owned();
            share(story, author, twice, text);
        }
    }
    if let Some(author) = somebody(story, "Sales", taken) {
        let body =
            "Their gate is locked at night. Ring the shift lead before you send a driver: +44 1632 960 471.";
        let text = Text::planted("Sales", "Night deliveries need a call before the driver leaves", body, 3.4);
        let insight = share(story, author, phone, text);
        if let Some(person) = somebody(story, "Product", taken) {
            story.accesses.push(Deed { insight, person, at: remark - Duration::minutes(3) });
            let body = "The drawing of the gate is with jo.sample@customer.example, ask for the second page.";
            story
                .remarks
                .push(Remarked { deed: Deed { insight, person, at: remark }, body: body.to_owned() });
        }
    }
    for (division, ago, title, body) in OLD {
        if let Some(author) = somebody(story, division, taken) {
            share(story, author, day(ago), Text::planted(division, title, body, 3.2));
        }
    }
}

/// Two colleagues report something.
///
/// # Errors
/// What the database refuses.
pub fn report(writer: &mut Writer<'_>, story: &Story, hours: &Hours) -> AppResult<()> {
    let weak = story.insights.iter().position(|one| one.text.worth < 2.4 && one.author >= GUIDES.len());
    let old = story.insights.iter().position(|one| one.text.worth > 3.0 && one.author >= GUIDES.len());
    let said = [
        (weak, 10, 30, ReportReason::Wrong, "They have changed this since spring. I was there last week."),
        (old, 14, 50, ReportReason::Confidential, "The customer asked us to keep the figures to ourselves."),
    ];
    for (insight, person, hours_ago, reason, words) in said {
        let Some(insight) = insight else { continue };
        let at = hours.now - Duration::hours(hours_ago);
        let author = story.insights.get(insight).map(|one| one.author);
        let person = if author == Some(person) { person + 1 } else { person };
        let (actor, id) = (writer.actor(person, at)?, writer.id_of(insight)?);
        reports::report(writer.conn(), &actor, id, reason, words)?;
    }
    Ok(())
}

/// Looks for everything as the jobs do.
///
/// # Errors
/// What the database refuses.
pub fn find(c: &mut Conn, hours: &Hours) -> AppResult<()> {
    let config = Config::from_pairs([]).map_err(AppError::Internal)?;
    let policy = config.policy.review;
    let times = Times { now: hours.now, calendar: hours.calendar, config: Arc::new(config) };
    while texts::scan(c, hours.now, &policy)? > 0 {}
    let all: Vec<(i64, i64)> = remarks::table
        .filter(remarks::body.like("%@%"))
        .order(remarks::id)
        .select((remarks::insight_id, remarks::id))
        .load(c)?;
    for (insight, remark) in all {
        texts::look_at_remark(c, hours.now, insight, remark)?;
    }
    stale::find(c, &times)?;
    play::find_series(c, &times)?;
    play::find_round_trips(c, &times)?;
    play::find_communities(c, &times)?;
    Ok(())
}
