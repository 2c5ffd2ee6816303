//! A real browser, driven through chromedriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// How long a test waits for what must come: a busy machine is slow, and nothing that comes is late.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub dark: bool,
    /// CSS pixels.
    pub width: u32,
}

/// The looks every journey is made in.
pub const LOOKS: [Look; 4] = [
    Look { dark: false, width: 1280 },
    Look { dark: true, width: 1280 },
    Look { dark: false, width: 390 },
    Look { dark: true, width: 390 },
];

/// A chromedriver and one browser; both end with this value.
pub struct Browser {
    /// Never dropped: its own teardown waits two minutes for a driver that is gone.
    pub driver: ManuallyDrop<WebDriver>,
    pub look: Look,
    base: String,
    scripts: bool,
    session: String,
    port: u16,
    /// Read no further, but open: writing to a closed one would end it.
    _said: BufReader<ChildStdout>,
    chromedriver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A window of the look's width in front of the node at `base`, with or without scripts.
    pub async fn open(base: &str, look: Look, scripts: bool) -> Browser {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        // A port of its own choice: one that was free a moment ago somebody else may have by now.
        let mut chromedriver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver does not start: {error}; install chromium-driver"));
        let mut said = BufReader::new(chromedriver.stdout.take().expect("its output"));
        let port = port_of(&mut said);
        let mut wanted = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless",
            // The sandbox does not work for root, nor inside most containers.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            folder.as_str(),
        ] {
            wanted.add_arg(argument).expect("an argument");
        }
        wanted.set_logging_prefs("browser", LoggingPrefsLogLevel::All).expect("the console's log");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await;
        let driver = driver.unwrap_or_else(|error| panic!("no browser: {error}"));
        let session = driver.session_id().to_string();
        let mut browser = Browser {
            driver: ManuallyDrop::new(driver),
            look,
            base: base.to_owned(),
            scripts,
            session,
            port,
            _said: said,
            chromedriver,
            _profile: profile,
        };
        browser.looks(look).await;
        browser.allow_scripts(scripts).await;
        browser
    }

    /// Changes width and colours.
    pub async fn looks(&mut self, look: Look) {
        self.look = look;
        let height = if look.width < 600 { 844 } else { 900 };
        let size = json!({ "width": look.width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        // Without motion the new colours are there at once, not on their way.
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.cdp("Emulation.setEmulatedMedia", media).await;
    }

    /// Shows the page as it is printed, on a sheet of A4.
    pub async fn on_paper(&self) {
        let size = json!({ "width": 794, "height": 1123, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        self.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    }

    /// Whether scripts run in the page from now on.
    pub async fn allow_scripts(&self, allowed: bool) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed })).await;
    }

    async fn cdp(&self, command: &str, parameters: Value) {
        let done = self.driver.cdp().send_raw(command, parameters).await;
        assert!(done.is_ok(), "{command}: {done:?}");
    }

    /// Opens a page of the company.
    pub async fn goto(&self, path: &str) {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.driver.goto(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Path and query of the page in the window.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("an address");
        url.as_str().trim_start_matches(&self.base).to_owned()
    }

    /// The first element that `css` finds, waiting a moment for it.
    pub async fn find(&self, css: &str) -> WebElement {
        let begun = Instant::now();
        loop {
            match self.driver.find(By::Css(css)).await {
                Ok(element) => return element,
                Err(_) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(_) => {
                    panic!("no {css} on {} ({:?}):\n{}", self.path().await, self.look, self.text().await)
                }
            }
        }
    }

    /// What stands on the page.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Presses what `css` finds, in the middle of the window, where nothing lies over it.
    pub async fn press(&self, css: &str) {
        let element = self.find(css).await;
        element.scroll_into_view().await.expect("a place in the window");
        if let Err(error) = element.click().await {
            panic!("{css} on {}: {error}", self.path().await);
        }
    }

    /// Writes into the field that `css` finds.
    pub async fn write(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.scroll_into_view().await.expect("a place in the window");
        field.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Waits until the page reads `words`.
    pub async fn reads(&self, words: &str) {
        let begun = Instant::now();
        let wanted = words.to_lowercase();
        loop {
            // The style sheet may set capitals.
            let text = self.text().await;
            if text.to_lowercase().contains(&wanted) {
                return;
            }
            if begun.elapsed() > PATIENCE {
                panic!("\"{words}\" is not on {} ({:?}):\n{text}", self.path().await, self.look);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the address begins with `path`.
    pub async fn arrives(&self, path: &str) {
        let begun = Instant::now();
        while !self.path().await.starts_with(path) {
            if begun.elapsed() > PATIENCE {
                panic!(
                    "at {} instead of {path} ({:?}):\n{}",
                    self.path().await,
                    self.look,
                    self.text().await
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs in through a link of the demo company.
    pub async fn sign_in(&self, link: &str) {
        self.goto(link).await;
        self.press("main form button[type=submit]").await;
        self.find("a.me").await;
    }

    /// Runs a script of the test in the page.
    pub async fn run(&self, script: &str) -> Value {
        let done = self.driver.execute(script, Vec::new()).await;
        done.unwrap_or_else(|error| panic!("a script of the test: {error}")).json().clone()
    }

    /// Presses a key, wherever the focus is.
    pub async fn key(&self, key: impl Into<thirtyfour::common::keys::TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.expect("a key");
    }

    /// Sends the form that `css` finds as it stands, past what the browser itself would check, and waits
    /// for the answer.
    pub async fn send(&self, css: &str) {
        self.find(css).await;
        let script = format!(
            "window.before = true; HTMLFormElement.prototype.submit.call(document.querySelector({css:?}));"
        );
        self.run(&script).await;
        self.leaves().await;
    }

    /// Waits until the page on which `window.before` was set is gone.
    pub async fn leaves(&self) {
        let begun = Instant::now();
        let script = "return window.before === undefined && document.readyState === 'complete';";
        while !matches!(
            self.driver.execute(script, Vec::new()).await.map(|done| done.json().clone()),
            Ok(Value::Bool(true))
        ) {
            assert!(begun.elapsed() < PATIENCE, "no answer to the form on {}", self.path().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The status of the page in the window.
    pub async fn status(&self) -> i64 {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus;";
        self.run(script).await.as_i64().unwrap_or(0)
    }

    /// Whether this browser runs the page's scripts.
    pub fn has_scripts(&self) -> bool {
        self.scripts
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A failed test unwinds without another await: the session is ended by hand, or the browser would
        // stay behind when its driver is killed.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.chromedriver.kill();
        let _ = self.chromedriver.wait();
    }
}

/// The port on which chromedriver says that it listens.
fn port_of(said: &mut BufReader<ChildStdout>) -> u16 {
    let lines = said.by_ref().lines().map(|line| line.expect("what chromedriver says"));
    let port = lines
        .filter_map(|line| line.split_once("started successfully on port ").map(|(_, port)| port.to_owned()))
        .find_map(|port| port.trim_end_matches('.').parse().ok());
    port.expect("chromedriver says on which port it listens")
}
