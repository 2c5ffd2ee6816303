//! How alike two texts are: the share of their words and pairs of neighbouring words that both have
//! (Jaccard's coefficient over shingles of one and two words; A. Broder, "On the resemblance and
//! containment of documents", 1997). Words are compared without case and accents, and the commonest are
//! left out, so that two short sentences are not alike because both say "the customer".

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::db::search::bare;

/// Words that say nothing about what a text is about.
const COMMON: [&str; 48] = [
    "a", "about", "after", "all", "an", "and", "are", "as", "at", "be", "because", "but", "by", "can", "do",
    "for", "from", "has", "have", "her", "his", "in", "into", "is", "it", "its", "not", "of", "on", "or",
    "our", "she", "so", "than", "that", "the", "their", "them", "they", "this", "to", "up", "was", "we",
    "were", "when", "who", "with",
];

/// The words of a text and the pairs of them that stand side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

/// The words that count, in their order.
fn words(text: &str) -> Vec<String> {
    bare(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !COMMON.contains(word))
        .map(str::to_owned)
        .collect()
}

impl Shingles {
    /// Those of a text.
    pub fn of(text: &str) -> Shingles {
        let words = words(text);
        let single = words.iter().map(|word| hash(&[word]));
        let pairs = words.windows(2).map(|pair| hash(&[&pair[0], &pair[1]]));
        let mut all: Vec<u64> = single.chain(pairs).collect();
        all.sort_unstable();
        all.dedup();
        Shingles(all)
    }

    /// How alike two texts are, from 0 (not a word in common) to 1 (the same words in the same order).
    /// Nothing is like an empty text.
    pub fn likeness(&self, other: &Shingles) -> f64 {
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = 0_usize;
        while let (Some(a), Some(b)) = (one.peek(), two.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => _ = one.next(),
                std::cmp::Ordering::Greater => _ = two.next(),
                std::cmp::Ordering::Equal => {
                    both += 1;
                    one.next();
                    two.next();
                }
            }
        }
        let either = self.0.len() + other.0.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

fn hash(words: &[&String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

/// The words by which texts like this one are looked for: the longest, which are the rarest, at most
/// `most`, each once.
pub fn telling(text: &str, most: usize) -> Vec<String> {
    let mut telling = words(text);
    telling.retain(|word| word.chars().count() > 2);
    telling.sort_by(|a, b| b.chars().count().cmp(&a.chars().count()).then_with(|| a.cmp(b)));
    telling.dedup();
    telling.truncate(most);
    telling
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(one: &str, two: &str) -> f64 {
        Shingles::of(one).likeness(&Shingles::of(two))
    }

    #[test]
    fn the_same_in_other_words_is_like_and_another_matter_is_not() {
        let crates = "Shops ask for smaller crates because the big ones do not fit through the back door";
        for (other, low, high) in [
            (crates, 1.0, 1.0),
            (
                "SHOPS ask for smaller crates; because the big ones do not fit through the back-door!",
                1.0,
                1.0,
            ),
            ("Shops ask for smaller crates because big ones do not fit through the door", 0.75, 0.99),
            ("Two shops ask for smaller crates: the big ones do not fit", 0.4, 0.75),
            ("Shops pay late because the invoices reach the wrong person", 0.0, 0.2),
            ("Hospitals want the manual in Polish", 0.0, 0.01),
            ("", 0.0, 0.0),
        ] {
            let found = likeness(crates, other);
            assert!((low..=high).contains(&found), "{other:?}: {found}");
        }
        assert_eq!(likeness("", ""), 0.0);
        assert_eq!(likeness("the of and", "the of and"), 0.0);
    }

    #[test]
    fn the_longest_words_are_looked_for() {
        assert_eq!(
            telling("Controllers read the Überweisung as a supplier; controllers do", 3),
            ["controllers", "uberweisung", "supplier"]
        );
        assert_eq!(telling("it is so", 3), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn likeness_is_a_share_and_the_same_both_ways(one in "[a-d ]{0,30}", two in "[a-d ]{0,30}") {
            let there = likeness(&one, &two);
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert_eq!(there, likeness(&two, &one));
            prop_assert!(words(&one).is_empty() || likeness(&one, &one) == 1.0);
        }
    }
}
