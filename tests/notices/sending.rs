//! Sending: each mail once, whatever the server and the nodes do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tradewind::config::Mail;
use tradewind::notices::post::{Post, Round};
use tradewind::notices::store::{composing, outbox};

use crate::support::node::Node;
use crate::support::smtp::{Arrived, MailServer, Manners};
use crate::support::*;

/// The setting of a story's sender.
pub const FROM: &str = "Tradewind <tradewind@test.example>";

/// A node that sends its mail to this server.
pub async fn with_mail(app: &TestApp, server: &MailServer) -> TestApp {
    with_mail_at(app, &server.url()).await
}

pub async fn with_mail_at(app: &TestApp, url: &str) -> TestApp {
    let mail = Mail::read(url, FROM).expect("a mail server");
    app.node(|config| config.mail = mail).await
}

/// Makes up the mail that is due, as the job does.
pub async fn make_up(app: &TestApp) -> usize {
    let (now, calendar, config) = (app.now(), app.calendar(), app.config.clone());
    app.tell(move |c| composing::compose(c, now, calendar, &config.policy.notices, &config.public_url)).await
}

/// Sends what is due, as a node does.
pub async fn deliver(app: &TestApp) -> Round {
    let post = Post::of(app).expect("settings").expect("a mail server");
    post.send_due(app).await.expect("an outbox")
}

/// Puts a mail to each of them into the outbox.
pub async fn write_to(app: &TestApp, people: &[Visitor]) {
    let (now, ids): (_, Vec<i64>) = (app.now(), people.iter().map(|one| one.id).collect());
    app.tell(move |c| {
        for id in &ids {
            outbox::put_account(c, *id, None, "a test", PUBLIC_URL, now)?;
        }
        Ok(())
    })
    .await;
}

/// So many colleagues: `p0@example.com` and so on.
pub async fn crowd(app: &TestApp, size: usize) -> Vec<Visitor> {
    let mut people = Vec::new();
    for number in 0..size {
        people.push(app.employee(&format!("P{number}"), "Service").await);
    }
    people
}

/// How often each Message-ID arrived.
fn copies(mails: &[Arrived]) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for mail in mails {
        *copies.entry(mail.header("Message-ID").expect("a Message-ID")).or_insert(0) += 1;
    }
    copies
}

on_both!(two_nodes_at_once_send_each_mail_once, |app| async move {
    let server = MailServer::start();
    let one = with_mail(&app, &server).await;
    let other = with_mail(&app, &server).await;
    let people = crowd(&app, 30).await;
    write_to(&app, &people).await;
    let (a, b) = tokio::join!(deliver(&one), deliver(&other));
    assert_eq!(a.sent + b.sent, 30, "{a:?} {b:?}");
    let mails = server.arrived();
    assert_eq!(mails.len(), 30);
    assert_eq!(copies(&mails).len(), 30);
    assert_eq!(app.ask(|c| Ok(outbox::counts(c)?)).await, (0, 0));
});

on_both!(a_refused_recipient_is_the_administrators_to_mend, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let admin = app.admin("Ada Admin", "Office").await;
    let people = crowd(&app, 3).await;
    server.behave(Manners {
        refused: vec!["p0@example.com".into()],
        busy: vec!["p1@example.com".into()],
        ..Manners::default()
    });
    write_to(&app, &people).await;
    let round = deliver(&app).await;
    assert_eq!(round, Round { sent: 1, later: 1, failed: 1, unreachable: false });
    let page = admin.get("/admin/mail").await.sees("no such mailbox here").sees("mailbox busy, come again");
    assert_eq!(deliver(&app).await, Round::default(), "neither is tried again at once");
    app.later(2);
    server.behave(Manners::default());
    assert_eq!(deliver(&app).await.sent, 1);
    // What failed waits for somebody to press the button.
    let again = page.attrs("form[action$=\"/again\"]", "action");
    let one = again.iter().find(|action| action.as_str() != "/admin/mail/again").expect("a button");
    admin.post(one, &[]).await.sent_to("/admin/mail");
    admin.post(one, &[]).await.expect(404);
    assert_eq!(deliver(&app).await.sent, 1);
    let mails = server.arrived();
    assert_eq!(copies(&mails).len(), 3);
    assert_eq!(mails.len(), 3);
    admin.get("/admin/mail").await.sees("Nothing waits, nothing has failed.");
    // Given up, it is sent no more.
    server.behave(Manners { refused: vec!["p2@example.com".into()], ..Manners::default() });
    write_to(&app, &people[2..]).await;
    assert_eq!(deliver(&app).await.failed, 1);
    let page = admin.get("/admin/mail").await;
    let give_up = page.attrs("form[action$=\"/giving-up\"]", "action");
    admin.post(&give_up[0], &[]).await.expect(303);
    admin.post("/admin/mail/again", &[]).await.expect(303);
    admin.get("/admin/audit").await.sees("gave up");
    server.behave(Manners::default());
    assert_eq!(deliver(&app).await, Round::default());
});

on_both!(a_server_that_is_down_is_waited_for, |app| async move {
    let server = MailServer::start();
    let port = server.port();
    let app = with_mail(&app, &server).await;
    drop(server);
    std::thread::sleep(Duration::from_millis(100));
    let people = crowd(&app, 5).await;
    write_to(&app, &people).await;
    let round = deliver(&app).await;
    assert_eq!((round.sent, round.later, round.unreachable), (0, 1, true), "one try tells it");
    // A whole day of rounds costs no mail its life.
    for _ in 0..24 {
        app.later(60);
        assert!(deliver(&app).await.unreachable);
    }
    assert_eq!(app.ask(|c| Ok(outbox::counts(c)?)).await, (5, 0));
    let server = MailServer::start_on(port);
    app.later(5 * 60);
    assert_eq!(deliver(&app).await.sent, 5);
    assert_eq!(copies(&server.arrived()).len(), 5);
});

on_both!(after_so_many_tries_it_has_failed, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    let app = app
        .node(|config| {
            config.mail = Mail::read(&server.url(), FROM).expect("a mail server");
            config.policy.notices.mail_tries = 3;
        })
        .await;
    server.behave(Manners { busy: vec!["p0@example.com".into()], ..Manners::default() });
    write_to(&app, &crowd(&app, 1).await).await;
    let mut rounds = Vec::new();
    for _ in 0..4 {
        rounds.push(deliver(&app).await);
        app.later(60);
    }
    let tried: Vec<(usize, usize)> = rounds.iter().map(|round| (round.later, round.failed)).collect();
    assert_eq!(tried, [(1, 0), (1, 0), (0, 1), (0, 0)]);
});

on_both!(a_broken_connection_repeats_a_mail_at_most_and_never_loses_it, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    write_to(&app, &crowd(&app, 2).await).await;
    server.behave(Manners { breaks_after_data: true, ..Manners::default() });
    assert!(deliver(&app).await.unreachable);
    server.behave(Manners::default());
    app.later(2);
    assert_eq!(deliver(&app).await.sent, 2);
    let mails = server.arrived();
    let mut times: Vec<usize> = copies(&mails).into_values().collect();
    times.sort_unstable();
    assert_eq!(times, [1, 2], "the same Message-ID, so that it is known as a copy");
});

on_both!(what_a_dead_node_held_is_sent_by_another, |app| async move {
    let server = MailServer::start();
    let app = with_mail(&app, &server).await;
    write_to(&app, &crowd(&app, 1).await).await;
    let now = app.now();
    let held = app
        .tell(move |c| {
            let id = outbox::due(c, now, 10)?[0];
            outbox::take(c, id, "dead", now, PUBLIC_URL)
        })
        .await;
    assert!(held.is_some());
    assert_eq!(deliver(&app).await, Round::default(), "its lease holds");
    app.later(6);
    assert_eq!(deliver(&app).await.sent, 1);
    // Back from the dead, it changes nothing any more.
    let (id, now) = (held.expect("a mail").id, app.now());
    app.tell(move |c| Ok(outbox::failed(c, id, "dead", now, "late words")?)).await;
    assert_eq!(app.ask(|c| Ok(outbox::counts(c)?)).await, (0, 0));
});

on_both!(the_password_of_the_server_is_told_to_it_alone, |app| async move {
    let server = MailServer::start();
    let right = Some(("ann".to_owned(), "canary-7431".to_owned()));
    server.behave(Manners { password: right.clone(), ..Manners::default() });
    let url = format!("smtp://ann:canary-7431@127.0.0.1:{}", server.port());
    let app = with_mail_at(&app, &url).await;
    let admin = app.admin("Ada Admin", "Office").await;
    write_to(&app, &crowd(&app, 1).await).await;
    assert_eq!(deliver(&app).await.sent, 1);
    // A wrong one stops the round, shows the server's words, and costs no mail its life.
    server.behave(Manners { password: Some(("ann".into(), "another".into())), ..Manners::default() });
    admin.post("/admin/mail/test", &[]).await.expect(303);
    assert!(deliver(&app).await.unreachable);
    let page = admin.get("/admin/mail").await.sees("name or password wrong").sees("127.0.0.1");
    assert!(!page.body.contains("canary"));
    assert!(!format!("{:?}", app.config).contains("canary"));
    assert!(!format!("{:?}", app.config.mail).contains("canary"));
});

on_both!(tls_that_is_asked_for_is_not_done_without, |app| async move {
    // This server knows no STARTTLS: nothing but greetings may be said to it.
    let server = MailServer::start();
    let url = format!("smtp://ann:canary-7431@127.0.0.1:{}?tls=required", server.port());
    let app = with_mail_at(&app, &url).await;
    write_to(&app, &crowd(&app, 1).await).await;
    let round = deliver(&app).await;
    assert_eq!((round.sent, round.later + round.failed), (0, 1));
    let heard = server.heard();
    assert!(!heard.contains("AUTH") && !heard.contains("MAIL") && !heard.contains("p0@"), "{heard}");
});

/// A running program on the story's database, with the story's mail server.
fn start(app: &TestApp, server: &MailServer) -> Node {
    let settings = [
        ("DATABASE_URL", app.full_url()),
        ("SMTP_URL", server.url()),
        ("MAIL_FROM", FROM.to_owned()),
        ("PUBLIC_URL", PUBLIC_URL.to_owned()),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Node::start(&["serve"], &settings)
}

fn wait_for(server: &MailServer, mails: usize) {
    let begun = Instant::now();
    while server.arrived().len() < mails {
        assert!(begun.elapsed() < Duration::from_secs(30), "only {} mails arrived", server.arrived().len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

on_both!(a_node_killed_in_the_middle_loses_no_mail, |app| async move {
    let server = MailServer::start();
    server.behave(Manners { slow: Duration::from_millis(150), ..Manners::default() });
    write_to(&app, &crowd(&app, 8).await).await;
    let mut node = start(&app, &server);
    wait_for(&server, 3);
    node.signal("KILL");
    node.wait(Duration::from_secs(10));
    std::thread::sleep(Duration::from_millis(300));
    let before = copies(&server.arrived()).len();
    assert!(before < 8, "it was killed too late to tell");
    // What it held is another node's once the lease has ended.
    app.tell(|c| {
        use diesel::prelude::*;
        use tradewind::db::schema::outbox;
        diesel::update(outbox::table.filter(outbox::leased_until.is_not_null()))
            .set(outbox::leased_until.eq(outbox::created_at.nullable()))
            .execute(c)?;
        Ok(())
    })
    .await;
    let mut node = start(&app, &server);
    let begun = Instant::now();
    while copies(&server.arrived()).len() < 8 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", node.listen());
        std::thread::sleep(Duration::from_millis(20));
    }
    node.signal("TERM");
    assert_eq!(node.wait(Duration::from_secs(30)).code(), Some(0));
    let mut times: Vec<usize> = copies(&server.arrived()).into_values().collect();
    times.sort_unstable();
    assert!(times[..7].iter().all(|times| *times == 1) && times[7] <= 2, "{times:?}");
});

on_both!(a_stopping_node_sends_what_waits, |app| async move {
    let server = MailServer::start();
    let people = crowd(&app, 6).await;
    let mut node = start(&app, &server);
    let said = node.listen().join("\n");
    assert!(said.contains("sending mail by 127.0.0.1"), "{said}");
    server.behave(Manners { slow: Duration::from_millis(100), ..Manners::default() });
    write_to(&app, &people).await;
    node.signal("TERM");
    assert_eq!(node.wait(Duration::from_secs(30)).code(), Some(0));
    assert_eq!(copies(&server.arrived()).len(), 6, "{:?}", node.listen());
});
