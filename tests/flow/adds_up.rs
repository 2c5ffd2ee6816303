//! Every linked number is followed to the rows behind it, through all their pages, and the rows are added up.
//! In this company every insight has readers enough, so no row withholds anything.

use std::collections::BTreeMap;

use scraper::Selector;

use super::acting;
use crate::support::*;
use tradewind::flow::store;

struct Company {
    people: Vec<Visitor>,
    dora: Visitor,
}

/// Three departments of seven, of which three lead each; 60 insights over three segments, each opened by
/// everybody of two or three departments; searches; ratings of some.
async fn company(app: &TestApp) -> Company {
    let mut people = Vec::new();
    for department in ["Sales", "Service", "Product"] {
        for at in 0..7 {
            let name = format!("{department} {at}");
            people.push(if at < 3 {
                app.manager(&name, department).await
            } else {
                app.employee(&name, department).await
            });
        }
    }
    let dora = app.officer("Dora Example", "Product").await;
    let raters = |from: usize, count: usize| people.iter().cycle().skip(from).take(count);
    for number in 0..60_usize {
        let author = &people[(number * number + 3) % 21];
        let segment = ["Hospitals", "Schools", ""][number % 3];
        let text = format!("What customer {number} said. It is short.");
        let insight = app.insight_with(author, &text, |draft| draft.segment = segment.into()).await;
        for (at, reader) in people.iter().enumerate() {
            if number % 4 > 0 || at < 14 {
                let actor = acting(app, reader, reader.manager);
                app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
            }
        }
        // Some come back on another day.
        if number % 5 == 0 {
            app.later(45);
            for reader in &people[..number % 7 + 5] {
                let actor = acting(app, reader, reader.manager);
                app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
            }
        }
        for rater in raters(number, number % 6) {
            if rater.id == author.id || (number % 4 == 0 && rater.id >= people[14].id) {
                continue;
            }
            let actor = acting(app, rater, rater.manager);
            app.tell(move |c| tradewind::market::store::ratings::put(c, &actor, insight, 1, 4, true)).await;
        }
        for searcher in people.iter().skip(number % 4).step_by(4) {
            let actor = acting(app, searcher, searcher.manager);
            let words = if number % 2 == 0 { "spare parts" } else { "warranty" };
            app.tell(move |c| Ok(store::record_search(c, &actor, words, (number % 3) as i64)?)).await;
        }
        if number % 2 == 1 {
            app.days_later(1);
        }
    }
    app.days_later(3);
    Company { people, dora }
}

pub(super) fn css(css: &str) -> Selector {
    Selector::parse(css).expect("a selector")
}

/// A whole number as pages write it.
fn whole(text: &str) -> Option<i64> {
    let digits: String = text.trim().chars().filter(|c| *c != ',').collect();
    digits.parse().ok()
}

/// The rows of a list through all its pages: how many, and the sum of the number each begins with.
async fn rows(dora: &Visitor, path: &str) -> (i64, i64) {
    let (mut count, mut sum) = (0, 0);
    let mut next = Some(path.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        pages += 1;
        assert!(pages < 100, "{path}: no end");
        let page = dora.get(&path).await.expect(200);
        let html = page.html();
        count += html.select(&css("main table tbody tr")).count() as i64;
        // What is not told by insight stands below, where all are on one page.
        for row in html.select(&css("main table tbody tr, main table tfoot tr")) {
            let first = row.select(&css("td.n")).next();
            sum += first.and_then(|cell| whole(&cell.text().collect::<String>())).unwrap_or(0);
        }
        next = page.attrs("a[rel=next]", "href").first().cloned();
    }
    (count, sum)
}

/// Rows of a CSV file, by the names of its columns.
async fn file(dora: &Visitor, path: &str) -> Vec<BTreeMap<String, String>> {
    let body = dora.get(path).await.expect(200).body;
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|row| names.iter().cloned().zip(row.expect("a row").iter().map(str::to_owned)).collect())
        .collect()
}

fn add(rows: &[BTreeMap<String, String>], column: &str) -> i64 {
    // What a row does not tell is in the last one, together.
    let told = rows.iter().filter(|row| !row[column].is_empty() || row["suppressed"] != "true");
    told.map(|row| row[column].parse::<i64>().unwrap_or_else(|_| panic!("{row:?}"))).sum()
}

fn count(text: &str) -> i64 {
    text.parse::<f64>().unwrap_or_else(|_| panic!("{text:?} is no count")) as i64
}

on_both!(the_rows_behind_every_linked_number_add_up_to_it, |app| async move {
    let Company { people, dora } = company(&app).await;
    let dora = app.another_browser(&dora).await;
    let mut followed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut pages: Vec<String> = vec!["/flow?weeks=13".into(), "/flow?weeks=4".into()];
    for department in [0, 7, 14] {
        pages.push(format!("/flow/departments/{}?weeks=13", people[department].department_id));
    }
    for page in pages {
        let page = dora.get(&page).await.expect(200);
        let html = page.html();
        let links: Vec<(String, String)> = html
            .select(&css("main table td a[href^='/flow/']"))
            .map(|link| (link.attr("href").expect("an address").to_owned(), link.text().collect::<String>()))
            .collect();
        for (href, text) in links {
            let Some(number) = whole(&text) else { continue };
            let kind = href.split(['?', '/']).nth(2).unwrap_or_default();
            match kind {
                "contributions" => {
                    assert_eq!(rows(&dora, &href).await.0, number, "{href}");
                    *followed.entry("contributions").or_default() += 1;
                }
                "accesses" => {
                    let csv = href.replace("/flow/accesses", "/flow/csv/accesses");
                    let rows_of_file = file(&dora, &csv).await;
                    assert_eq!(add(&rows_of_file, "openings"), number, "{href}");
                    let by_insight: Vec<_> =
                        rows_of_file.into_iter().filter(|row| !row["insight"].is_empty()).collect();
                    let (insights, on_pages) = rows(&dora, &href).await;
                    let told = if insights > 50 { add(&by_insight, "openings") } else { number };
                    assert_eq!(on_pages, told, "{href} on the page");
                    *followed.entry("accesses").or_default() += 1;
                }
                // A cell of the table, to the page of the pair: its weeks add up to it.
                _ if href
                    .split(['?', '/'])
                    .nth(3)
                    .is_some_and(|to| to.chars().all(|c| c.is_ascii_digit())) =>
                {
                    let pair = dora.get(&href).await.expect(200);
                    let weeks: i64 = pair
                        .html()
                        .select(&css("details.data td.n"))
                        .filter_map(|cell| whole(&cell.text().collect::<String>()))
                        .sum();
                    assert_eq!(weeks, number, "{href}: its weeks");
                    *followed.entry("pairs").or_default() += 1;
                }
                _ => {}
            }
        }
    }
    for kind in ["contributions", "accesses", "pairs"] {
        assert!(followed.get(kind).is_some_and(|count| *count >= 4), "{followed:?}");
    }
});

on_both!(the_rows_behind_every_figure_add_up_to_it, |app| async move {
    let Company { people, dora } = company(&app).await;
    let dora = app.another_browser(&dora).await;
    let keys: BTreeMap<String, i64> = [0, 7, 14]
        .map(|at| (people[at].name.split(' ').next().expect("a name").to_owned(), people[at].department_id))
        .into();
    let segments: BTreeMap<String, i64> = app
        .ask(|c| {
            use diesel::prelude::*;
            use tradewind::db::schema::segments;
            let mut all = segments::table.select((segments::name, segments::id)).load::<(String, i64)>(c)?;
            all.push(("(none)".into(), 0));
            Ok(all)
        })
        .await
        .into_iter()
        .collect();
    let last = app.calendar().day(app.now());
    let periods = [
        "weeks=13".to_owned(),
        "weeks=4".to_owned(),
        format!("from={}&to={}", last - chrono::Days::new(20), last - chrono::Days::new(6)),
    ];
    let mut checked = 0;
    // The whole company, and what is narrowed to a segment.
    let within = std::iter::once(String::new()).chain(segments.values().map(|id| format!("&segment={id}")));
    let within: Vec<String> =
        within.flat_map(|segment| periods.iter().map(move |period| format!("{period}{segment}"))).collect();
    for period in &within {
        let is_narrowed = period.contains("segment");
        for panel in ["departments", "segments", "figures"] {
            if is_narrowed && panel == "segments" {
                continue;
            }
            for row in file(&dora, &format!("/flow/csv/{panel}?{period}")).await {
                let narrow = match row["group"].split_once(':') {
                    None if row["group"] == "managers" => "&managers=yes".to_owned(),
                    None => String::new(),
                    Some(("department", name)) => format!("&department={}", keys[name]),
                    Some((_, name)) => format!("&segment={}", segments[name]),
                };
                let query = format!("{period}{narrow}");
                let found = match row["id"].as_str() {
                    "C1" => rows(&dora, &format!("/flow/contributions?{query}")).await.0,
                    "C2" => add(&file(&dora, &format!("/flow/csv/accesses?{query}")).await, "openings"),
                    "C13" => {
                        let without = rows(&dora, &format!("/flow/coverage?{query}&enough=no")).await.0;
                        let with = rows(&dora, &format!("/flow/coverage?{query}")).await.0;
                        assert_eq!(with + without, count(&row["denominator"]), "{row:?}");
                        with
                    }
                    "C17" if row["part"] == "zero_results" => {
                        let listed = file(&dora, &format!("/flow/csv/searches?{query}")).await;
                        add(&listed, "searches")
                    }
                    _ => continue,
                };
                assert_eq!(found, count(&row["numerator"]), "{period}: {row:?}");
                checked += 1;
            }
        }
    }
    for period in &periods {
        // Cells add up to the first openings, and people by department to everybody.
        let page = dora.get(&format!("/flow/people?{period}")).await.expect(200);
        let numbers: Vec<Vec<i64>> = page
            .html()
            .select(&css("table tbody tr, table tfoot tr"))
            .map(|row| {
                row.select(&css("td.n"))
                    .filter_map(|cell| whole(cell.text().collect::<String>().split_whitespace().next()?))
                    .collect()
            })
            .collect();
        let (all, parts) = numbers.split_last().expect("rows");
        for (column, sum) in all.iter().enumerate() {
            let parts: i64 = parts.iter().map(|row| row[column]).sum();
            assert_eq!(parts, *sum, "{period}, column {column}: {numbers:?}");
        }
    }
    assert!(checked > 150, "{checked} figures");
    // A month's report tells the same as the lists of its days.
    let weeks = file(&dora, "/flow/csv/weeks?weeks=13").await;
    let all = file(&dora, "/flow/csv/accesses?weeks=13").await;
    assert_eq!(add(&weeks, "accesses"), add(&all, "openings"));
    assert_eq!(add(&weeks, "contributions"), rows(&dora, "/flow/contributions?weeks=13").await.0);
});
