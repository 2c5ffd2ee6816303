//! What keeps a database quick that grows by itself. PostgreSQL looks after this alone.

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
            // 0x10000: also tables this connection has not read yet; 2: do it.
            c.batch_execute("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002;")?;
            Ok(true)
        }
        Conn::Postgres(_) => Ok(false),
    }
}
