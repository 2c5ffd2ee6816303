//! Faults that a figure could have without any sum going wrong: who is counted, what was in time, and whose
//! figures a page shows.

use diesel::prelude::*;
use tradewind::db::schema::people;
use tradewind::flow::metrics::figure::Whom;

use super::figures::{day, everything, find, question, request};
use super::{open, share};
use crate::support::*;

on_both!(whoever_left_within_the_period_stays_counted_and_is_gone_in_the_next, |app| async move {
    app.clock.set("2026-03-02T09:00:00".parse().expect("a time"));
    let mut sales = vec![];
    for at in 0..12 {
        sales.push(app.employee(&format!("Sal {at}"), "Sales").await);
    }
    // Three share; eight open something, and two of these leave: one who shared, one who only read.
    for author in &sales[..3] {
        share(&app, author, &format!("{} heard that pallets are wrapped twice.", author.name)).await;
    }
    for (at, reader) in sales[..8].iter().enumerate() {
        open(&app, reader, [2, 3, 1][at.min(2)]).await;
    }
    let left: Vec<i64> = vec![sales[2].id, sales[7].id];
    app.tell(move |c| {
        let gone = diesel::update(people::table.filter(people::id.eq_any(&left)));
        Ok(gone.set(people::left_on.eq(day("2026-03-20"))).execute(c)?)
    })
    .await;
    // One of them opens something after leaving, as an import may say.
    app.clock.set("2026-04-01T09:00:00".parse().expect("a time"));
    open(&app, &sales[7], 2).await;
    // Counted on the last day only, two fewer would have read: those two who left.
    for (from, to, shared, opened, there) in [
        ("2026-03-02", "2026-03-16", 3.0, 8.0, 12.0),
        ("2026-03-02", "2026-04-13", 3.0, 8.0, 12.0),
        ("2026-03-21", "2026-04-13", 0.0, 1.0, 11.0),
    ] {
        app.clock.set(format!("{to}T09:00:00").parse().expect("a time"));
        let figures = everything(&app, question(&app, from, to, true)).await;
        for (id, active) in [("C3", shared), ("C4", opened)] {
            let figure = find(&figures, id, "", &Whom::All);
            assert_eq!(
                (figure.numerator, figure.denominator),
                (Some(active), Some(there)),
                "{id} of {from} to {to}"
            );
            let part = if id == "C3" { "zero_contributions" } else { "zero_accesses" };
            let none = find(&figures, "C5", part, &Whom::All);
            assert_eq!(
                (none.numerator, none.denominator),
                (Some(there - active), Some(there)),
                "the same people in C5"
            );
        }
    }
});

on_both!(a_request_that_was_awarded_too_late_was_not_filled_in_time, |app| async move {
    app.clock.set("2026-03-02T09:00:00".parse().expect("a time"));
    let ann = app.employee("Ann Sample", "Sales").await;
    let at = |text: &str| text.parse().expect("a time");
    // In time, on the last day, a day late, withdrawn by its asker, and still open.
    request(&app, &ann, Some(("awarded", at("2026-03-05T09:00:00")))).await;
    request(&app, &ann, Some(("awarded", at("2026-03-23T08:00:00")))).await;
    request(&app, &ann, Some(("awarded", at("2026-03-24T09:00:00")))).await;
    request(&app, &ann, Some(("cancelled", at("2026-03-05T09:00:00")))).await;
    request(&app, &ann, None).await;
    app.clock.set(at("2026-05-02T09:00:00"));
    let figures = everything(&app, question(&app, "2026-03-02", "2026-05-01", true)).await;
    let filled = find(&figures, "C18", "fill_rate", &Whom::All);
    assert_eq!((filled.numerator, filled.denominator), (Some(2.0), Some(4.0)), "{filled:?}");
});

on_both!(a_department_has_its_own_figures_and_its_own_directions, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let (mut sales, mut service) = (vec![], vec![]);
    for (people, department) in [(&mut sales, "Sales"), (&mut service, "Service")] {
        for at in 0..12 {
            people.push(app.employee(&format!("Sal {at} {department}"), department).await);
        }
    }
    let mut office = vec![officer.clone()];
    for at in 0..5 {
        office.push(app.employee(&format!("Olaf {at}"), "Office").await);
    }
    // Sales shares, everybody opens it, and nothing comes back.
    let insight = share(&app, &sales[0], "Pallets are wrapped twice.").await;
    for reader in service.iter().chain(&office).chain(&sales[1..]) {
        open(&app, reader, insight).await;
    }
    app.days_later(30);
    let officer = app.another_browser(&officer).await;
    let flow = officer.get("/flow?weeks=13").await.expect(200);
    for (people, name, gives, reads) in
        [(&sales, "Sales", ["0", "12"], ["0", "0"]), (&service, "Service", ["0", "0"], ["12", "0"])]
    {
        let key = people[0].department_id;
        let page = officer.get(&format!("/flow/departments/{key}?weeks=13")).await.expect(200);
        let cells = |section: &str, other: &str| -> String {
            let row = page.select(&format!("div[aria-label='{section}'] tbody tr"));
            let row = row.into_iter().find(|row| row.starts_with(other));
            row.unwrap_or_default().trim_start_matches(other).trim().to_owned()
        };
        for (other, gave, read) in [("Sales", gives[0], reads[0]), ("Service", gives[1], reads[1])] {
            if other != name {
                assert_eq!(cells("Gives to", other), gave, "{name} to {other}: {}", page.text());
                assert_eq!(cells("Reads from", other), read, "{name} from {other}: {}", page.text());
            }
        }
        // Here are the numbers that stand in the row of the department, beside those of everybody.
        let here = |row: usize, column: usize| -> String {
            let cell = page.select(&format!("main table tbody tr:nth-child({row}) td:nth-of-type({column})"));
            cell[0].split(' ').next().unwrap_or_default().to_owned()
        };
        let table = |link: &str, column: usize| -> String {
            let cells = flow.select(&format!("table.both tbody tr{link} td:nth-of-type({column})"));
            cells[0].split(' ').next().unwrap_or_default().to_owned()
        };
        let own = format!(":has(a[href^='/flow/departments/{key}?'])");
        for (row, column) in [(1, 3), (2, 6)] {
            assert_eq!(here(row, 1), table(&own, column), "{name}, row {row}: {}", page.text());
            assert_eq!(here(row, 2), table(":first-child", column), "everybody, row {row}");
        }
        assert_ne!((here(1, 1), here(2, 1)), (here(1, 2), here(2, 2)), "{name} is not everybody");
        // The same for whoever is in it.
        let own = app.another_browser(&people[3]).await.get("/transparency").await.expect(200);
        for (section, other, expected) in [
            ("Gives to", "Service", if name == "Sales" { "12" } else { "0" }),
            ("Reads from", "Sales", if name == "Service" { "12" } else { "11" }),
            ("Reads from", "Service", "0"),
            ("Gives to", "Office", if name == "Sales" { "6" } else { "0" }),
            ("Reads from", "Office", "0"),
        ] {
            let rows = own.select(&format!("div[aria-label='{section}'] tbody tr"));
            let row = rows.iter().find(|row| row.starts_with(other)).cloned().unwrap_or_default();
            assert_eq!(row.trim_start_matches(other).trim(), expected, "{name}, {section} {other}: {rows:?}");
        }
    }
});
