//! When `/flow` says nothing yet, and what it takes.

use super::filters::Filters;
use super::load::Overview;
use super::numbers::counted;
use super::tables;
use crate::flow::metrics::figure::Whom;
use crate::flow::period::in_words;

/// Fewer days than this say nothing about a company.
const ENOUGH_DAYS: i64 = 28;

/// What is missing before the figures say something; empty when nothing is.
pub(super) fn too_early(overview: &Overview, filters: &Filters, first: Option<chrono::NaiveDate>) -> String {
    let Some(first) = first else {
        return "Nothing has been shared or opened yet.".into();
    };
    let days = days_of(filters, first);
    if days < ENOUGH_DAYS {
        return format!(
            "The first day with anything to count was {}, and figures need four weeks. There {} up to the end of this period.",
            in_words(first),
            if days == 1 { "is 1 day".to_owned() } else { format!("are {} days", days.max(0)) }
        );
    }
    let opened = tables::find(&overview.figures, "C2", "", &Whom::All).and_then(|f| f.numerator);
    match opened {
        Some(opened) if opened > 0.0 => String::new(),
        None if filters.segment.is_some() => {
            "Fewer than five people opened something about this segment in this period: nothing is shown about so few."
                .into()
        }
        None => {
            "Fewer than five people are here. Figures begin with the fifth, so that nobody's own are shown."
                .into()
        }
        _ => "Nothing was opened in this period.".into(),
    }
}

/// Days of the company up to the end of the period: a short period says something of a company that is not young.
pub(super) fn days_of(filters: &Filters, first: chrono::NaiveDate) -> i64 {
    (filters.period.last_day() - first).num_days() + 1
}

/// What there must be, and whether it is there.
pub(super) fn needed(
    overview: &Overview,
    filters: &Filters,
    first: Option<chrono::NaiveDate>,
) -> Vec<(String, bool)> {
    let days = first.map_or(0, |first| days_of(filters, first).max(0));
    let count = |id: &str| {
        tables::find(&overview.figures, id, "", &Whom::All).and_then(|f| f.numerator).is_some_and(|n| n > 0.0)
    };
    let people = overview.loaded.headcount(|_| true).at_end;
    vec![
        (
            format!(
                "At least five people: {} there on {}; who joins today counts from tomorrow on.",
                counted(people as i64, "was", "were"),
                in_words(overview.loaded.question.period.last_day())
            ),
            people >= crate::flow::groups::FEWEST_PEOPLE,
        ),
        (format!("Four weeks, 28 days: {} so far.", counted(days, "day", "days")), days >= ENOUGH_DAYS),
        ("Insights that are shared.".into(), count("C1")),
        ("Insights that are opened by somebody else.".into(), count("C2")),
    ]
}
