//! The depth of `/flow`: pairs that read little for their size, how long departments wait, both verbs by
//! department and segment.

use super::filters::Filters;
use super::load::Overview;
use super::numbers::{self, grouped};
use super::stuck::Asked;
use super::tables::{self, GroupRow};
use crate::flow::answer;
use crate::flow::groups::Group;
use crate::flow::metrics::Loaded;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::web::charts::{self, Ink, Svg};

/// A pair that reads less than its size would let expect.
pub(super) struct GapRow {
    pub from: String,
    pub to: String,
    pub sentence: String,
    pub href: String,
    pub contributions: String,
}

/// How long a department waits for answers.
pub(super) struct WaitRow {
    pub name: String,
    /// What it asks, on its own page.
    pub href: String,
    pub shown: String,
    /// "of 3": the requests that were answered.
    pub of: String,
    pub bar: Svg,
}

/// The days within which half of the answered requests of a group were, by asking group; those that got no
/// answer in the period are left out.
pub(super) fn waits(asked: &Asked, loaded: &Loaded, query: &str) -> Vec<WaitRow> {
    let groups = &loaded.grouping.groups;
    let mut medians: Vec<(&Group, f64, usize)> = groups
        .iter()
        .enumerate()
        .filter_map(|(place, group)| {
            let mut days: Vec<f64> = asked
                .answered
                .iter()
                .filter(|one| loaded.grouping.place_of(one.asking) == Some(place))
                .map(|one| (one.at - one.asked_at).num_seconds() as f64 / 86_400.0)
                .collect();
            days.sort_by(f64::total_cmp);
            Some((group, *days.get(days.len() / 2)?, days.len()))
        })
        .collect();
    medians.sort_by(|a, b| a.1.total_cmp(&b.1));
    let top = medians.last().map_or(1.0, |(_, days, _)| *days);
    medians
        .into_iter()
        .map(|(group, days, many)| WaitRow {
            name: group.name.clone(),
            href: format!("/flow/departments/{}?{query}", group.key),
            shown: numbers::lasting(days * 24.0),
            of: format!("of {many}"),
            bar: charts::bar(days, top, Ink::Given),
        })
        .collect()
}

pub(super) fn gap_rows(overview: &Overview, query: &str) -> Vec<GapRow> {
    let groups = &overview.loaded.grouping.groups;
    answer::gaps(&overview.matrix)
        .into_iter()
        .take(4)
        .map(|gap| {
            let expected = grouped(gap.expected.round() as i64);
            let (from, to) = (&groups[gap.from], &groups[gap.to]);
            GapRow {
                from: from.name.clone(),
                to: to.name.clone(),
                sentence: match gap.found {
                    Some(found) => format!(
                        "{} of about {expected} first openings to be expected.",
                        grouped(found as i64)
                    ),
                    None => format!(
                        "About {expected} first openings to be expected; the readers were too few to count."
                    ),
                },
                href: format!("/flow/{}/{}?{query}", from.key, to.key),
                contributions: format!("/flow/contributions?{query}&department={}", from.key),
            }
        })
        .collect()
}

pub(super) fn group_rows(overview: &Overview, filters: &Filters, query: &str) -> Vec<GroupRow> {
    let loaded = &overview.loaded;
    let period = loaded.question.period;
    let tops = tables::tops(&overview.figures, |whom| !matches!(whom, Whom::Segment(_)));
    let row = |whom: Whom, people: f64, narrow: String, href: String, inside: String| GroupRow {
        narrow,
        href,
        inside,
        ..tables::group_row(&overview.figures, &whom, people, tops)
    };
    let mut rows = vec![
        row(Whom::All, loaded.headcount(|_| true).mean(period), String::new(), String::new(), String::new()),
        row(
            Whom::Managers,
            loaded.headcount(|stay| stay.manager).mean(period),
            "&managers=yes".into(),
            String::new(),
            String::new(),
        ),
    ];
    rows.extend(loaded.grouping.groups.iter().map(|group| {
        // A finer view begins with as many groups as fit.
        let root = group.key.parse().ok().filter(|_| group.has_parts);
        let inside = Filters { root, level: None, ..filters.clone() }.query();
        row(
            Whom::Department(group.name.clone()),
            group.headcount.mean(period),
            format!("&department={}", group.key),
            format!("/flow/departments/{}?{query}", group.key),
            root.map_or_else(String::new, |_: i64| format!("/flow?{inside}")),
        )
    }));
    rows
}

pub(super) fn segment_rows(overview: &Overview) -> Vec<GroupRow> {
    let figures: Vec<Figure> = overview.segments.iter().flat_map(|(_, rates)| rates.clone()).collect();
    let tops = tables::tops(&figures, |_| true);
    let people = overview.loaded.headcount(|_| true).mean(overview.loaded.question.period);
    overview
        .segments
        .iter()
        .map(|(id, rates)| GroupRow {
            narrow: format!("&segment={id}"),
            href: if *id > 0 { format!("/segments/{id}") } else { String::new() },
            ..tables::group_row(&figures, &rates[0].whom, people, tops)
        })
        .collect()
}
