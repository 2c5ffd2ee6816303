//! Which database, and where.

use std::fmt;

/// A database address. The scheme is required: the driver would take `postgers:typo` for a file name
/// and create an empty database of that name.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(String),
    /// A libpq address, as given.
    Postgres(String),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains('?') || path == ":memory:" {
                return Err(format!("\"{text}\" must name a file, as in sqlite:tradewind.db"));
            }
            return Ok(DatabaseUrl::Sqlite(path.to_owned()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(text.to_owned()));
        }
        // A password may stand anywhere behind the scheme, or in a list of NAME=VALUE.
        let shown = match text.split_once("://") {
            Some((scheme, _)) => format!("\"{scheme}://…\""),
            None if text.contains(['@', '=']) => "it".to_owned(),
            None => format!("\"{text}\""),
        };
        Err(format!(
            "{shown} must begin with sqlite: or postgres://, as in sqlite:tradewind.db or postgres://name@host/tradewind"
        ))
    }
}

/// Without the password, for logs and messages.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{path}"),
            DatabaseUrl::Postgres(text) => match ::url::Url::parse(text) {
                Ok(mut url) => {
                    let _ = url.set_password(None);
                    url.set_query(None);
                    write!(f, "{url}")
                }
                Err(_) => write!(f, "postgres://…"),
            },
        }
    }
}

/// The same in a debugging note.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_schemes_are_taken() {
        for (text, right) in [
            ("sqlite:a.db", true),
            ("sqlite:///tmp/a.db", true),
            ("postgres://ann@host/db", true),
            ("postgresql:///db?host=/tmp", true),
            ("sqlite:", false),
            ("sqlite::memory:", false),
            ("postgers://ann@host/db", false),
            ("a.db", false),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().is_ok(), right, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://ann:canary@host/db?password=canary".parse().expect("an address");
        assert!(!url.to_string().contains("canary"));
        assert!(!format!("{url:?}").contains("canary"));
        for wrong in [
            "mysql://ann:canary@host/db",
            "postgers://ann@host/db?password=canary",
            "host=db password=canary",
            "ann:canary@host",
        ] {
            let said = wrong.parse::<DatabaseUrl>().expect_err("a refusal");
            assert!(!said.contains("canary"), "{said}");
        }
    }
}
