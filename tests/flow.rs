//! How information flows: openings are counted once and never lost, the figures agree with published
//! ones, and nobody sees what few people did.

mod active;
mod adds_up;
mod biodiversity;
mod covered;
mod figures;
mod histories;
mod months;
mod office;
mod own;
mod planted;
mod retention;
mod seen_from;
mod sending;

use crate::support::*;
use diesel::prelude::*;
use tradewind::accounts::person::Actor;
use tradewind::db::Conn;
use tradewind::db::schema::{
    accesses, activity_daily, first_accesses, flow_daily, insight_readers, person_daily,
};
use tradewind::flow::store::{self, rebuild};

/// Somebody acting now.
fn acting(app: &TestApp, person: &Visitor, manager: bool) -> Actor {
    let now = app.now();
    Actor {
        person_id: person.id,
        department_id: person.department_id,
        manager,
        at: now,
        day: app.calendar().day(now),
    }
}

async fn open(app: &TestApp, person: &Visitor, insight: i64) -> bool {
    let actor = acting(app, person, false);
    app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await
}

async fn share(app: &TestApp, author: &Visitor, text: &str) -> i64 {
    app.insight(author, text).await
}

/// What the rebuild finds to mend; made insight by insight, as it is made at once.
async fn differences(app: &TestApp) -> Vec<(&'static str, i64)> {
    let both = |c: &mut Conn| Ok((rebuild::check_and_mend_in_parts(c, 1)?, rebuild::check_and_mend(c)?));
    let (found, left) = app.db.write_alone(both).await.expect("a rebuild");
    assert_eq!(left, []);
    found.into_iter().map(|difference| (difference.table, difference.rows)).collect()
}

on_both!(an_opening_counts_once_in_half_an_hour_and_never_ones_own, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
    let insight = share(&app, &ann, "Night shifts print our dashboard.").await;
    assert!(!open(&app, &ann, insight).await, "her own");
    assert!(open(&app, &bob, insight).await);
    app.later(29);
    assert!(!open(&app, &bob, insight).await);
    app.later(1);
    assert!(open(&app, &bob, insight).await, "thirty minutes after the last that counted");
    let (all, first, last) = app
        .ask(move |c| {
            let all = accesses::table.count().get_result::<i64>(c)?;
            let (first, last) = first_accesses::table
                .select((first_accesses::at, first_accesses::last_at))
                .first::<(chrono::NaiveDateTime, chrono::NaiveDateTime)>(c)?;
            Ok((all, first, last))
        })
        .await;
    assert_eq!(all, 2);
    assert_eq!((last - first).num_minutes(), 30);
    let bob_id = bob.id;
    assert!(app.ask(move |c| Ok(store::has_opened(c, insight, bob_id)?)).await);
    assert_eq!(differences(&app).await, []);
});

on_both!(roll_ups_agree_with_the_events_whatever_happens, |app| async move {
    let (ann, bob) = (app.employee("Ann Sample", "Sales").await, app.manager("Bob Example", "Service").await);
    let one = share(&app, &ann, "Late parts are forgiven, silent parts are not.").await;
    let two = share(&app, &ann, "Two prospects compare us to a spreadsheet.").await;
    for insight in [one, two] {
        open(&app, &bob, insight).await;
    }
    let actor = acting(&app, &bob, true);
    app.tell(move |c| {
        store::record_search(c, &actor, "spare parts", 0)?;
        store::record_search(c, &actor, "parts", 3)?;
        Ok(())
    })
    .await;
    // One is undone within ten minutes: it never was a contribution.
    let (author, department, day) = (ann.id, ann.department_id, app.calendar().day(app.now()));
    app.tell(move |c| {
        use tradewind::db::schema::insights;
        diesel::update(insights::table.find(two)).set(insights::undone.eq(true)).execute(c)?;
        Ok(store::undo_contribution(c, author, department, false, day, None)?)
    })
    .await;
    assert_eq!(differences(&app).await, []);

    // A planted difference is found, told and mended.
    app.tell(|c| {
        diesel::update(activity_daily::table)
            .filter(activity_daily::accesses.gt(0))
            .set(activity_daily::accesses.eq(activity_daily::accesses + 5))
            .execute(c)?;
        diesel::update(insight_readers::table)
            .filter(insight_readers::readers.gt(0))
            .set(insight_readers::readers.eq(insight_readers::readers + 1))
            .execute(c)?;
        diesel::delete(person_daily::table.filter(person_daily::contributions.gt(0))).execute(c)?;
        Ok(())
    })
    .await;
    let planted = [("activity_daily", 1), ("insight_readers", 2), ("person_daily", 1)];
    assert_eq!(differences(&app).await, planted);
    assert_eq!(differences(&app).await, []);

    // So is one too many, another day and a row of zeros in the place of a number.
    let (somebody, elsewhere) = (bob.id, ann.department_id);
    app.tell(move |c| {
        let last = first_accesses::last_at;
        diesel::update(first_accesses::table.filter(first_accesses::insight_id.eq(one)))
            .set(first_accesses::manager.eq(true))
            .execute(c)?;
        let first = first_accesses::table.select(last).first::<chrono::NaiveDateTime>(c)?;
        diesel::insert_into(first_accesses::table)
            .values((
                first_accesses::insight_id.eq(one),
                first_accesses::person_id.eq(author),
                first_accesses::from_department_id.eq(elsewhere),
                first_accesses::to_department_id.eq(elsewhere),
                first_accesses::segment_id.eq(0),
                first_accesses::manager.eq(false),
                first_accesses::at.eq(first),
                first_accesses::day.eq(first.date()),
                last.eq(first),
            ))
            .execute(c)?;
        diesel::update(flow_daily::table).set(flow_daily::first_accesses.eq(0)).execute(c)?;
        diesel::update(person_daily::table.filter(person_daily::person_id.eq(somebody)))
            .set(person_daily::day.eq(first.date() - chrono::Duration::days(1)))
            .execute(c)?;
        Ok(())
    })
    .await;
    let planted = [("first_accesses", 2), ("flow_daily", 1), ("person_daily", 1)];
    assert_eq!(differences(&app).await, planted);
    assert_eq!(differences(&app).await, []);

    // Empty ones are filled without their indexes, which are there again afterwards.
    let before = keys_and_indexes(&app).await;
    app.tell(|c| {
        diesel::delete(first_accesses::table).execute(c)?;
        diesel::delete(activity_daily::table).execute(c)?;
        diesel::delete(flow_daily::table).execute(c)?;
        diesel::delete(insight_readers::table).execute(c)?;
        diesel::delete(person_daily::table).execute(c)?;
        Ok(())
    })
    .await;
    let all = ["first_accesses", "activity_daily", "flow_daily", "insight_readers", "person_daily"];
    assert_eq!(differences(&app).await.into_iter().map(|(table, _)| table).collect::<Vec<_>>(), all);
    assert_eq!(differences(&app).await, []);
    assert_eq!(keys_and_indexes(&app).await, before);
    active::days_agree(&app, &ann, &bob, one).await;
});

/// How those of the tables are defined that a rebuild fills.
async fn keys_and_indexes(app: &TestApp) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Definition {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let tables = "('first_accesses', 'person_daily')";
    let found = app
        .ask(move |c| {
            let statement = match c.is_sqlite() {
                true => format!("SELECT sql AS text FROM sqlite_master WHERE tbl_name IN {tables} AND sql IS NOT NULL ORDER BY 1"),
                false => format!(
                    "SELECT indexdef AS text FROM pg_indexes \
                     WHERE schemaname = current_schema() AND tablename IN {tables} \
                     UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
                     WHERE conrelid IN (to_regclass('first_accesses'), to_regclass('person_daily')) ORDER BY 1"
                ),
            };
            Ok(diesel::sql_query(statement).load::<Definition>(c)?)
        })
        .await;
    assert!(found.len() > 3);
    found.into_iter().map(|definition| definition.text).collect()
}

on_both!(only_the_customer_office_sees_the_flow, |app| async move {
    let officer = app.officer("Olive Example", "Customer Office").await;
    let manager = app.manager("Mia Sample", "Sales").await;
    let pages = [
        "/flow",
        "/flow/contributions",
        "/flow/accesses",
        "/flow/searches",
        "/flow/people",
        "/flow/coverage",
        "/flow/csv/matrix",
    ];
    for (at, path) in pages.into_iter().enumerate() {
        app.stranger().get(path).await.expect(303);
        for person in [
            &app.employee(&format!("Eve Sample {at}"), "Sales").await,
            &app.curator(&format!("Cid Sample {at}"), "Sales").await,
            &app.admin(&format!("Ada Sample {at}"), "Sales").await,
            &manager,
        ] {
            person.get(path).await.expect(403);
        }
        officer.get(path).await.expect(200);
    }
    // A manager sees their own department, and only that.
    let own = format!("/flow/departments/{}", manager.department_id);
    let other = format!("/flow/departments/{}", officer.department_id);
    manager.get(&own).await.expect(200);
    manager.get(&other).await.expect(404);
    // And is told where, on a page that looks like the others.
    let refused = manager.get("/flow").await.expect(403);
    assert!(
        refused.has(&format!(".actions a[href='{own}']")) && refused.has("nav[aria-label='Main']"),
        "{}",
        refused.body
    );
    let eve = app.employee("Eve Example", "Sales").await;
    eve.get(&own).await.expect(404);
    for path in ["/flow/metrics", "/help/privacy"] {
        eve.get(path).await.expect(200);
    }
    officer.get("/flow/csv/secrets").await.expect(404);
    officer.get("/flow/99999/1").await.expect(404);
    // Who looked, once a day for each kind of page.
    let noted = app
        .ask(|c| {
            use tradewind::db::schema::flow_looks;
            let people = flow_looks::table.select((flow_looks::person_id, flow_looks::kind));
            Ok(people.order((flow_looks::person_id, flow_looks::kind)).distinct().load::<(i64, String)>(c)?)
        })
        .await;
    let kinds = |person: &Visitor| -> Vec<&str> {
        noted.iter().filter(|(id, _)| *id == person.id).map(|(_, kind)| kind.as_str()).collect()
    };
    assert_eq!((kinds(&officer), kinds(&manager)), (vec!["export", "figures", "rows"], vec!["figures"]));
    assert!(noted.iter().all(|(id, _)| [officer.id, manager.id].contains(id)), "{noted:?}");
});

on_both!(managers_are_led_to_their_own_department, |app| async move {
    let mia = app.manager("Mia Sample", "Sales").await;
    let link = format!("href=\"/flow/departments/{}\"", mia.department_id);
    assert!(mia.get("/").await.expect(200).body.contains(&link));
    let eve = app.employee("Eve Example", "Sales").await;
    assert!(!eve.get("/").await.expect(200).body.contains("href=\"/flow"));
    let own = format!("/flow/departments/{}", mia.department_id);
    let page = mia.get(&own).await;
    assert!(page.body.contains("Figures are shown from 10 people on"), "{}", page.body);
    for at in 0..8 {
        app.employee(&format!("Sal {at}"), "Sales").await;
    }
    let page = mia.get(&own).await;
    assert!(page.body.contains("Here and in the company"), "{}", page.body);
});

on_both!(a_department_is_looked_into, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let mut people = vec![];
    for at in 0..18 {
        let department = ["Service/North", "Service/South", "Office"][at % 3];
        people.push(app.employee(&format!("Sal {at}"), department).await);
    }
    let insight = share(&app, &people[0], "Crates are counted twice.").await;
    app.days_later(28);
    open(&app, &people[1], insight).await;
    app.days_later(1);
    let officer = app.another_browser(&officer).await;
    let page = officer.get("/flow?weeks=13&level=1").await;
    let service = app
        .ask(|c| {
            use tradewind::db::schema::departments;
            let own = departments::table.filter(departments::path.eq("Service"));
            Ok(own.select(departments::id).first::<i64>(c)?)
        })
        .await;
    let inside = format!("root={service}\"");
    assert!(page.body.contains(&inside) && page.body.contains("look inside"), "{}", page.body);
    assert!(
        page.body.contains(&format!("href=\"/flow/departments/{service}?")),
        "its own key: {}",
        page.body
    );
    let page = officer.get(&format!("/flow?weeks=13&root={service}")).await;
    assert!(
        page.body.contains("inside <bdi>Service</bdi>") && page.body.contains("Rest of the company"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Service/North") && page.body.contains("show the whole company"));
});

on_both!(few_readers_of_a_segment_are_not_counted, |app| async move {
    let officer = app.officer("Olive Example", "Sales").await;
    let mut people = vec![];
    for at in 0..12 {
        people.push(app.employee(&format!("Sal {at}"), ["Sales", "Service"][at % 2]).await);
    }
    let mut insights = vec![];
    for segment in ["Retail", "Trade", "Public"] {
        let of = |draft: &mut tradewind::archive::draft::Draft| draft.segment = segment.into();
        insights.push(app.insight_with(&people[0], &format!("What {segment} says."), of).await);
    }
    app.days_later(28);
    for (insight, readers) in insights.iter().zip([3, 8, 9]) {
        for reader in &people[1..=readers] {
            open(&app, reader, *insight).await;
        }
    }
    app.days_later(1);
    let officer = app.another_browser(&officer).await;
    let file = officer.get("/flow/csv/segments?weeks=13").await.expect(200);
    let line = |name: &str| {
        let found =
            file.body.lines().find(|l| l.starts_with("C2,") && l.contains(&format!("segment:{name}")));
        found.unwrap_or_else(|| panic!("{name}: {}", file.body)).to_owned()
    };
    assert!(line("Retail").contains(",true,"), "three readers: {}", file.body);
    assert!(line("Trade").contains(",true,"), "what is missing from the sum: {}", file.body);
    assert!(line("Public").contains(",9,"), "{}", file.body);
    let page = officer.get("/flow?weeks=13").await.expect(200);
    assert!(page.body.contains("<bdi>Retail</bdi>") && page.body.contains("under 5"), "{}", page.body);
    // The same through the choice of the segment.
    let retail = app
        .ask(|c| {
            use tradewind::db::schema::segments;
            Ok(segments::table.filter(segments::name.eq("Retail")).select(segments::id).first::<i64>(c)?)
        })
        .await;
    let file = officer.get(&format!("/flow/csv/departments?weeks=13&segment={retail}")).await.expect(200);
    for id in ["C2", "C4"] {
        let lines: Vec<&str> = file.body.lines().filter(|l| l.starts_with(&format!("{id},"))).collect();
        assert!(
            !lines.is_empty()
                && lines
                    .iter()
                    .all(|l| !l.contains("department:") && !l.contains(",all,") || l.contains(",true,")),
            "{}",
            file.body
        );
    }
});

on_both!(the_office_reads_who_reads_whom, |app| async move {
    let officer = app.officer("Olive Example", "Sales").await;
    assert!(officer.get("/flow").await.body.contains("Too early to say"));
    let mut sales = vec![];
    let mut service = vec![];
    for at in 0..6 {
        sales.push(app.employee(&format!("Sal {at}"), "Sales").await);
        service.push(app.employee(&format!("Ser {at}"), "Service").await);
    }
    for week in 0..5 {
        let insight = share(&app, &sales[0], &format!("Insight of week {week} <b>bold</b>.")).await;
        for reader in &service {
            open(&app, reader, insight).await;
        }
        // Two readers at home: too few to show.
        for reader in &sales[1..3] {
            open(&app, reader, insight).await;
        }
        let actor = acting(&app, &service[0], false);
        app.tell(move |c| Ok(store::record_search(c, &actor, "Warranty of pumps", 0)?)).await;
        app.days_later(7);
    }
    // Five weeks later the first session has ended.
    let officer = app.another_browser(&officer).await;
    let page = officer.get("/flow?weeks=13").await;
    let page = page.expect(200);
    assert!(!page.body.contains("Too early to say"), "{}", page.body);
    let (from, to) = (sales[0].department_id, service[0].department_id);
    // 5 insights, 6 readers each.
    assert!(page.body.contains("title=\"Sales to Service: 30 opened\""), "{}", page.body);
    assert!(page.body.contains("Sales to Sales: withheld"));
    let file = officer.get("/flow/csv/matrix?weeks=13").await;
    assert!(file.body.contains("Sales,Service,30,false"), "{}", file.body);
    assert!(file.body.contains("Sales,Sales,,true"), "{}", file.body);
    let pair = officer.get(&format!("/flow/{from}/{to}?weeks=13")).await;
    assert!(pair.body.contains("30 first openings"), "{}", pair.body);
    // The rows behind the numbers: insights by name, readers as counts only.
    let shared = officer.get("/flow/contributions?weeks=13").await;
    assert!(shared.body.contains("Insight of week 4") && shared.body.contains("Sal 0"));
    assert!(!shared.body.contains("<b>bold"), "escaped");
    let opened = officer.get("/flow/accesses?weeks=13").await;
    assert!(opened.body.contains("8 people"), "two small readers joined: {}", opened.body);
    assert!(!opened.body.contains("Ser 1"), "never the people");
    let missed = officer.get("/flow/searches?weeks=13").await;
    assert!(!missed.body.contains("Warranty of pumps"), "one person's words");
    assert!(missed.body.contains("5 searches by fewer than 5 people each"), "{}", missed.body);
    let file = officer.get("/flow/csv/searches?weeks=13").await;
    assert!(file.body.contains("\n,,5,,true") && !file.body.contains("Warranty"), "{}", file.body);
    // Four more, in a week in which five people were there.
    let insight = share(&app, &sales[0], "Insight of the last week.").await;
    for reader in &service[1..5] {
        let actor = acting(&app, reader, false);
        app.tell(move |c| Ok(store::record_search(c, &actor, "warranty of pumps", 0)?)).await;
        open(&app, reader, insight).await;
    }
    open(&app, &service[0], insight).await;
    app.days_later(7);
    let officer = app.another_browser(&officer).await;
    let missed = officer.get("/flow/searches?weeks=13").await;
    assert!(missed.body.contains("Warranty of pumps"), "five people's words");
    assert!(missed.body.contains("Service: 9 by 5 people"), "{}", missed.body);
    assert!(!missed.body.contains("fewer than 5 people each"));
    for panel in
        ["figures", "departments", "segments", "weeks", "contributions", "searches", "accesses", "coverage"]
    {
        let file = officer.get(&format!("/flow/csv/{panel}?weeks=13")).await;
        let file = file.expect(200);
        assert!(
            file.body.lines().count() > 1 || ["segments", "coverage"].contains(&panel),
            "{panel}: {}",
            file.body
        );
    }
    assert_eq!(differences(&app).await, []);
});

// The number in front of a list, and the sums of its rows.
on_both!(the_rows_behind_a_number_make_up_that_number, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let mut people = vec![];
    for at in 0..30 {
        people.push(app.employee(&format!("Sal {at}"), ["Sales", "Service", "Office"][at % 3]).await);
    }
    let mut insights = vec![];
    for at in 0..12 {
        insights.push(share(&app, &people[at % 4], &format!("What customer {at} says.")).await);
    }
    for (at, insight) in insights.iter().enumerate() {
        for reader in people.iter().skip(4).take(8 + at) {
            open(&app, reader, *insight).await;
        }
    }
    app.days_later(20);
    for rater in &people[4..7] {
        let actor = acting(&app, rater, false);
        let insight = insights[0];
        app.tell(move |c| tradewind::market::store::ratings::put(c, &actor, insight, 1, 4, true)).await;
    }
    app.days_later(15);
    let officer = app.another_browser(&officer).await;
    let page = officer.get("/flow?weeks=13").await.expect(200);
    let links = |name: &str| {
        let found = page.attrs(".kpi dd.big a", "href");
        found
            .into_iter()
            .find(|href| href.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {}", page.body))
    };
    // Four of 31 shared; the departments add up to them.
    let listed = officer.get(&links("/flow/people?")).await.expect(200);
    let cells = listed.select("tbody td");
    let number =
        |text: &str| text.split_whitespace().next().and_then(|n| n.parse::<i64>().ok()).expect("a number");
    let columns: Vec<Vec<i64>> =
        (0..3).map(|at| cells.iter().skip(at).step_by(3).map(|cell| number(cell)).collect()).collect();
    for (column, all) in columns.iter().zip([31, 4, 19]) {
        let (everybody, departments) = column.split_last().expect("rows");
        assert_eq!((*everybody, departments.iter().sum::<i64>()), (all, all), "{columns:?}");
    }
    assert!(!listed.body.contains("Sal 1"), "never the people");
    // 162 openings: the list says so, and its file adds up to it.
    let opened: i64 = (0..12).map(|at| 8 + at).sum();
    let listed = officer.get("/flow/accesses?weeks=13").await.expect(200);
    assert!(listed.body.contains(&format!("{opened} openings in all")), "{}", listed.body);
    let file = officer.get("/flow/csv/accesses?weeks=13").await.expect(200);
    let sum: i64 = file
        .body
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').nth(2).and_then(|cell| cell.parse::<i64>().ok()).expect("openings"))
        .sum();
    assert_eq!(sum, opened, "{}", file.body);
    let managers = officer.get("/flow/accesses?weeks=13&managers=yes").await.expect(200);
    assert!(managers.body.contains("under 5 people in all"), "{}", managers.body);
    // One of twelve has ratings enough; both lists say which.
    let listed = officer.get(&links("/flow/coverage?")).await.expect(200);
    assert!(listed.body.contains("1 of 12 insights had ratings enough"), "{}", listed.body);
    let titles = |page: &Answer| page.select("tbody th").len();
    assert!(listed.body.contains("What customer 0 says") && titles(&listed) == 1, "{}", listed.body);
    let listed = officer.get("/flow/coverage?weeks=13&enough=no").await.expect(200);
    assert_eq!(titles(&listed), 11);
    let file = officer.get("/flow/csv/coverage?weeks=13&enough=no").await.expect(200);
    assert_eq!(file.body.lines().count(), 12);
});

on_both!(todays_openings_count_from_tomorrow_on, |app| async move {
    let officer = app.officer("Olive Example", "Sales").await;
    let mut people = vec![];
    for at in 0..6 {
        people.push(app.employee(&format!("Sal {at}"), "Sales").await);
    }
    let old = share(&app, &people[0], "Crates are counted twice.").await;
    for reader in &people[1..] {
        open(&app, reader, old).await;
    }
    app.days_later(40);
    let opened = async |officer: &Visitor| {
        let file = officer.get("/flow/csv/figures?weeks=13").await.expect(200);
        let line = file.body.lines().find(|line| line.starts_with("C2,,") && line.contains(",all,"));
        line.unwrap_or_else(|| panic!("{}", file.body)).split(',').nth(6).map(str::to_owned)
    };
    let officer = app.another_browser(&officer).await;
    let before = opened(&officer).await;
    assert_eq!(before.as_deref(), Some("5"));
    open(&app, &people[1], old).await;
    assert_eq!(opened(&officer).await, before, "one opening can be told from two looks");
    let page = officer.get("/flow?weeks=13").await.expect(200);
    assert!(page.body.contains("Whole days only: today counts from tomorrow on"), "{}", page.body);
    app.days_later(1);
    let officer = app.another_browser(&officer).await;
    assert_eq!(opened(&officer).await.as_deref(), Some("6"));

    // The command line reads the computer's clock, which is behind or ahead of the test's.
    let today = tradewind::clock::Clock::System.now().date();
    let (from, to) =
        ((today - chrono::Days::new(30)).to_string(), (today + chrono::Days::new(9)).to_string());
    let url = app.full_url();
    let flow = |words: &[&str]| {
        let words: Vec<&str> = ["flow", "--format", "json"].iter().chain(words).copied().collect();
        crate::support::node::run(&words, &[("DATABASE_URL", &url)])
    };
    let said = flow(&["--from", &from, "--to", &to]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("today is not over"), "{}", said.err);
    assert!(said.out.contains(&format!("\"to\": \"{today}\"")), "{}", said.out);
    let said = flow(&["--from", &from, "--to", &to, "--unsuppressed"]);
    assert!(said.err.is_empty() && said.out.contains(&format!("\"to\": \"{to}\"")), "{}", said.out);
    let said = flow(&["--from", &to, "--to", "2999-01-01"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
});

on_both!(the_sums_of_the_matrix_tell_no_more_than_its_cells, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let names = ["Sales", "Service", "Plant", "Office"];
    let mut people = vec![];
    for at in 0..28 {
        people.push(app.employee(&format!("Sal {at}"), names[at % 4]).await);
    }
    let of = |draft: &mut tradewind::archive::draft::Draft| draft.segment = "Trade".into();
    let rare = app.insight_with(&people[0], "Trade asks for pallets.", of).await;
    let common = share(&app, &people[0], "Crates are counted twice.").await;
    // Five at home and one in each other department for the one, nearly everybody for the other.
    for at in [4, 8, 12, 16, 20, 1, 2, 3] {
        open(&app, &people[at], rare).await;
    }
    for reader in &people[1..] {
        open(&app, reader, common).await;
    }
    app.days_later(40);
    let officer = app.another_browser(&officer).await;
    let page = officer.get("/flow?weeks=13").await.expect(200);
    // Home included: 6 + 7 + 7 + 7 of the one and 5 + 3 of the other.
    assert!(page.body.contains("<td class=\"sum\">35</td>"), "{}", page.body);
    let trade = app
        .ask(|c| {
            use tradewind::db::schema::segments;
            Ok(segments::table.filter(segments::name.eq("Trade")).select(segments::id).first::<i64>(c)?)
        })
        .await;
    let page = officer.get(&format!("/flow?weeks=13&segment={trade}")).await.expect(200);
    assert!(page.body.contains("<td class=\"sum\">–</td>"), "{}", page.body);
    let sums = page.select("td.sum");
    assert!(!sums.iter().any(|sum| sum == "3" || sum == "8"), "three people's openings: {sums:?}");
    let file = officer.get(&format!("/flow/csv/figures?weeks=13&segment={trade}")).await.expect(200);
    for line in file.body.lines().filter(|line| line.starts_with("C8,") || line.starts_with("C9,")) {
        assert!(line.contains(",true,"), "all but those at home are three: {line}");
    }
    // Nor do the sums of the departments tell of them.
    let file = officer.get(&format!("/flow/csv/departments?weeks=13&segment={trade}")).await.expect(200);
    let told = |id: &str| {
        let lines = file.body.lines().filter(|line| line.starts_with(&format!("{id},")));
        lines.filter(|line| line.contains("department:") && line.contains(",false,")).count()
    };
    assert_eq!((told("C2"), told("C4")), (0, 0), "{}", file.body);
});

on_both!(a_filter_that_is_none_is_an_error, |app| async move {
    let officer = app.officer("Olive Example", "Sales").await;
    for (query, words) in [
        ("weeks=abc", "it must be 4, 13, 26, 52"),
        ("from=2026-03-01&to=2026-02-01", "the end must be after the beginning"),
        ("from=2026-03-01", "it must be a day"),
        ("segment=x", "it must be a number"),
    ] {
        for path in ["/flow", "/flow/contributions", "/flow/accesses", "/flow/searches", "/flow/csv/matrix"] {
            officer.get(&format!("{path}?{query}")).await.expect(400).sees(words);
        }
    }
});

on_both!(coverage_is_as_of_the_end_of_the_period, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let author = app.employee("Ann Sample", "Sales").await;
    let mut insights = vec![];
    for at in 0..10 {
        insights.push(share(&app, &author, &format!("Insight {at}.")).await);
    }
    let mut raters = vec![];
    for at in 0..5 {
        raters.push(app.employee(&format!("Sal {at}"), ["Service", "Plant"][at % 2]).await);
    }
    app.days_later(30);
    let rate = async |rater: &Visitor, insight: i64| {
        open(&app, rater, insight).await;
        let actor = acting(&app, rater, false);
        app.tell(move |c| tradewind::market::store::ratings::put(c, &actor, insight, 1, 4, true)).await;
    };
    for rater in &raters[..3] {
        rate(rater, insights[0]).await;
    }
    for rater in &raters[..2] {
        rate(rater, insights[1]).await;
    }
    app.days_later(3);
    // Today one more gets its third rating: not yet.
    rate(&raters[2], insights[1]).await;
    let officer = app.another_browser(&officer).await;
    let covered = async |query: &str| {
        let file = officer.get(&format!("/flow/csv/figures?{query}")).await.expect(200);
        let line = file.body.lines().find(|line| line.starts_with("C13,")).expect("C13").to_owned();
        let cells: Vec<&str> = line.split(',').collect();
        (cells[6].to_owned(), cells[7].to_owned())
    };
    assert_eq!(covered("weeks=13").await, ("1".into(), "10".into()));
    // And the same as of a day on which nobody had rated anything.
    let day = |before: u64| (app.calendar().day(app.now()) - chrono::Days::new(before)).to_string();
    assert_eq!(covered(&format!("from={}&to={}", day(40), day(3))).await, ("0".into(), "10".into()));
    assert_eq!(covered(&format!("from={}&to={}", day(40), day(2))).await, ("1".into(), "10".into()));
});

on_both!(openings_keep_the_day_they_had, |app| async move {
    use tradewind::clock::Calendar;
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
    let insight = share(&app, &ann, "Crates are counted twice.").await;
    open(&app, &bob, insight).await;
    let moved = async |zone: chrono_tz::Tz| {
        app.db
            .write_alone(move |c| Ok(rebuild::of_another_zone(c, Calendar { zone })?))
            .await
            .expect("a count")
    };
    assert_eq!(moved(app.calendar().zone).await, 0);
    // East or west of here it was another day.
    let elsewhere = moved(chrono_tz::Pacific::Kiritimati).await + moved(chrono_tz::Etc::GMTPlus12).await;
    assert!(elsewhere >= 1);
});

on_both!(an_edit_that_moves_the_segment_moves_its_counts, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
    let of = |draft: &mut tradewind::archive::draft::Draft| draft.segment = "Trade".into();
    let insight = app.insight_with(&ann, "Trade asks for pallets.", of).await;
    open(&app, &bob, insight).await;
    let path = format!("/insights/{insight}");
    bob.post(&format!("{path}/use"), &[("note", "For a visit")]).await.expect(303);
    let form = ann.get(&format!("{path}/edit")).await.expect(200);
    ann.submit(&form, "main form", &[("segment", "Retail")]).await.expect(303);
    assert_eq!(differences(&app).await, [], "the contribution and the use move, the opening stays");
    let counted = app
        .ask(|c| {
            use tradewind::db::schema::segments;
            Ok(activity_daily::table
                .inner_join(segments::table.on(segments::id.eq(activity_daily::segment_id)))
                .order(segments::name)
                .select((
                    segments::name,
                    diesel::dsl::sql::<diesel::sql_types::BigInt>("contributions"),
                    diesel::dsl::sql::<diesel::sql_types::BigInt>("accesses"),
                ))
                .filter(activity_daily::contributions.ne(0).or(activity_daily::accesses.ne(0)))
                .load::<(String, i64, i64)>(c)?)
        })
        .await;
    assert_eq!(counted, [("Retail".to_owned(), 1, 0), ("Trade".to_owned(), 0, 1)]);
});
