//! Which departments may be told apart, and whether managers may be told from everybody: the one place
//! that decides, for every page, file, mail and command.
//!
//! Everything that is told of openings and searches is a sum over groups of people and days. Sums can be
//! taken from each other: a department from its parent, one period from another, managers from everybody.
//! So that no such difference is about fewer than five people, each *day* divides the company into parts
//! of at least five people, by who was where on that day and by nothing else, and whatever is told of a
//! period is a sum of such parts on every one of its days. Then so is every difference.
//!
//! On a day, what is too small in a department joins the people who are in no part of it, and the smallest
//! sister if that is still too few. A period puts together whatever any of its days does.
//!
//! Of ratings nothing is told by department; which of them may be told apart in time, [`super::rounds`] decides.
//!
//! The limit of it: on days on which fewer than five people were in the whole company nothing can be
//! protected, and such days divide nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::groups::{Department, FEWEST_PEOPLE};
use super::headcount::Stay;
use super::period::Period;

/// How many people may be behind what a part of the company did on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    people: i64,
    managers: i64,
    /// With those whose last day is over by now: they may have done something in its first hours.
    with_leavers: i64,
}

impl Size {
    fn and(self, other: Size) -> Size {
        Size {
            people: self.people + other.people,
            managers: self.managers + other.managers,
            with_leavers: self.with_leavers + other.with_leavers,
        }
    }

    /// Whether nobody can have done anything.
    fn is_empty(self) -> bool {
        self.with_leavers == 0
    }

    /// People among whom whoever did something is hidden. On the day on which a department is left by
    /// everybody, all of them.
    fn hides_among(self) -> i64 {
        if self.people > 0 { self.people } else { self.with_leavers }
    }

    fn is_few(self) -> bool {
        self.hides_among() < FEWEST_PEOPLE as i64
    }
}

/// A department with those below it.
#[derive(Default)]
struct Node {
    path: String,
    /// Those below it, by their places.
    children: Vec<usize>,
    own: Size,
    whole: Size,
}

/// What may be told apart in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// The departments that are told only together with what else is directly in their parent.
    together: BTreeSet<String>,
    /// Whether managers, told apart, leave nobody who could be worked out.
    pub managers: bool,
    /// Whether everything may be told apart: somebody asked for it who may.
    all: bool,
}

impl Apart {
    /// Everything, for whoever is protected from nothing.
    pub fn everything() -> Apart {
        Apart { all: true, managers: true, ..Apart::default() }
    }

    /// Whether that is what it is.
    pub fn is_everything(&self) -> bool {
        self.all
    }

    /// As somebody else decided: which departments are told only with what else is in their parent, and
    /// whether managers are told apart. For whoever checks the checks.
    pub fn of_parts(together: BTreeSet<String>, managers: bool) -> Apart {
        Apart { together, managers, all: false }
    }

    /// The departments that are told only together with what else is directly in their parent.
    pub fn together(&self) -> &BTreeSet<String> {
        &self.together
    }

    /// Of a period, by who was where.
    pub fn new(departments: &[Department], stays: &[Stay], period: Period) -> Apart {
        let mut tree = Tree::new(departments);
        let changes = changes(stays, period, &tree.of_department);
        let mut found = Apart { managers: true, ..Apart::default() };
        let mut was_enough = false;
        for sizes in changes.into_values() {
            for (node, change) in sizes {
                let own = &mut tree.nodes[node].own;
                *own = own.and(change);
            }
            tree.add_up();
            let whole = tree.nodes[0].whole;
            if whole.is_few() {
                continue;
            }
            was_enough = true;
            let mut mixed = 0;
            tree.divide(0, &mut found.together, &mut mixed);
            // Managers less the departments that are mostly managers, with the others of these added, are
            // as few people as any sum with managers in it can be about.
            found.managers &= mixed == 0 || mixed >= FEWEST_PEOPLE as i64;
        }
        if !was_enough {
            let tops = tree.nodes[0].children.iter().map(|child| tree.nodes[*child].path.clone());
            found.together.extend(tops);
        }
        found
    }

    /// Whether a department may be told from what else is directly in its parent.
    pub fn stands_alone(&self, path: &str) -> bool {
        self.all || !self.together.contains(path)
    }

    /// Whether a department may be told by itself: it and everything above it stand alone.
    pub fn may_tell(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().all(|end| self.stands_alone(path.get(..end).unwrap_or(path)))
    }
}

struct Tree {
    /// The company first; parents before what is below them.
    nodes: Vec<Node>,
    of_department: HashMap<i64, usize>,
}

impl Tree {
    fn new(departments: &[Department]) -> Tree {
        let mut nodes = vec![Node::default()];
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut of_department = HashMap::new();
        for department in departments {
            let mut parent = 0;
            let ends = department.path.match_indices('/').map(|(at, _)| at).chain([department.path.len()]);
            for end in ends {
                let path = department.path.get(..end).unwrap_or(&department.path);
                parent = *known.entry(path.to_owned()).or_insert_with(|| {
                    nodes.push(Node { path: path.to_owned(), ..Node::default() });
                    let at = nodes.len() - 1;
                    nodes[parent].children.push(at);
                    at
                });
            }
            of_department.insert(department.id, parent);
        }
        Tree { nodes, of_department }
    }

    fn add_up(&mut self) {
        for at in (0..self.nodes.len()).rev() {
            let below = self.nodes[at].children.iter().map(|child| self.nodes[*child].whole);
            self.nodes[at].whole = below.fold(self.nodes[at].own, Size::and);
        }
    }

    /// Puts together what is too small on this day; `mixed` counts, part by part, managers or others,
    /// whichever are fewer.
    fn divide(&self, at: usize, together: &mut BTreeSet<String>, mixed: &mut i64) {
        let node = &self.nodes[at];
        let (mut joined, mut alone): (Vec<usize>, Vec<usize>) = node
            .children
            .iter()
            .copied()
            .filter(|child| !self.nodes[*child].whole.is_empty())
            .partition(|child| self.nodes[*child].whole.is_few());
        let mut rest = joined.iter().map(|child| self.nodes[*child].whole).fold(node.own, Size::and);
        // The smallest last; rather one without parts, which are then not told apart either.
        alone.sort_by_key(|child| {
            let child = &self.nodes[*child];
            std::cmp::Reverse((!child.children.is_empty(), child.whole.hides_among(), child.path.as_str()))
        });
        while !rest.is_empty() && rest.is_few() {
            let Some(next) = alone.pop() else { break };
            rest = rest.and(self.nodes[next].whole);
            joined.push(next);
        }
        together.extend(joined.iter().map(|child| self.nodes[*child].path.clone()));
        *mixed += rest.managers.min(rest.people - rest.managers);
        for child in alone {
            self.divide(child, together, mixed);
        }
    }
}

/// What changes on which day of a period, from its first on: places in the tree, and by how much.
fn changes(
    stays: &[Stay],
    period: Period,
    of_department: &HashMap<i64, usize>,
) -> BTreeMap<NaiveDate, HashMap<usize, Size>> {
    let mut changes: BTreeMap<NaiveDate, HashMap<usize, Size>> = BTreeMap::new();
    let mut change = |day: NaiveDate, node: usize, by: Size| {
        if day < period.to {
            let size = changes.entry(day.max(period.from)).or_default().entry(node).or_default();
            *size = size.and(by);
        }
    };
    for stay in stays {
        let Some(node) = of_department.get(&stay.department_id) else { continue };
        let from = stay.from.unwrap_or(period.from);
        let manages = i64::from(stay.manager);
        change(from, *node, Size { people: 1, managers: manages, with_leavers: 1 });
        if let Some(to) = stay.to.map(|to| to.max(from)) {
            change(to, *node, Size { people: -1, managers: -manages, with_leavers: 0 });
            if let Some(after) = to.succ_opt() {
                change(after, *node, Size { with_leavers: -1, ..Size::default() });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::default() + chrono::Days::new(number)
    }

    fn period(from: u64, to: u64) -> Period {
        Period { from: day(from), to: day(to) }
    }

    fn tree(paths: &[&str]) -> Vec<Department> {
        paths
            .iter()
            .enumerate()
            .map(|(id, path)| Department { id: id as i64, path: (*path).to_owned(), open: true })
            .collect()
    }

    /// So many people in each department, always.
    fn people(sizes: &[(i64, usize)]) -> Vec<Stay> {
        let mut stays = Vec::new();
        for (department_id, count) in sizes {
            for _ in 0..*count {
                let person_id = stays.len() as i64;
                stays.push(Stay {
                    person_id,
                    department_id: *department_id,
                    manager: false,
                    from: None,
                    to: None,
                });
            }
        }
        stays
    }

    fn together(paths: &[&str], stays: &[Stay], period: Period) -> Vec<String> {
        Apart::new(&tree(paths), stays, period).together.into_iter().collect()
    }

    #[test]
    fn what_is_too_small_joins_its_smallest_sister() {
        for (sizes, expected) in [
            (vec![(0, 9), (1, 7), (2, 2)], vec!["B", "C"]),
            (vec![(0, 9), (1, 3), (2, 2)], vec!["B", "C"]),
            (vec![(0, 9), (1, 7), (2, 0)], vec![]),
            (vec![(0, 1), (1, 2), (2, 1)], vec!["A", "B", "C"]),
            (vec![(0, 5), (1, 5), (2, 5)], vec![]),
        ] {
            assert_eq!(together(&["A", "B", "C"], &people(&sizes), period(0, 10)), expected, "{sizes:?}");
        }
        let paths = ["Sales", "Sales/North", "Sales/South", "Staff"];
        let stays = people(&[(1, 12), (2, 7), (3, 3)]);
        let found = Apart::new(&tree(&paths), &stays, period(0, 10));
        assert!(!found.may_tell("Staff") && !found.may_tell("Sales/North"), "{found:?}");
        let stays = people(&[(0, 2), (1, 12), (2, 7), (3, 8)]);
        let found = Apart::new(&tree(&paths), &stays, period(0, 10));
        assert_eq!(
            found.together.iter().collect::<Vec<_>>(),
            ["Sales/South"],
            "with the two of Sales itself"
        );
        assert!(found.may_tell("Sales") && found.may_tell("Sales/North") && found.may_tell("Staff"));
    }

    #[test]
    fn a_department_that_was_small_on_one_day_is_told_with_others_for_the_period() {
        let mut stays = people(&[(0, 9), (1, 4)]);
        stays.push(Stay { person_id: 99, department_id: 1, manager: false, from: Some(day(6)), to: None });
        assert_eq!(together(&["A", "B"], &stays, period(6, 10)), Vec::<String>::new());
        assert_eq!(together(&["A", "B"], &stays, period(5, 10)), ["A", "B"]);
        // Eight who leave together hide each other on the day of their move.
        let mut stays = people(&[(0, 9), (1, 8)]);
        stays.iter_mut().filter(|stay| stay.department_id == 1).for_each(|stay| stay.to = Some(day(3)));
        assert_eq!(together(&["A", "B"], &stays, period(0, 10)), Vec::<String>::new());
        // One who stays behind does not.
        stays.push(Stay { person_id: 99, department_id: 1, manager: false, from: None, to: None });
        assert_eq!(together(&["A", "B"], &stays, period(0, 10)), ["A", "B"]);
    }

    #[test]
    fn managers_are_told_only_where_they_leave_nobody_behind() {
        let with = |managers: &[usize]| {
            let mut stays = people(&[(0, 8), (1, 8)]);
            for (department, managers) in managers.iter().enumerate() {
                let inside = stays.iter_mut().filter(|stay| stay.department_id == department as i64);
                inside.take(*managers).for_each(|stay| stay.manager = true);
            }
            Apart::new(&tree(&["A", "B"]), &stays, period(0, 10)).managers
        };
        assert!(with(&[3, 2]) && with(&[4, 4]) && with(&[8, 0]) && with(&[0, 0]));
        assert!(!with(&[8, 1]), "all but those of A is one manager");
        assert!(!with(&[2, 2]) && !with(&[7, 1]) && !with(&[7, 7]));
    }

    /// The groups of people of whom a period tells: the finest ones there are.
    fn told(departments: &[Department], stays: &[Stay], period: Period) -> Vec<BTreeSet<i64>> {
        let apart = Apart::new(departments, stays, period);
        let mut groups = Vec::new();
        for department in departments.iter().filter(|d| apart.may_tell(&d.path)) {
            let (_, ids) = crate::flow::groups::subtree(departments, department.id).expect("a department");
            groups.push(ids.into_iter().collect());
        }
        groups.push(departments.iter().map(|d| d.id).collect());
        groups
    }

    proptest! {
        // Whatever is told of one day through any period that holds it: differences of such groups are
        // never about one to four people.
        #[test]
        fn no_difference_is_about_fewer_than_five(
            homes in prop::collection::vec((0_i64..6, 0_u64..6, 1_u64..9), 5..60),
        ) {
            let departments = tree(&["A", "A/X", "A/Y", "B", "C", "C/Z"]);
            let stays: Vec<Stay> = homes
                .iter()
                .enumerate()
                .map(|(id, (home, from, days))| Stay {
                    person_id: id as i64,
                    department_id: *home,
                    manager: false,
                    from: Some(day(*from)),
                    to: Some(day(from + days)),
                })
                .collect();
            for at in 0..8 {
                let there = |ids: &BTreeSet<i64>| {
                    stays.iter().filter(|s| ids.contains(&s.department_id) && s.days_in(period(at, at + 1)) > 0).count()
                };
                let everybody: BTreeSet<i64> = (0..6).collect();
                if there(&everybody) < 5 {
                    continue;
                }
                let mut known: Vec<BTreeSet<i64>> = Vec::new();
                for (from, to) in [(at, at + 1), (0, 8), (at, 8), (0, at + 1), (at.saturating_sub(1), at + 1)] {
                    known.extend(told(&departments, &stays, period(from, to)));
                }
                for _ in 0..2 {
                    let before = known.clone();
                    for (one, other) in before.iter().flat_map(|a| before.iter().map(move |b| (a, b))) {
                        if other.is_subset(one) {
                            known.push(one.difference(other).copied().collect());
                        }
                    }
                    known.sort();
                    known.dedup();
                }
                for ids in known {
                    let count = there(&ids);
                    prop_assert!(count == 0 || count >= 5, "{ids:?} on day {at}: {count}");
                }
            }
        }
    }
}
