//! The two floors, held by reading the source: what a file may use depends on its feature and its floor,
//! and each table is written by one file or folder only. A violation is told with its file and line.

use std::path::{Path, PathBuf};

/// What knows no feature.
const GROUND: [&str; 8] = ["clock", "config", "db", "error", "jobs", "policy", "text", "web"];

/// Features in the order in which their first floors may know each other.
const FEATURES: [&str; 16] = [
    "accounts",
    "notices",
    "ledger",
    "flow",
    "customers",
    "archive",
    "market",
    "requests",
    "earnings",
    "review",
    "obstacles",
    "reports",
    "privacy",
    "exchange",
    "demo",
    "bench",
];

/// What the ground may know of features after all, with the reason.
const EXCEPTIONS: [(&str, &str); 1] = [
    // The frame of every page shows who looks at it.
    ("web/page.rs", "accounts::person"),
];

/// Files whose SQL is put together, with the reason.
const FORMATTED: [&str; 2] = [
    // Names of months and days, which are numbers by their type.
    "db/partitions.rs",
    // Lists of ids, which are numbers by their type.
    "flow/store/readings.rs",
];

/// Which file or folder writes a table.
const WRITERS: &[(&str, &str)] = &[
    ("insight_read_ages", "flow/store"),
    ("insight_reads", "flow/store"),
    ("month_flow_readers", "flow/store"),
    ("month_readers", "flow/store"),
    ("kept_months", "flow/store"),
    ("retention_line", "flow/store"),
    ("accesses", "flow/store"),
    ("active_days", "flow/store"),
    ("activity_daily", "flow/store"),
    ("audit_log", "accounts/audit"),
    ("checked_uploads", "exchange/store"),
    ("covered_days", "flow/store"),
    ("customers", "customers/store"),
    ("departments", "accounts/store"),
    ("earning_ratings", "earnings/store"),
    ("earning_shares", "earnings/store"),
    ("earning_uses", "earnings/store"),
    ("earnings", "earnings/store"),
    ("facts", "demo/"),
    ("figure_insights", "flow/store"),
    ("figure_runs", "flow/store"),
    ("figure_shapes", "flow/store"),
    ("figures", "flow/store"),
    ("first_accesses", "flow/store"),
    ("flow_daily", "flow/store"),
    ("flow_looks", "flow/store"),
    ("follows", "customers/follows"),
    ("insight_authors", "archive/store"),
    ("insight_readers", "flow/store"),
    ("insight_tags", "archive/store"),
    ("insight_values", "market/store"),
    ("insight_versions", "archive/store"),
    ("insights", "archive/store"),
    ("jobs", "jobs"),
    ("ledger_accounts", "ledger/store"),
    ("ledger_entries", "ledger/store"),
    ("ledger_transactions", "ledger/store"),
    ("link_requests", "accounts/"),
    ("mail_wishes", "notices/store"),
    ("memberships", "accounts/store"),
    ("notice_events", "notices/store"),
    ("notices", "notices/store"),
    ("obstacle_events", "obstacles/store"),
    ("obstacle_measures", "obstacles/store"),
    ("obstacles", "obstacles/store"),
    ("outbox", "notices/store"),
    ("own_brokerage", "flow/store"),
    ("people", "accounts/store"),
    ("person_daily", "flow/store"),
    ("privacy_checks", "privacy/store"),
    ("privacy_thresholds", "market/store"),
    ("raters", "market/store"),
    ("rating_standings", "market/store"),
    ("ratings", "market/store"),
    ("remarks", "archive/store"),
    ("report_baselines", "reports/store"),
    ("report_mails", "reports/store"),
    ("reports", "reports/store"),
    ("request_answers", "requests/store"),
    ("request_askers", "requests/store"),
    ("request_departments", "requests/store"),
    ("request_events", "requests/store"),
    ("request_funders", "requests/store"),
    ("request_matches", "requests/store"),
    ("request_scans", "requests/store"),
    ("request_tags", "requests/store"),
    ("requests", "requests/store"),
    ("review_bands", "review/store"),
    ("review_cases", "review/store"),
    ("review_decisions", "review/store"),
    ("review_people", "review/store"),
    ("review_ratings", "review/store"),
    ("review_reports", "review/store"),
    ("review_scans", "review/store"),
    ("searches", "flow/store"),
    ("segments", "customers/store"),
    ("sendings", "flow/store"),
    ("seen_days", "accounts/seen"),
    ("sessions", "accounts/session"),
    ("sign_in_failures", "accounts/"),
    ("sign_in_links", "accounts/"),
    ("submissions", "accounts/submission"),
    ("tags", "customers/store"),
    ("trial_insights", "obstacles/store"),
    ("trials", "obstacles/store"),
    ("unshared_counts", "obstacles/store"),
    ("unshared_marks", "obstacles/store"),
    ("unsubscribe_links", "notices/store"),
    ("uses", "archive/store"),
    ("value_accounts", "market/store"),
    ("value_cells", "market/store"),
    ("value_changes", "market/store"),
    ("value_epochs", "market/store"),
    ("value_queue", "market/store"),
    ("value_reveals", "market/store"),
    ("value_state", "market/store"),
];

#[test]
fn every_file_uses_only_what_its_floor_allows() {
    let problems: Vec<String> = sources().iter().flat_map(|(file, text)| misplaced(file, text)).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_table_has_one_writer() {
    let problems: Vec<String> =
        sources().iter().flat_map(|(file, text)| foreign_writes(file, text)).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_table_is_listed() {
    let schema = std::fs::read_to_string(source_folder().join("db/schema.rs")).expect("the schema");
    for line in schema.lines() {
        let Some((name, _)) = line.trim().strip_suffix('{').and_then(|line| line.split_once(" (")) else {
            continue;
        };
        assert!(
            WRITERS.iter().any(|(table, _)| *table == name),
            "{name} has no writer in tests/architecture.rs"
        );
    }
}

#[test]
fn no_sql_is_put_together_from_text() {
    let mut problems = Vec::new();
    for (file, text) in sources() {
        if FORMATTED.contains(&file.as_str()) {
            continue;
        }
        for (number, line) in code(&text) {
            if line.contains("sql_query(format!") || line.contains("sql_query(&format!") {
                problems.push(format!("src/{file}:{number}: bind the values instead of formatting them in"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Files of figures and reports that read through the first door after all, how often, with the reason.
const FIRST_DOOR: [(&str, usize); 4] = [
    // What is sent, and where, is decided on what is there now.
    ("flow/pages/sending.rs", 1),
    ("flow/pages/under_read.rs", 1),
    // The list with its form, and what the form makes.
    ("reports/pages/list.rs", 3),
    // Who has looked, up to this minute.
    ("reports/pages/transparency.rs", 1),
];

#[test]
fn figures_are_read_through_their_own_door() {
    for (file, text) in sources() {
        let is_figures = file.starts_with("flow/pages/") || file.starts_with("reports/pages/");
        let whole: String = code(&text).into_iter().map(|(_, line)| line.trim().to_owned()).collect();
        let first = whole.matches(".db.read(").count();
        if is_figures {
            let allowed = FIRST_DOOR.iter().find(|(known, _)| *known == file).map_or(0, |(_, reads)| *reads);
            assert_eq!(first, allowed, "src/{file}: take flow: FlowReader, and read through flow.read");
        } else if !file.starts_with("db/") && !file.starts_with("web/flow_reader") {
            assert!(!whole.contains("FlowReader"), "src/{file}: only figures may be a little old");
        }
    }
}

#[test]
fn a_planted_violation_is_told_with_file_and_line() {
    for (file, text, expected) in [
        (
            "accounts/store.rs",
            "//! x\nuse crate::db::Conn;\nuse crate::market::rating;\n",
            "src/accounts/store.rs:3: ",
        ),
        ("archive/insight.rs", "use crate::archive::pages::show;\n", "src/archive/insight.rs:1: "),
        (
            "market/pages/rate.rs",
            "use crate::archive::{store, pages::show::Page};\n",
            "src/market/pages/rate.rs:1: ",
        ),
        (
            "flow/store/mod.rs",
            "fn a() {\n    super::super::archive::store::share();\n}\n",
            "src/flow/store/mod.rs:2: ",
        ),
        ("db/mod.rs", "use crate::accounts::person::Person;\n", "src/db/mod.rs:1: "),
    ] {
        let problems = misplaced(file, text);
        assert_eq!(problems.len(), 1, "{file}: {problems:?}");
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }
    for (file, text) in [
        (
            "market/store/values.rs",
            "use crate::accounts::person::Actor;\nuse crate::archive::insight::Source;\n",
        ),
        (
            "archive/pages/show.rs",
            "use crate::market::store::ratings;\nuse crate::archive::pages::contribute;\n",
        ),
        ("archive/mod.rs", "//! [`crate::market::store`]\nuse crate::archive::pages;\n"),
    ] {
        assert_eq!(misplaced(file, text), Vec::<String>::new(), "{file}");
    }
    let written = "fn a(c: &mut Conn) {\n    diesel::update(\n        people::table.find(1),\n    )\n}\n";
    assert_eq!(foreign_writes("accounts/store.rs", written), Vec::<String>::new());
    let problems = foreign_writes("archive/pages/me.rs", written);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("src/archive/pages/me.rs:2: "), "{problems:?}");
    let raw = "fn a() {\n    sql_query(\"INSERT INTO accesses (id) VALUES ($1)\")\n}\n";
    assert_eq!(foreign_writes("bench/fill.rs", raw).len(), 1);
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    Ground,
    First,
    /// `mod.rs` of a feature: its door, which names its pages.
    Door,
    Pages,
    /// `lib.rs`, `main.rs` and the commands: they put everything together.
    Top,
}

/// The feature (its rank) and floor of a path of modules.
fn place(parts: &[&str]) -> (Option<usize>, Floor) {
    let first = parts.first().copied().unwrap_or_default();
    if GROUND.contains(&first) {
        return (None, Floor::Ground);
    }
    let Some(rank) = FEATURES.iter().position(|feature| *feature == first) else {
        return (None, Floor::Top);
    };
    let floor = match parts.get(1).copied() {
        None | Some("mod") => Floor::Door,
        Some("pages") => Floor::Pages,
        Some(_) => Floor::First,
    };
    (Some(rank), floor)
}

fn misplaced(file: &str, text: &str) -> Vec<String> {
    let module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let (rank, floor) = place(&module);
    if floor == Floor::Top {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, used) in uses(file, text) {
        let parts: Vec<&str> = used.iter().map(String::as_str).collect();
        let (used_rank, used_floor) = place(&parts);
        let path = used.join("::");
        // What stands at the door of a feature (a function, a re-export) is its first floor.
        let pages = used_floor == Floor::Pages;
        let (Some(used_rank), true) = (used_rank, used_floor != Floor::Ground) else { continue };
        let same = rank == Some(used_rank);
        let fits = match floor {
            Floor::Ground => EXCEPTIONS.iter().any(|(from, to)| *from == file && path.starts_with(to)),
            Floor::First => !pages && rank.is_some_and(|rank| used_rank <= rank),
            Floor::Door => {
                if pages {
                    same
                } else {
                    rank.is_some_and(|rank| used_rank <= rank)
                }
            }
            Floor::Pages => !pages || same,
            Floor::Top => true,
        };
        if !fits {
            let rule = match (floor, pages) {
                (Floor::Ground, _) => "the ground knows no feature",
                (_, true) => "only a feature itself knows its pages, and only from above",
                _ => "a first floor knows only the features before it",
            };
            problems.push(format!("src/{file}:{number}: uses {path}, but {rule}"));
        }
    }
    problems
}

/// Every path into the crate, with the line it begins on.
fn uses(file: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    let lines = code(text);
    let whole: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut found = Vec::new();
    for (start, _) in whole.match_indices("crate::").chain(whole.match_indices("super::")) {
        let before = whole[..start].chars().next_back().unwrap_or(' ');
        // `$crate::` is a macro's; `super::super::` is read from its first word on.
        if before.is_alphanumeric() || before == '_' || before == '$' || before == ':' {
            continue;
        }
        let number = lines[whole[..start].matches('\n').count()].0;
        let mut rest = &whole[start..];
        let mut base: Vec<String> = if let Some(after) = rest.strip_prefix("crate::") {
            rest = after;
            Vec::new()
        } else {
            let mut base = module.clone();
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            base
        };
        if base.len() >= module.len() {
            base = module.clone();
        }
        for path in expand(rest) {
            found.push((number, base.iter().cloned().chain(path).collect()));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `a::{b, c::d}` as its paths.
fn expand(text: &str) -> Vec<Vec<String>> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &text[name.len()..];
    if name.is_empty() {
        let Some(group) = text.strip_prefix('{') else { return vec![Vec::new()] };
        let mut depth = 0;
        let mut parts = vec![String::new()];
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
        }
        return parts
            .iter()
            .map(|part| part.trim())
            .filter(|part| !part.is_empty())
            .flat_map(expand)
            .collect();
    }
    match rest.strip_prefix("::") {
        Some(rest) => {
            expand(rest).into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect()
        }
        None => vec![vec![name]],
    }
}

fn foreign_writes(file: &str, text: &str) -> Vec<String> {
    let lines = code(text);
    let whole: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let upper = whole.to_ascii_uppercase();
    let line_of = |at: usize| lines[whole[..at].matches('\n').count()].0;
    let mut written = Vec::new();
    for call in ["insert_into(", "update(", "delete(", "replace_into(", "insert_or_ignore_into("] {
        for (at, _) in whole.match_indices(call) {
            let argument: String = whole[at + call.len()..].chars().take(200).collect();
            let path: String = argument
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            let names: Vec<&str> = path.split("::").collect();
            let table = match names.iter().position(|name| matches!(*name, "table" | "dsl")) {
                Some(index) if index > 0 => names[index - 1],
                _ => names.last().copied().unwrap_or_default(),
            };
            written.push((at, table.to_owned()));
        }
    }
    for words in ["INSERT INTO ", "UPDATE ", "DELETE FROM "] {
        for (at, _) in upper.match_indices(words) {
            let table: String =
                whole[at + words.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // In capitals it is SQL, in a sentence it is not.
            if whole[at..].starts_with(words) {
                written.push((at, table));
            }
        }
    }
    let mut problems = Vec::new();
    for (at, table) in written {
        let Some((_, writer)) = WRITERS.iter().find(|(name, _)| *name == table) else { continue };
        let home = file.starts_with(writer) && !file.contains("/pages");
        if !home {
            problems.push(format!("src/{file}:{}: writes {table}, which only src/{writer} may", line_of(at)));
        }
    }
    problems
}

/// The lines of a file without comments and without its unit tests, with their numbers.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim() == "#[cfg(test)]" {
            break;
        }
        let mut line = line;
        // Not in a string such as "http://": there no blank stands before it.
        if let Some(at) = line.find("// ").or_else(|| line.trim_start().starts_with("//").then_some(0)) {
            line = &line[..at];
        }
        lines.push((number + 1, line.to_owned()));
    }
    lines.push((text.lines().count(), String::new()));
    lines
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file by its path in `src`, with `/` between folders.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                walk(&path, &format!("{name}/"), found);
            } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") {
                found.push((name, std::fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&source_folder(), "", &mut found);
    found.sort();
    found
}
