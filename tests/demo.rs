//! The demo company: made the same each time, served again, never made over something else, and something
//! to see on every page for every role. And the bench, in little.

use crate::support::*;

use std::io::BufRead;
use std::path::Path;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use tradewind::clock::{Calendar, Clock};
use tradewind::config::Hashing;
use tradewind::db::schema::{
    accesses, insights, people, privacy_checks, ratings, remarks, review_cases, review_people, searches, uses,
};
use tradewind::db::{Conn, DatabaseUrl, search};
use tradewind::demo::content::Content;
use tradewind::demo::file::{self, Found};
use tradewind::demo::hours::Hours;
use tradewind::demo::make;
use tradewind::demo::story::Scale;

/// A Friday afternoon.
fn friday() -> NaiveDateTime {
    "2026-11-20T15:00:00".parse().expect("a time")
}

fn hours() -> Hours {
    Hours { calendar: Calendar { zone: chrono_tz::UTC }, now: friday() }
}

fn made(path: &Path, scale: Scale) {
    file::make(path, scale, hours(), &|_| {}).expect("a demo company");
}

fn open(path: &Path) -> Conn {
    Conn::open(&DatabaseUrl::Sqlite(path.display().to_string())).expect("the demo's file")
}

#[test]
fn a_demo_is_made_once_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a demo?#%.db");
    assert_eq!(file::look(&path), Found::Nothing);
    made(&path, Scale::SMALL);
    assert_eq!(file::look(&path), Found::Demo);
    // What it shows to whoever tries it tells of nobody alone.
    let found: Vec<(i64, bool)> = privacy_checks::table
        .select((privacy_checks::findings, privacy_checks::complete))
        .load(&mut open(&path))
        .expect("the check");
    assert_eq!(found, [(0, true)]);
    // One file: nothing lies beside it.
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);

    let letter = folder.path().join("letter.txt");
    std::fs::write(&letter, "Dear Ann").expect("a letter");
    let real = folder.path().join("tradewind.db");
    std::fs::write(&real, template()).expect("a database");
    for other in [letter, real, folder.path().to_owned()] {
        let before = std::fs::metadata(&other).expect("it is there").modified().expect("a time");
        assert_eq!(file::look(&other), Found::Other, "{other:?}");
        let refusal = file::make(&other, Scale::SMALL, hours(), &|_| {}).expect_err("a refusal");
        assert!(refusal.contains("tradewind demo FILE"), "{refusal}");
        assert_eq!(std::fs::metadata(&other).expect("it is there").modified().expect("a time"), before);
    }
}

#[test]
fn the_same_clock_makes_the_same_company() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |name: &str| {
        let path = folder.path().join(name);
        made(&path, Scale::SMALL);
        let mut c = open(&path);
        let c = &mut c;
        let insights: Vec<(String, i64, NaiveDateTime)> = insights::table
            .order(insights::id)
            .select((insights::title, insights::author_id, insights::contributed_at))
            .load(c)
            .expect("insights");
        let accesses: Vec<(i64, i64, NaiveDateTime)> = accesses::table
            .order(accesses::id)
            .select((accesses::insight_id, accesses::person_id, accesses::at))
            .load(c)
            .expect("accesses");
        let ratings: Vec<(i64, i64, i32)> = ratings::table
            .order(ratings::id)
            .select((ratings::insight_id, ratings::person_id, ratings::value))
            .load(c)
            .expect("ratings");
        (insights, accesses, ratings)
    };
    assert_eq!(rows("one.db"), rows("two.db"));
}

#[test]
fn the_whole_company_is_there_and_its_searches_are_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("demo.db");
    made(&path, Scale::FULL);
    let mut conn = open(&path);
    let c = &mut conn;
    let count = |number: QueryResult<i64>| number.expect("a count");
    assert_eq!(count(people::table.count().get_result(c)), 312);
    assert!(count(insights::table.count().get_result(c)) >= 160);
    assert!(count(accesses::table.count().get_result(c)) >= 22_000);
    assert!(count(ratings::table.count().get_result(c)) >= 3_000);
    assert!(count(uses::table.count().get_result(c)) >= 180);
    assert!(count(remarks::table.count().get_result(c)) >= 80);
    assert_eq!(count(searches::table.count().get_result(c)), 1_100);
    // Nobody has a password that could be guessed.
    let hashes =
        people::table.select(people::password_hash).distinct().load::<Option<String>>(c).expect("hashes");
    let [Some(hash)] = &hashes[..] else { panic!("one for all: {}", hashes.len()) };
    for guess in ["", "demo", "password", "tradewind"] {
        assert!(!tradewind::accounts::password::verify(guess, Some(hash), Hashing::Cheap), "{guess}");
    }
    for wanted in Content::load().expect("the texts").searches {
        let hits = search::count(c, &search::terms(&wanted.words)).expect("a count");
        assert_eq!(hits > 0, wanted.is_found(), "{}", wanted.words);
    }
    // What is planted for the curators concerns nobody whom a sign-in link leads to.
    let found = review_people::table.select(review_people::person_id).load::<i64>(c).expect("people");
    let guides = people::table.order(people::id).select(people::id).limit(5).load::<i64>(c).expect("guides");
    assert!(!found.is_empty() && guides.iter().all(|guide| !found.contains(guide)), "{guides:?}: {found:?}");
    // Everything a curator can be asked about is there, each planted play once, and the enthusiasts are not.
    let cases: Vec<(String, i64)> = review_cases::table
        .group_by(review_cases::kind)
        .order(review_cases::kind)
        .select((review_cases::kind, diesel::dsl::count_star()))
        .load(c)
        .expect("cases");
    let of = |kind: &str| cases.iter().find(|(name, _)| name == kind).map_or(0, |(_, count)| *count);
    for kind in ["ring", "pair", "serial", "round_trip"] {
        assert_eq!(of(kind), 1, "{kind} in {cases:?}");
    }
    for kind in ["duplicate", "personal", "reported", "stale"] {
        assert!(of(kind) >= 1, "{kind} in {cases:?}");
    }
    let differences = tradewind::flow::store::rebuild::check_and_mend(c).expect("a comparison");
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn every_role_comes_in_by_its_link_and_finds_its_pages_full() {
    actix_rt::System::new().block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("demo.db");
        made(&path, Scale::SMALL);
        let app = TestApp::open(&format!("sqlite:{}", path.display()), Clock::at(friday()), |_| ()).await;
        let links = app.tell(|c| make::links(c, PUBLIC_URL, friday())).await;
        let roles: Vec<_> = links.iter().map(|(role, ..)| *role).collect();
        assert_eq!(roles, ["employee", "curator", "cco", "manager", "admin"]);
        for (role, name, link) in links {
            let visitor = app.stranger();
            let door = visitor.get(link.strip_prefix(PUBLIC_URL).expect("our address")).await;
            assert_eq!(door.status, 200, "{}", role);
            // One button; a link that a mail scanner opens signs nobody in.
            let inside = visitor.submit(&door, "main form", &[]).await;
            assert_eq!(inside.status, 303, "{}", role);
            let feed = visitor.get("/").await;
            assert_eq!(feed.status, 200, "{}", role);
            assert!(feed.body.matches("class=\"lot").count() >= 10, "{}'s feed:\n{}", role, feed.body);
            assert!(visitor.get("/me").await.body.contains(&name));
            for page in ["/archive", "/archive?q=invoice", "/customers", "/insights/1", "/help/value"] {
                assert_eq!(visitor.get(page).await.status, 200, "{} {page}", role);
            }
            if role == "employee" {
                // Where their credits went is to be seen, not only where they came from.
                visitor.get("/me/credits").await.sees("Offered for the answer to your request");
                visitor.get("/requests?tab=mine").await.sees("1 answer");
            }
            let expected = if role == "cco" { 200 } else { 403 };
            assert_eq!(visitor.get("/flow").await.status, expected, "{}", role);
            let expected = if role == "admin" { 200 } else { 403 };
            assert_eq!(visitor.get("/admin/people").await.status, expected, "{}", role);
        }
    });
}

#[test]
fn a_second_start_serves_the_same_file_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.db");
    made(&file, Scale::SMALL);
    let again = folder.path().join("tradewind-demo.db");
    std::fs::copy(&file, &again).expect("a copy");
    let before = insight_times(&again);
    assert!(started(&["demo"], folder.path()).contains("employee"));
    assert_eq!(insight_times(&again), before);
    assert!(started(&["demo", &file.display().to_string()], folder.path()).contains("manager"));
    assert_eq!(insight_times(&file), before);

    // --fresh makes another in place of an earlier demo.
    assert!(started(&["demo", "--fresh", &file.display().to_string()], folder.path()).contains("cco"));
    assert_ne!(insight_times(&file), before);

    let foreign = folder.path().join("foreign.db");
    std::fs::write(&foreign, "not ours").expect("a file");
    let said = node::run(&["demo", "--fresh", &foreign.display().to_string()], &[("LISTEN", "127.0.0.1:0")]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("is not a demo company") && said.err.lines().count() == 1, "{}", said.err);
    assert_eq!(std::fs::read(&foreign).expect("the file"), b"not ours");
}

/// Starts the command in a folder, waits for the last of its sign-in links, stops it, and returns what it
/// said.
fn started(arguments: &[&str], folder: &Path) -> String {
    let mut child = node::command(arguments, &[("LISTEN", "127.0.0.1:0")])
        .current_dir(folder)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let output = child.stdout.take().expect("its output");
    let mut said = String::new();
    for line in std::io::BufReader::new(output).lines().map_while(Result::ok) {
        said += &line;
        if line.contains("  admin") {
            break;
        }
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(said.matches("/demo/").count(), 5, "{said}");
    said
}

fn insight_times(path: &Path) -> Vec<NaiveDateTime> {
    insights::table.order(insights::id).select(insights::contributed_at).load(&mut open(path)).expect("times")
}

#[test]
fn a_small_bench_measures_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let mut arguments = vec![
        "bench",
        "--people",
        "20",
        "--insights",
        "60",
        "--ratings",
        "60",
        "--accesses",
        "300",
        "--seconds",
        "1",
        "--folder",
        &folder,
    ];
    let postgres = postgres_url();
    if let Some(url) = &postgres {
        arguments.extend(["--postgres", url]);
    }
    let said = node::run(&arguments, &[]);
    assert_eq!(said.code, Some(0), "{}\n{}", said.out, said.err);
    for line in
        ["| feed |", "| insight, access recorded |", "| rating |", "| sharing |", "| flow |", "p99", "met "]
    {
        assert!(said.out.contains(line), "{line}:\n{}", said.out);
    }
    assert_eq!(said.out.contains("PostgreSQL"), postgres.is_some());
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0, "nothing is left behind");
}
