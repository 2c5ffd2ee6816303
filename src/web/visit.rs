//! Whether somebody is really looking: a prefetch, a HEAD request and the crawler of a link preview get
//! the page, and leave no access.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest};

/// Marks a request that came as HEAD and is answered as GET without its body.
struct CameAsHead;

/// Programs that fetch a page to draw a preview of its link, by a word of their user agent. They seldom
/// have a session; a browser extension or a shared cookie can give them one.
const PREVIEW_CRAWLERS: [&str; 9] = [
    "bot",
    "crawler",
    "spider",
    "facebookexternalhit",
    "slack-imgproxy",
    "skypeuripreview",
    "whatsapp",
    "preview",
    "embedly",
];

/// Routes HEAD as GET, so that both have the same rights and the same headers.
pub fn route_head_as_get(req: &mut ServiceRequest) {
    if *req.method() == Method::HEAD {
        req.extensions_mut().insert(CameAsHead);
        req.head_mut().method = Method::GET;
    }
}

/// Whether a GET counts as somebody looking at the page.
pub fn counts(req: &HttpRequest) -> bool {
    if req.extensions().get::<CameAsHead>().is_some() {
        return false;
    }
    let header = |name: &str| {
        req.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
    };
    let ahead = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| header(name).contains("prefetch") || header(name).contains("preview"));
    let agent = header("user-agent");
    !ahead && !PREVIEW_CRAWLERS.iter().any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_people_count() {
        for (name, value, counted) in [
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", true),
            ("accept", "text/html", true),
            ("sec-purpose", "prefetch", false),
            ("sec-purpose", "prefetch;prerender", false),
            ("purpose", "prefetch", false),
            ("x-moz", "prefetch", false),
            ("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", false),
            ("user-agent", "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5", false),
        ] {
            let req = TestRequest::get().insert_header((name, value)).to_http_request();
            assert_eq!(counts(&req), counted, "{name}: {value}");
        }
    }

    #[test]
    fn a_head_request_does_not_count() {
        let mut req = TestRequest::default().method(Method::HEAD).to_srv_request();
        route_head_as_get(&mut req);
        assert_eq!(req.method(), Method::GET);
        assert!(!counts(req.request()));
    }
}
