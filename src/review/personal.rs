//! Personal data in a text: e-mail addresses, telephone numbers, card numbers and bank accounts. A rule of
//! thumb that would rather ask once too often about a number than miss a card; a person decides.

/// What somebody may have written down about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    Phone,
    Card,
    Account,
}

impl Kind {
    /// As a page says it.
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Email => "an e-mail address",
            Kind::Phone => "a telephone number",
            Kind::Card => "a card number",
            Kind::Account => "a bank account",
        }
    }
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Found {
    pub kind: Kind,
    /// Enough to find it in the text, too little to use it: `+33 … 78`.
    pub masked: String,
}

/// Mailboxes that belong to no person.
const SHARED: [&str; 16] = [
    "admin", "billing", "contact", "feedback", "hello", "help", "info", "invoices", "mail", "noreply",
    "no-reply", "office", "orders", "sales", "service", "support",
];

/// Words in front of a number that make it a telephone number however it is written.
const CUES: [&str; 10] =
    ["call", "cell", "fax", "handy", "mobile", "phone", "tel", "telefon", "telephone", "whatsapp"];

/// Lengths of account numbers by country (ISO 13616 registry).
const ACCOUNTS: [(&str, usize); 38] = [
    ("AD", 24),
    ("AE", 23),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("TR", 26),
];

/// Everything in the text that looks like personal data, in the order of the kinds, each once.
pub fn find(text: &str) -> Vec<Found> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = emails(&letters);
    let accounts = accounts(&letters);
    let taken = |at: usize| accounts.iter().any(|(from, to, _)| (*from..*to).contains(&at));
    for run in runs(&letters) {
        if run.clone().any(taken) {
            continue;
        }
        found.extend(number(&letters, run));
    }
    found.extend(accounts.iter().map(|(.., found)| found.clone()));
    found.sort_by_key(|one| one.kind);
    let mut once: Vec<Found> = Vec::new();
    for one in found {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

fn emails(letters: &[char]) -> Vec<Found> {
    let local = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
    let host = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let mut found = Vec::new();
    for (at, _) in letters.iter().enumerate().filter(|(_, c)| **c == '@') {
        let before = letters[..at].iter().rev().take_while(|c| local(c)).count();
        let name: String = letters[at - before..at].iter().collect();
        let after: String = letters[at + 1..].iter().take_while(|c| host(c)).collect();
        let (name, after) = (name.trim_start_matches(['.', '\'', '-']), after.trim_end_matches(['.', '-']));
        let Some((domain, top)) = after.rsplit_once('.') else { continue };
        let whole = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) && !domain.is_empty();
        if name.is_empty() || !whole || SHARED.contains(&name.to_lowercase().as_str()) {
            continue;
        }
        let first: String = name.chars().take(1).collect();
        found.push(Found { kind: Kind::Email, masked: format!("{first}…@….{top}") });
    }
    found
}

/// Stretches of digits with at most two separators between two of them, as places in the text.
fn runs(letters: &[char]) -> Vec<std::ops::Range<usize>> {
    let separator = |c: char| matches!(c, ' ' | '-' | '–' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}');
    let mut runs = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut from = at;
        while from > 0 && matches!(letters[from - 1], '+' | '(') {
            from -= 1;
        }
        let mut to = at + 1;
        while to < letters.len() {
            let gap = letters[to..].iter().take_while(|c| separator(**c)).count();
            match letters.get(to + gap) {
                Some(c) if c.is_ascii_digit() && gap <= 3 => to += gap + 1,
                _ => break,
            }
        }
        // Part of a word, a version or an address in the web: EX-1234567890, order/0044…, 12ab.
        let glued = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@'));
        let joined = from > 0
            && (glued(letters.get(from - 1))
                || (matches!(letters[from - 1], '-' | '/' | '#' | '=' | '.')
                    && from > 1
                    && glued(letters.get(from - 2))));
        if !joined && !glued(letters.get(to)) {
            runs.push(from..to);
        }
        at = to;
    }
    runs
}

fn digits_of(text: &[char]) -> Vec<u32> {
    text.iter().filter_map(|c| c.to_digit(10)).collect()
}

/// What a stretch of digits is, if it is anything.
fn number(letters: &[char], run: std::ops::Range<usize>) -> Option<Found> {
    let text = &letters[run.clone()];
    if let Some(card) = card(text) {
        let last: String = card[card.len() - 4..].iter().map(u32::to_string).collect();
        return Some(Found { kind: Kind::Card, masked: format!("… {last}") });
    }
    if !is_phone(letters, run) {
        return None;
    }
    let digits = digits_of(text);
    let last: String = digits[digits.len() - 2..].iter().map(u32::to_string).collect();
    let plus = if text.contains(&'+') { "+" } else { "" };
    let first: String = digits[..2].iter().map(u32::to_string).collect();
    Some(Found { kind: Kind::Phone, masked: format!("{plus}{first} … {last}") })
}

/// The digits of a card number in a stretch: 13 to 19 in whole groups, with the right check digit
/// (ISO/IEC 7812-1, Luhn), of an issuer that gives cards to people.
fn card(text: &[char]) -> Option<Vec<u32>> {
    let plain: String = text.iter().collect();
    // A card is written with blanks or hyphens; other signs belong to something else, such as 12/28.
    plain.split(['.', '/', '+', '(', ')']).find_map(card_in)
}

fn card_in(part: &str) -> Option<Vec<u32>> {
    let groups: Vec<Vec<u32>> = part
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(|group| group.chars().filter_map(|c| c.to_digit(10)).collect())
        .collect();
    for from in 0..groups.len() {
        let mut digits: Vec<u32> = Vec::new();
        for group in &groups[from..] {
            digits.extend(group);
            let issued = matches!(digits.first(), Some(2..=6));
            let varied = digits.iter().any(|digit| Some(digit) != digits.first());
            if (13..=19).contains(&digits.len()) && issued && varied && luhn(&digits) {
                return Some(digits);
            }
        }
    }
    None
}

/// Whether the last digit checks the others: every second digit from the right doubled, cross sums added.
pub fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ if digit * 2 > 9 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_phone(letters: &[char], run: std::ops::Range<usize>) -> bool {
    let text = &letters[run.clone()];
    let plain: String = text.iter().collect();
    let groups: Vec<&str> =
        plain.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let digits = digits_of(text);
    if is_date(&groups) || digits.iter().all(|digit| Some(digit) == digits.first()) {
        return false;
    }
    let count = digits.len();
    if plain.starts_with('+') || plain.starts_with("(+") {
        return (8..=15).contains(&count);
    }
    if plain.starts_with("00") {
        return (10..=17).contains(&count);
    }
    let parted = groups.len() > 1;
    if plain.starts_with('0') || plain.starts_with("(0") {
        return (9..=12).contains(&count) && parted;
    }
    // North America: 555 010 0199 in groups of three, three and four.
    let area = plain.starts_with('(') && groups.first().is_some_and(|area| area.len() == 3) && count == 10;
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    if area || (lengths == [3, 3, 4] && !plain.contains(' ')) {
        return true;
    }
    (7..=15).contains(&count) && has_cue(&letters[..run.start])
}

/// A day, perhaps with a time after it: 2026-11-18, 01.02.2026, 01/02/2026 10.30.
fn is_date(groups: &[&str]) -> bool {
    let number = |group: &str| group.parse::<u32>().unwrap_or(u32::MAX);
    match groups {
        [year, month, day, ..] if year.len() == 4 => {
            (1900..2200).contains(&number(year)) && number(month) <= 12 && number(day) <= 31
        }
        [day, month, year, ..] if year.len() == 4 && day.len() <= 2 && month.len() <= 2 => {
            (1900..2200).contains(&number(year)) && number(month) <= 31 && number(day) <= 31
        }
        _ => false,
    }
}

fn has_cue(before: &[char]) -> bool {
    let near: String = before[before.len().saturating_sub(16)..].iter().collect::<String>().to_lowercase();
    near.split(|c: char| !c.is_alphabetic()).any(|word| CUES.contains(&word))
}

/// Account numbers with their places: two letters, two check digits, the length of the country, and a
/// remainder of one when the whole is divided by 97 (ISO 7064).
fn accounts(letters: &[char]) -> Vec<(usize, usize, Found)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 4 < letters.len() {
        let starts = letters[at].is_ascii_alphabetic()
            && letters[at + 1].is_ascii_alphabetic()
            && letters[at + 2].is_ascii_digit()
            && letters[at + 3].is_ascii_digit()
            && (at == 0 || !letters[at - 1].is_alphanumeric());
        if let Some((to, masked)) = starts.then(|| account(letters, at)).flatten() {
            found.push((at, to, Found { kind: Kind::Account, masked }));
            at = to;
        } else {
            at += 1;
        }
    }
    found
}

fn account(letters: &[char], from: usize) -> Option<(usize, String)> {
    let country: String = letters[from..from + 2].iter().collect::<String>().to_uppercase();
    let (_, length) = ACCOUNTS.iter().find(|(known, _)| *known == country)?;
    let mut signs: Vec<char> = Vec::with_capacity(*length);
    let mut to = from;
    while signs.len() < *length {
        let c = *letters.get(to)?;
        if c.is_ascii_alphanumeric() {
            signs.push(c.to_ascii_uppercase());
        } else if !matches!(c, ' ' | '\u{a0}' | '-') {
            return None;
        }
        to += 1;
    }
    if letters.get(to).is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    let rest = signs[4..].iter().chain(&signs[..4]).fold(0_u32, |rest, c| match c.to_digit(36) {
        Some(value) if value > 9 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    });
    let last: String = signs[signs.len() - 2..].iter().collect();
    (rest == 1).then(|| (to, format!("{country} … {last}")))
}

/// The kinds in words: "an e-mail address and a telephone number".
pub fn in_words(found: &[Found]) -> String {
    let mut kinds: Vec<Kind> = found.iter().map(|one| one.kind).collect();
    kinds.sort();
    kinds.dedup();
    let words: Vec<&str> = kinds.into_iter().map(Kind::title).collect();
    match words.split_last() {
        None => "nothing".into(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// What its author is told about personal data in a text; nothing where there is none.
pub fn said_of(found: &[Found]) -> String {
    if found.is_empty() {
        return String::new();
    }
    format!(
        "It seems to hold {}. If that belongs to a person, leave it out; a curator looks at it too.",
        in_words(found)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        find(text).into_iter().map(|one| one.kind).collect()
    }

    #[test]
    fn what_belongs_to_a_person_is_found() {
        for (text, kind, masked) in [
            ("Write to ann.sample@example.com, she knows.", Kind::Email, "a…@….com"),
            ("(Bob_Example+shop@mail.example.co.uk)", Kind::Email, "B…@….uk"),
            ("Ring +33 1 70 18 99 78 before noon", Kind::Phone, "+33 … 78"),
            ("Ring 0033170189978", Kind::Phone, "00 … 78"),
            ("His number: 0151 / 555 01 23", Kind::Phone, "01 … 23"),
            ("(030) 5550 1234", Kind::Phone, "03 … 34"),
            ("555-010-0199 is hers", Kind::Phone, "55 … 99"),
            ("(555) 010-0199", Kind::Phone, "55 … 99"),
            ("mobile 7700 900123", Kind::Phone, "77 … 23"),
            ("Tel. 5550123", Kind::Phone, "55 … 23"),
            ("paid by 4111 1111 1111 1111 in May", Kind::Card, "… 1111"),
            ("5500-0055-5555-5559", Kind::Card, "… 5559"),
            ("340000099900036", Kind::Card, "… 0036"),
            ("card 4111111111111111 12/28", Kind::Card, "… 1111"),
            ("DE89 3704 0044 0532 0130 00", Kind::Account, "DE … 00"),
            ("to gb82west12345698765432.", Kind::Account, "GB … 32"),
        ] {
            assert_eq!(find(text), [Found { kind, masked: masked.into() }], "{text}");
        }
    }

    #[test]
    fn what_belongs_to_nobody_is_left_alone() {
        for text in [
            "",
            "On 2026-11-18 they waited 45 minutes, 3 times out of 10.",
            "Due 01.02.2026 10.30, 1 250 000 pieces at 12.50",
            "Order EX-1234567890 and article 4006381333931",
            "Write to info@example.com or support@example.com",
            "Follow @somebody, or a@b",
            "See https://example.com/tickets/0151-555-0123 and #0151555012",
            "4111 1111 1111 1112",
            "0000 0000 0000 0000",
            "Version 10.20.30.40, RAL 9010, ISO 9001:2015",
            "DE89 3704 0044 0532 0130 01",
            "between 2019 and 2026, 1200 to 1400 crates",
            "They call 3 to 5 times and ask 100 200",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn several_are_told_in_one_sentence() {
        let text = "ann@example.com, bob@example.org, +44 20 7946 0958, ann@example.com";
        let found = find(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(in_words(&found), "an e-mail address and a telephone number");
    }

    /// Fifteen digits and the one that checks them.
    fn checked(mut digits: Vec<u32>) -> Vec<u32> {
        for last in 0..10 {
            digits.push(last);
            if luhn(&digits) {
                return digits;
            }
            digits.pop();
        }
        digits
    }

    proptest! {
        #[test]
        fn every_card_is_found_and_none_is_shown(
            first in 2_u32..=6, rest in prop::collection::vec(0_u32..10, 14), parted in any::<bool>()
        ) {
            let digits = checked(std::iter::once(first).chain(rest).collect());
            prop_assume!(digits.iter().any(|digit| *digit != first));
            let text: String = digits.iter().enumerate().map(|(place, digit)| {
                let blank = if parted && place > 0 && place % 4 == 0 { " " } else { "" };
                format!("{blank}{digit}")
            }).collect();
            let found = find(&format!("She paid with {text}, twice."));
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].kind, Kind::Card);
            prop_assert!(found[0].masked.chars().filter(char::is_ascii_digit).count() <= 4);
        }

        #[test]
        fn nothing_breaks_it(text in "\\PC{0,80}") {
            let found = find(&text);
            prop_assert!(found.iter().all(|one| one.masked.chars().count() < 30));
        }

        #[test]
        fn words_without_digits_or_at_are_nothing(text in "[a-zA-Z ,.!-]{0,200}") {
            prop_assert_eq!(kinds(&text), []);
        }
    }
}
