//! Every route, by every kind of visitor, on things in every state. The table below is also the
//! documentation of who may do what: a route that is not listed fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::*;
use actix_web::http::Method;
use actix_web::test::TestRequest;

/// The lowest role that comes in. Roles are not a ladder: an administrator does not see the flow.
#[allow(dead_code)] // nothing is open to curators alone so far
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// Whoever comes, without a session too.
    Anybody,
    Member,
    Curator,
    Officer,
    Admin,
}
use Door::{Admin, Anybody, Curator, Member, Officer};

/// What is in the place of `{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    /// The address has no place for anything.
    Nothing,
    /// An insight of somebody else. Withdrawn, it does not exist for its readers.
    Insight,
    /// A segment, a customer, a tag, a person, a department: there or not.
    Named(&'static str),
    /// A token of a link, which is dead here.
    Token,
}
use Thing::{Insight, Named, Nothing, Token};

/// A line of the table: method, address, who comes in, what stands in it, and what a visitor who comes in
/// and sends no fields gets for a live thing.
type Line = (&'static str, &'static str, Door, Thing, &'static [u16]);

const OK: &[u16] = &[200];
/// A form without its fields leads back to itself.
const FORM: &[u16] = &[303, 422];
/// A link that does not work, and says so.
const DEAD: &[u16] = &[404, 410];
/// A page for those who may change the thing.
const OWNERS: &[u16] = &[200, 403];
/// There is no such remark, or no rating of one's own.
const GONE: &[u16] = &[404];
/// A form whose object forbids it for this visitor's relation to it, or that leads back.
const RULED: &[u16] = &[303, 403, 409, 422];

#[rustfmt::skip]
const TABLE: &[Line] = &[
    ("GET",  "/health",                      Anybody, Nothing, OK),
    ("GET",  "/ready",                       Anybody, Nothing, OK),
    ("GET",  "/static/{hash}/{name}",        Anybody, Nothing, &[404]),
    ("POST", "/theme",                       Anybody, Nothing, &[303]),
    ("POST", "/keys",                        Anybody, Nothing, &[303]),

    ("GET",  "/sign-in",                     Anybody, Nothing, &[200, 303]),
    ("POST", "/sign-in",                     Anybody, Nothing, FORM),
    ("POST", "/sign-out",                    Anybody, Nothing, &[303]),
    ("GET",  "/setup/{token}",               Anybody, Token, DEAD),
    ("POST", "/setup/{token}",               Anybody, Token, DEAD),
    ("GET",  "/join/{token}",                Anybody, Token, DEAD),
    ("POST", "/join/{token}",                Anybody, Token, DEAD),
    ("GET",  "/reset/{token}",               Anybody, Token, DEAD),
    ("POST", "/reset/{token}",               Anybody, Token, DEAD),
    ("GET",  "/demo/{token}",                Anybody, Token, DEAD),
    ("POST", "/demo/{token}",                Anybody, Token, DEAD),

    ("GET",  "/",                            Member, Nothing, OK),
    ("GET",  "/archive",                     Member, Nothing, OK),
    ("GET",  "/customers",                   Member, Nothing, OK),
    ("GET",  "/customers/{id}",              Member, Named("customer"), OK),
    ("GET",  "/segments/{id}",               Member, Named("segment"), OK),
    ("GET",  "/topics/{id}",                 Member, Named("tag"), OK),
    ("GET",  "/people/{id}",                 Member, Named("person"), OK),
    ("GET",  "/me",                          Member, Nothing, OK),
    ("GET",  "/me/credits",                  Member, Nothing, OK),
    // No week of that name.
    ("GET",  "/me/credits/{week}",           Member, Nothing, &[404]),
    ("GET",  "/settings",                    Member, Nothing, OK),
    ("POST", "/settings/password",           Member, Nothing, FORM),
    ("POST", "/settings/mail",               Member, Nothing, FORM),
    ("POST", "/settings/sign-out",           Member, Nothing, &[303]),
    ("GET",  "/notifications",               Member, Nothing, OK),
    ("POST", "/notifications/read",          Member, Nothing, &[400]),
    ("GET",  "/notifications/{id}",          Member, Nothing, GONE),
    ("POST", "/notifications/{id}/read",     Member, Nothing, GONE),
    // Without a session, from a mail program; the token is dead here.
    ("GET",  "/unsubscribe/{token}",         Anybody, Token, DEAD),
    ("POST", "/unsubscribe/{token}",         Anybody, Token, DEAD),
    // There is no such page where no mail is sent.
    ("GET",  "/forgotten",                   Anybody, Nothing, GONE),
    ("POST", "/forgotten",                   Anybody, Nothing, GONE),
    ("GET",  "/help/value",                  Member, Nothing, OK),

    ("GET",  "/insights/new",                Member, Nothing, OK),
    ("POST", "/insights",                    Member, Nothing, FORM),
    ("GET",  "/insights/{id}",               Member, Insight, OK),
    ("GET",  "/insights/{id}/history",       Member, Insight, OK),
    ("GET",  "/insights/{id}/value",         Member, Insight, OK),
    ("GET",  "/insights/{id}/edit",          Member, Insight, OWNERS),
    ("POST", "/insights/{id}/edit",          Member, Insight, &[400, 403]),
    ("GET",  "/insights/{id}/withdrawal",    Member, Insight, OWNERS),
    ("POST", "/insights/{id}/withdrawal",    Member, Insight, RULED),
    ("POST", "/insights/{id}/restoration",   Member, Insight, RULED),
    ("GET",  "/insights/{id}/uses",          Member, Insight, OK),
    ("POST", "/insights/{id}/use",           Member, Insight, RULED),
    ("POST", "/insights/{id}/remarks",       Member, Insight, RULED),
    ("POST", "/insights/{id}/remarks/{remark}/withdrawal", Member, Insight, GONE),
    ("POST", "/insights/{id}/rating",        Member, Insight, RULED),
    ("POST", "/insights/{id}/rating/withdrawal", Member, Insight, GONE),
    ("POST", "/insights/{id}/reveal",        Member, Insight, RULED),
    ("GET",  "/insights/{id}/report",        Member, Insight, OWNERS),
    ("POST", "/insights/{id}/report",        Member, Insight, RULED),
    ("POST", "/insights/{id}/confirmation",  Member, Insight, RULED),

    ("GET",  "/review",                      Curator, Nothing, OK),
    ("GET",  "/review/{id}",                 Curator, Named("case"), OK),
    ("POST", "/review/{id}/decision",        Curator, Named("case"), FORM),
    ("POST", "/review/{id}/reopening",       Curator, Named("case"), &[409]),
    ("GET",  "/requests",                    Member, Nothing, OK),
    ("POST", "/requests",                    Member, Nothing, FORM),
    ("GET",  "/requests/new",                Member, Nothing, OK),
    ("GET",  "/requests/{id}",               Member, Named("request"), OK),
    ("POST", "/requests/{id}/answers",       Member, Named("request"), RULED),
    // The insight in the place is none of its answers.
    ("POST", "/requests/{id}/answers/{insight}/withdrawal", Member, Named("request"), GONE),
    ("POST", "/requests/{id}/funding",       Member, Named("request"), RULED),
    ("POST", "/requests/{id}/award",         Member, Named("request"), RULED),
    ("POST", "/requests/{id}/extension",     Member, Named("request"), RULED),
    ("POST", "/requests/{id}/cancellation",  Member, Named("request"), RULED),
    // Who asked corrects it, and curators.
    ("GET",  "/requests/{id}/edit",          Member, Named("request"), OWNERS),
    ("POST", "/requests/{id}/edit",          Member, Named("request"), RULED),
    ("POST", "/customers/{id}/following",    Member, Named("customer"), FORM),
    ("POST", "/segments/{id}/following",     Member, Named("segment"), FORM),
    ("POST", "/topics/{id}/following",       Member, Named("tag"), FORM),

    ("GET",  "/flow",                        Officer, Nothing, OK),
    ("GET",  "/flow/requests",               Officer, Nothing, OK),
    ("GET",  "/flow/metrics",                Member, Nothing, OK),
    // No metric of that name.
    ("GET",  "/flow/metrics/{metric}",       Member, Nothing, &[404]),
    ("POST", "/flow/figures",                Officer, Nothing, &[400]),
    ("GET",  "/flow/contributions",          Officer, Nothing, OK),
    ("GET",  "/flow/accesses",               Officer, Nothing, OK),
    ("GET",  "/flow/coverage",               Officer, Nothing, OK),
    ("GET",  "/flow/people",                 Officer, Nothing, OK),
    ("GET",  "/flow/searches",               Officer, Nothing, OK),
    ("GET",  "/flow/value",                  Officer, Nothing, OK),
    ("GET",  "/flow/under-read",             Officer, Nothing, OK),
    ("POST", "/flow/under-read",             Officer, Nothing, &[400, 409]),
    // No panel, department or pair of that name; a manager may open the page of the own department.
    ("GET",  "/flow/csv/{panel}",            Officer, Nothing, &[404]),
    ("GET",  "/flow/departments/{key}",      Member, Nothing, &[200, 403, 404]),
    ("GET",  "/flow/{from}/{to}",            Officer, Nothing, &[404]),
    ("GET",  "/flow/sent",                   Officer, Nothing, OK),
    ("POST", "/flow/{from}/{to}/sending",    Officer, Nothing, &[404]),
    ("GET",  "/help/privacy",                Member, Nothing, OK),
    ("GET",  "/help/data",                   Member, Nothing, OK),
    ("GET",  "/transparency",                Member, Nothing, OK),
    ("GET",  "/privacy/thresholds",          Member, Nothing, OK),
    ("POST", "/privacy/thresholds",          Admin, Nothing, &[422]),
    // Refused once, it waits no longer.
    ("POST", "/privacy/thresholds/{id}",     Officer, Named("proposal"), &[303, 404]),
    // One's own, for whoever sees to any.
    ("GET",  "/obstacles",                   Member, Nothing, OK),
    ("POST", "/obstacles",                   Officer, Nothing, FORM),
    ("GET",  "/obstacles/new",               Officer, Nothing, OK),
    ("GET",  "/obstacles/{id}",              Member, Named("obstacle"), &[200, 404]),
    ("GET",  "/obstacles/{id}/edit",         Member, Named("obstacle"), &[200, 404]),
    ("POST", "/obstacles/{id}/edit",         Member, Named("obstacle"), &[400, 404]),
    ("POST", "/obstacles/{id}/state",        Member, Named("obstacle"), &[404, 422]),
    ("POST", "/obstacles/{id}/actions",      Member, Named("obstacle"), &[404, 422]),
    // Who changed it last takes it back.
    ("POST", "/obstacles/{id}/reversal",     Member, Named("obstacle"), &[404, 409]),
    ("GET",  "/obstacles/{id}/trial",        Officer, Named("obstacle"), OK),
    ("POST", "/obstacles/{id}/trial",        Officer, Named("obstacle"), &[422]),
    // There is no such trial, and no reason to stop it.
    ("POST", "/obstacles/{id}/trials/{trial}/stopping", Officer, Named("obstacle"), &[400]),
    ("GET",  "/not-shared",                  Member, Nothing, OK),
    ("POST", "/not-shared",                  Member, Nothing, FORM),
    ("GET",  "/reports/board",               Officer, Nothing, OK),
    ("POST", "/reports/{id}/baseline",       Officer, Named("report"), &[409]),
    ("GET",  "/reports",                     Officer, Nothing, OK),
    ("POST", "/reports",                     Officer, Nothing, FORM),
    ("GET",  "/reports/{id}",                Officer, Named("report"), OK),
    ("GET",  "/reports/{id}.csv",            Officer, Named("report"), OK),
    ("GET",  "/reports/{id}.xlsx",           Officer, Named("report"), OK),
    ("GET",  "/reports/{id}.json",           Officer, Named("report"), OK),

    ("GET",  "/admin",                       Admin, Nothing, &[303]),
    ("GET",  "/admin/people",                Admin, Nothing, OK),
    ("POST", "/admin/people",                Admin, Nothing, FORM),
    ("GET",  "/admin/people/new",            Admin, Nothing, OK),
    ("GET",  "/admin/people/{id}",           Admin, Named("person"), OK),
    ("POST", "/admin/people/{id}",           Admin, Named("person"), FORM),
    ("POST", "/admin/people/{id}/link",      Admin, Named("person"), &[200, 303]),
    ("POST", "/admin/people/{id}/disabling", Admin, Named("person"), RULED),
    ("POST", "/admin/people/{id}/enabling",  Admin, Named("person"), RULED),
    ("GET",  "/admin/departments",           Admin, Nothing, OK),
    ("POST", "/admin/departments",           Admin, Nothing, FORM),
    ("GET",  "/admin/departments/{id}",      Admin, Named("department"), OK),
    ("POST", "/admin/departments/{id}",      Admin, Named("department"), FORM),
    ("POST", "/admin/departments/{id}/closing", Admin, Named("department"), RULED),
    ("GET",  "/admin/import",                Admin, Nothing, OK),
    // Files come as multipart; a plain form is none.
    ("POST", "/admin/import",                Admin, Nothing, &[400, 415, 422]),
    ("POST", "/admin/import/confirmation",   Admin, Nothing, &[303, 400, 404, 409, 422]),
    ("GET",  "/admin/mail",                  Admin, Nothing, OK),
    ("POST", "/admin/mail/again",            Admin, Nothing, &[303]),
    ("POST", "/admin/mail/test",             Admin, Nothing, &[409]),
    ("POST", "/admin/mail/{id}/again",       Admin, Nothing, GONE),
    ("POST", "/admin/mail/{id}/giving-up",   Admin, Nothing, GONE),
    ("GET",  "/admin/audit",                 Admin, Nothing, OK),
    ("GET",  "/earnings",                    Admin, Nothing, OK),
    ("POST", "/earnings",                    Admin, Nothing, FORM),
    ("GET",  "/earnings/{week}",             Admin, Nothing, &[404]),
];

/// Headers of every answer.
const HEADERS: [&str; 7] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "x-frame-options",
    "x-request-id",
];

#[test]
fn every_registered_route_is_listed() {
    let listed: BTreeSet<(String, String)> =
        TABLE.iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect();
    let registered = registered();
    let missing: Vec<_> = registered.difference(&listed).collect();
    assert!(missing.is_empty(), "not listed in tests/routes.rs: {missing:#?}");
    let gone: Vec<_> = listed.difference(&registered).collect();
    assert!(gone.is_empty(), "listed in tests/routes.rs and not registered: {gone:#?}");
}

#[test]
fn a_planted_route_is_seen() {
    let text = "cfg.route(\"/a/{id}\", web::get().to(a)).route(\n    \"/a\",\n    web::post().to(b),\n);\n\
                cfg.service(web::resource(\"/c\").route(web::get().to(c)).route(web::post().to(d)));";
    let found: Vec<_> = routes_in(text).into_iter().collect();
    let pair = |method: &str, path: &str| (method.to_owned(), path.to_owned());
    assert_eq!(found, [pair("GET", "/a/{id}"), pair("GET", "/c"), pair("POST", "/a"), pair("POST", "/c")]);
}

on_both!(every_route_lets_in_whom_it_should, |app| async move {
    let world = World::make(&app).await;
    let mut problems = Vec::new();
    for line in TABLE {
        for (who, role, visitor) in &world.visitors {
            let mut hidden = BTreeSet::new();
            for (state, path) in world.paths(line) {
                let answer = ask(visitor, line.0, &path).await;
                if line.0 == "POST" {
                    world.reset(&app).await;
                }
                let got = answer.status.as_u16();
                if state != State::Live && !(state == State::Withdrawn && *role == Role::Curator) {
                    hidden.insert(got);
                }
                let expected = expected(line, *role, state, &answer);
                if !expected.contains(&got) {
                    problems.push(format!(
                        "{} {path} ({state:?}) as {who}: {got} instead of {expected:?}",
                        line.0
                    ));
                }
                problems.extend(
                    header_problems(&answer).map(|problem| format!("{} {path} as {who}: {problem}", line.0)),
                );
                let may_know = state == State::Live || *role == Role::Curator;
                if !may_know && answer.body.contains(SECRET) {
                    problems.push(format!("{} {path} as {who}: tells what the thing was", line.0));
                }
            }
            if hidden.len() > 1 {
                problems.push(format!(
                    "{} {} as {who}: withdrawn and missing differ: {hidden:?}",
                    line.0, line.1
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
});

on_both!(head_is_get_without_a_body_and_other_methods_are_refused, |app| async move {
    let world = World::make(&app).await;
    let paths: BTreeSet<&str> = TABLE.iter().map(|(_, path, ..)| *path).collect();
    for pattern in paths {
        let path = world.path(pattern, State::Live);
        let has_get = TABLE.iter().any(|(method, path, ..)| *method == "GET" && *path == pattern);
        for (who, _, visitor) in &world.visitors {
            if has_get {
                let head = visitor.raw(TestRequest::default().method(Method::HEAD).uri(&path)).await;
                let get = visitor.get(&path).await;
                assert_eq!(head.status, get.status, "HEAD {path} as {who}");
            }
            for method in ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "QUERY"] {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let answer = visitor.raw(TestRequest::default().method(method.clone()).uri(&path)).await;
                assert_eq!(answer.status.as_u16(), 405, "{method} {path} as {who}");
                assert_eq!(
                    header_problems(&answer).collect::<Vec<_>>(),
                    Vec::<String>::new(),
                    "{method} {path}"
                );
            }
        }
    }
});

on_both!(a_form_from_elsewhere_changes_nothing, |app| async move {
    let world = World::make(&app).await;
    let before = rows(&app).await;
    for line in TABLE.iter().filter(|line| line.0 == "POST") {
        let path = world.path(line.1, State::Live);
        for (who, _, visitor) in &world.visitors {
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "none"),
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("x-nothing", "at all"),
            ] {
                if name == "x-nothing" && visitor.id == 0 {
                    // Without a session there is nothing to abuse.
                    continue;
                }
                let request = TestRequest::post()
                    .uri(&path)
                    .insert_header(("content-type", "application/x-www-form-urlencoded"))
                    .insert_header((name, value))
                    .set_payload("value=5&text=Sent+from+elsewhere.&role=admin");
                let answer = visitor.raw(request).await;
                assert_eq!(answer.status.as_u16(), 403, "{path} with {name}: {value} as {who}\n{answer:?}");
            }
        }
    }
    assert_eq!(rows(&app).await, before, "rows changed");
});

on_both!(looking_changes_nothing_but_the_traces_of_looking, |app| async move {
    let world = World::make(&app).await;
    let before = rows(&app).await;
    for line in TABLE.iter().filter(|line| line.0 == "GET") {
        for (_, _, visitor) in &world.visitors {
            for (_, path) in world.paths(line) {
                visitor.get(&path).await;
                visitor.get(&format!("{path}?text=Words+from+a+link.&value=5&withdraw=1")).await;
            }
        }
    }
    assert_eq!(rows(&app).await, before, "a GET changed rows");
});

on_both!(a_field_nobody_asked_for_is_refused, |app| async move {
    let world = World::make(&app).await;
    let columns = columns();
    let before = rows(&app).await;
    let mut problems = Vec::new();
    for line in
        TABLE.iter().filter(|line| line.0 == "POST" && !BUTTONS.iter().any(|end| line.1.ends_with(end)))
    {
        let path = world.path(line.1, State::Live);
        let Some((who, _, visitor)) = world.visitors.iter().find(|(_, role, _)| comes_in(line.2, *role))
        else {
            panic!("nobody comes in at {path}");
        };
        for column in &columns {
            if may_send(&path, column) {
                continue;
            }
            let answer = visitor.post(&path, &[(column, "1")]).await;
            let status = answer.status.as_u16();
            // An object that forbids it may say so before the form is read.
            if !matches!(status, 400 | 403 | 404 | 409 | 410) {
                problems.push(format!("{path} took {column} from {who}: {status}"));
            }
        }
        let twice = TestRequest::post()
            .uri(&path)
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .set_payload("email[]=a&email[]=b&nobody=asked");
        let status = visitor.raw(twice).await.status.as_u16();
        assert!(matches!(status, 400 | 403 | 404 | 409 | 410), "{path}: {status}");
        let json = TestRequest::post()
            .uri(&path)
            .insert_header(("content-type", "application/json"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .set_payload("{\"role\":\"admin\"}");
        let status = visitor.raw(json).await.status.as_u16();
        assert!(matches!(status, 400 | 403 | 404 | 409 | 410 | 415), "{path}: {status} for JSON");
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    assert_eq!(rows(&app).await, before, "rows changed");
});

/// Routes that are a button alone: they read no field at all.
const BUTTONS: [&str; 9] = [
    "/sign-out",
    "/link",
    "/disabling",
    "/enabling",
    "/closing",
    "/restoration",
    "/confirmation",
    "/reopening",
    "/demo/{token}",
];

/// Columns whose names are words that forms use too, and where. Everything else (authors, times, digests,
/// hashes, counts) is nobody's to send.
fn may_send(path: &str, column: &str) -> bool {
    let at = |prefix: &str| path.starts_with(prefix);
    match column {
        "key" => true,
        "quote" | "source" => at("/insights") || path.ends_with("/answers"),
        "title" | "observed_on" => at("/insights"),
        "version" => at("/insights") || at("/obstacles"),
        "reason" => ["/insights", "/review/", "/obstacles", "/not-shared", "/privacy/"].into_iter().any(at),
        "action" | "description" | "metric" => {
            path == "/obstacles" || at("/obstacles/") && path.ends_with("/edit")
        }
        "state" => at("/obstacles/") && path.ends_with("/state"),
        "note" | "signed" | "body" => at("/insights/"),
        "value" => path.ends_with("/rating") || at("/privacy/"),
        "name" if at("/privacy/") => true,
        "name" | "email" => at("/admin/people") || at("/setup/") || at("/join/") || at("/sign-in"),
        "role" | "manager" => at("/admin/people"),
        "path" => at("/admin/departments"),
        "text" => path == "/insights" || path.ends_with("/answers"),
        "question" | "why" | "bounty" => path == "/requests" || at("/requests/") && path.ends_with("/edit"),
        "credits" => path.ends_with("/funding"),
        "words" => path.ends_with("/report") || path.ends_with("/actions"),
        "department" => {
            at("/admin/people") || path == "/requests" || path.ends_with("/edit") || path.ends_with("/trial")
        }
        "decision" => at("/review/"),
        "week" => at("/earnings"),
        "rhythm" | "kind" => path == "/settings/mail",
        _ => false,
    }
}

on_both!(back_to_leads_nowhere_else, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for evil in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%2F/../..//evil.example",
        "/..//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://test.example@evil.example",
        "/x\r\nLocation: //evil.example",
    ] {
        let answer = ann.post("/theme", &[("theme", "dark"), ("back_to", evil)]).await.expect(303);
        let target = url::Url::parse("http://test.example/").expect("a base").join(answer.location());
        let target =
            target.unwrap_or_else(|error| panic!("{evil:?} leads to {}: {error}", answer.location()));
        assert_eq!(target.host_str(), Some("test.example"), "{evil:?} leads to {target}");
        assert_eq!(answer.headers.get_all("location").count(), 1);
    }
});

// --- The world the table is tried in ------------------------------------------------------------------

/// In the title of everything a visitor may not see.
const SECRET: &str = "Whispered";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Withdrawn,
    Missing,
}

/// Who a visitor is to the doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// No session, or one that no longer counts.
    Outside,
    Employee,
    Curator,
    Officer,
    Admin,
}

struct World {
    visitors: Vec<(&'static str, Role, Visitor)>,
    ids: BTreeMap<&'static str, i64>,
    live: i64,
    withdrawn: i64,
}

impl World {
    async fn make(app: &TestApp) -> World {
        let author = app.employee("Fay Author", "Research").await;
        let live = app.insight_with(&author, "Everybody may read this. It is here.", |draft| {
            draft.segment = "Hospitals".into();
            draft.customer = "Example Clinic".into();
            draft.tags = vec!["ordering".into()];
        });
        let live = live.await;
        let withdrawn = app.insight(&author, &format!("{SECRET} and taken back. Nobody reads it.")).await;
        app.tell(move |c| {
            use diesel::prelude::*;
            use tradewind::db::schema::insights;
            diesel::update(insights::table.find(withdrawn))
                .set((insights::withdrawn_at.eq(beginning()), insights::withdrawn_reason.eq("Wrong.")))
                .execute(c)?;
            tradewind::db::search::remove(c, withdrawn)?;
            Ok(())
        })
        .await;
        let disabled = app.employee("Gil Gone", "Sales").await;
        let (id, now) = (disabled.id, app.now());
        let ended = disabled.clone();
        app.tell(move |c| {
            use diesel::prelude::*;
            use tradewind::db::schema::people;
            // The session stays: the row of the person alone must keep them out.
            diesel::update(people::table.find(id)).set(people::disabled_at.eq(now)).execute(c)?;
            Ok(())
        })
        .await;
        let expired = app.stranger();
        expired.set_cookie("session", "no-such-session");
        let visitors = vec![
            ("a stranger", Role::Outside, app.stranger()),
            ("somebody with a made-up cookie", Role::Outside, expired),
            ("somebody disabled", Role::Outside, ended),
            ("an employee", Role::Employee, app.employee("Ann Sample", "Sales").await),
            ("a curator", Role::Curator, app.curator("Cleo Sample", "Product").await),
            ("the officer", Role::Officer, app.officer("Dora Example", "Customer Office").await),
            ("an administrator", Role::Admin, app.admin("Eve Sample", "IT").await),
        ];
        let ids = app
            .ask(move |c| {
                use diesel::prelude::*;
                use tradewind::db::schema::{customers, segments, tags};
                Ok(BTreeMap::from([
                    ("segment", segments::table.select(segments::id).first::<i64>(c)?),
                    ("customer", customers::table.select(customers::id).first::<i64>(c)?),
                    ("tag", tags::table.select(tags::id).first::<i64>(c)?),
                ]))
            })
            .await;
        let mut ids = ids;
        let ann = visitors.iter().find(|(who, ..)| *who == "an employee").map(|(.., ann)| app.acting(ann));
        let reported = app
            .tell(move |c| {
                use diesel::prelude::*;
                use tradewind::db::schema::review_cases;
                use tradewind::review::{case::ReportReason, store::reports};
                let ann = ann.expect("an employee");
                reports::report(c, &ann, live, ReportReason::Wrong, "It is not so.")?;
                Ok(review_cases::table.select(review_cases::id).first::<i64>(c)?)
            })
            .await;
        ids.insert("case", reported);
        let eve =
            visitors.iter().find(|(who, ..)| *who == "an administrator").map(|(.., eve)| app.acting(eve));
        let proposed = app
            .tell(move |c| {
                use diesel::prelude::*;
                use tradewind::db::schema::privacy_thresholds;
                use tradewind::market::store::agreed;
                agreed::propose(c, &eve.expect("somebody"), "SHOWN_NUMBER_FROM", 4, "We are few.")?;
                Ok(privacy_thresholds::table.select(privacy_thresholds::id).first::<i64>(c)?)
            })
            .await;
        ids.insert("proposal", proposed);
        let (asker, draft) = (
            app.acting(&author),
            tradewind::requests::store::Draft {
                question: "Who orders on paper?".into(),
                bounty: 5,
                ..Default::default()
            },
        );
        let request = app
            .tell(move |c| {
                let mut policy = tradewind::policy::Policy::default();
                policy.credits.on = false;
                tradewind::requests::store::open(c, &asker, &draft, &policy)
            })
            .await;
        ids.insert("request", request);
        let (calendar, made_at) = (app.calendar(), app.now());
        let report = app
            .tell(move |c| {
                use tradewind::flow::period::Period;
                use tradewind::reports::store::{freezing, kept};
                let to = calendar.day(made_at);
                let period = Period::new(to - chrono::Days::new(7), to).expect("a week");
                let wish = freezing::Wish { period, segment: None };
                let frozen = freezing::freeze(c, wish, calendar)?;
                let new = kept::New { month: None, wish, made_by: None, made_at, frozen: &frozen };
                Ok(kept::keep(c, &new)?.expect("a report"))
            })
            .await;
        ids.insert("report", report);
        let (office, owner) = (app.officer("Olga Example", "Customer Office").await, author.id);
        let (actor, due_on) = (app.acting(&office), app.calendar().day(made_at));
        let obstacle = app
            .tell(move |c| {
                use tradewind::obstacles::obstacle::{Content, State};
                use tradewind::obstacles::{store::register, target::Target};
                let content = Content {
                    description: "Nobody finds it".into(),
                    action: "Tag it.".into(),
                    owner_id: owner,
                    due_on,
                    state: State::Open,
                };
                register::open(c, &actor, &Target::of_code("C9").expect("a target"), &content)
            })
            .await;
        ids.insert("obstacle", obstacle);
        ids.insert("person", author.id);
        ids.insert("department", author.department_id);
        World { visitors, ids, live, withdrawn }
    }

    /// Puts everything back into its state after a form that may have changed it.
    async fn reset(&self, app: &TestApp) {
        let (live, withdrawn, author, now) = (self.live, self.withdrawn, self.ids["person"], app.now());
        let sessions: Vec<(i64, String)> = self
            .visitors
            .iter()
            .filter(|(_, _, visitor)| visitor.id != 0)
            .filter_map(|(_, _, visitor)| Some((visitor.id, visitor.cookie("session")?)))
            .collect();
        app.tell(move |c| {
            use diesel::prelude::*;
            use tradewind::db::schema::{insights, people, sessions};
            let gone = Some(beginning());
            diesel::update(insights::table.find(withdrawn))
                .set(insights::withdrawn_at.eq(gone))
                .execute(c)?;
            let here: Option<chrono::NaiveDateTime> = None;
            diesel::update(insights::table.find(live)).set(insights::withdrawn_at.eq(here)).execute(c)?;
            diesel::update(people::table.find(author)).set(people::disabled_at.eq(here)).execute(c)?;
            for (person, token) in &sessions {
                let digest = tradewind::web::token::digest(token);
                let known = sessions::table.find(&digest).count().get_result::<i64>(c)?;
                if known == 0 {
                    tradewind::accounts::session::start(c, token, *person, now)?;
                }
            }
            Ok(())
        })
        .await;
    }

    /// The addresses of a line, one per state its thing can be in.
    fn paths(&self, line: &Line) -> Vec<(State, String)> {
        let states: &[State] = match line.3 {
            Nothing | Token => &[State::Live],
            Insight => &[State::Live, State::Withdrawn, State::Missing],
            Named(_) => &[State::Live, State::Missing],
        };
        states.iter().map(|state| (*state, self.path(line.1, *state))).collect()
    }

    fn path(&self, pattern: &str, state: State) -> String {
        let thing = TABLE.iter().find(|line| line.1 == pattern).map_or(Nothing, |line| line.3);
        let id = match (thing, state) {
            (_, State::Missing) => 999_999,
            (Insight, State::Withdrawn) => self.withdrawn,
            (Named(name), _) => self.ids[name],
            _ => self.live,
        };
        let mut path = String::new();
        for part in pattern.split('/').skip(1) {
            path.push('/');
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                // A file of a thing: `{id}.csv`.
                None if part.starts_with("{id}.") => path.push_str(&part.replace("{id}", &id.to_string())),
                None => path.push_str(part),
                Some("hash") => path.push_str("000000000000"),
                Some("name") => path.push_str("nothing.css"),
                Some("token") => path.push_str("dead-link"),
                Some(_) => path.push_str(&id.to_string()),
            }
        }
        path
    }
}

fn comes_in(door: Door, role: Role) -> bool {
    match door {
        Anybody => true,
        Member => role != Role::Outside,
        Curator => role == Role::Curator,
        Officer => role == Role::Officer,
        Admin => role == Role::Admin,
    }
}

fn expected(line: &Line, role: Role, state: State, answer: &Answer) -> Vec<u16> {
    let door = line.2;
    if !comes_in(door, role) {
        if role == Role::Outside {
            // Anything but the way to the sign-in page is a leak.
            return if answer.location().starts_with("/sign-in") { vec![303] } else { vec![] };
        }
        return vec![403];
    }
    // Signing out leads to the sign-in page, and only that.
    let sent_away =
        !line.1.ends_with("/sign-out") && answer.location().starts_with("/sign-in") && role != Role::Outside;
    match state {
        _ if sent_away => vec![],
        State::Live => line.4.to_vec(),
        // Its author and curators may read and restore it.
        State::Withdrawn if role == Role::Curator => [line.4, &[303, 403, 404, 409][..]].concat(),
        // To others it does not exist. A form may be refused before anything is looked up.
        State::Missing | State::Withdrawn if line.0 == "POST" => vec![400, 404, 422],
        State::Missing | State::Withdrawn => vec![404],
    }
}

async fn ask(visitor: &Visitor, method: &str, path: &str) -> Answer {
    // Each on a copy: an answer may end a session or set a cookie.
    let visitor = visitor.clone();
    if method == "GET" { visitor.get(path).await } else { visitor.post(path, &[]).await }
}

fn header_problems(answer: &Answer) -> impl Iterator<Item = String> + '_ {
    let missing =
        HEADERS.into_iter().filter(|name| answer.header(name).is_empty()).map(|name| format!("no {name}"));
    let told = ["server", "x-powered-by"]
        .into_iter()
        .filter(|name| !answer.header(name).is_empty())
        .map(|name| format!("a {name} header"));
    let caching = answer.header("cache-control");
    let stored = (!caching.contains("no-store") && !caching.contains("immutable"))
        .then(|| format!("cache-control is \"{caching}\""));
    let policy = answer.header("content-security-policy");
    let loose = (policy.contains("unsafe") || !policy.contains("default-src 'none'"))
        .then(|| format!("a loose policy: {policy}"));
    missing.chain(told).chain(stored).chain(loose)
}

/// How many rows each table has, but for those in which looking leaves its traces.
async fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    // Once a day, that somebody was here or looked at figures: people read of both on /transparency.
    const TRACES: [&str; 10] = [
        "accesses",
        "active_days",
        "first_accesses",
        "flow_looks",
        "insight_readers",
        "seen_days",
        "searches",
        "activity_daily",
        "flow_daily",
        "person_daily",
    ];
    let mut rows = BTreeMap::new();
    for table in tables() {
        if !TRACES.contains(&table.as_str()) {
            rows.insert(table.clone(), app.count(&table).await);
        }
    }
    rows
}

// Another site may not read what it makes a browser ask for.
on_both!(no_other_site_is_let_in_by_a_header, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for path in ["/", "/health", "/archive?q=crate", "/nowhere", "/static/x/app.css"] {
        let request = TestRequest::get().uri(path).insert_header(("origin", "https://evil.example"));
        let answer = ann.raw(request).await;
        let told: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        assert!(!told.iter().any(|name| name.starts_with("access-control-")), "{path}: {told:?}");
    }
});

on_both!(a_form_larger_than_any_text_is_refused, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let key = ann.get("/").await.field("key");
    let before = app.count("insights").await;
    let large = "x".repeat(300 * 1024);
    ann.post("/insights", &[("key", key.as_str()), ("text", large.as_str())])
        .await
        .expect(413)
        .sees("256 KiB");
    // What is too long for the field alone comes back with a sentence instead.
    let long = "x".repeat(65 * 1024);
    ann.post("/insights", &[("key", key.as_str()), ("text", long.as_str())]).await.expect(422).sees("64 KiB");
    assert_eq!(app.count("insights").await, before);
});

const SCHEMA: &str = include_str!("../src/db/schema.rs");

fn tables() -> Vec<String> {
    let names = SCHEMA.lines().filter_map(|line| line.trim().strip_suffix('{')?.split_once(" ("));
    names.map(|(name, _)| name.to_owned()).collect()
}

fn columns() -> BTreeSet<String> {
    let names = SCHEMA.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" -> "));
    names.map(|(name, _)| name.to_owned()).collect()
}

// --- What the source registers ------------------------------------------------------------------------

fn registered() -> BTreeSet<(String, String)> {
    fn walk(folder: &Path, found: &mut BTreeSet<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            // The bench serves two references of its own, never the product.
            if path.is_dir() && !path.ends_with("bench") {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.extend(routes_in(&std::fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 3, "no routes were found");
    found
}

/// `.route("/path", web::get()…` and `resource("/path").route(web::get()…`, across lines.
fn routes_in(text: &str) -> BTreeSet<(String, String)> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    let mut resource = String::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("route(").into_iter().chain(rest.find("resource(")).min() {
        let is_resource = rest[at..].starts_with("resource(");
        rest = &rest[at + if is_resource { "resource(".len() } else { "route(".len() }..];
        let mut argument = rest.trim_start();
        let path = argument.strip_prefix('"').and_then(|argument| argument.split_once('"'));
        if let Some((path, after)) = path {
            let path = without_patterns(path);
            if is_resource {
                resource = path;
                continue;
            }
            argument = after.trim_start().trim_start_matches(',').trim_start();
            if let Some(method) = method_of(argument) {
                found.insert((method.to_owned(), path));
            }
        } else if let (Some(method), false) = (method_of(argument), resource.is_empty()) {
            found.insert((method.to_owned(), resource.clone()));
        }
    }
    found
}

/// `{id:\\d+}` is a place all the same.
fn without_patterns(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.split_once(':') {
        Some((name, _)) if part.starts_with('{') => format!("{name}}}"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn method_of(code: &str) -> Option<&'static str> {
    let code = code.strip_prefix("actix_web::").unwrap_or(code);
    let code = code.strip_prefix("web::").unwrap_or(code);
    [("get()", "GET"), ("post()", "POST")]
        .into_iter()
        .find(|(call, _)| code.starts_with(call))
        .map(|(_, method)| method)
}
