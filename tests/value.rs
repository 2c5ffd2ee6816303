//! Stories of a value that settles: what a rating leaves in the queue, ratings that do not count as usual,
//! epochs, and how a value came about.

use std::collections::BTreeMap;

use crate::support::*;
use diesel::prelude::*;
use tradewind::db::schema::{
    insight_values, raters, ratings, value_cells, value_changes, value_epochs, value_queue,
};
use tradewind::market::store::{queue, refit, standing, state, values};
use tradewind::policy::ValuePolicy;

/// A text that a list would cut, so that it has to be opened before it can be rated.
const STORY: &str = "Buyers ask for one invoice. They pay eleven for one contract, and their controller \
                     takes us for eleven suppliers.";

/// Opens and rates.
async fn rate(rater: &Visitor, insight: i64, value: i32) {
    rater.get(&format!("/insights/{insight}")).await.expect(200);
    rater.post(&format!("/insights/{insight}/rating"), &[("value", &value.to_string())]).await.expect(303);
}

/// Somebody of that department who opens and rates.
async fn rated_by(app: &TestApp, name: &str, department: &str, insight: i64, value: i32) -> Visitor {
    let rater = app.employee(name, department).await;
    rate(&rater, insight, value).await;
    rater
}

/// Value, lower bound, raters and departments of every insight.
async fn stored(app: &TestApp) -> BTreeMap<i64, (f64, f64, i32, i32)> {
    app.ask(|c| {
        let rows: Vec<(i64, f64, f64, i32, i32)> = insight_values::table
            .select((
                insight_values::insight_id,
                insight_values::value,
                insight_values::lower,
                insight_values::raters,
                insight_values::departments,
            ))
            .load(c)?;
        Ok(rows
            .into_iter()
            .map(|(id, value, lower, raters, departments)| (id, (value, lower, raters, departments)))
            .collect())
    })
    .await
}

/// Lets the queue run empty; returns the turns.
async fn drained(app: &TestApp) -> Vec<queue::Drained> {
    let mut turns = Vec::new();
    loop {
        let now = app.now();
        let turn = app.tell(move |c| queue::drain(c, now)).await;
        turns.push(turn);
        if !turn.more {
            return turns;
        }
    }
}

async fn refitted(app: &TestApp) -> refit::Refitted {
    let now = app.now();
    app.tell(move |c| refit::refit(c, now)).await
}

/// The rating of a person.
async fn rating_of(app: &TestApp, insight: i64, person: &Visitor) -> i64 {
    let id = person.id;
    app.ask(move |c| {
        Ok(ratings::table
            .filter(ratings::insight_id.eq(insight).and(ratings::person_id.eq(id)))
            .select(ratings::id)
            .first(c)?)
    })
    .await
}

/// A market of 9 people, 8 insights and 40 ratings, and its people and insights.
async fn small_market(app: &TestApp) -> (Vec<Visitor>, Vec<i64>) {
    let ann = app.employee("Ann Sample", "Sales").await;
    let mut insights = Vec::new();
    for at in 0..8 {
        insights.push(app.insight(&ann, &format!("Story {at}. {STORY}")).await);
    }
    let mut people = Vec::new();
    for at in 0..9 {
        let department = ["Support", "Finance", "Product"][at % 3];
        let person = app.employee(&format!("Rater {at}"), department).await;
        for (place, insight) in insights.iter().enumerate() {
            if (at * 5 + place * 3) % 9 < 5 {
                // The first is strict, the second generous, the others as it comes.
                let stars = match at {
                    0 => 1 + place % 2,
                    1 => 5,
                    _ => 1 + (at * place + place) % 5,
                };
                rate(&person, *insight, stars as i32).await;
            }
        }
        people.push(person);
    }
    (people, insights)
}

on_both!(what_a_rating_leaves_is_done_by_the_queue, |app| async move {
    let (people, insights) = small_market(&app).await;
    let day = stored(&app).await;
    assert!(app.count("value_changes").await >= 40, "every rating leaves a note");
    let leniencies = |c: &mut tradewind::db::Conn| {
        Ok(raters::table.order(raters::person_id).select(raters::leniency).load::<f64>(c)?)
    };
    assert!(app.ask(leniencies).await.iter().all(|leniency| *leniency == 0.0), "the request corrects nobody");

    let turns = drained(&app).await;
    assert!(turns.len() > 1, "a turn takes a few changes only: {turns:?}");
    assert_eq!(app.count("value_changes").await + app.count("value_queue").await, 0);
    let incremental = stored(&app).await;
    assert!(day != incremental);
    let lenient = app.ask(leniencies).await;
    assert!(lenient[0] < -0.3 && lenient[1] > 0.3, "{lenient:?}");
    let health = app.ask(|c| Ok(state::health(c)?)).await;
    assert!(health.bound < 1e-9 && health.waiting == 0 && health.changed == 0, "{health:?}");

    // Cells are what the ratings and leniencies say, and the values what the cells say.
    let epoch = app.ask(|c| Ok(values::epoch(c)?)).await;
    let now = app.now();
    let policy = ValuePolicy { mu: epoch.mu, mu_weight: 1e5, ..ValuePolicy::default() };
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    let batch = stored(&app).await;
    for (id, (value, lower, n, departments)) in &batch {
        let other = incremental[id];
        assert!((value - other.0).abs() <= 0.005, "{id}: {value} {}", other.0);
        assert!((lower - other.1).abs() <= 0.02, "{id}: {lower} {}", other.1);
        assert_eq!((*n, *departments), (other.2, other.3));
    }

    // One rating more and less again, each with its queue, is the night's state within the same.
    rate(&people[0], insights[2], 5).await;
    drained(&app).await;
    people[0].post(&format!("/insights/{}/rating/withdrawal", insights[2]), &[]).await.expect(303);
    drained(&app).await;
    let less = app.ask(|c| Ok(value_cells::table.select(diesel::dsl::count_star()).first::<i64>(c)?)).await;
    assert!(less > 0);
});

on_both!(what_a_turn_does_not_reach_waits_for_the_next, |app| async move {
    let (people, insights) = small_market(&app).await;
    let mu = app.ask(|c| Ok(values::epoch(c)?)).await.mu;
    let now = app.now();
    let policy = ValuePolicy { mu, mu_weight: 1e5, p_max: 1, ..ValuePolicy::default() };
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    rate(&people[0], insights[2], 5).await;
    let turn = app.tell(move |c| queue::drain(c, now)).await;
    assert!(turn.looked_at == 1 && turn.waiting > 0 && turn.more, "{turn:?}");
    assert_eq!(app.count("value_queue").await, turn.waiting as i64, "they are written down");
    let turns = drained(&app).await;
    assert!(turns.len() >= turn.waiting, "one at a time: {turns:?}");
    let incremental = stored(&app).await;
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    for (id, (value, ..)) in stored(&app).await {
        assert!((value - incremental[&id].0).abs() <= 0.005, "{id}");
    }
});

on_both!(a_refit_replaces_what_the_queue_reads, |app| async move {
    let (_, insights) = small_market(&app).await;
    refitted(&app).await;
    let cells = |app: &TestApp| {
        app.ask(|c| {
            let rows = value_cells::table.order((value_cells::insight_id, value_cells::voice));
            Ok(rows.select((value_cells::insight_id, value_cells::n, value_cells::sum)).load(c)?)
        })
    };
    let right: Vec<(i64, i32, f64)> = cells(&app).await;
    assert!(right.len() >= 2 * insights.len(), "{right:?}");
    app.tell(|c| {
        diesel::update(value_cells::table)
            .set((value_cells::n.eq(9), value_cells::sum.eq(9.0)))
            .execute(c)?;
        Ok(())
    })
    .await;
    refitted(&app).await;
    assert_eq!(cells(&app).await, right);
});

on_both!(a_rating_counts_for_the_department_of_its_time, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let bob = rated_by(&app, "Bob Example", "Support", insight, 4).await;
    rated_by(&app, "Cy Sample", "Support", insight, 4).await;
    rated_by(&app, "Dee Sample", "Product", insight, 4).await;
    assert_eq!(stored(&app).await[&insight].3, 2);
    let (id, today) = (bob.id, app.calendar().day(app.now()));
    app.tell(move |c| {
        let finance = tradewind::accounts::store::department(c, "Finance", today)?;
        tradewind::accounts::store::move_person(c, id, finance, false, today)
    })
    .await;
    refitted(&app).await;
    assert_eq!(stored(&app).await[&insight].3, 2, "a move does not rewrite what was said before");
    rate(&bob, insight, 5).await;
    assert_eq!(stored(&app).await[&insight].3, 3, "what is said now is said for Finance");
    let batch = refitted(&app).await;
    assert_eq!((batch.ratings, stored(&app).await[&insight].3), (3, 3));
});

on_both!(nodes_take_turns_at_the_queue, |app| async move {
    let other = app.node(|_| ()).await;
    let (people, insights) = small_market(&app).await;
    let jobs = [tradewind::market::jobs::QUEUE];
    // Enrolled now, due in a minute.
    tradewind::jobs::tick(&app, "one", &jobs).await.expect("a tick");
    app.later(2);
    let (one, two) = futures_both(
        Box::pin(tradewind::jobs::tick(&app, "one", &jobs)),
        Box::pin(tradewind::jobs::tick(&other, "two", &jobs)),
    )
    .await;
    let ran = one.expect("a tick").len() + two.expect("a tick").len();
    assert!(ran >= 1);
    assert_eq!(app.count("value_changes").await + app.count("value_queue").await, 0, "all of it is done");
    // Ratings while another node drains: none is lost.
    rate(&people[3].at(&other), insights[0], 5).await;
    drained(&app).await;
    let incremental = stored(&app).await;
    let mu = app.ask(|c| Ok(values::epoch(c)?)).await.mu;
    let now = app.now();
    let policy = ValuePolicy { mu, mu_weight: 1e5, ..ValuePolicy::default() };
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    for (id, (value, ..)) in stored(&app).await {
        assert!((value - incremental[&id].0).abs() <= 0.005, "{id}");
    }
});

/// Drives two futures together.
async fn futures_both<A, B>(
    mut one: std::pin::Pin<Box<impl Future<Output = A>>>,
    mut two: std::pin::Pin<Box<impl Future<Output = B>>>,
) -> (A, B) {
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        use std::task::Poll;
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = two.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, two) => {
                (first, second) = (one, two);
                Poll::Pending
            }
        }
    })
    .await
}

on_both!(a_voided_rating_does_not_count_and_comes_back, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let mut people = Vec::new();
    for (at, department) in ["Support", "Finance", "Product", "Service"].into_iter().enumerate() {
        people.push(rated_by(&app, &format!("Rater {at}"), department, insight, 3).await);
    }
    for at in 0..2 {
        people.push(rated_by(&app, &format!("Friend {at}"), "Support", insight, 5).await);
    }
    let before = stored(&app).await[&insight];
    let ids = vec![rating_of(&app, insight, &people[4]).await, rating_of(&app, insight, &people[5]).await];
    let (void, now) = (ids.clone(), app.now());
    app.tell(move |c| standing::void(c, &void, 7, now)).await;
    let without = stored(&app).await[&insight];
    assert!(without.0 < before.0 && without.2 == 4 && without.3 == 4, "{without:?}");
    refitted(&app).await;
    let night = stored(&app).await[&insight];
    assert_eq!((night.2, night.3), (4, 4), "nor for the refit");
    // Taking it back and giving it again does not make it count.
    let back = format!("/insights/{insight}/rating/withdrawal");
    people[4].post(&back, &[]).await.expect(303);
    rate(&people[4], insight, 5).await;
    assert_eq!(stored(&app).await[&insight].2, 4);
    let now = app.now();
    app.tell(move |c| standing::restore(c, 7, now)).await;
    let again = stored(&app).await[&insight];
    assert_eq!((again.2, again.3), (6, 4));
    assert!(again.0 > night.0);
    let settled = app.ask(move |c| Ok(values::settled(c, insight)?)).await.expect("a value");
    assert_eq!(settled.raters, 6);
    assert_eq!(settled.lower_hundredths, (100.0 * again.1 + 1e-9).floor() as i32);
});

on_both!(a_ring_has_one_voice_while_its_case_is_open, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let honest = rated_by(&app, "Bob Example", "Office", insight, 3).await;
    let mut ring = Vec::new();
    for (at, department) in ["Support", "Finance", "Product", "Service"].into_iter().enumerate() {
        let friend = rated_by(&app, &format!("Friend {at}"), department, insight, 5).await;
        ring.push(rating_of(&app, insight, &friend).await);
    }
    let before = stored(&app).await[&insight];
    assert_eq!((before.2, before.3), (5, 5));
    let now = app.now();
    app.tell(move |c| standing::treat_as_one(c, &ring, 12, now)).await;
    let one = stored(&app).await[&insight];
    // Four 5s with one voice of 12 / 7 votes, a 3 with 0.75, three neutral ones.
    let votes = 12.0 / 7.0;
    assert_eq!((one.2, one.3), (5, 2));
    assert!((one.0 - (3.0 + votes * 2.0 / (3.75 + votes))).abs() < 1e-12, "{one:?}");
    // The same in the batch, to the last bit of what it computes; and the incremental queue agrees.
    drained(&app).await;
    let incremental = stored(&app).await[&insight];
    let policy = ValuePolicy { mu_weight: 1e5, ..ValuePolicy::default() };
    let now = app.now();
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    let batch = stored(&app).await[&insight];
    assert!((batch.0 - incremental.0).abs() <= 0.005 && batch.3 == 2, "{batch:?} {incremental:?}");
    // Rating something else in between moves none of that.
    rate(&honest, insight, 4).await;
    assert_eq!(stored(&app).await[&insight].3, 2);
    let now = app.now();
    app.tell(move |c| standing::release(c, 12, now)).await;
    assert_eq!(stored(&app).await[&insight].3, 5);
});

on_both!(a_held_rating_counts_from_its_day_on, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let bob = rated_by(&app, "Bob Example", "Support", insight, 5).await;
    let id = rating_of(&app, insight, &bob).await;
    let day = app.calendar().day(app.now()) + chrono::Days::new(7);
    let now = app.now();
    app.tell(move |c| standing::hold(c, id, day, now)).await;
    assert_eq!(stored(&app).await[&insight].2, 0);
    for (days, raters) in [(6, 0), (1, 1)] {
        app.days_later(days);
        let (today, now) = (app.calendar().day(app.now()), app.now());
        app.tell(move |c| standing::release_due(c, today, now)).await;
        assert_eq!(stored(&app).await[&insight].2, raters);
    }
    assert!(stored(&app).await[&insight].0 > 3.0);
});

on_both!(other_constants_begin_an_epoch, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    rated_by(&app, "Bob Example", "Support", insight, 5).await;
    let before = stored(&app).await[&insight];
    let now = app.now();
    let policy = ValuePolicy { lambda_v: 6.0, ..ValuePolicy::default() };
    let done = app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    assert!(done.new_epoch);
    let after = stored(&app).await[&insight];
    assert!(after.0 < before.0, "twice as many neutral votes");
    // The day goes on with them.
    rated_by(&app, "Eve Onlooker", "Finance", insight, 5).await;
    let two = stored(&app).await[&insight];
    assert!(two.0 < done.mu + 1.5 * 2.0 / (3.0 + 1.5), "{two:?}");
    let again = app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    assert!(!again.new_epoch || again.mu != done.mu);
    let epochs = app
        .ask(|c| {
            Ok(value_epochs::table.order(value_epochs::id).select(value_epochs::policy).load::<String>(c)?)
        })
        .await;
    assert_eq!(epochs[0], "");
    assert!(epochs[1].contains("VALUE_LAMBDA_V=6"), "{epochs:?}");
});

on_both!(a_refit_leaves_no_queue, |app| async move {
    small_market(&app).await;
    refitted(&app).await;
    let left = app
        .ask(|c| {
            let changes: i64 = value_changes::table.count().get_result(c)?;
            let queue: i64 = value_queue::table.count().get_result(c)?;
            Ok(changes + queue)
        })
        .await;
    assert_eq!(left, 0);
    let night = stored(&app).await;
    assert_eq!(drained(&app).await, [queue::Drained::default()]);
    assert_eq!(stored(&app).await, night, "there is nothing to do");
});

/// Everything the page says about how a value came about, without the ruler beside it.
async fn told(reader: &Visitor, insight: i64) -> String {
    reader.get(&format!("/insights/{insight}/value")).await.expect(200).select(".explain").join(" ")
}

on_both!(a_value_says_how_it_came_about, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let eve = app.employee("Eve Onlooker", "Office").await;
    let insight = app.insight(&ann, STORY).await;
    let path = format!("/insights/{insight}/value");
    app.stranger().get(&path).await.expect(303);
    ann.get("/insights/999999/value").await.expect(404);
    assert!(told(&ann, insight).await.contains("There is no number yet"));
    let mut raters = Vec::new();
    for at in 0..5 {
        let department = if at < 3 { "Support/North" } else { "Finance" };
        raters.push(rated_by(&app, &format!("Rater {at}"), department, insight, 3 + at % 3).await);
    }
    // Two of Finance could be worked out from three of Support and the total: they stand together.
    let first = told(&raters[0], insight).await;
    assert!(first.contains("2 departments together") && !first.contains("Support"), "{first}");
    assert!(first.contains("Neutral votes") && first.contains("Corrected for generosity"), "{first}");
    assert_eq!(told(&ann, insight).await, first, "its author reads the same");

    // Who has not rated reads no number, and may ask for it.
    let hidden = eve.get(&path).await.expect(200).sees("people who see a high number give a high number");
    assert!(!hidden.has(".explain table") && !hidden.has(".ruler .needle"), "{:?}", hidden.select("main"));
    eve.post(&format!("/insights/{insight}/reveal"), &[("back_to", &path)]).await.expect(303);
    assert_eq!(told(&eve, insight).await, first);

    // Nothing of it changes with one rating, given or changed, nor with what follows from it.
    let sixth = rated_by(&app, "Rater six", "Finance", insight, 1).await;
    assert_eq!(told(&ann, insight).await, first);
    sixth.post(&format!("/insights/{insight}/rating"), &[("value", "5")]).await.expect(303);
    drained(&app).await;
    assert_eq!(told(&ann, insight).await, first);
    rated_by(&app, "Rater seven", "Finance", insight, 2).await;
    let second = told(&ann, insight).await;
    assert!(
        second.contains("Support") && second.contains("Finance") && !second.contains("North"),
        "{second}"
    );
    assert!(!second.contains("together"), "{second}");

    // Linked wherever the number stands.
    for page in ["/", "/archive", &format!("/insights/{insight}")] {
        let found = ann.get(page).await.expect(200).attrs("a", "href").contains(&path);
        assert!(found, "{page} does not lead to {path}");
    }
    ann.get("/help/value").await.expect(200).sees("How exact it is right now");
    // Authors were told: when the number came, and when it moved.
    let now = ann.get("/notifications").await.expect(200).text();
    assert!(now.contains("5") && now.contains("is worth"), "{now}");
});

on_both!(ratings_of_a_merged_insight_count_once, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let zoe = app.employee("Zoe Sample", "Product").await;
    let kept = app.insight(&ann, STORY).await;
    let gone = app.insight(&zoe, &format!("The same again. {STORY}")).await;
    let bob = rated_by(&app, "Bob Example", "Support", kept, 2).await;
    rated_by(&app, "Eve Onlooker", "Finance", gone, 4).await;
    rate(&zoe, kept, 5).await;
    app.later(1);
    rate(&bob, gone, 5).await;
    let apart = stored(&app).await;
    assert_eq!((apart[&kept].2, apart[&gone].2), (2, 2));
    let (curator, now) = (app.acting(&ann), app.now());
    app.tell(move |c| {
        tradewind::archive::store::merging::merge(c, &curator, kept, gone)?;
        standing::follow_merge(c, kept, gone, now)
    })
    .await;
    let merged = stored(&app).await[&kept];
    // Bob's later 5 and Eve's 4; Zoe is an author of it now.
    assert_eq!((merged.2, merged.3), (2, 2));
    assert!((merged.0 - (3.0 + 0.75 * 3.0 / 4.5)).abs() < 1e-12, "{merged:?}");
    drained(&app).await;
    let incremental = stored(&app).await[&kept];
    let policy = ValuePolicy { mu_weight: 1e5, ..ValuePolicy::default() };
    app.tell(move |c| refit::refit_with(c, now, &policy)).await;
    let batch = stored(&app).await[&kept];
    assert_eq!((batch.2, batch.3), (2, 2));
    assert!((batch.0 - incremental.0).abs() <= 0.005, "{batch:?} {incremental:?}");
    // A further rating finds them all.
    rated_by(&app, "Cy Sample", "Office", kept, 3).await;
    assert_eq!(stored(&app).await[&kept].2, 3);
    // What a curator decides about ratings of the merged one moves the one that stands for it, at once.
    let before = stored(&app).await[&kept];
    let of_gone: Vec<i64> = app
        .ask(move |c| {
            use tradewind::db::schema::ratings;
            let given = ratings::table.filter(ratings::insight_id.eq(gone));
            Ok(given.order(ratings::id).select(ratings::id).load(c)?)
        })
        .await;
    assert_eq!(of_gone.len(), 2);
    let eve = of_gone[0];
    app.tell(move |c| standing::void(c, &[eve], 9, now)).await;
    let voided = stored(&app).await[&kept];
    assert_eq!(voided.2, 2);
    assert!(voided.0 != before.0, "{voided:?}");
    app.tell(move |c| standing::restore(c, 9, now)).await;
    let again = stored(&app).await[&kept];
    assert!(again.2 == 3 && (again.0 - before.0).abs() < 1e-12, "{again:?} {before:?}");
});
