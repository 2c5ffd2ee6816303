//! Whether what is told of who opened one insight, or searched the same words, speaks for too few people: the
//! bars on the insight's own page, which everybody sees, and the lists of the flow, at all levels, of every
//! department that has lists of its own, over all periods that are offered, together.
//!
//! As with sums of everything ([`super::recover`]), behind a sum stand all who could have been in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::NaiveDate;

use super::facts::{Decide, Fact, Span};
use super::recover;
use super::store::told;
use crate::archive::readers::Readers;
use crate::archive::store::readers::by_department;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{Department, View};
use crate::flow::merge::{self, Merged};
use crate::flow::metrics::{Loaded, Question};
use crate::flow::period::Period;
use crate::flow::scope::Scope;
use crate::flow::steps::Steps;
use crate::flow::store::retention::{self, Grain};
use crate::flow::store::rows::{self, Searchers};

/// Insights of a night: the newest, and as many drawn anew each day.
const INSIGHTS: i64 = 100;
/// Words of a period that are looked at, those searched most.
const WORDS: usize = 50;
/// Departments with lists of their own that are looked at, the largest first.
const SCOPES: usize = 40;

/// What was looked at, and what follows about too few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Insights and words, as many as there was time for.
    pub lists: usize,
    pub findings: usize,
}

/// Department, person, and how often.
type By = (i64, i64, i64);

/// What a page of lists tells apart: the departments of each place, and who is in the list at all.
struct Page {
    places: BTreeMap<i64, usize>,
    departments: BTreeMap<usize, BTreeSet<i64>>,
    /// None for everybody.
    inside: Option<BTreeSet<i64>>,
}

/// In the place of departments that are in none of a page's groups.
const ELSEWHERE: usize = usize::MAX;

impl Page {
    fn of(loaded: &Loaded, scope: Option<Vec<i64>>) -> Page {
        let mut page = Page {
            places: BTreeMap::new(),
            departments: BTreeMap::new(),
            inside: scope.map(|ids| ids.into_iter().collect()),
        };
        for Department { id, .. } in &loaded.departments {
            if page.inside.as_ref().is_none_or(|inside| inside.contains(id)) {
                let place = loaded.grouping.place_of(*id).unwrap_or(ELSEWHERE);
                page.places.insert(*id, place);
                page.departments.entry(place).or_default().insert(*id);
            }
        }
        page
    }

    /// The sums that a row of it tells, of the days that are told of each department.
    fn tells(&self, by: &[By], days: impl Fn(i64) -> Option<Span>, facts: &mut BTreeSet<Fact>) {
        let inside = by.iter().filter_map(|(department, person, count)| {
            self.places.get(department).map(|place| (*place, *person, *count))
        });
        let Merged::Cells(cells) = merge::merge(inside) else { return };
        let of = |departments: &mut dyn Iterator<Item = i64>| {
            let told = departments.filter_map(|department| Some((department, days(department)?)));
            Fact { of: told.collect(), managers: false }
        };
        facts.insert(of(&mut self.departments.values().flatten().copied()));
        for cell in cells {
            let inside = |place: &usize| self.departments.get(place).into_iter().flatten().copied();
            facts.insert(of(&mut cell.places.iter().flat_map(inside)));
        }
    }
}

/// The pages of a period.
fn pages(whole: &Loaded, decide: Decide) -> Vec<Page> {
    let period = whole.question.period;
    let apart = decide(&whole.departments, &whole.stays, period);
    let mut views: Vec<View> =
        whole.grouping.levels.clone().map(|level| View { level: Some(level), ..View::default() }).collect();
    let parents = whole.departments.iter().filter(|one| {
        let below = format!("{}/", one.path);
        whole.departments.iter().any(|other| other.path.starts_with(&below))
    });
    views.extend(parents.take(SCOPES).map(|one| View { root: Some(one.id), ..View::default() }));
    let mut pages: Vec<Page> =
        views.into_iter().map(|view| Page::of(&whole.seen(view, apart.clone()), None)).collect();
    let usual = whole.seen(View::default(), apart);
    pages.extend(scopes(&usual).into_iter().map(|ids| Page::of(&usual, Some(ids))));
    pages
}

/// The departments of each list that is told of some of them only, the largest first.
pub(super) fn scopes(usual: &Loaded) -> Vec<Vec<i64>> {
    let told = usual.departments.iter().filter_map(|department| {
        Scope::of(usual, &department.id.to_string()).and_then(|scope| scope.told(false)).ok()
    });
    let mut scopes: Vec<Vec<i64>> = told.filter_map(|scope| scope.departments).collect();
    scopes.sort_by_key(|ids| std::cmp::Reverse(ids.len()));
    scopes.truncate(SCOPES);
    scopes
}

/// Looks at insights and words until the time is over: a sample, another one each day.
///
/// # Errors
/// What the database says.
pub fn findings(
    c: &mut Conn,
    base: &Loaded,
    periods: &BTreeSet<(NaiveDate, NaiveDate)>,
    today: NaiveDate,
    decide: Decide,
    until: Instant,
) -> AppResult<Looked> {
    let mut looked = Looked::default();
    let ids = told::insights(c, today, INSIGHTS)?;
    let first: BTreeMap<i64, NaiveDate> = told::first_opened(c, &ids)?.into_iter().collect();
    // Of each insight: sums of openings, and of people since its first day.
    let mut openings: BTreeMap<i64, BTreeSet<Fact>> = BTreeMap::new();
    let mut people: BTreeMap<i64, BTreeSet<Fact>> = BTreeMap::new();
    let mut words: BTreeMap<String, BTreeSet<Fact>> = BTreeMap::new();
    for (from, to) in periods {
        if Instant::now() > until {
            break;
        }
        let period = Period { from: *from, to: *to };
        if !matches!(retention::grain(c, period), Ok(Grain::Events)) {
            continue;
        }
        let whole =
            base.about(c, Question { period, segment: None, view: View::default(), ..base.question })?;
        let pages = pages(&whole, decide);
        let mut by: BTreeMap<i64, Vec<By>> = BTreeMap::new();
        let steps = Steps::of_openings(c, &whole, false)?;
        for row in rows::openings(c, period, &ids, false, &steps)? {
            by.entry(row.insight_id).or_default().push((row.department_id, row.person_id, row.count));
        }
        for (insight, by) in &by {
            let mut facts = BTreeSet::new();
            let days = |department: i64| steps.told(department).map(|told| (told.from, told.to));
            pages.iter().for_each(|page| page.tells(by, days, &mut facts));
            if let Some(first) = first.get(insight).filter(|first| from <= *first && *first < to) {
                let since_first =
                    |fact: &Fact| fact.of.iter().map(|(of, days)| (*of, (*first, days.1))).collect();
                let whole_life = facts.iter().map(|fact| Fact { of: since_first(fact), ..fact.clone() });
                people.entry(*insight).or_default().extend(whole_life);
            }
            openings.entry(*insight).or_default().extend(facts);
        }
        let steps = Steps::of_searches(c, &whole, false)?;
        let missed = rows::missed(c, period, Searchers::default(), &steps)?;
        for one in missed.known.into_iter().take(WORDS) {
            let facts = words.entry(one.words).or_default();
            let days = |department: i64| steps.told(department).map(|told| (told.from, told.to));
            pages.iter().for_each(|page| page.tells(&one.by, days, facts));
        }
    }
    for (insight, first) in first.iter().filter(|(_, first)| **first < today) {
        let told = bars(c, &base.departments, *insight)?;
        let facts = told.into_iter().map(|departments| Fact::new(departments, false, (*first, today)));
        people.entry(*insight).or_default().extend(facts);
    }
    let mut known: BTreeMap<BTreeSet<Fact>, usize> = BTreeMap::new();
    let (mut openings, mut people, mut words) =
        (openings.into_values(), people.into_values(), words.into_values());
    let in_turn = std::iter::from_fn(|| {
        let next = [people.next(), openings.next(), words.next()];
        next.iter().any(Option::is_some).then(|| next.into_iter().flatten())
    });
    for facts in in_turn.flatten() {
        if Instant::now() > until {
            break;
        }
        looked.lists += 1;
        looked.findings += *known
            .entry(facts)
            .or_insert_with_key(|facts| usize::from(recover::findings(facts, &base.stays) > 0));
    }
    Ok(looked)
}

/// The departments of each bar on an insight's page that tells a number, and of all together.
fn bars(c: &mut Conn, departments: &[Department], insight: i64) -> AppResult<Vec<BTreeSet<i64>>> {
    let rows = by_department(c, insight, true)?;
    let readers = Readers::of(rows);
    let of = |fits: &dyn Fn(&str) -> bool| -> BTreeSet<i64> {
        departments.iter().filter(|one| fits(top(&one.path))).map(|one| one.id).collect()
    };
    let mut told: Vec<BTreeSet<i64>> = Vec::new();
    for bar in readers.bars.iter().filter(|bar| bar.people.is_some()) {
        told.push(match bar.named.is_empty() {
            false => of(&|top| bar.named.iter().any(|name| name == top)),
            true => of(&|top| readers.bars.iter().all(|other| other.named.iter().all(|name| name != top))),
        });
    }
    if !told.is_empty() {
        told.push(of(&|_| true));
    }
    Ok(told)
}

fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}
