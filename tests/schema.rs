//! The schema: the same steps on both databases, `table!` as the databases have it, every step
//! reversible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::*;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use tradewind::db::{Conn, DatabaseUrl, migrate, upkeep};

/// What `table!` says of a column: its SQL type, and whether it may be NULL.
type Columns = BTreeMap<String, (String, bool)>;

#[test]
fn both_lists_have_the_same_steps() {
    let steps = |database: &str| -> BTreeSet<String> {
        std::fs::read_dir(folder(database))
            .expect("a folder of migrations")
            .map(|entry| entry.expect("an entry"))
            .inspect(|entry| {
                for file in ["up.sql", "down.sql"] {
                    assert!(
                        entry.path().join(file).is_file(),
                        "{}/{file} is missing",
                        entry.path().display()
                    );
                }
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(steps("sqlite"), steps("postgres"));
}

on_both!(table_declarations_agree_with_the_database, |app| async move {
    let found = app.ask(|c| Ok(columns(c)?)).await;
    let declared = declared();
    // Partitions of accesses are PostgreSQL's own business.
    let engine_tables = ["__diesel_schema_migrations", "insight_search", "accesses_"];
    for (table, columns) in &declared {
        assert_eq!(Some(columns), found.get(table), "{table}: declared (left), in the database (right)");
    }
    for table in found.keys() {
        let known =
            declared.contains_key(table) || engine_tables.iter().any(|engine| table.starts_with(engine));
        assert!(known, "{table} is in the database and not in src/db/schema.rs");
    }
});

on_both!(every_column_can_be_selected, |app| async move {
    for (table, columns) in declared() {
        let names: Vec<String> = columns.keys().map(|name| format!("\"{name}\"")).collect();
        let statement = format!("SELECT {} FROM {table}", names.join(", "));
        app.ask(move |c| {
            diesel::sql_query(statement).execute(c)?;
            Ok(())
        })
        .await;
    }
});

#[test]
fn indexes_have_the_same_names_on_both() {
    let Some(postgres) = Schema::empty() else { return };
    let (_folder, mut sqlite) = sqlite_file();
    migrate::run(&mut sqlite).expect("the SQLite schema");
    let mut other = Conn::open(&DatabaseUrl::Postgres(postgres.url.clone())).expect("PostgreSQL");
    migrate::run(&mut other).expect("the PostgreSQL schema");
    // Primary keys and UNIQUE columns have names of the engine's own making.
    let sqlite =
        texts(&mut sqlite, "SELECT name AS text FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
    let postgres = texts(
        &mut other,
        "SELECT indexname::text AS text FROM pg_indexes WHERE schemaname = current_schema() \
         AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' AND tablename <> 'insight_search' \
         AND tablename NOT LIKE 'accesses\\_%'",
    );
    assert_eq!(sqlite, postgres, "SQLite (left), PostgreSQL (right)");
}

#[test]
fn sqlite_goes_up_down_and_up() {
    let (_folder, mut conn) = sqlite_file();
    up_down_up(&mut conn);
    let all = "SELECT sql AS text FROM sqlite_master WHERE sql IS NOT NULL";
    let once = {
        let (_folder, mut fresh) = sqlite_file();
        migrate::run(&mut fresh).expect("the schema");
        texts(&mut fresh, all)
    };
    assert_eq!(texts(&mut conn, all), once);
}

#[test]
fn postgres_goes_up_down_and_up() {
    let Some(schema) = Schema::empty() else { return };
    let mut conn = Conn::open(&DatabaseUrl::Postgres(schema.url.clone())).expect("the schema");
    up_down_up(&mut conn);
}

fn up_down_up(conn: &mut Conn) {
    migrate::run(conn).expect("up");
    match conn {
        Conn::Sqlite(c) => down(c, "sqlite"),
        Conn::Postgres(c) => down(c, "postgres"),
    }
    let left_over = if conn.is_sqlite() {
        "SELECT name AS text FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'"
    } else {
        "SELECT relname::text AS text FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
         AND relname NOT LIKE '\\_\\_diesel%' \
         UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    };
    assert_eq!(texts(conn, left_over), BTreeSet::new(), "left over after going down");
    migrate::run(conn).expect("up again");
    assert_eq!(migrate::state(conn), Ok(migrate::Schema::Current));
}

/// Beside indexes whose sizes it knows, SQLite passes over those it does not know.
#[test]
fn a_new_step_leaves_no_index_unknown_to_sqlite() {
    let (_folder, mut conn) = sqlite_file();
    migrate::run(&mut conn).expect("the schema");
    let insight = "PRAGMA foreign_keys = OFF; INSERT INTO insights (id, reference, title, body, quote, source, \
        evidence_url, author_id, department_id, manager, contributed_at, day) VALUES (1, 'i1', 'One', '', '', \
        'call', '', 1, 1, FALSE, '2026-11-02 09:00:00', '2026-11-02');";
    conn.batch_execute(insight).expect("an insight");
    let unknown = "SELECT name AS text FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'insights' \
        AND name NOT LIKE 'insights\\_merged' ESCAPE '\\' \
        AND name NOT IN (SELECT idx FROM sqlite_stat1 WHERE idx IS NOT NULL)";
    assert_eq!(upkeep::look_at_sizes(&mut conn), Ok(true));
    assert_eq!(texts(&mut conn, unknown), BTreeSet::new());
    let Conn::Sqlite(c) = &mut conn else { panic!("this is SQLite") };
    let steps = FileBasedMigrations::from_path(folder("sqlite")).expect("the steps");
    // Back behind the step that gave insights other indexes.
    while c.applied_migrations().expect("the steps").len() > 24 {
        c.revert_last_migration(steps.clone()).expect("down");
    }
    assert!(migrate::run(&mut conn).expect("up again") > 0);
    assert_eq!(texts(&mut conn, unknown), BTreeSet::new());
}

fn down<DB: diesel::backend::Backend>(conn: &mut impl MigrationHarness<DB>, database: &str) {
    let steps = FileBasedMigrations::from_path(folder(database)).expect("the steps");
    conn.revert_all_migrations(steps).expect("down");
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

fn texts(conn: &mut Conn, statement: &str) -> BTreeSet<String> {
    let lines: Vec<Line> = diesel::sql_query(statement).load(conn).expect("an answer");
    lines.into_iter().map(|line| line.text).collect()
}

/// The tables of `src/db/schema.rs`.
fn declared() -> BTreeMap<String, Columns> {
    let text = include_str!("../src/db/schema.rs");
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, _)) = line.strip_suffix('{').and_then(|line| line.split_once(" (")) {
            current = name.to_owned();
            tables.entry(current.clone()).or_default();
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|line| line.split_once(" -> ")) {
            let nullable = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            let column = (nullable.unwrap_or(kind).to_owned(), nullable.is_some());
            tables.entry(current.clone()).or_default().insert(name.to_owned(), column);
        }
    }
    tables
}

/// The tables of a database, in the words of `table!`.
fn columns(conn: &mut Conn) -> diesel::QueryResult<BTreeMap<String, Columns>> {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        column_name: String,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        nullable: bool,
    }
    let statement = match conn {
        // An integer primary key must be spelled INTEGER to be the row's own id, holds 64 bits, and is
        // never NULL, whatever the declaration leaves out.
        Conn::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name, \
             CASE WHEN c.pk = 1 AND c.type = 'INTEGER' THEN 'bigint' ELSE lower(c.type) END AS kind, \
             c.\"notnull\" = 0 AND c.pk = 0 AS nullable \
             FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Conn::Postgres(_) => {
            "SELECT table_name::text AS table_name, column_name::text AS column_name, data_type::text AS kind, \
             is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let rows: Vec<Column> = diesel::sql_query(statement).load(conn)?;
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for row in rows {
        let kind = match row.kind.as_str() {
            "integer" => "Integer",
            "bigint" => "BigInt",
            "text" => "Text",
            "boolean" => "Bool",
            "date" => "Date",
            "timestamp" | "timestamp without time zone" => "Timestamp",
            "double" | "double precision" => "Double",
            "blob" | "bytea" => "Binary",
            other => other,
        };
        tables.entry(row.table_name).or_default().insert(row.column_name, (kind.to_owned(), row.nullable));
    }
    Ok(tables)
}

fn folder(database: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database)
}

fn sqlite_file() -> (tempfile::TempDir, Conn) {
    let folder = temporary_folder();
    let path = folder.path().join("schema.db").display().to_string();
    let conn = Conn::open(&DatabaseUrl::Sqlite(path)).expect("a new file");
    (folder, conn)
}
