//! Example Industries: who works there, where, and what they are like.

use chrono::{Days, NaiveDate};
use unicode_normalization::UnicodeNormalization;

use super::content::Name;
use super::dice::Dice;
use super::hours::Hours;
use crate::accounts::person::Role;

/// The name of the company, as pages and the console say it.
pub const COMPANY: &str = "Example Industries";

/// A department as the demo knows it.
#[derive(Debug)]
pub struct Department {
    /// The first part of its path.
    pub name: &'static str,
    /// Its parts, or none: people then stand in the department itself.
    parts: &'static [&'static str],
    /// Its people, of 312.
    size: usize,
    /// How much its people read, against the average.
    reads: f64,
}

/// The six departments, and how they differ.
pub const DEPARTMENTS: [Department; 6] = [
    Department { name: "Sales", parts: &["North", "South", "Key Accounts"], size: 70, reads: 0.95 },
    Department { name: "Support", parts: &["Hotline", "North", "South"], size: 82, reads: 0.85 },
    Department { name: "Product", parts: &["Machines", "Software"], size: 44, reads: 1.3 },
    Department { name: "Marketing", parts: &[], size: 32, reads: 1.15 },
    Department { name: "Operations", parts: &["Plant", "Spare Parts", "Logistics"], size: 60, reads: 0.8 },
    Department { name: "Finance", parts: &[], size: 24, reads: 0.45 },
];

/// How many people the whole company has.
pub const PEOPLE: usize = 312;

/// How readily people of `to` read what `from` shares, against the average. Operations hardly hears what
/// Support knows, though it searches for it: the story the flow page tells.
pub fn ear(from: &str, to: &str) -> f64 {
    match (from, to) {
        (from, to) if from == to => 1.8,
        ("Support", "Operations") => 0.035,
        ("Support", "Product") => 1.5,
        ("Support", "Finance") => 0.35,
        ("Sales", "Marketing") => 1.5,
        ("Sales", "Support") => 0.6,
        ("Product", "Finance") => 0.25,
        ("Product", "Support") => 1.1,
        ("Marketing", "Sales") => 1.2,
        ("Marketing", "Operations") => 0.3,
        ("Operations", "Support") => 1.0,
        ("Operations", "Marketing") => 0.4,
        ("Finance", "Sales") => 1.1,
        ("Finance", "Product" | "Support") => 0.4,
        _ => 0.75,
    }
}

/// Somebody of the company.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    pub name: String,
    pub email: String,
    /// The department's path.
    pub department: String,
    pub role: Role,
    pub manager: bool,
    pub joined_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    /// How much this person reads, against the average; 0 for those who never come.
    pub reads: f64,
    /// How much this person shares; 0 for most.
    pub shares: f64,
    /// The share of what they have read that they rate.
    pub rates: f64,
    /// How many stars they give more than others for the same thing.
    pub leniency: f64,
}

impl Worker {
    /// The first part of the department's path.
    pub fn division(&self) -> &str {
        self.department.split('/').next().unwrap_or_default()
    }

    /// Whether they were with the company on that day.
    pub fn is_here(&self, day: NaiveDate) -> bool {
        self.joined_on.is_none_or(|joined| joined <= day) && self.left_on.is_none_or(|left| day < left)
    }
}

/// The people behind the sign-in links, in the order of the links. Their names are the first of the list.
pub const GUIDES: [Guide; 5] = [
    Guide { role: Role::Employee, department: "Sales/Key Accounts", manager: false },
    Guide { role: Role::Curator, department: "Product/Software", manager: false },
    Guide { role: Role::Cco, department: "Marketing", manager: true },
    Guide { role: Role::Employee, department: "Operations/Plant", manager: true },
    Guide { role: Role::Admin, department: "Operations/Plant", manager: false },
];

/// Somebody whose eyes a visitor can look through.
#[derive(Debug)]
pub struct Guide {
    pub role: Role,
    department: &'static str,
    manager: bool,
}

/// The people of the company, the guides first. `count` people, at least 40, keep the proportions.
pub fn people(names: &[Name], count: usize, hours: &Hours) -> Vec<Worker> {
    let mut dice = Dice::for_purpose("people");
    let mut places = places(count);
    for guide in &GUIDES {
        // A guide takes a place of the department's, so that the numbers stay.
        if let Some(taken) = places.iter().position(|(path, _)| path == guide.department) {
            places.remove(taken);
        }
    }
    dice.shuffle(&mut places);
    let guides = GUIDES.iter().map(|guide| (guide.department.to_owned(), guide.manager, guide.role));
    let others = places.into_iter().map(|(path, manager)| (path, manager, Role::Employee));
    let mut people: Vec<Worker> = guides
        .chain(others)
        .zip(names)
        .map(|((department, manager, role), name)| worker(&mut dice, department, manager, role, name))
        .collect();
    come_and_go(&mut dice, &mut people, hours);
    people
}

/// Department and manager flag of every place: the first of each part leads it.
fn places(count: usize) -> Vec<(String, bool)> {
    let mut places = Vec::with_capacity(count);
    for (index, department) in DEPARTMENTS.iter().enumerate() {
        // The last one takes what rounding left over.
        let size = match index {
            5 => count.saturating_sub(places.len()),
            _ => department.size * count / PEOPLE,
        };
        for place in 0..size {
            let part = department.parts.get(place % department.parts.len().max(1));
            let path = part.map_or(department.name.to_owned(), |part| format!("{}/{part}", department.name));
            places.push((path, place < department.parts.len() || place % 12 == 0));
        }
    }
    places
}

fn worker(dice: &mut Dice, department: String, manager: bool, role: Role, name: &Name) -> Worker {
    let division = department.split('/').next().unwrap_or_default();
    let habit = DEPARTMENTS.iter().find(|one| one.name == division).map_or(1.0, |one| one.reads);
    // One in nine never comes, a few read nearly everything; two thirds never share.
    let reads = if dice.chance(0.11) { 0.0 } else { habit * dice.normal(0.75).exp() };
    let shares = if dice.chance(if manager { 0.4 } else { 0.62 }) { 0.0 } else { dice.normal(0.8).exp() };
    let rates = if dice.chance(0.3) { 0.0 } else { dice.between(0.15, 1.0) };
    let leniency = match dice.unit() {
        part if part < 0.07 => -1.2,
        part if part < 0.15 => 1.1,
        _ => 0.0,
    } + dice.normal(0.3);
    let mut worker = Worker {
        name: format!("{} {}", name.first, name.last),
        email: address(name),
        department,
        role,
        manager,
        joined_on: None,
        left_on: None,
        reads: if manager { reads * 0.8 } else { reads },
        shares,
        rates,
        leniency,
    };
    match role {
        Role::Employee => {}
        // Whoever signs in by a link finds a page of their own that is not empty.
        Role::Curator | Role::Cco => (worker.reads, worker.shares, worker.rates) = (1.6, 1.0, 0.6),
        Role::Admin => (worker.reads, worker.shares, worker.rates) = (0.5, 0.0, 0.3),
    }
    worker
}

/// Some joined while the story ran, some left. The guides stay.
fn come_and_go(dice: &mut Dice, people: &mut [Worker], hours: &Hours) {
    if let Some(employee) = people.first_mut() {
        (employee.reads, employee.shares, employee.rates) = (1.5, 0.8, 0.55);
    }
    let others = people.get_mut(GUIDES.len()..).unwrap_or_default();
    for worker in others {
        if worker.manager {
            continue;
        }
        match dice.unit() {
            part if part < 0.035 => worker.joined_on = Some(hours.ago(dice.whole(20, 160) as u64)),
            part if part < 0.055 => {
                let left = hours.ago(dice.whole(10, 110) as u64);
                worker.left_on = left.checked_add_days(Days::new(1));
            }
            _ => {}
        }
    }
}

/// `first.last@example-industries.example`, in plain letters.
fn address(name: &Name) -> String {
    let plain = |word: &str| {
        word.nfd()
            .filter_map(|letter| match letter.to_ascii_lowercase() {
                letter if letter.is_ascii_alphanumeric() => Some(letter),
                'ł' | 'Ł' => Some('l'),
                'ø' | 'Ø' => Some('o'),
                'ı' => Some('i'),
                'đ' | 'Đ' => Some('d'),
                _ => None,
            })
            .collect::<String>()
    };
    format!("{}.{}@example-industries.example", plain(&name.first), plain(&name.last))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::clock::Calendar;
    use crate::demo::content::Content;

    fn company(count: usize) -> Vec<Worker> {
        let hours = Hours {
            calendar: Calendar { zone: chrono_tz::UTC },
            now: "2026-11-20T15:00:00".parse().expect("a time"),
        };
        people(&Content::load().expect("the texts").names, count, &hours)
    }

    #[test]
    fn three_hundred_and_twelve_people_in_six_departments() {
        let people = company(PEOPLE);
        assert_eq!(people.len(), PEOPLE);
        let addresses: HashSet<_> = people.iter().map(|worker| &worker.email).collect();
        assert_eq!(addresses.len(), PEOPLE);
        let mut sizes = HashMap::new();
        for worker in &people {
            *sizes.entry(worker.division()).or_insert(0) += 1;
        }
        for department in &DEPARTMENTS {
            assert_eq!(sizes[department.name], department.size, "{}", department.name);
        }
        let managers = people.iter().filter(|worker| worker.manager).count();
        assert!((28..=36).contains(&managers), "{managers} managers");
        let roles: Vec<_> = people.iter().take(GUIDES.len()).map(|worker| worker.role).collect();
        assert!(Role::ALL.iter().all(|role| roles.contains(role)), "a link for each role");
        assert!(people.iter().skip(GUIDES.len()).all(|worker| worker.role == Role::Employee));
    }

    #[test]
    fn a_small_company_has_all_departments_too() {
        let people = company(60);
        assert_eq!(people.len(), 60);
        let departments: HashSet<_> = people.iter().map(Worker::division).collect();
        assert_eq!(departments.len(), DEPARTMENTS.len());
    }

    #[test]
    fn addresses_are_plain() {
        let name = Name { first: "Łucía".into(), last: "O'Sample".into() };
        assert_eq!(address(&name), "lucia.osample@example-industries.example");
    }
}
