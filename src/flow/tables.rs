//! Parts that several flow pages share: rows of both verbs, the weeks as charts, the cells of the matrix.

use chrono::NaiveDate;

use super::numbers::{Shown, counted, grouped, shown};
use crate::flow::matrix::Matrix;
use crate::flow::metrics::WeekSums;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::period::in_words;
use crate::web::charts::{self, Ink, Line, Lines, Svg};

/// Both verbs of a group side by side.
pub struct GroupRow {
    pub name: String,
    /// Where the group's own page is, or empty.
    pub href: String,
    /// Where the departments inside this one are told apart, or empty.
    pub inside: String,
    /// What narrows the lists of rows to this group, such as `&department=3`.
    pub narrow: String,
    pub people: String,
    pub shared: String,
    pub shared_rate: Shown,
    pub shared_bar: Svg,
    pub opened: String,
    pub opened_rate: Shown,
    pub opened_bar: Svg,
    pub sharers: Shown,
    pub readers: Shown,
}

/// The figure of an id and part about somebody.
pub fn find<'a>(figures: &'a [Figure], id: &str, part: &str, whom: &Whom) -> Option<&'a Figure> {
    figures.iter().find(|figure| figure.id == id && figure.part == part && figure.whom == *whom)
}

/// A row for somebody. `tops` are the largest values of C1 and C2 in the table, for the bars.
pub fn group_row(figures: &[Figure], whom: &Whom, people: f64, tops: (f64, f64)) -> GroupRow {
    let figure = |id: &str| find(figures, id, "", whom);
    let count = |id: &str| {
        figure(id).and_then(|f| f.numerator).map_or_else(|| "under 5".into(), |n| grouped(n as i64))
    };
    let bar =
        |id: &str, top: f64| charts::bar(figure(id).and_then(|f| f.value).unwrap_or(0.0), top, Ink::Given);
    let reading = |id: &str| figure(id).map(shown).unwrap_or_default();
    GroupRow {
        name: match whom {
            Whom::All => "Everybody".into(),
            Whom::Managers => "Managers".into(),
            Whom::Department(name) => name.clone(),
            Whom::Segment(name) if name.is_empty() => "No segment".into(),
            Whom::Segment(name) => name.clone(),
        },
        href: String::new(),
        inside: String::new(),
        narrow: String::new(),
        people: if figure("C1").is_some_and(|f| f.suppressed) {
            "under 5".into()
        } else {
            charts::short((people * 10.0).round() / 10.0)
        },
        shared: count("C1"),
        shared_rate: reading("C1"),
        shared_bar: bar("C1", tops.0),
        opened: count("C2"),
        opened_rate: reading("C2"),
        opened_bar: bar("C2", tops.1),
        sharers: reading("C3"),
        readers: reading("C4"),
    }
}

/// The largest shown C1 and C2 of the groups of a table.
pub fn tops(figures: &[Figure], fits: impl Fn(&Whom) -> bool) -> (f64, f64) {
    let top = |id: &str| {
        figures.iter().filter(|f| f.id == id && fits(&f.whom)).filter_map(|f| f.value).fold(0.0, f64::max)
    };
    (top("C1"), top("C2"))
}

/// A chart of one verb over the weeks, with its numbers.
pub struct WeekChart {
    pub heading: &'static str,
    pub reading: String,
    /// What is drawn.
    pub lines: Lines,
    pub svg: Svg,
    pub rows: Vec<WeekRow>,
}

/// A week of a chart, in words.
pub struct WeekRow {
    pub week: String,
    pub count: String,
    pub rate: String,
    pub managers: String,
}

/// The charts of contributions and of accesses.
pub fn week_charts(weeks: &[WeekSums]) -> [WeekChart; 2] {
    [week_chart(weeks, 0, "Shared", "insights shared"), week_chart(weeks, 1, "Opened", "insights opened")]
}

fn week_chart(weeks: &[WeekSums], verb: usize, heading: &'static str, words: &str) -> WeekChart {
    let all: Vec<Option<f64>> = drawn(weeks, |week| week.all[verb].value);
    let managers: Vec<Option<f64>> = drawn(weeks, |week| week.managers[verb].value);
    let points: Vec<String> = weeks.iter().map(week_name).collect();
    let told = |values: &[Option<f64>]| {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        match (known.first(), known.last()) {
            (Some(first), Some(last)) => format!("{} to {}", charts::short(*first), charts::short(*last)),
            _ => "no data".into(),
        }
    };
    let title = format!(
        "{words} a person a month over {} weeks: everybody from {}, managers from {}",
        weeks.len(),
        told(&all),
        told(&managers)
    );
    let reading = reading(&all, weeks.iter().filter_map(|week| week.all[verb].numerator).sum(), words);
    let managed = managers.iter().any(Option::is_some);
    let mut series = vec![Line { name: "all".into(), ink: Ink::Given, values: all }];
    if managed {
        series.push(Line { name: "managers".into(), ink: Ink::Plain, values: managers });
    }
    let lines = Lines { title, points, marks: month_marks(weeks), series };
    WeekChart {
        heading,
        reading,
        svg: lines.draw(),
        lines,
        rows: weeks
            .iter()
            .map(|week| WeekRow {
                week: week_name(week),
                count: week.all[verb].numerator.map_or_else(|| "-".into(), |n| grouped(n as i64)),
                rate: shown(&week.all[verb]).value,
                managers: shown(&week.managers[verb]).value,
            })
            .collect(),
    }
}

/// What a curve draws of weeks: a Monday alone is no week that others can be compared with, so the ends of a period
/// that are parts of one stand in the table only, as long as there is a whole one.
pub fn drawn(weeks: &[WeekSums], value: impl Fn(&WeekSums) -> Option<f64>) -> Vec<Option<f64>> {
    let any_whole = weeks.iter().any(|week| week.days == 7);
    weeks.iter().map(|week| value(week).filter(|_| week.days == 7 || !any_whole)).collect()
}

/// Withholds of the weeks what is withheld of the whole period.
pub fn withhold_weeks(weeks: &mut [WeekSums], figures: &[Figure]) {
    let withheld = |whom: &Whom| find(figures, "C2", "", whom).is_some_and(|f| f.suppressed);
    let (all, managers) = (withheld(&Whom::All), withheld(&Whom::Managers));
    for week in weeks {
        if all {
            week.all[1].suppress();
        }
        if all || managers {
            week.managers[1].suppress();
        }
    }
}

/// The finding of a chart: its second half against its first, as far as there are weeks enough.
fn reading(values: &[Option<f64>], total: f64, words: &str) -> String {
    let total = grouped(total as i64);
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    if known.len() < 8 {
        return format!("{total} {words}.");
    }
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (before, after) = known.split_at(known.len() / 2);
    let (before, after) = (mean(before), mean(after));
    let (a, b) = (charts::short(before), charts::short(after));
    let how = match () {
        () if after > 1.15 * before => "More in the second half",
        () if after < before / 1.15 => "Less in the second half",
        () => "About the same in both halves",
    };
    format!("{total} {words}. {how}: {a} a person a month, then {b}.")
}

fn week_name(week: &WeekSums) -> String {
    let name = in_words(week.monday);
    if week.days < 7 { format!("{name} ({})", counted(week.days, "day", "days")) } else { name }
}

/// The weeks in which a month begins, thinned out to about six.
fn month_marks(weeks: &[WeekSums]) -> Vec<(usize, String)> {
    use chrono::Datelike;
    let month = |day: NaiveDate| (day.year(), day.month());
    let mut marks: Vec<(usize, String)> = Vec::new();
    for (at, week) in weeks.iter().enumerate() {
        let new = at == 0 || month(weeks[at - 1].monday) != month(week.monday);
        if new {
            marks.push((at, week.monday.format("%b").to_string()));
        }
    }
    // The first is half a month at best: it goes where the second would touch it.
    if marks.len() > 2 && marks[1].0 < 3 {
        marks.remove(0);
    }
    let step = marks.len().div_ceil(7).max(1);
    marks.into_iter().step_by(step).collect()
}

/// A cell of the matrix.
pub struct Cell {
    /// `q0` to `q5`, `is-home`, `is-few`.
    pub class: &'static str,
    pub text: String,
    pub href: String,
    /// What it says in words.
    pub title: String,
}

/// The cells of the matrix, row by row. The ramp has five steps, each a fifth of the cells that are
/// shown.
pub fn cells(matrix: &Matrix, names: &[&str], href: impl Fn(usize, usize) -> String) -> Vec<Vec<Cell>> {
    let n = matrix.size();
    let mut across: Vec<u64> = (0..n * n)
        .filter(|cell| cell / n != cell % n)
        .filter_map(|cell| matrix.shown(cell / n, cell % n))
        .filter(|amount| *amount > 0)
        .collect();
    across.sort_unstable();
    let step = |amount: u64| {
        let below = across.partition_point(|other| *other < amount);
        ["q1", "q2", "q3", "q4", "q5"][(below * 5 / across.len().max(1)).min(4)]
    };
    (0..n)
        .map(|from| {
            (0..n)
                .map(|to| {
                    let pair = format!("{} to {}", names[from], names[to]);
                    let (class, text, told) = match matrix.shown(from, to) {
                        None => ("is-few", "under 5".to_owned(), "withheld, too few readers".to_owned()),
                        Some(amount) => {
                            let class = match amount {
                                _ if from == to => "is-home",
                                0 => "q0",
                                amount => step(amount),
                            };
                            (class, grouped(amount as i64), format!("{} opened", grouped(amount as i64)))
                        }
                    };
                    Cell { class, text, href: href(from, to), title: format!("{pair}: {told}") }
                })
                .collect()
        })
        .collect()
}

/// Three letters for a narrow column.
pub fn abbreviated(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name).trim();
    last.chars().take(3).collect()
}
