//! A file with a header: its encoding, its columns, its rows. Hands over one [`Row`] at a time, whose
//! cells are read by what they should be.

use std::collections::HashSet;

use super::problem::{Problem, Problems, shown};
use super::rows::{Cell, Rows};
use crate::web::formula::unguard;

/// A column of a file.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As the header writes it.
    pub name: &'static str,
    /// Whether it must be there, and filled.
    pub required: bool,
}

/// A kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Its name, such as `people.csv`.
    pub file: &'static str,
    /// Its columns, in the order of an export.
    pub columns: &'static [Column],
}

/// What was read of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Rows with something in them, without the header.
    pub rows: u64,
    /// Rows of nothing but separators, as spreadsheets leave them; passed over.
    pub empty: u64,
}

/// One row. Its cells stand in the order of the layout; a missing column is an empty cell.
pub struct Row<'r> {
    layout: &'r Layout,
    /// The line on which it begins, from 1.
    pub line: u64,
    cells: &'r [&'r str],
    /// Columns that the file has.
    places: &'r [usize],
    problems: &'r mut Problems,
}

impl<'r> Row<'r> {
    /// Whether the file has this column.
    pub fn has(&self, column: usize) -> bool {
        self.places.contains(&column)
    }

    /// The cell of a column, without the apostrophe of a formula; empty where the column is missing.
    pub fn text(&self, column: usize) -> &'r str {
        self.cells.get(column).map_or("", |cell| unguard(cell))
    }

    /// The cell of a required column, or `None` (and a problem) where it is empty.
    pub fn filled(&mut self, column: usize) -> Option<&'r str> {
        let text = self.text(column);
        if text.is_empty() {
            self.bad(column, "is empty", "every row needs it");
            return None;
        }
        Some(text)
    }

    /// The cell of an optional column, or `None` where it is empty.
    pub fn optional(&self, column: usize) -> Option<&'r str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// Notes what is wrong with a cell and what would be right.
    pub fn bad(&mut self, column: usize, kind: &'static str, right: impl Into<String>) {
        self.problems.add(Problem {
            file: self.layout.file,
            line: self.line,
            column: self.layout.columns.get(column).map_or("", |column| column.name).to_owned(),
            value: self.cells.get(column).map(|cell| shown(cell)).unwrap_or_default(),
            kind,
            right: right.into(),
        });
    }
}

/// Reads a file from its bytes and hands each row over that has the form of one. Whatever is wrong with
/// the form goes to `problems`; `moved` learns how many bytes have been read.
pub fn read(
    layout: &Layout,
    bytes: &[u8],
    problems: &mut Problems,
    mut each: impl FnMut(&mut Row<'_>),
    mut moved: impl FnMut(usize),
) -> Seen {
    let mut seen = Seen::default();
    let whole = |kind, right: &str, value: String| Problem {
        file: layout.file,
        line: 0,
        column: String::new(),
        value,
        kind,
        right: right.into(),
    };
    let bytes = match text_of(bytes) {
        Ok(bytes) => bytes,
        Err((kind, right)) => {
            problems.add(whole(kind, right, String::new()));
            return seen;
        }
    };
    let mut rows = Rows::of(bytes);
    let (mut cells, mut flaws) = (Vec::new(), Vec::new());
    if rows.next_into(&mut cells, &mut flaws).is_none() {
        problems.add(whole("is empty", "begin with a header line of column names", String::new()));
        return seen;
    }
    let names: Vec<String> = cells.iter().map(|cell| cell.readable()).collect();
    if let Some(flaw) = flaws.first() {
        problems
            .add(Problem { line: flaw.line, ..whole(flaw.kind.name(), flaw.kind.right(), String::new()) });
        return seen;
    }
    let Some(places) = header(layout, &names, problems) else {
        return seen;
    };
    while let Some(line) = rows.next_into(&mut cells, &mut flaws) {
        moved(rows.position());
        if cells.iter().all(|cell| cell.value.is_empty()) && flaws.is_empty() {
            seen.empty += 1;
            continue;
        }
        seen.rows += 1;
        for flaw in &flaws {
            problems.add(Problem {
                file: layout.file,
                line: flaw.line,
                column: names.get(flaw.cell).map(|name| shown(name)).unwrap_or_default(),
                value: cells.get(flaw.cell).map(|cell| shown(&cell.readable())).unwrap_or_default(),
                kind: flaw.kind.name(),
                right: flaw.kind.right().into(),
            });
        }
        if !flaws.is_empty() {
            continue;
        }
        if cells.len() != names.len() {
            problems.add(Problem {
                line,
                ..whole(
                    "has not as many cells as the header",
                    &format!(
                        "{} instead of {}: put cells that contain a comma or a line end in quotation marks",
                        cells.len(),
                        names.len()
                    ),
                    cells.first().map(|cell| shown(&cell.readable())).unwrap_or_default(),
                )
            });
            continue;
        }
        let Some(texts) = texts(layout, bytes, &names, &cells, &places, problems) else {
            continue;
        };
        each(&mut Row { layout, line, cells: &texts, places: &places, problems });
    }
    moved(rows.position());
    seen
}

/// The bytes of the text, without a byte-order mark, or why it cannot be read as text.
fn text_of(bytes: &[u8]) -> Result<&[u8], (&'static str, &'static str)> {
    const SAVE_AS: &str = "save it as \"CSV UTF-8\"";
    const BOM: &[u8] = b"\xef\xbb\xbf";
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(("is UTF-16, not UTF-8", SAVE_AS)),
        [b'P', b'K', 3, 4, ..] => return Err(("is a spreadsheet or a zip file, not CSV", SAVE_AS)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(("is an Excel file, not CSV", SAVE_AS)),
        [0x1f, 0x8b, ..] => return Err(("is a gzip file, not CSV", "unpack it first")),
        [b'%', b'P', b'D', b'F', ..] => return Err(("is a PDF, not CSV", SAVE_AS)),
        _ => {}
    }
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let head = text.get(..text.len().min(256)).unwrap_or_default();
    // Without a mark UTF-16 shows by every second byte being NUL.
    let nuls = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    if head.len() >= 8 && nuls(0).max(nuls(1)) * 4 > head.len() {
        return Err(("is UTF-16, not UTF-8", SAVE_AS));
    }
    if !text.contains(&b'\n') && text.contains(&b'\r') {
        return Err(("ends its lines with a carriage return alone", "save it with CRLF or LF line ends"));
    }
    Ok(text)
}

/// For each cell of a row the place in the layout, if the header is right.
fn header(layout: &Layout, names: &[String], problems: &mut Problems) -> Option<Vec<usize>> {
    let before = problems.len();
    let mut add = |column: &str, kind: &'static str, right: String| {
        problems.add(Problem {
            file: layout.file,
            line: 1,
            column: shown(column),
            value: String::new(),
            kind,
            right,
        });
    };
    let all = || layout.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let mut places = Vec::with_capacity(names.len());
    let mut found = HashSet::new();
    for (n, name) in names.iter().enumerate() {
        let Some(place) = layout.columns.iter().position(|column| column.name == name) else {
            if name.is_empty() {
                add("", "a column has no name", format!("name or remove column {} of the file", n + 1));
            } else {
                add(name, "is not a column of this file", suggestion(layout, name).unwrap_or_else(all));
            }
            continue;
        };
        if !found.insert(place) {
            add(name, "stands twice in the header", "remove one of them".into());
        }
        places.push(place);
    }
    for (place, column) in layout.columns.iter().enumerate() {
        if column.required && !found.contains(&place) {
            add(column.name, "this column is missing", "every file of this kind needs it".into());
        }
    }
    (problems.len() == before).then_some(places)
}

/// What somebody may have meant by an unknown column.
fn suggestion(layout: &Layout, name: &str) -> Option<String> {
    if names_in(layout, name, ';') > 1 || names_in(layout, name, '\t') > 1 {
        return Some("separate the columns with commas".into());
    }
    let plain = name.trim().to_lowercase();
    let near = layout
        .columns
        .iter()
        .map(|column| (strsim::damerau_levenshtein(column.name, &plain), column.name))
        .min()?;
    (near.0 <= 2).then(|| format!("did you mean {}?", near.1))
}

fn names_in(layout: &Layout, text: &str, separator: char) -> usize {
    text.split(separator)
        .filter(|part| layout.columns.iter().any(|column| column.name == part.trim_matches(['"', ' '])))
        .count()
}

/// The cells as text, in the order of the layout; `None` (and problems) where one is not text.
fn texts<'c>(
    layout: &Layout,
    bytes: &[u8],
    names: &[String],
    cells: &'c [Cell<'_>],
    places: &[usize],
    problems: &mut Problems,
) -> Option<Vec<&'c str>> {
    let mut texts = vec![""; layout.columns.len()];
    let mut whole = true;
    for (n, cell) in cells.iter().enumerate() {
        let problem = match std::str::from_utf8(&cell.value) {
            Ok(text) if text.contains('\0') => {
                ("contains a NUL character", place(bytes, cell, |raw| raw.iter().position(|byte| *byte == 0)))
            }
            Ok(text) => {
                if let Some(slot) = places.get(n).and_then(|place| texts.get_mut(*place)) {
                    *slot = text;
                }
                continue;
            }
            Err(_) => (
                "is not UTF-8",
                place(bytes, cell, |raw| std::str::from_utf8(raw).err().map(|error| error.valid_up_to())),
            ),
        };
        whole = false;
        let (kind, (line, byte)) = problem;
        let right = match kind {
            "is not UTF-8" => format!("at byte {byte} of the file; save the file as \"CSV UTF-8\""),
            _ => format!("at byte {byte} of the file; remove it"),
        };
        problems.add(Problem {
            file: layout.file,
            line,
            column: names.get(n).cloned().unwrap_or_default(),
            value: shown(&cell.readable()),
            kind,
            right,
        });
    }
    whole.then_some(texts)
}

/// The line and the byte (from 1) of what `find` finds in a cell.
fn place(bytes: &[u8], cell: &Cell<'_>, find: impl Fn(&[u8]) -> Option<usize>) -> (u64, usize) {
    let raw = bytes.get(cell.at.clone()).unwrap_or_default();
    let at = find(raw).unwrap_or_default();
    let lines = raw.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
    (cell.line + lines as u64, cell.at.start + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout {
        file: "things.csv",
        columns: &[
            Column { name: "name", required: true },
            Column { name: "note", required: false },
            Column { name: "joined_on", required: false },
        ],
    };

    fn run(bytes: &[u8]) -> (Vec<String>, Vec<String>, Seen) {
        let (mut problems, mut rows) = (Problems::default(), Vec::new());
        let seen = read(
            &LAYOUT,
            bytes,
            &mut problems,
            |row| rows.push(format!("{}:{}|{}|{}", row.line, row.text(0), row.text(1), row.text(2))),
            |_| {},
        );
        (rows, problems.first().iter().map(ToString::to_string).collect(), seen)
    }

    #[test]
    fn columns_come_in_any_order_and_with_a_mark() {
        let (rows, problems, seen) = run(b"\xef\xbb\xbfnote,name\r\nx,Ann\r\n,\r\n'=1,'Bob\r\n");
        assert_eq!(rows, ["2:Ann|x|", "4:'Bob|=1|"]);
        assert_eq!((problems, seen), (vec![], Seen { rows: 2, empty: 1 }));
    }

    #[test]
    fn a_wrong_header_is_told_column_by_column() {
        for (header, told) in [
            (
                "name,colour\n",
                "things.csv, line 1, column colour: is not a column of this file; name, note, joined_on",
            ),
            ("name,Note\n", "column Note: is not a column of this file; did you mean note?"),
            ("name;note\n", "separate the columns with commas"),
            ("name\tnote\n", "separate the columns with commas"),
            ("name,name\n", "column name: stands twice in the header"),
            ("note\n", "column name: this column is missing"),
            ("name,\n", "a column has no name; name or remove column 2 of the file"),
            ("\"name\n", "a quotation mark is opened here and never closed"),
        ] {
            let (_, problems, _) = run(header.as_bytes());
            assert!(problems.iter().any(|problem| problem.contains(told)), "{header:?}: {problems:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_told() {
        for (bytes, told) in [
            (b"".as_slice(), "things.csv: is empty"),
            (b"\n\r\n", "is empty"),
            (b"\xff\xfen\0a\0", "is UTF-16, not UTF-8; save it as \"CSV UTF-8\""),
            (b"n\0a\0m\0e\0,\0n\0o\0", "is UTF-16"),
            (b"PK\x03\x04....", "is a spreadsheet or a zip file"),
            (b"name,note\rx,y\r", "carriage return alone"),
            (
                b"name,note\nAnn\n",
                "things.csv, line 2: \"Ann\": has not as many cells as the header; 1 instead of 2",
            ),
            (b"name,note\nAnn,a,b\n", "3 instead of 2"),
            (
                b"name,note\nAnn,\"x\ny\xe9\"\n",
                "things.csv, line 3, column note: \"x\\ny\u{fffd}\": is not UTF-8; at byte 19",
            ),
            (
                b"name,note\nAnn,x\0y\n",
                "line 2, column note: \"x\\0y\": contains a NUL character; at byte 16",
            ),
            (b"name,note\nAnn,x\"y\n", "line 2, column note: \"x\"y\": a quotation mark inside a cell"),
        ] {
            let (rows, problems, _) = run(bytes);
            assert!(rows.is_empty(), "{rows:?}");
            assert!(problems.iter().any(|problem| problem.contains(told)), "{told}: {problems:?}");
        }
    }

    #[test]
    fn a_bad_row_hides_no_other() {
        let (rows, problems, _) = run(b"name,note\nAnn,x\nBob\nCy\xff,x\nDi,y\n");
        assert_eq!(rows, ["2:Ann|x|", "5:Di|y|"]);
        assert_eq!(problems.len(), 2);
    }
}
