//! Departments as a flow page shows them: the level of the tree that has at most twelve groups, where a
//! group with too few people is never shown alone.

use std::collections::{BTreeMap, HashMap};

use super::apart::Apart;
use super::headcount::Headcount;

/// A group needs at least this many people to be shown.
pub const FEWEST_PEOPLE: u64 = 5;

/// Where only a part of the company is looked at: everybody else.
pub const REST_OF_COMPANY: &str = "Rest of the company";
/// A department that its own manager looks at needs this many.
pub const FEWEST_FOR_A_MANAGER: u64 = 10;
/// The level of the tree that is shown has at most this many groups.
const MOST_GROUPS: usize = 12;

/// A department as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    pub id: i64,
    /// `Service/North/Plant 4`.
    pub path: String,
    pub open: bool,
}

/// A department and everything below it, whatever the time at which they were open.
pub fn subtree(departments: &[Department], id: i64) -> Option<(String, Vec<i64>)> {
    let path = &departments.iter().find(|department| department.id == id)?.path;
    let below = format!("{path}/");
    let inside = departments.iter().filter(|d| d.path == *path || d.path.starts_with(&below));
    Some((path.clone(), inside.map(|d| d.id).collect()))
}

/// What is shown as one row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// In addresses: a department's id; `12-rest` for what is left of it; `rest` or `elsewhere`.
    pub key: String,
    /// In words: the path, or what is left of it.
    pub name: String,
    pub headcount: Headcount,
    /// Whether it is a department with others below it, which a finer view tells apart.
    pub has_parts: bool,
}

/// Which part of the tree to show, and how fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Only inside this department; the others become one group.
    pub root: Option<i64>,
    /// How many names of a path tell groups apart, counted from the top; none: as many as fit.
    pub level: Option<usize>,
    /// Whether small groups stay apart.
    pub unsuppressed: bool,
}

/// Every department's place in a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    pub groups: Vec<Group>,
    /// How many names of a path tell these groups apart.
    pub level: usize,
    /// The levels there are below the root.
    pub levels: std::ops::RangeInclusive<usize>,
    /// The path of the department it is inside of; none for the whole company.
    pub root: Option<String>,
    /// What may be told apart in this period.
    pub apart: Apart,
    places: HashMap<i64, usize>,
}

/// A group that is being made.
struct Draft {
    key: String,
    name: String,
    departments: Vec<i64>,
    headcount: Headcount,
    has_parts: bool,
}

impl Draft {
    fn absorb(&mut self, other: Draft) {
        self.departments.extend(other.departments);
        self.headcount = self.headcount.and(other.headcount);
    }
}

/// The tree below a path.
#[derive(Default)]
struct Node {
    path: String,
    /// The open department of this path, or the last one, whether or not anybody is in it, and whether
    /// it is open.
    id: Option<(i64, bool)>,
    /// Departments with exactly this path: several where it was closed and opened again.
    own: Vec<(i64, Headcount, bool)>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, names: &[&str], department: (i64, Headcount, bool)) {
        match names.split_first() {
            None => self.own.push(department),
            Some((first, rest)) => {
                let path =
                    if self.path.is_empty() { (*first).to_owned() } else { format!("{}/{first}", self.path) };
                self.children
                    .entry((*first).to_owned())
                    .or_insert_with(|| Node { path, ..Node::default() })
                    .insert(rest, department);
            }
        }
    }

    fn descend(&self, names: &[&str]) -> Option<&Node> {
        names.iter().try_fold(self, |node, name| node.children.get(*name))
    }

    /// Tells the node of this path which department it is.
    fn name(&mut self, names: &[&str], id: i64, open: bool) {
        let found = names.iter().try_fold(self, |node, name| node.children.get_mut(*name));
        if let Some(node) = found.filter(|node| open || node.id.is_none_or(|(_, open)| !open)) {
            node.id = Some((id, open));
        }
    }

    fn depth(&self) -> usize {
        self.children.values().map(|child| 1 + child.depth()).max().unwrap_or(0)
    }

    /// How many nodes there are `steps` below, counting shorter branches once.
    fn width(&self, steps: usize) -> usize {
        if steps == 0 || self.children.is_empty() {
            return 1;
        }
        self.children.values().map(|child| child.width(steps - 1)).sum::<usize>()
            + usize::from(!self.own.is_empty())
    }

    /// This node and everything below it as one.
    fn whole(&self, apart: &Apart) -> Draft {
        let mut draft = Draft {
            key: self.key(),
            name: self.path.clone(),
            departments: Vec::new(),
            headcount: Headcount::default(),
            has_parts: self.has_parts(apart),
        };
        self.gather(&mut draft);
        draft
    }

    /// Whether any department below it may be told apart.
    fn has_parts(&self, apart: &Apart) -> bool {
        self.children.values().any(|child| apart.stands_alone(&child.path))
    }

    fn gather(&self, draft: &mut Draft) {
        for (id, headcount, _) in &self.own {
            draft.departments.push(*id);
            draft.headcount = draft.headcount.and(*headcount);
        }
        self.children.values().for_each(|child| child.gather(draft));
    }

    /// The department's id. Never that of a part, even where nobody is in the department itself: a
    /// manager of the part would see the whole under their own address.
    fn key(&self) -> String {
        self.id.map_or_else(|| "rest".into(), |(id, _)| id.to_string())
    }

    /// The groups `steps` below. What may not be told apart ([`Apart`]) is one group with whoever is in no
    /// part of its parent.
    fn groups(&self, steps: usize, apart: &Apart) -> Vec<Draft> {
        if steps == 0 || !self.has_parts(apart) {
            return vec![self.whole(apart)];
        }
        let (alone, together): (Vec<&Node>, Vec<&Node>) =
            self.children.values().partition(|child| apart.stands_alone(&child.path));
        let mut groups: Vec<Draft> = alone.iter().flat_map(|child| child.groups(steps - 1, apart)).collect();
        let is_top = self.path.is_empty();
        let mut rest = Draft {
            key: if is_top { "rest".into() } else { format!("{}-rest", self.key()) },
            name: if is_top { "Other departments".into() } else { format!("{}, other", self.path) },
            departments: Vec::new(),
            headcount: Headcount::default(),
            has_parts: false,
        };
        for (id, headcount, _) in &self.own {
            rest.departments.push(*id);
            rest.headcount = rest.headcount.and(*headcount);
        }
        together.into_iter().for_each(|child| rest.absorb(child.whole(apart)));
        if !rest.departments.is_empty() {
            groups.push(rest);
        }
        groups
    }
}

/// Events of departments nobody was in go to the smallest of the others: alone they would tell of whoever
/// they are by.
fn without_nobody(groups: Vec<Draft>) -> Vec<Draft> {
    let (mut groups, empty): (Vec<Draft>, Vec<Draft>) =
        groups.into_iter().partition(|group| group.headcount.person_days > 0);
    let smallest = (0..groups.len()).min_by_key(|at| groups[*at].headcount.person_days);
    match smallest {
        Some(at) => empty.into_iter().for_each(|draft| groups[at].absorb(draft)),
        None => groups = empty,
    }
    groups
}

impl Grouping {
    /// Groups the departments that have people or events in the period; `headcounts` says which. A root
    /// that may not be told apart from the others is none.
    pub fn new(
        departments: &[Department],
        headcounts: &HashMap<i64, Headcount>,
        apart: Apart,
        view: View,
    ) -> Grouping {
        let mut tree = Node::default();
        for department in departments {
            if let Some(headcount) = headcounts.get(&department.id) {
                let names: Vec<&str> = department.path.split('/').collect();
                tree.insert(&names, (department.id, *headcount, department.open));
            }
        }
        for department in departments {
            let names: Vec<&str> = department.path.split('/').collect();
            tree.name(&names, department.id, department.open);
        }
        let root_path = view
            .root
            .and_then(|id| departments.iter().find(|d| d.id == id))
            .map(|d| d.path.as_str())
            .filter(|path| apart.may_tell(path));
        let root_names: Vec<&str> = root_path.map(|path| path.split('/').collect()).unwrap_or_default();
        let empty = Node::default();
        let root = tree.descend(&root_names).unwrap_or(&empty);
        let top = root_names.len();
        let levels = top + 1..=top + root.depth().max(1);
        let level = match view.level {
            Some(level) => level.clamp(*levels.start(), *levels.end()),
            None => levels
                .clone()
                .rev()
                .find(|level| root.width(level - top) <= MOST_GROUPS)
                .unwrap_or(*levels.start()),
        };
        let mut drafts = root.groups(level - top, &apart);
        if top > 0 {
            let inside: Vec<i64> = drafts.iter().flat_map(|draft| draft.departments.clone()).collect();
            let mut elsewhere = Draft {
                key: "elsewhere".into(),
                name: REST_OF_COMPANY.into(),
                departments: Vec::new(),
                headcount: Headcount::default(),
                has_parts: false,
            };
            for department in departments.iter().filter(|d| !inside.contains(&d.id)) {
                if let Some(headcount) = headcounts.get(&department.id) {
                    elsewhere.departments.push(department.id);
                    elsewhere.headcount = elsewhere.headcount.and(*headcount);
                }
            }
            drafts.push(elsewhere);
        }
        drafts.retain(|draft| !draft.departments.is_empty());
        if !view.unsuppressed {
            drafts = without_nobody(drafts);
        }
        if let [only] = drafts.as_mut_slice()
            && only.name.is_empty()
        {
            (only.name, only.has_parts) = ("All departments".into(), false);
        }
        let places = drafts
            .iter()
            .enumerate()
            .flat_map(|(place, draft)| draft.departments.iter().map(move |id| (*id, place)))
            .collect();
        let groups = drafts
            .into_iter()
            .map(|draft| Group {
                key: draft.key,
                name: draft.name,
                headcount: draft.headcount,
                has_parts: draft.has_parts,
            })
            .collect();
        Grouping { groups, level, levels, root: root_path.map(str::to_owned), apart, places }
    }

    /// The group of a department.
    pub fn place_of(&self, department_id: i64) -> Option<usize> {
        self.places.get(&department_id).copied()
    }

    /// The departments of a group.
    pub fn departments_of(&self, place: usize) -> Vec<i64> {
        let mut ids: Vec<i64> =
            self.places.iter().filter(|(_, at)| **at == place).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    /// These departments as a group of their own, at the end, and its place. What is left of the others
    /// stays; those of which nothing is left go.
    pub fn with_apart(self, group: Group, departments: &[i64]) -> (Grouping, usize) {
        let mut groups = Vec::with_capacity(self.groups.len() + 1);
        let mut places = HashMap::new();
        for (place, old) in self.groups.iter().enumerate() {
            let (taken, left): (Vec<i64>, Vec<i64>) =
                self.departments_of(place).into_iter().partition(|id| departments.contains(id));
            if left.is_empty() {
                continue;
            }
            let is_whole = taken.is_empty();
            let name =
                if is_whole || !old.has_parts { old.name.clone() } else { format!("{}, other", old.name) };
            let at = groups.len();
            places.extend(left.into_iter().map(|id| (id, at)));
            groups.push(Group { name, has_parts: is_whole && old.has_parts, ..old.clone() });
        }
        let at = groups.len();
        places.extend(departments.iter().map(|id| (*id, at)));
        groups.push(group);
        (Grouping { groups, places, ..self }, at)
    }

    /// The group with this key.
    pub fn with_key(&self, key: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::headcount::Stay;
    use crate::flow::period::Period;

    fn period() -> Period {
        let day = |text: &str| text.parse().expect("a day");
        Period { from: day("2026-11-01"), to: day("2026-11-11") }
    }

    fn grouping(departments: &[(i64, &str, u64)], view: View) -> Vec<(String, u64)> {
        let tree: Vec<Department> = departments
            .iter()
            .map(|(id, path, _)| Department { id: *id, path: (*path).into(), open: true })
            .collect();
        let headcounts = departments
            .iter()
            .map(|(id, _, people)| (*id, Headcount { person_days: *people as i64 * 10, at_end: *people }))
            .collect();
        let apart = if view.unsuppressed {
            Apart::everything()
        } else {
            let stays: Vec<Stay> = departments
                .iter()
                .flat_map(|(id, _, people)| (0..*people).map(move |_| *id))
                .map(|id| Stay { person_id: 0, department_id: id, manager: false, from: None, to: None })
                .collect();
            Apart::new(&tree, &stays, period())
        };
        Grouping::new(&tree, &headcounts, apart, view)
            .groups
            .into_iter()
            .map(|group| (group.name, group.headcount.at_end))
            .collect()
    }

    fn named(groups: &[(&str, u64)]) -> Vec<(String, u64)> {
        groups.iter().map(|(name, people)| ((*name).to_owned(), *people)).collect()
    }

    #[test]
    fn a_small_group_joins_its_parent_and_its_smallest_sister() {
        let tree = [
            (1, "Sales", 20),
            (2, "Service", 0),
            (3, "Service/North", 12),
            (4, "Service/South", 7),
            (5, "Service/West", 3),
        ];
        assert_eq!(
            grouping(&tree, View::default()),
            named(&[("Sales", 20), ("Service/North", 12), ("Service, other", 10)])
        );
        let apart = View { unsuppressed: true, ..View::default() };
        assert_eq!(grouping(&tree, apart).len(), 5, "with the nobody of Service itself");
        let coarse = View { level: Some(1), ..View::default() };
        assert_eq!(grouping(&tree, coarse), named(&[("Sales", 20), ("Service", 22)]));
        let inside = View { root: Some(2), ..View::default() };
        assert_eq!(
            grouping(&tree, inside),
            named(&[("Service/North", 12), ("Service, other", 10), ("Rest of the company", 20)])
        );
    }

    #[test]
    fn a_department_without_people_of_its_own_keeps_its_key() {
        let tree: Vec<Department> =
            [(1, "Sales"), (2, "Service"), (3, "Service/North"), (4, "Service/South")]
                .map(|(id, path)| Department { id, path: path.into(), open: true })
                .into();
        let headcounts = [1, 3, 4].map(|id| (id, Headcount { person_days: 90, at_end: 9 })).into();
        let view = View { level: Some(1), ..View::default() };
        let grouping = Grouping::new(&tree, &headcounts, Apart::everything(), view);
        let keys: Vec<(&str, bool)> =
            grouping.groups.iter().map(|group| (group.key.as_str(), group.has_parts)).collect();
        assert_eq!(keys, [("1", false), ("2", true)]);
        let north = Group {
            key: "3".into(),
            name: "Service/North".into(),
            headcount: Headcount::default(),
            has_parts: false,
        };
        let (apart, place) = grouping.with_apart(north, &[3]);
        let names: Vec<&str> = apart.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!((names, place), (vec!["Sales", "Service, other", "Service/North"], 2));
    }

    #[test]
    fn a_small_department_at_the_top_is_never_alone() {
        assert_eq!(
            grouping(&[(1, "A", 9), (2, "B", 7), (3, "C", 2)], View::default()),
            named(&[("A", 9), ("Other departments", 9)])
        );
        assert_eq!(grouping(&[(1, "A", 2)], View::default()), named(&[("All departments", 2)]));
    }

    #[test]
    fn the_level_has_at_most_twelve_groups() {
        let mut tree = vec![];
        for top in 0..4 {
            for below in 0..4 {
                tree.push((top * 10 + below, format!("D{top}/E{below}"), 6));
            }
        }
        let tree: Vec<(i64, &str, u64)> = tree.iter().map(|(id, path, n)| (*id, path.as_str(), *n)).collect();
        assert_eq!(grouping(&tree, View::default()).len(), 4);
        assert_eq!(grouping(&tree, View { level: Some(2), ..View::default() }).len(), 16);
    }
}
