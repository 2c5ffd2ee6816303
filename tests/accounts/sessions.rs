//! Coming in, staying in, going out.

use diesel::prelude::*;
use tradewind::accounts::{jobs, password, session, store};
use tradewind::config::Hashing;
use tradewind::db::schema::{audit_log, people, sessions};
use tradewind::web::token;

use super::{FRESH, sign_in};
use crate::support::*;

/// Runs a job as the scheduler does.
async fn run(app: &TestApp, job: tradewind::jobs::Job) -> String {
    let times =
        tradewind::jobs::Times { now: app.now(), calendar: app.calendar(), config: app.config.clone() };
    app.tell(move |c| (job.run)(c, &times)).await
}

on_both!(an_employee_signs_in_and_goes_on_to_where_they_wanted, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let browser = app.stranger();
    let page = browser.get("/settings").await;
    let page = page.sent_to("/sign-in?back_to=%2Fsettings");
    let form = browser.get(page.location()).await.expect(200);
    assert_eq!(form.select("h1"), ["Sign in"]);
    let fields = [("email", " ANN.sample@Example.com"), ("password", PASSWORD)];
    browser.submit(&form, "main form", &fields).await.sent_to("/settings");
    browser.get("/settings").await.expect(200).sees(&ann.email);
    // The sign-in page is nothing for somebody who is in.
    browser.get("/sign-in?back_to=/settings").await.sent_to("/settings");
});

on_both!(nobody_is_led_astray_after_signing_in, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for astray in [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "/..//evil.example",
        "http://h@evil.example",
    ] {
        let browser = app.stranger();
        let fields = [("email", ann.email.as_str()), ("password", PASSWORD), ("back_to", astray)];
        browser.post("/sign-in", &fields).await.sent_to("/");
    }
});

on_both!(a_planted_session_is_nobodys_after_signing_in, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let mallory = app.employee("Mal Example", "Sales").await;
    let planted = mallory.cookie("session").expect("a session");
    let browser = app.stranger();
    browser.set_cookie("session", &planted);
    browser.post("/sign-in", &[("email", &ann.email), ("password", PASSWORD)]).await.sent_to("/");
    assert_ne!(browser.cookie("session"), Some(planted));
    browser.get("/settings").await.expect(200).sees(&ann.email);
    mallory.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
});

on_both!(a_cookie_is_for_this_site_alone_and_the_database_has_its_digest_only, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let secure = app.node(|config| config.public_url = "https://test.example".into()).await;
    let (answer, browser) = sign_in(&secure, &ann.email, PASSWORD).await;
    let set = answer.headers.get_all("set-cookie").map(|v| v.to_str().expect("text")).collect::<Vec<_>>();
    assert_eq!(set.len(), 1, "{set:?}");
    assert!(set[0].starts_with("__Host-session="), "{set:?}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(set[0].contains(part), "{part} is missing: {set:?}");
    }
    assert!(!set[0].contains("Domain") && set[0].len() < 4096);
    assert!(answer.header("strict-transport-security").contains("max-age=31536000"));
    let cookie = browser.cookie("__Host-session").expect("a session");
    assert_eq!(cookie.len(), 43, "256 bits in base64");
    let kept = app.ask(|c| Ok(sessions::table.select(sessions::digest).load::<String>(c)?)).await;
    assert!(kept.contains(&token::digest(&cookie)) && !kept.contains(&cookie));
});

on_both!(a_session_ends_by_itself, |app| async move {
    let idle = app.employee("Ann Sample", "Sales").await;
    let busy = app.employee("Bob Example", "Sales").await;
    app.later(59);
    busy.get("/settings").await.expect(200);
    app.later(2);
    idle.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    for _ in 0..14 {
        app.later(50);
        busy.get("/settings").await;
    }
    // Used all the time, and still over after twelve hours.
    busy.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    run(&app, jobs::SWEEP_SESSIONS).await;
    assert_eq!(app.count("sessions").await, 0);
});

on_both!(a_clock_that_jumps_back_makes_no_session_longer, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    app.later(-3 * 60);
    ann.get("/settings").await.expect(200);
    app.later(3 * 60 + 61);
    ann.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
});

on_both!(signing_out_is_final, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let stolen = ann.cookie("session").expect("a session");
    let answer = ann.post("/sign-out", &[]).await.sent_to("/sign-in");
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(ann.cookie("session"), None);
    ann.set_cookie("session", &stolen);
    ann.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    // A request that began before the sign-out and notes the visit after it brings nothing back.
    let (digest, now) = (token::digest(&stolen), app.now());
    app.tell(move |c| Ok(session::touch(c, &digest, now)?)).await;
    assert_eq!(app.count("sessions").await, 0);
    // The button leads out also where the session has ended.
    ann.post("/sign-out", &[]).await.sent_to("/sign-in");
});

on_both!(signing_out_everywhere_ends_the_sessions_on_every_node, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Sales").await;
    let other = app.node(|_| ()).await;
    let phone = app.another_browser(&ann).await.at(&other);
    ann.get("/settings").await.expect(200).sees("one other browser");
    let answer = ann.post("/settings/sign-out", &[]).await.sent_to("/sign-in");
    assert!(!answer.header("clear-site-data").is_empty());
    phone.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    bob.at(&other).get("/settings").await.expect(200);
    let said = app.ask(|c| Ok(audit_log::table.select(audit_log::action).load::<String>(c)?)).await;
    assert_eq!(said, ["signed out everywhere"]);
});

on_both!(a_new_password_needs_the_old_one_and_ends_the_other_sessions, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let phone = app.another_browser(&ann).await;
    let page = ann.get("/settings").await.expect(200);
    let change = "form[action=\"/settings/password\"]";
    let wrong = [("current", "not my old password"), ("password", FRESH), ("again", FRESH)];
    ann.submit(&page, change, &wrong).await.expect(422).sees("This is not your password");
    let twice = [("current", PASSWORD), ("password", FRESH), ("again", "harbour violin")];
    ann.submit(&page, change, &twice).await.expect(422).sees("not the same");
    let own =
        [("current", PASSWORD), ("password", "ann.sample@example.com"), ("again", "ann.sample@example.com")];
    ann.submit(&page, change, &own).await.expect(422).sees("Choose another one.");
    phone.get("/settings").await.expect(200);
    let right = [("current", PASSWORD), ("password", FRESH), ("again", FRESH)];
    ann.submit(&page, change, &right).await.sent_to("/settings");
    ann.get("/settings").await.expect(200).sees("Your password is changed");
    phone.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    sign_in(&app, &ann.email, PASSWORD).await.0.expect(422);
    sign_in(&app, &ann.email, FRESH).await.0.sent_to("/");
    let said = app.ask(|c| Ok(audit_log::table.select(audit_log::action).load::<String>(c)?)).await;
    assert_eq!(said, ["changed their own password"]);
});

on_both!(a_hash_made_cheaper_is_replaced_at_the_next_sign_in, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let strict = app.node(|config| config.hashing = Hashing::Full).await;
    let hash_of = |id: i64| {
        app.ask(move |c| {
            Ok(people::table.find(id).select(people::password_hash).first::<Option<String>>(c)?)
        })
    };
    assert!(hash_of(ann.id).await.is_some_and(|hash| hash.contains("m=8,")));
    sign_in(&strict, &ann.email, PASSWORD).await.0.sent_to("/");
    let stronger = hash_of(ann.id).await.expect("a hash");
    assert!(stronger.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{stronger}");
    assert!(password::verify(PASSWORD, Some(&stronger), Hashing::Full));
});

on_both!(a_password_is_not_trimmed_or_folded, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let page = ann.get("/settings").await;
    let odd = "  Größe 🦦 & 4 Blanks + ";
    let fields = [("current", PASSWORD), ("password", odd), ("again", odd)];
    ann.submit(&page, "form[action=\"/settings/password\"]", &fields).await.sent_to("/settings");
    sign_in(&app, &ann.email, odd.trim()).await.0.expect(422);
    sign_in(&app, &ann.email, &odd.to_lowercase()).await.0.expect(422);
    sign_in(&app, &ann.email, odd).await.0.sent_to("/");
});

on_both!(a_sign_in_that_loses_against_a_new_password_does_not_count, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let (id, now) = (ann.id, app.now());
    let won = app
        .tell(move |c| {
            let checked = store::person(c, id)?.password_hash.unwrap_or_default();
            // Between the check and the session somebody sets another password.
            store::set_password(c, id, &password::hash(FRESH, Hashing::Cheap)?, None, now)?;
            Ok(store::upgrade_password(c, id, &checked, &checked)?)
        })
        .await;
    assert!(!won);
});

on_both!(whoever_has_left_is_shut_out_the_next_day, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let (id, tomorrow) = (ann.id, app.calendar().day(app.now()).succ_opt().expect("a day"));
    app.tell(move |c| Ok(store::set_left_on(c, id, Some(tomorrow))?)).await;
    run(&app, jobs::LEAVERS).await;
    ann.get("/settings").await.expect(200);
    app.days_later(1);
    run(&app, jobs::LEAVERS).await;
    sign_in(&app, &ann.email, PASSWORD).await.0.expect(422);
});
