//! The rows of a CSV file (RFC 4180), strictly: what is not CSV is told with its place instead of being
//! guessed. A reader that repairs in silence turns one missing quote into half a file in one cell.

use std::borrow::Cow;
use std::ops::Range;

/// A cell: its text, and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The value without the quotes around it.
    pub value: Cow<'a, [u8]>,
    /// Where it stands, in bytes from the beginning of the file (behind a byte-order mark).
    pub at: Range<usize>,
    /// The line on which it begins, from 1.
    pub line: u64,
}

impl Cell<'_> {
    /// The value for a message, whatever its bytes are.
    #[allow(clippy::disallowed_methods)] // shown to a person and never kept: broken UTF-8 is refused as such
    pub fn readable(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// What is wrong with the form of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What it is.
    pub kind: FlawKind,
    /// The line, from 1.
    pub line: u64,
    /// The cell of the row, from 0.
    pub cell: usize,
}

/// Kinds of flaws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// A quote inside a cell that does not begin with one.
    QuoteInside,
    /// Text between a closing quote and the next separator.
    TextAfterQuote,
    /// A quote that is never closed.
    NeverClosed,
    /// A carriage return that no line feed follows, outside quotes.
    LoneReturn,
}

impl FlawKind {
    /// What is wrong, for counting.
    pub fn name(self) -> &'static str {
        match self {
            FlawKind::QuoteInside => "a quotation mark inside a cell without quotation marks around it",
            FlawKind::TextAfterQuote => "text after the closing quotation mark",
            FlawKind::NeverClosed => "a quotation mark is opened here and never closed",
            FlawKind::LoneReturn => "a carriage return without a line feed",
        }
    }

    /// What would be right.
    pub fn right(self) -> &'static str {
        match self {
            FlawKind::QuoteInside | FlawKind::TextAfterQuote => {
                "put the whole cell in quotation marks and double those inside"
            }
            FlawKind::NeverClosed => "close it, or double it if it belongs to the text",
            FlawKind::LoneReturn => {
                "end lines with CRLF or LF, and put cells with line ends in quotation marks"
            }
        }
    }
}

/// Reads row after row. Blank lines are passed over.
pub struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Rows<'a> {
    /// The rows of a file, without its byte-order mark.
    pub fn of(bytes: &'a [u8]) -> Rows<'a> {
        Rows { bytes, at: 0, line: 1 }
    }

    /// How many bytes have been read, for progress.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Reads the next row into `cells` and what is wrong with its form into `flaws`. Returns the line on
    /// which it begins; `None` at the end.
    pub fn next_into(&mut self, cells: &mut Vec<Cell<'a>>, flaws: &mut Vec<Flaw>) -> Option<u64> {
        cells.clear();
        flaws.clear();
        self.pass_blank_lines();
        if self.at >= self.bytes.len() {
            return None;
        }
        let first_line = self.line;
        loop {
            let quoted = self.bytes.get(self.at) == Some(&b'"');
            let cell = if quoted { self.quoted(cells.len(), flaws) } else { self.plain(cells.len(), flaws) };
            cells.push(cell);
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(_) => {
                    self.end_line();
                    return Some(first_line);
                }
                None => return Some(first_line),
            }
        }
    }

    fn pass_blank_lines(&mut self) {
        while let Some(length) = self.line_end() {
            self.at += length;
            self.line += 1;
        }
    }

    /// The length of the line end that stands here, if one does.
    fn line_end(&self) -> Option<usize> {
        match self.bytes.get(self.at..) {
            Some([b'\r', b'\n', ..]) => Some(2),
            Some([b'\n', ..]) => Some(1),
            _ => None,
        }
    }

    fn end_line(&mut self) {
        if let Some(length) = self.line_end() {
            self.at += length;
            self.line += 1;
        }
    }

    /// A cell without quotes: up to the next separator.
    fn plain(&mut self, cell: usize, flaws: &mut Vec<Flaw>) -> Cell<'a> {
        let from = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b',' | b'\n' => break,
                b'\r' if self.line_end().is_some() => break,
                b'\r' => flaws.push(Flaw { kind: FlawKind::LoneReturn, line: self.line, cell }),
                b'"' => flaws.push(Flaw { kind: FlawKind::QuoteInside, line: self.line, cell }),
                _ => {}
            }
            self.at += 1;
        }
        let value = Cow::Borrowed(self.bytes.get(from..self.at).unwrap_or_default());
        Cell { value, at: from..self.at, line: self.line }
    }

    /// A cell in quotes; doubled quotes inside are one.
    fn quoted(&mut self, cell: usize, flaws: &mut Vec<Flaw>) -> Cell<'a> {
        let (line, open) = (self.line, self.at);
        self.at += 1;
        let from = self.at;
        let mut doubled = false;
        loop {
            match self.bytes.get(self.at..) {
                Some([b'"', b'"', ..]) => {
                    doubled = true;
                    self.at += 2;
                }
                Some([b'"', ..]) => break,
                Some([byte, ..]) => {
                    self.line += u64::from(*byte == b'\n');
                    self.at += 1;
                }
                Some([]) | None => {
                    flaws.push(Flaw { kind: FlawKind::NeverClosed, line, cell });
                    break;
                }
            }
        }
        let raw = self.bytes.get(from..self.at).unwrap_or_default();
        let at = from..self.at;
        self.at += usize::from(self.at < self.bytes.len());
        let value = if doubled { Cow::Owned(undouble(raw)) } else { Cow::Borrowed(raw) };
        if !matches!(self.bytes.get(self.at), None | Some(b',')) && self.line_end().is_none() {
            flaws.push(Flaw { kind: FlawKind::TextAfterQuote, line: self.line, cell });
            // Go on behind it, so that the rest of the file is read as well.
            let rest = self.plain(cell, &mut Vec::new());
            return Cell { value, at: open..rest.at.end, line };
        }
        Cell { value, at, line }
    }
}

fn undouble(raw: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(&byte) = bytes.next() {
        value.push(byte);
        if byte == b'"' {
            bytes.next();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = (Vec<(u64, Vec<String>)>, Vec<(FlawKind, u64, usize)>);

    fn read(text: &str) -> Read {
        let mut rows = Rows::of(text.as_bytes());
        let (mut cells, mut flaws) = (Vec::new(), Vec::new());
        let (mut all, mut wrong) = (Vec::new(), Vec::new());
        while let Some(line) = rows.next_into(&mut cells, &mut flaws) {
            all.push((line, cells.iter().map(|cell| cell.readable()).collect()));
            wrong.extend(flaws.iter().map(|flaw| (flaw.kind, flaw.line, flaw.cell)));
        }
        (all, wrong)
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_know_their_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "", "\"x", "y\",z", "1,\"say \"\"hi\"\"\"", ",", ""].join(end);
            let (rows, flaws) = read(&text);
            assert_eq!(
                rows,
                [
                    row(1, &["a", "b"]),
                    row(3, &[&format!("x{end}y"), "z"]),
                    row(5, &["1", "say \"hi\""]),
                    row(6, &["", ""])
                ]
            );
            assert!(flaws.is_empty(), "{flaws:?}");
        }
        assert_eq!(read("a,b\n1,").0, [row(1, &["a", "b"]), row(2, &["1", ""])]);
        assert_eq!(read("").0, []);
        assert_eq!(read("\n\r\n").0, []);
    }

    #[test]
    fn what_is_not_csv_is_told() {
        for (text, flaw) in [
            ("a,b\n1,x\"y\n", (FlawKind::QuoteInside, 2, 1)),
            ("a,b\n\"x\"y,1\n", (FlawKind::TextAfterQuote, 2, 0)),
            ("a\n\n\"x\ny\nz", (FlawKind::NeverClosed, 3, 0)),
            ("a,b\rc,d\n", (FlawKind::LoneReturn, 1, 1)),
        ] {
            assert_eq!(read(text).1, [flaw], "{text:?}");
        }
        // What follows the flaw is read all the same.
        assert_eq!(read("\"x\"y,1\n2,3\n").0[1], row(2, &["2", "3"]));
    }

    proptest! {
        #[test]
        fn whatever_a_csv_writer_writes_is_read(
            rows in prop::collection::vec(prop::collection::vec("[a,\"\r\n;é' ]{0,6}", 2..4), 1..6),
            crlf in any::<bool>(),
        ) {
            let mut writer = csv::WriterBuilder::new()
                .flexible(true)
                .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("a row");
            }
            let bytes = writer.into_inner().expect("bytes");
            let (found, flaws) = read(&String::from_utf8(bytes).expect("text"));
            prop_assert_eq!(flaws, vec![]);
            prop_assert_eq!(found.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>(), rows);
        }

        #[test]
        fn nothing_makes_it_fall(text in "[a,\"\r\n]{0,40}") {
            let (rows, _) = read(&text);
            let lines = text.split('\n').count() as u64;
            prop_assert!(rows.iter().all(|(line, _)| *line <= lines));
        }
    }
}
