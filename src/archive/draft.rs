//! The content of an insight before it is kept, and how one text becomes a title and the rest.

use chrono::NaiveDate;

use super::insight::Source;
use super::markdown;
use crate::text::fold;

/// Longest title, in characters.
pub const TITLE: usize = 140;
/// Longest body, in bytes.
pub const BODY: usize = 64 * 1024;
/// Longest quote, in bytes.
pub const QUOTE: usize = 4 * 1024;
/// Longest name of a segment, customer or tag, in characters.
pub const NAME: usize = 80;
/// Most tags of one insight.
pub const TAGS: usize = 12;
/// Longest evidence link, in characters.
pub const LINK: usize = 2000;

/// Valid content of an insight. Whoever makes one has checked its limits: a title that is not empty and
/// everything else within the bounds of this module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// One line, at most [`TITLE`] characters from a form.
    pub title: String,
    /// Markdown, at most [`BODY`] bytes.
    pub body: String,
    /// The customer's own words, plain.
    pub quote: String,
    /// The name of a segment, known or new; empty for none.
    pub segment: String,
    /// The name of a customer, known or new; empty for none.
    pub customer: String,
    /// Names of tags, known or new.
    pub tags: Vec<String>,
    pub source: Source,
    /// When the customer said it.
    pub observed_on: Option<NaiveDate>,
    /// http or https, or empty.
    pub evidence_url: String,
}

impl Draft {
    /// Everything but title, body and quote as lines of "name: value": what a version keeps of it.
    pub fn details(&self) -> String {
        let date = self.observed_on.map(|day| day.to_string()).unwrap_or_default();
        [
            ("Segment", self.segment.as_str()),
            ("Customer", &self.customer),
            ("How we know", self.source.title()),
            ("Observed on", &date),
            ("Topics", &self.tags.join(", ")),
            ("Evidence", &self.evidence_url),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}: {value}"))
        .collect::<Vec<_>>()
        .join("\n")
    }

    /// Whether two drafts say the same: names compare as they are found, tags in any order.
    pub fn says_the_same_as(&self, other: &Draft) -> bool {
        let tags = |draft: &Draft| {
            let mut tags: Vec<String> = draft.tags.iter().map(|tag| fold(tag)).collect();
            tags.sort();
            tags.dedup();
            tags
        };
        self.title == other.title
            && self.body == other.body
            && self.quote == other.quote
            && fold(&self.segment) == fold(&other.segment)
            && fold(&self.customer) == fold(&other.customer)
            && self.source == other.source
            && self.observed_on == other.observed_on
            && self.evidence_url == other.evidence_url
            && tags(self) == tags(other)
    }
}

/// The title of a text: its first sentence without Markdown, at most [`TITLE`] characters.
pub fn title_of(text: &str) -> String {
    title_and_rest(text).0
}

/// Splits a text into its title and its body. The first sentence becomes the title and leaves the body;
/// where that would lose something (it was too long, or held a link or emphasis), the body keeps it.
pub fn title_and_rest(text: &str) -> (String, String) {
    let text = text.trim();
    let (first, rest) = text.split_at(sentence_end(text));
    let written = first.trim();
    let plain = markdown::plain(written).split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = without_full_stop(&plain);
    if bare.is_empty() {
        // Nothing but a picture, a rule or signs: the text itself is all there is.
        return (shorten(written), rest.trim().to_owned());
    }
    let title = shorten(bare);
    let lossless = title == bare && plain == written;
    (title, if lossless { rest.trim() } else { text }.to_owned())
}

/// Cuts a title at a word, with an ellipsis.
fn shorten(title: &str) -> String {
    let one_line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= TITLE {
        return one_line;
    }
    let cut: String = one_line.chars().take(TITLE - 1).collect();
    let word = cut.rfind(' ').filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", cut[..word].trim_end_matches([' ', ',', ';', ':', '-', '–']))
}

/// A headline has no full stop; "etc." and "..." keep theirs.
fn without_full_stop(sentence: &str) -> &str {
    match sentence.strip_suffix('.') {
        Some(bare) if !bare.ends_with('.') && !ends_with_abbreviation(sentence) => bare,
        _ => sentence,
    }
}

/// Words that end in a full stop inside a sentence.
const ABBREVIATIONS: [&str; 23] = [
    "approx", "bzw", "ca", "co", "corp", "dept", "dr", "e.g", "etc", "fig", "i.e", "inc", "jr", "ltd", "mr",
    "mrs", "ms", "nr", "prof", "sr", "st", "vs", "z.b",
];

/// Whether `text`, which ends in a full stop, ends in an abbreviation or an initial.
fn ends_with_abbreviation(text: &str) -> bool {
    let word = text.trim_end_matches('.');
    let word = word.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or(word);
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Where the first sentence ends, in bytes: after its mark and closing quotes, at the end of the line,
/// or at the end of the text.
fn sentence_end(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return at,
            '。' | '！' | '？' => return at + c.len_utf8(),
            '.' | '!' | '?' | '…' => {
                let mut end = at + c.len_utf8();
                while let Some((next, closing)) = chars.next_if(|(_, c)| is_closing(*c)) {
                    end = next + closing.len_utf8();
                }
                let after = &text[end..];
                let new_word = after.trim_start_matches([' ', '\t']);
                let begins = new_word.chars().next().is_none_or(|next| !next.is_lowercase());
                let apart = after.is_empty() || after.starts_with(char::is_whitespace);
                let number = new_word.starts_with(|next: char| next.is_ascii_digit())
                    && text[..at].to_lowercase().ends_with(" no");
                let stop =
                    c != '.' || new_word.is_empty() || !(number || ends_with_abbreviation(&text[..=at]));
                if apart && begins && stop {
                    return end;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Marks that still belong to the sentence: repeated marks, closing quotes and brackets.
fn is_closing(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*' | '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_sentence_becomes_the_title() {
        for (text, title, rest) in [
            ("Shops ask for smaller crates.", "Shops ask for smaller crates", ""),
            ("Shops ask for smaller crates. Two in Kent.", "Shops ask for smaller crates", "Two in Kent."),
            ("Why so late? They asked twice.", "Why so late?", "They asked twice."),
            ("“No more paper.” She meant it.", "“No more paper.”", "She meant it."),
            ("One line\nAnother line", "One line", "Another line"),
            ("They pay approx. 5 % more. Really.", "They pay approx. 5 % more", "Really."),
            ("Dr. Sample of Otter Co. says no.", "Dr. Sample of Otter Co. says no", ""),
            ("It is No. 5 of the list. Yes.", "It is No. 5 of the list", "Yes."),
            ("They said no. Twice.", "They said no", "Twice."),
            ("J. Sample called. Twice.", "J. Sample called", "Twice."),
            ("Version 2.4 breaks their export. Now.", "Version 2.4 breaks their export", "Now."),
            ("We wait... and wait. Then?", "We wait... and wait", "Then?"),
            ("They sell pens, paper etc.", "They sell pens, paper etc.", ""),
            ("配送が遅い。二回聞いた。", "配送が遅い。", "二回聞いた。"),
            ("No stop at all", "No stop at all", ""),
            ("", "", ""),
        ] {
            assert_eq!(title_and_rest(text), (title.to_owned(), rest.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_lost_where_the_title_says_less() {
        let linked = "See [the ticket](https://example.com/7). It is old.";
        assert_eq!(title_and_rest(linked), ("See the ticket".into(), linked.into()));
        let long = format!("{}. End.", "word ".repeat(60).trim_end());
        let (title, rest) = title_and_rest(&long);
        assert!(title.ends_with('…') && title.chars().count() <= TITLE, "{title}");
        assert_eq!(rest, long);
    }

    #[test]
    fn details_name_what_is_there() {
        let draft = Draft {
            segment: "Retail".into(),
            source: Source::Visit,
            tags: vec!["crates".into(), "delivery".into()],
            ..Draft::default()
        };
        assert_eq!(draft.details(), "Segment: Retail\nHow we know: A visit\nTopics: crates, delivery");
    }

    proptest! {
        #[test]
        fn every_text_has_a_short_title_and_loses_no_letter(text in "[ -~\\n“”äß。…]{0,400}") {
            let (title, rest) = title_and_rest(&text);
            prop_assert!(title.chars().count() <= TITLE);
            prop_assert!(!title.contains('\n'));
            prop_assert_eq!(title.is_empty(), text.trim().is_empty());
            let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
            prop_assert!(letters(&title) + letters(&rest) >= letters(&text));
        }
    }
}
