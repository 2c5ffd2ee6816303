//! The links that let somebody in.

use actix_web::test::TestRequest;
use diesel::prelude::*;
use tradewind::accounts::links::{self, Purpose};
use tradewind::accounts::store;
use tradewind::db::schema::{people, sign_in_links};

use super::{FRESH, sign_in};
use crate::support::*;

/// A link of a person as its path.
async fn link(app: &TestApp, purpose: Purpose, person: Option<i64>) -> String {
    let now = app.now();
    let token = app.tell(move |c| links::create(c, purpose, person, now)).await;
    links::url("", purpose, &token)
}

on_both!(the_first_administrator_sets_it_up_once, |app| async move {
    let now = app.now();
    let offer = || app.tell(move |c| links::setup_link(c, PUBLIC_URL, now));
    let (first, second) = (offer().await.expect("a link"), offer().await.expect("a link"));
    let path = first.strip_prefix(PUBLIC_URL).expect("the configured address").to_owned();
    let eve = app.stranger();
    eve.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    let page = eve.get(&path).await.expect(200);
    assert_eq!(app.count("people").await, 0, "looking changes nothing");
    let fields = [
        ("name", "Eve Sample"),
        ("email", "eve@example.com"),
        ("department", "IT"),
        ("password", FRESH),
        ("again", FRESH),
    ];
    let refused = [("name", ""), ("email", "eve"), ("department", "IT/"), ("password", "")];
    let again = eve.submit(&page, "main form", &refused).await.expect(422);
    assert_eq!(again.select(".problem li").len(), 4);
    assert_eq!(again.field("email"), "eve");
    eve.submit(&page, "main form", &fields).await.sent_to("/admin/people");
    eve.get("/admin/people").await.expect(200).sees("Eve Sample").sees("Tradewind is yours");
    // Neither link works now, and no further one is offered.
    for used in [first, second] {
        let path = used.strip_prefix(PUBLIC_URL).expect("the configured address").to_owned();
        app.stranger().get(&path).await.expect(404).sees("does not work any more");
        app.stranger().post(&path, &fields).await.expect(404);
    }
    assert_eq!(offer().await, None);
    assert_eq!(app.count("people").await, 1);
});

on_both!(a_set_up_link_lasts_a_quarter_of_an_hour, |app| async move {
    let now = app.now();
    let url = app.tell(move |c| links::setup_link(c, PUBLIC_URL, now)).await.expect("a link");
    let path = url.strip_prefix(PUBLIC_URL).expect("the configured address").to_owned();
    app.later(14);
    app.stranger().get(&path).await.expect(200);
    app.later(1);
    app.stranger().get(&path).await.expect(404);
});

on_both!(an_invited_person_joins, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let form = eve.get("/admin/people/new").await.expect(200);
    let fields =
        [("name", "Cay Sampel"), ("email", "cay@example.com"), ("role", "curator"), ("manager", "yes")];
    let department = eve.department_id.to_string();
    let fields = [&fields[..], &[("department", department.as_str())]].concat();
    let invited = eve.submit(&form, "main form", &fields).await.expect(200).sees("is invited");
    let url = invited.attrs("#link", "value").remove(0);
    let path = url.strip_prefix(PUBLIC_URL).expect("the configured address").to_owned();
    // Pressed again: the same person, and the link is not shown a second time.
    let location = eve.submit(&form, "main form", &fields).await;
    assert_eq!(location.status, 303);
    eve.get(location.location()).await.expect(200).sees("Has not joined yet");
    assert_eq!(app.count("people").await, 2);
    // Nothing else is sent to: the address is the configured one whatever the request says.
    let cay = app.stranger();
    let evil = TestRequest::get().uri(&path).insert_header(("host", "evil.example"));
    assert!(!cay.raw(evil).await.expect(200).body.contains("evil.example"));
    sign_in(&app, "cay@example.com", FRESH).await.0.expect(422);
    let page = cay.get(&path).await.expect(200).sees("cay@example.com");
    assert_eq!(page.field("name"), "Cay Sampel");
    let short = [("name", "Cay Sample"), ("password", "too short"), ("again", "too short")];
    let again = cay.submit(&page, "main form", &short).await.expect(422).sees("at least 15 characters");
    assert_eq!(again.field("name"), "Cay Sample");
    assert!(!again.body.contains("too short"), "a password is never sent back");
    let joining = [("name", "Cay Sample"), ("password", FRESH), ("again", FRESH)];
    cay.submit(&page, "main form", &joining).await.sent_to("/");
    cay.get("/settings").await.expect(200).sees("Cay Sample").sees("Curator, manager");
    // Twice is once too often.
    app.stranger().get(&path).await.expect(404);
    app.stranger().post(&path, &joining).await.expect(404);
    sign_in(&app, "cay@example.com", FRESH).await.0.sent_to("/");
    eve.get("/admin/audit")
        .await
        .expect(200)
        .sees("Eve Sample invited Cay Sample: curator")
        .sees("Cay Sample joined");
});

on_both!(a_reset_link_works_once_for_half_an_hour_and_ends_every_session, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let older = link(&app, Purpose::Reset, Some(ann.id)).await;
    let newer = link(&app, Purpose::Reset, Some(ann.id)).await;
    app.stranger().get(&older).await.expect(404);
    // Under another name it is no link, and looking at it changes nothing.
    for other in [
        newer.replace("/reset/", "/join/"),
        newer.replace("/reset/", "/demo/"),
        newer.replace("/reset/", "/setup/"),
    ] {
        app.stranger().get(&other).await.expect(404);
        app.stranger().post(&other, &[]).await.expect(404);
    }
    app.stranger().get(&newer).await.expect(200);
    let page = app.stranger().get(&newer).await.expect(200).sees(&ann.email);
    let browser = app.stranger();
    let weak = [("password", "passwordpassword"), ("again", "passwordpassword")];
    browser.submit(&page, "main form", &weak).await.expect(422).sees("Choose another one");
    let fields = [("password", FRESH), ("again", FRESH)];
    browser.submit(&page, "main form", &fields).await.sent_to("/sign-in");
    browser.submit(&page, "main form", &fields).await.expect(404);
    ann.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    sign_in(&app, &ann.email, FRESH).await.0.sent_to("/");

    let late = link(&app, Purpose::Reset, Some(ann.id)).await;
    app.later(30);
    app.stranger().get(&late).await.expect(404);
    app.stranger().post(&late, &fields).await.expect(404);
});

on_both!(a_new_address_or_being_disabled_ends_the_links, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Sales").await;
    let to_ann = link(&app, Purpose::Reset, Some(ann.id)).await;
    let to_bob = link(&app, Purpose::Reset, Some(bob.id)).await;
    let (ann, bob, now) = (ann.id, bob.id, app.now());
    app.tell(move |c| {
        store::set_email(c, ann, "ann.married@example.com", now)?;
        store::disable(c, bob, now, now.date())
    })
    .await;
    app.stranger().get(&to_ann).await.expect(404);
    app.stranger().get(&to_bob).await.expect(404);
});

on_both!(the_database_holds_no_link, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let path = link(&app, Purpose::Reset, Some(ann.id)).await;
    let token = path.trim_start_matches("/reset/").to_owned();
    let kept = app.ask(|c| Ok(sign_in_links::table.select(sign_in_links::digest).load::<String>(c)?)).await;
    assert_eq!(kept, [tradewind::web::token::digest(&token)]);
});

on_both!(a_demo_link_opens_a_page_with_one_button, |app| async move {
    let nora = app.officer("Nora Sample", "Customer Office").await;
    let path = link(&app, Purpose::Demo, Some(nora.id)).await;
    let sessions = app.count("sessions").await;
    for _ in 0..2 {
        let browser = app.stranger();
        let page = browser.get(&path).await.expect(200).sees("Nora Sample").sees("Chief Customer Officer");
        assert_eq!(page.select("main button").len(), 1);
        assert_eq!(browser.cookie("session"), None);
        browser.submit(&page, "main form", &[]).await.sent_to("/flow");
        browser.get("/settings").await.expect(200).sees("Nora Sample");
    }
    assert_eq!(app.count("sessions").await, sessions + 2);
    let now = app.now();
    let id = nora.id;
    app.tell(move |c| store::disable(c, id, now, now.date())).await;
    app.stranger().get(&path).await.expect(404);
});

on_both!(a_form_with_a_field_nobody_asked_for_is_refused, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let path = link(&app, Purpose::Reset, Some(ann.id)).await;
    for extra in ["role", "is_admin", "person_id", "password_hash", "disabled_at"] {
        let fields = [("password", FRESH), ("again", FRESH), (extra, "admin")];
        app.stranger().post(&path, &fields).await.expect(400);
        let fields = [("email", ann.email.as_str()), ("password", PASSWORD), (extra, "admin")];
        app.stranger().post("/sign-in", &fields).await.expect(400);
    }
    let role =
        app.ask(move |c| Ok(people::table.find(ann.id).select(people::role).first::<String>(c)?)).await;
    assert_eq!(role, "employee");
    app.stranger().get(&path).await.expect(200);
});
