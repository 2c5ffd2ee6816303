//! Signing in, sharing, opening, rating, finding, and the officer's look at the flow: in light and dark,
//! wide and narrow, with and without scripts.

use thirtyfour::prelude::*;

use super::company::Demo;
use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, LOOKS, Look};

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

/// Rates something whose value is hidden, sees it and how it came about, changes their mind, and the value
/// stands as it stood.
async fn a_value_settles(demo: &Demo, browser: &mut Browser) {
    browser.sign_in(&demo.link("employee")).await;
    let hidden = "const lot = Array.from(document.querySelectorAll('main .lot')) \
                  .find(lot => lot.querySelector('.value').textContent.includes('Rate it to see')); \
                  return lot ? lot.querySelector('h2 a').getAttribute('href') : '';";
    let mut path = String::new();
    for list in ["/?order=to-rate", "/?order=valued", "/archive?order=valued", "/archive"] {
        browser.goto(list).await;
        path = browser.run(hidden).await.as_str().unwrap_or_default().to_owned();
        if !path.is_empty() {
            break;
        }
    }
    assert!(!path.is_empty(), "every value is shown already");
    browser.goto(&format!("{path}/value")).await;
    browser.reads("people who see a high number give a high number").await;
    nothing_wrong(&browser.examine(200).await);
    browser.press("main .actions a.btn").await;
    browser.arrives(&path).await;
    browser.find(".verdict.is-blind").await;
    browser.press("main form.rate-wide button[value=\"2\"]").await;
    browser.find(".verdict .needle").await;
    let number = "return document.querySelector('.verdict .value-num').textContent.trim();";
    let before = browser.run(number).await;
    browser.press(".verdict a[href$=\"/value\"]").await;
    browser.arrives(&format!("{path}/value")).await;
    browser.reads("Neutral votes").await;
    browser.reads("Corrected for generosity").await;
    nothing_wrong(&browser.examine(200).await);
    browser.goto(&path).await;
    browser.press("main form.rate-wide button[value=\"5\"]").await;
    browser.find("main form.rate-wide button[value=\"5\"][aria-pressed=true]").await;
    assert_eq!(browser.run(number).await, before, "one person's change of mind must not be readable");
    browser.is_quiet().await;
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn a_value_settles_in_every_look() {
    travel(async {
        for look in LOOKS {
            let demo = Demo::start();
            let mut browser = Browser::open(demo.url(), look, true).await;
            a_value_settles(&demo, &mut browser).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn a_value_settles_without_scripts() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), LOOKS[3], false).await;
        a_value_settles(&demo, &mut browser).await;
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_main_journey_in_every_look() {
    travel(async {
        let demo = Demo::start();
        for look in LOOKS {
            let browser = Browser::open(demo.url(), look, true).await;
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
            let browser = Browser::open(demo.url(), look, false).await;
            main_journey(&demo, &browser).await;
        }
    });
}
