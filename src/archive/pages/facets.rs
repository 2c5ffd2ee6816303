//! The facets of the archive: how the insights that fit divide by segment, department and source, each
//! part a link that narrows the list.

use std::collections::HashMap;

use crate::archive::insight::Source;
use crate::archive::store::listing::Group;

/// How many parts of a facet are shown.
const SHOWN: usize = 8;

/// One part of a facet: what it is called, how many insights it has, and the value that goes into the
/// address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub value: String,
    pub insights: i64,
}

/// The facets of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    pub segments: Vec<Part>,
    pub departments: Vec<Part>,
    pub sources: Vec<Part>,
    /// All insights that fit.
    pub insights: i64,
}

impl Facets {
    /// Folds the groups. `segments` and `departments` are names and paths by id; departments are shown one
    /// level below `inside`, a path that is chosen already, or at the top.
    pub fn of(
        groups: &[Group],
        segments: &HashMap<i64, String>,
        departments: &HashMap<i64, String>,
        inside: Option<&str>,
    ) -> Facets {
        let segment = |group: &Group| {
            let id = group.segment?;
            Some((id.to_string(), segments.get(&id)?.clone()))
        };
        let department = |group: &Group| {
            let path = level_below(departments.get(&group.department)?, inside)?;
            let name = path.rsplit('/').next().unwrap_or(path);
            Some((path.to_owned(), name.to_owned()))
        };
        let source = |group: &Group| {
            let source = Source::named(&group.source)?;
            Some((source.name().to_owned(), source.title().to_owned()))
        };
        Facets {
            segments: parts(groups, segment),
            departments: parts(groups, department),
            sources: parts(groups, source),
            insights: groups.iter().map(|group| group.insights).sum(),
        }
    }
}

/// The part of `path` one level below `inside`, or its first level.
fn level_below<'a>(path: &'a str, inside: Option<&str>) -> Option<&'a str> {
    let from = match inside {
        None => 0,
        Some(chosen) => {
            let rest = path.get(..chosen.len())?;
            if !rest.eq_ignore_ascii_case(chosen) || path.as_bytes().get(chosen.len()) != Some(&b'/') {
                return None;
            }
            chosen.len() + 1
        }
    };
    let end = path[from..].find('/').map_or(path.len(), |slash| from + slash);
    Some(&path[..end])
}

/// The most frequent parts, each with the sum of its groups.
fn parts(groups: &[Group], part: impl Fn(&Group) -> Option<(String, String)>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for group in groups {
        let Some((value, name)) = part(group) else { continue };
        match parts.iter_mut().find(|known| known.value == value) {
            Some(known) => known.insights += group.insights,
            None => parts.push(Part { name, value, insights: group.insights }),
        }
    }
    parts.sort_by(|one, other| other.insights.cmp(&one.insights).then_with(|| one.name.cmp(&other.name)));
    parts.truncate(SHOWN);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_fold_into_three_facets() {
        let group = |segment, department, source: &str, insights| Group {
            segment,
            department,
            source: source.into(),
            insights,
        };
        let groups = [
            group(Some(1), 1, "call", 3),
            group(Some(1), 2, "visit", 2),
            group(None, 3, "call", 4),
            group(Some(2), 1, "other", 1),
        ];
        let segments = HashMap::from([(1, "Retail".to_owned()), (2, "Trade".to_owned())]);
        let departments = HashMap::from([
            (1, "Service/North".to_owned()),
            (2, "Service".to_owned()),
            (3, "Sales".to_owned()),
        ]);
        let told =
            |parts: &[Part]| parts.iter().map(|part| (part.name.clone(), part.insights)).collect::<Vec<_>>();
        let facets = Facets::of(&groups, &segments, &departments, None);
        assert_eq!(facets.insights, 10);
        assert_eq!(told(&facets.segments), [("Retail".into(), 5), ("Trade".into(), 1)]);
        assert_eq!(told(&facets.departments), [("Service".into(), 6), ("Sales".into(), 4)]);
        assert_eq!(
            told(&facets.sources),
            [("A call".into(), 7), ("A visit".into(), 2), ("Another way".into(), 1)]
        );
        let inside = Facets::of(&groups, &segments, &departments, Some("Service"));
        assert_eq!(told(&inside.departments), [("North".into(), 4)]);
        assert_eq!(inside.departments[0].value, "Service/North");
    }
}
