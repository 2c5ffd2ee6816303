//! The eight figures of the first screen: each with its interval, how it moved, and the rows behind it.

use super::filters::Filters;
use super::load::Overview;
use super::numbers::{self, Change, Shown, shown};
use super::tables;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::web::charts::{self, Ink, Svg};

/// A figure of the first screen, or two that belong together.
pub(super) struct KeyFigure {
    pub name: &'static str,
    /// Whose definition its name leads to.
    pub id: &'static str,
    pub numbers: Vec<Number>,
    pub spark: Svg,
    pub has_spark: bool,
}

/// One number with everything that tells how far to trust it.
pub(super) struct Number {
    /// "shared, a manager a month".
    pub words: &'static str,
    pub shown: Shown,
    pub change: Change,
    pub href: String,
}

impl Number {
    /// Whether words stand in its place: "being computed". "4 of 6" is a number.
    pub(super) fn is_words(&self) -> bool {
        !self.shown.value.starts_with(|c: char| c.is_ascii_digit() || "+\u{2212}".contains(c))
    }
}

/// What is asked of a figure: metric, part, words, and the list behind it.
type Asked = (&'static str, &'static str, &'static str, &'static str);

/// The figures in the order of the page.
const KEYS: [(&str, &str, &[Asked]); 8] = [
    (
        "Managers",
        "C1",
        &[
            ("C1", "", "shared, a manager a month", "contributions"),
            ("C2", "", "opened, a manager a month", "accesses"),
        ],
    ),
    (
        "Who takes part",
        "C3",
        &[("C3", "", "shared something", "people"), ("C4", "", "opened something", "people")],
    ),
    ("Inward-looking", "C9", &[("C9", "", "0 is chance, + is more inward", "#matrix")]),
    (
        "Valuable openings",
        "C19",
        &[
            ("C19", "", "a person a month", "value"),
            ("C19", "crossing", "of them cross departments", "value"),
        ],
    ),
    ("Ratings enough to trust", "C13", &[("C13", "", "of insights two weeks old", "coverage")]),
    (
        "First reader in another department",
        "C12",
        &[("C12", "outside", "after sharing, half wait longer", "contributions")],
    ),
    (
        "What is asked for",
        "C18",
        &[
            ("C18", "fill_rate", "of requests three weeks old were filled by then", "requests"),
            ("C17", "zero_results", "of searches found nothing", "searches"),
        ],
    ),
    (
        "Under-read",
        "C20",
        &[("C20", "count", "insights valued, unread elsewhere in the last 90 days", "under-read")],
    ),
];

/// All of them. `managers` tells of managers where there is such a number.
pub(super) fn keys(overview: &Overview, filters: &Filters, managers: bool) -> Vec<KeyFigure> {
    KEYS.iter()
        .map(|(name, id, asked)| KeyFigure {
            name,
            id,
            numbers: asked
                .iter()
                .map(|one| number(overview, filters, one, *name == "Managers" || managers))
                .collect(),
            has_spark: *name == "Managers" || *name == "Who takes part",
            spark: spark(overview, name, managers),
        })
        .collect()
}

fn number(overview: &Overview, filters: &Filters, asked: &Asked, managers: bool) -> Number {
    let (id, part, words, list) = *asked;
    let of = |figures: &[Figure], whom: &Whom| tables::find(figures, id, part, whom).cloned();
    let find =
        |at_once: &[Figure], night: &[Figure], whom: &Whom| of(at_once, whom).or_else(|| of(night, whom));
    let night = &overview.kept.figures;
    let of_managers = managers.then(|| find(&overview.figures, night, &Whom::Managers)).flatten();
    let (whom, found) = match of_managers {
        Some(figure) => (Whom::Managers, Some(figure)),
        None => (Whom::All, find(&overview.figures, night, &Whom::All)),
    };
    let narrow = if whom == Whom::Managers { "&managers=yes" } else { "" };
    let query = filters.query();
    let href = match list.strip_prefix('#') {
        Some(anchor) => format!("/flow?{query}#{anchor}"),
        None => format!("/flow/{list}?{query}{narrow}"),
    };
    let change = found.as_ref().map_or_else(Change::default, |now| {
        let before = find(&overview.before, &overview.kept_before.figures, &whom);
        numbers::change(now, before.as_ref(), filters.compare.then())
    });
    let shown = match &found {
        Some(figure) => shown(figure),
        None => Shown { value: missing(overview).into(), ..Shown::default() },
    };
    Number { words, shown, change, href }
}

/// Where the rows behind a figure stand; empty where nothing is listed.
pub(super) fn behind(id: &str, query: &str) -> String {
    let list = match id {
        "C1" | "C11" | "C12" => "contributions",
        "C2" | "C6" | "C15" => "accesses",
        "C3" | "C4" | "C5" => "people",
        "C7" | "C8" | "C9" => return format!("/flow?{query}#matrix"),
        "C13" => "coverage",
        "C14" | "C19" | "C22" => "value",
        "C17" => "searches",
        "C18" => "requests",
        "C20" => "under-read",
        _ => return String::new(),
    };
    format!("/flow/{list}?{query}")
}

/// Why a figure of the night is not there.
pub(super) fn missing(overview: &Overview) -> &'static str {
    match () {
        () if overview.is_narrowed() => "told of the whole company only",
        () if overview.kept.waiting_since.is_some() => "being computed",
        () if overview.kept.computed_at.is_none() => "not computed for these days",
        () => "no data",
    }
}

/// The weeks behind a figure that has them.
fn spark(overview: &Overview, name: &str, managers: bool) -> Svg {
    if name != "Managers" && name != "Who takes part" {
        return Svg::default();
    }
    // Openings: there are more of them, so their weeks say more.
    let of_managers = name == "Managers" || managers;
    let values =
        tables::drawn(
            &overview.weeks,
            |week| {
                if of_managers { week.managers[1].value } else { week.all[1].value }
            },
        );
    charts::spark(&values, Ink::Given)
}
