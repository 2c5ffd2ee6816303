//! Where a sign-in and a form lead: never off this site, whatever the address says.

use url::Url;

use crate::support::*;

/// Pieces that make addresses leave a site when they are put together.
const PIECES: [&str; 24] = [
    "",
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "\\/",
    "/..",
    "/../",
    "/.//",
    "/%2e%2e//",
    "/%09/",
    "\t",
    "\r\n",
    "\n",
    " ",
    "https:",
    "http://",
    "javascript:",
    "data:",
    "evil.example",
    "@evil.example",
    "?x=//evil.example",
    "#//evil.example",
];

/// Every address of up to three pieces.
fn hostile() -> impl Iterator<Item = String> {
    PIECES
        .iter()
        .flat_map(|a| PIECES.iter().flat_map(move |b| PIECES.iter().map(move |c| format!("{a}{b}{c}"))))
}

/// Whether a browser that follows `location` from here stays here.
fn stays(location: &str) -> bool {
    let base = Url::parse(PUBLIC_URL).expect("an address");
    let one_line = !location.contains(['\r', '\n', '\t', '\\']);
    one_line
        && location.starts_with('/')
        && base.join(location).is_ok_and(|url| url.origin() == base.origin())
}

#[test]
fn the_judge_knows_what_leaves() {
    for leaves in ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example", "evil", ""]
    {
        assert!(!stays(leaves), "{leaves:?}");
    }
    assert!(stays("/") && stays("/a?b=//c") && stays("/%09/evil.example"));
}

on_both!(a_way_back_never_leaves_the_site, |app| async move {
    let ann = app.employee("Ann Sample", "Service").await;
    let stranger = app.stranger();
    // Whoever is signed in is sent on at once; the others by the hidden field, which is cleaned too.
    for (n, way) in hostile().enumerate() {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("back_to", &way).finish();
        let page = format!("/sign-in?{query}");
        let sent = ann.get(&page).await.expect(303);
        assert!(stays(sent.location()), "{way:?} leads to {:?}", sent.location());
        if n % 97 == 0 {
            let field = stranger.get(&page).await.expect(200).field("back_to");
            assert!(stays(&field), "{way:?} stands as {field:?}");
            let themed = ann.post("/theme", &[("theme", "dark"), ("back_to", &way)]).await.expect(303);
            assert!(stays(themed.location()), "{way:?} leads to {:?}", themed.location());
            let fields = [("email", ann.email.as_str()), ("password", PASSWORD), ("back_to", way.as_str())];
            let entered = app.stranger().post("/sign-in", &fields).await.expect(303);
            assert!(stays(entered.location()), "{way:?} leads to {:?}", entered.location());
        }
    }
});
