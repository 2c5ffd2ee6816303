//! What two lists that end on different days differ by.

use tradewind::flow::steps::Steps;
use tradewind::flow::store;
use tradewind::privacy::jobs::Rules;
use tradewind::privacy::steps::Step;

use super::recover::look_by;
use crate::support::*;

on_both!(two_lists_do_not_differ_by_what_one_person_did_on_a_quiet_day, |app| async move {
    let mut people = Vec::new();
    for at in 0..6 {
        people.push(app.employee(&format!("Sal {at}"), "Sales").await);
        people.push(app.employee(&format!("Ser {at}"), "Service").await);
    }
    let officer = app.officer("Dora Example", "Sales").await;
    let crates = app.insight(&people[0], "Crates are counted twice. It is short.").await;
    let open = async |reader: &Visitor| {
        let actor = app.acting(reader);
        app.tell(move |c| Ok(store::record_access(c, &actor, crates)?)).await;
    };
    let search = async |reader: &Visitor| {
        let actor = app.acting(reader);
        app.tell(move |c| Ok(store::record_search(c, &actor, "pallet hire", 0)?)).await;
    };
    let monday = |weeks: u64| {
        let first = tradewind::clock::monday(app.calendar().day(app.now()));
        first + chrono::Days::new(7 * weeks)
    };
    let (first, second, third) = (monday(0), monday(1), monday(2));
    for reader in &people[1..] {
        open(reader).await;
        search(reader).await;
    }
    // On a day of the next week one person reads, alone in the company, and searches.
    app.days_later(7);
    let sunday = app.calendar().day(app.now());
    open(&people[3]).await;
    search(&people[3]).await;
    app.days_later(7);
    let lists = async |from: chrono::NaiveDate, to: chrono::NaiveDate| {
        let officer = app.another_browser(&officer).await;
        let mut told = Vec::new();
        for list in ["accesses", "searches"] {
            let file = officer.get(&format!("/flow/csv/{list}?from={from}&to={to}")).await.expect(200).body;
            told.push(file.lines().skip(1).filter(|row| row.contains(",false")).map(str::to_owned).collect());
        }
        told
    };
    let before: Vec<Vec<String>> = lists(first, sunday).await;
    assert!(before.iter().all(|list| !list.is_empty()), "{before:?}");
    assert_eq!(lists(first, sunday + chrono::Days::new(1)).await, before, "what one person did");
    assert_eq!(lists(first, third).await, before, "the whole week of one person");
    assert!(lists(second, third).await.iter().all(Vec::is_empty), "that week alone");
    // The total is of all days, and the page says of which its rows are.
    let page = app.another_browser(&officer).await;
    let page = page.get(&format!("/flow/accesses?from={first}&to={third}")).await.expect(200);
    let page = page.sees("12 openings in all").sees("Not told by insight");
    let last = second.pred_opt().expect("a day").format("%-d %b %Y").to_string();
    page.sees(&format!("to {last}: of each department"));
    // Five others in the week after: all of it is told.
    for reader in &people[1..11] {
        open(reader).await;
        search(reader).await;
    }
    app.days_later(7);
    let after = lists(first, monday(0)).await;
    assert_ne!(after, before);
    assert!(after[0].iter().chain(&after[1]).all(|row| !row.contains(",1,")), "{after:?}");
    // The night tries it.
    assert_eq!(look_by(&app, Rules::default()).await, 0);
    let every_day = |step: Step| Rules { step, ..Rules::default() };
    let told: tradewind::privacy::steps::Told = |_, loaded, _| Ok(Steps::every_day(loaded.question.period));
    let openings = Step { of_openings: told, ..Step::default() };
    assert!(look_by(&app, every_day(openings)).await > 0, "not noticed: openings of every day");
    let words = Step { of_searches: told, ..Step::default() };
    assert!(look_by(&app, every_day(words)).await > 0, "not noticed: searches of every day");
});
