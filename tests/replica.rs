//! A real replica: pages of the flow are read from it, nothing else is, what is old says so, and where it is
//! away, too far behind or not what it should be, the database itself is read. PostgreSQL only.

mod servers;

use std::time::Duration;

use crate::support::*;
use servers::{Pair, Server, pair, until};

/// A node that reads the flow from the replica.
async fn node(pair: &Pair, adjust: impl FnOnce(&mut tradewind::config::Config)) -> TestApp {
    let replica = pair.copy.url.parse().expect("an address");
    TestApp::open(&pair.main.url, tradewind::clock::Clock::at(beginning()), |config| {
        config.replica_url = Some(replica);
        // Asking costs nothing here.
        config.policy.credits.on = false;
        adjust(config);
    })
    .await
}

/// Says from the first moment that it is behind.
fn impatient(config: &mut tradewind::config::Config) {
    config.replica_patience.tell_after = Duration::ZERO;
}

/// Waits until the replica has all that was written.
async fn caught_up(app: &TestApp) {
    let written = app.db.position().await;
    until("the replica has caught up", || {
        let app = app.clone();
        async move { app.db.flow_reader(Some(written)).await.is_replica() }
    })
    .await;
}

const LIST: &str = "/flow/contributions?weeks=4";

#[actix_rt::test]
async fn pages_of_the_flow_are_read_from_it_and_say_when_they_are_old() {
    let Some(pair) = pair() else { return };
    let app = node(&pair, |_| ()).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let dora = app.officer("Dora Example", "Customer Office").await;
    app.insight(&ann, "Crates come late. It is short.").await;
    app.days_later(1);
    caught_up(&app).await;
    let dora = app.another_browser(&dora).await;

    let read = app.db.replica_counts().0;
    dora.get(LIST).await.expect(200).sees("Crates come late").sees_not("This page is as of");
    assert!(app.db.replica_counts().0 > read, "the list was read elsewhere");
    app.stranger().get("/ready").await.expect(200).sees_not("replica");

    pair.copy.pause();
    let lamps = app.insight(&ann, "Lamps flicker. It is short.").await;
    app.days_later(1);
    // Their sessions of today are not on the replica, and are good all the same.
    let (ann, dora) = (app.another_browser(&ann).await, app.another_browser(&dora).await);
    dora.get(LIST).await.expect(200).sees_not("Lamps flicker").sees_not("This page is as of");
    let app = {
        let strict = node(&pair, impatient).await;
        strict.clock.set(app.now());
        strict
    };
    let (ann, dora) = (ann.at(&app), dora.at(&app));
    let old = dora.get(LIST).await.expect(200).sees("Crates come late").sees_not("Lamps flicker");
    let then = app.calendar().local(app.now()).format("%H:%M");
    old.sees(&format!("This page is as of {then}, less than a minute ago"));
    // A file cannot say so, and is not old; all else is what it is now.
    dora.get("/flow/csv/contributions?weeks=4").await.expect(200).sees("Lamps flicker");
    ann.get("/").await.expect(200).sees("Lamps flicker").sees_not("This page is as of");
    dora.get(&format!("/insights/{lamps}")).await.expect(200).sees("Lamps flicker");
    // Who looked stands where everybody reads it, at once.
    ann.get("/transparency").await.expect(200).sees("Dora Example").sees("the rows behind a figure");

    // Whoever has just done something sees it, on every node; nobody else is slowed down by that.
    let elsewhere = app.another_browser(&dora).await;
    let question = "Why do crates come late?";
    let asked = [("question", question), ("seen", question), ("key", "k")];
    dora.post("/requests", &asked).await.expect(303);
    let open = "/flow/requests?weeks=4";
    dora.get(open).await.expect(200).sees(question).sees_not("This page is as of");
    let other = node(&pair, impatient).await;
    other.clock.set(app.now());
    dora.at(&other).get(open).await.expect(200).sees(question).sees_not("This page is as of");
    elsewhere.get(open).await.expect(200).sees_not(question).sees("This page is as of");

    pair.copy.resume();
    caught_up(&app).await;
    let read = app.db.replica_counts().0;
    dora.get(LIST).await.expect(200).sees("Lamps flicker");
    assert!(app.db.replica_counts().0 > read, "it is not read again");
}

#[actix_rt::test]
async fn every_page_of_the_flow_can_be_read_from_it_and_no_other_page_is() {
    let Some(pair) = pair() else { return };
    let app = node(&pair, |config| config.replica_patience.tell_after = Duration::from_secs(600)).await;
    let ann = app.manager("Ann Sample", "Sales").await;
    let dora = app.officer("Dora Example", "Customer Office").await;
    let insight = app.insight(&ann, "Crates come late. It is short.").await;
    app.days_later(1);
    let dora = app.another_browser(&dora).await;
    let made = dora.post("/reports", &[("from", "2026-11-02"), ("last", "2026-11-02"), ("key", "k")]).await;
    let report = made.expect(303).location().to_owned();
    caught_up(&app).await;

    let (sales, office) = (ann.department_id, dora.department_id);
    let mut pages: Vec<String> =
        ["/flow", "/flow/people", "/flow/value", "/flow/under-read", "/flow/coverage", "/flow/requests"]
            .map(str::to_owned)
            .to_vec();
    pages.extend(["/flow/contributions", "/flow/accesses", "/flow/searches"].map(str::to_owned));
    pages.push(format!("/flow/departments/{sales}"));
    pages.push(format!("/flow/{sales}/{office}"));
    for panel in [
        "contributions",
        "coverage",
        "accesses",
        "searches",
        "matrix",
        "figures",
        "departments",
        "segments",
        "weeks",
    ] {
        pages.push(format!("/flow/csv/{panel}"));
    }
    pages.push("/reports/board".into());
    pages.extend(["", ".csv", ".json", ".xlsx"].map(|ending| format!("{report}{ending}")));
    for page in &pages {
        let (read, refused) = app.db.replica_counts();
        let answer = dora.get(page).await;
        assert!(matches!(answer.status.as_u16(), 200 | 404), "{page}: {answer:?}");
        let after = app.db.replica_counts();
        if answer.status == 200 {
            assert!(after.0 > read, "{page} is read elsewhere");
            assert_eq!(after.1, refused, "{page} asks the replica for what it refuses");
        }
    }
    let before = app.db.replica_counts();
    let insight = format!("/insights/{insight}");
    for page in [
        "/",
        "/archive",
        "/requests",
        "/me",
        "/transparency",
        "/obstacles",
        "/reports",
        "/notifications",
        &insight,
    ] {
        dora.get(page).await.expect(200);
    }
    dora.post(&format!("{insight}/rating"), &[("value", "4"), ("back_to", "/")]).await.expect(303);
    assert_eq!(app.db.replica_counts(), before, "something else is read from the replica");
    // What it has not got yet is asked of the database itself.
    pair.copy.pause();
    let made = elsewhere_made(&app, &dora).await;
    app.another_browser(&dora).await.get(&made).await.expect(200);
    assert!(app.db.replica_counts().1 > before.1);
    // And it takes no write, whoever tries.
    let reader = app.db.flow_reader(None).await;
    assert!(reader.is_replica());
    let refused = app.db.replica_counts().1;
    let tried = reader
        .read(|c| {
            use diesel::RunQueryDsl;
            Ok(diesel::sql_query("DELETE FROM follows WHERE FALSE").execute(c)?)
        })
        .await;
    assert!(tried.is_ok() && app.db.replica_counts().1 > refused, "{tried:?}");
    pair.copy.resume();
}

/// A report that was made after the replica stood still.
async fn elsewhere_made(app: &TestApp, dora: &Visitor) -> String {
    let other = app.another_browser(dora).await;
    let fields = [("from", "2026-11-01"), ("last", "2026-11-02"), ("key", "l")];
    other.post("/reports", &fields).await.expect(303).location().to_owned()
}

#[actix_rt::test]
async fn without_a_replica_that_is_one_the_database_itself_is_read() {
    let Some(mut pair) = pair() else { return };
    // A schema that is older than this program's.
    servers::forget_last_step(&pair.main.url);
    pair.copy.has(&pair.main);
    pair.copy.pause();
    servers::migrate(&pair.main.url);
    let app = node(&pair, |_| ()).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let dora = app.officer("Dora Example", "Customer Office").await;
    app.insight(&ann, "Crates come late. It is short.").await;
    app.days_later(1);
    let dora = app.another_browser(&dora).await;
    let reads_itself = async |words: &str| {
        dora.get(LIST).await.expect(200).sees("Crates come late").sees_not("This page is as of");
        app.stranger().get("/ready").await.expect(200).sees(&format!("ready replica: {words}"));
    };
    reads_itself("has an older or newer schema").await;
    pair.copy.resume();
    caught_up(&app).await;
    // Too far behind.
    pair.copy.pause();
    app.insight(&ann, "Lamps flicker. It is short.").await;
    let strict = node(&pair, |config| config.replica_patience.most_behind = Duration::ZERO).await;
    strict.clock.set(app.now());
    dora.at(&strict).get(LIST).await.expect(200).sees_not("This page is as of");
    strict.stranger().get("/ready").await.expect(200).sees("replica: is too far behind");
    pair.copy.resume();
    caught_up(&app).await;
    // Away, and back.
    pair.copy.stop();
    reads_itself("does not answer").await;
    pair.copy.start_again();
    caught_up(&app).await;
    app.stranger().get("/ready").await.expect(200).sees_not("replica");
    // Another database of the same server, and one that follows nobody.
    let url = pair.copy.url.replace("/tradewind?", "/postgres?");
    let foreign = node(&pair, |config| config.replica_url = Some(url.parse().expect("an address"))).await;
    foreign.stranger().get("/ready").await.expect(200).sees("replica: is a replica of another database");
    pair.copy.promote();
    reads_itself("is not a replica").await;
}

#[test]
fn a_node_starts_without_its_replica_and_never_says_a_password() {
    if postgres_url().is_none() {
        return;
    }
    let Some(server) = Server::start() else { return };
    servers::migrate(&server.url);
    let replica = "postgres://ann:canary@127.0.0.1:1/none?password=canary";
    let settings =
        [("DATABASE_URL", server.url.as_str()), ("DATABASE_REPLICA_URL", replica), ("LOG", "debug")];
    let mut node = node::Node::start(&["serve"], &settings);
    let ready = node.get("/ready").expect("an answer");
    assert!(ready.contains("ready\nreplica: does not answer\n"), "{ready}");
    for _ in 0..3 {
        node.get("/ready").expect("an answer");
    }
    node.signal("TERM");
    node.wait(Duration::from_secs(30));
    let said = node.listen().join("\n");
    assert!(!said.contains("canary"), "{said}");
    let told = said.lines().filter(|line| line.contains("the replica does not answer")).count();
    assert_eq!(told, 1, "{said}");
}
