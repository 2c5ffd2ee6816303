//! Where the database of a running node is: an address, and on SQLite the file that was found there.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::sync::Arc;

use super::{Conn, DatabaseUrl};

/// The address of a database, and the file that was there when the node opened it; cheap to clone.
///
/// A file that is moved away or replaced under a running node stays open under no name: what is written to it
/// is lost with the process, and nobody would notice before. So it is looked at before every commit, which costs
/// a microsecond.
#[derive(Clone)]
pub(super) struct Place {
    url: Arc<DatabaseUrl>,
    file: Option<File>,
}

impl Place {
    /// The database at an address, which is there already.
    pub(super) fn of(url: DatabaseUrl) -> Place {
        let file = match &url {
            DatabaseUrl::Sqlite(path) => File::at(path),
            DatabaseUrl::Postgres(_) => None,
        };
        Place { url: Arc::new(url), file }
    }

    /// Its address.
    pub(super) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Whether the file is the one that was opened; always, where a server looks after that.
    pub(super) fn is_there(&self) -> bool {
        match self.url.as_ref() {
            DatabaseUrl::Sqlite(path) => self.file.is_some() && File::at(path) == self.file,
            DatabaseUrl::Postgres(_) => true,
        }
    }

    /// A connection to it, never to an empty file made in its place.
    ///
    /// # Errors
    /// What the driver says, or that the file is gone.
    pub(super) fn connect(&self) -> Result<Conn, diesel::ConnectionError> {
        if self.is_there() {
            Conn::open(&self.url)
        } else {
            Err(diesel::ConnectionError::BadConnection(self.gone()))
        }
    }

    /// What to do about a file that [`Place::is_there`] no longer.
    pub(super) fn gone(&self) -> String {
        format!(
            "{} was moved away or replaced while this node runs, so nothing is written; \
             put it back, or restart the node to serve what is there now",
            self.url
        )
    }
}

/// Which file it is, whatever its name. Only its name is asked: to open and close it a second time would let go
/// of every lock that SQLite holds on it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct File {
    #[cfg(unix)]
    device_and_number: (u64, u64),
}

impl File {
    fn at(path: &str) -> Option<File> {
        let found = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Some(File { device_and_number: (found.dev(), found.ino()) })
        }
        #[cfg(not(unix))]
        found.is_file().then_some(File {})
    }
}

/// Makes a database file, empty, where it is not there yet: readable by its owner alone on Unix, since it holds
/// who opened what, and digests of passwords. SQLite gives its journals the same rights. A file that is there
/// keeps its own.
///
/// # Errors
/// When it cannot be made: no folder, no right to write there.
pub(super) fn make_private(path: &str) -> Result<(), diesel::ConnectionError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(diesel::ConnectionError::BadConnection(error.to_string())),
    }
}

/// Whether others than its owner may read a file.
///
/// # Errors
/// What the file system says.
pub fn is_open_to_others(path: &str) -> std::io::Result<bool> {
    let found = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(found.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        Ok(false)
    }
}
