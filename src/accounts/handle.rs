//! Handles: what one writes after an `@` to mention a colleague. Made once from the e-mail's local part,
//! and theirs for good, so that a text of last year still names the same person.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Longest handle, in characters; a number may follow.
const LONGEST: usize = 40;

/// The handle that an e-mail address suggests: `Ann.Sample+x@example.com` is `ann.sample-x`.
pub fn of_email(email: &str) -> String {
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    // Letters lose their accents; what is no ASCII letter or digit then becomes a hyphen.
    let plain: String = local
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if is_part(c) { c.to_ascii_lowercase() } else { '-' })
        .take(LONGEST)
        .collect();
    let handle = plain.trim_matches(is_mark);
    if handle.is_empty() { "colleague".to_owned() } else { handle.to_owned() }
}

/// The mentions in a plain text: where each stands, `@` included, and the handle it names, in small
/// letters. A full stop that ends the sentence is not part of it, and an e-mail address mentions nobody.
pub fn in_text(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut before = None;
    for (at, c) in text.char_indices() {
        let begins = c == '@' && !before.is_some_and(|c: char| c.is_alphanumeric() || c == '_' || c == '@');
        before = Some(c);
        if !begins {
            continue;
        }
        let word = &text[at + 1..];
        let end = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        let handle = word[..end].trim_end_matches(is_mark);
        // "@ann@example.com" is an address, and "@éva" begins with no letter of a handle.
        let goes_on = word[handle.len()..].chars().next().is_some_and(|c| c == '@' || c.is_alphanumeric());
        if handle.is_empty() || handle.starts_with(is_mark) || handle.len() > LONGEST + 6 || goes_on {
            continue;
        }
        found.push((at..at + 1 + handle.len(), handle.to_ascii_lowercase()));
    }
    found
}

const fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || is_mark(c)
}

const fn is_mark(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_the_local_part() {
        for (email, handle) in [
            ("ann@example.com", "ann"),
            ("Ann.Sample@Example.com", "ann.sample"),
            ("ann.sample+lists@example.com", "ann.sample-lists"),
            ("zoë.müller@example.com", "zoe.muller"),
            ("_ann_@example.com", "ann"),
            ("\"a b\"@example.com", "a-b"),
            ("李@example.com", "colleague"),
            ("...@example.com", "colleague"),
        ] {
            assert_eq!(of_email(email), handle, "{email}");
            let mention = format!("@{handle}");
            assert_eq!(in_text(&mention), [(0..mention.len(), handle.to_owned())], "{email}");
        }
    }

    #[test]
    fn mentions_are_told_from_the_rest_of_the_text() {
        for (text, handles) in [
            ("@ann", vec!["ann"]),
            ("Ask @Ann.Sample.", vec!["ann.sample"]),
            ("(@ann, @bob_b's and @c-d)", vec!["ann", "bob_b", "c-d"]),
            ("@ann: see @ann", vec!["ann", "ann"]),
            ("ann@example.com", vec![]),
            ("x_@ann", vec![]),
            ("@@ann", vec![]),
            ("@ann@example.com", vec![]),
            ("@", vec![]),
            ("@.ann", vec![]),
            ("@ann...", vec!["ann"]),
            ("@éva and @anné", vec![]),
            ("é@ann", vec![]),
            ("„@ann“", vec!["ann"]),
        ] {
            let found: Vec<String> = in_text(text).into_iter().map(|(_, handle)| handle).collect();
            assert_eq!(found, handles, "{text}");
            for (range, handle) in in_text(text) {
                assert_eq!(text[range].to_ascii_lowercase(), format!("@{handle}"));
            }
        }
    }
}
