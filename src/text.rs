//! What people type, before it is kept: one normal form, nothing invisible that deceives.

use unicode_normalization::UnicodeNormalization;

/// The form in which names are compared: NFKC, case folded, inner blanks single. `Ottermoor  FOODS` and
/// `ottermoor foods` are one customer, `Straße` and `STRASSE` one street.
pub fn fold(text: &str) -> String {
    let lower: String = text
        .nfkc()
        // To upper and back: ß becomes ss, and Greek's two small sigmas one. Lower first, since the capital
        // ẞ is its own upper case.
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect();
    lower.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a capital, as a sentence begins.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Writes a number with at least so many digits.
pub fn digits(text: &mut String, number: u32, least: u32) {
    let more = number.checked_ilog10().map_or(1, |log| log + 1);
    for place in (0..least.max(more)).rev() {
        text.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

/// A name or title: one line in NFC without controls, at most `max` characters, outer blanks removed.
///
/// # Errors
/// A sentence for the field.
pub fn one_line(text: &str, max: usize) -> Result<String, String> {
    let text = normal(text)?;
    if text.contains('\n') {
        return Err("Write it on one line".into());
    }
    let text = text.trim().to_owned();
    let long = text.chars().count();
    if long > max {
        return Err(format!("Use at most {max} characters; this has {long}"));
    }
    Ok(text)
}

/// A text of many lines in NFC with `\n` line ends, at most `max` bytes, outer blank lines removed.
///
/// # Errors
/// A sentence for the field.
pub fn many_lines(text: &str, max: usize) -> Result<String, String> {
    let text = normal(text)?;
    let text = text.trim_end().trim_start_matches('\n').to_owned();
    if text.len() > max {
        return Err(format!(
            "Use at most {} KiB; this has {} KiB. Put the rest behind a link",
            max / 1024,
            text.len().div_ceil(1024)
        ));
    }
    Ok(text)
}

/// NFC, `\n` for every line end, without bidirectional overrides (they make a text read otherwise than
/// it is stored); refuses the other controls.
fn normal(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut rest = text.nfc().peekable();
    while let Some(c) = rest.next() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            _ if is_bidi_control(c) => {}
            // Ten thousand accents on one letter paint over the whole page.
            _ if marks > LONGEST_MARKS => {}
            _ if c.is_control() => {
                return Err(format!("Remove the control character U+{:04X}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// More combining marks on one letter than any language writes.
const LONGEST_MARKS: usize = 8;

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// U+202A to U+202E and U+2066 to U+2069: embeddings, overrides and isolates.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_look_the_same_fold_the_same() {
        for (one, other) in [
            ("Ottermoor  FOODS ", "ottermoor foods"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("e\u{301}clair", "\u{e9}CLAIR"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁne", "fine"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("North"), fold("Nörth"));
    }

    /// Every character there is, since a random text seldom has the few that fold oddly.
    #[test]
    fn no_character_folds_further_the_second_time() {
        let odd: Vec<char> = ('\0'..=char::MAX)
            .filter(|c| {
                let once = fold(&format!("a{c}b"));
                fold(&once) != once
            })
            .collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn a_line_is_cleaned_or_refused() {
        assert_eq!(one_line("  a\u{202e}b  ", 10), Ok("ab".into()));
        assert_eq!(one_line("e\u{301}", 1), Ok("\u{e9}".into()));
        assert!(one_line("a\nb", 10).is_err());
        assert!(one_line("a\u{7}b", 10).is_err());
        assert!(one_line("abc", 2).is_err_and(|why| why.contains("at most 2")));
        // The first mark joins its letter, eight more may follow.
        assert_eq!(
            one_line(&format!("a{}", "\u{323}".repeat(10_000)), 20).map(|kept| kept.chars().count()),
            Ok(9)
        );
    }

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(many_lines("\r\na\r\nb\rc\n\n", 100), Ok("a\nb\nc".into()));
        assert!(many_lines(&"x".repeat(65 * 1024), 64 * 1024).is_err_and(|why| why.contains("64 KiB")));
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in "\\PC{0,60}") {
            if let Ok(once) = one_line(&text, 1000) {
                prop_assert_eq!(one_line(&once, 1000), Ok(once));
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
