//! Starting and stopping, as an operator sees it: settings, schema, set-up link, signals.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::support::node::{Node, command, run};
use crate::support::*;

/// A database file in a folder of its own, as a setting.
fn file() -> (tempfile::TempDir, String) {
    let folder = temporary_folder();
    let url = format!("sqlite:{}", folder.path().join("node.db").display());
    (folder, url)
}

#[test]
fn a_wrong_setting_is_one_clear_line_and_exit_code_2() {
    let (_folder, url) = file();
    for (name, value, words) in [
        ("DATABASE_URL", "mysql://somewhere", "must begin with sqlite: or postgres://"),
        (
            "DATABASE_REPLICA_URL",
            "postgres://ann@host/db",
            "needs a DATABASE_URL that begins with postgres://",
        ),
        ("REPLICA_BEHIND_MINUTES", "0", "a number from 1 to 1440"),
        ("LISTEN", "8080", "an address and port"),
        ("POOL", "many", "a number from 1 to 100"),
        ("TIME_ZONE", "Mars/Olympus", "Europe/Paris"),
        ("PUBLIC_URL", "insights.example.com", "https://insights.example.com"),
        ("SESSION_HUORS", "3", "did you mean SESSION_HOURS?"),
        ("LISTN", "127.0.0.1:0", "did you mean LISTEN?"),
        ("POOLS", "3", "did you mean POOL?"),
        ("TRUSTED_PROXY", "10.0.0.1", "did you mean TRUSTED_PROXIES?"),
        ("LOG", "bogus", "must be error, warn, info"),
        ("LOG_FORMAT", "xml", "must be text or json"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", "\"proxy\" is not an IP address"),
        ("VALUE_PMAX", "many", "a whole number from 1 to 1000000"),
        ("CREDITS", "no", "on or off"),
        ("BOUNTY_MIM", "3", "did you mean BOUNTY_MIN?"),
    ] {
        let mut settings = vec![("DATABASE_URL", url.as_str())];
        settings.retain(|(known, _)| *known != name);
        settings.push((name, value));
        let said = run(&["serve"], &settings);
        assert_eq!(said.code, Some(2), "{name}={value}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{name}={value}: {}", said.err);
        assert!(said.err.contains(name) && said.err.contains(words), "{name}={value}: {}", said.err);
    }
}

#[test]
fn a_wrong_command_is_exit_code_2_and_help_is_0() {
    assert_eq!(run(&["srve"], &[]).code, Some(2));
    assert_eq!(run(&["serve", "--port", "8080"], &[]).code, Some(2));
    let said = run(&["flow", "--from", "01.07.2026", "--to", "2026-08-01"], &[]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("--from") && said.err.contains("as in 2026-07-01"), "{}", said.err);
    assert_eq!(run(&["--help"], &[]).code, Some(0));
    assert_eq!(run(&["--version"], &[]).out, format!("tradewind {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_database_that_cannot_be_opened_is_one_line_and_exit_code_1() {
    for url in ["sqlite:/no/such/folder/node.db", "postgres://nobody@127.0.0.1:1/none"] {
        let said = run(&["migrate"], &[("DATABASE_URL", url)]);
        assert_eq!(said.code, Some(1), "{url}: {}", said.err);
        assert!(said.err.contains("cannot open"), "{url}: {}", said.err);
    }
}

#[test]
fn only_what_fills_a_database_makes_one() {
    let (folder, _) = file();
    let path = folder.path().join("elsewhere.db");
    let list = folder.path().join("people.csv");
    std::fs::write(&list, "email,name,department\nann@example.com,Ann,Sales\n").expect("a list");
    let (url, list) = (format!("sqlite:{}", path.display()), list.display().to_string());
    for command in [
        vec!["user", "reset-link", "ann@example.com"],
        vec!["user", "disable", "ann@example.com"],
        vec!["import", "--people", &list, "--sync"],
        vec!["import", "--people", &list, "--sync", "--dry-run"],
    ] {
        let said = run(&command, &[("DATABASE_URL", &url)]);
        assert_eq!(said.code, Some(1), "{command:?}: {}", said.err);
        assert!(said.err.contains("there is no database") && said.err.contains("set DATABASE_URL"));
        assert!(!path.exists(), "{command:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _) = file();
    let path = folder.path().join("own.db");
    let url = format!("sqlite:{}", path.display());
    assert_eq!(run(&["migrate"], &[("DATABASE_URL", &url)]).code, Some(0));
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_address_in_use_is_named() {
    let (_folder, url) = file();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("an address").to_string();
    let said = run(&["serve"], &[("DATABASE_URL", &url), ("LISTEN", &listen)]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains(&listen) && said.err.contains("set LISTEN"), "{}", said.err);
}

#[test]
fn a_stopping_node_finishes_what_it_has_begun() {
    let (_folder, url) = file();
    for signal in ["TERM", "INT"] {
        let mut node = Node::start(&["serve"], &[("DATABASE_URL", &url)]);
        let mut slow = node.connect().expect("a connection");
        let body = "theme=dark&back_to=%2F";
        let (first, rest) = body.split_at(7);
        let head = format!(
            "POST /theme HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{first}",
            body.len()
        );
        slow.write_all(head.as_bytes()).expect("the first half");
        std::thread::sleep(Duration::from_millis(200));
        node.signal(signal);
        std::thread::sleep(Duration::from_millis(700));
        assert!(node.connect().is_err(), "{signal}: the door is still open");
        slow.write_all(rest.as_bytes()).expect("the second half");
        let mut answer = String::new();
        slow.read_to_string(&mut answer).expect("the answer");
        assert!(answer.starts_with("HTTP/1.1 303"), "{signal}: {answer}");
        let begun = Instant::now();
        let status = node.wait(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "{signal}: {:?}", node.listen());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn an_older_sqlite_file_is_copied_and_brought_up_to_date() {
    let (folder, url) = file();
    let settings = [("DATABASE_URL", url.as_str())];
    let said = run(&["migrate"], &settings);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("made a new one") && said.err.lines().count() == 1, "{}", said.err);
    let said = run(&["migrate"], &settings);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(run(&["migrate"], &settings).out.contains("up to date"));
    let copies = || std::fs::read_dir(folder.path()).expect("the folder").count();
    let before = copies();
    forget_last_step(&url);
    let _node = Node::start(&["serve"], &settings);
    assert!(copies() > before, "no copy was made before the schema changed");
}

/// Makes a database look as an older version left it.
fn forget_last_step(url: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = tradewind::db::Conn::open(&url.parse().expect("an address")).expect("the database");
    let steps = std::fs::read_dir("migrations/sqlite").expect("the steps");
    let last = steps.map(|step| step.expect("a step").path()).max().expect("a last step");
    let down = std::fs::read_to_string(last.join("down.sql")).expect("a way down");
    conn.batch_execute(&down).expect("down");
    conn.batch_execute(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    )
    .expect("forgotten");
}

on_both!(a_newer_schema_is_refused, |app| async move {
    let url = app.full_url();
    app.tell(|c| {
        use diesel::RunQueryDsl;
        diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").execute(c)?;
        Ok(())
    })
    .await;
    app.stranger().get("/ready").await.expect(503).sees("schema");
    let said = run(&["serve"], &[("DATABASE_URL", &url), ("LISTEN", "127.0.0.1:0")]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("newer version"), "{}", said.err);
});

#[test]
fn postgres_is_migrated_by_two_nodes_at_once_and_by_none_that_serves() {
    let Some(schema) = Schema::empty() else { return };
    let settings = [("DATABASE_URL", schema.url.as_str()), ("LISTEN", "127.0.0.1:0")];
    let said = run(&["serve"], &settings);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("tradewind migrate"), "{}", said.err);
    let both = [0, 1].map(|_| {
        let mut command = node::command(&["migrate"], &settings);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("the program starts")
    });
    let said: Vec<String> = both
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().expect("an end");
            assert!(output.status.success(), "{}", String::from_utf8(output.stderr).expect("UTF-8"));
            String::from_utf8(output.stdout).expect("UTF-8")
        })
        .collect();
    let worked = said.iter().filter(|line| line.contains("done")).count();
    assert_eq!(worked, 1, "one of the two does the work: {said:?}");
    let _node = Node::start(&["serve"], &settings);
}

#[test]
fn no_password_is_ever_said() {
    let said =
        run(&["migrate"], &[("DATABASE_URL", "postgres://ann:canary@127.0.0.1:1/none?password=canary")]);
    assert_eq!(said.code, Some(1));
    assert!(!said.err.contains("canary") && !said.out.contains("canary"), "{}", said.err);
}

/// The link of the first administrator that a node printed, with where it leads on this node.
fn set_up_path(node: &mut Node) -> String {
    let begun = Instant::now();
    loop {
        let link =
            node.listen().iter().find_map(|line| line.trim().strip_prefix("http://").map(str::to_owned));
        if let Some((_, path)) = link.as_deref().and_then(|link| link.split_once("/setup/")) {
            return format!("/setup/{path}");
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "no link: {:?}", node.said);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a form as a page of this site does.
fn send_form(node: &Node, path: &str, fields: &[(&str, &str)]) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    node.send(&request).expect("an answer")
}

#[test]
fn an_empty_database_is_opened_by_a_printed_link_that_works_once() {
    let (_folder, url) = file();
    let settings = [("DATABASE_URL", url.as_str())];
    let mut node = Node::start(&["serve"], &settings);
    let path = set_up_path(&mut node);

    // Until then nobody can sign in: there is no default account.
    for (email, password) in
        [("admin@example.com", "admin"), ("admin", "admin"), ("root", "password"), ("admin", "tradewind")]
    {
        let answer = send_form(&node, "/sign-in", &[("email", email), ("password", password)]);
        assert!(answer.starts_with("HTTP/1.1 422"), "{email}: {answer}");
    }
    let wrong = node.get("/setup/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").expect("an answer");
    assert!(wrong.starts_with("HTTP/1.1 4"), "{wrong}");

    let first = [
        ("name", "Ann Sample"),
        ("email", "ann.sample@example.com"),
        ("department", "Service"),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    // Looking does not use it up, nor does a form that is sent back.
    assert!(node.get(&path).expect("an answer").starts_with("HTTP/1.1 200"));
    assert!(send_form(&node, &path, &first[..2]).starts_with("HTTP/1.1 422"));
    let made = send_form(&node, &path, &first);
    assert!(made.starts_with("HTTP/1.1 303") && made.contains("location: /admin/people"), "{made}");

    let again = [("name", "Bob Example"), ("email", "bob.example@example.com"), first[2], first[3], first[4]];
    assert!(send_form(&node, &path, &again).starts_with("HTTP/1.1 4"));
    assert!(node.get(&path).expect("an answer").starts_with("HTTP/1.1 4"));
    let entered =
        send_form(&node, "/sign-in", &[("email", "ann.sample@example.com"), ("password", PASSWORD)]);
    assert!(entered.starts_with("HTTP/1.1 303"), "{entered}");
    let kept_out =
        send_form(&node, "/sign-in", &[("email", "bob.example@example.com"), ("password", PASSWORD)]);
    assert!(kept_out.starts_with("HTTP/1.1 422"), "{kept_out}");
    drop(node);

    // Somebody is here now: no further link.
    let mut node = Node::start(&["serve"], &settings);
    std::thread::sleep(Duration::from_millis(300));
    assert!(!node.listen().iter().any(|line| line.contains("/setup/")), "{:?}", node.said);
}

#[cfg(unix)]
#[test]
fn an_output_that_is_closed_is_enough_and_one_that_is_full_is_a_failure() {
    let (_folder, url) = file();
    let migrate = |out: std::process::Stdio| {
        let mut command = command(&["migrate"], &[("DATABASE_URL", &url)]);
        command.stdout(out).stderr(std::process::Stdio::piped()).spawn().expect("the program")
    };
    // Whoever reads it is gone: tradewind migrate | true
    let mut child = migrate(std::process::Stdio::piped());
    drop(child.stdout.take());
    let said = child.wait_with_output().expect("its end");
    let words = String::from_utf8(said.stderr).expect("UTF-8");
    assert_eq!(said.status.code(), Some(0), "{words}");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let said = migrate(full.into()).wait_with_output().expect("its end");
    let words = String::from_utf8(said.stderr).expect("UTF-8");
    assert_eq!(said.status.code(), Some(1), "{words}");
    assert!(words.contains("cannot write to standard output") && !words.contains("panicked"), "{words}");
}

#[test]
fn a_mistyped_database_is_not_made_by_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("nope.db");
    for words in
        [&["flow", "--from", "2026-01-01", "--to", "2026-02-01"][..], &["value"][..], &["export", "out"][..]]
    {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tradewind"))
            .args(words)
            .current_dir(folder.path())
            .env("DATABASE_URL", format!("sqlite:{}", missing.display()))
            .output()
            .expect("the program");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("there is no database at"), "{words:?}: {said}");
        assert!(!missing.exists(), "{words:?} made a database");
    }
}
