//! Mail from the outside: what arrives at a mail server, when, to whom, and how it is stopped.

use tradewind::accounts::person::Role;
use tradewind::accounts::store::NewPerson;
use tradewind::notices::store::wishes::{self, Wishes};
use tradewind::notices::{Kind, Rhythm};

use super::sending::{deliver, make_up, with_mail};
use super::{sentences, unread, uses};
use crate::support::smtp::{Arrived, MailServer, words};
use crate::support::*;

/// Chooses a rhythm for somebody.
async fn wish(app: &TestApp, who: &Visitor, rhythm: Rhythm, muted: &[Kind]) {
    let (id, now, wishes) = (who.id, app.now(), Wishes { rhythm, muted: muted.to_vec() });
    app.tell(move |c| Ok(wishes::set(c, id, &wishes, now)?)).await;
}

/// The address of a link in a mail.
fn link(mail: &Arrived, path: &str) -> String {
    let text = mail.text();
    let begins = format!("{PUBLIC_URL}{path}");
    let found = text.split_whitespace().find(|word| word.starts_with(&begins));
    found.unwrap_or_else(|| panic!("no {begins} in:\n{text}"))[PUBLIC_URL.len()..].to_owned()
}

on_both!(a_mail_says_what_happened_why_it_comes_and_how_to_stop_it, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    wish(&app, &ann, Rhythm::AtOnce, &[]).await;
    let insight = app.insight(&ann, "Krankenhäuser zahlen spät. Always in August.").await;
    uses(&bob, insight, "", "name").await;
    assert_eq!(make_up(&app).await, 0, "more of the same is waited for");
    app.later(6);
    assert_eq!(make_up(&app).await, 1);
    assert_eq!(make_up(&app).await, 0);
    assert_eq!(deliver(&app).await.sent, 1);
    assert_eq!(deliver(&app).await.sent, 0);
    let mails = server.arrived();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("tradewind@test.example", "ann.sample@example.com"));
    assert_eq!(mail.subject(), "Bob Example (Service) used “Krankenhäuser zahlen spät”");
    assert!(mail.header("Content-Type").is_some_and(|kind| kind.starts_with("text/plain")));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert!(mail.header("Message-ID").is_some_and(|id| id.ends_with("@test.example>")));
    let text = mail.text();
    for part in [
        "Bob Example (Service) used “Krankenhäuser zahlen spät”.",
        "You get this mail as it happens because an insight of yours was used.",
        "http://test.example/settings#mail",
        "No more of these mails: http://test.example/unsubscribe/",
    ] {
        assert!(text.contains(part), "{part} is missing from:\n{text}");
    }
    let stop = link(mail, "/unsubscribe/");
    assert_eq!(mail.header("List-Unsubscribe"), Some(format!("<{PUBLIC_URL}{stop}>")));
    // The link of the line leads to it and marks it as read.
    ann.get(&link(mail, "/notifications/")).await.sent_to(&format!("/insights/{insight}/uses"));
    assert_eq!(unread(&app, ann.id).await, 0);
});

on_both!(a_rhythm_is_kept, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let author = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&author, "Hospitals pay late. Always in August.").await;
    // Four colleagues are mentioned, each with another rhythm; a fifth wants no mail of mentions.
    let mut crowd = Vec::new();
    for (name, rhythm, muted) in [
        ("Once", Rhythm::AtOnce, None),
        ("Daily", Rhythm::Daily, None),
        ("Weekly", Rhythm::Weekly, None),
        ("Never", Rhythm::Never, None),
        ("Muted", Rhythm::AtOnce, Some(Kind::Mentioned)),
    ] {
        let one = app.employee(name, "Service").await;
        wish(&app, &one, rhythm, muted.as_slice()).await;
        crowd.push(one);
    }
    // Whoever never chose gets it once a day.
    crowd.push(app.employee("Usual", "Service").await);
    let place = format!("/insights/{insight}/remarks");
    let text = "@once @daily @weekly @never @muted @usual";
    author.post(&place, &[("key", "a"), ("remark", text)]).await.expect(303);
    for one in &crowd {
        assert_eq!(unread(&app, one.id).await, 1, "{}", one.name);
    }
    // It is Monday, 9:00.
    for (minutes, arrived) in [
        (6, vec!["once"]),
        (22 * 60 + 53, vec![]), // Tuesday 7:59
        (1, vec!["daily", "usual"]),
        (24 * 60, vec![]),
        (5 * 24 * 60 - 1, vec![]), // Monday 7:59
        (1, vec!["weekly"]),
        (14 * 24 * 60, vec![]),
    ] {
        app.later(minutes);
        make_up(&app).await;
        deliver(&app).await;
        let mut to: Vec<String> = server
            .take()
            .into_iter()
            .map(|mail| mail.to.trim_end_matches("@example.com").to_owned())
            .collect();
        to.sort();
        assert_eq!(to, arrived, "at {}", app.now());
    }
});

on_both!(a_digest_is_one_mail_and_leaves_out_what_was_read, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let cleo = app.employee("Cleo Example", "Finance").await;
    let first = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    let second = app.insight(&ann, "Schools pay early. Always in June.").await;
    let third = app.insight(&ann, "Hotels never pay. Except in May.").await;
    for (who, insight) in [(&bob, first), (&cleo, first), (&bob, second), (&bob, third)] {
        uses(who, insight, "", "name").await;
    }
    let page = ann.get("/notifications").await;
    let read = page
        .html()
        .select(&scraper::Selector::parse(".told li > a").expect("a selector"))
        .find(|line| line.text().any(|text| text.contains("Hotels")))
        .and_then(|line| line.attr("href").map(str::to_owned))
        .expect("the line about hotels");
    ann.get(&read).await.expect(303);
    app.days_later(1);
    assert_eq!(make_up(&app).await, 1);
    deliver(&app).await;
    let mails = server.arrived();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert!(mail.subject().ends_with(" and 1 more"), "{}", mail.subject());
    let text = mail.text();
    assert!(text.contains("2 colleagues in Finance and Service used “Hospitals pay late”."), "{text}");
    assert!(text.contains("Schools pay early") && !text.contains("Hotels"), "{text}");
    assert!(text.contains("at most once a day"), "{text}");
});

on_both!(unsubscribing_takes_one_post_and_a_look_changes_nothing, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    uses(&bob, insight, "", "name").await;
    app.days_later(1);
    make_up(&app).await;
    deliver(&app).await;
    let stop = link(&server.take()[0], "/unsubscribe/");
    // Another mail is made up already, and a line waits.
    let bob = app.another_browser(&bob).await;
    bob.post(&format!("/insights/{insight}/remarks"), &[("key", "a"), ("remark", "Really?")])
        .await
        .expect(303);
    app.days_later(1);
    make_up(&app).await;
    let bob = app.another_browser(&bob).await;
    let second = app.insight(&ann, "Schools pay early. Always in June.").await;
    uses(&bob, second, "", "name").await;
    let id = ann.id;
    let rhythm = async || app.ask(move |c| Ok(wishes::of(c, id)?)).await.rhythm;
    let stranger = app.stranger();
    let page = stranger.get(&stop).await.expect(200);
    assert_eq!(page.select("main button"), ["Stop the mail"]);
    assert_eq!(rhythm().await, Rhythm::Daily, "a look changed something");
    // As a mail program sends it: no session, no page of ours before it, either kind of form.
    let by_program = actix_web::test::TestRequest::post()
        .uri(&stop)
        .insert_header(("content-type", "multipart/form-data; boundary=x"))
        .set_payload(
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
        );
    stranger.raw(by_program).await.expect(200).sees("The mail has stopped");
    assert_eq!(rhythm().await, Rhythm::Never);
    stranger.post(&stop, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
    app.days_later(8);
    assert_eq!(make_up(&app).await, 0);
    deliver(&app).await;
    assert_eq!(server.take().len(), 0, "mail after it was stopped");
    // The page goes on, and a token of nobody stops nothing.
    assert_eq!(unread(&app, ann.id).await, 3);
    stranger.get("/unsubscribe/nonsense").await.expect(404);
    stranger.post("/unsubscribe/nonsense", &[]).await.expect(404);
});

on_both!(nobody_gets_mail_who_has_left_or_never_joined, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let admin = app.admin("Ada Admin", "Office").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let gone = app.employee("Gone", "Service").await;
    let (now, today, department_id) = (app.now(), app.calendar().day(app.now()), ann.department_id);
    app.tell(move |c| {
        let new = NewPerson {
            email: "invited@example.com".into(),
            name: "Invited".into(),
            role: Role::Employee,
            department_id,
            manager: false,
            joined_on: None,
            left_on: None,
            password_hash: None,
        };
        tradewind::accounts::store::add_person(c, &new, now, today)
    })
    .await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    let place = format!("/insights/{insight}/remarks");
    ann.post(&place, &[("key", "a"), ("remark", "@gone @invited @ada.admin")]).await.expect(303);
    admin.post(&format!("/admin/people/{}/disabling", gone.id), &[]).await.expect(303);
    app.days_later(1);
    make_up(&app).await;
    deliver(&app).await;
    let to: Vec<String> = server.arrived().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["ada.admin@example.com"]);
});

on_both!(names_and_titles_make_no_headers, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let bob = app.employee("Bob Example", "Service").await;
    let (now, today, department_id) = (app.now(), app.calendar().day(app.now()), bob.department_id);
    // Forms refuse a line end in a name; an import of long ago may not have.
    let ann = app
        .tell(move |c| {
            let new = NewPerson {
                email: "ann@example.com".into(),
                name: "Ann\r\nBcc: evil@example.net\r\n\r\n<script>".into(),
                role: Role::Employee,
                department_id,
                manager: false,
                joined_on: None,
                left_on: None,
                password_hash: Some(password_hash()),
            };
            tradewind::accounts::store::add_person(c, &new, now, today)
        })
        .await;
    app.tell(move |c| {
        let notice = tradewind::notices::Notice {
            person_id: ann,
            kind: Kind::Used,
            about: tradewind::notices::About::insight(7, "T\r\nBcc: evil@example.net"),
            text: "Bob used “T\r\nBcc: evil@example.net\r\n.\r\nRCPT TO:<evil@example.net>\n<script>alert(1)</script>”".into(),
            key: "use:7:1".into(),
            department: None,
            at: now,
        };
        Ok(tradewind::notices::store::tell(c, &notice)?)
    })
    .await;
    assert!(sentences(&app, ann).await[0].lines().count() == 1);
    app.days_later(1);
    make_up(&app).await;
    assert_eq!(deliver(&app).await.sent, 1);
    let mails = server.arrived();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.to, "ann@example.com");
    let names: Vec<String> = mail
        .headers()
        .iter()
        .filter_map(|line| line.split_once(':').map(|(name, _)| name.to_ascii_lowercase()))
        .collect();
    assert!(!names.contains(&"bcc".to_owned()), "{names:?}");
    assert_eq!(names.iter().filter(|name| *name == "to").count(), 1);
    assert!(words(&mail.header("To").unwrap_or_default()).contains("<ann@example.com>"));
    let recipients = server.heard().lines().filter(|line| line.starts_with("RCPT")).count();
    assert_eq!(recipients, 1);
    // Text stays text: there is nothing that could become markup.
    assert!(mail.header("Content-Type").is_some_and(|kind| kind.starts_with("text/plain")));
    assert!(mail.text().contains("<script>alert(1)</script>"));
});

on_both!(invitations_and_new_passwords_come_by_mail_too, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let admin = app.admin("Ada Admin", "Office").await;
    let page = admin.get("/admin/people/new").await;
    let department = admin.department_id.to_string();
    let fields = [
        ("name", "Ann Sample"),
        ("email", "ann@example.com"),
        ("department", &department),
        ("role", "employee"),
    ];
    let invited = admin
        .submit(&page, "form[action=\"/admin/people\"]", &fields)
        .await
        .expect(200)
        .sees("on its way to ann@example.com");
    deliver(&app).await;
    let mails = server.take();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(
        (mail.to.as_str(), mail.subject().as_str()),
        ("ann@example.com", "You are invited to Tradewind")
    );
    assert_eq!(mail.header("List-Unsubscribe"), None);
    // Both links work until one is used; a host of somebody else's making is in neither.
    let shown = invited.attrs("#link", "value")[0].replace(PUBLIC_URL, "");
    let mailed = link(mail, "/join/");
    assert_ne!(shown, mailed);
    let stranger = app.stranger();
    stranger.get(&shown).await.expect(200);
    let page = stranger.get(&mailed).await.expect(200);
    let form = format!("form[action=\"{mailed}\"]");
    stranger
        .submit(&page, &form, &[("name", "Ann Sample"), ("password", PASSWORD), ("again", PASSWORD)])
        .await
        .expect(303);
    app.stranger().get(&shown).await.expect(404);
    app.stranger().get(&mailed).await.expect(404);
    // A new password: the older mail that still waits is dropped, and the admin is shown a link as ever.
    let id =
        app.ask(|c| tradewind::accounts::store::person_by_email(c, "ann@example.com")).await.expect("Ann").id;
    for _ in 0..2 {
        admin.post(&format!("/admin/people/{id}/link"), &[]).await.expect(200).sees("on its way to");
    }
    deliver(&app).await;
    let mails = server.take();
    assert_eq!(mails.len(), 1);
    let reset = link(&mails[0], "/reset/");
    let page = app.stranger().get(&reset).await.expect(200);
    let form = format!("form[action=\"{reset}\"]");
    let word = "eight loud harbours at noon";
    app.stranger().submit(&page, &form, &[("password", word), ("again", word)]).await.expect(303);
    // A changed password is told of, in words that hold nothing secret.
    deliver(&app).await;
    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text().contains("your password was changed"), "{}", mails[0].text());
    assert!(!mails[0].text().contains(word));
});

on_both!(a_link_that_comes_too_late_is_not_sent, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    app.stranger().post("/forgotten", &[("email", &ann.email)]).await.expect(200);
    app.later(31);
    deliver(&app).await;
    assert_eq!(server.arrived().len(), 0);
});

on_both!(asking_for_a_new_password_tells_nothing_and_floods_nobody, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let stranger = app.stranger();
    stranger.get("/sign-in").await.sees("Forgotten your password?");
    let page = stranger.get("/forgotten").await.expect(200);
    let form = "form[action=\"/forgotten\"]";
    stranger.submit(&page, form, &[("email", "nonsense")]).await.expect(422);
    let known = stranger.submit(&page, form, &[("email", " Ann.Sample@Example.com ")]).await.expect(200);
    let unknown = stranger.submit(&page, form, &[("email", "Xyz.Sample@Example.com")]).await.expect(200);
    assert_eq!(known.text().replace("Ann.", ""), unknown.text().replace("Xyz.", ""));
    for _ in 0..5 {
        deliver(&app).await;
        stranger.submit(&page, form, &[("email", &ann.email)]).await.expect(200).sees("Look into your mail");
    }
    deliver(&app).await;
    let mails = server.take();
    assert_eq!(mails.len(), 3, "at most three an hour");
    assert!(mails.iter().all(|mail| mail.to == "ann.sample@example.com"));
    // From one address at most twenty, whichever the accounts.
    for number in 0..30 {
        let email = format!("person{number}@example.com");
        stranger.submit(&page, form, &[("email", &email)]).await.expect(200);
    }
    assert_eq!(app.count("link_requests").await, 20);
    app.later(61);
    stranger.submit(&page, form, &[("email", &ann.email)]).await.expect(200);
    deliver(&app).await;
    assert_eq!(server.take().len(), 1);
    // The link in the mail is what it says, and a look does not use it up.
    let reset = link(&mails[2], "/reset/");
    assert_eq!(app.stranger().get(&reset).await.status.as_u16(), 404, "half an hour has passed");
});

on_both!(a_changed_address_is_told_at_the_old_one, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let admin = app.admin("Ada Admin", "Office").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let page = admin.get(&format!("/admin/people/{}", ann.id)).await;
    let form = format!("form[action=\"/admin/people/{}\"]", ann.id);
    admin.submit(&page, &form, &[("email", "new@example.com"), ("role", "curator")]).await.expect(303);
    deliver(&app).await;
    let mut told: Vec<(String, String)> =
        server.take().into_iter().map(|mail| (mail.to.clone(), mail.subject())).collect();
    told.sort();
    assert_eq!(
        told,
        [
            (
                "ann.sample@example.com".to_owned(),
                "Your Tradewind account: an administrator changed your e-mail address".to_owned()
            ),
            ("new@example.com".to_owned(), "Your Tradewind account: your role is now Curator".to_owned()),
        ]
    );
});
