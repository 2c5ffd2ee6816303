//! A report as mail: plain text with the company's numbers.

use super::frozen::{Frozen, Row};
use super::periods;
use crate::notices::letter::Letter;

/// The mail that tells a report.
pub fn of(frozen: &Frozen, id: i64, public_url: &str) -> Letter {
    let name = periods::name(frozen.period());
    let mut body = format!("{}\n\n", frozen.sentence);
    if !frozen.explanation.is_empty() {
        body.push_str(&format!("{}\n\n", frozen.explanation));
    }
    body.push_str(&format!(
        "Departments, segments, charts and definitions are in the report:\n{public_url}/reports/{id}\n"
    ));
    for (group, heading) in [("all", "Everybody"), ("managers", "Managers")] {
        body.push_str(&format!("\n{heading}\n"));
        for row in frozen.figures.iter().filter(|row| row.group == group) {
            body.push_str(&line(row, frozen));
        }
    }
    body.push_str(
        "\nIn brackets stands the range in which the true number likely lies (95 %).\n\n\
         You get this mail once a month because you are Chief Customer Officer.\n",
    );
    Letter { subject: format!("How information flowed: {name}"), body }
}

/// `Contribution frequency: 0.23 (0.2 to 0.26); September 2026: 0.25; October 2025: n/a`
fn line(row: &Row, frozen: &Frozen) -> String {
    let mut line = format!("* {}: {}", row.name, value(&row.shown.value, &row.shown.interval));
    for (comparison, compared) in frozen.comparisons.iter().zip(&row.compared) {
        line.push_str(&format!("; {}: {}", comparison.name, value(&compared.shown, &compared.interval)));
    }
    line + "\n"
}

fn value(value: &str, interval: &str) -> String {
    if interval.is_empty() { value.to_owned() } else { format!("{value} ({interval})") }
}
