//! What each of us sees of ourselves, and nobody else does: what we read, who uses what we shared, how we stand
//! between others; and who was signed in at all.

use tradewind::flow::metrics::{self, Question};
use tradewind::flow::period::{Period, USUAL_WEEKS};
use tradewind::flow::store::readings;
use tradewind::jobs::{Job, tick};
use tradewind::market::store::worth;

use super::{acting, open, share};
use crate::support::*;

/// Six people each in Support and Operations, five more in Office, and the officer.
struct Company {
    officer: Visitor,
    support: Vec<Visitor>,
    operations: Vec<Visitor>,
    office: Vec<Visitor>,
}

/// All of Operations open what the first of Support shared, and the other way round.
async fn company(app: &TestApp) -> Company {
    let officer = app.officer("Olive Example", "Office").await;
    let (mut support, mut operations, mut office) = (vec![], vec![], vec![]);
    for (people, department, count) in
        [(&mut support, "Support", 6), (&mut operations, "Operations", 6), (&mut office, "Office", 5)]
    {
        for at in 0..count {
            people.push(app.employee(&format!("Sal {at} {department}"), department).await);
        }
    }
    for (giver, readers) in [(&support[0], &operations), (&operations[0], &support)] {
        let text = format!("Pallets of {} are wrapped twice.", giver.name);
        let insight = share(app, giver, &text).await;
        for reader in readers {
            open(app, reader, insight).await;
        }
    }
    Company { officer, support, operations, office }
}

/// The figures of the night, of the weeks up to yesterday.
async fn night(app: &TestApp) {
    let (now, calendar) = (app.now(), app.calendar());
    let yesterday = calendar.day(now).pred_opt().expect("a day");
    app.tell(move |c| {
        let first = readings::first_day(c)?.expect("a first day");
        let period = Period::last_weeks(USUAL_WEEKS, yesterday).since(first);
        let question = Question { period, segment: None, view: Default::default(), calendar };
        metrics::compute_and_keep(c, &[question], worth::as_of, now).map(|_| ())
    })
    .await;
}

on_both!(each_of_us_sees_the_own_reading_and_who_uses_what_we_shared, |app| async move {
    let Company { officer, support, operations, office } = company(&app).await;
    // Two of Operations and one of Office used it.
    for person in [&operations[1], &operations[2], &office[0]] {
        open(&app, person, 1).await;
        let actor = acting(&app, person, false);
        app.tell(move |c| Ok(tradewind::archive::store::uses::put(c, &actor, 1, "For the offer.", true)?))
            .await;
    }
    let author = support[0].get("/me").await.expect(200);
    let main = author.select("main .bars span").join(" ");
    assert!(main.starts_with("Operations 2 Office 1"), "{main}");
    author.sees("You opened 1 insight, 1 time since").sees("Opened last");
    // The own reading, by the department that shared it, and the way back to it.
    let reader = operations[3].get("/me").await.expect(200);
    let reader =
        reader.sees("You opened 1 insight, 1 time since").sees("from Support").sees_not("from Operations");
    assert_eq!(reader.select("main .plain li a"), ["Pallets of Sal 0 Support are wrapped twice"]);
    assert!(!reader.text().contains("Who uses it"), "who shared nothing is not told that nobody uses it");
    // Nobody else's: the officer and a colleague have opened nothing.
    for other in [&officer, &office[1]] {
        other.get("/me").await.expect(200).sees("You have opened nothing since").sees_not("wrapped twice");
    }
    let page = officer.get(&format!("/people/{}", operations[3].id)).await.expect(200);
    page.sees_not("What you read").sees_not("You opened");
});

/// Somebody's own page.
async fn me(app: &TestApp, person: &Visitor) -> Answer {
    app.another_browser(person).await.get("/me").await.expect(200)
}

on_both!(each_of_us_sees_how_we_stand_between_others, |app| async move {
    let Company { support, operations, office, .. } = company(&app).await;
    assert!(!me(&app, &support[0]).await.has("#standing"), "not before the first night");
    app.days_later(1);
    night(&app).await;
    // Of the 136 pairs of the 17 others, 10 of Operations meet only over the first of Support, who also stands
    // between them and the first of Operations (5) and those who read it (25): 40 of 136. Six neighbours who
    // do not know each other: six times a sixth squared.
    me(&app, &support[0]).await.sees("for 29% of all pairs").sees("Your constraint is 0.17:");
    me(&app, &operations[3]).await.sees("You are on no shortest way").sees("Your constraint is 1:");
    me(&app, &office[0]).await.sees("You are on no shortest way").sees_not("Your constraint");
    assert_eq!(app.count("own_brokerage").await, 18);
    // The next night's stand in their place.
    app.days_later(1);
    night(&app).await;
    assert_eq!(app.count("own_brokerage").await, 18);
});

const SWEEP: &[Job] = &[tradewind::accounts::jobs::SWEEP_TRACES];

on_both!(who_was_signed_in_is_a_rung_of_the_ladder_and_forgotten, |app| async move {
    let Company { officer, office, .. } = company(&app).await;
    tick(&app, "node", SWEEP).await.expect("a tick");
    // Those of Office look at the feed, twice; they open nothing.
    for person in &office {
        for _ in 0..2 {
            person.get("/").await.expect(200);
        }
    }
    assert_eq!(app.count("seen_days").await, 5, "once a day, and only who was here");
    let other = app.node(|_| ()).await;
    office[0].at(&other).get("/").await.expect(200);
    assert_eq!(app.count("seen_days").await, 5, "another node writes none twice");
    app.days_later(1);
    night(&app).await;
    let page = app.another_browser(&officer).await.get("/flow/people").await.expect(200);
    let rungs = page.select(".ladder .n").join("; ");
    assert!(rungs.starts_with("18; 17 94% of the rung above; 12 71% of the rung above; under 5"), "{rungs}");
    assert_eq!(app.count("seen_days").await, 6, "the officer, the day after");
    app.days_later(180);
    tick(&app, "node", SWEEP).await.expect("a tick");
    assert_eq!(app.count("seen_days").await, 1, "remembered for 180 days");
    app.days_later(1);
    tick(&app, "node", SWEEP).await.expect("a tick");
    assert_eq!(app.count("seen_days").await, 0);
});
