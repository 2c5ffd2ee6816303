//! What a report says in words.

use super::frozen::{Comparison, Row};
use super::periods;
use crate::flow::answer;
use crate::flow::metrics::Everything;
use crate::flow::metrics::definitions::Definition;
use crate::flow::metrics::figure::{Figure, Whom, Withheld};
use crate::flow::numbers::{counted, grouped, number};
use crate::flow::period::Period;
use crate::flow::tables::find;
use crate::text::capital;
use crate::web::charts::short;

/// Whom a figure is about.
pub fn whom(whom: &Whom) -> String {
    match whom {
        Whom::All => "Everybody".into(),
        Whom::Managers => "Managers".into(),
        Whom::Department(name) => name.clone(),
        Whom::Segment(name) if name.is_empty() => "No segment".into(),
        Whom::Segment(name) => name.clone(),
    }
}

/// What a figure is called: the metric, and the number where it has several.
pub fn figure(definition: &Definition, part: &str) -> String {
    let name = definition.name_of(part);
    if name.starts_with(definition.name) { name } else { format!("{}: {name}", definition.name) }
}

/// Why a figure has no value; empty where it has one.
pub fn withheld(figure: &Figure) -> &'static str {
    match figure.withheld() {
        None => "",
        Some(Withheld::FewPeople) => "It would tell of fewer than five people.",
        Some(Withheld::FewForAShare) => "Too few for a share: the counts are told.",
        Some(Withheld::Undefined) => "There was nothing to compute it from.",
    }
}

/// The finding, and the numbers behind it.
pub struct Finding {
    pub sentence: String,
    pub explanation: String,
}

/// What stands out in a period.
pub fn finding(found: &Everything, period: Period, rows: &[Row], comparisons: &[Comparison]) -> Finding {
    let figure = |id: &str, whom: &Whom| find(&found.figures, id, "", whom);
    let when = periods::during(period);
    let (shared, opened) = (figure("C1", &Whom::All), figure("C2", &Whom::All));
    let count = |figure: Option<&Figure>| figure.and_then(|f| f.numerator);
    if found.population.people < crate::flow::groups::FEWEST_PEOPLE {
        return Finding {
            sentence: format!("Too few people were here {when} to say anything about them."),
            explanation: "Figures begin with the fifth person, so that nobody's own are shown.".into(),
        };
    }
    if [count(shared), count(opened)].iter().flatten().sum::<f64>() == 0.0
        && opened.is_some_and(|f| !f.suppressed)
    {
        return Finding {
            sentence: format!("Nothing was shared or opened {when}."),
            explanation: "There is nothing to say about a period in which nothing happened.".into(),
        };
    }
    Finding {
        sentence: stands_out(found, &capital(&when)),
        explanation: [
            verb(shared, rows, comparisons, "C1", "shared"),
            verb(opened, rows, comparisons, "C2", "opened"),
        ]
        .into_iter()
        .filter(|sentence| !sentence.is_empty())
        .collect::<Vec<_>>()
        .join(" "),
    }
}

fn stands_out(found: &Everything, when: &str) -> String {
    let groups = &found.loaded.grouping.groups;
    if let Some(gap) = answer::gaps(&found.matrix).first() {
        let (from, to) = (&groups[gap.from].name, &groups[gap.to].name);
        let expected = grouped(gap.expected.round() as i64);
        return match gap.found {
            Some(found) => format!(
                "{when} {to} hardly opened what {from} shares: {}, where their sizes would lead one to expect {expected}.",
                counted(found as i64, "first opening", "first openings")
            ),
            None => format!(
                "{when} {to} hardly opened what {from} shares: too few people to count, where their sizes would lead one to expect {expected} first openings."
            ),
        };
    }
    let rate = |whom: Whom| find(&found.figures, "C2", "", &whom).and_then(|figure| figure.value);
    let rates: Vec<Option<f64>> =
        groups.iter().map(|group| rate(Whom::Department(group.name.clone()))).collect();
    match answer::reads_least(groups, &rates, rate(Whom::All)) {
        Some((place, rate, all)) => format!(
            "{when} {} read least: {} insights opened a person a month, against {} in the whole company.",
            groups[place].name,
            short(rate),
            short(all)
        ),
        None => format!("{when} no department that can be told stood out."),
    }
}

/// `214 insights were shared, 0.23 a person a month; about as in September 2026 (0.25).`
fn verb(figure: Option<&Figure>, rows: &[Row], comparisons: &[Comparison], id: &str, verb: &str) -> String {
    let Some(figure) = figure else { return String::new() };
    let (Some(count), Some(value)) = (figure.numerator, figure.value) else {
        return String::new();
    };
    let done = match (id, count as i64) {
        ("C1", count) => format!("{} {verb}", counted(count, "insight was", "insights were")),
        (_, 1) => format!("An insight was {verb} once"),
        (_, count) => format!("Insights were {verb} {} times", grouped(count)),
    };
    let mut sentence = format!("{done}, {} a person a month", number(figure.unit, value));
    let row = rows.iter().find(|row| row.id == id && row.part.is_empty() && row.group == "all");
    for (comparison, compared) in
        comparisons.iter().zip(row.map(|row| row.compared.as_slice()).unwrap_or_default())
    {
        if compared.why.is_empty() {
            let how = match compared.moved.as_str() {
                "up" => "more than",
                "down" => "less than",
                _ => "about as",
            };
            let when = match comparison.key.as_str() {
                "baseline" => "in the baseline".to_owned(),
                _ => periods::during(Period { from: comparison.from, to: comparison.to }),
            };
            sentence.push_str(&format!("; {how} {when} ({})", compared.shown));
        }
    }
    sentence + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::definitions::{DEFINITIONS, Unit};

    fn row_of_nothing() -> Row {
        Row {
            id: String::new(),
            part: String::new(),
            name: String::new(),
            group: String::new(),
            group_name: String::new(),
            unit: String::new(),
            value: None,
            low: None,
            high: None,
            numerator: None,
            denominator: None,
            withheld: String::new(),
            excluded: 0,
            version: 1,
            beyond: None,
            estimate: false,
            shown: super::super::frozen::Shown::default(),
            compared: Vec::new(),
        }
    }

    #[test]
    fn a_number_is_called_by_its_metric_and_its_part() {
        for definition in &DEFINITIONS {
            for part in definition.parts {
                let name = figure(definition, part.part);
                assert!(name.starts_with(definition.name) && name.ends_with(part.name), "{name}");
            }
        }
    }

    #[test]
    fn a_number_is_told_beside_those_of_other_periods() {
        let day = |text: &str| text.parse().expect("a day");
        let comparison = |key: &str, from: &str, to: &str| Comparison {
            name: "x".into(),
            key: key.into(),
            from: day(from),
            to: day(to),
            report: None,
            why: String::new(),
        };
        let comparisons = [
            comparison("before", "2026-09-01", "2026-10-01"),
            comparison("year_before", "2025-10-03", "2025-10-31"),
            comparison("baseline", "2026-05-25", "2026-06-22"),
        ];
        let compared = |moved: &str, shown: &str| super::super::frozen::Compared {
            moved: moved.into(),
            shown: shown.into(),
            ..Default::default()
        };
        let row = |id: &str| Row {
            id: id.into(),
            group: "all".into(),
            compared: vec![compared("up", "0.11"), compared("", "0.2"), compared("down", "0.5")],
            ..row_of_nothing()
        };
        let rate = |id, count| Figure {
            value: Some(0.19),
            numerator: Some(count),
            ..Figure::unknown(id, "", Whom::All, Unit::PerPersonMonth)
        };
        let rest = "0.19 a person a month; more than in September 2026 (0.11); \
                    about as from 3 Oct 2025 to 30 Oct 2025 (0.2); less than in the baseline (0.5).";
        for (id, count, word, begins) in [
            ("C1", 58.0, "shared", "58 insights were shared"),
            ("C1", 1.0, "shared", "1 insight was shared"),
            ("C2", 6408.0, "opened", "Insights were opened 6,408 times"),
            ("C2", 1.0, "opened", "An insight was opened once"),
        ] {
            let said = verb(Some(&rate(id, count)), &[row(id)], &comparisons, id, word);
            assert_eq!(said, format!("{begins}, {rest}"));
        }
        assert_eq!(
            capital(&periods::during(Period { from: day("2026-05-25"), to: day("2026-06-22") })),
            "From 25 May 2026 to 21 Jun 2026"
        );
    }

    #[test]
    fn there_is_a_reason_exactly_where_there_is_no_value() {
        let share = |x, n| Figure::share("C3", "", Whom::All, x, n, 10);
        assert_eq!(withheld(&share(5, 20)), "");
        assert!(withheld(&share(5, 8)).contains("counts are told"));
        assert!(withheld(&Figure::unknown("C9", "", Whom::All, Unit::Index)).contains("nothing to compute"));
        let mut hidden = share(5, 20);
        hidden.suppress();
        assert!(withheld(&hidden).contains("fewer than five"));
    }
}
