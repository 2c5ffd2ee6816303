//! Mail as text. Always plain: nothing a name or a title holds can become markup.

use super::gather::one_line;
use super::{Kind, Rhythm};

/// Characters of a subject.
const SUBJECT: usize = 150;
/// Lines that a mail spells out; the others are counted.
pub const LINES: usize = 20;

/// A subject, and a text without its last lines: how to stop it is added when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

/// An unread line of somebody's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: i64,
    pub kind: Kind,
    pub text: String,
}

/// What happened, newest first; at least one line. Each link leads through the page of notices, which
/// marks it as read.
pub fn of_lines(lines: &[Line], rhythm: Rhythm, public_url: &str) -> Letter {
    let mut because: Vec<&str> = Vec::new();
    for line in lines {
        if !because.contains(&line.kind.because()) {
            because.push(line.kind.because());
        }
    }
    let first = lines.first().map(|line| line.text.as_str()).unwrap_or_default();
    let (subject, mut body) = if lines.len() < 2 {
        (first.to_owned(), String::new())
    } else {
        let more = format!(" and {} more", lines.len() - 1);
        let subject = one_line(first, SUBJECT - more.chars().count()) + &more;
        (subject, "What happened since your last mail:\n\n".to_owned())
    };
    for line in lines.iter().take(LINES) {
        body.push_str(&format!("{}.\n{public_url}/notifications/{}\n\n", one_line(&line.text, 400), line.id));
    }
    if lines.len() > LINES {
        body.push_str(&format!("And {} more: {public_url}/notifications\n\n", lines.len() - LINES));
    }
    body.push_str(&format!(
        "You get this mail {} because {}.\nChoose what comes by mail, and how often: {public_url}/settings#mail\n",
        rhythm.in_words(),
        list(&because),
    ));
    Letter { subject: one_line(&subject, SUBJECT), body }
}

/// The last line of a mail of notices.
pub fn how_to_stop(unsubscribe: &str) -> String {
    format!("No more of these mails: {unsubscribe}\n")
}

fn list(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Invites somebody; `link` is made when it is sent.
pub fn invitation(link: &str, lasts: &str) -> String {
    format!(
        "You are invited to Tradewind, where colleagues share what they learn about customers.\n\n\
         Choose your password here; the link works once, for {lasts}:\n{link}\n\n\
         You get this mail because an administrator of your company made an account for you. If you did \
         not expect it, do nothing: without your password nobody can use the account.\n"
    )
}

/// Lets somebody choose a new password.
pub fn reset(link: &str, lasts: &str) -> String {
    format!(
        "Choose a new password here; the link works once, for {lasts}:\n{link}\n\n\
         You get this mail because you or an administrator asked for it. If it was not you, do nothing: \
         your password stays as it is.\n"
    )
}

/// Tells somebody that their account was changed.
pub fn account_changed(what: &str, public_url: &str) -> Letter {
    Letter {
        subject: format!("Your Tradewind account: {what}"),
        body: format!(
            "At {public_url}: {what}.\n\nIf this was not you and you did not ask for it, tell an \
             administrator of Tradewind in your company at once.\n\n\
             You get this mail because it concerns the safety of your account; it cannot be switched off.\n"
        ),
    }
}

/// Lets an administrator see that mail arrives.
pub fn test(public_url: &str) -> Letter {
    Letter {
        subject: "Mail from Tradewind arrives".to_owned(),
        body: format!(
            "This mail was asked for at {public_url}/admin/mail, to see that mail arrives. It did.\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: i64, kind: Kind, text: &str) -> Line {
        Line { id, kind, text: text.into() }
    }

    #[test]
    fn one_event_is_its_own_subject() {
        let letter =
            of_lines(&[line(3, Kind::Used, "Bob used “T”")], Rhythm::AtOnce, "https://tradewind.example");
        assert_eq!(letter.subject, "Bob used “T”");
        assert_eq!(
            letter.body,
            "Bob used “T”.\nhttps://tradewind.example/notifications/3\n\n\
             You get this mail as it happens because an insight of yours was used.\n\
             Choose what comes by mail, and how often: https://tradewind.example/settings#mail\n"
        );
    }

    #[test]
    fn many_events_are_counted() {
        let lines: Vec<Line> = (0..25)
            .map(|id| {
                line(id, if id < 3 { Kind::Mentioned } else { Kind::Used }, &"Something long ".repeat(20))
            })
            .collect();
        let letter = of_lines(&lines, Rhythm::Weekly, "https://tradewind.example");
        assert!(letter.subject.ends_with("… and 24 more"), "{}", letter.subject);
        assert!(letter.subject.chars().count() <= SUBJECT);
        assert!(letter.body.contains("And 5 more: https://tradewind.example/notifications\n"));
        assert!(
            letter
                .body
                .contains("once a week because a colleague mentioned you and an insight of yours was used.")
        );
    }
}
