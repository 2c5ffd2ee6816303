//! The place in a text where a search found its words, in pieces that a template marks and escapes. Made
//! here and not by the database, so that both databases show the same.

use crate::db::search::bare_letters;

/// A run of text, marked where it is what was searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

/// A word of a text: where it begins and ends, in bytes.
type Word = (usize, usize);

/// A text whole, with the words marked that begin with one of the terms.
pub fn whole(text: String, terms: &[String]) -> Vec<Piece> {
    if terms.is_empty() && !text.is_empty() {
        return vec![Piece { text, marked: false }];
    }
    let found = found(&text, terms, usize::MAX);
    pieces(&text, (0, text.len()), &found)
}

/// About `length` characters of a text around the first found word, cut between words; the beginning of
/// the text where nothing is found.
pub fn around(text: &str, terms: &[String], length: usize) -> Vec<Piece> {
    let hits = found(text, terms, 40);
    let first = hits.first().map_or(0, |(start, _)| *start);
    // A third of the window stands before the word, so that it is read in its sentence.
    let start = back(text, first, length / 3);
    let end = forth(text, start, length);
    let mut out = pieces(text, (start, end), &hits);
    if start > 0 {
        out.insert(0, Piece { text: "… ".into(), marked: false });
    }
    if end < text.trim_end().len() {
        out.push(Piece { text: " …".into(), marked: false });
    }
    out
}

/// The beginning of a text: at most `length` characters, cut between words with an ellipsis.
pub fn beginning(text: &str, length: usize) -> String {
    let text = text.trim();
    let end = forth(text, 0, length);
    let mut out = String::with_capacity(end + '…'.len_utf8());
    if is_evenly_spaced(&text[..end]) {
        out.push_str(&text[..end]);
    } else {
        for word in text[..end].split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    if end < text.len() {
        out.push('…');
    }
    out
}

/// Whether a trimmed text surely has no other blank than one space between two words: then there is no need to
/// take it apart, which was a twentieth of the feed.
fn is_evenly_spaced(text: &str) -> bool {
    let mut before = 0;
    text.bytes().all(|byte| {
        // Of letters beyond ASCII some are blanks; below the space all are controls.
        let fits = byte.is_ascii() && byte >= b' ' && (byte != b' ' || before != b' ');
        before = byte;
        fits
    })
}

/// The words of `text` that begin with one of the terms, at most `most`.
fn found(text: &str, terms: &[String], most: usize) -> Vec<Word> {
    let mut hits = Vec::new();
    if terms.is_empty() {
        return hits;
    }
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        // An accent written on its own belongs to its letter.
        let inside = c.is_alphanumeric() || (start.is_some() && bare_letters(c).next().is_none());
        match (start, inside) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                start = None;
                if terms.iter().any(|term| begins_with(&text[from..at], term)) {
                    hits.push((from, at));
                    if hits.len() == most {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    hits
}

fn begins_with(word: &str, term: &str) -> bool {
    let mut letters = word.chars().flat_map(bare_letters);
    term.chars().all(|expected| letters.next() == Some(expected))
}

/// `count` characters before byte `from`, moved on to the next beginning of a word.
fn back(text: &str, from: usize, count: usize) -> usize {
    let Some((start, _)) = text[..from].char_indices().rev().nth(count) else {
        return 0;
    };
    text[start..from].find(char::is_whitespace).map_or(start, |blank| {
        let after = &text[start + blank..];
        start + blank + (after.len() - after.trim_start().len())
    })
}

/// `count` characters from byte `from`, moved back to the last end of a word; a word longer than that is
/// cut.
fn forth(text: &str, from: usize, count: usize) -> usize {
    let Some(cut) = after(text, from, count) else {
        return text.len();
    };
    match text[from..cut].rfind(char::is_whitespace) {
        Some(blank) if blank > 0 => from + text[from..from + blank].trim_end().len(),
        _ => cut,
    }
}

/// The byte `count` characters after byte `from`; none where fewer follow.
fn after(text: &str, from: usize, count: usize) -> Option<usize> {
    match text.as_bytes().get(from..=from + count) {
        // One more than is to be skipped, so that a letter begins there.
        Some(bytes) if bytes.is_ascii() => Some(from + count),
        Some(_) => text[from..].char_indices().nth(count).map(|(end, _)| from + end),
        None => None,
    }
}

fn pieces(text: &str, (start, end): Word, hits: &[Word]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut done = start;
    let mut push = |text: &str, marked| {
        if !text.is_empty() {
            out.push(Piece { text: text.to_owned(), marked });
        }
    };
    for (from, to) in hits.iter().filter(|(from, to)| *from >= start && *to <= end) {
        push(&text[done..*from], false);
        push(&text[*from..*to], true);
        done = *to;
    }
    push(&text[done..end], false);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::db::search::terms;

    fn shown(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() })
            .collect()
    }

    #[test]
    fn found_words_are_marked_whole() {
        for (text, words, marked) in [
            ("Late deliveries cost us", "deliver", "Late [deliveries] cost us"),
            ("Das Café in MÜNCHEN", "cafe munch", "Das [Café] in [MÜNCHEN]"),
            ("Cafe\u{301} au lait", "cafe", "[Cafe\u{301}] au lait"),
            ("redelivery", "deliver", "redelivery"),
            ("a <b>bold</b> claim", "b", "a <[b]>[bold]</[b]> claim"),
            ("", "x", ""),
        ] {
            assert_eq!(shown(&whole(text.into(), &terms(words))), marked, "{words} in {text}");
        }
    }

    #[test]
    fn a_snippet_stands_around_the_first_word() {
        let text = format!("{} the invoice came late {}", "before ".repeat(40), "after ".repeat(40));
        let snippet = shown(&around(&text, &terms("invoice"), 90));
        assert!(snippet.starts_with("… before"), "{snippet}");
        assert!(snippet.contains("the [invoice] came late after"), "{snippet}");
        assert!(snippet.ends_with("after …"), "{snippet}");
        assert_eq!(shown(&around("Nothing of it here", &terms("invoice"), 90)), "Nothing of it here");
    }

    #[test]
    fn a_beginning_ends_between_words() {
        assert_eq!(beginning("one two three", 8), "one two…");
        assert_eq!(beginning("one  two\nthree", 40), "one two three");
        assert_eq!(beginning(&"x".repeat(300), 10), format!("{}…", "x".repeat(10)));
    }

    proptest! {
        #[test]
        fn a_beginning_is_whole_words_one_space_apart(text in "[a-cé,. \n\u{a0}\u{2003}-]{0,60}", length in 1_usize..50) {
            let begun = beginning(&text, length);
            let words = begun.trim_end_matches('…');
            let all = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(all.starts_with(words), "{:?} of {:?}", words, all);
            prop_assert!(words.chars().count() <= length);
            prop_assert_eq!(words.split_whitespace().collect::<Vec<_>>().join(" "), words);
            prop_assert_eq!(begun.ends_with('…'), words.len() < all.len(), "{:?} of {:?}", begun, all);
        }

        #[test]
        fn characters_are_counted_as_the_slow_way_counts(text in "[a-cé€]{0,40}", skip in 0_usize..10, count in 0_usize..40) {
            let from = text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at);
            let slowly = text[from..].char_indices().nth(count).map(|(at, _)| from + at);
            prop_assert_eq!(after(&text, from, count), slowly);
        }

        #[test]
        fn no_letter_is_lost_or_added(text in "\\PC{0,80}", word in "\\PC{0,5}") {
            let all: String = whole(text.clone(), &terms(&word)).into_iter().map(|piece| piece.text).collect();
            prop_assert_eq!(all, text.clone());
            let part: String = around(&text, &terms(&word), 20).into_iter().map(|piece| piece.text).collect();
            let part = part.trim_start_matches("… ").trim_end_matches(" …");
            prop_assert!(text.contains(part) || text.contains(part.trim_end()), "{:?} in {:?}", part, text);
        }
    }
}
