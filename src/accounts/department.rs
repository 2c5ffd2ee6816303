//! A department's place in the tree: a path such as `Service/North/Plant 4`.

use std::fmt;

use crate::text;

/// Deepest tree.
const LEVELS: usize = 8;
/// Longest name of one level, in characters.
const LONGEST: usize = 80;

/// A path of names, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentPath(String);

impl DepartmentPath {
    /// Reads a path: names separated by `/`, blanks around them removed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(path: &str) -> Result<DepartmentPath, String> {
        let names =
            path.split('/').map(|name| text::one_line(name, LONGEST)).collect::<Result<Vec<_>, _>>()?;
        if names == [""] {
            return Err("Write the department's path, such as Service/North".into());
        }
        if names.iter().any(String::is_empty) {
            return Err("Write a name before and after each /, such as Service/North".into());
        }
        if names.len() > LEVELS {
            return Err(format!("Use at most {LEVELS} levels; this has {}", names.len()));
        }
        Ok(DepartmentPath(names.join("/")))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For comparing.
    pub fn folded(&self) -> String {
        self.0.split('/').map(text::fold).collect::<Vec<_>>().join("/")
    }

    /// The paths from the outermost department to this one: `Service`, `Service/North`.
    pub fn line(&self) -> impl Iterator<Item = DepartmentPath> + '_ {
        let ends = self.0.match_indices('/').map(|(at, _)| at).chain([self.0.len()]);
        ends.map(|end| DepartmentPath(self.0[..end].to_owned()))
    }
}

impl fmt::Display for DepartmentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `folded` lies below `above`, both folded.
pub fn is_below(folded: &str, above: &str) -> bool {
    folded.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_tidied_or_refused() {
        let path = DepartmentPath::parse(" Service / North/Plant  4").expect("a path");
        assert_eq!(path.as_str(), "Service/North/Plant  4");
        assert_eq!(path.folded(), "service/north/plant 4");
        let line: Vec<_> = path.line().map(|path| path.to_string()).collect();
        assert_eq!(line, ["Service", "Service/North", "Service/North/Plant  4"]);
        for wrong in ["", " ", "/", "/Service", "Service/", "Service//North", "a/b/c/d/e/f/g/h/i", "a\nb"] {
            assert!(DepartmentPath::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn below_is_by_whole_names() {
        assert!(is_below("service/north", "service"));
        assert!(!is_below("services", "service"));
        assert!(!is_below("service", "service"));
    }
}
