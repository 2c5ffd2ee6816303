//! Several events in one sentence.

use super::Kind;

/// The sentence for `events` of a kind about the thing called `title`, at least two of them. Kinds whose
/// latest event says all there is to say have none of their own: then the latest sentence stands.
/// `departments` are those that may be named, without repeats; fewer than all where some may not.
pub fn sentence(kind: Kind, events: i64, departments: &[String], title: &str) -> Option<String> {
    let places = places(departments);
    match kind {
        Kind::Used => Some(format!("{events} colleagues{places} used “{title}”")),
        Kind::Remarked => Some(format!("{events} remarks{} on “{title}”", from(departments))),
        Kind::Mentioned => Some(format!("You were mentioned {events} times at “{title}”")),
        Kind::RequestAnswered => Some(format!("{events} answers to your request “{title}”")),
        Kind::Settled
        | Kind::Recommended
        | Kind::Obstacle
        | Kind::AnsweredRequest
        | Kind::RequestMatches
        | Kind::RequestEnding
        | Kind::Awarded
        | Kind::CaseDecided
        | Kind::Privacy => None,
    }
}

fn places(departments: &[String]) -> String {
    if departments.is_empty() { String::new() } else { format!(" in {}", list(departments)) }
}

fn from(departments: &[String]) -> String {
    if departments.is_empty() { String::new() } else { format!(" from {}", list(departments)) }
}

/// "Sales", "Sales and Service", "Sales, Service and Finance", "4 departments".
fn list(departments: &[String]) -> String {
    match departments {
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        more => format!("{} departments", more.len()),
    }
}

/// A sentence as a line can hold it: controls and line ends are blanks, and what is too long is cut. What
/// people type is checked at the door; names and titles of an import are not.
pub fn one_line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= most {
        return clean;
    }
    let cut: String = clean.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departments_are_named_as_long_as_they_can_be_read() {
        let all = ["Sales", "Service", "Finance", "Operations"].map(String::from);
        for (some, words) in [
            (0, "2 colleagues used “T”"),
            (1, "2 colleagues in Sales used “T”"),
            (2, "2 colleagues in Sales and Service used “T”"),
            (3, "2 colleagues in Sales, Service and Finance used “T”"),
            (4, "2 colleagues in 4 departments used “T”"),
        ] {
            assert_eq!(sentence(Kind::Used, 2, &all[..some], "T").as_deref(), Some(words));
        }
        assert_eq!(sentence(Kind::Settled, 2, &all, "T"), None);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line("a\r\nBcc: b\t\u{0} c ", 50), "a Bcc: b c");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
    }
}
