//! What holds for every answer, before any feature: the frame of a page, its doors and its errors.

use crate::support::*;
use actix_web::test::TestRequest;

on_both!(a_page_that_is_missing_says_so, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let answer = ann.get("/no-such-page").await.expect(404).sees("There is nothing here");
    assert_eq!(answer.select("h1"), ["There is nothing here"]);
    assert!(!answer.header("x-request-id").is_empty());
    assert!(answer.has(".nav"), "whoever is signed in goes on from here");
    let answer = app.stranger().get("/no-such-page").await.expect(404);
    assert!(!answer.has(".nav"));
});

on_both!(a_missing_page_keeps_the_chosen_theme, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    ann.post("/theme", &[("theme", "dark"), ("back_to", "/")]).await.expect(303);
    let answer = ann.get("/no-such-page").await.expect(404);
    assert_eq!(answer.attrs("html", "data-theme"), ["dark"]);
});

on_both!(keys_are_switched_off_and_on_in_the_settings, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    assert_eq!(ann.get("/settings").await.expect(200).attrs("html", "data-keys"), Vec::<String>::new());
    for (keys, marks) in [("off", vec!["off"]), ("on", vec![])] {
        ann.post("/keys", &[("keys", keys), ("back_to", "/settings")]).await.sent_to("/settings");
        for page in ["/settings", "/", "/no-such-page"] {
            assert_eq!(ann.get(page).await.attrs("html", "data-keys"), marks, "{page}");
        }
        let pressed = format!(r#"form[action="/keys"] button[value="{keys}"]"#);
        assert_eq!(ann.get("/settings").await.attrs(&pressed, "aria-pressed"), ["true"]);
    }
});

on_both!(a_form_from_another_site_is_refused, |app| async move {
    let stranger = app.stranger();
    stranger.post("/theme", &[("theme", "dark"), ("back_to", "/help/value")]).await.sent_to("/help/value");
    assert_eq!(stranger.cookie("theme").as_deref(), Some("dark"));
    let foreign = TestRequest::post()
        .uri("/theme")
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_payload("theme=light&back_to=/");
    stranger.raw(foreign).await.expect(403).sees("another site");
    assert_eq!(stranger.cookie("theme").as_deref(), Some("dark"));
});

on_both!(a_node_that_drains_is_not_ready, |app| async move {
    app.stranger().get("/ready").await.expect(200);
    app.draining.store(true, std::sync::atomic::Ordering::Relaxed);
    app.stranger().get("/ready").await.expect(503);
    app.stranger().get("/health").await.expect(200);
});
