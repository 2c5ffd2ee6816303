//! `tradewind import` and `tradewind export`, as the built program runs them.

use std::os::unix::fs::PermissionsExt;

use super::files::rows_of;
use crate::support::node::run;

fn write(folder: &std::path::Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).expect("a file");
}

#[test]
fn files_go_in_and_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("a.db").display());
    let settings = [("DATABASE_URL", database.as_str())];
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::create_dir(&from).expect("a folder");
    let path = from.display().to_string();
    let target = to.display().to_string();

    let said = run(&["import", &path], &settings);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("has none of people.csv"), "{}", said.err);

    // A name that is nearly right is not passed over, not even beside files that are.
    write(&from, "Ratngs.csv", "insight,rater,value,rated_at\n");
    write(&from, "accesses.csv", "insight,person,accessed_at\n");
    let said = run(&["import", &path], &settings);
    assert!(said.code == Some(1) && said.err.contains("did you mean ratings.csv?"), "{}", said.err);
    for name in ["Ratngs.csv", "accesses.csv"] {
        std::fs::remove_file(from.join(name)).expect("taken away");
    }

    write(
        &from,
        "people.csv",
        "email,name,department\nann@example.com,Ann Sample,Service\nbob@example.com,=Bob,Sales\n",
    );
    write(
        &from,
        "insights.csv",
        "ref,author,contributed_at,title,body\ns1,ann@example.com,2026-01-05,Crates,Text\n",
    );
    write(&from, "ratings.csv", "insight,rater,value,rated_at\ns1,bob@example.com,9,2026-01-06\n");
    let said = run(&["import", &path], &settings);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("ratings.csv, line 2, column value: \"9\": is not a rating"), "{}", said.out);
    assert!(said.err.starts_with("there was no database at "), "{}", said.err);
    assert!(said.err.ends_with("\ntradewind: Nothing was written: there is one problem.\n"), "{}", said.err);

    write(&from, "ratings.csv", "insight,rater,value,rated_at\ns1,bob@example.com,4,2026-01-06\n");
    let said = run(&["import", &path, "--dry-run"], &settings);
    assert!(said.code == Some(0) && said.out.contains("Nothing was written yet"), "{}", said.out);
    let said = run(&["import", &path], &settings);
    assert!(said.code == Some(0) && said.out.contains("Imported."), "{}", said.out);
    assert!(
        said.out.ends_with("tradewind user reset-link EMAIL prints a link to choose one.\n"),
        "{}",
        said.out
    );
    let said = run(&["import", &path], &settings);
    assert!(said.code == Some(0) && said.out.contains("nothing changes"), "{}", said.out);

    let said = run(&["export", &target], &settings);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(!to.join("accesses.csv").exists() && !to.join("ratings.csv").exists());
    assert_eq!(rows_of(&to.join("people.csv"))[1][1], "'=Bob");
    let mode = std::fs::metadata(to.join("people.csv")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // The same again is fine, another content is not replaced.
    assert_eq!(run(&["export", "--unsuppressed", &target], &settings).code, Some(0));
    assert_eq!(rows_of(&to.join("ratings.csv")).len(), 1);
    write(&to, "people.csv", "something else\n");
    let said = run(&["export", &target], &settings);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("is there already and says something else"), "{}", said.err);
    assert!(
        std::fs::read_dir(&to)
            .expect("a folder")
            .flatten()
            .all(|e| !e.file_name().to_string_lossy().starts_with('.'))
    );
}

#[test]
fn an_unsuppressed_export_leaves_its_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let database = format!("sqlite:{}", path.display());
    let settings = [("DATABASE_URL", database.as_str())];
    let target = folder.path().join("to").display().to_string();
    let traces = || {
        use diesel::prelude::*;
        use tradewind::db::schema::audit_log;
        let mut conn =
            tradewind::db::Conn::open(&database.parse().expect("an address")).expect("the database");
        audit_log::table
            .filter(audit_log::action.like("%unsuppressed%"))
            .count()
            .get_result::<i64>(&mut conn)
            .expect("the log")
    };
    assert_eq!(run(&["migrate"], &settings).code, Some(0));
    assert_eq!(run(&["export", &target], &settings).code, Some(0));
    assert_eq!(traces(), 0);
    assert_eq!(run(&["export", "--unsuppressed", &target], &settings).code, Some(0));
    assert_eq!(traces(), 1);
}

#[test]
fn the_nightly_list_of_people() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("a.db").display());
    let settings = [("DATABASE_URL", database.as_str())];
    let path = folder.path().join("list.csv").display().to_string();
    let list = |rows: &[String]| {
        write(folder.path(), "list.csv", &format!("email,name,department\n{}\n", rows.join("\n")));
    };
    let people: Vec<String> = (0..20).map(|n| format!("p{n}@example.com,Person {n},Sales")).collect();
    list(&people);
    let sync = |more: &[&str]| run(&[&["import", "--people", &path, "--sync"], more].concat(), &settings);
    assert_eq!(run(&["migrate"], &settings).code, Some(0));
    let said = sync(&["--dry-run"]);
    assert!(
        said.code == Some(0) && said.out.contains("20 added") && said.out.contains("Nothing was written yet"),
        "{}",
        said.out
    );
    assert!(sync(&[]).out.contains("20 added"));
    list(&[&["p0@example.com,Person 0,Service".to_owned()], &people[1..19]].concat());
    let said = sync(&[]);
    assert!(said.out.contains("change   p0@example.com: from Sales to Service"), "{}", said.out);
    assert!(said.out.contains("disable  p19@example.com") && said.out.contains("1 moved"), "{}", said.out);
    list(&people[..5]);
    let said = sync(&[]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("more than a tenth") && said.err.contains("--allow-mass-disable"),
        "{}",
        said.err
    );
    list(&["p0@example.com,Person 0,".to_owned()]);
    let said = sync(&[]);
    assert!(
        said.code == Some(1) && said.out.contains("people.csv, line 2, column department: is empty"),
        "{}",
        said.out
    );
    write(folder.path(), "list.csv", "email,name,department\n");
    assert!(sync(&["--allow-mass-disable"]).out.contains("lists nobody"));
    assert_eq!(run(&["import", "--people", &path], &settings).code, Some(2));
    assert_eq!(run(&["import"], &settings).code, Some(2));
}
