//! A flow week by week, so that behind each number that is told stand at least five readers: weeks of fewer are told
//! together with those after them, the last ones with those before.

use std::collections::HashSet;

use super::groups::FEWEST_PEOPLE;
use super::period::{Period, Week, in_words};

/// A week, or several that are told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub days: Period,
    /// Weeks in it; the first and the last of a period may be parts.
    pub weeks: usize,
    pub first_openings: i64,
}

impl Span {
    /// "2 Nov 2026", "2 Nov 2026 to 15 Nov 2026", or "23 Nov 2026 (1 day)" of a week that is not over.
    pub fn name(&self) -> String {
        let first = in_words(self.days.from);
        match (self.weeks, self.days.days()) {
            (1, 7) => first,
            (1, 1) => format!("{first} (1 day)"),
            (1, days) => format!("{first} ({days} days)"),
            _ => format!("{first} to {}", in_words(self.days.last_day())),
        }
    }

    /// What a curve draws of each of its weeks; nothing of a single one that is not over.
    pub fn a_week(&self) -> Option<f64> {
        (self.weeks > 1 || self.days.days() == 7).then(|| self.first_openings as f64 / self.weeks as f64)
    }
}

/// What is known of one week: how many first openings, and who made them. None for so many that they are not asked for.
pub type OfWeek = (Week, i64, Option<HashSet<i64>>);

/// Puts weeks together until behind each span stand five readers, or all weeks are one.
pub fn spans(weeks: &[OfWeek]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Option<(Span, HashSet<i64>)> = None;
    for (week, count, readers) in weeks {
        let (mut span, mut people) = open
            .take()
            .unwrap_or_else(|| (Span { days: week.part, weeks: 0, first_openings: 0 }, HashSet::new()));
        span = Span {
            days: Period { to: week.part.to, ..span.days },
            weeks: span.weeks + 1,
            first_openings: span.first_openings + count,
        };
        people.extend(readers.iter().flatten());
        if readers.is_none() || people.len() as u64 >= FEWEST_PEOPLE {
            spans.push(span);
        } else {
            open = Some((span, people));
        }
    }
    if let Some((rest, _)) = open {
        match spans.last_mut() {
            Some(last) => {
                *last = Span {
                    days: Period { to: rest.days.to, ..last.days },
                    weeks: last.weeks + rest.weeks,
                    first_openings: last.first_openings + rest.first_openings,
                }
            }
            None => spans.push(rest),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_of_few_readers_are_told_together() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(day("2026-10-26"), day("2026-11-24")).expect("a period");
        let table = |weeks: [(i64, Option<std::ops::Range<i64>>); 5]| -> Vec<(String, i64)> {
            let known: Vec<OfWeek> = period
                .weeks()
                .into_iter()
                .zip(weeks)
                .map(|(week, (count, readers))| (week, count, readers.map(Iterator::collect)))
                .collect();
            spans(&known).iter().map(|span| (span.name(), span.first_openings)).collect()
        };
        let named = |rows: &[(&str, i64)]| -> Vec<(String, i64)> {
            rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        // Two readers, then four, of whom one is the same: five together. The last day joins what is before it.
        assert_eq!(
            table([(7, Some(0..5)), (2, Some(0..2)), (9, Some(1..5)), (300, None), (1, Some(0..1))]),
            named(&[
                ("26 Oct 2026", 7),
                ("2 Nov 2026 to 15 Nov 2026", 11),
                ("16 Nov 2026 to 23 Nov 2026", 301)
            ])
        );
        assert_eq!(
            table([(0, Some(0..0)), (0, Some(0..0)), (5, Some(0..5)), (0, Some(0..0)), (6, Some(0..6))]),
            named(&[("26 Oct 2026 to 15 Nov 2026", 5), ("16 Nov 2026 to 23 Nov 2026", 6)])
        );
        assert_eq!(
            table([(1, Some(0..1)), (1, Some(0..1)), (1, Some(0..1)), (1, Some(0..1)), (1, Some(0..1))]),
            named(&[("26 Oct 2026 to 23 Nov 2026", 5)])
        );
        let last =
            table([(7, Some(0..5)), (7, Some(0..5)), (7, Some(0..5)), (7, Some(0..5)), (6, Some(0..5))]);
        assert_eq!(last[4], ("23 Nov 2026 (1 day)".to_owned(), 6));
    }

    #[test]
    fn a_curve_spreads_what_is_told_together() {
        let day = |text: &str| text.parse().expect("a day");
        let span = |from: &str, to: &str, weeks: usize| Span {
            days: Period::new(day(from), day(to)).expect("a period"),
            weeks,
            first_openings: 9,
        };
        assert_eq!(span("2026-11-02", "2026-11-16", 2).a_week(), Some(4.5));
        assert_eq!(span("2026-11-02", "2026-11-09", 1).a_week(), Some(9.0));
        assert_eq!(span("2026-11-23", "2026-11-24", 1).a_week(), None);
    }
}
