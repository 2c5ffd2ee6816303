//! Ratings of one author in a row, as they come in.

use super::{all_cases, kinds, times};
use crate::support::*;

use diesel::prelude::*;
use tradewind::db::schema::insight_values;
use tradewind::review::store::play;

async fn raters(app: &TestApp, ids: &[i64]) -> Vec<i32> {
    let ids = ids.to_vec();
    app.ask(move |c| {
        let rows = insight_values::table.filter(insight_values::insight_id.eq_any(ids));
        Ok(rows.order(insight_values::insight_id).select(insight_values::raters).load(c)?)
    })
    .await
}

on_both!(the_sixth_rating_is_held_as_it_comes, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let zoe = app.employee("Zoe Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let mut all = Vec::new();
    for n in 0..7 {
        all.push(app.insight(&ann, &format!("Something new with the number {n}.")).await);
    }
    let another = app.insight(&zoe, "Something by somebody else.").await;
    let give = async |insight: i64, stars: &str| {
        app.later(5);
        bob.post(&format!("/insights/{insight}/rating"), &[("value", stars)]).await.expect(303);
    };
    for insight in &all[..5] {
        give(*insight, "5").await;
    }
    give(another, "5").await;
    assert_eq!(app.count("review_cases").await, 0, "five of one author, one of another");
    give(all[5], "5").await;
    assert_eq!(kinds(&all_cases(&app).await), ["serial"]);
    assert_eq!(raters(&app, &all).await, [1, 1, 1, 1, 1, 0, 0], "held at once");
    give(all[6], "5").await;
    assert_eq!(raters(&app, &all).await, [1, 1, 1, 1, 1, 0, 0]);
    assert_eq!(raters(&app, &[another]).await, [1]);
    // The night finds the same case, and nothing else.
    let at = times(&app);
    let found = app.tell(move |c| play::find_series(c, &at)).await;
    assert_eq!((found.new, found.renewed), (0, 1));
    assert_eq!(app.count("review_cases").await, 1);
    // What a curator has let count stays so, whatever the rater changes of it.
    let case = all_cases(&app).await[0].0;
    let cleo = app.another_browser(&cleo).await;
    let page = cleo.get(&format!("/review/{case}")).await.expect(200).sees("2 are too many");
    let fields = [("decision", "dismiss"), ("reason", "He read them on the train.")];
    cleo.submit(&page, ".ruling", &fields).await.expect(303);
    assert_eq!(raters(&app, &all).await, [1; 7]);
    give(all[6], "4").await;
    assert_eq!(raters(&app, &all).await, [1; 7]);
    // A week later they are five again.
    app.days_later(8);
    let bob = app.another_browser(&bob).await;
    let late = app.insight(&ann, "One more a week later.").await;
    bob.post(&format!("/insights/{late}/rating"), &[("value", "5")]).await.expect(303);
    assert_eq!(raters(&app, &[late]).await, [1]);
});
