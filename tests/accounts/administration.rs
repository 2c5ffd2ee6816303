//! What an administrator does with people and departments.

use diesel::prelude::*;
use tradewind::accounts::store;
use tradewind::db::schema::{audit_log, people};

use super::sign_in;
use crate::support::*;

on_both!(only_administrators_come_in, |app| async move {
    let pages = [
        "/admin/people",
        "/admin/people/new",
        "/admin/people/1",
        "/admin/departments",
        "/admin/departments/1",
        "/admin/audit",
    ];
    let officer = app.officer("Nora Sample", "Customer Office").await;
    let employee = app.employee("Ann Sample", "Sales").await;
    for page in pages {
        officer.get(page).await.expect(403);
        employee.get(page).await.expect(403);
        let location = app.stranger().get(page).await.expect(303);
        assert!(location.location().starts_with("/sign-in?back_to="));
    }
    for form in [
        "/admin/people",
        "/admin/people/1",
        "/admin/people/1/link",
        "/admin/people/1/disabling",
        "/admin/people/1/enabling",
        "/admin/departments",
        "/admin/departments/1",
        "/admin/departments/1/closing",
    ] {
        employee.post(form, &[]).await.expect(403);
        app.stranger().post(form, &[]).await.sent_to("/sign-in");
    }
    assert_eq!(app.count("audit_log").await, 0);
});

on_both!(a_role_taken_away_counts_at_once, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let max = app.admin("Max Example", "IT").await;
    let open = max.get("/admin/departments").await.expect(200);
    let page = eve.get(&format!("/admin/people/{}", max.id)).await.expect(200);
    eve.submit(&page, "form[action$=\"/people/2\"]", &[("role", "employee")])
        .await
        .sent_to(&format!("/admin/people/{}", max.id));
    // The page was open; the button does nothing any more.
    max.submit(&open, "main form[action=\"/admin/departments\"]", &[("path", "Mine")])
        .await
        .sent_to("/sign-in");
    assert_eq!(app.count("departments").await, 1);
    let again = sign_in(&app, &max.email, PASSWORD).await.1;
    again.get("/admin/people").await.expect(403);
    eve.get("/admin/audit")
        .await
        .expect(200)
        .sees("Eve Sample changed the role of Max Example: admin to employee");
});

on_both!(the_last_administrator_cannot_be_lost, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let own = format!("/admin/people/{}", eve.id);
    let page = eve.get(&own).await.expect(200);
    eve.submit(&page, &format!("form[action=\"{own}\"]"), &[("role", "curator")])
        .await
        .expect(422)
        .sees("This is the last administrator.");
    eve.submit(&page, "form[action$=\"/disabling\"]", &[])
        .await
        .expect(422)
        .sees("This is the last administrator.");
    let ann = app.employee("Ann Sample", "Sales").await;
    let ann_page = eve.get(&format!("/admin/people/{}", ann.id)).await;
    eve.submit(&ann_page, &format!("form[action=\"/admin/people/{}\"]", ann.id), &[("role", "admin")])
        .await
        .expect(303);
    eve.submit(&page, &format!("form[action=\"{own}\"]"), &[("role", "curator")]).await.sent_to(&own);
    eve.get(&own).await.sent_to(&format!("/sign-in?back_to=%2Fadmin%2Fpeople%2F{}", eve.id));
});

on_both!(somebody_disabled_is_out_on_every_node_and_may_come_back, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let other = app.node(|_| ()).await;
    let page = eve.get(&format!("/admin/people/{}", ann.id)).await.expect(200).sees("Active");
    eve.submit(&page, "form[action$=\"/disabling\"]", &[]).await.expect(303);
    ann.at(&other).get("/settings").await.sent_to("/sign-in?back_to=%2Fsettings");
    sign_in(&other, &ann.email, PASSWORD).await.0.expect(422);
    let page =
        eve.get(&format!("/admin/people/{}", ann.id)).await.expect(200).sees("Disabled since 2 Nov 2026");
    assert!(page.has(".said form[action$=\"/enabling\"]"), "the message offers to undo it");
    // No link for somebody who is out.
    eve.post(&format!("/admin/people/{}/link", ann.id), &[]).await.expect(409);
    eve.get(&format!("/people/{}", ann.id)).await.expect(200).sees("No longer at the company");
    eve.submit(&page, "main form[action$=\"/enabling\"]", &[]).await.expect(303);
    sign_in(&other, &ann.email, PASSWORD).await.0.sent_to("/");
    let said = app
        .ask(|c| {
            Ok(audit_log::table.order(audit_log::id).select((audit_log::action, audit_log::object)).load::<(
                String,
                String,
            )>(
                c
            )?)
        })
        .await;
    let object = format!("person:{}", ann.id);
    assert_eq!(said, [("disabled".to_owned(), object.clone()), ("enabled".to_owned(), object)]);
});

on_both!(each_change_is_written_down_without_names, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service/North").await;
    let path = format!("/admin/people/{}", ann.id);
    let page = eve.get(&path).await.expect(200);
    let department = bob.department_id.to_string();
    let fields = [
        ("name", "Ann Winter-Sample"),
        ("email", "ann.winter@example.com"),
        ("department", department.as_str()),
        ("manager", "yes"),
    ];
    let form = format!("form[action=\"{path}\"]");
    eve.submit(&page, &form, &fields).await.sent_to(&path);
    let shown = eve.get(&path).await.expect(200).sees("Saved.");
    assert_eq!(shown.select("main tbody tr").len(), 2, "the history has both departments");
    // Sent again, nothing is changed and nothing written.
    eve.submit(&page, &form, &fields).await.sent_to(&path);
    eve.get(&path).await.sees("Nothing was changed.");
    let said = app
        .ask(|c| {
            Ok(audit_log::table.order(audit_log::id).select((audit_log::action, audit_log::detail)).load::<(
                String,
                String,
            )>(
                c
            )?)
        })
        .await;
    let expected = [
        ("changed the name of", ""),
        ("changed the e-mail of", ""),
        ("moved", "Sales to Service/North"),
        ("changed the job of", "now a manager"),
    ];
    assert_eq!(said, expected.map(|(action, detail)| (action.to_owned(), detail.to_owned())));
    eve.get("/admin/audit").await.sees("Eve Sample moved Ann Winter-Sample: Sales to Service/North");
    // The address of somebody else is refused, and everything typed stays.
    let taken = eve.submit(&page, &form, &[("email", "BOB.example@example.com")]).await.expect(422);
    assert_eq!(taken.sees("is here already").field("email"), "BOB.example@example.com");
});

on_both!(a_change_that_fails_leaves_no_trace, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let path = format!("/admin/people/{}", eve.id);
    let page = eve.get(&path).await;
    // The name could be changed, the role cannot: neither is, and nothing is in the log.
    let fields = [("name", "Eve Other"), ("role", "employee")];
    eve.submit(&page, &format!("form[action=\"{path}\"]"), &fields).await.expect(422);
    let name = app.ask(|c| Ok(people::table.select(people::name).first::<String>(c)?)).await;
    assert_eq!((name.as_str(), app.count("audit_log").await), ("Eve Sample", 0));
});

on_both!(people_are_found_by_part_of_name_or_address, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    app.employee("Änne Größe", "Sales").await;
    app.employee("Bob 100% Example", "Sales").await;
    let names = |answer: &Answer| answer.select("tbody th a");
    for (words, found) in [
        ("ÄNNE grös", vec!["Änne Größe"]),
        ("GRÖSSE", vec!["Änne Größe"]),
        ("100%", vec!["Bob 100% Example"]),
        ("_ve", vec![]),
        ("%", vec!["Bob 100% Example"]),
        ("@example.com", vec!["Bob 100% Example", "Eve Sample", "Änne Größe"]),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", words).finish();
        let page = eve.get(&format!("/admin/people?{query}")).await.expect(200);
        assert_eq!(names(&page), found, "{words}");
    }
    eve.get("/admin/people?q=nobody+like+that").await.sees("Nobody fits");
    let sales = app
        .ask(|c| Ok(store::person_by_email(c, "bob.100%.example@example.com")?.map(|p| p.department_id)))
        .await;
    let page = eve.get(&format!("/admin/people?department={}", sales.expect("Bob"))).await.expect(200);
    assert_eq!(names(&page), ["Bob 100% Example", "Änne Größe"]);
    eve.get("/admin/people?state=sleeping").await.expect(400);
    eve.get("/admin/people?after=x").await.expect(400);
    eve.get("/admin/people?department=99999999999999999999").await.expect(400);
});

on_both!(a_long_list_is_paged_without_gaps, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let now = app.now();
    app.tell(move |c| {
        let department_id = store::department(c, "Sales", now.date())?;
        for number in 0..120 {
            let new = store::NewPerson {
                email: format!("p{number}@example.com"),
                // Many of the same name: the id decides.
                name: format!("Person {}", number % 7),
                role: tradewind::accounts::person::Role::Employee,
                department_id,
                manager: false,
                joined_on: None,
                left_on: None,
                password_hash: None,
            };
            store::add_person(c, &new, now, now.date())?;
        }
        Ok(())
    })
    .await;
    let mut seen = Vec::new();
    let mut path = "/admin/people".to_owned();
    for _ in 0..5 {
        let page = eve.get(&path).await.expect(200);
        seen.extend(page.attrs("tbody th a", "href"));
        match page.attrs("a[rel=next]", "href").first() {
            Some(next) => path = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 121);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 121);
});

on_both!(a_department_is_renamed_and_its_people_follow, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Service/North").await;
    let list = eve.get("/admin/departments").await.expect(200);
    assert_eq!(list.select("tbody th a"), ["IT", "Service", "North"]);
    let form = "main form[action=\"/admin/departments\"]";
    eve.submit(&list, form, &[("path", "Service//x")])
        .await
        .expect(422)
        .sees("a name before and after each /");
    eve.submit(&list, form, &[("path", "Sales / Export")]).await.sent_to("/admin/departments");
    eve.submit(&list, form, &[("path", "Other")]).await.sent_to("/admin/departments");
    assert_eq!(app.count("departments").await, 5, "the same form twice is one department");
    let path = format!("/admin/departments/{}", ann.department_id);
    let page = eve.get(&path).await.expect(200);
    let form = format!("main form[action=\"{path}\"]");
    eve.submit(&page, &form, &[("path", "sales/EXPORT")]).await.expect(422).sees("at this path already");
    eve.submit(&page, &form, &[("path", "Service/North/Deep")]).await.expect(422).sees("below itself");
    let moved = eve.submit(&page, &form, &[("path", "Care/Northern")]).await.expect(303);
    let new = moved.location().to_owned();
    assert_ne!(new, path);
    eve.get(&new).await.expect(200).sees("Moved.").sees("1 in this department");
    eve.get(&path).await.expect(200).sees("Closed on 2 Nov 2026").sees("It became Care/Northern");
    ann.get("/settings").await.expect(200).sees("Care/Northern");
    // From a page that was open: it is no longer there to be moved.
    eve.submit(&page, &form, &[("path", "Elsewhere")]).await.expect(409);
    eve.get("/admin/audit").await.sees("Eve Sample moved Care/Northern: Service/North to Care/Northern");
    // Only an empty one can be closed.
    eve.post(&format!("{new}/closing"), &[]).await.expect(422).sees("Move its people");
    let service =
        eve.get("/admin/departments").await.attrs("tbody th a", "href").last().cloned().expect("Service");
    eve.post(&format!("{service}/closing"), &[]).await.sent_to("/admin/departments");
    assert_eq!(
        eve.get("/admin/departments").await.select("tbody th a"),
        ["Care", "Northern", "IT", "Sales", "Export"]
    );
});

on_both!(the_log_is_paged_and_cannot_be_changed, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    eve.get("/admin/audit").await.expect(200).sees("Nothing yet");
    let (id, now) = (eve.id, app.now());
    app.tell(move |c| {
        for number in 0..120 {
            tradewind::accounts::audit::record(
                c,
                Some(id),
                now,
                "counted",
                "insight:7",
                &number.to_string(),
            )?;
        }
        Ok(())
    })
    .await;
    let first = eve.get("/admin/audit").await.expect(200).sees("Eve Sample counted insight 7: 119");
    assert_eq!(first.select(".log li").len(), 50);
    let next = first.attrs("a[rel=next]", "href").remove(0);
    eve.get(&next).await.expect(200).sees("counted insight 7: 69").sees_not("counted insight 7: 70");
    for refused in ["UPDATE audit_log SET detail = ''", "DELETE FROM audit_log"] {
        let refused = app.db.write(move |c| Ok(diesel::sql_query(refused).execute(c)?)).await;
        assert!(refused.is_err());
    }
});

on_both!(a_person_has_a_page, |app| async move {
    let ann = app.employee("Ann <b>Sample</b>", "Sales").await;
    let bob = app.manager("Bob Example", "Service/North").await;
    let page = bob
        .get(&format!("/people/{}", ann.id))
        .await
        .expect(200)
        .sees("Ann <b>Sample</b>")
        .sees("Sales, Employee");
    assert!(page.has("h1 bdi") && !page.body.contains("<b>Sample"));
    ann.get(&format!("/people/{}", bob.id))
        .await
        .expect(200)
        .sees("Service/North, Employee, manager")
        .sees_not("example.com");
    ann.get(&format!("/people/{}", bob.id)).await.sees("Has not shared yet");
    let page = bob.get(&format!("/people/{}", bob.id)).await.sees("You have not shared yet");
    assert!(page.has("main a[href='/insights/new']"));
    let insight = app.insight(&bob, "The night shift prints the dashboard.").await;
    let page = ann
        .get(&format!("/people/{}", bob.id))
        .await
        .expect(200)
        .sees("The night shift prints the dashboard");
    assert!(page.has(&format!("main .lot a[href='/insights/{insight}']")));
    bob.get(&format!("/people/{}", ann.id)).await.sees("Has not shared yet").sees_not("night shift");
    ann.get(&format!("/people/{}?after=x", bob.id)).await.expect(400);
    for missing in ["/people/999", "/people/0", "/people/-1", "/people/x", "/people/99999999999999999999"] {
        ann.get(missing).await.expect(404).sees("There is nothing here");
    }
});

on_both!(a_machine_left_open_gives_nobody_access, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let path = format!("/admin/people/{}", ann.id);
    let css = format!("form[action=\"{path}\"]");
    let role = |app: &TestApp| {
        let id = ann.id;
        app.ask(move |c| Ok(people::table.find(id).select(people::role).first::<String>(c)?))
    };
    let page = eve.get(&path).await.expect(200);
    app.later(11);
    // A name is no access.
    eve.submit(&page, &css, &[("name", "Ann Person")]).await.sent_to(&path);
    // A role is, and an address, a link, and the doors that are shut and opened.
    let page = eve.get(&path).await.expect(200);
    let asked = eve.submit(&page, &css, &[("role", "admin")]).await.expect(403).sees("Is it you?");
    assert_eq!(asked.field("role"), "admin");
    eve.submit(&page, &css, &[("email", "ann.person@example.com")]).await.expect(403).sees("Is it you?");
    for button in ["link", "disabling", "enabling"] {
        eve.post(&format!("{path}/{button}"), &[]).await.expect(403).sees("Is it you?");
    }
    eve.post("/admin/import/confirmation", &[("key", "k")]).await.expect(403).sees("Is it you?");
    let form = eve.get("/admin/people/new").await.expect(200);
    let department = ann.department_id.to_string();
    let new = [
        ("name", "New One"),
        ("email", "new.one@example.com"),
        ("department", &department),
        ("role", "curator"),
    ];
    let invited = eve.submit(&form, "main form[action=\"/admin/people\"]", &new).await;
    invited.expect(403).sees("Is it you?").sees("what you sent is kept here");
    assert_eq!((role(&app).await.as_str(), app.count("people").await), ("employee", 2));
    assert_eq!(app.count("sign_in_links").await, 0);

    // Not with anything, and not by trying on.
    let wrong = eve.submit(&asked, "main form", &[("proof", "seven quiet harbours at dusk")]).await;
    let mut wrong = wrong.expect(422).sees("This is not your password");
    for _ in 0..12 {
        wrong = eve.submit(&wrong, "main form", &[("proof", "seven quiet harbours at dusk")]).await;
        if wrong.status == 429 {
            break;
        }
    }
    let wrong = wrong.expect(429).sees("Too many wrong tries");
    eve.submit(&wrong, "main form", &[("proof", PASSWORD)]).await.expect(429);
    assert_eq!(role(&app).await, "employee");
    app.later(60);
    // With the password it is done as it was sent, and the next ones are not asked about.
    eve.submit(&wrong, "main form", &[("proof", PASSWORD)]).await.sent_to(&path);
    assert_eq!(role(&app).await, "admin");
    app.later(9);
    eve.post(&format!("{path}/disabling"), &[]).await.sent_to(&path);
    app.later(2);
    eve.post(&format!("{path}/enabling"), &[]).await.expect(403);
    // Her other browser proved nothing by it.
    let other = app.another_browser(&eve).await;
    app.later(11);
    other.post(&format!("{path}/link"), &[]).await.expect(403);
});
