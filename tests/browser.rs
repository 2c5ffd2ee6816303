//! The journeys of each role in a real browser, in front of the demo company: in light and dark, wide and
//! narrow, with and without scripts, by mouse and by keyboard. Ignored where nothing is installed for it;
//! `tests/run` runs them.

mod support;
#[path = "support/browser.rs"]
mod window;

use support::*;
use thirtyfour::prelude::*;
use window::{Browser, Demo, LOOKS, Look};

/// A journey on a runtime of its own.
fn travel<F: Future<Output = ()>>(journey: F) {
    actix_rt::System::new().block_on(journey);
}

const WIDE: Look = Look { dark: false, width: 1280 };
const NARROWEST: Look = Look { dark: false, width: 320 };

/// A sentence that nobody has shared yet.
fn sentence(look: Look, scripts: bool) -> String {
    let light = if look.dark { "by lamplight" } else { "by daylight" };
    let scripts = if scripts { "with" } else { "without" };
    format!("Warehouse staff count pallets twice {light} at {} metres {scripts} a list", look.width)
}

/// Signs in, shares, opens, rates, finds; then the officer reads the flow.
async fn main_journey(demo: &Demo, browser: &Browser) {
    let look = browser.look;
    browser.sign_in(&demo.link("employee")).await;
    browser.is_quiet().await;

    // Share.
    browser.goto("/").await;
    let words = sentence(look, browser.has_scripts());
    browser.write("form.composer textarea[name=text]", &words).await;
    browser.press("form.composer button[type=submit]").await;
    browser.reads(&words).await;
    browser.is_quiet().await;

    // Open what somebody else shared, and rate it.
    browser.goto("/?order=to-rate").await;
    let link = browser.find("main .lot a.lot-open").await;
    let path = link.attr("href").await.expect("a link").expect("an address");
    browser.press("main .lot a.lot-open").await;
    browser.arrives(&path).await;
    browser.press("main form.rate button[value=\"4\"]").await;
    browser.find("main form.rate button[value=\"4\"][aria-pressed=true]").await;
    browser.is_quiet().await;

    // Find what was shared.
    if look.width < 600 {
        browser.goto("/archive").await;
        browser.write("main input[name=q]", "pallets twice").await;
    } else {
        browser.write("#find", "pallets twice").await;
    }
    browser.key(Key::Enter).await;
    browser.arrives("/archive").await;
    browser.reads("Warehouse staff count").await;
    browser.is_quiet().await;

    // The officer sees how it flows.
    browser.sign_in(&demo.link("cco")).await;
    browser.goto("/flow").await;
    browser.find("main h1").await;
    browser.find("main table").await;
    browser.is_quiet().await;
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_main_journey_in_every_look() {
    travel(async {
        let demo = Demo::start();
        for look in LOOKS {
            let browser = Browser::open(&demo, look, true).await;
            main_journey(&demo, &browser).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_main_journey_without_scripts() {
    travel(async {
        let demo = Demo::start();
        for look in LOOKS {
            let browser = Browser::open(&demo, look, false).await;
            main_journey(&demo, &browser).await;
        }
    });
}

/// Pages of each role, as a link would name them.
const PAGES: [(&str, &[&str]); 4] = [
    (
        "employee",
        &[
            "/",
            "/?order=most-valued",
            "/?order=to-rate",
            "/insights/new",
            "/insights/1",
            "/insights/1/history",
            "/archive",
            "/archive?q=invoice",
            "/archive?q=nothing+has+these+words",
            "/customers",
            "/customers/1",
            "/segments/1",
            "/topics/1",
            "/people/1",
            "/me",
            "/settings",
            "/help/value",
            "/help/privacy",
            "/no-such-page",
        ],
    ),
    ("curator", &["/insights/1", "/insights/1/edit", "/insights/1/withdrawal"]),
    ("cco", &["/flow"]),
    ("admin", &["/admin/people", "/admin/departments", "/admin/import"]),
];

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn every_page_is_accessible_quiet_and_fits() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(&demo, WIDE, true).await;
        browser.goto("/sign-in").await;
        browser.is_accessible().await;
        for (role, pages) in PAGES {
            browser.looks(WIDE).await;
            browser.sign_in(&demo.link(role)).await;
            for page in pages {
                for look in LOOKS {
                    browser.looks(look).await;
                    browser.goto(page).await;
                    browser.is_accessible().await;
                    // A missing page says so on the console too.
                    if *page != "/no-such-page" {
                        browser.is_quiet().await;
                    }
                }
                browser.looks(NARROWEST).await;
                browser.fits().await;
            }
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn sharing_and_rating_by_keyboard_alone() {
    travel(async {
        let demo = Demo::start();
        let browser = Browser::open(&demo, WIDE, true).await;
        browser.goto(&demo.link("employee")).await;
        browser.tab_to("button|").await;
        while !browser.focused().await.contains("Sign in as") {
            browser.tab_to("button|").await;
        }
        browser.key(Key::Enter).await;
        browser.find("a.me").await;

        // The first Tab of a page offers to skip what every page has.
        browser.goto("/").await;
        browser.key(Key::Tab).await;
        assert!(browser.focused().await.contains("Skip to content"), "{}", browser.focused().await);
        browser.key(Key::Enter).await;
        browser.tab_to("textarea|text").await;
        browser.key("Drivers wait at gate two until the barrier lifts").await;
        browser.tab_to("Share insight").await;
        browser.key(Key::Enter).await;
        browser.reads("Drivers wait at gate two").await;

        browser.goto("/?order=to-rate").await;
        browser.tab_to("Open to rate").await;
        browser.key(Key::Enter).await;
        browser.arrives("/insights/").await;
        browser.tab_to("button|value|5").await;
        browser.key(Key::Enter).await;
        browser.find("main form.rate button[value=\"5\"][aria-pressed=true]").await;
    });
}
