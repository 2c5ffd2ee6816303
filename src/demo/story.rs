//! Twenty-six weeks of the demo company, as plain records: who shared, opened, rated, used, remarked and
//! looked for what, and when. Pure: the same present gives the same story.

use std::collections::HashSet;

use chrono::{Duration, NaiveDateTime};

use super::company::{self, DEPARTMENTS, GUIDES, Worker};
use super::content::{Content, Text};
use super::dice::Dice;
use super::hours::Hours;
use super::{readers, voices};
use crate::error::AppResult;

/// How much happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// 40 to 312.
    pub people: usize,
    /// The first so many of the texts.
    pub insights: usize,
    /// How far the story goes back.
    pub weeks: u64,
    /// About so many openings, before the 30-minute rule.
    pub accesses: usize,
    /// About so many.
    pub ratings: usize,
    /// Exactly so many.
    pub searches: usize,
}

impl Scale {
    /// The demo company.
    pub const FULL: Scale = Scale {
        people: company::PEOPLE,
        insights: usize::MAX,
        weeks: 26,
        accesses: 25_000,
        ratings: 3_500,
        searches: 1_100,
    };

    /// A company for tests: everything there, in little.
    pub const SMALL: Scale =
        Scale { people: 60, insights: 60, weeks: 10, accesses: 1_500, ratings: 350, searches: 90 };
}

/// Something somebody does with an insight; people and insights are indices into the [`Story`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deed {
    pub insight: usize,
    pub person: usize,
    /// UTC.
    pub at: NaiveDateTime,
}

/// An insight with its author and date.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The name an export gives it.
    pub reference: String,
    pub text: Text,
    pub author: usize,
    /// UTC.
    pub at: NaiveDateTime,
}

/// A rating of 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    pub deed: Deed,
    pub value: i32,
    pub blind: bool,
}

/// "I used this", with a note or without.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    pub deed: Deed,
    pub note: String,
    /// Whether the person's name stands by it.
    pub signed: bool,
}

/// A remark.
#[derive(Clone, Debug, PartialEq)]
pub struct Remarked {
    pub deed: Deed,
    pub body: String,
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    pub person: usize,
    pub words: String,
    /// Whether the archive has something on it.
    pub found: bool,
    /// UTC.
    pub at: NaiveDateTime,
}

/// All that happened. Each list is in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub people: Vec<Worker>,
    pub insights: Vec<Shared>,
    pub accesses: Vec<Deed>,
    pub ratings: Vec<Rated>,
    pub uses: Vec<Used>,
    pub remarks: Vec<Remarked>,
    pub searches: Vec<Searched>,
}

impl Story {
    /// Tells the story that ends at `hours.now`.
    ///
    /// # Errors
    /// Only where the texts compiled in cannot be read.
    pub fn tell(scale: Scale, hours: Hours) -> AppResult<Story> {
        let mut content = Content::load()?;
        let texts = std::mem::take(&mut content.texts);
        let people = company::people(&content.names, scale.people, &hours);
        let insights = shared(texts, &content, &people, scale, &hours);
        let mut story = Story {
            people,
            insights,
            accesses: Vec::new(),
            ratings: Vec::new(),
            uses: Vec::new(),
            remarks: Vec::new(),
            searches: Vec::new(),
        };
        readers::read_and_rate(&mut story, scale, &hours);
        voices::use_and_remark(&mut story, &content, &hours);
        voices::search(&mut story, &content, scale, &hours);
        story.accesses.sort_by_key(|deed| (deed.at, deed.insight, deed.person));
        story.ratings.sort_by_key(|rated| (rated.deed.at, rated.deed.insight, rated.deed.person));
        story.uses.sort_by_key(|used| (used.deed.at, used.deed.insight, used.deed.person));
        story.remarks.sort_by_key(|remarked| (remarked.deed.at, remarked.deed.insight));
        story.searches.sort_by_key(|searched| (searched.at, searched.person));
        Ok(story)
    }
}

/// Gives every text an author and a moment, oldest first.
fn shared(
    texts: Vec<Text>,
    content: &Content,
    people: &[Worker],
    scale: Scale,
    hours: &Hours,
) -> Vec<Shared> {
    let mut dice = Dice::for_purpose("insights");
    let moments = moments(&mut dice, texts.len().min(scale.insights), scale.weeks, hours);
    let texts = in_order(&mut dice, texts, content, moments.len());
    let mut written = vec![0_u32; people.len()];
    let mut insights = Vec::with_capacity(moments.len());
    for (index, (text, at)) in texts.into_iter().zip(moments).enumerate() {
        let Some(author) = author_of(&mut dice, &text, people, &written, hours, at) else {
            continue;
        };
        if let Some(count) = written.get_mut(author) {
            *count += 1;
        }
        insights.push(Shared { reference: format!("EX-{:04}", index + 1), text, author, at });
    }
    insights
}

/// When insights were shared, oldest first: more in recent weeks, on working days, and whatever day it
/// is a few yesterday and today.
fn moments(dice: &mut Dice, count: usize, weeks: u64, hours: &Hours) -> Vec<NaiveDateTime> {
    let days: Vec<_> =
        (2..=weeks * 7).map(|ago| hours.ago(ago)).filter(|day| hours.is_working(*day)).collect();
    let oldest = days.len().max(1) as f64;
    let weights: Vec<f64> = (0..days.len()).map(|index| 1.7 - 1.2 * index as f64 / oldest).collect();
    let mut moments = fresh(dice, hours);
    moments.truncate(count);
    while moments.len() < count {
        let Some(day) = dice.weighted(&weights).and_then(|index| days.get(index)) else {
            break;
        };
        moments.push(hours.on(dice, *day));
    }
    moments.sort();
    moments
}

/// The moments of today and yesterday: three and four on working days, one on others, and one a short
/// while ago at any hour, so that there is something new.
fn fresh(dice: &mut Dice, hours: &Hours) -> Vec<NaiveDateTime> {
    let mut moments = vec![hours.now - Duration::minutes(24)];
    for (ago, most) in [(0, 2), (1, 4)] {
        let day = hours.ago(ago);
        let most = if hours.is_working(day) { most } else { ago as usize };
        moments.extend((0..most).filter_map(|_| hours.past(hours.on(dice, day))));
    }
    moments
}

/// The texts in the order in which they were shared. What others wrote about an insight needs time: the
/// newest have no notes yet.
fn in_order(dice: &mut Dice, mut texts: Vec<Text>, content: &Content, count: usize) -> Vec<Text> {
    dice.shuffle(&mut texts);
    texts.truncate(count);
    let noted: HashSet<&str> =
        content.uses.iter().chain(&content.remarks).map(|note| note.title.as_str()).collect();
    let (talked, quiet): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|text| noted.contains(text.title.as_str()));
    // On top of a feed that somebody sees for the first time stand good ones, with a customer's words.
    let (fit, rest): (Vec<_>, Vec<_>) =
        quiet.into_iter().partition(|text| text.worth >= 3.4 && !text.quote.is_empty());
    let newest = fit.len().min(9);
    let (last, fit) = fit.split_at(newest);
    let recent = (rest.len() + fit.len()).min(count / 10);
    let mut quiet: Vec<Text> = rest.into_iter().chain(fit.iter().cloned()).collect();
    dice.shuffle(&mut quiet);
    let older = quiet.split_off(recent);
    let mut ordered: Vec<Text> = talked.into_iter().chain(older).collect();
    dice.shuffle(&mut ordered);
    ordered.extend(quiet);
    ordered.extend(last.iter().cloned());
    ordered
}

/// Who shares it: somebody of its department who was there, and rather those who share anyway. The
/// visitor's employee has written some that others used.
fn author_of(
    dice: &mut Dice,
    text: &Text,
    people: &[Worker],
    written: &[u32],
    hours: &Hours,
    at: NaiveDateTime,
) -> Option<usize> {
    let day = hours.calendar.day(at);
    let fits = |worker: &Worker| worker.division() == text.department && worker.is_here(day);
    let employee = people.first().filter(|worker| fits(worker));
    if employee.is_some() && text.worth >= 4.2 && written.first().is_some_and(|count| *count < 4) {
        return Some(0);
    }
    let weigh = |floor: f64| -> Vec<f64> {
        people
            .iter()
            .zip(written)
            .map(|(worker, count)| match fits(worker) {
                // Nobody writes the whole archive.
                true => (worker.shares + floor) / (1.0 + 0.15 * f64::from(*count)),
                false => 0.0,
            })
            .collect()
    };
    // A small company may have a department in which nobody shares by themselves.
    dice.weighted(&weigh(0.0)).or_else(|| dice.weighted(&weigh(1.0)))
}

/// The people with a sign-in link: their index and role.
pub fn guides(story: &Story) -> impl Iterator<Item = (usize, &Worker)> {
    story.people.iter().enumerate().take(GUIDES.len())
}

/// The names of the departments; for what draws by department.
pub(super) fn divisions() -> impl Iterator<Item = &'static str> {
    DEPARTMENTS.iter().map(|department| department.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Calendar;

    fn hours() -> Hours {
        Hours {
            calendar: Calendar { zone: chrono_tz::Europe::Paris },
            now: "2026-11-20T15:00:00".parse().expect("a time"),
        }
    }

    fn full() -> Story {
        Story::tell(Scale::FULL, hours()).expect("a story")
    }

    #[test]
    fn the_same_present_gives_the_same_story() {
        assert_eq!(full(), full());
    }

    #[test]
    fn every_page_has_something_to_show() {
        let story = full();
        assert_eq!(story.people.len(), 312);
        assert!(story.insights.len() >= 160, "{} insights", story.insights.len());
        assert!((22_000..29_000).contains(&story.accesses.len()), "{} accesses", story.accesses.len());
        assert!((3_100..4_000).contains(&story.ratings.len()), "{} ratings", story.ratings.len());
        assert!(story.uses.len() >= 180, "{} uses", story.uses.len());
        assert!(story.remarks.len() >= 80, "{} remarks", story.remarks.len());
        assert_eq!(story.searches.len(), 1_100);
        let newest = story.insights.iter().filter(|one| hours().calendar.day(one.at) == hours().today());
        assert!(newest.count() >= 2);
        let own = story.insights.iter().filter(|one| one.author == 0).count();
        assert!((2..=6).contains(&own), "{own} of the employee's");
    }

    #[test]
    fn nothing_is_before_its_cause_or_after_the_present() {
        for scale in [Scale::FULL, Scale::SMALL] {
            let story = Story::tell(scale, hours()).expect("a story");
            let now = hours().now;
            let mut opened = std::collections::HashMap::new();
            for deed in &story.accesses {
                let shared = &story.insights[deed.insight];
                assert!(shared.at < deed.at && deed.at < now);
                assert_ne!(shared.author, deed.person);
                opened.entry((deed.insight, deed.person)).or_insert(deed.at);
            }
            let deeds = story.ratings.iter().map(|one| one.deed).chain(story.uses.iter().map(|one| one.deed));
            for deed in deeds.chain(story.remarks.iter().map(|one| one.deed)) {
                assert!(opened[&(deed.insight, deed.person)] < deed.at && deed.at < now, "{deed:?}");
            }
            let mut rated = HashSet::new();
            assert!(story.ratings.iter().all(|one| rated.insert((one.deed.insight, one.deed.person))));
            let mut used = HashSet::new();
            assert!(story.uses.iter().all(|one| used.insert((one.deed.insight, one.deed.person))));
            assert!(story.searches.iter().all(|search| search.at < now));
        }
    }

    #[test]
    fn departments_differ_and_one_pair_does_not_talk() {
        let story = full();
        let mut flow = std::collections::HashMap::new();
        let mut pairs = HashSet::new();
        for deed in &story.accesses {
            if pairs.insert((deed.insight, deed.person)) {
                let from = story.people[story.insights[deed.insight].author].division();
                *flow.entry((from, story.people[deed.person].division())).or_insert(0_u32) += 1;
            }
        }
        // Openings per pair of a reader and an insight that could have been opened.
        let rate = |(from, to): (&str, &str)| {
            let insights = story.insights.iter().filter(|one| story.people[one.author].division() == from);
            let readers = story.people.iter().filter(|worker| worker.division() == to);
            f64::from(flow[&(from, to)]) / (insights.count() * readers.count()) as f64
        };
        let quiet = rate(("Support", "Operations"));
        for pair in flow.keys().filter(|pair| **pair != ("Support", "Operations")) {
            assert!(rate(*pair) > 2.5 * quiet, "{pair:?}: {} against {quiet}", rate(*pair));
        }
        let never = story
            .people
            .iter()
            .enumerate()
            .filter(|(person, _)| !story.accesses.iter().any(|deed| deed.person == *person))
            .count();
        assert!((15..70).contains(&never), "{never} people never opened anything");
    }
}
