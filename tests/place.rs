//! The file of an SQLite database, as whoever runs a node meets it: left alone after a stop, told where it is
//! gone, refused where it is damaged or somebody else's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::node::{Node, run};
use crate::support::*;

const PATIENCE: Duration = Duration::from_secs(30);

/// A database that was served once, alone in a folder.
struct Archive {
    folder: tempfile::TempDir,
    url: String,
}

impl Archive {
    fn new() -> Archive {
        let folder = temporary_folder();
        let url = format!("sqlite:{}", folder.path().join("archive.db").display());
        std::fs::write(folder.path().join("archive.db"), template()).expect("a database");
        Archive { folder, url }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("archive.db")
    }

    fn settings(&self) -> [(&str, &str); 1] {
        [("DATABASE_URL", &self.url)]
    }

    fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Writes something through the front door: a wrong password is counted.
fn status_of_a_write(node: &Node) -> String {
    let body = "email=ann%40example.com&password=wrong-wrong-wrong";
    let answer = node.send(&format!(
        "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    answer.expect("an answer").split(' ').nth(1).unwrap_or_default().to_owned()
}

/// What a command says that ends by itself with exit code 1.
#[track_caller]
fn refused(command: &str, url: &str) -> String {
    let mut node = Node::launch(&[command], &[("DATABASE_URL", url)]);
    let code = node.wait(PATIENCE).code();
    let said = node.everything();
    assert_eq!(code, Some(1), "{command}: {said}");
    said
}

#[test]
fn nothing_is_left_beside_the_file() {
    let archive = Archive::new();
    // More than once: several threads hold the database, and any may be the last to let go.
    for _ in 0..3 {
        let mut node = Node::start(&["serve"], &archive.settings());
        assert_eq!(status_of_a_write(&node), "422");
        assert!(archive.names().len() > 1, "while it is served its log lies beside it");
        node.signal("TERM");
        assert!(node.wait(PATIENCE).success());
        let said = node.everything();
        assert_eq!(archive.names(), ["archive.db"], "{said}");
        assert!(said.lines().any(|line| line == "stopped"), "{said}");
    }
    // Nor after a command that writes.
    let add = ["user", "add", "ann@example.com", "--name", "Ann", "--department", "Sales", "--role", "admin"];
    let said = run(&add, &archive.settings());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(archive.names(), ["archive.db"]);
}

#[test]
fn a_file_that_was_moved_away_is_told_and_not_made_anew() {
    let archive = Archive::new();
    let node = Node::start(&["serve"], &archive.settings());
    assert_eq!(status_of_a_write(&node), "422");
    let aside = archive.folder.path().join("aside.db");
    std::fs::rename(archive.path(), &aside).expect("moved");
    let ready = || node.get("/ready").expect("an answer");
    assert!(ready().starts_with("HTTP/1.1 503") && ready().contains("file moved"), "{}", ready());
    assert_eq!(status_of_a_write(&node), "503");
    assert!(!archive.path().exists());
    // Another file in its place is not taken for it.
    std::fs::write(archive.path(), template()).expect("another");
    assert!(ready().starts_with("HTTP/1.1 503"), "{}", ready());
    assert_eq!(status_of_a_write(&node), "503");
    // Put back, it goes on.
    std::fs::rename(&aside, archive.path()).expect("put back");
    assert_eq!(status_of_a_write(&node), "422");
    assert!(ready().starts_with("HTTP/1.1 200"), "{}", ready());
}

#[test]
fn a_damaged_file_is_not_served() {
    let archive = Archive::new();
    let whole = std::fs::read(archive.path()).expect("the file");
    // A few pages that only reading everything finds, and what SQLite stumbles over at once.
    for part in [whole.len() * 7 / 8, whole.len() / 2] {
        let mut bytes = whole.clone();
        bytes[part..].fill(0xA5);
        std::fs::write(archive.path(), &bytes).expect("written over");
        let said = refused("serve", &archive.url);
        assert!(said.contains("is damaged") && said.contains("last copy"), "{said}");
    }
}

#[test]
fn a_file_that_holds_something_else_is_left_as_it_is() {
    let folder = temporary_folder();
    let path: &Path = &folder.path().join("places.db");
    let url = format!("sqlite:{}", path.display());
    let other = tradewind::db::DatabaseUrl::Sqlite(path.display().to_string());
    let mut conn = tradewind::db::Conn::open(&other).expect("a file");
    diesel::connection::SimpleConnection::batch_execute(&mut conn, "CREATE TABLE places (name TEXT)")
        .expect("a table");
    drop(conn);
    let before = std::fs::read(path).expect("the file");
    for command in ["serve", "migrate"] {
        let said = refused(command, &url);
        assert!(said.contains("holds something else") && said.contains("\"places\""), "{command}: {said}");
        assert!(std::fs::read(path).expect("the file") == before, "{command} changed it");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let archive = Archive::new();
    let started = |mode| {
        std::fs::set_permissions(archive.path(), std::fs::Permissions::from_mode(mode)).expect("rights");
        let mut node = Node::start(&["serve"], &archive.settings());
        node.listen().iter().any(|line| line.contains("chmod 600"))
    };
    assert!(started(0o644));
    assert!(!started(0o600));
}
