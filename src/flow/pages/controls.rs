//! The choices of `/flow`: period, segment, comparison, people, departments.

use super::filters::{Compare, Filters};
use crate::flow::metrics::Loaded;
use crate::flow::period::WEEKS;

/// The choices of the form.
#[derive(Default)]
pub(super) struct Controls {
    pub weeks: Vec<(String, String, bool)>,
    pub compare: Vec<(&'static str, &'static str, bool)>,
    pub segments: Vec<(i64, String, bool)>,
    /// Level, how it reads, whether it is chosen.
    pub levels: Vec<(String, String, bool)>,
    /// Departments that can be looked into.
    pub roots: Vec<(String, String, bool)>,
    pub managers: bool,
    /// Whether one of the rarer choices is not as usual.
    pub is_narrow: bool,
    pub from: String,
    pub to: String,
}

pub(super) fn controls(filters: &Filters, managers: bool, loaded: &Loaded) -> Controls {
    let mut weeks: Vec<(String, String, bool)> = WEEKS
        .iter()
        .map(|weeks| (weeks.to_string(), format!("Last {weeks} weeks"), filters.weeks == Some(*weeks)))
        .collect();
    if filters.weeks.is_none() {
        weeks.push(("dates".into(), filters.in_words(), true));
    }
    let segments =
        loaded.segments.iter().map(|(id, name)| (*id, name.clone(), filters.segment == Some(*id))).collect();
    let all = loaded.grouping.levels.clone();
    let mut levels = Vec::new();
    if all.end() > all.start() {
        levels.push((String::new(), "As many as fit".to_owned(), filters.level.is_none()));
        levels.extend(
            all.map(|level| (level.to_string(), format!("Level {level}"), filters.level == Some(level))),
        );
    }
    let mut roots: Vec<(String, String, bool)> = Vec::new();
    let inside = loaded.grouping.root.as_ref().zip(filters.root);
    let parts_of = loaded.grouping.groups.iter().filter(|group| group.has_parts);
    roots.extend(parts_of.map(|group| (group.key.clone(), format!("Inside {}", group.name), false)));
    if let Some((name, id)) = inside {
        roots.insert(0, (id.to_string(), format!("Inside {name}"), true));
    }
    if !roots.is_empty() {
        roots.insert(0, (String::new(), "All departments".to_owned(), inside.is_none()));
    }
    let own_dates = filters.weeks.is_none();
    Controls {
        weeks,
        compare: Compare::ALL.map(|one| (one.name(), one.words(), filters.compare == one)).to_vec(),
        segments,
        levels,
        roots,
        managers,
        is_narrow: managers
            || filters.compare != Compare::Before
            || filters.level.is_some()
            || filters.root.is_some(),
        from: if own_dates { filters.period.from.to_string() } else { String::new() },
        to: if own_dates { filters.period.to.to_string() } else { String::new() },
    }
}
