//! A database file is nobody's but its owner's: it holds who opened what, and digests of passwords.

use std::fs::OpenOptions;
use std::io::ErrorKind;

/// Makes the file, empty, where it is not there yet: readable by its owner alone on Unix. SQLite gives its
/// journals the same rights. A file that is there keeps its own.
///
/// # Errors
/// When it cannot be made: no folder, no right to write there.
pub(super) fn make(path: &str) -> Result<(), diesel::ConnectionError> {
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
