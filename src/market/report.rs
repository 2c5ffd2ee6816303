//! Values as a table for other programs.

use std::io::{self, Write};

use super::label::Label;

/// An insight and its value. Stars, unrounded.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRow {
    /// The insight's reference in files.
    pub reference: String,
    /// Counted raters.
    pub n: usize,
    /// Their departments.
    pub departments: usize,
    pub value: f64,
    pub sd: f64,
    pub lower: f64,
    pub label: Label,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a header.
    Csv,
    /// An array of objects with the names of the header.
    Json,
}

const HEADER: [&str; 7] = ["ref", "n", "departments", "value", "sd", "lower", "label"];

/// Writes the rows. Numbers have as many digits as it takes to read back the same number.
///
/// # Errors
/// When the output cannot be written.
pub fn write(rows: &[ValueRow], format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Csv => write_csv(rows, out),
        Format::Json => write_json(rows, out),
    }
}

fn write_csv(rows: &[ValueRow], out: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(&mut *out);
    csv.write_record(HEADER)?;
    for row in rows {
        csv.write_record([
            row.reference.clone(),
            row.n.to_string(),
            row.departments.to_string(),
            row.value.to_string(),
            row.sd.to_string(),
            row.lower.to_string(),
            row.label.name().to_owned(),
        ])?;
    }
    csv.flush()
}

/// One object a line, so that a difference between two outputs shows the insight.
fn write_json(rows: &[ValueRow], out: &mut impl Write) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        r#ref: &'a str,
        n: usize,
        departments: usize,
        value: f64,
        sd: f64,
        lower: f64,
        label: &'static str,
    }
    write!(out, "[")?;
    for (at, row) in rows.iter().enumerate() {
        write!(out, "{}", if at == 0 { "\n" } else { ",\n" })?;
        let object = Object {
            r#ref: &row.reference,
            n: row.n,
            departments: row.departments,
            value: row.value,
            sd: row.sd,
            lower: row.lower,
            label: row.label.name(),
        };
        serde_json::to_writer(&mut *out, &object)?;
    }
    writeln!(out, "{}]", if rows.is_empty() { "" } else { "\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, rows: &[ValueRow]) -> String {
        let mut out = Vec::new();
        write(rows, format, &mut out).expect("an output");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn both_formats_keep_every_digit() {
        let row = ValueRow {
            reference: "a,\"b\"".into(),
            n: 4,
            departments: 2,
            value: 3.888_888_888_888_888_4,
            sd: 0.1,
            lower: 3.0,
            label: Label::Rated,
        };
        assert_eq!(
            written(Format::Csv, std::slice::from_ref(&row)),
            "ref,n,departments,value,sd,lower,label\n\"a,\"\"b\"\"\",4,2,3.8888888888888884,0.1,3,rated\n"
        );
        assert_eq!(
            written(Format::Json, &[row.clone(), row]),
            "[\n{\"ref\":\"a,\\\"b\\\"\",\"n\":4,\"departments\":2,\"value\":3.8888888888888884,\"sd\":0.1,\"lower\":3.0,\"label\":\"rated\"},\n\
             {\"ref\":\"a,\\\"b\\\"\",\"n\":4,\"departments\":2,\"value\":3.8888888888888884,\"sd\":0.1,\"lower\":3.0,\"label\":\"rated\"}\n]\n"
        );
        assert_eq!(written(Format::Json, &[]), "[]\n");
    }
}
