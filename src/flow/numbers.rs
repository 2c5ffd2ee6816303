//! Figures in words.

use crate::flow::metrics::definitions::Unit;
use crate::flow::metrics::figure::Figure;
use crate::flow::statistics::{proportion, rate};
use crate::web::charts::short;

/// A figure as a page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The number, or why there is none.
    pub value: String,
    /// The interval, or empty.
    pub interval: String,
    /// `12 of 312`, or empty.
    pub of: String,
    /// Whether `value` is a number.
    pub is_number: bool,
}

/// How a figure reads.
pub fn shown(figure: &Figure) -> Shown {
    if figure.suppressed {
        return Shown { value: "under 5 people".into(), ..Shown::default() };
    }
    let of = match (figure.unit, figure.numerator, figure.denominator) {
        (Unit::Share, Some(x), Some(n)) => format!("{} of {}", grouped(x as i64), grouped(n as i64)),
        _ => String::new(),
    };
    if let Some(beyond) = figure.beyond {
        return Shown { value: format!("over {}", number(figure.unit, beyond)), of, ..Shown::default() };
    }
    let Some(value) = figure.value else {
        // Too few for a share: the counts themselves.
        let value = match figure.denominator {
            Some(n) if figure.unit == Unit::Share && n > 0.0 => of,
            _ => "no data".into(),
        };
        return Shown { value, ..Shown::default() };
    };
    let interval = match (figure.low, figure.high) {
        (Some(low), Some(high)) => span(figure.unit, low, high),
        (Some(low), None) => format!("{} and more", number(figure.unit, low)),
        _ => String::new(),
    };
    Shown { value: number(figure.unit, value), interval, of, is_number: true }
}

/// A value in its unit.
pub fn number(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => percent(value),
        Unit::Index => signed(value),
        Unit::Gini | Unit::Alpha | Unit::Stars => small(value),
        Unit::PerPersonMonth => short(value),
        Unit::Hours => lasting(value),
        Unit::Days => lasting(value * 24.0),
        Unit::Count | Unit::Credits => grouped(value as i64),
    }
}

/// From one value to another; what both are counted in is said once: "5 to 9 hours".
pub fn span(unit: Unit, low: f64, high: f64) -> String {
    let (low, high) = (number(unit, low), number(unit, high));
    let many = |text: &str| text.split_once(' ').map(|(_, unit)| unit.trim_end_matches('s').to_owned());
    match (low.split_once(' '), many(&low) == many(&high)) {
        (Some((low, _)), true) => format!("{low} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

/// How long something takes, in the unit that people would use: "18 minutes", "7 hours", "2.4 days".
pub fn lasting(hours: f64) -> String {
    let told = |number: f64, one: &str, many: &str| {
        // A digit behind the point as long as there is one before it.
        let text = if number < 9.95 {
            short((number * 10.0).round() / 10.0)
        } else {
            grouped(number.round() as i64)
        };
        format!("{text} {}", if text == "1" { one } else { many })
    };
    match hours {
        h if h <= 0.0 => "no time".to_owned(),
        h if h < 1.0 => told((h * 60.0).round().max(1.0), "minute", "minutes"),
        h if h < 48.0 => told(h, "hour", "hours"),
        h => told(h / 24.0, "day", "days"),
    }
}

/// With two digits, and two that count where it is below a tenth.
fn small(value: f64) -> String {
    let digits = match value.abs() {
        v if v == 0.0 || v >= 0.095 => 2,
        v if v >= 0.0095 => 3,
        v if v >= 0.000_95 => 4,
        _ => 5,
    };
    format!("{value:.digits$}").replace('-', "\u{2212}")
}

/// 0.381 as 38%; small shares keep a digit.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// With its sign, and a minus that is as wide as a plus.
pub fn signed(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    match value {
        _ if text == "0.00" => text,
        v if v < 0.0 => format!("\u{2212}{text}"),
        _ => format!("+{text}"),
    }
}

/// 29416 as 29,416.
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count < 0 { format!("\u{2212}{text}") } else { text }
}

/// `1 insight`, `2 insights`.
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// How a figure compares with another period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub words: String,
    /// It moved by more than chance explains, to the worse.
    pub is_worse: bool,
    /// The same, to the better.
    pub is_better: bool,
}

/// In words, `then` being "in the period before". An arrow of any kind needs more than chance: the 90 %
/// interval of the difference leaves 0 out; else it says what it was. Where there was nothing to compare with,
/// nothing is said.
pub fn change(now: &Figure, before: Option<&Figure>, then: &str) -> Change {
    let Some(before) = before else { return Change::default() };
    let (Some(a), Some(b)) = (now.value, before.value) else { return Change::default() };
    if before.denominator == Some(0.0) {
        return Change::default();
    }
    let is_nothing = b == 0.0 && matches!(now.unit, Unit::PerPersonMonth | Unit::Share | Unit::Count);
    let was = if is_nothing { "none".to_owned() } else { number(now.unit, b) };
    if !has_moved(now, before) {
        return Change { words: format!("{was} {then}"), ..Change::default() };
    }
    let arrow = if a > b { "\u{2191} from" } else { "\u{2193} from" };
    let is_worse = if wants_less(now) { a > b } else { a < b };
    Change { words: format!("{arrow} {was} {then}"), is_worse, is_better: !is_worse }
}

/// Whether less of it is better: what waits, what is not found, what stays inside.
fn wants_less(figure: &Figure) -> bool {
    match figure.id {
        "C17" => figure.part == "zero_results",
        "C18" => figure.part == "time_to_fill",
        "C9" | "C11" | "C12" | "C20" | "C21" => true,
        "C15" => figure.part == "stale",
        _ => false,
    }
}

/// Whether two periods differ by more than chance: the 90 % interval of the difference leaves 0 out. Rates and
/// shares of counts have their own; of others it follows from both 95 % intervals (G. Y. Zou and A. Donner,
/// Statistics in Medicine 27, 2008), each side narrowed to 90 %.
pub fn has_moved(now: &Figure, before: &Figure) -> bool {
    let counts = |figure: &Figure| figure.numerator.zip(figure.denominator);
    match (now.unit, counts(now), counts(before)) {
        (Unit::PerPersonMonth, Some(a), Some(b)) if is_count(now) => {
            rate::differ((a.0 as u64, a.1), (b.0 as u64, b.1))
        }
        (Unit::Share, Some(a), Some(b)) if is_count(now) => {
            proportion::differ((a.0 as u64, a.1 as u64), (b.0 as u64, b.1 as u64))
        }
        _ => intervals_differ(now, before),
    }
}

/// Whether its numerator and denominator are counts of things that happen by themselves.
fn is_count(figure: &Figure) -> bool {
    // What opening is worth is a sum of weights, and its crossing part a ratio of such sums.
    figure.id != "C19"
}

fn intervals_differ(now: &Figure, before: &Figure) -> bool {
    /// Half of a 90 % interval as part of a 95 % one.
    const NARROWER: f64 = 1.644_853_626_951_472_7 / 1.959_963_984_540_054;
    let ends = |figure: &Figure| Some((figure.low?, figure.value?, figure.high?));
    let (Some((low_a, a, high_a)), Some((low_b, b, high_b))) = (ends(now), ends(before)) else {
        return false;
    };
    let reach = |one: f64, other: f64| NARROWER * (one.powi(2) + other.powi(2)).sqrt();
    let low = (a - b) - reach(a - low_a, high_b - b);
    let high = (a - b) + reach(high_a - a, b - low_b);
    low > 0.0 || high < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::figure::Whom;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (count, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (29416, "29,416"), (-1234, "\u{2212}1,234")]
        {
            assert_eq!(grouped(count), text);
        }
        for (share, text) in [(0.0, "0%"), (0.015, "1.5%"), (0.381, "38%"), (1.0, "100%"), (0.0996, "10%")] {
            assert_eq!(percent(share), text);
        }
        for (value, text) in [(-0.0047, "0.00"), (0.244, "+0.24"), (-0.3, "\u{2212}0.30")] {
            assert_eq!(signed(value), text);
        }
    }

    #[test]
    fn too_few_for_a_share_is_a_count() {
        let figure = Figure::share("C3", "", Whom::All, 3, 8, 10);
        assert_eq!(shown(&figure).value, "3 of 8");
        assert_eq!(shown(&Figure::share("C17", "", Whom::All, 0, 0, 20)).value, "no data");
        let hidden = Figure { suppressed: true, ..figure };
        assert_eq!(shown(&hidden).value, "under 5 people");
    }

    #[test]
    fn what_lasts_says_in_what_it_is_counted() {
        for (hours, text) in [
            (0.0, "no time"),
            (0.005, "1 minute"),
            (0.3, "18 minutes"),
            (1.0, "1 hour"),
            (7.04, "7 hours"),
            (7.5, "7.5 hours"),
            (24.0, "24 hours"),
            (48.0, "2 days"),
            (192.0, "8 days"),
            (951.0, "40 days"),
        ] {
            assert_eq!(lasting(hours), text, "{hours}");
        }
        for (unit, low, high, text) in [
            (Unit::Hours, 5.0, 9.0, "5 to 9 hours"),
            (Unit::Hours, 1.0, 9.0, "1 to 9 hours"),
            (Unit::Hours, 20.0, 72.0, "20 hours to 3 days"),
            (Unit::Days, 0.3, 8.0, "7.2 hours to 8 days"),
            (Unit::Share, 0.1, 0.25, "10% to 25%"),
        ] {
            assert_eq!(span(unit, low, high), text);
        }
    }

    #[test]
    fn a_change_needs_more_than_chance() {
        let then = "in the period before";
        let share = |x| Figure::share("C3", "", Whom::All, x, 100, 10);
        let words = |now: &Figure, before: &Figure| change(now, Some(before), then).words;
        assert_eq!(words(&share(50), &share(48)), "48% in the period before");
        assert_eq!(
            change(&share(80), Some(&share(48)), then),
            Change {
                words: "\u{2191} from 48% in the period before".into(),
                is_worse: false,
                is_better: true
            }
        );
        assert!(change(&share(20), Some(&share(48)), then).is_worse);
        assert_eq!(change(&share(20), None, then), Change::default());
        assert_eq!(words(&share(2), &share(0)), "none in the period before");
        assert_eq!(
            words(&share(2), &Figure::share("C3", "", Whom::All, 0, 0, 10)),
            "",
            "nothing to compare with"
        );
        // Of a median only its interval tells.
        let wait = |low, value, high| Figure {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            ..Figure::unknown("C12", "outside", Whom::All, Unit::Hours)
        };
        let change = |now: &Figure, before: &Figure| change(now, Some(before), then);
        assert!(change(&wait(30.0, 40.0, 50.0), &wait(5.0, 7.0, 9.0)).is_worse);
        assert!(change(&wait(5.0, 7.0, 9.0), &wait(30.0, 40.0, 50.0)).is_better);
        assert_eq!(
            change(&wait(30.0, 40.0, 50.0), &wait(28.0, 38.0, 49.0)).words,
            "38 hours in the period before"
        );
        assert!(!has_moved(&wait(30.0, 40.0, 50.0), &Figure { low: None, ..wait(5.0, 7.0, 9.0) }));
    }
}
