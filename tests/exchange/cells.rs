//! Strings that break things, put into every text column: each comes back from the export as it went in,
//! or was refused with a reason. Those in `tests/fixtures/nasty/cells.txt` always; with `TRADEWIND_DATA`
//! also every cell and line of the public collections.

use std::collections::HashSet;

use tradewind::exchange::cell::Today;
use tradewind::exchange::import::{Files, Source};
use tradewind::exchange::problem::Problems;
use tradewind::exchange::record::{INSIGHTS, InsightRecord, PEOPLE, PersonRecord};
use tradewind::exchange::sheet::{self, Layout};
use tradewind::text::fold;
use tradewind::web::formula::{is_formula, unguard};

use super::files::*;
use crate::support::*;

/// What a row has where the cell under test is not.
const PERSON: [&str; 7] = ["x@example.com", "Ann Sample", "Service", "", "", "", ""];
const INSIGHT: [&str; 14] =
    ["x", "ann@example.com", "2026-01-05", "Title", "Body", "", "", "", "", "", "", "", "", ""];

/// The text columns of the two files. Those of the others are references, addresses and departments.
const PERSON_COLUMNS: [usize; 3] = [0, 1, 2];
const INSIGHT_COLUMNS: [usize; 8] = [0, 3, 4, 5, 9, 10, 12, 13];

fn today() -> Today {
    Today { calendar: tradewind::clock::Calendar { zone: chrono_tz::UTC }, now: now() }
}

/// Whether a cell is taken in a column; if not, the reason has been checked to be there.
fn taken(layout: &Layout, row: &[&str], column: usize, cell: &str) -> bool {
    let mut cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
    cells[column] = cell.to_owned();
    let names: Vec<&str> = layout.columns.iter().map(|column| column.name).collect();
    let bytes = csv_of(&names, &[cells]);
    let (mut problems, mut read) = (Problems::default(), false);
    sheet::read(
        layout,
        &bytes,
        &mut problems,
        |row| {
            read = if layout.file == PEOPLE.file {
                PersonRecord::read(row).is_some()
            } else {
                InsightRecord::read(row, today()).is_some()
            };
        },
        |_| {},
    );
    assert_eq!(read, problems.is_empty(), "{}: {cell:?}", names[column]);
    for problem in problems.first() {
        assert_eq!((problem.line, problem.column.as_str()), (2, names[column]), "{cell:?}: {problem}");
        assert!(
            !problem.right.is_empty(),
            "{cell:?} is refused without saying what would be right: {problem}"
        );
    }
    read
}

/// Rows in which every column that takes the cell has it. A name that is known in another spelling keeps
/// the first one, so such a cell is put in once.
fn rows(
    layout: &Layout,
    row: &[&str],
    columns: &[usize],
    cells: &[String],
    keys: &[usize],
) -> (Vec<Vec<String>>, usize) {
    let mut seen: HashSet<(usize, String)> = HashSet::new();
    let (mut rows, mut refused) = (Vec::new(), 0);
    for (n, cell) in cells.iter().enumerate() {
        let mut made: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
        for key in keys {
            made[*key] = if *key == 0 && layout.file == PEOPLE.file {
                format!("ours-{n}@row.example")
            } else {
                format!("our row {n}")
            };
        }
        for column in columns {
            // Bodies and titles may repeat, names and keys are one by their folded form.
            let name = !(layout.file == INSIGHTS.file && [3, 4, 13].contains(column)
                || layout.file == PEOPLE.file && *column == 1);
            // An address is nothing without its host.
            let cell = if layout.file == PEOPLE.file && *column == 0 {
                format!("{cell}@x.example")
            } else {
                cell.clone()
            };
            if cell.is_empty() {
                continue;
            }
            let folded: String = unguard(&cell).split('/').map(fold).collect::<Vec<_>>().join("/");
            if !taken(layout, row, *column, &cell) {
                refused += 1;
            } else if !name || seen.insert((*column, folded)) {
                made[*column] = cell;
            }
        }
        rows.push(made);
    }
    (rows, refused)
}

/// What a cell is after its apostrophe is gone; tags are a set.
fn meaning(column: &str, cell: &str) -> String {
    let cell = unguard(cell);
    if column != "tags" {
        return cell.to_owned();
    }
    let mut tags: Vec<String> = cell.split(';').map(|tag| fold(tag.trim())).collect();
    tags.sort();
    tags.dedup();
    tags.join(";")
}

/// Puts the cells into every text column, exports, and compares. Returns how many were put in and how
/// many were refused, counted by column.
pub async fn round_trip(app: &TestApp, cells: &[String]) -> (usize, usize) {
    let (mut people, no_people) = rows(&PEOPLE, &PERSON, &PERSON_COLUMNS, cells, &[0]);
    let ann = people.len();
    people.push(
        ["ann@example.com", "Ann Sample", "Service"]
            .iter()
            .map(|c| (*c).to_owned())
            .chain(vec![String::new(); 4])
            .collect(),
    );
    let (insights, no_insights) = rows(&INSIGHTS, &INSIGHT, &INSIGHT_COLUMNS, cells, &[0]);
    let names = |layout: &Layout| layout.columns.iter().map(|column| column.name).collect::<Vec<_>>();
    // Accesses and ratings name the odd references, addresses and departments.
    let pairs = || insights.iter().zip(&people);
    let accesses: Vec<Vec<String>> =
        pairs().map(|(i, p)| vec![i[0].clone(), p[0].clone(), "2026-01-06".into(), i[5].clone()]).collect();
    let ratings: Vec<Vec<String>> = pairs()
        .map(|(i, p)| vec![i[0].clone(), p[0].clone(), "4".into(), "2026-01-07".into(), i[5].clone()])
        .collect();
    let source = |header: &[&str], rows: &[Vec<String>]| Some(Source::Bytes(csv_of(header, rows)));
    let report = import(
        app,
        Files {
            people: source(&names(&PEOPLE), &people),
            insights: source(&names(&INSIGHTS), &insights),
            accesses: source(&["insight", "reader", "accessed_at", "department"], &accesses),
            ratings: source(&["insight", "rater", "value", "rated_at", "department"], &ratings),
        },
    )
    .await;
    assert!(report.written, "{report}");
    let folder = tempfile::tempdir().expect("a folder");
    export_all(app, folder.path()).await;
    let read = |file: &str| {
        let mut reader = csv::Reader::from_path(folder.path().join(file)).expect("an exported file");
        reader.records().map(|row| row.expect("a row")).collect::<Vec<_>>()
    };
    let mut compared = 0;
    for (layout, columns, sent) in
        [(&PEOPLE, &PERSON_COLUMNS[..], &people), (&INSIGHTS, &INSIGHT_COLUMNS[..], &insights)]
    {
        let back = read(layout.file);
        assert_eq!(back.len(), sent.len(), "{}", layout.file);
        for (sent, back) in sent.iter().zip(&back) {
            for column in columns.iter().filter(|column| !sent[**column].is_empty()) {
                let name = layout.columns[*column].name;
                compared += 1;
                assert_eq!(
                    meaning(name, &back[*column]),
                    meaning(name, &sent[*column]),
                    "{}, {name}",
                    layout.file
                );
            }
        }
    }
    for file in ["people.csv", "insights.csv", "accesses.csv", "ratings.csv"] {
        for cell in read(file).iter().flatten() {
            assert!(!is_formula(cell) || cell.starts_with('\''), "{file}: a spreadsheet would run {cell:?}");
        }
    }
    assert_eq!(read("accesses.csv").len(), accesses.len(), "an access for each odd reference");
    assert_eq!(read("ratings.csv").len(), ratings.len());
    assert!(ann > 0 || cells.is_empty());
    let mut other = Other::new(app);
    let again = other.import(app, folder.path());
    assert!(again.written && again.notes.is_empty(), "{again}");
    let second = tempfile::tempdir().expect("a folder");
    other.export(second.path());
    for file in ["people.csv", "insights.csv", "accesses.csv", "ratings.csv"] {
        assert_eq!(rows_of(&folder.path().join(file)), rows_of(&second.path().join(file)), "{file}");
    }
    (compared, no_people + no_insights)
}

/// The strings of the fixture: one a line, `\n`, `\r`, `\t`, `\0` and `\u{…}` escaped; `# ` begins a
/// remark; `*n` repeats what follows.
pub fn fixture() -> Vec<String> {
    include_str!("../fixtures/nasty/cells.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(unescape)
        .collect()
}

fn unescape(line: &str) -> String {
    if let Some((count, text)) = line.strip_prefix('*').and_then(|rest| rest.split_once(' '))
        && let Ok(count) = count.parse()
    {
        return unescape(text).repeat(count);
    }
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some('u') => {
                let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&code, 16).expect("a number in hex");
                text.push(char::from_u32(code).expect("a character"));
            }
            other => text.extend(other),
        }
    }
    text
}

on_both!(odd_strings_come_back_or_are_refused, |app| async move {
    let cells = fixture();
    assert!(cells.len() > 200, "only {} strings", cells.len());
    let (compared, refused) = round_trip(&app, &cells).await;
    println!("{} strings: {compared} cells came back, {refused} were refused", cells.len());
    assert!(compared > cells.len() * 4 && refused > 100, "{compared} and {refused}");
});
