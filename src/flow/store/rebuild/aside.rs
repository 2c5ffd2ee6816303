//! Filling an empty table without its indexes: one that is made afterwards from all rows takes a part of the time
//! of one that is kept beside each.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::accesses;
use super::tables::Rollup;
use crate::db::Conn;

/// Puts the indexes of an empty table aside while `work` fills it, and on PostgreSQL its key and references, too.
/// A table with rows, which somebody reads, keeps them. `work` is told what there is to compare with: a look
/// for rows in a table without its key reads all that was written before.
pub(super) fn with_indexes_aside<R: Rollup, T>(
    c: &mut Conn,
    work: impl FnOnce(&mut Conn, Stored) -> QueryResult<T>,
) -> QueryResult<T> {
    if !R::is_empty(c)? {
        return work(c, Stored::Rows);
    }
    if accesses::table.select(accesses::id).first::<i64>(c).optional()?.is_none() {
        return work(c, Stored::Nothing);
    }
    let again = away(c, R::TABLE)?;
    let done = work(c, Stored::Nothing)?;
    again.back(c)?;
    Ok(done)
}

/// What a roll-up held before it was made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// There is nothing to compare with.
    Nothing,
    Rows,
}

/// What was put aside, in the order in which it comes back.
pub struct Away(Vec<Aside>);

/// Puts the indexes of a table aside, and on PostgreSQL its key and references, too.
pub(super) fn away(c: &mut Conn, table: &str) -> QueryResult<Away> {
    let again = match c {
        Conn::Sqlite(c) => of_sqlite(c, table)?,
        Conn::Postgres(c) => of_postgres(c, table)?,
    };
    c.batch_execute(&again.iter().map(|one| one.away.as_str()).collect::<Vec<_>>().join("; "))?;
    Ok(Away(again))
}

impl Away {
    /// Brings it back.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn back(self, c: &mut Conn) -> QueryResult<()> {
        // Sorting outside memory, and with a second thread.
        c.batch_execute(match c {
            Conn::Sqlite(_) => "PRAGMA temp_store = FILE; PRAGMA threads = 2",
            Conn::Postgres(_) => "SET LOCAL maintenance_work_mem = '256MB'",
        })?;
        self.0.iter().try_for_each(|one| c.batch_execute(&one.back))
    }
}

/// How something is put aside and brought back.
struct Aside {
    away: String,
    back: String,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

fn of_sqlite(c: &mut SqliteConnection, table: &str) -> QueryResult<Vec<Aside>> {
    let indexes = diesel::sql_query(
        "SELECT name, sql AS definition FROM sqlite_master \
         WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL ORDER BY name",
    )
    .bind::<Text, _>(table)
    .load::<Known>(c)?;
    Ok(indexes
        .into_iter()
        .map(|Known { name, definition }| Aside { away: format!("DROP INDEX {name}"), back: definition })
        .collect())
}

fn of_postgres(c: &mut PgConnection, table: &str) -> QueryResult<Vec<Aside>> {
    // The key comes before the references.
    let constraints = diesel::sql_query(
        "SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint \
         WHERE conrelid = to_regclass($1) AND contype IN ('p', 'u', 'f') ORDER BY contype DESC, conname",
    )
    .bind::<Text, _>(table)
    .load::<Known>(c)?;
    // Of a table in parts the index is told as that of the table alone, which would have none of the parts' rows.
    let indexes = diesel::sql_query(
        "SELECT indexname::text AS name, replace(indexdef, ' ON ONLY ', ' ON ') AS definition FROM pg_indexes \
         WHERE schemaname = current_schema() AND tablename = $1 \
           AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = to_regclass($1)) \
         ORDER BY indexname",
    )
    .bind::<Text, _>(table)
    .load::<Known>(c)?;
    let of_constraint = |Known { name, definition }: Known| Aside {
        away: format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
        back: format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"),
    };
    let of_index =
        |Known { name, definition }: Known| Aside { away: format!("DROP INDEX {name}"), back: definition };
    Ok(constraints.into_iter().map(of_constraint).chain(indexes.into_iter().map(of_index)).collect())
}
