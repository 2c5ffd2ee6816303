//! Who has seen an insight, told without telling who: people per department, small departments together.

use std::collections::BTreeSet;

use super::insight::department_of;
use super::store::readers::Of;

/// A count below this is not shown.
pub const FEWEST: i64 = 5;

/// A bar: one department, or several small ones together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// "Sales", "Finance and Legal", "Other departments"; "All departments" where no other bar stands beside.
    pub name: String,
    /// People; nothing where there are fewer than [`FEWEST`].
    pub people: Option<i64>,
    /// Width in percent of the widest.
    pub width: i64,
    /// The departments it names; empty where it names none.
    pub named: Vec<String>,
}

/// Who has seen an insight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    pub bars: Vec<Bar>,
    /// All together in words: "48 people in 5 departments".
    pub sentence: String,
}

impl Readers {
    /// From people per department path, as read. The first segment of a path is the department. A
    /// department with fewer than five readers is put together with the next smallest until the whole has
    /// five: so no count can be found by taking the others from the sum. Departments in which so few people
    /// work that they are told together on other pages are told together here, and not by name.
    pub fn of(rows: Vec<Of>) -> Readers {
        let mut departments: Vec<(String, i64)> = Vec::new();
        let (mut names, mut together, mut nameless) = (BTreeSet::new(), 0, false);
        for Of { path, people, alone } in rows {
            let name = department_of(&path);
            names.insert(name.to_owned());
            if !alone {
                together += people;
                nameless = true;
                continue;
            }
            match departments.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += people,
                None => departments.push((name.to_owned(), people)),
            }
        }
        let total = together + departments.iter().map(|(_, people)| people).sum::<i64>();
        let all = names.len();
        departments.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
        let mut small: Vec<String> = Vec::new();
        while let Some((name, people)) = departments.pop() {
            let is_hidden = together >= FEWEST && (nameless || small.len() >= 2);
            if people >= FEWEST && (small.is_empty() && !nameless || is_hidden) {
                departments.push((name, people));
                break;
            }
            together += people;
            small.push(name);
        }
        let widest = departments.first().map_or(together, |(_, people)| *people).max(together).max(1);
        let width = |people: i64| people * 100 / widest;
        let mut bars: Vec<Bar> = departments
            .into_iter()
            .map(|(name, people)| Bar {
                people: Some(people),
                width: width(people),
                named: vec![name.clone()],
                name,
            })
            .collect();
        if nameless || !small.is_empty() {
            small.sort();
            let shown = (together >= FEWEST).then_some(together);
            let named = if nameless || small.len() > 2 { Vec::new() } else { small };
            let name = match named.as_slice() {
                [one] => one.clone(),
                [one, other] => format!("{one} and {other}"),
                _ if bars.is_empty() => "All departments".into(),
                _ => "Other departments".into(),
            };
            bars.push(Bar { name, people: shown, width: shown.map_or(0, width), named });
        }
        Readers { bars, sentence: sentence(total, all) }
    }
}

fn sentence(people: i64, departments: usize) -> String {
    let departments =
        if departments == 1 { "1 department".into() } else { format!("{departments} departments") };
    match people {
        0 => "Nobody has opened it yet".into(),
        1..FEWEST => format!("Fewer than {FEWEST} people have opened it"),
        _ => format!("{people} people in {departments}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two departments are small; their names begin with an exclamation mark here.
    fn of(path: &str, people: i64) -> Of {
        Of { path: path.to_owned(), people, alone: !path.starts_with('!') }
    }

    fn drawn(rows: &[(&str, i64)]) -> (Vec<(String, Option<i64>)>, String) {
        let readers = Readers::of(rows.iter().map(|(path, people)| of(path, *people)).collect());
        (readers.bars.into_iter().map(|bar| (bar.name, bar.people)).collect(), readers.sentence)
    }

    #[test]
    fn small_departments_stand_together() {
        let bar = |name: &str, people| (name.to_owned(), people);
        for (rows, bars, sentence) in [
            (vec![], vec![], "Nobody has opened it yet"),
            (vec![("Sales", 2)], vec![bar("Sales", None)], "Fewer than 5 people have opened it"),
            (
                vec![("Sales", 9), ("Product", 7)],
                vec![bar("Sales", Some(9)), bar("Product", Some(7))],
                "16 people in 2 departments",
            ),
            (
                vec![("Sales/North", 4), ("Sales/South", 3)],
                vec![bar("Sales", Some(7))],
                "7 people in 1 department",
            ),
            // One alone could be found by subtraction: the next smallest joins it.
            (
                vec![("Sales", 9), ("Product", 7), ("Legal", 2)],
                vec![bar("Sales", Some(9)), bar("Legal and Product", Some(9))],
                "18 people in 3 departments",
            ),
            (
                vec![("Sales", 9), ("Product", 3), ("Legal", 3)],
                vec![bar("Sales", Some(9)), bar("Legal and Product", Some(6))],
                "15 people in 3 departments",
            ),
            (
                vec![("Sales", 9), ("A", 1), ("B", 2), ("C", 1)],
                vec![bar("All departments", Some(13))],
                "13 people in 4 departments",
            ),
            (
                vec![("Sales", 9), ("A", 2), ("B", 2), ("C", 1)],
                vec![bar("Sales", Some(9)), bar("Other departments", Some(5))],
                "14 people in 4 departments",
            ),
            // Where few people work a department is told without its name, however many of them read.
            (
                vec![("Sales", 9), ("!Board", 5), ("!Legal", 2)],
                vec![bar("Sales", Some(9)), bar("Other departments", Some(7))],
                "16 people in 3 departments",
            ),
            (
                vec![("Sales", 9), ("Product", 7), ("!Legal", 2)],
                vec![bar("Sales", Some(9)), bar("Other departments", Some(9))],
                "18 people in 3 departments",
            ),
            (
                vec![("Sales", 9), ("!Legal", 2)],
                vec![bar("All departments", Some(11))],
                "11 people in 2 departments",
            ),
            (vec![("!Legal", 2)], vec![bar("All departments", None)], "Fewer than 5 people have opened it"),
        ] {
            assert_eq!(drawn(&rows), (bars, sentence.to_owned()), "{rows:?}");
        }
    }

    proptest! {
        #[test]
        fn no_count_under_five_can_be_read_off(counts in prop::collection::vec(1..12i64, 0..8)) {
            let name = |n: usize| if n % 3 == 2 { format!("!{n}") } else { format!("D{n}") };
            let rows = counts.iter().enumerate().map(|(n, people)| of(&name(n), *people)).collect();
            let readers = Readers::of(rows);
            let total: i64 = counts.iter().sum();
            let shown: i64 = readers.bars.iter().filter_map(|bar| bar.people).sum();
            prop_assert!(readers.bars.iter().all(|bar| bar.people.is_none_or(|people| people >= FEWEST)));
            // What is left when the shown counts are taken from the sum is nothing, or there is no sum.
            prop_assert!(shown == total || total < FEWEST);
            prop_assert!(readers.bars.iter().all(|bar| (0..=100).contains(&bar.width)));
        }
    }
}
