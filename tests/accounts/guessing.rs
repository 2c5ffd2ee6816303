//! Somebody tries passwords.

use actix_web::test::TestRequest;
use tradewind::accounts::password::counted;
use tradewind::accounts::store;

use super::sign_in;
use crate::support::*;

/// A try from an address, by way of a proxy that says so.
async fn try_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", password)])
        .finish();
    let request = TestRequest::post()
        .uri("/sign-in")
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .insert_header(("x-forwarded-for", address))
        .insert_header(("sec-fetch-site", "same-origin"))
        .set_payload(body);
    app.stranger().raw(request).await
}

on_both!(every_failure_looks_the_same_and_costs_one_hash, |app| async move {
    let (known, gone) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Sales").await);
    let (id, now) = (gone.id, app.now());
    app.tell(move |c| store::disable(c, id, now, now.date())).await;
    let invited = app
        .tell(move |c| {
            let new = store::NewPerson {
                email: "cay@example.com".into(),
                name: "Cay Sample".into(),
                role: tradewind::accounts::person::Role::Employee,
                department_id: store::department(c, "Sales", now.date())?,
                manager: false,
                joined_on: None,
                left_on: None,
                password_hash: None,
            };
            store::add_person(c, &new, now, now.date())
        })
        .await;
    assert!(invited > 0);
    let mut bodies = Vec::new();
    for (email, password) in [
        (known.email.as_str(), "not the password at all"),
        (gone.email.as_str(), PASSWORD),
        ("cay@example.com", ""),
        ("cay@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        (known.email.as_str(), &"x".repeat(2000)),
    ] {
        if password.is_empty() {
            continue;
        }
        let before = counted(&app.hashes);
        let (answer, browser) = sign_in(&app, email, password).await;
        assert_eq!(counted(&app.hashes), before + 1, "{email}");
        assert_eq!(browser.cookie("session"), None);
        bodies.push(answer.expect(422).body.replace(email, "EMAIL"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the pages differ");
    assert!(bodies[0].contains("do not belong together"));
});

on_both!(guessing_gets_slow_on_every_node, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let other = app.node(|_| ()).await;
    for _ in 0..3 {
        sign_in(&app, &ann.email, "not the password at all").await.0.expect(422);
    }
    // The fourth, at once and on the other node, is not even looked at.
    let before = counted(&other.hashes);
    let refused = sign_in(&other, &ann.email, PASSWORD).await.0.expect(429).sees("Wait a second");
    assert_eq!((refused.header("retry-after"), counted(&other.hashes)), ("1", before));
    for failures in 3..10 {
        app.later(2);
        let node = if failures % 2 == 0 { &app } else { &other };
        sign_in(node, &ann.email, "not the password at all").await.0.expect(422);
    }
    app.later(2);
    let refused = sign_in(&app, &ann.email, PASSWORD).await.0.expect(429).sees("13 minutes");
    assert_eq!(refused.header("retry-after"), "780");
    // Whoever is signed in is not touched, nor are other accounts.
    ann.get("/settings").await.expect(200);
    let bob = app.employee("Bob Example", "Sales").await;
    sign_in(&app, &bob.email, PASSWORD).await.0.sent_to("/");
    app.later(13);
    sign_in(&app, &ann.email, PASSWORD).await.0.sent_to("/");
    // It was Ann, who had only mistyped: what was counted is forgotten.
    sign_in(&app, &ann.email, "not the password at all").await.0.expect(422);
});

on_both!(an_account_is_not_locked_for_another_address, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let behind =
        app.node(|config| config.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")]).await;
    for _ in 0..3 {
        try_from(&behind, "203.0.113.9", &ann.email, "not the password at all").await.expect(422);
    }
    try_from(&behind, "203.0.113.9", &ann.email, PASSWORD).await.expect(429);
    // What the client wrote before our proxy's entry means nothing.
    try_from(&behind, "198.51.100.7, 203.0.113.9", &ann.email, PASSWORD).await.expect(429);
    try_from(&behind, "198.51.100.7", &ann.email, PASSWORD).await.expect(303);
});

on_both!(a_forged_address_does_not_help, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for number in 0..3 {
        let address = format!("203.0.113.{number}");
        try_from(&app, &address, &ann.email, "not the password at all").await.expect(422);
    }
    try_from(&app, "198.51.100.7", &ann.email, PASSWORD).await.expect(429);
});

on_both!(a_list_of_stolen_passwords_is_slow_from_one_address, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for number in 0..100 {
        sign_in(&app, &format!("person{number}@example.com"), "not the password at all").await.0.expect(422);
    }
    let refused = sign_in(&app, &ann.email, PASSWORD).await.0.expect(429);
    assert_eq!(refused.header("retry-after"), "60");
    app.later(1);
    sign_in(&app, &ann.email, PASSWORD).await.0.sent_to("/");
});

on_both!(hashes_take_turns_and_nobody_waits_for_long, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let permits = u32::try_from(app.hashing.available_permits()).expect("a number");
    let all = app.hashing.clone().acquire_many_owned(permits).await.expect("every turn");
    let before = counted(&app.hashes);
    let begun = std::time::Instant::now();
    let busy = sign_in(&app, &ann.email, PASSWORD).await.0.expect(503);
    assert_eq!((busy.header("retry-after"), counted(&app.hashes)), ("2", before));
    assert!(begun.elapsed().as_millis() >= 1900);
    app.stranger().get("/health").await.expect(200);
    drop(all);
    sign_in(&app, &ann.email, PASSWORD).await.0.sent_to("/");
});

on_both!(many_at_once_all_come_in, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    // One browser after the other would prove nothing: these wait for each other's turns.
    let tries = (0..12).map(|_| sign_in(&app, &ann.email, PASSWORD));
    for (answer, _) in futures_like_join(tries).await {
        answer.sent_to("/");
    }
});

/// Runs them on one thread, all begun before the first has ended.
async fn futures_like_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}
