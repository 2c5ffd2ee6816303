//! The market, in light and dark, wide and narrow, with and without scripts: asking, answering and
//! awarding; a curator and a ring.

use super::company::Demo;
use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, LOOKS, Look};

/// With scripts off one look is enough: what differs between them is the style sheet's work.
const WITHOUT_SCRIPTS: [Look; 1] = [LOOKS[3]];

/// What tells one round from another.
fn round(browser: &Browser) -> String {
    let light = if browser.look.dark { "night" } else { "day" };
    let scripts = if browser.has_scripts() { "early" } else { "late" };
    format!("the {scripts} {light} shift of line {}", browser.look.width)
}

/// Who answers: one colleague per look, since two who pay each other again and again are stopped.
fn colleague(look: Look) -> &'static str {
    match (look.dark, look.width < 600) {
        (false, false) => "manager",
        (true, false) => "curator",
        (false, true) => "cco",
        (true, true) => "admin",
    }
}

/// Makes a journey in every look with scripts, and in one without, in front of one company.
async fn in_every_look(journey: impl AsyncFn(&Demo, &Browser)) {
    let demo = Demo::start();
    for (looks, scripts) in [(LOOKS.as_slice(), true), (WITHOUT_SCRIPTS.as_slice(), false)] {
        let mut browser = Browser::open(demo.url(), looks[0], scripts).await;
        for look in looks {
            browser.looks(*look).await;
            journey(&demo, &browser).await;
        }
    }
}

/// The page in the window is as it should be, in the look it has.
async fn fine(browser: &Browser, status: i64) {
    nothing_wrong(&browser.inspect(status).await);
}

/// Asks with a bounty after having seen what is known; a colleague answers with a new insight; the asker
/// awards; both see where the credits went.
async fn ask_answer_award(demo: &Demo, browser: &Browser) {
    let (round, colleague) = (round(browser), colleague(browser.look));
    let question = format!("Do customers pay one invoice for one contract on {round}?");
    browser.sign_in(&demo.link("employee")).await;
    browser.goto("/requests").await;
    browser.press("main .board-head a.btn").await;
    browser.arrives("/requests/new").await;
    fine(browser, 200).await;
    browser.write("[name=question]", &question).await;
    browser.run("document.querySelector('[name=bounty]').value = ''").await;
    browser.write("[name=bounty]", "20").await;
    browser.press("main form.form button[type=submit]").await;
    // First what the archive has; the question and the bounty stand below as they were typed.
    browser.find("#known .known-one").await;
    fine(browser, 200).await;
    assert_eq!(browser.run("return document.querySelector('[name=bounty]').value").await, "20");
    browser.press("main form.form button[type=submit]").await;
    browser.reads("your credits wait for the answer").await;
    browser.reads(&question).await;
    fine(browser, 200).await;
    let request = browser.path().await;
    assert!(!request.ends_with("/new"), "asked: {request}");

    let answer = format!("They pay eleven invoices for one contract, and {round} opens each of them");
    browser.sign_in(&demo.link(colleague)).await;
    browser.goto(&request).await;
    fine(browser, 200).await;
    browser.write("form.answer-form [name=text]", &answer).await;
    browser.press("form.answer-form button[type=submit]").await;
    browser.find("section.given").await;
    browser.reads(&answer).await;
    fine(browser, 200).await;

    // The bell leads the asker to the answer.
    browser.sign_in(&demo.link("employee")).await;
    browser.goto("/notifications").await;
    browser.reads(&round).await;
    browser.press("main .told li a").await;
    browser.arrives(&request).await;
    fine(browser, 200).await;
    browser.press("main form.award button[type=submit]").await;
    browser.reads("Awarded 20 credits").await;
    fine(browser, 200).await;

    // Both find it in the newest lines of their statements, with the way back to the request.
    let newest = format!("main .statement li a[href=\"{request}\"]");
    for (role, amount) in [("employee", "\u{2212}20"), (colleague, "+20")] {
        if role == colleague {
            browser.sign_in(&demo.link(role)).await;
        }
        browser.goto("/me").await;
        browser.press("main .actions a[href=\"/me/credits\"]").await;
        browser.arrives("/me/credits").await;
        browser.find(&newest).await;
        let script =
            format!("return document.querySelector('{newest}').closest('li').querySelector('b').textContent");
        let line = browser.run(&script).await;
        assert!(line.as_str().is_some_and(|line| line.starts_with(amount)), "{role}: {line}");
        fine(browser, 200).await;
    }
}

/// Finds the ring in the queue, reads the evidence, is refused without a reason, decides, takes the
/// decision back; the audit log has both.
async fn a_ring_is_decided(demo: &Demo, browser: &Browser) {
    let reason = format!("They sit apart and rate together, {}", round(browser));
    browser.sign_in(&demo.link("curator")).await;
    browser.press(".nav a[href=\"/review\"]").await;
    browser.arrives("/review").await;
    fine(browser, 200).await;
    browser.press("main .tabs a[href=\"/review?show=ring\"]").await;
    browser.arrives("/review?show=ring").await;
    browser.press("main .queue h2 a").await;
    browser.reads("How they rate each other").await;
    browser.reads("Stars above expected").await;
    browser.reads("No single rating is shown to anybody").await;
    fine(browser, 200).await;
    let case = browser.path().await;
    assert!(case.starts_with("/review/"), "{case}");

    browser.press("form.ruling label:has([value=as_one])").await;
    browser.press("form.ruling button[type=submit]").await;
    browser.reads("Say why, in a few words").await;
    fine(browser, 422).await;
    assert_eq!(browser.run("return document.querySelector('[value=as_one]').checked").await, true);
    browser.write("form.ruling [name=reason]", &reason).await;
    browser.press("form.ruling button[type=submit]").await;
    browser.find("#live p").await;
    fine(browser, 200).await;
    browser.goto("/review?show=watched").await;
    browser.press("main .queue h2 a").await;
    browser.arrives(&case).await;
    browser.reads(&reason).await;
    fine(browser, 200).await;

    browser.press("form[action$=\"/reopening\"] button").await;
    browser.find("#live p").await;
    browser.goto(&case).await;
    browser.reads("taken back").await;
    browser.find("form.ruling").await;
    fine(browser, 200).await;

    browser.sign_in(&demo.link("admin")).await;
    browser.goto("/admin/audit").await;
    let id = case.trim_start_matches("/review/");
    browser.reads(&format!("decided case {id}: watched, counts as one")).await;
    browser.reads(&format!("took back the decision of case {id}")).await;
    fine(browser, 200).await;
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn asking_answering_and_awarding_in_every_look() {
    travel(in_every_look(ask_answer_award));
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn a_curator_decides_a_ring_in_every_look() {
    travel(in_every_look(a_ring_is_decided));
}
