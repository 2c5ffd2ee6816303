//! The import page: the report first, then exactly what was reported on.

use actix_web::http::header;
use actix_web::test::TestRequest;

use super::files::row_counts;
use crate::support::*;

const PEOPLE: &str = "email,name,department\nbob@example.com,Bob Example,Sales\n";
const INSIGHTS: &str = "ref,author,contributed_at,title,body\ns1,bob@example.com,2026-01-05,Crates,Text\n";

/// Sends files as the form does: field, file name, content.
async fn upload(visitor: &Visitor, files: &[(&str, &str, &str)]) -> Answer {
    let mut body = String::new();
    for (field, name, content) in files {
        body.push_str(&format!(
            "--line\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--line--\r\n");
    let request = TestRequest::post()
        .uri("/admin/import")
        .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=line"))
        .insert_header(("sec-fetch-site", "same-origin"))
        .set_payload(body);
    visitor.raw(request).await
}

/// What a browser sends for fields in which nothing was chosen.
const NOTHING: [(&str, &str, &str); 2] = [("accesses", "", ""), ("ratings", "", "")];

on_both!(a_report_and_then_exactly_that, |app| async move {
    let ada = app.admin("Ada Sample", "Office").await;
    ada.get("/admin/import").await.expect(200).sees("Check the files").sees("ref*, author*");
    let before = row_counts(&app).await;
    let files = [&[("people", "p.csv", PEOPLE), ("insights", "i.csv", INSIGHTS)], &NOTHING[..]].concat();
    let report =
        upload(&ada, &files).await.expect(200).sees("Nothing was written yet").sees("1 person and 1 insight");
    assert_eq!(row_counts(&app).await, before, "a report writes nothing");

    let key = report.field("key");
    let mallory = app.admin("Mal Example", "Office").await;
    let confirm = [("key", key.as_str())];
    mallory.post("/admin/import/confirmation", &confirm).await.sent_to("/admin/import");
    assert_eq!(app.count("insights").await, 0, "only who uploaded it can confirm it");

    ada.submit(&report, "form[action='/admin/import/confirmation']", &[]).await.sent_to("/admin/import");
    ada.get("/admin/import").await.sees("Imported 1 person and 1 insight.");
    assert_eq!((app.count("insights").await, app.count("checked_uploads").await), (1, 0));
    ada.post("/admin/import/confirmation", &confirm).await.sent_to("/admin/import");
    ada.get("/admin/import").await.sees("imported already, or is older than an hour");
    assert_eq!(app.count("insights").await, 1);

    upload(&ada, &files).await.expect(200).sees("nothing changes").sees("1 there already");
    assert_eq!(app.count("checked_uploads").await, 0, "there is nothing to confirm");
});

on_both!(problems_are_shown_and_nothing_can_be_confirmed, |app| async move {
    let ada = app.admin("Ada Sample", "Office").await;
    let report = upload(&ada, &[("people", "p.csv", "email,name\n<b>x</b>,\u{202e}Bob\n")]).await.expect(422);
    let report = report.sees("Nothing was written").sees("column department: this column is missing");
    assert!(!report.has("form[action='/admin/import/confirmation']") && !report.body.contains("<b>x</b>"));
    upload(&ada, &NOTHING).await.expect(422).sees("Choose at least one file");
    upload(&ada, &[("people", "empty.csv", "")]).await.expect(422).sees("people.csv: is empty");
    upload(&ada, &[("passwords", "p.csv", "x")]).await.expect(400);
    upload(&ada, &[("people", "p.csv", PEOPLE), ("people", "q.csv", PEOPLE)]).await.expect(400);
    assert_eq!(app.count("checked_uploads").await, 0);
});

on_both!(an_upload_waits_an_hour, |app| async move {
    let ada = app.admin("Ada Sample", "Office").await;
    let key = upload(&ada, &[("people", "p.csv", PEOPLE)]).await.expect(200).field("key");
    // The session goes on while somebody reads.
    for _ in 0..3 {
        app.later(30);
        ada.get("/admin/import").await.expect(200);
    }
    // A file may hold roles: whoever imports says again who they are, and the upload is still the same.
    let asked = ada.post("/admin/import/confirmation", &[("key", &key)]).await.expect(403).sees("Is it you?");
    assert_eq!(asked.field("key"), key);
    ada.submit(&asked, "main form", &[("proof", PASSWORD)]).await.sent_to("/admin/import");
    assert_eq!(app.count("people").await, 1);
});

on_both!(what_changed_meanwhile_is_checked_again, |app| async move {
    let ada = app.admin("Ada Sample", "Office").await;
    let insight = "ref,author,contributed_at,title,body\ns1,ada.sample@example.com,2026-01-05,Crates,Text\n";
    let first = upload(&ada, &[("insights", "i.csv", insight)]).await.expect(200).field("key");
    ada.post("/admin/import/confirmation", &[("key", &first)]).await.sent_to("/admin/import");
    let accesses = "insight,reader,accessed_at\ns1,ada.sample@example.com,2026-01-06\n";
    upload(&ada, &[("accesses", "a.csv", accesses)]).await.expect(200).sees("not counted: own insight");
});

on_both!(the_page_has_limits, |app| async move {
    let small = app
        .node(|config| {
            config.upload_bytes = 1000;
            config.upload_rows = 2;
        })
        .await;
    let ada = app.admin("Ada Sample", "Office").await.at(&small);
    let large = format!("{PEOPLE}{}", "x@example.com,X,Sales\n".repeat(100));
    upload(&ada, &[("people", "p.csv", &large)]).await.expect(413).sees("tradewind import FOLDER");
    let rows = format!("{PEOPLE}{}", "y@example.com,Y,Sales\nz@example.com,Z,Sales\n");
    upload(&ada, &[("people", "p.csv", &rows)])
        .await
        .expect(422)
        .sees("has too many rows; the import page takes 2, this has 3");
});

on_both!(only_administrators_import, |app| async move {
    for visitor in [
        app.employee("Ann Sample", "Service").await,
        app.curator("Cy Sample", "Service").await,
        app.officer("Di Sample", "Office").await,
    ] {
        visitor.get("/admin/import").await.expect(403);
        upload(&visitor, &[("people", "p.csv", PEOPLE)]).await.expect(403);
        visitor.post("/admin/import/confirmation", &[("key", "x")]).await.expect(403);
    }
    app.stranger().get("/admin/import").await.sent_to("/sign-in?back_to=%2Fadmin%2Fimport");
});
