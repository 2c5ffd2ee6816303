//! Settings, from the environment only, all checked at start with a sentence each.

mod mail;

use std::fmt;
use std::net::SocketAddr;

use chrono_tz::Tz;

pub use self::mail::Mail;
use crate::db::DatabaseUrl;
use crate::policy::{self, Policy};

/// Every setting with its default and what it is for, beside those of the market ([`policy::settings`]).
pub const SETTINGS: [(&str, &str, &str); 18] = [
    (
        "DATABASE_URL",
        "sqlite:tradewind.db",
        "where the data is: sqlite:FILE or postgres://NAME@HOST/DATABASE",
    ),
    (
        "DATABASE_REPLICA_URL",
        "",
        "a replica of a PostgreSQL DATABASE_URL: pages of the flow and reports are read from it; empty for none",
    ),
    (
        "REPLICA_TELL_SECONDS",
        "60",
        "from this age on a page that is read from the replica says how old it is, 0 to 3600",
    ),
    (
        "REPLICA_BEHIND_MINUTES",
        "10",
        "a replica further behind than this is not read, 1 to 1440; DATABASE_URL is then",
    ),
    ("LISTEN", "127.0.0.1:8080", "address and port to serve on"),
    ("PUBLIC_URL", "http://LISTEN", "how people reach it; with https:// cookies are Secure"),
    ("TIME_ZONE", "UTC", "the company's IANA time zone: it fixes day, week and month"),
    ("LOG", "info,actix_server=warn", "what is logged: error, warn, info, debug, or a tracing filter"),
    ("LOG_FORMAT", "text", "text, or json for one JSON object a line"),
    ("POOL", "auto", "database connections for reading, 1 to 100; auto is 4 for a file, 8 for a server"),
    ("REQUEST_DEADLINE_SECONDS", "10", "after this a request is told to come back, 1 to 120"),
    ("SESSION_IDLE_MINUTES", "60", "an unused session ends after this, 5 to 1440"),
    ("SESSION_HOURS", "12", "every session ends after this, 1 to 24"),
    ("TRUSTED_PROXIES", "", "addresses whose X-Forwarded-For is believed, separated by commas"),
    (
        "SMTP_URL",
        "",
        "the mail server: smtps://NAME:PASSWORD@HOST or smtp://HOST?tls=required; empty for no mail",
    ),
    ("MAIL_FROM", "", "who mail comes from, such as Tradewind <tradewind@example.com>"),
    ("UPLOAD_ROWS", "1000000", "most rows of a file on the import page, 1 to 100000000"),
    ("UPLOAD_MEBIBYTES", "64", "largest file the import page takes, 1 to 1024"),
];

/// The settings of a node.
#[derive(Clone)]
pub struct Config {
    pub database_url: DatabaseUrl,
    /// What follows it and is read for pages of the flow; PostgreSQL only.
    pub replica_url: Option<DatabaseUrl>,
    /// How old what is read there may be.
    pub replica_patience: crate::db::Patience,
    pub listen: SocketAddr,
    /// Scheme, host and port people use; no path, no trailing slash.
    pub public_url: String,
    pub time_zone: Tz,
    pub log: String,
    pub log_json: bool,
    /// Connections for reading; `None` is what suits the database.
    pub pool: Option<u32>,
    pub request_deadline: std::time::Duration,
    pub session_idle: chrono::Duration,
    pub session_total: chrono::Duration,
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// How mail is sent; without it there is none.
    pub mail: Option<Mail>,
    pub upload_bytes: usize,
    /// Most rows of a file on the import page; the command line has no limit.
    pub upload_rows: u64,
    /// The constants of the market.
    pub policy: Policy,
    /// What a password hash costs; only tests and `demo` make it cheap.
    pub hashing: Hashing,
}

/// The cost of a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashing {
    /// argon2id with 47,104 KiB and one pass: OWASP's first choice.
    Full,
    /// Just enough to be a valid hash, so that tests do not wait.
    Cheap,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// One line per wrong or unknown setting, each saying what would be right.
    pub fn from_env() -> Result<Config, String> {
        // A name that is not UTF-8 is none of ours; a value that is not is reported as wrong below.
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        });
        Config::from_pairs(pairs)
    }

    /// Reads settings from name and value pairs, as [`Config::from_env`] does.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Config, String> {
        let mut problems = Vec::new();
        let mut given = std::collections::HashMap::new();
        let known = names();
        for (name, value) in pairs {
            if known.contains(&name.as_str()) {
                given.insert(name, value);
            } else if let Some(meant) = misspelled(&name, &known) {
                problems.push(format!("{name} is not a setting; did you mean {meant}?"));
            }
        }
        let mut reader = Reader { given, problems };
        let listen: SocketAddr = reader.parse("LISTEN", "an address and port such as 127.0.0.1:8080");
        let public_url = reader.public_url(listen);
        let database_url = reader.parse_with("DATABASE_URL", |text| text.parse::<DatabaseUrl>());
        let config = Config {
            replica_url: reader.parse_with("DATABASE_REPLICA_URL", |text| replica(text, &database_url)),
            replica_patience: crate::db::Patience {
                tell_after: std::time::Duration::from_secs(reader.number("REPLICA_TELL_SECONDS", 0, 3600)),
                most_behind: std::time::Duration::from_secs(
                    60 * reader.number("REPLICA_BEHIND_MINUTES", 1, 1440),
                ),
            },
            database_url,
            listen,
            public_url,
            time_zone: reader.parse("TIME_ZONE", "an IANA name such as Europe/Paris or UTC"),
            log: reader.parse_with("LOG", log_filter),
            log_json: reader.parse_with("LOG_FORMAT", |text| match text {
                "text" => Ok(false),
                "json" => Ok(true),
                _ => Err("must be text or json".to_owned()),
            }),
            pool: reader.parse_with("POOL", pool),
            request_deadline: std::time::Duration::from_secs(reader.number(
                "REQUEST_DEADLINE_SECONDS",
                1,
                120,
            )),
            session_idle: chrono::Duration::minutes(reader.number("SESSION_IDLE_MINUTES", 5, 1440) as i64),
            session_total: chrono::Duration::hours(reader.number("SESSION_HOURS", 1, 24) as i64),
            trusted_proxies: reader.parse_with("TRUSTED_PROXIES", |text| {
                text.split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(|part| part.parse().map_err(|_| format!("\"{part}\" is not an IP address")))
                    .collect()
            }),
            mail: reader.mail(),
            upload_rows: reader.number("UPLOAD_ROWS", 1, 100_000_000),
            upload_bytes: reader.number("UPLOAD_MEBIBYTES", 1, 1024) as usize * 1024 * 1024,
            policy: reader.policy(),
            hashing: Hashing::Full,
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems.join("\n")) }
    }

    /// Whether people reach it by https, so that cookies must not travel without.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// How patient the database layer is.
    pub fn limits(&self) -> crate::db::Limits {
        // Each reader of a file has a page cache of its own, and more readers than cores only share the
        // cores: with eight of them an insight cost a fifth more CPU than with four. A reader of a server
        // mostly waits for it.
        let suits = if matches!(self.database_url, DatabaseUrl::Sqlite(_)) { 4 } else { 8 };
        let pool = self.pool.unwrap_or(suits);
        crate::db::Limits { pool, deadline: self.request_deadline, ..crate::db::Limits::default() }
    }
}

/// What may stand in `DATABASE_REPLICA_URL` beside this `DATABASE_URL`.
fn replica(text: &str, database: &DatabaseUrl) -> Result<Option<DatabaseUrl>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if matches!(database, DatabaseUrl::Sqlite(_)) {
        return Err("needs a DATABASE_URL that begins with postgres://; a file has no replica".into());
    }
    match text.parse::<DatabaseUrl>()? {
        DatabaseUrl::Sqlite(_) => Err("must begin with postgres://; a file is no replica".into()),
        same if same == *database => Err("is DATABASE_URL itself; name its replica, or leave it out".into()),
        other => Ok(Some(other)),
    }
}

fn pool(text: &str) -> Result<Option<u32>, String> {
    match text.parse::<u32>() {
        Ok(connections) if (1..=100).contains(&connections) => Ok(Some(connections)),
        _ if text == "auto" => Ok(None),
        _ => Err(format!("\"{text}\" must be a number from 1 to 100, or auto")),
    }
}

/// Shows no password: a database address prints without.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database_url", &self.database_url.to_string())
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("time_zone", &self.time_zone)
            .finish_non_exhaustive()
    }
}

/// The setting somebody probably meant. An unknown name can only be told from the rest of the
/// environment when it is close to one of ours: the longer the name, the more may differ.
fn misspelled(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let typed = name.to_uppercase().replace('-', "_");
    let typed = typed.strip_prefix("TRADEWIND_").unwrap_or(&typed);
    let distance = |known: &&'static str| (strsim::damerau_levenshtein(known, typed), *known);
    known
        .iter()
        .map(distance)
        .filter(|(distance, known)| {
            let most = match known.len() {
                ..=6 => 1,
                7..=12 => 2,
                _ => 3,
            };
            *distance <= most
        })
        .min()
        .map(|(_, known)| known)
}

/// The names of all settings.
fn names() -> Vec<&'static str> {
    let market = policy::settings().into_iter().map(|setting| setting.name);
    SETTINGS.iter().map(|(name, ..)| *name).chain(market).collect()
}

/// A filter for what is logged. The filter's own reading takes any word for the name of a module, so that
/// a mistyped level would silence everything: here a part is a level or says one for a module.
fn log_filter(text: &str) -> Result<String, String> {
    const RIGHT: &str =
        "must be error, warn, info, debug, trace or off, or parts such as info,tradewind::jobs=debug";
    let is_level = |word: &str| {
        ["error", "warn", "info", "debug", "trace", "off"].contains(&word.trim().to_lowercase().as_str())
    };
    let says_a_level = |part: &str| is_level(part.rsplit_once('=').map_or(part, |(_, level)| level));
    if text.split(',').all(says_a_level) && tracing_subscriber::EnvFilter::try_new(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err(format!("\"{text}\" {RIGHT}"))
    }
}

struct Reader {
    given: std::collections::HashMap<String, String>,
    problems: Vec<String>,
}

impl Reader {
    fn text(&self, name: &'static str) -> String {
        let default =
            SETTINGS.iter().find(|(known, ..)| *known == name).map_or("", |(_, default, _)| default);
        self.given.get(name).cloned().unwrap_or_else(|| default.to_owned())
    }

    fn default_of<T, E>(name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let default =
            SETTINGS.iter().find(|(known, ..)| *known == name).map_or("", |(_, default, _)| default);
        parse(default).ok()
    }

    fn parse_with<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        match parse(self.text(name).trim()) {
            Ok(value) => value,
            Err(problem) => {
                self.problems.push(format!("{name}: {problem}"));
                match Reader::default_of(name, parse) {
                    Some(value) => value,
                    None => unreachable!("the default of {name} is valid"),
                }
            }
        }
    }

    fn parse<T: std::str::FromStr>(&mut self, name: &'static str, right: &str) -> T {
        self.parse_with(name, |text| text.parse().map_err(|_| format!("\"{text}\" must be {right}")))
    }

    fn number(&mut self, name: &'static str, low: u64, high: u64) -> u64 {
        self.parse_with(name, |text| match text.parse::<u64>() {
            Ok(value) if (low..=high).contains(&value) => Ok(value),
            _ => Err(format!("\"{text}\" must be a number from {low} to {high}")),
        })
    }

    /// The two settings of mail; a problem never repeats the address, which holds a password.
    fn mail(&mut self) -> Option<Mail> {
        match Mail::read(&self.text("SMTP_URL"), &self.text("MAIL_FROM")) {
            Ok(mail) => mail,
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn policy(&mut self) -> Policy {
        let given = &self.given;
        Policy::read(&|name| given.get(name).cloned(), &mut self.problems)
    }

    fn public_url(&mut self, listen: SocketAddr) -> String {
        let Some(text) = self.given.get("PUBLIC_URL").cloned() else {
            return format!("http://{listen}");
        };
        match url::Url::parse(text.trim()) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && url.host().is_some()
                    && url.path() == "/"
                    && url.query().is_none() =>
            {
                url.origin().ascii_serialization()
            }
            _ => {
                self.problems.push(format!(
                    "PUBLIC_URL: \"{text}\" must be scheme, host and perhaps port, such as https://insights.example.com"
                ));
                String::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, String> {
        Config::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = read(&[("PATH", "/bin"), ("HOME", "/root")]).expect("defaults");
        assert_eq!(config.database_url.to_string(), "sqlite:tradewind.db");
        assert_eq!(config.public_url, "http://127.0.0.1:8080");
    }

    #[test]
    fn a_replica_belongs_to_a_server() {
        let server = ("DATABASE_URL", "postgres://ann:canary@host/db");
        let with = |url: &'static str| read(&[server, ("DATABASE_REPLICA_URL", url)]);
        let config = with("postgres://ann:canary@copy/db").expect("a replica");
        assert_eq!(config.replica_url.expect("it").to_string(), "postgres://ann@copy/db");
        assert!(with("").expect("none").replica_url.is_none());
        for (url, words) in [
            (server.1, "is DATABASE_URL itself"),
            ("sqlite:copy.db", "a file is no replica"),
            ("postgers://ann:canary@copy/db", "must begin with"),
        ] {
            let said = with(url).expect_err(url);
            assert!(said.starts_with("DATABASE_REPLICA_URL: ") && said.contains(words), "{said}");
            assert!(!said.contains("canary") && said.lines().count() == 1, "{said}");
        }
    }

    #[test]
    fn every_problem_is_named_with_what_would_be_right() {
        let problems = read(&[
            ("DATABASE_URL", "mysql://x"),
            ("POOL", "0"),
            ("TIME_ZONE", "Mars/Olympus"),
            ("PUBLIC_URL", "insights.example.com"),
            ("SESSION_HUORS", "3"),
            ("VALUE_LAMDA_G", "3"),
            ("BOUNTY_MAX", "0"),
        ])
        .expect_err("problems");
        for part in [
            "DATABASE_URL: ",
            "1 to 100",
            "Mars/Olympus",
            "https://insights",
            "did you mean SESSION_HOURS",
            "did you mean VALUE_LAMBDA_G",
            "BOUNTY_MAX: \"0\" must be",
        ] {
            assert!(problems.contains(part), "{part} is missing from: {problems}");
        }
    }

    #[test]
    fn names_close_to_a_setting_are_caught_and_those_of_others_are_not() {
        for (typed, meant) in [
            ("LISTN", "LISTEN"),
            ("listen", "LISTEN"),
            ("POOLS", "POOL"),
            ("LOGS", "LOG"),
            ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
            ("TIMEZONE", "TIME_ZONE"),
            ("DATABASE-URL", "DATABASE_URL"),
            ("TRADEWIND_DATABASE_URL", "DATABASE_URL"),
            ("SESSION_HUORS", "SESSION_HOURS"),
        ] {
            let said = read(&[(typed, "1")]).expect_err(typed);
            assert_eq!(said, format!("{typed} is not a setting; did you mean {meant}?"));
        }
        for other in [
            "PATH",
            "HOME",
            "LANG",
            "LOGNAME",
            "TERM",
            "SHELL",
            "SHLVL",
            "MAIL",
            "USER",
            "PWD",
            "TZ",
            "PORT",
            "HOST",
            "LISTEN_FDS",
            "LISTEN_PID",
            "SESSION_MANAGER",
            "XDG_SESSION_ID",
            "RUST_LOG",
            "LC_TIME",
            "INVOCATION_ID",
            "POD_NAME",
        ] {
            assert!(read(&[(other, "1")]).is_ok(), "{other} is none of ours");
        }
    }

    #[test]
    fn a_log_filter_is_levels() {
        for right in ["info", "WARN", "debug,actix_server=warn", "tradewind::jobs=trace", "off"] {
            assert!(read(&[("LOG", right)]).is_ok(), "{right}");
        }
        for wrong in ["bogus", "inf", "info,actix_server", "tradewind=loud", ""] {
            let said = read(&[("LOG", wrong)]).expect_err(wrong);
            assert!(said.starts_with("LOG: ") && said.contains("must be error, warn"), "{said}");
        }
    }
}
