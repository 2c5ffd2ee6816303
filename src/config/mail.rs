//! How mail is sent: the server and the sender.

use std::fmt;

use lettre::message::Mailbox;
use url::{Host, Url};

/// A mail server, and who mail comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// As lettre reads it; holds the password.
    url: Url,
    pub from: Mailbox,
}

/// What a right address looks like.
const RIGHT: &str = "must be smtps://NAME:PASSWORD@HOST, smtp://NAME:PASSWORD@HOST?tls=required, \
                     or smtp://HOST for a server that asks for no password";

impl Mail {
    /// Reads SMTP_URL and MAIL_FROM; both empty is no mail.
    ///
    /// # Errors
    /// A line for each problem; none holds the password.
    pub fn read(smtp_url: &str, mail_from: &str) -> Result<Option<Mail>, Vec<String>> {
        let (smtp_url, mail_from) = (smtp_url.trim(), mail_from.trim());
        let from = match (smtp_url.is_empty(), mail_from.is_empty()) {
            (true, true) => return Ok(None),
            (true, false) => Err("SMTP_URL: must be set where MAIL_FROM is, or no mail is sent".to_owned()),
            (false, true) => {
                Err("MAIL_FROM: must say who mail comes from, such as Tradewind <tradewind@example.com>"
                    .to_owned())
            }
            (false, false) => mail_from.parse::<Mailbox>().map_err(|_| {
                format!(
                    "MAIL_FROM: \"{mail_from}\" must be an address, such as Tradewind <tradewind@example.com>"
                )
            }),
        };
        let url = if smtp_url.is_empty() { None } else { Some(server(smtp_url)) };
        match (url, from) {
            (Some(Ok(url)), Ok(from)) => Ok(Some(Mail { url, from })),
            (url, from) => Err([url.and_then(Result::err), from.err()].into_iter().flatten().collect()),
        }
    }

    /// The address of the server with its password, for the transport only.
    pub fn secret_url(&self) -> &str {
        self.url.as_str()
    }

    /// Host, and port where one is set, for the administrator's page.
    pub fn server(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

fn server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| format!("SMTP_URL: {RIGHT}"))?;
    let host = url.host_str().unwrap_or_default();
    let tls: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let tls: Vec<(&str, &str)> = tls.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let encrypted = match (url.scheme(), tls.as_slice()) {
        ("smtps", []) | ("smtp", [("tls", "required")]) => true,
        ("smtp", [] | [("tls", "opportunistic")]) => false,
        _ => return Err(format!("SMTP_URL: {RIGHT}")),
    };
    if host.is_empty() || url.fragment().is_some() || (url.username().is_empty() && url.password().is_some())
    {
        return Err(format!("SMTP_URL: {RIGHT}"));
    }
    if url.password().is_none() && !url.username().is_empty() {
        return Err(
            "SMTP_URL: has a name but no password; write smtps://NAME:PASSWORD@HOST, and %40 for an @ \
                    in either"
                .to_owned(),
        );
    }
    if url.password().is_some() && !encrypted && !is_here(&url) {
        return Err("SMTP_URL: the password would travel where anybody can read it; use smtps:// or add \
                    ?tls=required"
            .to_owned());
    }
    Ok(url)
}

/// Whether the server is on this machine. The schemes are not "special" ones, so a host of digits is a
/// name to the parser.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Shows no password.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("server", &self.server()).field("from", &self.from.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "Tradewind <tradewind@example.com>";

    #[test]
    fn a_server_needs_a_sender_and_the_other_way_round() {
        assert_eq!(Mail::read("", " "), Ok(None));
        assert!(Mail::read("", FROM).is_err_and(|problems| problems[0].starts_with("SMTP_URL: ")));
        assert!(
            Mail::read("smtp://127.0.0.1:2525", "")
                .is_err_and(|problems| problems[0].starts_with("MAIL_FROM: "))
        );
        let problems = Mail::read("mail.example.com", "somebody").expect_err("both are wrong");
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn a_password_travels_encrypted_and_is_never_printed() {
        for (url, fine) in [
            ("smtps://ann:canary@mail.example.com", true),
            ("smtps://ann%40example.com:canary@mail.example.com:465/node.example.com", true),
            ("smtp://ann:canary@mail.example.com?tls=required", true),
            ("smtp://mail.example.com", true),
            ("smtp://mail.example.com:25?tls=opportunistic", true),
            ("smtp://ann:canary@127.0.0.1:2525", true),
            ("smtp://ann:canary@localhost:2525", true),
            ("smtp://ann:canary@[::1]:2525", true),
            ("smtp://ann:canary@mail.example.com", false),
            ("smtp://ann:canary@mail.example.com?tls=opportunistic", false),
            ("smtp://ann:canary@mail.example.com?tls=maybe", false),
            ("smtps://ann@mail.example.com", false),
            ("smtps://:canary@mail.example.com", false),
            ("https://ann:canary@mail.example.com", false),
            ("ann:canary@mail.example.com", false),
            ("smtp://", false),
        ] {
            match Mail::read(url, FROM) {
                Ok(Some(mail)) => {
                    assert!(fine, "{url}");
                    assert!(!format!("{mail:?}").contains("canary"), "{mail:?}");
                    assert!(!mail.server().contains("canary"));
                }
                other => {
                    assert!(!fine, "{url}: {other:?}");
                    assert!(!format!("{other:?}").contains("canary"), "{other:?}");
                }
            }
        }
    }
}
