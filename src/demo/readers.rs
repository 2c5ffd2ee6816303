//! Who opens what, and what they give it.

use chrono::Duration;

use super::company::{Worker, ear};
use super::content::Text;
use super::dice::Dice;
use super::hours::Hours;
use super::story::{Deed, Rated, Scale, Story, divisions};

/// How often somebody opens again what they have opened before, on average.
const REOPENED: f64 = 0.42;

/// Fills `accesses` and `ratings`.
pub(super) fn read_and_rate(story: &mut Story, scale: Scale, hours: &Hours) {
    let wish = wishes(story);
    let pull = pull(&wish, story, hours, scale.accesses as f64 / (1.0 + REOPENED));
    let mut dice = Dice::for_purpose("accesses");
    let mut first = Vec::new();
    for (insight, wishes) in wish.iter().enumerate() {
        for (person, wish) in wishes.iter().enumerate() {
            // Drawn for everybody, so that one pair does not shift the chance of the next.
            let (drawn, delay) = (dice.unit(), delay(&mut dice));
            let Some((shared, worker)) = story.insights.get(insight).zip(story.people.get(person)) else {
                continue;
            };
            if drawn >= 1.0 - (-pull * wish).exp() {
                continue;
            }
            let at = hours.after(&mut dice, shared.at, delay);
            if let Some(at) = hours.past(at).filter(|at| worker.is_here(hours.calendar.day(*at))) {
                first.push(Deed { insight, person, at });
            }
        }
    }
    story.accesses = reopened(&mut dice, &first, hours);
    story.ratings = rated(story, &first, scale, hours);
}

/// How much each person would like to open each insight: rows are insights. 0 for the author.
fn wishes(story: &Story) -> Vec<Vec<f64>> {
    let mut dice = Dice::for_purpose("wishes");
    story
        .insights
        .iter()
        .map(|shared| {
            let draw = (0.45 * (shared.text.worth - 3.3) + dice.normal(0.35)).exp();
            story
                .people
                .iter()
                .enumerate()
                .map(|(index, worker)| {
                    let appeal = if shared.text.appeals_to(worker.division()) { 1.5 } else { 0.85 };
                    let own = index == shared.author;
                    if own {
                        0.0
                    } else {
                        draw * appeal * worker.reads * ear(&shared.text.department, worker.division())
                    }
                })
                .collect()
        })
        .collect()
}

/// The factor on wishes that makes the expected number of readers what is wanted (bisection).
fn pull(wish: &[Vec<f64>], story: &Story, hours: &Hours, wanted: f64) -> f64 {
    let expected = |pull: f64| -> f64 {
        wish.iter()
            .zip(&story.insights)
            .map(|(wishes, shared)| {
                let age = (hours.now - shared.at).num_days() as f64;
                let past =
                    if age < 14.0 { 0.62 * age / 14.0 } else { 1.0 - 0.38 * (-(age - 14.0) / 45.0).exp() };
                past * wishes.iter().map(|wish| 1.0 - (-pull * wish).exp()).sum::<f64>()
            })
            .sum()
    };
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if expected(middle) < wanted { low = middle } else { high = middle }
    }
    low
}

/// Days from sharing to opening: most in the first two weeks, from the feed; the rest later, by search.
fn delay(dice: &mut Dice) -> f64 {
    if dice.chance(0.62) { dice.exponential(3.0) } else { 5.0 + dice.exponential(45.0) }
}

/// Every opening: the first ones and those after.
fn reopened(dice: &mut Dice, first: &[Deed], hours: &Hours) -> Vec<Deed> {
    let mut all = Vec::with_capacity(first.len() * 3 / 2);
    for deed in first {
        all.push(*deed);
        let mut last = *deed;
        while dice.chance(REOPENED / (1.0 + REOPENED)) {
            let days = if dice.chance(0.3) { 0.0 } else { dice.exponential(9.0) };
            let at = hours.after(dice, last.at + Duration::minutes(31), days);
            match hours.past(at) {
                Some(at) => last = Deed { at, ..last },
                None => break,
            }
            all.push(last);
        }
    }
    all
}

/// The ratings given on a first opening, a few minutes after it.
fn rated(story: &Story, first: &[Deed], scale: Scale, hours: &Hours) -> Vec<Rated> {
    let mut dice = Dice::for_purpose("ratings");
    let views = views(&mut dice, story);
    let habit = |deed: &Deed| story.people.get(deed.person).map_or(0.0, |worker| worker.rates);
    let keen = scale.ratings as f64 / first.iter().map(habit).sum::<f64>().max(1.0);
    let mut ratings = Vec::new();
    for deed in first {
        let (drawn, noise, minutes, seen) =
            (dice.unit(), dice.normal(0.6), dice.whole(60, 900), dice.chance(0.07));
        let Some(worker) =
            story.people.get(deed.person).filter(|worker| drawn < (keen * worker.rates).min(0.95))
        else {
            continue;
        };
        let Some(view) = views.get(deed.insight).and_then(|views| view_of(views, worker)) else {
            continue;
        };
        let value = (view + worker.leniency + noise).round().clamp(1.0, 5.0) as i32;
        if let Some(at) = hours.past(deed.at + Duration::seconds(minutes)) {
            ratings.push(Rated { deed: Deed { at, ..*deed }, value, blind: !seen });
        }
    }
    ratings
}

/// What each department thinks of each insight, in stars.
fn views(dice: &mut Dice, story: &Story) -> Vec<Vec<(&'static str, f64)>> {
    story
        .insights
        .iter()
        .map(|shared| {
            let split = dice.chance(0.16);
            divisions().map(|division| (division, opinion(dice, &shared.text, division, split))).collect()
        })
        .collect()
}

/// The view of one department: the worth, moved by whether it touches its own work. Over some insights
/// departments are of two minds.
fn opinion(dice: &mut Dice, text: &Text, division: &str, split: bool) -> f64 {
    let near = text.appeals_to(division);
    let own = text.department == division;
    let shift = match (near, own) {
        _ if split && text.appeals() > 0 => {
            if near {
                1.0
            } else {
                -1.3
            }
        }
        (true, _) => 0.45,
        (false, true) => 0.15,
        (false, false) => -0.35,
    };
    text.worth + shift + dice.normal(0.2)
}

fn view_of(views: &[(&'static str, f64)], worker: &Worker) -> Option<f64> {
    views.iter().find(|(division, _)| *division == worker.division()).map(|(_, view)| *view)
}
