//! What changed between two texts, word by word.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// How long two texts are compared exactly; after that the difference is coarser, never missing. Two texts
/// of 64 KiB without a common word would take seconds.
const PATIENCE: Duration = Duration::from_millis(100);

/// An unchanged stretch longer than this, in characters, is shown by its ends only.
const LONGEST_SAME: usize = 600;

/// What became of a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    Added,
    Removed,
}

/// A stretch of text and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub change: Change,
    pub text: String,
}

impl Part {
    /// For templates.
    pub fn is_added(&self) -> bool {
        self.change == Change::Added
    }

    /// For templates.
    pub fn is_removed(&self) -> bool {
        self.change == Change::Removed
    }
}

/// The stretches that lead from `old` to `new`, in order; nothing where both are the same.
pub fn words(old: &str, new: &str) -> Vec<Part> {
    if old == new {
        return Vec::new();
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(old, new);
    let mut parts: Vec<Part> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => Change::Same,
            ChangeTag::Insert => Change::Added,
            ChangeTag::Delete => Change::Removed,
        };
        match parts.last_mut() {
            Some(last) if last.change == kind => last.text.push_str(change.value()),
            _ => parts.push(Part { change: kind, text: change.value().to_owned() }),
        }
    }
    for part in parts.iter_mut().filter(|part| part.change == Change::Same) {
        shorten(&mut part.text);
    }
    parts
}

/// Leaves the ends of a long stretch, cut at blanks.
fn shorten(text: &mut String) {
    let length = text.chars().count();
    if length <= LONGEST_SAME {
        return;
    }
    let keep = LONGEST_SAME / 3;
    let head: String = text.chars().take(keep).collect();
    let tail: String = text.chars().skip(length - keep).collect();
    let head = head.rsplit_once(char::is_whitespace).map_or(head.as_str(), |(head, _)| head);
    let tail = tail.split_once(char::is_whitespace).map_or(tail.as_str(), |(_, tail)| tail);
    *text = format!("{head} […] {tail}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(old: &str, new: &str) -> String {
        words(old, new)
            .into_iter()
            .map(|part| match part.change {
                Change::Same => part.text,
                Change::Added => format!("[+{}]", part.text),
                Change::Removed => format!("[-{}]", part.text),
            })
            .collect()
    }

    #[test]
    fn words_are_compared() {
        assert_eq!(
            drawn("They pay late, always", "They pay early, always"),
            "They pay [-late,][+early,] always"
        );
        assert_eq!(drawn("", "New"), "[+New]");
        assert_eq!(drawn("Same", "Same"), "");
    }

    #[test]
    fn a_long_same_stretch_is_cut() {
        let long = "word ".repeat(500);
        let parts = words(&format!("{long}old"), &format!("{long}new"));
        assert_eq!(parts.len(), 3);
        assert!(parts[0].text.contains("[…]") && parts[0].text.chars().count() < LONGEST_SAME);
    }

    #[test]
    fn two_large_texts_without_a_common_word_are_compared_all_the_same() {
        let old: String = (0..9_000).map(|n| format!("a{n} ")).collect();
        let new: String = (0..9_000).map(|n| format!("b{n} ")).collect();
        assert!(words(&old, &new).iter().any(|part| part.change == Change::Added));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_it(old in "[a-d \\n]{0,80}", new in "[a-d \\n]{0,80}") {
            let parts = words(&old, &new);
            let read = |without: Change| -> String {
                parts.iter().filter(|part| part.change != without).map(|part| part.text.as_str()).collect()
            };
            if old != new {
                prop_assert_eq!(read(Change::Added), old);
                prop_assert_eq!(read(Change::Removed), new);
            }
        }
    }
}
