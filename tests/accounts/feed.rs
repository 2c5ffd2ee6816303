//! The nightly feed from the personnel system.

use diesel::prelude::*;
use tradewind::accounts::feed::{self, Listed, Plan};
use tradewind::accounts::person::Role;
use tradewind::accounts::store;
use tradewind::db::schema::{audit_log, memberships};
use tradewind::error::AppResult;

use super::sign_in;
use crate::support::*;

fn listed(person: &Visitor, department: &str) -> Listed {
    Listed {
        email: person.email.to_uppercase(),
        name: person.name.clone(),
        department: department.to_owned(),
        role: None,
        manager: None,
        joined_on: None,
        left_on: None,
    }
}

/// Compares and, unless it is a dry run, applies.
async fn run(app: &TestApp, list: Vec<Listed>, mass: bool) -> AppResult<Plan> {
    let (now, today) = (app.now(), app.calendar().day(app.now()));
    app.db
        .write_alone(move |c| {
            let plan = feed::plan(c, &list, today)?;
            feed::apply(c, &plan, None, now, today, mass)?;
            Ok(plan)
        })
        .await
}

on_both!(people_follow_the_list, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.manager("Bob Example", "Service/North").await;
    let cay = app.curator("Cay Sample", "Service/North").await;
    let gone = app.employee("Gus Example", "Sales").await;
    let new = Listed {
        email: "new@example.com".into(),
        name: "New Sample".into(),
        department: "Service/South".into(),
        role: Some(Role::Cco),
        manager: Some(true),
        joined_on: None,
        left_on: None,
    };
    let list = vec![
        listed(&eve, "IT"),
        Listed { name: "Ann Winter".into(), ..listed(&ann, "service/NORTH") },
        Listed { manager: Some(false), ..listed(&bob, "Service/North") },
        Listed { role: Some(Role::Employee), ..listed(&cay, "Service/North") },
        new,
    ];
    // One of five is more than a tenth.
    let refused = run(&app, list.clone(), false).await.expect_err("a refusal").to_string();
    assert!(refused.contains("1 of 5 people") && refused.contains("--allow-mass-disable"), "{refused}");
    assert_eq!((app.count("people").await, app.count("audit_log").await), (5, 0));

    let plan = run(&app, list.clone(), true).await.expect("applied");
    assert_eq!(
        plan.summary(),
        "1 added, 1 moved, 1 with another role, 1 with another manager flag, 1 renamed, 1 disabled, 0 back, 1 unchanged"
    );
    eve.get("/settings").await.expect(200);
    ann.get("/settings").await.expect(200).sees("Ann Winter").sees("Service/North");
    bob.get("/settings").await.expect(200).sees_not("manager");
    // Another role and being disabled end the sessions.
    cay.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    gone.get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    sign_in(&app, &gone.email, PASSWORD).await.0.expect(422);
    let id = ann.id;
    let (times, added, said) = app
        .ask(move |c| {
            let times = memberships::table
                .filter(memberships::person_id.eq(id))
                .order(memberships::id)
                .select((memberships::from_day, memberships::to_day))
                .load::<(Option<chrono::NaiveDate>, Option<chrono::NaiveDate>)>(c)?;
            let added = store::person_by_email(c, "new@example.com")?.expect("added");
            let said = audit_log::table.order(audit_log::id).select(audit_log::action).load::<String>(c)?;
            Ok((times, added, said))
        })
        .await;
    let today = app.calendar().day(app.now());
    assert_eq!(times, [(None, Some(today)), (Some(today), None)]);
    assert_eq!((added.role, added.manager, added.joined_on), (Role::Cco, true, Some(today)));
    assert_eq!(said, ["added", "changed", "changed", "changed", "disabled"]);

    // The next night changes nothing.
    let plan = run(&app, list, false).await.expect("applied");
    assert_eq!((plan.add.len(), plan.change.len(), plan.disable.len(), plan.unchanged), (0, 0, 0, 5));
    assert_eq!(app.count("audit_log").await, 5);
});

on_both!(a_plan_alone_writes_nothing, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let list = vec![Listed { email: "new@example.com".into(), ..listed(&eve, "Service/South") }];
    let today = app.calendar().day(app.now());
    let plan = app.ask(move |c| feed::plan(c, &list, today)).await;
    assert_eq!(plan.add.len(), 1);
    assert_eq!((app.count("people").await, app.count("departments").await), (1, 1));
});

on_both!(the_last_administrator_is_spared, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let mut list = Vec::new();
    for number in 0..12 {
        let ann = app.employee(&format!("Person {number}"), "Sales").await;
        list.push(listed(&ann, "Sales"));
    }
    let plan = run(&app, list.clone(), false).await.expect("applied");
    assert_eq!((plan.disable.len(), plan.spared.as_deref()), (0, Some("eve.sample@example.com")));
    eve.get("/admin/people").await.expect(200);
    // Nor is she made something else.
    list.push(Listed { role: Some(Role::Employee), ..listed(&eve, "IT") });
    let plan = run(&app, list, false).await.expect("applied");
    assert_eq!(plan.spared.as_deref(), Some("eve.sample@example.com"));
    eve.get("/admin/people").await.expect(200);
});

on_both!(an_administrator_without_a_password_is_no_reason_to_shut_out_the_last_one, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let new = Listed { email: "new@example.com".into(), role: Some(Role::Admin), ..listed(&ann, "IT") };
    let list = vec![listed(&ann, "Sales"), new];
    // Neither the night on which the new one comes nor the next.
    for _ in 0..2 {
        let plan = run(&app, list.clone(), true).await.expect("applied");
        assert_eq!((plan.disable.len(), plan.spared.as_deref()), (0, Some("eve.sample@example.com")));
    }
    eve.get("/admin/people").await.expect(200);
});

on_both!(the_day_somebody_joined_is_corrected, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a day");
    let new = |joined: Option<&str>, department: &str| {
        let new = Listed {
            email: "new@example.com".into(),
            joined_on: joined.map(day),
            ..listed(&eve, department)
        };
        vec![listed(&eve, "IT"), Listed { role: Some(Role::Employee), ..new }]
    };
    let times = || {
        app.ask(|c| {
            let person = store::person_by_email(c, "new@example.com")?.expect("added");
            let times = memberships::table
                .filter(memberships::person_id.eq(person.id))
                .order(memberships::id)
                .select((memberships::from_day, memberships::to_day))
                .load::<(Option<chrono::NaiveDate>, Option<chrono::NaiveDate>)>(c)?;
            Ok((person.joined_on, times))
        })
    };
    let today = app.calendar().day(app.now());
    run(&app, new(None, "Sales"), false).await.expect("added");
    assert_eq!(times().await, (Some(today), vec![(Some(today), None)]));
    let plan = run(&app, new(Some("2020-05-01"), "Sales"), false).await.expect("corrected");
    assert_eq!((plan.change.len(), plan.unchanged), (1, 1));
    assert_eq!(times().await, (Some(day("2020-05-01")), vec![(Some(day("2020-05-01")), None)]));
    // A list that does not say leaves it alone.
    let plan = run(&app, new(None, "Sales"), false).await.expect("applied");
    assert_eq!(plan.unchanged, 2);

    // Whoever has moved since was here before the move.
    run(&app, new(None, "Product"), false).await.expect("moved");
    let late = today.to_string();
    let refused = run(&app, new(Some(&late), "Product"), false).await.expect_err("a refusal").to_string();
    assert!(refused.contains("new@example.com") && refused.contains("when they moved"), "{refused}");
    run(&app, new(Some("2020-06-01"), "Product"), false).await.expect("corrected");
    let (first, second) = (day("2020-06-01"), today);
    assert_eq!(times().await, (Some(first), vec![(Some(first), Some(second)), (Some(second), None)]));
});

on_both!(a_last_day_is_taken_back_only_by_a_list_that_says_so, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let leaves = app.calendar().day(app.now()) + chrono::Days::new(30);
    let list = |left_on| vec![listed(&eve, "IT"), Listed { left_on, ..listed(&ann, "Sales") }];
    assert_eq!(run(&app, list(Some(Some(leaves))), false).await.expect("applied").change.len(), 1);
    assert_eq!(run(&app, list(None), false).await.expect("applied").unchanged, 2);
    let plan = run(&app, list(Some(None)), false).await.expect("applied");
    assert_eq!(plan.change.iter().map(|change| change.left_on).collect::<Vec<_>>(), [Some(None)]);
});

on_both!(somebody_disabled_by_hand_stays_so, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    eve.post(&format!("/admin/people/{}/disabling", ann.id), &[]).await.expect(303);
    let plan = run(&app, vec![listed(&eve, "IT"), listed(&ann, "Sales")], false).await.expect("applied");
    assert_eq!(plan.still_disabled, ["ann.sample@example.com"]);
    sign_in(&app, &ann.email, PASSWORD).await.0.expect(422);
});

on_both!(somebody_listed_again_comes_back, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let plan = run(&app, vec![listed(&eve, "IT")], true).await.expect("applied");
    assert_eq!(plan.disable.len(), 1);
    sign_in(&app, &ann.email, PASSWORD).await.0.expect(422);
    // The list forgot her once; the next one has her, in another department.
    let plan = run(&app, vec![listed(&eve, "IT"), listed(&ann, "Product")], false).await.expect("applied");
    assert_eq!((plan.back.len(), plan.still_disabled.len()), (1, 0));
    assert!(plan.summary().contains("1 moved") && plan.summary().contains("1 back"), "{}", plan.summary());
    sign_in(&app, &ann.email, PASSWORD).await.0.expect(303);
    let again = run(&app, vec![listed(&eve, "IT"), listed(&ann, "Product")], false).await.expect("applied");
    assert_eq!((again.back.len(), again.unchanged), (0, 2));
});

on_both!(a_wrong_list_is_refused_as_a_whole, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let wrong = vec![
        listed(&eve, "IT"),
        listed(&eve, "IT"),
        Listed { email: "nobody".into(), ..listed(&eve, "IT") },
        Listed { email: "b@example.com".into(), department: "a//b".into(), ..listed(&eve, "IT") },
        Listed { email: "c@example.com".into(), name: " ".into(), ..listed(&eve, "IT") },
    ];
    let refused = run(&app, wrong, true).await.expect_err("a refusal").to_string();
    for part in
        ["listed twice", "nobody: Write an e-mail", "b@example.com: Write a name", "c@example.com: the name"]
    {
        assert!(refused.contains(part), "{part} is missing from: {refused}");
    }
    assert_eq!(app.count("people").await, 1);
});
