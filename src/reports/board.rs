//! What a board is told: do managers give and take, does information cross departments, is it worth anything,
//! and what was unblocked.

use chrono::NaiveDate;

use super::frozen::{Compared, Comparison, Frozen, Row};
use super::periods;
use crate::flow::numbers::{counted, percent};
use crate::flow::period::in_words;
use crate::obstacles::obstacle::{Obstacle, State};
use crate::obstacles::words::{self, Measure, Moved};
use crate::web::charts::{self, Ink, Line, Lines, Span, Svg, short};

/// A question, its answer, and its charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub heading: &'static str,
    pub sentence: String,
    /// What each chart shows, and the chart.
    pub charts: Vec<(&'static str, Svg)>,
}

/// A row of the numbers below the charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Of the figure in its report.
    pub key: String,
    pub name: String,
    pub raw: String,
    pub value: String,
    pub interval: String,
    /// One for each column: how it moved since, and what it was.
    pub compared: Vec<(&'static str, String)>,
}

/// A removed obstacle.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    pub id: i64,
    pub description: String,
    pub target: String,
    pub before: Option<Measure>,
    pub now: Option<Measure>,
    pub moved: Moved,
}

impl Removed {
    /// Both numbers in words.
    pub fn sentence(&self) -> String {
        match (&self.before, &self.now) {
            (Some(before), Some(now)) => format!(
                "{}, in the weeks up to {} {}: {}",
                words::value(&before.figure),
                in_words(now.period.last_day()),
                words::value(&now.figure),
                self.moved.word()
            ),
            (Some(before), None) => format!("{}; not yet measured since", words::value(&before.figure)),
            (None, _) => "being computed".into(),
        }
    }

    /// Both numbers with their intervals; none where one is not told or below 0.
    pub fn draw(&self) -> Option<Svg> {
        let span = |measure: &Measure| {
            let figure = &measure.figure;
            let span = Span { value: figure.value?, low: figure.low?, high: figure.high? };
            (span.low >= 0.0).then_some(span)
        };
        let (before, now) = (span(self.before.as_ref()?)?, span(self.now.as_ref()?)?);
        let title = format!("{}: {}", self.target, self.sentence());
        Some(charts::before_and_after(&title, before, now, Ink::Given))
    }
}

/// Everything on the page.
pub struct Board {
    pub panels: Vec<Panel>,
    pub unblocked: String,
    pub removed: Vec<Removed>,
    pub columns: Vec<String>,
    pub numbers: Vec<Numbers>,
}

/// The figures that are told: id, part, group, and as whom the page names them.
const TOLD: [(&str, &str, &str, &str); 7] = [
    ("C1", "", "managers", "Shared, a manager a month"),
    ("C1", "", "all", "Shared, a person a month"),
    ("C2", "", "managers", "Opened, a manager a month"),
    ("C2", "", "all", "Opened, a person a month"),
    ("C9", "", "all", "Inward-looking, 0 is chance"),
    ("C19", "", "all", "Valuable openings, a person a month"),
    ("C19", "crossing", "all", "of these, across departments"),
];

fn find<'a>(frozen: &'a Frozen, id: &str, part: &str, group: &str) -> Option<&'a Row> {
    frozen.figures.iter().find(|row| row.id == id && row.part == part && row.group == group)
}

/// The page, from the reports of months (the oldest first), the baseline, and the obstacles with their figures.
pub fn of(
    months: &[(i64, Frozen)],
    baseline: Option<&Frozen>,
    obstacles: &[(Obstacle, Option<Measure>, Option<Measure>)],
    today: NaiveDate,
) -> Board {
    let removed = removed(obstacles);
    let unblocked = unblocked(obstacles, &removed, today);
    let Some((_, latest)) = months.last() else {
        return Board { panels: Vec::new(), unblocked, removed, columns: Vec::new(), numbers: Vec::new() };
    };
    let series = Series::of(months, baseline);
    let panels = vec![managers(latest, &series), crossing(latest, &series), worth(latest, &series)];
    let mut columns: Vec<String> = latest
        .comparisons
        .iter()
        .filter(|comparison| is_told(comparison))
        .map(|comparison| comparison.name.clone())
        .collect();
    if baseline.is_some() {
        columns.push("Baseline".into());
    }
    let numbers = TOLD
        .iter()
        .filter_map(|(id, part, group, name)| Some((find(latest, id, part, group)?, *name)))
        .map(|(row, name)| numbers(row, name, latest, baseline))
        .collect();
    Board { panels, unblocked, removed, columns, numbers }
}

/// Whether a comparison has a column of its own: the baseline's is always the last, and one with nothing in it
/// has none.
fn is_told(comparison: &Comparison) -> bool {
    comparison.key != "baseline" && comparison.why.is_empty()
}

fn moved_word(compared: &Compared) -> &'static str {
    match compared.moved.as_str() {
        "up" => "up from",
        "down" => "down from",
        _ => "",
    }
}

/// The figure of the baseline: as the report compares with it, or else as the baseline's own report tells it.
fn of_baseline(row: &Row, latest: &Frozen, baseline: &Frozen) -> (&'static str, String) {
    let place = latest.comparisons.iter().position(|comparison| comparison.key == "baseline");
    if let Some(compared) = place.and_then(|place| row.compared.get(place)) {
        return (moved_word(compared), compared.shown.clone());
    }
    let then = find(baseline, &row.id, &row.part, &row.group).filter(|then| then.version == row.version);
    ("", then.map_or_else(|| "n/a".into(), |then| then.shown.value.clone()))
}

fn numbers(row: &Row, name: &str, latest: &Frozen, baseline: Option<&Frozen>) -> Numbers {
    let mut compared: Vec<(&'static str, String)> = latest
        .comparisons
        .iter()
        .zip(&row.compared)
        .filter(|(comparison, _)| is_told(comparison))
        .map(|(_, compared)| (moved_word(compared), compared.shown.clone()))
        .collect();
    compared.extend(baseline.map(|baseline| of_baseline(row, latest, baseline)));
    Numbers {
        key: row.key(),
        name: name.to_owned(),
        raw: row.value.map_or_else(String::new, |value| value.to_string()),
        value: row.shown.value.clone(),
        interval: row.shown.interval.clone(),
        compared,
    }
}

/// The baseline and the months as positions of charts.
struct Series<'a> {
    points: Vec<String>,
    marks: Vec<(usize, String)>,
    frozen: Vec<&'a Frozen>,
}

impl<'a> Series<'a> {
    fn of(months: &'a [(i64, Frozen)], baseline: Option<&'a Frozen>) -> Series<'a> {
        let frozen: Vec<&Frozen> =
            baseline.into_iter().chain(months.iter().map(|(_, frozen)| frozen)).collect();
        let points: Vec<String> = frozen
            .iter()
            .enumerate()
            .map(|(at, frozen)| {
                let name = periods::name(frozen.period());
                if at == 0 && baseline.is_some() { format!("Baseline, {name}") } else { name }
            })
            .collect();
        let step = frozen.len().div_ceil(7).max(1);
        let marks = frozen
            .iter()
            .enumerate()
            .filter(|(at, _)| (frozen.len() - 1 - at).is_multiple_of(step))
            .map(|(at, frozen)| {
                let is_baseline = at == 0 && baseline.is_some();
                (at, if is_baseline { "start".into() } else { frozen.from.format("%b").to_string() })
            })
            .collect();
        Series { points, marks, frozen }
    }

    fn draw(&self, title: String, lines: Vec<(&str, Ink, Vec<Option<f64>>)>) -> Svg {
        Lines {
            title,
            points: self.points.clone(),
            marks: self.marks.clone(),
            series: lines
                .into_iter()
                .filter(|(_, _, values)| values.iter().any(Option::is_some))
                .map(|(name, ink, values)| Line { name: name.to_owned(), ink, values })
                .collect(),
        }
        .draw()
    }

    fn values(&self, of: impl Fn(&Frozen) -> Option<f64>) -> Vec<Option<f64>> {
        self.frozen.iter().map(|frozen| of(frozen)).collect()
    }
}

fn shown(row: Option<&Row>) -> String {
    row.map_or_else(|| "n/a".into(), |row| row.shown.value.clone())
}

/// `; since the beginning it rose from 0.2, by more than chance explains`, or empty.
fn since(row: Option<&Row>, latest: &Frozen) -> String {
    let with = |key: &str, when: &'static str| {
        let place = latest.comparisons.iter().position(|comparison| comparison.key == key)?;
        let compared = row?.compared.get(place)?;
        compared.value.is_some().then_some((compared, when))
    };
    let found = with("baseline", "since the beginning").or_else(|| with("before", "since the month before"));
    let Some((compared, when)) = found else { return String::new() };
    match compared.moved.as_str() {
        "up" => format!("; {when} it rose from {}, by more than chance explains", compared.shown),
        "down" => format!("; {when} it fell from {}, by more than chance explains", compared.shown),
        _ => format!("; {when} ({}) it has not moved by more than chance", compared.shown),
    }
}

fn managers(latest: &Frozen, series: &Series<'_>) -> Panel {
    let row = |id: &str, group: &str| find(latest, id, "", group);
    let opened = row("C2", "managers");
    let sentence = format!(
        "Managers shared {} and opened {} insights a month each, everybody {} and {}. What managers opened is the measure{}.",
        shown(row("C1", "managers")),
        shown(opened),
        shown(row("C1", "all")),
        shown(row("C2", "all")),
        since(opened, latest)
    );
    let chart = |id: &'static str, words: &str| {
        let of = |group: &'static str| series.values(|frozen| find(frozen, id, "", group)?.value);
        series.draw(
            format!("{words} a month, by month: managers and everybody"),
            vec![("managers", Ink::Given, of("managers")), ("everybody", Ink::Plain, of("all"))],
        )
    };
    Panel {
        heading: "Do managers give and take?",
        sentence,
        charts: vec![
            ("Shared, a person a month: managers solid, everybody dashed", chart("C1", "Insights shared")),
            ("Opened, a person a month: managers solid, everybody dashed", chart("C2", "Insights opened")),
        ],
    }
}

/// Which part of first openings crosses departments, and which part would by chance: from the E-I index,
/// which is what crosses minus what stays, and the silo index, which is how far below chance that lies.
fn crossed(frozen: &Frozen) -> (Option<f64>, Option<f64>) {
    let value = |id: &str| find(frozen, id, "", "all").and_then(|row| row.value);
    let (ei, silo) = (value("C8"), value("C9"));
    (ei.map(|ei| (1.0 + ei) / 2.0), ei.zip(silo).map(|(ei, silo)| (1.0 + ei + silo) / 2.0))
}

fn crossing(latest: &Frozen, series: &Series<'_>) -> Panel {
    let silo = find(latest, "C9", "", "all");
    let sentence = match crossed(latest) {
        (Some(real), Some(chance)) => format!(
            "{} of what was opened for the first time crossed a department; if borders made no difference it would be {}. How inward-looking departments are, twice that gap (0 is chance, more is inward), is {}{}.",
            percent(real),
            percent(chance),
            shown(silo),
            since(silo, latest)
        ),
        _ => "Too few opened anything to tell.".into(),
    };
    let chart = series.draw(
        "First openings that crossed departments, in percent, by month, beside what chance would give".into(),
        vec![
            ("crossed", Ink::Given, series.values(|frozen| crossed(frozen).0.map(|share| share * 100.0))),
            ("by chance", Ink::Plain, series.values(|frozen| crossed(frozen).1.map(|share| share * 100.0))),
        ],
    );
    Panel {
        heading: "Does information cross departments?",
        sentence,
        charts: vec![("Of first openings, in percent", chart)],
    }
}

fn worth(latest: &Frozen, series: &Series<'_>) -> Panel {
    let (valuable, across) = (find(latest, "C19", "", "all"), find(latest, "C19", "crossing", "all"));
    let sentence = match valuable.and_then(|row| row.value) {
        Some(value) => format!(
            "Each person opened what was worth {} valuable insights a month, as colleagues rate them; {} of that came from other departments{}.",
            short(value),
            shown(across),
            since(valuable, latest)
        ),
        None => "Too little is rated to tell.".into(),
    };
    let chart = series.draw(
        "Valuable openings a person a month, by month".into(),
        vec![("valuable", Ink::Given, series.values(|frozen| find(frozen, "C19", "", "all")?.value))],
    );
    Panel {
        heading: "Is it worth anything?",
        sentence,
        charts: vec![("Valuable openings, a person a month", chart)],
    }
}

fn removed(obstacles: &[(Obstacle, Option<Measure>, Option<Measure>)]) -> Vec<Removed> {
    obstacles
        .iter()
        .filter(|(obstacle, ..)| obstacle.content.state == State::Removed)
        .map(|(obstacle, before, now)| Removed {
            id: obstacle.id,
            description: obstacle.content.description.clone(),
            target: obstacle.target.name(),
            moved: match (before, now) {
                (Some(before), Some(now)) => words::moved(before, now, obstacle.target.less_is_better()),
                _ => Moved::Unknown,
            },
            before: before.clone(),
            now: now.clone(),
        })
        .collect()
}

fn unblocked(
    obstacles: &[(Obstacle, Option<Measure>, Option<Measure>)],
    removed: &[Removed],
    today: NaiveDate,
) -> String {
    if obstacles.is_empty() {
        return "No obstacle is recorded yet.".into();
    }
    let of = |state: State| obstacles.iter().filter(|(one, ..)| one.content.state == state).count();
    let better = removed.iter().filter(|one| one.moved == Moved::Better).count();
    let worse = removed.iter().filter(|one| one.moved == Moved::Worse).count();
    let left = of(State::Open) + of(State::Acting);
    let late = obstacles.iter().filter(|(one, ..)| one.is_overdue(today)).count();
    let helped = match (removed.len(), better, worse) {
        (0, ..) => String::new(),
        (_, 0, 0) => "; no figure has moved beyond chance since".into(),
        (_, better, 0) => format!("; of {better} the figure became better by more than chance"),
        (_, better, worse) => {
            format!("; of {better} the figure became better by more than chance, of {worse} worse")
        }
    };
    let late = if late > 0 { format!(", {late} of them overdue") } else { String::new() };
    format!(
        "{} removed{helped}. {left} {} to be removed{late}.",
        counted(removed.len() as i64, "obstacle was", "obstacles were"),
        if left == 1 { "is" } else { "are" },
    )
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
