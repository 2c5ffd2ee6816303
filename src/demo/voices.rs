//! What people say about insights, what they did with them, and what they look for.

use std::collections::HashSet;

use chrono::Duration;

use super::content::{Content, Note};
use super::dice::Dice;
use super::hours::Hours;
use super::story::{Deed, Remarked, Scale, Searched, Story, Used};

/// Fills `uses` and `remarks` from the notes written by hand, and adds uses without a note. Whoever writes
/// has opened the insight: where nobody of that department has, somebody does now.
pub(super) fn use_and_remark(story: &mut Story, content: &Content, hours: &Hours) {
    let mut dice = Dice::for_purpose("voices");
    let mut users = HashSet::new();
    for note in &content.uses {
        let Some(deed) = reader(&mut dice, story, note, &users, hours) else {
            continue;
        };
        let days = dice.between(0.6, 16.0);
        let at = hours.after(&mut dice, deed.at, days);
        let at = hours.past(at).unwrap_or(deed.at + Duration::minutes(7));
        users.insert((deed.insight, deed.person));
        let signed = dice.chance(0.85);
        story.uses.push(Used { deed: Deed { at, ..deed }, note: note.words.clone(), signed });
    }
    silent_uses(&mut dice, story, &mut users, hours);
    let mut speakers = HashSet::new();
    for note in &content.remarks {
        let Some(deed) = reader(&mut dice, story, note, &speakers, hours) else {
            continue;
        };
        let at = deed.at + Duration::seconds(dice.whole(90, 1500));
        speakers.insert((deed.insight, deed.person));
        story.remarks.push(Remarked { deed: Deed { at, ..deed }, body: note.words.clone() });
    }
}

/// Somebody of the note's department who has opened the insight and said nothing yet.
fn reader(
    dice: &mut Dice,
    story: &mut Story,
    note: &Note,
    taken: &HashSet<(usize, usize)>,
    hours: &Hours,
) -> Option<Deed> {
    let insight = story.insights.iter().position(|shared| shared.text.title == note.title)?;
    let shared = story.insights.get(insight)?;
    let free = |person: usize| {
        person != shared.author
            && !taken.contains(&(insight, person))
            && story
                .people
                .get(person)
                .is_some_and(|worker| worker.division() == note.department && worker.is_here(hours.today()))
    };
    let latest = hours.now - Duration::minutes(30);
    let readers: Vec<Deed> = story
        .accesses
        .iter()
        .filter(|deed| deed.insight == insight && deed.at < latest && free(deed.person))
        .copied()
        .collect();
    if !readers.is_empty() {
        return readers.get(dice.index(readers.len())).copied();
    }
    let others: Vec<usize> = (0..story.people.len()).filter(|person| free(*person)).collect();
    let person = *others.get(dice.index(others.len().max(1)))?;
    let days = dice.exponential(4.0);
    let at = hours.past(hours.after(dice, shared.at, days)).filter(|at| *at < latest)?;
    // A new colleague has not read before the first day.
    if !story.people.get(person)?.is_here(hours.calendar.day(at)) {
        return None;
    }
    let deed = Deed { insight, person, at };
    story.accesses.push(deed);
    Some(deed)
}

/// People who found it good and press the button without a word.
fn silent_uses(dice: &mut Dice, story: &mut Story, users: &mut HashSet<(usize, usize)>, hours: &Hours) {
    for rated in &story.ratings {
        let fits = rated.value >= 4 && dice.chance(0.07);
        let days = dice.exponential(5.0);
        let key = (rated.deed.insight, rated.deed.person);
        if !fits || users.contains(&key) {
            continue;
        }
        let Some(at) = hours.past(hours.after(dice, rated.deed.at, days)) else {
            continue;
        };
        // Who has left by then presses nothing.
        if story.people.get(key.1).is_some_and(|worker| worker.is_here(hours.calendar.day(at))) {
            users.insert(key);
            story.uses.push(Used { deed: Deed { at, ..rated.deed }, note: String::new(), signed: true });
        }
    }
}

/// Fills `searches`: those who read most search most, and Operations finds least.
pub(super) fn search(story: &mut Story, content: &Content, scale: Scale, hours: &Hours) {
    let mut dice = Dice::for_purpose("searches");
    let weights: Vec<f64> = story
        .people
        .iter()
        .map(|worker| worker.reads * if worker.division() == "Operations" { 1.7 } else { 1.0 })
        .collect();
    let days: Vec<_> =
        (0..scale.weeks * 7).map(|ago| hours.ago(ago)).filter(|day| hours.is_working(*day)).collect();
    let mut tries = 0;
    while story.searches.len() < scale.searches && tries < scale.searches * 20 {
        tries += 1;
        // The square makes recent days likelier.
        let ago = (dice.unit().powf(1.4) * days.len() as f64) as usize;
        let (Some(person), Some(day)) = (dice.weighted(&weights), days.get(ago)) else {
            continue;
        };
        let at = hours.on(&mut dice, *day);
        let Some((worker, at)) = story.people.get(person).zip(hours.past(at)) else {
            continue;
        };
        let misses = dice.chance(if worker.division() == "Operations" { 0.46 } else { 0.17 });
        let wanted: Vec<_> = content
            .searches
            .iter()
            .filter(|wanted| wanted.department == worker.division() && wanted.is_found() != misses)
            .collect();
        if let Some(wanted) = wanted.get(dice.index(wanted.len().max(1))).filter(|_| worker.is_here(*day)) {
            story.searches.push(Searched {
                person,
                words: wanted.words.clone(),
                found: wanted.is_found(),
                at,
            });
        }
    }
}
