//! What keeps a database quick that grows by itself, and what tells that a file is damaged. PostgreSQL looks
//! after both alone.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;

/// Lets SQLite look at tables whose size has changed much since it last did, so that it goes on choosing
/// the right index. It reads a few hundred rows of each index, so it takes milliseconds however large the
/// file is. Nothing on PostgreSQL. Whether there was anything to do it for.
///
/// # Errors
/// What the database says.
pub fn look_at_sizes(c: &mut Conn) -> QueryResult<bool> {
    match c {
        Conn::Sqlite(c) => {
            // 0x10000: also tables this connection has not read yet; 2: do it. Of the search index's own tables
            // SQLite would count all rows, each as large as a text; what it keeps of them nobody asks.
            c.batch_execute("PRAGMA analysis_limit = 400; ANALYZE sqlite_schema;")?;
            diesel::sql_query(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) \
                 SELECT s.name, NULL, CAST((SELECT COUNT(*) FROM insights) AS TEXT) FROM sqlite_schema s \
                 WHERE s.type = 'table' AND s.name LIKE 'insight\\_search\\_%' ESCAPE '\\' \
                   AND NOT EXISTS (SELECT 1 FROM sqlite_stat1 known WHERE known.tbl = s.name)",
            )
            .execute(c)?;
            c.batch_execute("ANALYZE sqlite_schema; PRAGMA optimize = 0x10002;")?;
            forget_departments(c)?;
            Ok(true)
        }
        Conn::Postgres(_) => Ok(false),
    }
}

/// Takes away how many departments there are. Told that they are a handful, SQLite walks them all and sorts what
/// each has shared, thousands of insights for a list of fifty that an index has in order: ten to fifty times as
/// long.
fn forget_departments(c: &mut SqliteConnection) -> QueryResult<()> {
    c.batch_execute("DELETE FROM sqlite_stat1 WHERE tbl = 'departments'; ANALYZE sqlite_schema;")
}

/// How large SQLite's file is, in bytes; none on PostgreSQL.
///
/// # Errors
/// What the database says.
pub fn size(c: &mut Conn) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Size {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        bytes: i64,
    }
    let Conn::Sqlite(c) = c else { return Ok(None) };
    let size = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
    Ok(Some(diesel::sql_query(size).get_result::<Size>(c)?.bytes))
}

/// The first damage that SQLite finds in its file; none on PostgreSQL. It reads the whole file: a second for
/// some 150 MB.
///
/// # Errors
/// What the database says, other than that its file is damaged.
pub fn damage(c: &mut Conn) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Text)]
        quick_check: String,
    }
    let Conn::Sqlite(c) = c else { return Ok(None) };
    match diesel::sql_query("PRAGMA quick_check(1)").get_result::<Found>(c) {
        Ok(Found { quick_check }) => Ok((quick_check != "ok").then_some(quick_check)),
        Err(error) => match error.to_string() {
            said if tells_of_damage(&said) => Ok(Some(said)),
            _ => Err(error),
        },
    }
}

/// Whether this is what SQLite says of a page that it cannot make sense of (SQLITE_CORRUPT).
pub fn tells_of_damage(message: &str) -> bool {
    message.contains("malformed")
}

/// What to do about a damaged file.
pub fn advice(url: &super::DatabaseUrl, damage: &str) -> String {
    format!(
        "{url} is damaged ({}). Stop the node, move the file and what lies beside it under the same name \
         (-wal, -shm) away, and put the last copy in its place",
        damage.replace('\n', " ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{DatabaseUrl, migrate};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }

    #[test]
    fn a_list_by_date_is_never_sorted_by_department() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sizes.db").display().to_string();
        let mut conn = Conn::open(&DatabaseUrl::Sqlite(path)).expect("a file");
        migrate::run(&mut conn).expect("the schema");
        let Conn::Sqlite(c) = &mut conn else { panic!("this is SQLite") };
        // The sizes of a company with 10,000 insights, as SQLite found them.
        c.batch_execute(
            "ANALYZE; INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('departments', NULL, '9'), \
             ('people', 'people_department', '1000 101'), ('insights', 'insights_newest', '10293 1 1 1'), \
             ('insights', 'insights_department', '10293 401 1'), ('insights', 'insights_day', '10293 51'); \
             ANALYZE sqlite_schema;",
        )
        .expect("sizes");
        let walks_departments = |c: &mut SqliteConnection| {
            // Bound values are unknown to the plan, as they are to that of the program's own statements.
            diesel::sql_query(
                "EXPLAIN QUERY PLAN SELECT i.id, p.name, d.path FROM insights i \
                 JOIN people p ON i.author_id = p.id JOIN departments d ON i.department_id = d.id \
                 WHERE i.undone = ? AND i.contributed_at >= ? AND i.contributed_at <= ? \
                 ORDER BY i.contributed_at DESC, i.id DESC LIMIT ?",
            )
            .load::<Step>(c)
            .expect("a plan")
            .iter()
            .any(|step| step.detail.starts_with("SCAN d"))
        };
        assert!(walks_departments(c), "this version of SQLite does not do it: forgetting is needless");
        forget_departments(c).expect("forgotten");
        assert!(!walks_departments(c));
    }

    #[derive(QueryableByName)]
    struct Page {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        first: i64,
    }

    /// The first page of a table is overwritten, as a failing disk would: only who reads it notices.
    #[test]
    fn a_damaged_file_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("damaged.db").display().to_string();
        let url = DatabaseUrl::Sqlite(path.clone());
        let mut conn = Conn::open(&url).expect("a file");
        migrate::run(&mut conn).expect("the schema");
        assert_eq!(damage(&mut conn).expect("a look"), None);
        let all = size(&mut conn).expect("a size");
        let root = "SELECT rootpage AS first FROM sqlite_schema WHERE name = 'remarks'";
        let root = diesel::sql_query(root).get_result::<Page>(&mut conn).expect("a table").first as usize;
        let size = "SELECT page_size AS first FROM pragma_page_size";
        let size = diesel::sql_query(size).get_result::<Page>(&mut conn).expect("a size").first as usize;
        drop(conn);

        let mut bytes = std::fs::read(&path).expect("the file");
        assert_eq!(all, Some(bytes.len() as i64));
        bytes[(root - 1) * size..root * size].fill(0xA5);
        std::fs::write(&path, &bytes).expect("written over");
        let found = damage(&mut Conn::open(&url).expect("the file")).expect("a look").expect("damage");
        let advice = advice(&url, &found);
        assert!(advice.contains("is damaged (") && !advice.contains('\n'), "{advice}");
    }
}
