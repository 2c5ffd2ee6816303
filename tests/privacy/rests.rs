//! What the rows that a list does not tell have together, beside its total.

use tradewind::accounts::person::Actor;
use tradewind::flow::store;
use tradewind::privacy::jobs::Rules;

use super::recover::look_by;
use crate::support::*;

fn acting(app: &TestApp, person: &Visitor) -> Actor {
    let at = app.now();
    Actor {
        person_id: person.id,
        department_id: person.department_id,
        manager: person.manager,
        at,
        day: app.calendar().day(at),
    }
}

on_both!(what_a_list_does_not_tell_does_not_follow_from_its_total, |app| async move {
    let mut people = Vec::new();
    for at in 0..6 {
        people.push(app.employee(&format!("Sal {at}"), "Sales").await);
        people.push(app.employee(&format!("Ser {at}"), "Service").await);
    }
    let officer = app.officer("Dora Example", "Sales").await;
    let mut insights = Vec::new();
    for (title, readers) in [
        ("Crates are counted twice.", 1..9),
        ("Invoices come late.", 1..7),
        ("Lids do not fit.", 7..8),
        ("Tape tears.", 8..9),
    ] {
        let insight = app.insight(&people[0], &format!("{title} It is short.")).await;
        insights.push(insight);
        for reader in &people[readers] {
            let actor = acting(&app, reader);
            app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
        }
    }
    app.insight(&people[0], "Nobody opened this. It is short.").await;
    for (words, by) in [("pallet hire", 0..6), ("night shift", 3..10), ("warranty", 11..12)] {
        for person in &people[by] {
            let actor = acting(&app, person);
            app.tell(move |c| Ok(store::record_search(c, &actor, words, 0)?)).await;
        }
    }
    app.days_later(7);
    let officer = app.another_browser(&officer).await;
    // Of sixteen openings eight are told. With the row of six told, two would be left: of one person each.
    let page = officer.get("/flow/accesses?weeks=4").await.expect(200);
    assert!(page.text().contains("16 openings in all"), "{}", page.text());
    let told: Vec<String> = page.select("main tr td.n");
    assert_eq!(told, ["under 5 people", "under 5 people", "under 5 people", "under 5 people", "8", "8"]);
    page.sees("Not told by insight");
    let file = officer.get("/flow/csv/accesses?weeks=4").await.expect(200).body;
    let rows: Vec<&str> = file.lines().skip(1).collect();
    assert_eq!(rows.len(), 6, "{file}");
    assert!(rows[..4].iter().all(|row| row.ends_with(",,,,true")), "{file}");
    assert_eq!((rows[4].rsplit(',').nth(2), rows[5]), (Some("8"), ",,,,8,,true"), "{file}");
    // Words: six and seven searched, and one person once.
    let page = officer.get("/flow/searches?weeks=4").await.expect(200);
    page.sees("night shift")
        .sees_not("pallet hire")
        .sees_not("warranty")
        .sees("7 searches by fewer than 5 people each");
    // The night tries it.
    assert_eq!(look_by(&app, Rules::default()).await, 0);
    assert!(
        look_by(&app, Rules { joining: |_| None, ..Rules::default() }).await > 0,
        "not noticed: two are left"
    );
});
