//! Every number of a report, read back from the page, the CSV file, the workbook, the JSON file and the
//! mail: the same everywhere, to the last digit.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use scraper::{ElementRef, Selector};
use serde_json::Value;

use super::company::*;
use crate::support::*;

/// A figure as some place tells it: the raw numbers, then the words.
type Told = BTreeMap<String, (Vec<Option<f64>>, Vec<String>)>;

fn number(text: &str) -> Option<f64> {
    (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{text:?} is no number")))
}

fn from_json(body: &str) -> (Told, Vec<Value>) {
    let whole: Value = serde_json::from_str(body).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut told = Told::new();
    let figures = whole["figures"].as_array().expect("figures").clone();
    for row in &figures {
        let key = format!("{}/{}/{}", text(&row["id"]), text(&row["part"]), text(&row["group"]));
        let mut raw = vec![row["value"].as_f64()];
        let mut words = vec![text(&row["shown"]["value"])];
        for compared in row["compared"].as_array().expect("comparisons") {
            raw.push(compared["value"].as_f64());
            words.push(text(&compared["shown"]));
        }
        assert!(told.insert(key.clone(), (raw, words)).is_none(), "{key} is there twice");
    }
    for row in whole["flow"]["rows"].as_array().expect("rows") {
        let names = whole["flow"]["names"].as_array().expect("names");
        for (to, cell) in names.iter().zip(row["cells"].as_array().expect("cells")) {
            let key = format!("C7//from:{} to:{}", text(&row["name"]), text(to));
            told.insert(key, (vec![cell["value"].as_f64()], vec![text(&cell["shown"])]));
        }
    }
    (told, figures)
}

fn from_page(page: &Answer) -> Told {
    let css = |css: &str| Selector::parse(css).expect("a selector");
    let html = page.html();
    let read = |data: ElementRef<'_>| {
        let words = data.text().collect::<String>().trim().to_owned();
        (number(data.attr("value").expect("a value")), words)
    };
    let mut told = Told::new();
    for cell in html.select(&css("td[data-figure]")) {
        let key = cell.attr("data-figure").expect("a figure").to_owned();
        // In the tables of the company the comparisons stand in the same row.
        let row = ElementRef::wrap(cell.parent().expect("a row")).expect("an element");
        let alone = row.select(&css("td[data-figure]")).count() > 1;
        let of = if alone || key.starts_with("C7/") { cell } else { row };
        let cells: Vec<(Option<f64>, String)> = of.select(&css("data")).map(read).collect();
        let (raw, words) = cells.into_iter().unzip();
        assert!(told.insert(key.clone(), (raw, words)).is_none(), "{key} is on the page twice");
    }
    told
}

/// The long table of a file: names of columns, and rows as texts.
fn from_table(rows: &[Vec<String>]) -> Told {
    let column =
        |name: &str| rows[0].iter().position(|head| head == name).unwrap_or_else(|| panic!("no {name}"));
    let mut told = Told::new();
    for row in &rows[1..] {
        let cell = |name: &str| row[column(name)].clone();
        if cell("part").starts_with("week of") {
            continue;
        }
        let mut raw = vec![number(&cell("value"))];
        let mut words = vec![cell("shown")];
        if cell("id") != "C7" {
            for key in ["before", "year_before"] {
                raw.push(number(&cell(&format!("{key}_value"))));
                words.push(cell(&format!("{key}_shown")));
            }
        }
        // What would be a formula stands behind an apostrophe.
        let key = format!("{}/{}/{}", cell("id"), cell("part"), cell("group"));
        told.insert(key, (raw, words));
    }
    told
}

fn csv_rows(body: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(body.as_bytes())
        .records()
        .map(|record| record.expect("a row").iter().map(str::to_owned).collect())
        .collect()
}

fn xlsx_rows(bytes: &[u8], sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let range = book.worksheet_range(sheet).unwrap_or_else(|error| panic!("{sheet}: {error}"));
    range
        .rows()
        .map(|row| {
            row.iter()
                .map(|cell| match cell {
                    Data::Empty => String::new(),
                    Data::String(text) => text.clone(),
                    Data::Float(value) => value.to_string(),
                    Data::Int(value) => value.to_string(),
                    other => panic!("{sheet}: {other:?} is neither a text nor a number"),
                })
                .collect()
        })
        .collect()
}

/// The lines of the mail, by heading and name: what they say.
fn from_mail(body: &str) -> BTreeMap<String, String> {
    let mut group = String::new();
    let mut lines = BTreeMap::new();
    for line in body.lines() {
        match line {
            "Everybody" => group = "all".into(),
            "Managers" => group = "managers".into(),
            _ => {
                if let Some(rest) = line.strip_prefix("* ") {
                    let (name, said) = rest.split_once(": ").map_or((rest, ""), |pair| pair);
                    // A part's name has a colon of its own.
                    let (name, said) = match said.split_once(": ") {
                        Some((part, said)) if !part.contains(';') => (format!("{name}: {part}"), said),
                        _ => (name.to_owned(), said),
                    };
                    lines.insert(format!("{group}/{name}"), said.to_owned());
                }
            }
        }
    }
    lines
}

on_both!(every_number_is_the_same_everywhere, |app| async move {
    let app = with_mail(&app).await;
    app.clock.set(at("2026-08-31T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-09-01T09:00:00")).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-02T09:00:00"));
    run(&app, "a").await;
    let [id] = ids(&app).await[..] else { panic!("one report") };
    let dora = app.another_browser(&company.dora).await;

    let page = dora.get(&format!("/reports/{id}")).await.expect(200);
    let (json, figures) = from_json(&dora.get(&format!("/reports/{id}.json")).await.expect(200).body);
    let csv = csv_rows(&dora.get(&format!("/reports/{id}.csv")).await.expect(200).body);
    let xlsx = dora.get(&format!("/reports/{id}.xlsx")).await.expect(200);

    // There is something to compare, of every kind.
    assert!(figures.len() >= 40, "{} figures", figures.len());
    for group in ["all", "managers", "department:Sales", "department:=Service", "segment:Hospitals"] {
        assert!(json.contains_key(&format!("C1//{group}")), "no C1 of {group}: {:?}", json.keys());
    }
    let (raw, _) = &json["C2//all"];
    assert!(raw[0].is_some() && raw[1].is_some(), "October and September: {raw:?}");
    assert_eq!(raw[2], None, "nothing a year before");

    // The page tells comparisons of the company alone.
    let shown = from_page(&page);
    assert_eq!(
        shown.keys().collect::<Vec<_>>(),
        json.keys().collect::<Vec<_>>(),
        "page (left), JSON (right)"
    );
    for (key, (raw, words)) in &json {
        let (page_raw, page_words) = &shown[key];
        let company = key.ends_with("/all") || key.ends_with("/managers");
        // A year before there was nothing: that has no column, but a sentence.
        let count = if company { raw.len() - 1 } else { 1 };
        assert_eq!(
            (page_raw.as_slice(), page_words.as_slice()),
            (&raw[..count], &words[..count]),
            "{key} on the page"
        );
    }
    for (place, rows) in [("CSV", csv.clone()), ("XLSX", xlsx_rows(&xlsx.bytes, "Figures"))] {
        let told = from_table(&rows);
        let mut expected = Told::new();
        for (key, told) in &json {
            expected.insert(key.replace("//=", "//'="), told.clone());
        }
        assert_eq!(told, expected, "{place}");
    }
    assert_eq!(xlsx_rows(&xlsx.bytes, "Figures"), csv, "the same table to the last cell");
    // Nothing the product says itself is guarded against spreadsheets: a unit is "-1 to 1".
    let cells: Vec<String> = csv.into_iter().flatten().collect();
    assert!(cells.iter().any(|cell| cell == "-1 to 1") && !cells.iter().any(|cell| cell.starts_with('\'')));

    // Every number of the company and of managers stands in the mail.
    let mails = mails(&app).await;
    let [(subject, body)] = mails.as_slice() else { panic!("one mail: {mails:?}") };
    assert_eq!(subject, "How information flowed: October 2026");
    assert!(body.contains(&format!("{PUBLIC_URL}/reports/{id}\n")), "{body}");
    let lines = from_mail(body);
    let mut told = 0;
    for row in &figures {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let group = text(&row["group"]);
        if group != "all" && group != "managers" {
            continue;
        }
        let with_interval = |shown: &Value, interval: &Value| match interval.as_str() {
            Some("") | None => text(shown),
            Some(interval) => format!("{} ({interval})", text(shown)),
        };
        let compared = row["compared"].as_array().expect("comparisons");
        let said = format!(
            "{}; September 2026: {}; October 2025: {}",
            with_interval(&row["shown"]["value"], &row["shown"]["interval"]),
            with_interval(&compared[0]["shown"], &compared[0]["interval"]),
            with_interval(&compared[1]["shown"], &compared[1]["interval"]),
        );
        assert_eq!(lines.get(&format!("{group}/{}", text(&row["name"]))), Some(&said), "in:\n{body}");
        told += 1;
    }
    assert_eq!(lines.len(), told, "nothing else is told");
});

on_both!(a_report_tells_what_the_flow_page_tells, |app| async move {
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-01T09:00:00"));
    run(&app, "a").await;
    let [id] = ids(&app).await[..] else { panic!("one report") };
    let dora = app.another_browser(&company.dora).await;
    let report = from_table(&csv_rows(&dora.get(&format!("/reports/{id}.csv")).await.expect(200).body));
    for panel in ["figures", "segments", "departments"] {
        let path = format!("/flow/csv/{panel}?from=2026-10-01&to=2026-11-01");
        let rows = csv_rows(&dora.get(&path).await.expect(200).body);
        let column = |name: &str| rows[0].iter().position(|head| head == name).expect("a column");
        assert!(rows.len() > 3, "{panel}");
        for row in &rows[1..] {
            let key = format!("{}/{}/{}", row[column("id")], row[column("part")], row[column("group")]);
            let (raw, _) = report.get(&key).unwrap_or_else(|| panic!("{key} is not in the report"));
            assert_eq!(raw[0], number(&row[column("value")]), "{key} of {panel}");
        }
    }
    let matrix = csv_rows(&dora.get("/flow/csv/matrix?from=2026-10-01&to=2026-11-01").await.expect(200).body);
    for row in &matrix[1..] {
        let key =
            format!("C7//from:{} to:{}", row[0].trim_start_matches('\''), row[1].trim_start_matches('\''));
        let (raw, _) = report.get(&key).unwrap_or_else(|| panic!("{key} is not in the report"));
        assert_eq!(raw[0], number(&row[2]), "{key}");
    }
});
