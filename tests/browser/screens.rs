//! Every screen of every role, in every look: to axe-core, on the console, at 320 px.

use super::company::Demo;
use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, Look};

const WIDE: Look = Look { dark: false, width: 1280 };

/// Goes through pages as a role and gathers what is wrong with them.
async fn tour(demo: &Demo, browser: &mut Browser, role: &str, pages: &[(&str, i64)]) -> Vec<String> {
    browser.sign_in(&demo.link(role)).await;
    let mut wrong = browser.examine(200).await;
    for (page, status) in pages {
        browser.goto(page).await;
        wrong.extend(browser.examine(*status).await);
    }
    wrong
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn what_an_employee_reads() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        browser.goto("/sign-in").await;
        let mut wrong = browser.examine(200).await;
        browser.send("main form").await;
        wrong.extend(browser.examine(422).await);
        for (dead, status) in
            [("/join/no-such-link", 404), ("/reset/no-such-link", 404), ("/unsubscribe/no-such-link", 404)]
        {
            browser.goto(dead).await;
            wrong.extend(browser.examine(status).await);
        }
        browser.goto(&demo.link("employee")).await;
        wrong.extend(browser.examine(200).await);
        let pages = [
            ("/", 200),
            ("/?order=valued", 200),
            ("/?order=to-rate", 200),
            ("/archive", 200),
            ("/archive?q=invoice", 200),
            ("/archive?q=nothing+has+these+words", 200),
            ("/insights/1", 200),
            ("/insights/1/history", 200),
            ("/insights/1/value", 200),
            ("/insights/1/uses", 200),
            ("/customers", 200),
            ("/customers/1", 200),
            ("/segments/1", 200),
            ("/topics/1", 200),
            ("/people/1", 200),
            ("/me", 200),
            ("/settings", 200),
            ("/requests", 200),
            ("/requests?tab=mine", 200),
            ("/requests/1", 200),
            ("/me/credits", 200),
            ("/help/value", 200),
            ("/help/privacy", 200),
            ("/flow/metrics", 200),
            ("/flow", 403),
            ("/no-such-page", 404),
            ("/?order=loudest", 400),
        ];
        wrong.extend(tour(&demo, &mut browser, "employee", &pages).await);
        // A week of earnings, by the address the statement gives.
        browser.goto("/me/credits").await;
        browser.press("main .statement a[href^=\"/me/credits/\"]").await;
        browser.arrives("/me/credits/").await;
        wrong.extend(browser.examine(200).await);
        nothing_wrong(&wrong);
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn what_the_officer_reads() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        let pages = [
            ("/flow", 200),
            ("/flow?period=4w", 200),
            ("/flow/metrics", 200),
            ("/flow/contributions", 200),
            ("/flow/accesses", 200),
            ("/flow/searches", 200),
            ("/flow/sent", 200),
        ];
        let mut wrong = tour(&demo, &mut browser, "cco", &pages).await;
        // A department and a pair, by the addresses the overview gives.
        for prefix in ["/flow/departments/", "/flow/"] {
            browser.goto("/flow").await;
            let script = format!(
                "return Array.from(document.querySelectorAll('main a[href]')).map(a => a.getAttribute('href')) \
                 .filter(h => h.startsWith('{prefix}') && h.split('?')[0].split('/').length === 4 && !h.includes('/csv/')) \
                 .filter(h => '{prefix}' !== '/flow/' || !h.startsWith('/flow/departments/'))[0] || '';"
            );
            let link = browser.run(&script).await.as_str().unwrap_or_default().to_owned();
            assert!(!link.is_empty(), "the overview leads to nothing under {prefix}");
            browser.goto(&link).await;
            wrong.extend(browser.examine(200).await);
        }
        nothing_wrong(&wrong);
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn what_the_administrator_reads() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        let pages = [
            ("/admin/people", 200),
            ("/admin/people/1", 200),
            ("/admin/people/new", 200),
            ("/admin/departments", 200),
            ("/admin/departments/1", 200),
            ("/admin/audit", 200),
            ("/admin/import", 200),
            ("/admin/mail", 200),
            ("/earnings", 200),
        ];
        let mut wrong = tour(&demo, &mut browser, "admin", &pages).await;
        for (page, form) in [
            ("/admin/people/new", "main form[action='/admin/people']"),
            ("/admin/departments", "main form[action='/admin/departments']"),
        ] {
            browser.goto(page).await;
            browser.send(form).await;
            wrong.extend(browser.examine(422).await);
        }
        // What an import says of good files and of a bad one.
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/static/samples");
        browser.goto("/admin/import").await;
        for name in ["people", "insights"] {
            let field = browser.find(&format!("input[type=file][name={name}]")).await;
            field.send_keys(format!("{samples}/{name}.csv")).await.expect("a file");
        }
        browser.send("main form[action='/admin/import']").await;
        wrong.extend(browser.examine(200).await);
        browser.goto("/admin/import").await;
        let field = browser.find("input[type=file][name=people]").await;
        field.send_keys(format!("{samples}/insights.csv")).await.expect("a file");
        browser.send("main form[action='/admin/import']").await;
        wrong.extend(browser.examine(422).await);
        nothing_wrong(&wrong);
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn what_forms_answer() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        // What a colleague shared, to the employee.
        browser.sign_in(&demo.link("employee")).await;
        browser.goto("/?order=to-rate").await;
        let theirs = browser.find("main .lot a.lot-open").await.attr("href").await.expect("a link");
        let theirs = theirs.expect("an address");
        let pages = [("/insights/new", 200), ("/insights/1/edit", 200), ("/insights/1/withdrawal", 200)];
        let mut wrong = tour(&demo, &mut browser, "curator", &pages).await;
        for (page, form) in [
            ("/", "form.composer"),
            ("/insights/new", "main form[action='/insights']"),
            ("/insights/1", "main form[action$='/remarks']"),
        ] {
            browser.goto(page).await;
            browser.send(form).await;
            wrong.extend(browser.examine(422).await);
        }
        // Shared: the page of one's own insight, with the notice; then edited twice at once.
        browser.goto("/").await;
        browser.write("form.composer textarea[name=text]", "Porters ask for a bell at the north ramp").await;
        browser.press("form.composer button[type=submit]").await;
        browser.find("#live p").await;
        wrong.extend(browser.examine(200).await);
        browser.goto("/me").await;
        wrong.extend(browser.examine(200).await);
        let edit = "main form[action$='/edit']";
        let title = "main form[action$='/edit'] [name=title]";
        browser.goto("/insights/2/edit").await;
        browser.write(title, " (checked)").await;
        browser.send(edit).await;
        browser.goto("/insights/2/edit").await;
        browser.run("document.querySelector('[name=version]').value = '1'").await;
        browser.write(title, " (once more)").await;
        browser.send(edit).await;
        wrong.extend(browser.examine(409).await);
        browser.goto("/insights/2/history").await;
        wrong.extend(browser.examine(200).await);
        // Withdrawn: what is left for its readers.
        browser.goto(&format!("{theirs}/withdrawal")).await;
        browser.run("for (const f of document.querySelectorAll('main form textarea, main form input[type=text]')) f.value = 'Told in confidence';").await;
        browser.send("main form[action$='/withdrawal']").await;
        browser.goto(&theirs).await;
        wrong.extend(browser.examine(200).await);
        browser.sign_in(&demo.link("employee")).await;
        browser.goto(&theirs).await;
        wrong.extend(browser.examine(404).await);
        nothing_wrong(&wrong);
    });
}
