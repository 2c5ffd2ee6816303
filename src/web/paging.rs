//! Keyset paging: the address of the next page names the last row of this one, so a page costs the same
//! however deep it lies, and nothing is skipped when rows are added meanwhile.

use crate::error::AppError;

/// The last row of a page: the sort values and the id, in the order of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<i64>);

impl Cursor {
    /// Reads `?after=12.7.415`; an empty text is the first page.
    ///
    /// # Errors
    /// 400 when it does not have `parts` numbers: somebody edited the address.
    pub fn parse(text: &str, parts: usize) -> Result<Option<Cursor>, AppError> {
        if text.is_empty() {
            return Ok(None);
        }
        let numbers: Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
        match numbers {
            Ok(numbers) if numbers.len() == parts => Ok(Some(Cursor(numbers))),
            _ => Err(AppError::BadRequest(
                "The page to continue from could not be read. Go back to the first page.".into(),
            )),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "{}", parts.join("."))
    }
}
