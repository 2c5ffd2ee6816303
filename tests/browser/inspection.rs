//! What is wrong with the page in the window: to axe-core, on the console, at the edge.

use serde_json::Value;

use super::company::Demo;
use super::travel;
use super::window::{Browser, LOOKS, Look};

/// The width at which nothing may need to be scrolled sideways.
const NARROWEST: u32 = 320;

/// axe-core, run on the page with the options that come first; gives a list of sentences.
const RULES: &str = "const done = arguments[0]; axe.run(document, Object.assign({ resultTypes: ['violations'] }, OPTIONS)) \
    .then(r => done(r.violations.map(v => v.id + ': ' + v.help + '\\n' + v.nodes.slice(0, 4) \
      .map(n => '      ' + n.target.join(' ') + '  ' + (n.any.concat(n.all, n.none)[0] || {}).message).join('\\n')))) \
    .catch(e => done(['axe failed: ' + e]));";

/// Colours change at once: half-way through a change of look they would be judged as they never stand.
const STILL: &str = "const still = new CSSStyleSheet(); \
    still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }'); \
    document.adoptedStyleSheets = [still];";

const EVERY_RULE: &str = "{ runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', \
    'best-practice'] }, rules: { 'target-size': { enabled: true } } }";

/// Names, order and sizes are the same in other colours.
const COLOURS: &str = "{ runOnly: ['color-contrast', 'link-in-text-block'] }";

/// What reaches beyond the right edge without a box of its own to scroll in.
const BEYOND: &str = "const root = document.documentElement; const edge = root.clientWidth; \
    if (root.scrollWidth <= edge) return []; \
    const loose = Array.from(document.querySelectorAll('body *')).filter(e => { \
      if (e.getBoundingClientRect().right <= edge + 1) return false; \
      for (let p = e.parentElement; p; p = p.parentElement) \
        if (getComputedStyle(p).overflowX !== 'visible') return false; \
      return true; }); \
    return ['needs ' + root.scrollWidth + ' px'].concat(loose.slice(0, 3).map(e => e.outerHTML.slice(0, 160)));";

fn sentences(list: &Value) -> Vec<String> {
    let each = list.as_array().into_iter().flatten();
    each.map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
}

impl Browser {
    /// What the console said since the last call: scripts that failed, what the policy refused, files that
    /// are missing. That the page itself is an error is no news.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.get_log("browser").await.expect("the console's log");
        let page = self.driver.current_url().await.expect("an address").to_string();
        let its_own = format!("{} - Failed to load resource", page.split('#').next().unwrap_or_default());
        log.into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
            .filter(|entry| !entry.message.starts_with(&its_own))
            // Of the empty tab a window begins with: Chromium's own script may be cut off on the way out.
            .filter(|entry| !entry.message.starts_with("chrome://"))
            .map(|entry| format!("console: {}", entry.message))
            .collect()
    }

    /// Fails if the console said anything.
    pub async fn is_quiet(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{} ({:?}): {complaints:#?}", self.path().await, self.look);
    }

    /// What axe-core finds in the look the page has now.
    pub async fn violations(&self) -> Vec<String> {
        const AXE: &str = include_str!("../vendor/axe-core-4.14.1/axe.min.js");
        if self.run("return typeof axe === 'undefined';").await.as_bool() == Some(true) {
            self.run(AXE).await;
        }
        let options = if self.look.dark { COLOURS } else { EVERY_RULE };
        // It waits for promises, which need scripts; those of the page were not even loaded.
        self.allow_scripts(true).await;
        let found = self.driver.execute_async(RULES.replace("OPTIONS", options), Vec::new()).await;
        self.allow_scripts(self.has_scripts()).await;
        found.map_or_else(|error| vec![format!("axe-core: {error}")], |found| sentences(found.json()))
    }

    /// What does not fit into the window's width.
    pub async fn overflow(&self) -> Vec<String> {
        sentences(&self.run(BEYOND).await)
    }

    /// What is wrong with the page in the window as it is looked at now.
    pub async fn inspect(&self, status: i64) -> Vec<String> {
        let path = self.path().await;
        self.run(STILL).await;
        let got = self.status().await;
        let mut wrong = Vec::new();
        if got != status {
            wrong.push(format!("{got} instead of {status}"));
        }
        wrong.extend(self.violations().await);
        wrong.extend(self.overflow().await);
        wrong.extend(self.complaints().await);
        wrong.into_iter().map(|said| format!("{path} {:?}: {said}", self.look)).collect()
    }

    /// Everything that is wrong with the page in the window, in every look. It is loaded once: colours and
    /// widths are the style sheet's work.
    pub async fn examine(&mut self, status: i64) -> Vec<String> {
        let was = self.look;
        let path = self.path().await;
        let mut wrong = Vec::new();
        self.run(STILL).await;
        let got = self.status().await;
        if got != status {
            wrong.push(format!("{path}: {got} instead of {status}"));
        }
        for look in LOOKS {
            self.looks(look).await;
            let found = self.violations().await;
            wrong.extend(found.into_iter().map(|violation| format!("{path} {look:?}: {violation}")));
        }
        self.looks(Look { dark: false, width: NARROWEST }).await;
        wrong.extend(self.overflow().await.into_iter().map(|part| format!("{path} at 320: {part}")));
        self.looks(was).await;
        wrong.extend(self.complaints().await.into_iter().map(|said| format!("{path}: {said}")));
        wrong
    }
}

/// Fails with everything that was found.
#[track_caller]
pub fn nothing_wrong(found: &[String]) {
    assert!(found.is_empty(), "{} faults:\n{}\n", found.len(), found.join("\n"));
}

/// A page that is perfect as it stands, and faults done to it one by one: each must be seen, or the
/// inspection says nothing.
#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn planted_faults_are_seen() {
    travel(async {
        let demo = Demo::start();
        let mut browser = Browser::open(demo.url(), Look { dark: false, width: 1280 }, true).await;
        browser.sign_in(&demo.link("employee")).await;
        for (fault, sign) in [
            ("document.querySelector('label[for=f-title]').remove()", "label:"),
            (
                "document.querySelector('main').insertAdjacentHTML('beforeend', '<button type=button></button>')",
                "button-name:",
            ),
            ("document.querySelector('h1').outerHTML = '<h4>Share</h4>'", "page-has-heading-one:"),
            (
                "document.querySelector('main').outerHTML = '<div>' + document.querySelector('main').innerHTML + '</div>'",
                "landmark-one-main:",
            ),
            ("document.querySelector('main h1').style.color = '#999'", "color-contrast:"),
            (
                "const b = document.createElement('div'); b.innerHTML = '<button type=button>a</button><button type=button>b</button>'; \
              for (const c of b.children) Object.assign(c.style, { width: '9px', height: '9px', padding: 0, border: 0, fontSize: '8px' }); \
              document.querySelector('main').append(b)",
                "target-size:",
            ),
            (
                "const b = document.createElement('div'); b.style.width = '900px'; b.textContent = 'wide'; document.querySelector('main').append(b)",
                "at 320: needs",
            ),
            ("document.querySelector('h1').setAttribute('style', 'color: red')", "console:"),
            (
                "const s = document.createElement('script'); s.textContent = '1'; document.head.append(s)",
                "console:",
            ),
            ("console.error('a script failed')", "console:"),
        ] {
            browser.goto("/insights/new").await;
            browser.find("label[for=f-title]").await;
            browser.run(fault).await;
            let found = browser.examine(200).await;
            assert!(found.iter().any(|wrong| wrong.contains(sign)), "{fault} is not seen: {found:#?}");
        }
    });
}
