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
        (Some(low), Some(high)) => format!("{} to {}", number(figure.unit, low), number(figure.unit, high)),
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
        Unit::PerPersonMonth | Unit::Hours | Unit::Days => short(value),
        Unit::Count | Unit::Credits => grouped(value as i64),
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

/// How a figure compares with the period before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub words: String,
    /// Lower by more than chance explains.
    pub is_worse: bool,
}

/// In words. An arrow of any kind needs more than chance: the 90 % interval of the difference leaves 0
/// out; else it says what it was before.
pub fn change(now: &Figure, before: Option<&Figure>) -> Change {
    let Some(before) = before else { return Change::default() };
    let (Some(a), Some(b)) = (now.value, before.value) else { return Change::default() };
    let was = number(now.unit, b);
    if !has_moved(now, before) {
        return Change { words: format!("{was} in the period before"), is_worse: false };
    }
    let word = if a > b { "up from" } else { "down from" };
    // More searches that find nothing is worse, more of everything else is better.
    let is_worse = if now.id == "C17" { a > b } else { a < b };
    Change { words: format!("{word} {was}"), is_worse }
}

/// Whether two periods differ by more than chance: the 90 % interval of the difference leaves 0 out.
pub fn has_moved(now: &Figure, before: &Figure) -> bool {
    let counts = |figure: &Figure| figure.numerator.zip(figure.denominator);
    match (now.unit, counts(now), counts(before)) {
        (Unit::PerPersonMonth, Some(now), Some(before)) => {
            rate::differ((now.0 as u64, now.1), (before.0 as u64, before.1))
        }
        (Unit::Share, Some(now), Some(before)) => {
            proportion::differ((now.0 as u64, now.1 as u64), (before.0 as u64, before.1 as u64))
        }
        _ => false,
    }
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
    fn a_change_needs_more_than_chance() {
        let share = |x| Figure::share("C3", "", Whom::All, x, 100, 10);
        assert_eq!(change(&share(50), Some(&share(48))).words, "48% in the period before");
        assert_eq!(
            change(&share(80), Some(&share(48))),
            Change { words: "up from 48%".into(), is_worse: false }
        );
        assert!(change(&share(20), Some(&share(48))).is_worse);
        assert_eq!(change(&share(20), None), Change::default());
    }
}
