//! What is said of an obstacle's figure: what it was when the obstacle was opened, what it is, and whether
//! it moved by more than chance.

use crate::flow::metrics::figure::Figure;
use crate::flow::numbers::{grouped, number, shown};
use crate::flow::period::{Period, in_words};
use crate::flow::statistics::Estimate;
use crate::flow::statistics::difference;
use crate::text::capital;

/// A figure as it was measured over some days.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub period: Period,
    pub figure: Figure,
}

/// Which way a figure went, by more than chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    Better,
    Worse,
    /// Not beyond chance.
    No,
    /// Nothing can be said: a number or an interval is missing.
    Unknown,
}

impl Moved {
    /// In a word or two, for a table.
    pub const fn word(self) -> &'static str {
        match self {
            Moved::Better => "better",
            Moved::Worse => "worse",
            Moved::No => "not beyond chance",
            Moved::Unknown => "cannot be told",
        }
    }
}

fn estimate(figure: &Figure) -> Option<Estimate> {
    Some(Estimate { value: figure.value?, low: figure.low?, high: figure.high? })
}

/// Whether it moved.
pub fn moved(before: &Measure, now: &Measure, less_is_better: bool) -> Moved {
    if before.period == now.period || before.figure.version != now.figure.version {
        return Moved::Unknown;
    }
    match (estimate(&before.figure), estimate(&now.figure)) {
        (Some(then), Some(today)) if difference::differ(today, then) => {
            if (today.value < then.value) == less_is_better { Moved::Better } else { Moved::Worse }
        }
        (Some(_), Some(_)) => Moved::No,
        _ => Moved::Unknown,
    }
}

/// The number with its unit.
pub fn value(figure: &Figure) -> String {
    match parts(figure) {
        (value, "") => value,
        (value, unit) => format!("{value} {unit}"),
    }
}

/// The number, and its unit where it has one.
pub fn parts(figure: &Figure) -> (String, &'static str) {
    let shown = shown(figure);
    let unit = if shown.is_number { figure.unit.words() } else { "" };
    (shown.value, unit)
}

/// `0.2 to 0.4`, or empty.
pub fn interval(figure: &Figure) -> String {
    shown(figure).interval
}

/// `12 of 300`, or the count behind a rate, or empty.
pub fn count(figure: &Figure) -> String {
    let shown = shown(figure);
    match figure.numerator {
        _ if !shown.of.is_empty() && shown.is_number => shown.of,
        Some(count) if figure.unit.words() == "a person a month" && shown.is_number => {
            format!("{} times", grouped(count as i64))
        }
        _ => String::new(),
    }
}

/// `2 Nov 2026 to 29 Nov 2026`, both inclusive.
pub fn days(period: Period) -> String {
    format!("{} to {}", in_words(period.from), in_words(period.last_day()))
}

/// The sentence: what it was, what it is, and whether that is more than chance.
pub fn sentence(before: Option<&Measure>, now: Option<&Measure>, less_is_better: bool) -> String {
    let Some(before) = before else {
        return "The figure is computed from the events; it will stand here within a few minutes.".into();
    };
    let Some(now) = now.filter(|now| now.period != before.period) else {
        if before.figure.suppressed {
            return "What it was is not told: fewer than five people stand behind it, or it would give away a number behind which they do.".into();
        }
        return format!(
            "{} when it was opened. The next whole week brings the first number to compare with.",
            capital(&value(&before.figure))
        );
    };
    let (was, is) = (value(&before.figure), value(&now.figure));
    if before.figure.version != now.figure.version {
        return format!("It was {was}, it is {is}; but it is computed by another definition now.");
    }
    let overlap = (before.period.to - now.period.from).num_days();
    let shared = if overlap > 0 {
        format!(" {overlap} days belong to both, so a part of any change does not show yet.")
    } else {
        String::new()
    };
    let verdict = match (estimate(&before.figure), estimate(&now.figure)) {
        (Some(then), Some(today)) => {
            let up = today.value > then.value;
            match moved(before, now, less_is_better) {
                Moved::Better | Moved::Worse => {
                    let good = if up == less_is_better { "worse" } else { "better" };
                    format!(
                        "It {} from {was} to {is}, {good} by more than chance explains.",
                        if up { "rose" } else { "fell" }
                    )
                }
                _ => {
                    let (low, high) = difference::interval(today, then);
                    format!(
                        "It was {was} and is {is}: not beyond chance, since a difference of {} to {} is as likely.",
                        number(now.figure.unit, low).replace('-', "\u{2212}"),
                        number(now.figure.unit, high).replace('-', "\u{2212}")
                    )
                }
            }
        }
        _ if now.figure.suppressed || before.figure.suppressed => {
            format!(
                "It was {was} and is {is}. What fewer than five people did is not told, so neither is whether it moved."
            )
        }
        _ => format!(
            "It was {was} and is {is}. Without an interval on both sides nothing can be said about chance."
        ),
    };
    verdict + &shared
}

/// Beside how a flow moved, how all flows between departments together did in the same weeks; empty where one of the
/// numbers is missing or was nothing.
pub fn beside(before: &Measure, now: &Measure, all: (Option<f64>, Option<f64>)) -> String {
    let (Some(was), Some(is), (Some(all_was), Some(all_is))) = (before.figure.value, now.figure.value, all)
    else {
        return String::new();
    };
    if before.period == now.period || was <= 0.0 || all_was <= 0.0 {
        return String::new();
    }
    let change = |was: f64, is: f64| {
        let percent = (100.0 * (is - was) / was).round();
        let sign = if percent < 0.0 { "\u{2212}" } else { "+" };
        format!("{sign}{} %", percent.abs())
    };
    format!(
        " All flows between departments together changed by {} in the same weeks, this one by {}.",
        change(all_was, all_is),
        change(was, is)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::figure::Whom;

    fn measure(from: &str, x: i64, n: i64) -> Measure {
        let from: chrono::NaiveDate = from.parse().expect("a day");
        let period = Period { from, to: from + chrono::Days::new(28) };
        Measure { period, figure: Figure::share("C3", "", Whom::All, x, n, 10) }
    }

    #[test]
    fn it_says_whether_it_moved_and_which_way_is_good() {
        let before = measure("2026-08-03", 20, 100);
        for (x, less_is_better, expected, words) in [
            (60, false, Moved::Better, "rose from 20% to 60%, better by more than chance"),
            (60, true, Moved::Worse, "rose from 20% to 60%, worse by more than chance"),
            (4, true, Moved::Better, "fell from 20% to 4.0%, better"),
            (22, false, Moved::No, "not beyond chance"),
        ] {
            let now = measure("2026-09-07", x, 100);
            assert_eq!(moved(&before, &now, less_is_better), expected);
            let said = sentence(Some(&before), Some(&now), less_is_better);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_flow_that_rose_with_all_others_says_so() {
        let (before, now) = (measure("2026-08-03", 20, 100), measure("2026-09-07", 30, 100));
        for (all, words) in [
            (
                (Some(0.5), Some(0.7)),
                " All flows between departments together changed by +40 % in the same weeks, this one by +50 %.",
            ),
            (
                (Some(0.5), Some(0.4)),
                " All flows between departments together changed by \u{2212}20 % in the same weeks, this one by +50 %.",
            ),
            ((None, Some(0.4)), ""),
            ((Some(0.0), Some(0.4)), ""),
        ] {
            assert_eq!(beside(&before, &now, all), words);
        }
        assert_eq!(beside(&before, &before, (Some(0.5), Some(0.7))), "", "the same weeks");
    }

    #[test]
    fn what_is_missing_is_said() {
        let before = measure("2026-08-03", 20, 100);
        assert!(sentence(None, None, false).contains("within a few minutes"));
        assert!(sentence(Some(&before), Some(&before), false).starts_with("20% when it was opened."));
        let mut hidden = measure("2026-09-07", 30, 100);
        hidden.figure.suppress();
        assert_eq!(moved(&before, &hidden, false), Moved::Unknown);
        assert!(sentence(Some(&before), Some(&hidden), false).contains("fewer than five people"));
        let few = measure("2026-09-07", 3, 8);
        assert!(sentence(Some(&before), Some(&few), false).contains("nothing can be said about chance"));
        let near = measure("2026-08-10", 60, 100);
        assert!(
            sentence(Some(&before), Some(&near), false)
                .ends_with("21 days belong to both, so a part of any change does not show yet.")
        );
    }
}
