//! Who opens what, and what they give it.

use chrono::Duration;

use super::company::{Worker, ear};
use super::content::Text;
use super::dice::Dice;
use super::hours::Hours;
use super::story::{Deed, Rated, Scale, Shared, Story, divisions};

/// How often somebody opens again what they have opened before, on average.
const REOPENED: f64 = 0.42;

/// How an insight goes down with the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// Some like it more, some less.
    Usual,
    /// Good for its own department and one other; hardly anybody else opens it.
    Local,
    /// Departments are of two minds.
    Split,
}

/// The echo of every insight.
fn echoes(story: &Story) -> Vec<Echo> {
    let mut dice = Dice::for_purpose("echoes");
    story
        .insights
        .iter()
        .map(|shared| {
            let (drawn, near) = (dice.unit(), shared.text.appeals());
            let abroad = !shared.text.appeals_to(&shared.text.department);
            match drawn {
                part if part < 0.45 && shared.text.worth >= 3.7 && near == 1 && abroad => Echo::Local,
                part if part > 0.87 && shared.text.worth >= 2.8 && near > 0 => Echo::Split,
                _ => Echo::Usual,
            }
        })
        .collect()
}

/// Fills `accesses` and `ratings`.
pub(super) fn read_and_rate(story: &mut Story, scale: Scale, hours: &Hours) {
    let echoes = echoes(story);
    let wish = wishes(story, &echoes);
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
    // Whoever left comes back to nothing; all dice are thrown first, so that nobody else's change.
    let people = &story.people;
    let is_here = |deed: &Deed| {
        people.get(deed.person).is_some_and(|worker| worker.is_here(hours.calendar.day(deed.at)))
    };
    story.accesses.retain(is_here);
    story.ratings = rated(story, &echoes, &first, scale, hours);
}

/// How much each person would like to open each insight: rows are insights. 0 for the author.
fn wishes(story: &Story, echoes: &[Echo]) -> Vec<Vec<f64>> {
    let mut dice = Dice::for_purpose("wishes");
    story
        .insights
        .iter()
        .zip(echoes)
        .map(|(shared, echo)| {
            let draw = (0.45 * (shared.text.worth - 3.3) + dice.normal(0.35)).exp();
            let wish = |(index, worker): (usize, &Worker)| match index == shared.author {
                true => 0.0,
                false => draw * interest(shared, *echo, worker.division()) * worker.reads,
            };
            story.people.iter().enumerate().map(wish).collect()
        })
        .collect()
}

/// How much an insight draws a department.
fn interest(shared: &Shared, echo: Echo, division: &str) -> f64 {
    let near = shared.text.appeals_to(division);
    let own = shared.text.department == division;
    let appeal = match echo {
        Echo::Local if own || near => 2.0,
        Echo::Local => 0.06,
        _ if near => 1.5,
        _ => 0.85,
    };
    appeal * ear(&shared.text.department, division)
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
fn rated(story: &Story, echoes: &[Echo], first: &[Deed], scale: Scale, hours: &Hours) -> Vec<Rated> {
    let mut dice = Dice::for_purpose("ratings");
    let views = views(&mut dice, story, echoes);
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
fn views(dice: &mut Dice, story: &Story, echoes: &[Echo]) -> Vec<Vec<(&'static str, f64)>> {
    story
        .insights
        .iter()
        .zip(echoes)
        .map(|(shared, echo)| {
            divisions().map(|division| (division, opinion(dice, &shared.text, division, *echo))).collect()
        })
        .collect()
}

/// The view of one department: the worth, moved by whether it touches its own work.
fn opinion(dice: &mut Dice, text: &Text, division: &str, echo: Echo) -> f64 {
    let shift = match (echo, text.appeals_to(division), text.department == division) {
        (Echo::Split, true, _) => 1.2,
        (Echo::Split, false, _) => -1.7,
        (Echo::Local, true, _) | (Echo::Local, _, true) => 0.8,
        (Echo::Local, false, false) => -0.9,
        (Echo::Usual, true, _) => 0.45,
        (Echo::Usual, false, true) => 0.15,
        (Echo::Usual, false, false) => -0.35,
    };
    text.worth + shift + dice.normal(0.2)
}

fn view_of(views: &[(&'static str, f64)], worker: &Worker) -> Option<f64> {
    views.iter().find(|(division, _)| *division == worker.division()).map(|(_, view)| *view)
}
