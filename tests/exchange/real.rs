//! Broken files and real ones. A few broken ones are made here and always run; with `TRADEWIND_DATA`
//! (set by tests/run) also the public collections in that folder. Nothing of them is in the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::prelude::*;
use tradewind::db::schema::people;
use tradewind::exchange::import::{Files, Source};

use super::cells::round_trip;
use super::files::*;
use crate::support::*;

/// The folder of real data, or `None` after it was said that the test is left out.
fn data() -> Option<PathBuf> {
    let named = std::env::var_os("TRADEWIND_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = named.or_else(|| beside.is_dir().then_some(beside));
    if folder.is_none() {
        left_out("REQUIRE_DATA", "real data; set TRADEWIND_DATA to its folder");
    }
    folder
}

/// The four files, each with the same bytes.
fn each_file(bytes: &[u8]) -> [Files; 4] {
    let source = || Some(Source::Bytes(bytes.to_vec()));
    [
        Files { people: source(), ..Files::default() },
        Files { insights: source(), ..Files::default() },
        Files { accesses: source(), ..Files::default() },
        Files { ratings: source(), ..Files::default() },
    ]
}

on_both!(broken_files_are_refused_with_their_place, |app| async move {
    let before = row_counts(&app).await;
    let head = "email,name,department\nann@example.com,Ann Sample,Service\n";
    for (bytes, told) in [
        (b"\xff\xfee\0m\0a\0i\0l\0".to_vec(), "people.csv: is UTF-16, not UTF-8; save it as \"CSV UTF-8\""),
        (b"\xfe\xff\0e\0m\0a\0i\0l".to_vec(), "is UTF-16"),
        (b"PK\x03\x04\x14\0".to_vec(), "is a spreadsheet or a zip file"),
        (Vec::new(), "people.csv: is empty"),
        (head.replace('\n', "\r").into_bytes(), "ends its lines with a carriage return alone"),
        (head.replace(',', ";").into_bytes(), "separate the columns with commas"),
        (head.replace(',', "\t").into_bytes(), "separate the columns with commas"),
        (head.replace("name,", "name,name,").into_bytes(), "line 1, column name: stands twice in the header"),
        (head.replace("department", "").into_bytes(), "a column has no name; name or remove column 3"),
        (
            head.replace("name", "nme").into_bytes(),
            "column nme: is not a column of this file; did you mean name?",
        ),
        (
            format!("{head}bob@example.com,Bob\n").into_bytes(),
            "people.csv, line 3: \"bob@example.com\": has not as many cells",
        ),
        (
            format!("{head}bob@example.com,\"Bob,Sales\n").into_bytes(),
            "line 3, column name: \"Bob,Sales\\n\": a quotation mark is opened here and never closed",
        ),
        (
            [head.as_bytes(), b"bob@example.com,B\xf6b,Sales\n"].concat(),
            "people.csv, line 3, column name: \"B\u{fffd}b\": is not UTF-8; at byte 75",
        ),
        (
            format!("{head}bob@example.com,B\0b,Sales\n").into_bytes(),
            "line 3, column name: \"B\\0b\": contains a NUL character; at byte 75",
        ),
    ] {
        let [files, ..] = each_file(&bytes);
        let report = import(&app, files).await;
        assert!(!report.written && report.to_string().contains(told), "{told}\nis missing from:\n{report}");
    }
    assert_eq!(row_counts(&app).await, before, "nothing half done");
});

on_both!(marks_and_line_ends_do_not_matter, |app| async move {
    let plain = "department,name,email\nService,\"Ann\nSample\",ann@example.com\n";
    let report = import(&app, Files { people: Some(Source::Bytes(plain.into())), ..Files::default() }).await;
    assert!(
        report
            .to_string()
            .contains("line 2, column name: \"Ann\\nSample\": cannot be kept as it is; write it on one line")
    );
    let fine = "\u{feff}department,name,email\r\n\r\nService,\"Ann, Sample\",ann@example.com\r\n,,\r\n";
    let report = import(&app, Files { people: Some(Source::Bytes(fine.into())), ..Files::default() }).await;
    assert!(report.written && report.to_string().contains("1 new; 1 empty rows passed over"), "{report}");
});

// What comes out comes in again as the same archive, with the same values.
on_both!(an_archive_survives_the_journey, |app| async move {
    let (ann, bob) =
        (app.manager("Ann Sample", "Service/North").await, app.employee("Bob Example", "Sales").await);
    let cy = app.employee("Cy Sample", "Service/South").await;
    for n in 0..12 {
        let author = if n % 3 == 0 { &bob } else { &ann };
        let id = app
            .insight_with(author, &format!("Insight {n}. \"Quoted\", with\nlines and =formulas."), |draft| {
                draft.segment = if n % 2 == 0 { "Retail".into() } else { String::new() };
                draft.customer = "=Example".into();
                draft.tags = vec!["b".into(), "A;c".replace(';', "-")];
            })
            .await;
        for (k, reader) in [&ann, &bob, &cy].into_iter().enumerate() {
            app.later(40);
            let (actor, insight, value) = (app.acting(reader), id, (n + k as i64) as i32 % 5 + 1);
            app.tell(move |c| {
                tradewind::flow::store::record_access(c, &actor, insight)?;
                match tradewind::market::store::ratings::put(c, &actor, insight, 1, value, true) {
                    // The author may not; that is not what this is about.
                    Ok(()) | Err(tradewind::error::AppError::Forbidden(_)) => Ok(()),
                    Err(error) => Err(error),
                }
            })
            .await;
        }
    }
    // Of one sentence, as most are shared in a hurry; and somebody who was to come, and does not.
    app.insight(&bob, "They pay by cheque").await;
    let dee = app.employee("Dee Sample", "Sales").await;
    let (id, now) = (dee.id, app.now());
    app.tell(move |c| {
        let soon = now.date() + chrono::Days::new(30);
        diesel::update(people::table.find(id)).set(people::joined_on.eq(soon)).execute(c)?;
        tradewind::accounts::store::disable(c, id, now, now.date())
    })
    .await;
    journey(&app).await;
});

/// Exports, imports into an empty database, exports again, and compares files, roll-ups and values.
async fn journey(app: &TestApp) {
    let now = app.now();
    app.db.write_alone(move |c| tradewind::market::store::refit::refit(c, now)).await.expect("a refit");
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    export_all(app, one.path()).await;
    let mut other = Other::new(app);
    let report = other.import(app, one.path());
    assert!(report.written && report.notes.is_empty(), "{report}");
    other.export(two.path());
    for file in ["people.csv", "insights.csv", "accesses.csv", "ratings.csv"] {
        let (before, after) = (rows_of(&one.path().join(file)), rows_of(&two.path().join(file)));
        assert_eq!(before.len(), after.len(), "{file}");
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{file}");
        }
    }
    let before = app.ask(|c| Ok(figures(c))).await;
    let after = figures(&mut other.conn);
    assert_eq!(before.0, after.0, "the roll-ups");
    assert_eq!(before.1.len(), after.1.len());
    for (before, after) in before.1.iter().zip(&after.1) {
        assert_eq!(
            (&before.reference, &before.label, before.raters),
            (&after.reference, &after.label, after.raters)
        );
        assert!(
            (before.value - after.value).abs() < 1e-8 && (before.sd - after.sd).abs() < 1e-8,
            "{before:?} {after:?}"
        );
    }
    let again = other.import(app, one.path());
    assert!(again.changes_nothing(), "{again}");
}

#[derive(Debug, diesel::QueryableByName)]
struct Value {
    #[diesel(sql_type = diesel::sql_types::Text)]
    reference: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    label: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    raters: i32,
    #[diesel(sql_type = diesel::sql_types::Double)]
    value: f64,
    #[diesel(sql_type = diesel::sql_types::Double)]
    sd: f64,
}

/// The roll-ups by names instead of ids, and the values.
fn figures(c: &mut tradewind::db::Conn) -> (Vec<String>, Vec<Value>) {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        row: String,
    }
    let mut rows = Vec::new();
    for statement in [
        "SELECT 'activity ' || a.day || ' ' || d.path || ' ' || (CASE WHEN a.manager THEN 1 ELSE 0 END) || ' ' || COALESCE(s.name, '-') || ' ' || a.contributions || ' ' || a.accesses AS row \
         FROM activity_daily a JOIN departments d ON d.id = a.department_id LEFT JOIN segments s ON s.id = a.segment_id \
         WHERE a.contributions <> 0 OR a.accesses <> 0",
        "SELECT 'flow ' || f.day || ' ' || d.path || ' ' || e.path || ' ' || COALESCE(s.name, '-') || ' ' || f.first_accesses AS row \
         FROM flow_daily f JOIN departments d ON d.id = f.from_department_id JOIN departments e ON e.id = f.to_department_id \
         LEFT JOIN segments s ON s.id = f.segment_id WHERE f.first_accesses <> 0",
        "SELECT 'person ' || p.email || ' ' || x.day || ' ' || COALESCE(s.name, '-') || ' ' || x.contributions || ' ' || x.accesses AS row \
         FROM person_daily x JOIN people p ON p.id = x.person_id LEFT JOIN segments s ON s.id = x.segment_id \
         WHERE x.contributions <> 0 OR x.accesses <> 0",
    ] {
        rows.extend(
            diesel::sql_query(statement).load::<Row>(c).expect("roll-ups").into_iter().map(|row| row.row),
        );
    }
    rows.sort();
    let mut values = diesel::sql_query(
        "SELECT i.reference, v.label, v.raters, v.value, v.sd FROM insight_values v JOIN insights i ON i.id = v.insight_id",
    )
    .load::<Value>(c)
    .expect("values");
    values.sort_by(|a, b| a.reference.cmp(&b.reference));
    (rows, values)
}

on_both!(real_votes_come_in_and_go_out, |app| async move {
    let Some(data) = data() else { return };
    let files = Files::in_folder(&data.join("polis-biodiversity/import")).expect("the files");
    let report = import(&app, files.clone()).await;
    println!("{report}");
    assert!(report.written, "{report}");
    assert_eq!((report.people.new, report.insights.new), (536, 316));
    assert_eq!((report.accesses.new, report.accesses.own, report.accesses.implied), (29_416, 304, 0));
    assert_eq!((report.ratings.new, report.ratings.own, report.ratings.replaced), (29_415, 304, 83));
    assert!(import(&app, files).await.changes_nothing());
    journey(&app).await;
});

// Every file of the nasty collections as each of the four files.
on_both!(every_nasty_file_is_taken_or_told, |app| async move {
    let Some(data) = data() else { return };
    let folder = unpack(&data);
    let before = row_counts(&app).await;
    let (mut read, mut refused) = (0, 0);
    for path in files_below(folder.path()) {
        let bytes = std::fs::read(&path).expect("a file");
        for files in each_file(&bytes) {
            let report = import(&app, files).await;
            read += 1;
            refused += usize::from(!report.problems.is_empty());
            assert!(!report.written || report.changes_nothing(), "{}: {report}", path.display());
            for problem in report.problems.first() {
                assert!(problem.line > 0 || problem.column.is_empty(), "{problem}");
                assert!(!problem.kind.is_empty() && !problem.to_string().contains('\0'), "{problem}");
            }
        }
    }
    println!("{read} readings of nasty files, {refused} refused with their place");
    assert!(refused > 1000);
    assert_eq!(row_counts(&app).await, before, "nothing half done");
});

on_both!(every_nasty_cell_comes_back_or_is_refused, |app| async move {
    let Some(data) = data() else { return };
    let folder = unpack(&data);
    let mut cells: Vec<String> = Vec::new();
    for path in files_below(folder.path()) {
        let bytes = std::fs::read(&path).expect("a file");
        // What is no text is the matter of the test above; Latin-1 and the like come as their mojibake.
        #[allow(clippy::disallowed_methods)]
        // strings are taken from files of any encoding; which ones matters little
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if ["xls", "xlsx", "ods", "zip", "gz", "bz2", "dbf"].contains(&extension) {
            continue;
        }
        // Tables of thousands of sequences: every twentieth, unless TRADEWIND_ALL is set.
        let step =
            if text.lines().count() > 1_000 && std::env::var_os("TRADEWIND_ALL").is_none() { 20 } else { 1 };
        cells.extend(text.lines().step_by(step).map(str::to_owned));
        if ["csv", "tsv"].contains(&extension) {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            cells.extend(
                reader.records().flatten().flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()),
            );
        }
        if extension == "json" {
            strings_of(&serde_json::from_str(&text).unwrap_or_default(), &mut cells);
        }
    }
    cells.sort();
    cells.dedup();
    let all = cells.len();
    // PostgreSQL gets fewer: the rules are the same, the database only has to store them.
    let all_of_them = app.full_url().starts_with("sqlite") || std::env::var_os("TRADEWIND_ALL").is_some();
    let cells: Vec<String> = cells.into_iter().step_by(if all_of_them { 1 } else { 8 }).collect();
    let (compared, refused) = round_trip(&app, &cells).await;
    println!("{} of {all} strings: {compared} cells came back, {refused} were refused", cells.len());
});

/// The strings of a JSON document.
fn strings_of(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(all) => all.iter().for_each(|value| strings_of(value, into)),
        serde_json::Value::Object(all) => all.values().for_each(|value| strings_of(value, into)),
        _ => {}
    }
}

/// The archives of nasty inputs, unpacked.
fn unpack(data: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(data.join("nasty-inputs")).expect("the archives").flatten() {
        let target = folder.path().join(entry.file_name());
        if entry.file_name().to_string_lossy().ends_with(".tar.gz") {
            std::fs::create_dir(&target).expect("a folder");
            let unpacked = Command::new("tar")
                .arg("-xzf")
                .arg(entry.path())
                .arg("-C")
                .arg(&target)
                .status()
                .expect("tar");
            assert!(unpacked.success(), "{}", entry.path().display());
        } else {
            std::fs::copy(entry.path(), &target).expect("a copy");
        }
    }
    for path in files_below(folder.path()) {
        if path.extension().is_some_and(|extension| extension == "bz2") {
            match Command::new("bzip2").arg("-dkf").arg(&path).status() {
                Ok(status) if status.success() => {}
                _ => println!("left out: {} (no bzip2 here)", path.display()),
            }
        }
    }
    folder
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A gzipped CSV file as rows by column name.
fn gunzipped(path: &Path) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let output = Command::new("gzip").arg("-dc").arg(path).output().expect("gzip");
    assert!(output.status.success(), "{}", path.display());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(output.stdout.as_slice());
    let header = reader.headers().expect("a header").clone();
    (header, reader.records().map(|row| row.expect("a row")).collect())
}

fn column(header: &csv::StringRecord, name: &str) -> usize {
    header.iter().position(|column| column.trim() == name).unwrap_or_else(|| panic!("no column {name}"))
}

/// On one line, short enough for a title.
fn title(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    tradewind::text::one_line(&line.chars().take(140).collect::<String>(), 140).expect("a title")
}

/// Imports converted feedback twice: as it is, where rows without text must be told with their lines; and
/// without those rows, where everything must arrive and come back.
async fn feedback(app: &TestApp, people: Vec<Vec<String>>, insights: Vec<Vec<String>>, empty: usize) {
    let before = row_counts(app).await;
    let header = ["ref", "author", "contributed_at", "title", "body", "source", "segment", "tags"];
    let source = |rows: &[Vec<String>]| Some(Source::Bytes(csv_of(&header, rows)));
    let people = Some(Source::Bytes(csv_of(&["email", "name", "department"], &people)));
    let report =
        import(app, Files { people: people.clone(), insights: source(&insights), ..Files::default() }).await;
    let missing: u64 = report
        .problems
        .kinds()
        .filter(|(kind, _)| kind.starts_with("insights.csv, column body: is empty"))
        .map(|(_, count)| count)
        .sum();
    assert_eq!((missing, report.problems.len()), (empty as u64, empty as u64), "{report}");
    assert!(report.to_string().contains("insights.csv, line "), "{report}");
    assert_eq!(row_counts(app).await, before, "nothing half done");
    let whole: Vec<_> = insights.into_iter().filter(|row| !row[4].trim().is_empty()).collect();
    let report = import(app, Files { people, insights: source(&whole), ..Files::default() }).await;
    println!("{} rows without text told, then:\n{report}", empty);
    assert!(report.written && report.insights.new == whole.len() as u64, "{report}");
    let folder = tempfile::tempdir().expect("a folder");
    export_all(app, folder.path()).await;
    let back: std::collections::HashMap<String, String> = rows_of(&folder.path().join("insights.csv"))
        .into_iter()
        .map(|row| (row[0].clone(), row[4].clone()))
        .collect();
    for row in &whole {
        assert_eq!(
            back.get(&row[0]).map(|body| tradewind::web::formula::unguard(body)),
            Some(tradewind::web::formula::unguard(&row[4]))
        );
    }
}

on_both!(patients_feedback_comes_in, |app| async move {
    let Some(data) = data() else { return };
    let (header, rows) = gunzipped(&data.join("nhs-fft-feedback/v6framework_230831.csv.gz"));
    let [question, answer, service, day] =
        ["FFT question", "FFT answer", "Service type 1", "Date"].map(|name| column(&header, name));
    let mut departments = std::collections::BTreeSet::new();
    let mut empty = 0;
    let insights: Vec<Vec<String>> = rows
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let service = title(row[service].trim());
            let service = if service.is_empty() { "Other".to_owned() } else { service.replace('/', "-") };
            departments.insert(service.clone());
            empty += usize::from(row[answer].trim().is_empty());
            vec![
                format!("fft-{n}"),
                format!("{}@trust.example", slug(&service)),
                day_of(&row[day]),
                title(&row[question]),
                // One answer has a control character, which is refused, as another test shows.
                row[answer].chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect(),
                "survey".into(),
                service,
                String::new(),
            ]
        })
        .collect();
    let people = departments
        .iter()
        .map(|name| vec![format!("{}@trust.example", slug(name)), name.clone(), name.clone()])
        .collect();
    feedback(&app, people, insights, empty).await;
});

on_both!(complaints_come_in, |app| async move {
    let Some(data) = data() else { return };
    let (header, rows) = gunzipped(&data.join("cfpb-complaints/complaints_sample.csv.gz"));
    let [day, product, issue, text, via, tags, id] = [
        "Date received",
        "Product",
        "Issue",
        "Consumer complaint narrative",
        "Submitted via",
        "Tags",
        "Complaint ID",
    ]
    .map(|name| column(&header, name));
    let empty = rows.iter().filter(|row| row[text].trim().is_empty()).count();
    let insights: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                format!("cfpb-{}", &row[id]),
                "desk@bureau.example".into(),
                day_of(&row[day]),
                title(&row[issue]),
                row[text].to_owned(),
                if &row[via] == "Phone" { "call" } else { "complaint" }.into(),
                title(&row[product]).chars().take(80).collect::<String>().trim().to_owned(),
                row[tags].replace(", ", ";"),
            ]
        })
        .collect();
    assert_eq!((rows.len(), rows.len() - empty), (6_623, 1_532));
    let people = vec![vec!["desk@bureau.example".into(), "Complaints Desk".into(), "Bureau".into()]];
    feedback(&app, people, insights, empty).await;
});

fn slug(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// A day written yyyy/m/d, dd/mm/yyyy or yyyy-mm-dd, as the format wants it.
fn day_of(text: &str) -> String {
    let parts: Vec<u32> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [year, month, day, ..] if *year > 31 => format!("{year:04}-{month:02}-{day:02}"),
        [day, month, year, ..] if *year < 100 => format!("20{year:02}-{month:02}-{day:02}"),
        // Some rows have the month first.
        [month, day, year, ..] if *day > 12 => format!("{year:04}-{month:02}-{day:02}"),
        [day, month, year, ..] => format!("{year:04}-{month:02}-{day:02}"),
        // Without a date: the first day of the collection.
        _ => "2021-01-01".to_owned(),
    }
}
