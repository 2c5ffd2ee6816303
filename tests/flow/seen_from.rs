//! What waits is told whatever part of the company is looked at, and with the same reason.

use diesel::prelude::*;
use tradewind::db::schema::departments;
use tradewind::market::store::ratings;
use tradewind::requests::store as requests;

use super::{acting, open, share};
use crate::support::*;

/// The address of the flow inside a department.
async fn inside(app: &TestApp, path: &'static str) -> String {
    let id: i64 = app
        .ask(move |c| {
            Ok(departments::table.filter(departments::path.eq(path)).select(departments::id).first(c)?)
        })
        .await;
    format!("/flow?root={id}")
}

/// Six people of a department, a manager first.
async fn six(app: &TestApp, department: &str) -> Vec<Visitor> {
    let mut people = vec![app.manager(&format!("Mia {department}"), department).await];
    for at in 1..6 {
        people.push(app.employee(&format!("Sal {at} {department}"), department).await);
    }
    people
}

on_both!(a_stuck_flow_stays_stuck_whatever_part_is_looked_at, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let north = six(&app, "Support/North").await;
    let south = six(&app, "Support/South").await;
    let plant = six(&app, "Operations/Plant").await;
    let shipping = six(&app, "Operations/Shipping").await;
    let finance = six(&app, "Finance").await;
    // Finance reads what Support/North knows; Operations, which asks for it, does not.
    let known = share(&app, &north[1], "Controllers print invoices twice and file them.").await;
    for reader in north[2..5].iter().chain(&finance) {
        open(&app, reader, known).await;
    }
    for rater in &north[2..5] {
        let actor = acting(&app, rater, false);
        app.tell(move |c| ratings::put(c, &actor, known, 1, 5, true)).await;
    }
    let other = share(&app, &south[1], "Pallets are wrapped twice.").await;
    for reader in plant.iter().chain(&shipping) {
        open(&app, reader, other).await;
    }
    app.days_later(28);
    for (at, asker) in plant[1..4].iter().chain(&shipping[1..3]).enumerate() {
        let actor = acting(&app, asker, false);
        let draft = requests::Draft {
            question: format!("Why do controllers print invoices {at}?"),
            departments: vec![north[0].department_id],
            ..requests::Draft::default()
        };
        app.tell(move |c| {
            let mut policy = tradewind::policy::Policy::default();
            policy.credits.on = false;
            requests::open(c, &actor, &draft, &policy)
        })
        .await;
    }
    let now = app.now();
    app.tell(move |c| requests::compare(c, now)).await;
    app.days_later(8);
    let officer = app.another_browser(&officer).await;

    // By large departments: Support to Operations.
    let page = officer.get("/flow?level=1").await.expect(200);
    let list = |page: &Answer| page.select("#unblock .stuck h3 bdi, #unblock .stuck p b");
    assert_eq!(list(&page), ["Support", "Operations", "Known, not found."]);
    let answer = page.select(".answer");
    // By small ones no two have five requests between them; what waits is told all the same.
    let page = officer.get("/flow?level=2").await.expect(200);
    assert!(list(&page).is_empty(), "{}", page.body);
    assert_eq!(page.select(".answer"), answer);
    assert_eq!(page.select("#unblock .reading a"), ["Support to Operations"]);
    let href = page.attrs("#unblock .reading a", "href");
    let page = officer.get(&href[0]).await.expect(200);
    assert!(page.select("#stuck h3")[0].starts_with("Known, not found"), "{:?}", page.select("#stuck h3"));
    // Inside Support the five of Finance, who do not ask, are not taken for those who do.
    let support = inside(&app, "Support").await;
    let page = officer.get(&support).await.expect(200);
    assert_eq!(list(&page), ["Support/North", "Rest of the company", "Known, not found."]);
    assert!(page.text().contains("It was not opened by five people of each department that asks yet"));
    assert_eq!(page.select(".answer mark"), ["the rest of the company does not find it"]);
    // Inside Operations no two have five between them either, and what waits stands there.
    let operations = inside(&app, "Operations").await;
    let page = officer.get(&operations).await.expect(200);
    assert!(page.text().contains("No flow is stuck inside Operations"), "{}", page.text());
    assert_eq!(page.select("#unblock .reading a"), ["Support to Operations"]);
    assert_ne!(page.select(".answer"), answer, "its own comes first");
});
