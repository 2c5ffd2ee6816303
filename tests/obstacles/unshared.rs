//! Why people did not share, without a name.

use tradewind::jobs::{Job, tick};

use super::company::{a_month, at, company};
use crate::support::*;

const JOBS: &[Job] = &[tradewind::obstacles::jobs::CLOCK];

/// Everybody signs in again.
async fn again(app: &TestApp, company: &mut super::company::Company) {
    for person in company.sales.iter_mut().chain(&mut company.service).chain([&mut company.dora]) {
        *person = app.another_browser(person).await;
    }
}

on_both!(reasons_reach_the_office_as_counts_of_five_people_when_the_month_is_over, |app| async move {
    let mut company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T08:00:00")).await;
    app.clock.set(at("2026-11-05T10:00:00"));
    again(&app, &mut company).await;
    let dora = &company.dora;
    company.sales[0].get("/me").await.expect(200);
    assert!(company.sales[0].get("/me").await.has("a[href=\"/not-shared\"]"));
    let form = company.sales[0].get("/not-shared").await.expect(200).sees("No row of it leads to you");
    company.sales[0].submit(&form, "form.form", &[]).await.expect(422).sees("Choose the reason");
    for (number, person) in company.sales.iter().take(5).enumerate() {
        let reason = if number < 3 { "looks" } else { "no_time" };
        // Pressed twice it counts once.
        for _ in 0..2 {
            person.post("/not-shared", &[("reason", reason)]).await.sent_to("/not-shared");
        }
        person.get("/not-shared").await.sees("Told for this month");
    }
    for person in company.service.iter().take(3) {
        person.post("/not-shared", &[("reason", "rival")]).await.sent_to("/not-shared");
    }
    // Nothing before the month is over; and no row that leads to a person and a reason.
    dora.get("/obstacles").await.sees("Nothing can be told yet");
    assert_eq!((app.count("unshared_counts").await, app.count("unshared_marks").await), (3, 8));
    assert_eq!(app.count("submissions").await, 0, "no key of a form leads to who sent it");
    app.clock.set(at("2026-12-01T10:00:00"));
    for _ in 0..2 {
        app.later(11);
        tick(&app, "node", JOBS).await.expect("a tick");
    }
    assert_eq!(app.count("unshared_marks").await, 0, "who answered is forgotten");
    again(&app, &mut company).await;
    let page = company.dora.get("/obstacles").await;
    // Three and two of Sales stand together; three of Service are not told.
    let rows = page.select("#unshared tbody tr");
    assert_eq!(rows, ["Sales5no time, or afraid of how it looks5"]);
    assert!(!page.text().contains("rival"));
    company.sales[0].get("/obstacles").await.sees_not("Why people did not share");
    // The office was told of the month, once; nobody else was.
    let told = "Why people did not share: what they said in November 2026 is there";
    company.dora.get("/notifications").await.sees(told);
    let notices = app
        .ask(move |c| {
            use diesel::prelude::*;
            use tradewind::db::schema::notices;
            Ok(notices::table.filter(notices::text.eq(told)).select(notices::person_id).load::<i64>(c)?)
        })
        .await;
    assert_eq!(notices, [company.dora.id], "once, and nobody else");
    company.sales[1].get("/notifications").await.sees_not(told);
    // The next month one can tell again. Of fewer than five the office hears nothing.
    company.sales[0].post("/not-shared", &[("reason", "where")]).await.sent_to("/not-shared");
    assert_eq!(app.count("unshared_marks").await, 1);
    app.clock.set(at("2027-01-04T10:00:00"));
    tick(&app, "node", JOBS).await.expect("a tick");
    assert_eq!(app.count("unshared_marks").await, 0);
    let dora = app.another_browser(&company.dora).await;
    dora.get("/notifications").await.sees_not("what they said in December 2026");
});
