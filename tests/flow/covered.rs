//! How many insights had ratings enough is told alike, whether days are kept or all insights are counted, and
//! whatever changes.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use tradewind::db::schema::{covered_days, insight_values, insights};
use tradewind::flow::jobs::ACTIVE_DAYS;
use tradewind::flow::store::{covered, readings};
use tradewind::jobs::tick;

use super::differences;
use crate::support::*;

/// A time of the story: its day, from 0, and hour.
fn at(day: i64, hour: i64) -> NaiveDateTime {
    beginning().date().and_time(chrono::NaiveTime::MIN) - Duration::days(40 - day) + Duration::hours(hour)
}

/// Sets when an insight was shared, and since when it has ratings enough.
async fn set(app: &TestApp, id: i64, shared: NaiveDateTime, enough: Option<NaiveDateTime>) {
    app.tell(move |c| {
        diesel::update(insights::table.find(id)).set(insights::contributed_at.eq(shared)).execute(c)?;
        diesel::update(insight_values::table.find(id))
            .set((insight_values::contributed_at.eq(shared), insight_values::enough_since.eq(enough)))
            .execute(c)?;
        Ok(())
    })
    .await;
}

/// Asks at many times, on the hour and between: kept days and a count of all agree.
async fn assert_the_same(app: &TestApp) {
    let ends: Vec<NaiveDateTime> = (0..160).map(|n| at(0, n * 6) + Duration::minutes(n % 3)).collect();
    let (kept, counted) = app
        .ask(move |c| {
            let (mut kept, mut counted) = (Vec::new(), Vec::new());
            for end in ends {
                let limit = end - Duration::days(readings::OLD_ENOUGH_DAYS);
                kept.push(covered::before(c, end, limit)?);
                let count: i64 = insight_values::table
                    .filter(insight_values::enough_since.lt(end))
                    .filter(insight_values::contributed_at.le(limit))
                    .count()
                    .get_result(c)?;
                counted.push(Some(count));
            }
            Ok((kept, counted))
        })
        .await;
    assert_eq!(kept, counted);
}

async fn days(app: &TestApp) -> Vec<(NaiveDate, i64)> {
    app.ask(|c| Ok(covered_days::table.order(covered_days::day).load(c)?)).await
}

on_both!(insights_with_ratings_enough_are_counted_alike, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    assert_the_same(&app).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(app.insight(&ann, &format!("Silent parts {n}. They are not forgiven.")).await);
    }
    assert_eq!(days(&app).await, [], "nothing to count");
    // Old enough long before, at midnight and on the day itself; rated first, or old enough first.
    set(&app, ids[0], at(0, 0), Some(at(3, 5))).await;
    set(&app, ids[1], at(2, 0), Some(at(4, 12))).await;
    set(&app, ids[2], at(2, 7), Some(at(16, 3))).await;
    set(&app, ids[3], at(10, 23), Some(at(30, 0))).await;
    tick(&app, "a", &[ACTIVE_DAYS]).await.expect("a tick");
    app.later(6);
    for ran in tick(&app, "a", &[ACTIVE_DAYS]).await.expect("a tick") {
        ran.outcome.expect("no error");
    }
    let told: Vec<i64> = days(&app).await.into_iter().filter(|(_, n)| *n > 0).map(|(_, n)| n).collect();
    assert_eq!(told, [1, 2, 1]);
    assert_the_same(&app).await;

    // A rating of the past counts later, another no more, and an insight has enough that had not.
    set(&app, ids[0], at(0, 0), Some(at(20, 5))).await;
    set(&app, ids[1], at(2, 0), None).await;
    set(&app, ids[4], at(5, 9), Some(at(19, 9))).await;
    assert_the_same(&app).await;
    let gone = ids[3];
    app.tell(move |c| Ok(diesel::delete(insight_values::table.find(gone)).execute(c)?)).await;
    assert_the_same(&app).await;
    assert_eq!(differences(&app).await, []);

    // A rebuild finds what is wrong in a day, and one that is not there is counted.
    let wrong = at(20, 0).date();
    app.tell(move |c| {
        Ok(diesel::update(covered_days::table.find(wrong)).set(covered_days::insights.eq(7)).execute(c)?)
    })
    .await;
    assert_eq!(differences(&app).await, [("covered_days", 1)]);
    assert_the_same(&app).await;
    let (end, limit) = (at(39, 0), at(25, 0));
    app.tell(move |c| Ok(diesel::delete(covered_days::table.find(wrong)).execute(c)?)).await;
    assert_eq!(app.ask(move |c| Ok(covered::before(c, end, limit)?)).await, None);
});
