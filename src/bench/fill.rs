//! What a database is filled with: a company of a chosen size, and which pairs of a person and an insight
//! it leaves unopened.

use chrono::{Duration, NaiveDateTime};

use crate::accounts::person::Role;
use crate::accounts::store::NewPerson;
use crate::archive::draft::Draft;
use crate::archive::insight::Source;
use crate::demo::dice::Dice;
use crate::demo::story::{Deed, Rated};

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub people: usize,
    pub insights: usize,
    pub ratings: usize,
    pub accesses: usize,
}

const DEPARTMENTS: [&str; 8] =
    ["Sales", "Support", "Product", "Marketing", "Operations", "Finance", "Service/North", "Service/South"];
const SEGMENTS: [&str; 5] = ["Enterprise", "Mid-market", "Small business", "Public sector", "Resellers"];
/// How far back events go.
const DAYS: i64 = 182;
/// Stands in about every second insight.
pub const COMMON_WORD: &str = "invoice";
/// Stands in about one of two hundred.
pub const RARE_WORD: &str = "thermocouple";
const WORDS: [&str; 48] = [
    "customer",
    "contract",
    "delivery",
    "price",
    "machine",
    "order",
    "manager",
    "plant",
    "shift",
    "team",
    "report",
    "screen",
    "operator",
    "service",
    "quality",
    "month",
    "week",
    "question",
    "answer",
    "call",
    "visit",
    "offer",
    "renewal",
    "parts",
    "warranty",
    "training",
    "manual",
    "label",
    "sensor",
    "pump",
    "valve",
    "filter",
    "pallet",
    "forklift",
    "drawing",
    "export",
    "dashboard",
    "alarm",
    "cleaning",
    "hygiene",
    "audit",
    "tender",
    "budget",
    "controller",
    "planner",
    "supplier",
    "competitor",
    "discount",
];

/// What words end in; two of them follow a stem.
const ENDINGS: [&str; 10] = ["", "s", "er", "ing", "able", "ment", "less", "ful", "ish", "ward"];

/// What happened, people and insights by number.
pub struct Filling {
    pub size: Size,
    /// In the order of their numbers, oldest first: author, time and content.
    pub insights: Vec<(usize, NaiveDateTime, Draft)>,
    now: NaiveDateTime,
}

/// Somebody of the company, by number. The last one is the CCO.
pub fn person(size: Size, number: usize) -> (&'static str, NewPerson) {
    let department = DEPARTMENTS.get(number % DEPARTMENTS.len()).copied().unwrap_or_default();
    let new = NewPerson {
        email: format!("p{number:05}@bench.example"),
        name: format!("Person {number:05}"),
        role: if number + 1 == size.people { Role::Cco } else { Role::Employee },
        department_id: 0,
        manager: number.is_multiple_of(10),
        joined_on: None,
        left_on: None,
        password_hash: None,
    };
    (department, new)
}

/// Each person opens insights along a row of their own: the first `opened` of it have been opened, what
/// follows is fresh.
fn nth_insight(size: Size, person: usize, nth: usize) -> usize {
    // 7,919 is prime: the row passes every insight once, unless their number is a multiple of it.
    (person * 613 + nth * 7919) % size.insights.max(1)
}

fn opened(size: Size) -> usize {
    (size.accesses / size.people.max(1)).min(size.insights / 2)
}

impl Filling {
    /// Makes it all; `now` is the end of what it tells.
    pub fn make(size: Size, now: NaiveDateTime) -> Filling {
        let mut dice = Dice::for_purpose("bench");
        let insights = (0..size.insights)
            .map(|number| {
                // Spread evenly, newest last, none younger than an hour.
                let back = DAYS * 86_400 * (size.insights - number) as i64 / size.insights.max(1) as i64;
                let at = now - Duration::seconds(back.max(3600));
                (dice.index(size.people.saturating_sub(1).max(1)), at, draft(&mut dice, number))
            })
            .collect();
        Filling { size, insights, now }
    }

    /// What somebody opened, and rated of it: made when it is asked for, since all of it together is more
    /// than should be held in memory.
    pub fn of_person(&self, person: usize) -> (Vec<Deed>, Vec<Rated>) {
        let (opened, rated) = (opened(self.size), self.size.ratings / self.size.people.max(1));
        let mut dice = Dice::for_purpose(&format!("bench {person}"));
        let (mut openings, mut ratings) = (Vec::with_capacity(opened), Vec::with_capacity(rated));
        for nth in 0..opened {
            let insight = nth_insight(self.size, person, nth);
            let Some((_, at, _)) = self.insights.get(insight).filter(|(author, ..)| *author != person) else {
                continue;
            };
            let after = (self.now - *at).num_seconds().max(2);
            let deed = Deed { insight, person, at: *at + Duration::seconds(dice.whole(1, after - 1)) };
            openings.push(deed);
            if nth < rated {
                let value = (dice.whole(1, 3) + dice.whole(0, 2)) as i32;
                ratings.push(Rated { deed, value, blind: true });
            }
        }
        (openings, ratings)
    }

    /// The n-th pair of person and insight that has never been opened; people take turns. `None` after
    /// the last.
    pub fn fresh_pair(&self, n: u64) -> Option<(usize, usize)> {
        let n = usize::try_from(n).ok()?;
        let people = self.size.people.max(1);
        let (person, nth) = (n % people, opened(self.size) + n / people);
        // An author's own page is among them (it records nothing): whoever counts leaves it out.
        (nth < self.size.insights).then(|| (person, nth_insight(self.size, person, nth)))
    }

    /// Whether that person wrote that insight.
    pub fn is_author(&self, person: usize, insight: usize) -> bool {
        self.insights.get(insight).is_some_and(|(author, ..)| *author == person)
    }

    /// How many pairs [`Filling::opened_pair`] goes through before it begins again.
    pub fn opened_pairs(&self) -> u64 {
        (self.size.people.max(1) * opened(self.size).max(1)) as u64
    }

    /// The n-th pair that has been opened; people take turns, for ever.
    pub fn opened_pair(&self, n: u64) -> (usize, usize) {
        let n = usize::try_from(n).unwrap_or_default();
        let people = self.size.people.max(1);
        let (person, nth) = (n % people, n / people % opened(self.size).max(1));
        (person, nth_insight(self.size, person, nth))
    }
}

fn draft(dice: &mut Dice, number: usize) -> Draft {
    let rare = if dice.chance(0.005) { RARE_WORD } else { "" };
    let common = if dice.chance(0.5) { COMMON_WORD } else { "" };
    let mut tags = vec![pick(dice, &WORDS).to_owned(), pick(dice, &WORDS).to_owned()];
    tags.dedup();
    Draft {
        title: format!("{} {number}", sentence(dice, 8)),
        body: format!("{} {common} {rare}\n\n{}", sentence(dice, 40), sentence(dice, 45)),
        quote: sentence(dice, 14),
        segment: pick(dice, &SEGMENTS).to_owned(),
        customer: format!("Customer {:03}", dice.index(200)),
        tags,
        source: Source::ALL.get(dice.index(Source::ALL.len())).copied().unwrap_or_default(),
        observed_on: None,
        evidence_url: String::new(),
    }
}

fn pick<'a>(dice: &mut Dice, list: &[&'a str]) -> &'a str {
    list.get(often_first(dice, list.len())).copied().unwrap_or_default()
}

/// A number below `n`; the square of a uniform one prefers the front: words differ in how common they are.
fn often_first(dice: &mut Dice, n: usize) -> usize {
    let part = dice.unit();
    (part * part * n as f64) as usize
}

/// A word of a vocabulary of some five thousand. With a few dozen words every text would resemble every other,
/// and whoever shares one is shown those that do.
fn word(dice: &mut Dice) -> String {
    let stem = pick(dice, &WORDS);
    let [first, second] =
        [(); 2].map(|()| ENDINGS.get(often_first(dice, ENDINGS.len())).copied().unwrap_or_default());
    format!("{stem}{first}{second}")
}

fn sentence(dice: &mut Dice, words: usize) -> String {
    let mut text = String::new();
    for at in 0..words {
        let next = word(dice);
        match at {
            0 => text += &next[..1].to_uppercase(),
            _ => text.push(' '),
        }
        text += if at == 0 { &next[1..] } else { &next };
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn fresh_pairs_are_fresh_and_come_once() {
        let size = Size { people: 20, insights: 50, ratings: 40, accesses: 300 };
        let filling = Filling::make(size, "2026-11-20T15:00:00".parse().expect("a time"));
        let mut opened = HashSet::new();
        for deed in (0..20).flat_map(|person| filling.of_person(person).0) {
            assert!(opened.insert((deed.person, deed.insight)), "{deed:?}");
        }
        assert!(opened.len() > 250);
        let mut fresh = 0;
        for n in 0.. {
            let Some((person, insight)) = filling.fresh_pair(n) else {
                break;
            };
            assert!(opened.insert((person, insight)), "{person} {insight}");
            fresh += 1;
        }
        assert_eq!(fresh, 20 * 35);
        let (person, insight) = filling.opened_pair(7);
        assert!(filling.is_author(person, insight) || opened.contains(&(person, insight)));
    }
}
