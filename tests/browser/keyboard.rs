//! Without a mouse: sharing, rating, and a focus that can be seen wherever Tab leads.

use std::collections::BTreeSet;

use thirtyfour::prelude::*;

use super::company::Demo;
use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, Look};

const WIDE: Look = Look { dark: false, width: 1280 };
const NARROW: Look = Look { dark: false, width: 390 };

impl Browser {
    /// What has the focus, as its tag, name, value, address and text.
    async fn focused(&self) -> String {
        let script = "const e = document.activeElement; return e ? [e.tagName.toLowerCase(), e.name || '', \
            e.value || '', (e.getAttribute('href') || ''), (e.textContent || '').trim().slice(0, 60)].join('|') : '';";
        self.run(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// What is wrong with the focus: outside the window, under something, or without a ring. A field that
    /// is drawn by its label has the label's place and ring.
    async fn focus_faults(&self) -> Option<String> {
        let script = "document.getAnimations().forEach(a => a.finish()); \
            let e = document.activeElement; const name = e.outerHTML.slice(0, 120); \
            let r = e.getBoundingClientRect(); \
            if (r.width <= 2 && e.labels && e.labels.length) { e = e.labels[0]; r = e.getBoundingClientRect(); } \
            const first = Array.from(e.getClientRects())[0] || r; \
            const x = first.left + Math.min(first.width / 2, 40); const y = first.top + Math.min(first.height / 2, 12); \
            if (!(r.width > 0 && first.top >= -1 && y <= innerHeight && x <= innerWidth)) return 'outside: ' + name; \
            const top = document.elementFromPoint(x, y); \
            if (!(top && (top === e || e.contains(top) || top.contains(e)))) \
              return 'under ' + (top ? top.outerHTML.slice(0, 60) : 'nothing') + ': ' + name; \
            for (let p = e, n = 0; p && n < 4; p = p.parentElement, n++) { const s = getComputedStyle(p); \
              if ((s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || (n === 0 && s.boxShadow !== 'none')) return ''; } \
            return 'no ring: ' + name;";
        let fault = self.run(script).await.as_str().unwrap_or_default().to_owned();
        (!fault.is_empty()).then_some(fault)
    }

    /// Presses Tab until `wanted` describes what has the focus.
    pub async fn tab_to(&self, wanted: &str) {
        for _ in 0..120 {
            self.key(Key::Tab).await;
            if self.focused().await.contains(wanted) {
                return;
            }
        }
        panic!("Tab never comes to {wanted} on {}; it is at {}", self.path().await, self.focused().await);
    }
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn sharing_and_rating_by_keyboard_alone() {
    travel(async {
        let demo = Demo::start();
        for (look, scripts) in [(WIDE, true), (NARROW, false)] {
            let browser = Browser::open(demo.url(), look, scripts).await;
            browser.goto(&demo.link("employee")).await;
            browser.tab_to("Sign in as").await;
            browser.key(Key::Enter).await;
            browser.find("a.me").await;

            // The first Tab of a page offers to skip what every page has.
            browser.goto("/").await;
            browser.key(Key::Tab).await;
            assert!(browser.focused().await.contains("Skip to content"), "{}", browser.focused().await);
            browser.key(Key::Enter).await;
            browser.tab_to("textarea|text").await;
            let words = format!("Drivers wait at gate {} until the barrier lifts", look.width);
            browser.key(words.as_str()).await;
            browser.tab_to("Share insight").await;
            browser.key(Key::Enter).await;
            browser.reads(&words).await;

            browser.goto("/?order=to-rate").await;
            browser.tab_to("Open to rate").await;
            browser.key(Key::Enter).await;
            browser.arrives("/insights/").await;
            browser.tab_to("button|value|5").await;
            browser.key(Key::Enter).await;
            browser.find("main form.rate button[value=\"5\"][aria-pressed=true]").await;

            // Single keys act, until they are switched off.
            for (keys, writes) in [("on", scripts), ("off", false)] {
                browser.goto("/settings").await;
                browser.tab_to(&format!("button|keys|{keys}")).await;
                browser.key(Key::Enter).await;
                browser.find(&format!("button[name=keys][value={keys}][aria-pressed=true]")).await;
                browser.goto("/").await;
                browser.key("c").await;
                assert_eq!(browser.focused().await.starts_with("textarea"), writes, "{keys}");
            }
        }
    });
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_focus_is_seen_wherever_tab_leads() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), WIDE, true).await;
        let mut wrong = Vec::new();
        for (role, pages) in [
            ("employee", ["/", "/insights/new", "/insights/1", "/archive"].as_slice()),
            ("cco", &["/flow"]),
            ("admin", &["/admin/people/new", "/admin/import"]),
        ] {
            browser.sign_in(&demo.link(role)).await;
            for page in pages {
                for look in [WIDE, NARROW] {
                    browser.looks(look).await;
                    browser.goto(page).await;
                    let mut seen = BTreeSet::new();
                    for _ in 0..70 {
                        browser.key(Key::Tab).await;
                        if browser.run("return document.activeElement === document.body;").await == true {
                            break;
                        }
                        if let Some(fault) = browser.focus_faults().await
                            && seen.insert(fault.clone())
                        {
                            wrong.push(format!("{page} at {}: {fault}", look.width));
                        }
                    }
                }
            }
            browser.looks(WIDE).await;
        }
        nothing_wrong(&wrong);
    });
}
