//! Versions under which something is known to be wrong, and crates that are not to come back. Reads
//! Cargo.lock, so that a plain `cargo test` needs no tool and no network; deny.toml says the same to
//! `cargo deny`.

use std::path::{Path, PathBuf};

/// A crate and the lowest version that is taken.
const FLOORS: [(&str, &str); 11] = [
    ("actix-http", "3.20"),
    ("actix-multipart", "0.8.5"),
    ("actix-server", "2.10"),
    ("actix-web", "4.18"),
    ("ammonia", "4.2.4"),
    ("diesel", "2.3.10"),
    ("h2", "0.4.16"),
    ("lettre", "0.11.22"),
    ("quick-xml", "0.41"),
    ("time", "0.3.47"),
    ("tracing-subscriber", "0.3.20"),
];

/// Crates that are not taken in any version.
const BANNED: [&str; 11] = [
    "actix-csrf",
    "actix-files",
    "actix-governor",
    "backoff",
    "bincode",
    "csrf",
    "instant",
    "native-tls",
    "openssl",
    "serde_yaml",
    "serde_yml",
];

#[test]
fn no_version_is_under_its_floor() {
    let problems = problems(&read("Cargo.lock"));
    assert!(problems.is_empty(), "Cargo.lock: {}", problems.join("; "));
}

#[test]
fn deny_toml_has_the_same_floors() {
    let deny = read("deny.toml");
    for (name, floor) in FLOORS {
        let line = format!("{{ name = \"{name}\", version = \"<{floor}\" }}");
        assert!(deny.contains(&line), "deny.toml lacks {line}");
    }
    for name in BANNED {
        let line = format!("{{ name = \"{name}\" }}");
        assert!(deny.contains(&line), "deny.toml lacks {line}");
    }
    let listed = deny.lines().filter(|line| line.trim_start().starts_with("{ name = ")).count();
    assert_eq!(listed, FLOORS.len() + BANNED.len(), "deny.toml refuses more than this test does");
}

#[test]
fn every_package_comes_from_the_registry_with_a_checksum() {
    for package in packages(&read("Cargo.lock")) {
        if package.name == "tradewind" {
            continue;
        }
        assert!(
            package.source.starts_with("registry+https://") && package.has_checksum,
            "{} {} comes from \"{}\"",
            package.name,
            package.version,
            package.source
        );
    }
}

#[test]
fn an_old_or_banned_version_is_seen() {
    let lock = "[[package]]\nname = \"actix-http\"\nversion = \"3.12.1\"\n\n\
                [[package]]\nname = \"actix-governor\"\nversion = \"0.10.0\"\n\n\
                [[package]]\nname = \"time\"\nversion = \"0.3.100\"\n";
    let problems = problems(lock);
    assert_eq!(problems, ["actix-http 3.12.1 is under 3.20", "actix-governor is not taken"]);
    assert!(version("0.3.9") < version("0.3.47") && version("4.0.0-beta.2") < version("4.18"));
}

/// The copies of other people's work in the tree are what their manifests say, each with its licence.
#[test]
fn vendored_files_are_unchanged() {
    for manifest in ["static/fonts/VENDOR.toml", "tests/vendor/VENDOR.toml"] {
        let folder = root().join(manifest).parent().expect("a folder").to_path_buf();
        let text = read(manifest);
        let mut listed = Vec::new();
        for line in text.lines() {
            // files are lines of their own: "name" = "sha256-…"
            let Some((name, digest)) = line.split_once(" = \"sha256-") else { continue };
            let name = name.trim().trim_matches('"');
            let bytes = std::fs::read(folder.join(name))
                .unwrap_or_else(|error| panic!("{manifest}: {name}: {error}"));
            assert_eq!(digest.trim_end_matches(['"', ',']), sha256(&bytes), "{manifest}: {name} was changed");
            listed.push(name.to_owned());
        }
        assert!(!listed.is_empty(), "{manifest} lists no file");
        let assets = text.matches("[[asset]]").count();
        assert_eq!(text.matches("\nlicence = ").count(), assets, "{manifest}: an asset without a licence");
        assert_eq!(
            text.matches("\nlicence-file = ").count(),
            assets,
            "{manifest}: an asset without its licence text"
        );
        for entry in walk(&folder) {
            let name = entry.strip_prefix(&folder).expect("a file of the folder").display().to_string();
            assert!(
                name == "VENDOR.toml" || name == "update" || listed.contains(&name),
                "{} is not in {manifest}",
                entry.display()
            );
        }
    }
}

fn problems(lock: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages(lock) {
        if BANNED.contains(&package.name.as_str()) {
            problems.push(format!("{} is not taken", package.name));
        }
        for (name, floor) in FLOORS {
            if package.name == name && version(&package.version) < version(floor) {
                problems.push(format!("{name} {} is under {floor}", package.version));
            }
        }
    }
    problems
}

struct Package {
    name: String,
    version: String,
    source: String,
    has_checksum: bool,
}

fn packages(lock: &str) -> Vec<Package> {
    lock.split("[[package]]")
        .skip(1)
        .map(|block| {
            let value = |key: &str| {
                block
                    .lines()
                    .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))
                    .map(|value| value.trim_end_matches('"').to_owned())
                    .unwrap_or_default()
            };
            Package {
                name: value("name"),
                version: value("version"),
                source: value("source"),
                has_checksum: !value("checksum").is_empty(),
            }
        })
        .collect()
}

fn version(text: &str) -> Vec<u64> {
    let release = text.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
