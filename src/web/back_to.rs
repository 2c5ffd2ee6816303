//! Where to go after signing in: a path of this site and nothing else.

use url::Url;

/// Longest address that survives a sign-in; a filled-in form from a CRM button fits.
const LONGEST: usize = 8 * 1024;

/// A path (with its query) that leads to this site, or "/" for anything else: `//evil`, `/\evil`,
/// `https:evil`, control characters, too long.
pub fn safe(path: &str) -> String {
    let plain = path.len() <= LONGEST
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control);
    if !plain {
        return "/".into();
    }
    // Parsed as a browser would: what leaves the origin after all is refused.
    let Ok(base) = Url::parse("http://here.invalid/") else {
        return "/".into();
    };
    match base.join(path) {
        Ok(url) if url.origin() == base.origin() && !url.path().starts_with("//") => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", url.path())
        }
        _ => "/".into(),
    }
}

/// Where an act on a thing leads: back to the list it was done in, at the thing's `anchor`; else to the
/// top of the thing's own `page`, where the notice of what was done stands.
pub fn list_or_page(to: &str, page: String, anchor: &str) -> String {
    let path = safe(to);
    if to.is_empty() || path == page { page } else { format!("{path}#{anchor}") }
}

/// The sign-in page that leads back to `path`.
pub fn sign_in_url(path: &str) -> String {
    let path = safe(path);
    if path == "/" {
        return "/sign-in".into();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("back_to", &path);
    format!("/sign-in?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_leads_back_to_where_it_was_done() {
        for (to, path) in [
            ("", "/insights/7"),
            ("/", "/#insight-7"),
            ("/?order=to-rate", "/?order=to-rate#insight-7"),
            ("/insights/7", "/insights/7"),
            ("https://evil.example/", "/#insight-7"),
        ] {
            assert_eq!(list_or_page(to, "/insights/7".into(), "insight-7"), path, "{to}");
        }
    }

    #[test]
    fn only_paths_of_this_site_survive() {
        for (given, kept) in [
            ("/", "/"),
            ("/insights/7", "/insights/7"),
            ("/insights/new?text=a%20b&customer=Otter", "/insights/new?text=a%20b&customer=Otter"),
            ("/flow#part", "/flow"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/%09/evil.example", "/%09/evil.example"),
            ("/\t/evil.example", "/"),
            ("https:evil.example", "/"),
            ("https://evil.example/", "/"),
            ("/..//evil.example", "/"),
            ("/x/..//evil.example", "/"),
            ("http://host@evil.example", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("javascript:alert(1)", "/"),
            ("", "/"),
        ] {
            assert_eq!(safe(given), kept, "{given:?}");
        }
        assert_eq!(safe(&format!("/{}", "a".repeat(LONGEST))), "/");
    }
}
