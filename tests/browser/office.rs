//! The Chief Customer Officer's way: from the sentence to the matrix, to the pair, to the rows, and to
//! something done about it; in every look, on paper, without scripts, without a mouse.

use thirtyfour::prelude::*;

use super::company::Demo;
use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, LOOKS, Look};

const WIDE: Look = Look { dark: false, width: 1280 };

/// How many elements there are of a kind.
async fn many(browser: &Browser, css: &str) -> i64 {
    let script = format!("return document.querySelectorAll({css:?}).length;");
    browser.run(&script).await.as_i64().unwrap_or(-1)
}

/// The number a text begins with.
fn number(text: &str) -> i64 {
    text.split(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(-1)
}

/// The text of the first element.
async fn text(browser: &Browser, css: &str) -> String {
    browser.find(css).await.text().await.expect("a text")
}

/// From the sentence to the rows, and to an insight that is sent where it is asked for.
async fn to_the_rows(demo: &Demo, browser: &Browser) {
    browser.sign_in(&demo.link("cco")).await;
    browser.goto("/flow").await;
    browser.find(".answer mark").await;
    browser.is_quiet().await;
    // What to unblock comes first on a phone, the matrix beside it where there is room.
    let above = "return document.querySelector('#unblock').getBoundingClientRect().top \
                 < document.querySelector('#matrix').getBoundingClientRect().top;";
    let first = browser.run(above).await.as_bool().unwrap_or(false);
    assert_eq!(first, browser.look.width < 600, "{:?}", browser.look);

    // The pair, from the matrix.
    browser.press("#matrix td.is-stuck a").await;
    browser.find("main h1.question").await;
    browser.reads("Why it is stuck").await;
    let badge = number(&text(browser, ".stuck .open").await);
    browser.is_quiet().await;

    // The rows behind its number.
    browser.press(".stuck-acts a").await;
    browser.arrives("/flow/requests").await;
    browser.find("main table").await;
    assert_eq!(many(browser, "main tbody tr").await, badge, "the rows make up the number");
    browser.is_quiet().await;

    // The same from the list, and the one thing to do.
    browser.goto("/flow").await;
    browser.press("#unblock .stuck h3 a").await;
    browser.reads("Why it is stuck").await;
    if many(browser, ".stuck-acts form button").await > 0 {
        browser.press(".stuck-acts form button").await;
    }
    browser.reads("Sent on").await;
    browser.is_quiet().await;

    // What lies idle, and where it is sent.
    browser.goto("/flow").await;
    browser.press("#under-read header a").await;
    browser.arrives("/flow/under-read").await;
    let sent = many(browser, ".was-sent").await;
    browser.run("window.before = true;").await;
    // Where nobody is known to want it, a department is chosen first.
    browser
        .run("const choice = document.querySelector('.work form select'); if (choice) choice.selectedIndex = 1;")
        .await;
    browser.press(".work form button").await;
    browser.leaves().await;
    browser.find(".was-sent").await;
    assert!(many(browser, ".was-sent").await > sent, "it says when it was sent");
    browser.is_quiet().await;
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn from_the_sentence_to_the_rows_in_every_look() {
    travel(async {
        let demo = Demo::start();
        for look in LOOKS {
            let browser = Browser::open(demo.url(), look, true).await;
            to_the_rows(&demo, &browser).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn from_the_sentence_to_the_rows_without_scripts() {
    travel(async {
        let demo = Demo::start();
        for look in [LOOKS[0], LOOKS[3]] {
            let browser = Browser::open(demo.url(), look, false).await;
            to_the_rows(&demo, &browser).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_office_stands_every_inspection() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        browser.sign_in(&demo.link("cco")).await;
        let mut wrong = Vec::new();
        for path in [
            "/flow",
            "/flow?weeks=13&compare=year&managers=yes",
            "/flow/under-read",
            "/flow/people",
            "/flow/value",
            "/flow/requests",
            "/flow/searches",
            "/flow?from=2001-01-01&to=2001-01-08",
        ] {
            browser.goto(path).await;
            wrong.extend(browser.examine(200).await);
        }
        for link in ["#unblock .stuck h3 a", "table.both a[href^='/flow/departments/']"] {
            browser.goto("/flow").await;
            browser.press(link).await;
            browser.find("main h1.question").await;
            wrong.extend(browser.examine(200).await);
        }
        nothing_wrong(&wrong);
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_office_by_keyboard_and_on_paper() {
    travel(async {
        let demo = Demo::start();
        let browser = Browser::open(demo.url(), WIDE, true).await;
        browser.sign_in(&demo.link("cco")).await;
        browser.goto("/flow").await;
        browser.find("#unblock .stuck").await;
        // Two keys: print, and take the numbers along.
        let watch = "window.keys = []; window.print = () => window.keys.push('print'); \
                     document.querySelector('a[data-key=e]').addEventListener('click', e => { \
                       e.preventDefault(); window.keys.push('export'); });";
        browser.run(watch).await;
        browser.key("p").await;
        browser.key("e").await;
        assert_eq!(browser.run("return window.keys.join(' ');").await.as_str(), Some("print export"));
        // Without a mouse to the pair, and to the one thing to do.
        let path = browser.find("#unblock .stuck h3 a").await.attr("href").await.expect("a link");
        let path = path.expect("an address");
        browser.tab_to(&path).await;
        browser.key(Key::Enter).await;
        browser.arrives(path.split('?').next().unwrap_or_default()).await;
        browser.find(".stuck-acts form button").await;
        browser.tab_to("Send").await;
        browser.key(Key::Enter).await;
        browser.reads("Sent on").await;

        // On paper: the answer and its numbers, nothing to press.
        browser.goto("/flow").await;
        browser.on_paper().await;
        let seen = "const seen = css => { const e = document.querySelector(css); \
                      return !!e && e.getClientRects().length > 0; }; \
                    return ['.answer', '.matrix', '#unblock .stuck', '.kpi .big'].map(seen).concat( \
                      ['.controls', '.bar', '.foot', '.stuck-acts', '.btn'].map(css => !seen(css)));";
        let seen = browser.run(seen).await;
        assert!(seen.as_array().expect("a list").iter().all(|one| one.as_bool() == Some(true)), "{seen}");
        // A pixel over the sheet, with no element that reaches beyond it, is all that is let pass.
        let wide = browser.overflow().await;
        assert!(wide.is_empty() || wide == ["needs 795 px"], "{wide:?}");
    });
}

/// Everything wrong with the page: in every look where scripts run, as it stands where they do not.
async fn wrongs(browser: &mut Browser, status: i64) -> Vec<String> {
    match browser.has_scripts() {
        true => browser.examine(status).await,
        false => browser.inspect(status).await,
    }
}

/// From the list of what to unblock to an obstacle that somebody sees to, to a trial, and to one that is closed
/// with its figure before and after, which the board reads.
async fn to_an_obstacle(demo: &Demo, browser: &mut Browser) -> Vec<String> {
    let mut wrong = Vec::new();
    browser.sign_in(&demo.link("cco")).await;
    browser.goto("/flow").await;
    browser.press("#unblock .stuck-acts a[href^='/obstacles/new']").await;
    browser.arrives("/obstacles/new").await;
    wrong.extend(wrongs(browser, 200).await);
    browser.press("main form button[type=submit]").await;
    browser.reads("Say in a sentence what stands in the way").await;
    wrong.extend(wrongs(browser, 422).await);
    browser.write("#description", "Operations does not search before it asks").await;
    browser.write("#action", "Its leads search in the morning meeting.").await;
    browser.find("#owner").await.clear().await.expect("an empty field");
    browser.write("#owner", "@olena.sample").await;
    browser.press("main form button[type=submit]").await;
    browser.reads("The obstacle is recorded").await;
    browser.reads("Olena Sample sees to it").await;
    browser.reads("when it was opened").await;
    wrong.extend(wrongs(browser, 200).await);

    // Half of what Support knows is sent, half waits.
    browser.press("main a[href$='/trial']").await;
    browser.reads("whoever of the department asked for it").await;
    wrong.extend(wrongs(browser, 200).await);
    browser.press("main form[method=post] button[type=submit]").await;
    browser.reads("The trial runs").await;
    browser.reads("Numbers stand here when it has ended").await;
    browser.write("#words", "The leads have agreed").await;
    browser.press("form[action$='/actions'] button").await;
    browser.reads("The leads have agreed").await;
    wrong.extend(wrongs(browser, 200).await);
    browser.goto("/flow").await;
    browser.reads("Its obstacle, being acted on").await;

    // One that has been measured since is closed, with both numbers; not without a reason.
    browser.goto("/obstacles").await;
    wrong.extend(wrongs(browser, 200).await);
    browser.press("main .obstacles a[href='/obstacles/3']").await;
    browser.reads("Before and now").await;
    assert_eq!(many(browser, "div[aria-label='The figure before and now'] tbody tr").await, 2);
    browser.press("input[name=state][value=removed]").await;
    browser.press("form[action$='/state'] button").await;
    browser.reads("Say why in a sentence").await;
    wrong.extend(wrongs(browser, 422).await);
    browser.write("#reason", "The hotline reads it each morning").await;
    browser.press("form[action$='/state'] button").await;
    browser.find("#live p").await;
    browser.reads("The hotline reads it each morning").await;
    // Both numbers of the table in a sentence, whatever the day makes of them.
    let said = text(browser, ".reading").await;
    let table = "div[aria-label='The figure before and now'] tbody";
    for row in ["first-child", "last-child"] {
        let value = text(browser, &format!("{table} tr:{row} td")).await;
        assert!(value.starts_with(|first: char| first.is_ascii_digit()), "a number: {value}");
        assert!(said.contains(&value), "{value} in: {said}");
    }
    wrong.extend(wrongs(browser, 200).await);
    browser.goto("/reports/board").await;
    browser.reads("Support learns of what Sales promised").await;
    wrong.extend(wrongs(browser, 200).await);
    wrong
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn from_what_is_stuck_to_an_obstacle_and_its_end_in_every_look() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        let mut wrong = to_an_obstacle(&demo, &mut browser).await;
        // The other pages of the office, and those that everybody has.
        for path in ["/reports", "/reports/2", "/transparency", "/not-shared", "/me", "/flow/metrics/C9"] {
            browser.goto(path).await;
            wrong.extend(browser.examine(200).await);
        }
        nothing_wrong(&wrong);
        // On paper nothing is cut off, and nothing is there to be pressed.
        for path in ["/reports/board", "/reports/2", "/obstacles", "/obstacles/3"] {
            browser.goto(path).await;
            browser.on_paper().await;
            let seen = "return ['.bar', '.foot', '.office-nav', 'button', '.input'].filter(css => \
                          Array.from(document.querySelectorAll(css)).some(e => e.getClientRects().length > 0));";
            assert_eq!(browser.run(seen).await.as_array().map(Vec::len), Some(0), "{path}");
            let wide = browser.overflow().await;
            assert!(wide.is_empty() || wide == ["needs 795 px"], "{path}: {wide:?}");
            browser.looks(WIDE).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn from_what_is_stuck_to_an_obstacle_on_a_phone_without_scripts() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), LOOKS[3], false).await;
        nothing_wrong(&to_an_obstacle(&demo, &mut browser).await);
    });
}
