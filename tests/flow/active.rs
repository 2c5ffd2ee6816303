//! Who was active is told alike, whether a day is kept or looked up, whatever happens to it.

use chrono::NaiveDate;
use diesel::prelude::*;
use tradewind::db::schema::{active_days, insights};
use tradewind::flow::jobs::ACTIVE_DAYS;
use tradewind::flow::period::Period;
use tradewind::flow::store::openings::{self, Opening};
use tradewind::flow::store::{self, active, readings};
use tradewind::jobs::tick;

use super::{acting, differences, open};
use crate::support::*;

/// Asks of all days, of some and of each segment: what is kept agrees with what is looked up.
async fn assert_the_same(app: &TestApp, first: NaiveDate, days: u64) {
    let after = |days: u64| first.checked_add_days(chrono::Days::new(days)).expect("a day");
    let periods = [(0, days), (1, days), (0, 1), (1, 2), (0, days + 3)];
    for (from, to) in periods {
        for segment in [None, Some(0), Some(1), Some(2)] {
            let period = Period { from: after(from), to: after(to) };
            let (kept, found) = app
                .ask(move |c| Ok((active::of(c, period, segment)?, readings::active(c, period, segment)?)))
                .await;
            let who = |did: fn(&readings::Active) -> bool| -> Vec<i64> {
                found.iter().filter(|one| did(one)).map(|one| one.person_id).collect()
            };
            let (mut shared, mut opened) = (who(|one| one.contributed), who(|one| one.accessed));
            shared.sort_unstable();
            opened.sort_unstable();
            let kept = (kept.contributed.iter().collect(), kept.accessed.iter().collect());
            assert_eq!(kept, (shared, opened), "{period:?} of {segment:?}");
        }
    }
}

/// The days that are kept.
async fn kept(app: &TestApp) -> Vec<NaiveDate> {
    app.ask(|c| Ok(active::kept(c)?)).await
}

/// An hour into the next day: what is over is gathered.
async fn midnight(app: &TestApp, node: &str) {
    app.days_later(1);
    tick(app, node, &[ACTIVE_DAYS]).await.expect("a tick");
    app.later(6);
    for ran in tick(app, node, &[ACTIVE_DAYS]).await.expect("a tick") {
        ran.outcome.expect("no error");
    }
}

/// Three days of ann's and bob's, of which all but the present one are kept.
pub async fn days_agree(app: &TestApp, ann: &Visitor, bob: &Visitor, insight: i64) {
    let first = app.calendar().day(app.now());
    midnight(app, "a").await;
    assert_eq!(kept(app).await, [first]);
    let second = app.calendar().day(app.now());
    let other =
        app.insight_with(bob, "Silent parts. They are not forgiven.", |d| d.segment = "Plants".into()).await;
    assert!(open(app, ann, other).await);
    assert_the_same(app, first, 2).await;
    midnight(app, "b").await;
    midnight(app, "a").await;
    let third = app.calendar().day(app.now()).pred_opt().expect("a day");
    assert_eq!(kept(app).await, [first, second, third], "a day on which nothing happened, too");
    assert_the_same(app, first, 4).await;

    // An edit moves an insight, an import brings an opening: of these days nothing is kept any more.
    let segment = app
        .tell(move |c| {
            let of_other: Option<i64> = insights::table.find(other).select(insights::segment_id).first(c)?;
            diesel::update(insights::table.find(insight))
                .set(insights::segment_id.eq(of_other))
                .execute(c)?;
            store::move_segment(c, insight, None, of_other)?;
            Ok(of_other)
        })
        .await;
    assert!(segment.is_some());
    assert_eq!(kept(app).await, [second, third]);
    assert_the_same(app, first, 4).await;
    let at = third.and_hms_opt(9, 0, 0).expect("a time");
    let reader = acting(app, ann, false);
    app.tell(move |c| {
        let (person_id, department_id) = (reader.person_id, reader.department_id);
        let opening = Opening {
            insight_id: other,
            person_id,
            department_id,
            manager: false,
            at,
            day: third,
            implied: false,
        };
        Ok(openings::add_openings(c, &[opening], &mut |_| ())?)
    })
    .await;
    assert_eq!(kept(app).await, [second]);
    assert_the_same(app, first, 4).await;
    app.later(6);
    tick(app, "b", &[ACTIVE_DAYS]).await.expect("a tick");
    assert_eq!(kept(app).await, [first, second, third], "made again");
    assert_the_same(app, first, 4).await;
    assert_eq!(differences(app).await, []);

    // A rebuild finds what is wrong in one that is kept.
    app.tell(move |c| {
        let row = active_days::table.filter(active_days::day.eq(second));
        diesel::update(row).set(active_days::accessed.eq(Vec::<u8>::new())).execute(c)?;
        Ok(())
    })
    .await;
    assert_eq!(differences(app).await, [("active_days", 1)]);
    assert_eq!(differences(app).await, []);
    assert_the_same(app, first, 4).await;
}
