//! Cells that a spreadsheet would run. They are exported behind an apostrophe, which spreadsheets read
//! as "this is text", and imported without it.
//!
//! The rule loses nothing: a cell that by itself begins with an apostrophe and something dangerous is
//! dangerous too, so it gets a second apostrophe, and import takes exactly one away.

use std::borrow::Cow;

/// Whether a spreadsheet might run this cell. It looks past blanks, quotes and separators, since some
/// programs drop them or split there first.
pub fn is_formula(cell: &str) -> bool {
    for c in cell.chars() {
        match c {
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠' => return true,
            '\'' | '"' | '`' | '´' | '‘' | '’' | '“' | '”' | '«' | '»' | ';' | ',' | '\u{feff}' => {
            }
            _ if c.is_whitespace() => {}
            _ => return false,
        }
    }
    false
}

/// The cell as it is written to a file.
pub fn guard(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it is kept: without the apostrophe that [`guard`] puts before a formula, if it is there.
pub fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_runs_is_guarded() {
        for cell in [
            "=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\0x", "＝1", "  =1", "\"=1", "'=1", ";=1", ", @x",
            "\n=1", "''-",
        ] {
            assert!(is_formula(cell), "{cell:?}");
            assert_eq!(guard(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "1-1", "'hello'", "it's", "'", "  ", "2019-01-01", "…=1"] {
            assert!(!is_formula(cell), "{cell:?}");
            assert_eq!(guard(cell), cell);
        }
    }

    #[test]
    fn an_apostrophe_of_ones_own_stays() {
        for (written, kept) in
            [("'=1", "=1"), ("''=1", "'=1"), ("'hello'", "'hello'"), ("'", "'"), ("=1", "=1")]
        {
            assert_eq!(unguard(written), kept, "{written}");
        }
    }

    proptest! {
        #[test]
        fn guarding_loses_nothing(cell in "['\"=+@\\-\t\r\n ;,a＝\u{feff}]{0,8}|\\PC{0,20}") {
            let written = guard(&cell);
            prop_assert_eq!(unguard(&written), cell.as_str());
            prop_assert!(!is_formula(&written) || written.starts_with('\''));
        }
    }
}
