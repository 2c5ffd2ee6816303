//! The file of the demo company: made once, served again and again, and never made over anything else.

use std::path::{Path, PathBuf};

use diesel::Connection;

use super::hours::Hours;
use super::make;
use super::story::Scale;
use crate::db::{Conn, DatabaseUrl, in_write_transaction, migrate};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A demo company.
    Demo,
    /// Something else, which is none of ours to touch.
    Other,
}

/// Looks at a path without changing anything there.
pub fn look(path: &Path) -> Found {
    if !path.exists() {
        return Found::Nothing;
    }
    // Only read, and as if nobody wrote: opening a foreign file as ours would switch its journal to WAL,
    // and reading one with a journal leaves files beside it. What is looked for was there from the start.
    let address = format!("file:{}?mode=ro&immutable=1", escaped(path));
    let demo = diesel::SqliteConnection::establish(&address)
        .is_ok_and(|conn| make::is_demo(&mut Conn::Sqlite(conn)).unwrap_or(false));
    if demo { Found::Demo } else { Found::Other }
}

/// A path in a `file:` address.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Makes a demo company at `path`, in place of an earlier one. It is made beside it and moved there when it
/// is whole: what was interrupted leaves nothing that looks like a demo.
///
/// # Errors
/// Says in a sentence what could not be done; also when something else stands there.
pub fn make(path: &Path, scale: Scale, hours: Hours, say: &dyn Fn(&str)) -> Result<(), String> {
    if look(path) == Found::Other {
        return Err(refusal(path));
    }
    let beside = with_ending(path, ".making");
    remove(&beside)?;
    let url = DatabaseUrl::Sqlite(beside.display().to_string());
    let mut conn = Conn::open(&url).map_err(|error| format!("cannot make {}: {error}", beside.display()))?;
    migrate::run(&mut conn)?;
    in_write_transaction(&mut conn, |c| make::fill(c, scale, hours, say))
        .map_err(|error| format!("cannot make {}: {error}", beside.display()))?;
    // The last connection to close takes the log back into the file, so that one file is all there is.
    drop(conn);
    remove(path)?;
    std::fs::rename(&beside, path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

/// Why a file that is not a demo's is left alone, and what to do.
pub fn refusal(path: &Path) -> String {
    format!(
        "{} is not a demo company and is left as it is; name another file: tradewind demo FILE",
        path.display()
    )
}

/// Removes a database file with what SQLite keeps beside it.
fn remove(path: &Path) -> Result<(), String> {
    for one in [path.to_owned(), with_ending(path, "-wal"), with_ending(path, "-shm")] {
        match std::fs::remove_file(&one) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("cannot remove {}: {error}", one.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
